//! `--write-config`: a file with every default in it, to start from (core.md 9.4).

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::command::{Defaults, Target};
use crate::problem::Problem;
use crate::setting::Fallback;
use crate::table;

/// Tells editors which keys there are. The written file keeps to the keys that this schema has, so that it also starts
/// a Sockethub.
const SCHEMA: &str = "https://sockethub.org/schemas/3.0.0-alpha.22/sockethub-config.json";

/// Writes the default configuration. Returns what to print, newline included: the file itself for [`Target::Stdout`],
/// else where it was written to.
///
/// # Errors
/// When there is a file already, or none can be written.
pub fn write_config(target: &Target, defaults: Defaults) -> Result<String, Problem> {
    let text = text(defaults);
    let Target::File(file) = target else { return Ok(text) };
    let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
    // One system call both looks and creates: whatever appears there meanwhile is not overwritten either.
    match File::create_new(&file).and_then(|mut created| created.write_all(text.as_bytes())) {
        Ok(()) => Ok(format!("wrote default config to {}\n", file.display())),
        Err(error) => Err(problem(file, error)),
    }
}

fn problem(file: PathBuf, reason: std::io::Error) -> Problem {
    match reason.kind() {
        ErrorKind::AlreadyExists => Problem::Exists { file },
        _ => Problem::Unwritable { file, reason },
    }
}

fn text(defaults: Defaults) -> String {
    let written = table::settings().filter(|setting| !setting.ours && !matches!(setting.default, Fallback::Unset));
    let mut root = table::nest(written.map(|setting| (setting.path, setting.default.value(defaults))));
    root.insert("$schema".to_owned(), SCHEMA.into());
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"    "));
    Value::from(root).serialize(&mut serializer).expect("writing JSON to memory cannot fail");
    bytes.push(b'\n');
    String::from_utf8(bytes).expect("JSON is UTF-8")
}
