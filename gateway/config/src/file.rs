//! The configuration file: finding it and checking every key of it against the table.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::kind::{Fault, Kind};
use crate::layer::Layer;
use crate::locate::{line_and_column, spell};
use crate::problem::{Place, Problem};
use crate::sections::package_config::{self, Complaint};
use crate::table;

/// Read from the working directory when no file is named; the first that exists counts.
const UNNAMED: [&str; 2] = ["footbridge.config.json", "sockethub.config.json"];

/// Reads the file that a flag or `SOCKETHUB_CONFIG` names, else one of the usual names, which may all be missing
/// (core.md 9.1).
pub(crate) fn read(named: Option<PathBuf>, cwd: &Path) -> Layer {
    let must_exist = named.is_some();
    let candidates = named.map_or_else(|| UNNAMED.map(PathBuf::from).to_vec(), |file| vec![file]);
    for file in candidates {
        let problem = match fs::read_to_string(cwd.join(&file)) {
            Ok(text) => return check(&text, &file),
            Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => continue,
            Err(error) if error.kind() == ErrorKind::NotFound => Problem::FileNotFound { file },
            Err(reason) => Problem::Unreadable { file, reason },
        };
        return Layer { problems: vec![problem], ..Layer::default() };
    }
    Layer::default()
}

/// Checks a file's text; `file` is only named.
fn check(text: &str, file: &Path) -> Layer {
    let mut checker = Checker { text, file, keys: Vec::new(), layer: Layer::default() };
    match serde_json::from_str(text) {
        Ok(Value::Object(mut root)) => {
            // For editors only.
            root.remove("$schema");
            checker.members(root);
        }
        Ok(_) => {
            let at = checker.here(&[]);
            checker.layer.problems.push(Problem::Unfit { key: "config".into(), fault: Fault::NotAnObject, at });
        }
        Err(reason) => checker.layer.problems.push(Problem::Syntax { file: file.to_owned(), reason }),
    }
    checker.layer
}

struct Checker<'a> {
    text: &'a str,
    file: &'a Path,
    /// The way from the root to what is being looked at.
    keys: Vec<String>,
    layer: Layer,
}

// === impl Checker ===

impl Checker<'_> {
    fn members(&mut self, members: Map<String, Value>) {
        for (key, value) in members {
            self.keys.push(key);
            self.member(value);
            self.keys.pop();
        }
    }

    fn member(&mut self, value: Value) {
        let setting = match table::place(&self.keys) {
            table::Place::Setting(setting) => setting,
            table::Place::Section => match value {
                Value::Object(members) => return self.members(members),
                _ => return self.unfit(&[], Fault::NotAnObject),
            },
            table::Place::Unknown { meant } => {
                let problem = Problem::Undeclared { key: self.key(&[]), meant, at: self.here(&[]) };
                return self.layer.problems.push(problem);
            }
        };
        match setting.kind.accept(value) {
            Ok(Value::Object(packages)) if matches!(setting.kind, Kind::Packages) => {
                let packages = self.packages(packages);
                self.layer.values.push((setting, packages));
            }
            Ok(accepted) => self.layer.values.push((setting, accepted)),
            Err(fault) => self.unfit(&[], fault),
        }
    }

    fn packages(&mut self, mut packages: Map<String, Value>) -> Value {
        package_config::check(&mut packages, |name, key, complaint| {
            let further: Vec<&str> = std::iter::once(name).chain(key).collect();
            match complaint {
                Complaint::Unfit(fault) => self.unfit(&further, fault),
                Complaint::Unknown { meant } => {
                    let problem = Problem::UnknownKey { key: self.key(&further), meant, at: self.here(&further) };
                    self.layer.problems.push(problem);
                }
            }
        });
        packages.into()
    }

    fn unfit(&mut self, further: &[&str], fault: Fault) {
        let problem = Problem::Unfit { key: self.key(further), fault, at: self.here(further) };
        self.layer.problems.push(problem);
    }

    fn key(&self, further: &[&str]) -> String {
        spell(self.keys.iter().map(String::as_str).chain(further.iter().copied()))
    }

    fn here(&self, further: &[&str]) -> Place {
        let further = further.iter().map(|key| (*key).to_owned());
        let keys: Vec<String> = self.keys.iter().cloned().chain(further).collect();
        let (line, column) = line_and_column(self.text, &keys);
        Place::File { file: self.file.to_owned(), line, column }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(text: &str) -> Vec<String> {
        check(text, Path::new("f.json")).problems.iter().map(ToString::to_string).collect()
    }

    // core 114
    #[test]
    fn every_wrong_key_and_value_is_named_at_once() {
        let text = r#"{
  "$schema": "https://example.org/any",
  "nope": {"deeply": 1},
  "sockethub": {
    "port": 70000,
    "prot": 1,
    "cors": "*"
  },
  "sockethub.port": 1,
  "logging": {"level": "loud"},
  "limits": null,
  "platforms": [],
  "packageConfig": {
    "@sockethub/platform-feeds": {"concurency": 2, "concurrency": 0},
    "@sockethub/platform-irc": [],
    "irc": {},
    "@acme/other": {"anything": [1]},
    "metadata": {"userAgent": "x", "compatUserAgent": 1, "workers": 65}
  }
}"#;
        assert_eq!(
            problems(text),
            [
                "limits: must be an object (f.json:11:13)",
                "logging.level: must be one of the possible values: [\"error\", \"warn\", \"info\", \"debug\"] (f.json:10:24)",
                "configuration param 'nope' not declared in the schema (f.json:3:11)",
                "packageConfig[\"@sockethub/platform-feeds\"].concurency: unknown key; did you mean 'concurrency'? (f.json:14:49)",
                "packageConfig[\"@sockethub/platform-feeds\"].concurrency: must be an integer from 1 to 9007199254740991 (f.json:14:67)",
                "packageConfig[\"@sockethub/platform-irc\"]: must be an object (f.json:15:32)",
                "packageConfig.irc: names the same platform as '@sockethub/platform-irc' (f.json:16:12)",
                "packageConfig.metadata.compatUserAgent: must be a string (f.json:18:55)",
                "packageConfig.metadata.workers: must be an integer from 1 to 64 (f.json:18:69)",
                "platforms: must be a non-empty array (f.json:12:16)",
                "sockethub.cors: must be an object (f.json:7:13)",
                "sockethub.port: ports must be within range 0 - 65535 (f.json:5:13)",
                "configuration param 'sockethub.prot' not declared in the schema; did you mean 'sockethub.port'? (f.json:6:13)",
                "configuration param '[\"sockethub.port\"]' not declared in the schema (f.json:9:21)",
            ]
        );
    }

    #[test]
    fn what_is_no_object_or_no_json_is_refused() {
        assert_eq!(problems("[1]"), ["config: must be an object (f.json:1:1)"]);
        assert_eq!(problems("{\n  \"info\": trve}"), ["f.json: expected ident at line 2 column 13"]);
        assert_eq!(problems(""), ["f.json: EOF while parsing a value at line 1 column 0"]);
    }

    // platforms.md 1.6
    #[test]
    fn settings_of_known_platforms_are_accepted() {
        let packages = json!({
            "@sockethub/platform-caldav": {"connectTimeoutMs": 1, "allowPrivateAddresses": true, "allowInsecureHttp": false, "concurrency": 4},
            "@sockethub/platform-carddav": {"concurrency": 1},
            "@sockethub/platform-dummy": {"greeting": "Hi", "workers": 2},
            "@sockethub/platform-feeds": {"connectTimeoutMs": 0.5, "allowPrivateAddresses": false, "concurrency": 1, "workers": 64},
            "@sockethub/platform-irc": {"connectTimeoutMs": 5000},
            "@sockethub/platform-metadata": {"allowPrivateAddresses": true, "concurrency": 3, "userAgent": "a", "compatUserAgent": "b"},
            "@sockethub/platform-xmpp": {"connectTimeoutMs": 5000},
            "@acme/platform-x": {"anything": null},
        });
        assert_eq!(problems(&json!({ "packageConfig": packages }).to_string()), [""; 0]);
    }
}
