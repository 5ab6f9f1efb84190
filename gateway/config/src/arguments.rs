//! What the command line says.

use std::ffi::OsString;
use std::iter::Peekable;
use std::path::PathBuf;

use crate::command::Target;
use crate::kind::Kind;
use crate::layer::Layer;
use crate::notice::Notice;
use crate::problem::{Place, Problem};
use crate::setting::{Secrecy, Setting};
use crate::table;

/// The command line, read but not yet acted upon.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) help: bool,
    pub(crate) version: bool,
    pub(crate) write: Option<Target>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) layer: Layer,
}

/// Reads all arguments, the program's own name left off. `--flag value` and `--flag=value` are the same.
pub(crate) fn read(arguments: impl Iterator<Item = OsString>) -> Arguments {
    let mut reader = Reader { rest: arguments.peekable(), read: Arguments::default() };
    while let Some(argument) = reader.rest.next() {
        match argument.into_string() {
            Ok(argument) => reader.argument(&argument),
            Err(argument) => reader.not_unicode(&argument),
        }
    }
    reader.read
}

struct Reader<I: Iterator<Item = OsString>> {
    rest: Peekable<I>,
    read: Arguments,
}

// === impl Reader ===

impl<I: Iterator<Item = OsString>> Reader<I> {
    fn argument(&mut self, argument: &str) {
        let (flag, value) = match argument.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (argument, None),
        };
        match flag {
            "--help" | "-h" => self.read.help = true,
            "--version" | "-v" => self.read.version = true,
            "--config" | "-c" => match self.value(value).filter(|path| !path.is_empty()) {
                Some(path) => self.read.config = Some(path.into()),
                None => self.missing("--config", "a file path"),
            },
            "--write-config" => {
                let target = self.value(value).filter(|path| !path.is_empty());
                self.read.write = Some(target.map_or_else(Target::default, Target::from));
            }
            "--role" => match self.text(flag, value).as_deref() {
                None | Some("all") => {}
                Some(role) => self.problem(Problem::Role { role: role.to_owned() }),
            },
            "--sentry-test" => self.problem(Problem::Sentry { consequence: "no test event was sent" }),
            "--sentry-test-crash" => self.problem(Problem::Sentry { consequence: "no crash was reported" }),
            _ => self.setting(argument, flag, value),
        }
    }

    /// A flag of the settings table. One that does not exist is ignored, as ever, but not in silence (core 114).
    fn setting(&mut self, argument: &str, flag: &str, value: Option<&str>) {
        let Some(name) = flag.strip_prefix("--") else {
            self.read.notices.push(if flag.starts_with('-') {
                Notice::UnknownFlag { flag: flag.to_owned() }
            } else {
                Notice::UnknownArgument { argument: argument.to_owned() }
            });
            return;
        };
        let negated = name.strip_prefix("no-").and_then(table::by_flag).filter(|setting| is_switch(setting));
        match (table::by_flag(name), negated) {
            (Some(setting), _) if is_switch(setting) => {
                let value = value.map(str::to_owned).or_else(|| self.truth_value());
                self.take(setting, value.as_deref().unwrap_or("true"));
            }
            (Some(setting), _) => {
                if let Some(text) = self.text(flag, value) {
                    self.take(setting, &text);
                }
            }
            (None, Some(setting)) => self.take(setting, "false"),
            (None, None) => {
                self.read.notices.push(Notice::UnknownFlag { flag: flag.to_owned() });
                if is_secret(name) {
                    // Or it would be told as an argument without meaning.
                    self.value(value);
                }
            }
        }
    }

    fn take(&mut self, setting: &'static Setting, text: &str) {
        let flag = setting.flag.expect("the setting was found by its flag");
        self.read.layer.read(setting, text, Place::Flag(flag));
    }

    /// The value behind `=`, or the next argument unless that is a flag itself. `-` alone is a value.
    fn value(&mut self, inline: Option<&str>) -> Option<OsString> {
        let is_value = |next: &OsString| next == "-" || !next.as_encoded_bytes().starts_with(b"-");
        inline.map(OsString::from).or_else(|| self.rest.next_if(is_value))
    }

    /// A value that must be there and be text.
    fn text(&mut self, flag: &str, inline: Option<&str>) -> Option<String> {
        match self.value(inline).map(OsString::into_string) {
            Some(Ok(text)) => return Some(text),
            Some(Err(value)) => self.not_unicode(&value),
            None => self.missing(flag, "a value"),
        }
        None
    }

    /// The next argument if it can only be meant for a switch before it.
    fn truth_value(&mut self) -> Option<String> {
        let next = self.rest.next_if(|next| next == "true" || next == "false")?;
        next.into_string().ok()
    }

    fn missing(&mut self, flag: &str, what: &'static str) {
        self.problem(Problem::MissingValue { flag: flag.to_owned(), what });
    }

    fn not_unicode(&mut self, argument: &OsString) {
        self.problem(Problem::NotUnicode { argument: argument.to_string_lossy().into_owned() });
    }

    fn problem(&mut self, problem: Problem) {
        self.read.layer.problems.push(problem);
    }
}

fn is_switch(setting: &Setting) -> bool {
    matches!(setting.kind, Kind::Bool)
}

/// Whether the name is that of a setting which is a secret, and therefore may have no flag.
fn is_secret(name: &str) -> bool {
    table::settings().any(|setting| setting.path == name && setting.secrecy == Secrecy::Whole)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(line: &str) -> Arguments {
        super::read(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn flags_give_values_to_settings() {
        let cases = [
            ("--port 8080", "sockethub.port", json!(8080)),
            ("--port=8080", "sockethub.port", json!(8080)),
            ("--port 1 --port 2", "sockethub.port", json!(2)),
            ("--host ::", "sockethub.host", json!("::")),
            ("--cors.origin=", "sockethub.cors.origin", json!("")),
            ("--redis.url redis://x", "redis.url", json!("redis://x")),
            ("--sentry.dsn=https://k@s/1", "sentry.dsn", json!("https://k@s/1")),
            ("--examples", "examples", json!(true)),
            ("--examples --info", "examples", json!(true)),
            ("--examples false", "examples", json!(false)),
            ("--examples=FALSE", "examples", json!(false)),
            ("--no-examples", "examples", json!(false)),
            ("--info", "info", json!(true)),
        ];
        for (line, path, want) in cases {
            let read = read(line);
            let last = read.layer.values.iter().rev().find(|(setting, _)| setting.path == path);
            assert_eq!(last.map(|(_, value)| value), Some(&want), "{line}");
            assert!(read.layer.problems.is_empty() && read.notices.is_empty(), "{line}: {read:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            ("--config", "--config requires a file path"),
            ("-c", "--config requires a file path"),
            ("--config= --host x", "--config requires a file path"),
            ("--config --info", "--config requires a file path"),
            ("--port", "--port requires a value"),
            ("--port x", "sockethub.port: ports must be within range 0 - 65535 (flag --port)"),
            (
                "--role gateway",
                "--role: this build runs all parts in one process, so 'all' is the only role, not 'gateway'",
            ),
            ("--sentry-test", "Sentry is not configured; no test event was sent"),
            ("--sentry-test-crash", "Sentry is not configured; no crash was reported"),
        ];
        for (line, want) in cases {
            let problems: Vec<String> = read(line).layer.problems.iter().map(ToString::to_string).collect();
            assert_eq!(problems, [want], "{line}");
        }
    }

    // core 114
    #[test]
    fn unknown_flags_are_ignored_with_a_warning() {
        let read = read("--prot=1 -x --no-port stray --role all");
        let notices: Vec<String> = read.notices.iter().map(ToString::to_string).collect();
        assert_eq!(
            notices,
            [
                "unknown flag --prot; ignored",
                "unknown flag -x; ignored",
                "unknown flag --no-port; ignored",
                "argument 'stray' has no meaning here; ignored",
            ]
        );
        assert!(read.layer.problems.is_empty() && read.layer.values.is_empty(), "{read:?}");
    }

    #[test]
    fn a_secret_without_a_flag_is_not_told_when_it_is_given_as_one() {
        for line in ["--encryption.key s3cret", "--encryption.key=s3cret", "--encryption.oldKeys s3cret"] {
            let read = read(line);
            let [Notice::UnknownFlag { flag }] = &read.notices[..] else { panic!("{line}: {read:?}") };
            assert!(line.starts_with(flag) && !flag.contains("s3cret"), "{flag}");
            assert!(read.layer.values.is_empty(), "{line}: {read:?}");
        }
    }

    #[test]
    fn files_to_read_and_write_are_named_in_either_form() {
        for line in ["--config a.json", "-c a.json", "--config=a.json", "-c=a.json"] {
            assert_eq!(read(line).config, Some("a.json".into()), "{line}");
        }
        let default = Target::File("sockethub.config.json".into());
        let cases = [
            ("--write-config", default.clone()),
            ("--write-config --info", default),
            ("--write-config x.json", Target::File("x.json".into())),
            ("--write-config=x.json", Target::File("x.json".into())),
            ("--write-config -", Target::Stdout),
            ("--write-config=-", Target::Stdout),
        ];
        for (line, want) in cases {
            assert_eq!(read(line).write, Some(want), "{line}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn paths_need_not_be_unicode_but_values_must() {
        use std::os::unix::ffi::OsStringExt;
        let odd = || OsString::from_vec(b"\xff.json".to_vec());
        let path = super::read([OsString::from("-c"), odd()].into_iter());
        assert_eq!(path.config, Some(odd().into()));
        let host = super::read([OsString::from("--host"), odd()].into_iter());
        assert_eq!(host.layer.problems[0].to_string(), "argument '\u{fffd}.json' is not valid UTF-8");
        assert_eq!(host.layer.values.iter().map(|(_, value)| value).collect::<Vec<&Value>>(), [&Value::Null; 0]);
    }
}
