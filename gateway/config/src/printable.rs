//! Effective settings without their secrets.

use serde_json::{Map, Value, json};

use crate::layer::Values;
use crate::sections::package_config;
use crate::setting::{Secrecy, Setting};
use crate::table;

const HIDDEN: &str = "(hidden)";

/// All values as a file would hold them, with what is secret replaced.
pub(crate) fn without_secrets(values: &Values) -> Value {
    let shown = |setting: &'static Setting| (setting.path, show(setting, &values[setting.path]));
    table::nest(table::settings().map(shown)).into()
}

fn show(setting: &Setting, value: &Value) -> Value {
    match (setting.secrecy, value) {
        (Secrecy::Whole, value) => hide(value),
        (Secrecy::UrlParts, Value::String(url)) => json!(hide_url_parts(url)),
        (_, Value::Object(packages)) => {
            let shown = |(name, settings): (&String, &Value)| {
                // What an unknown package takes for a secret is unknown, too.
                let known = package_config::table(name).zip(settings.as_object());
                (name.clone(), known.map_or(json!(HIDDEN), |(table, settings)| show_package(table, settings)))
            };
            packages.iter().map(shown).collect()
        }
        _ => value.clone(),
    }
}

fn show_package(table: &'static [Setting], settings: &Map<String, Value>) -> Value {
    let shown = |(key, value): (&String, &Value)| {
        let secret = table.iter().any(|setting| setting.path == key && setting.secrecy == Secrecy::Whole);
        (key.clone(), if secret { hide(value) } else { value.clone() })
    };
    settings.iter().map(shown).collect()
}

/// Whether something is set, and how much, but not what.
fn hide(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() => json!(""),
        Value::Array(entries) => entries.iter().map(hide).collect(),
        _ => json!(HIDDEN),
    }
}

/// The URL without user, password, query and fragment. Works on text, as also what is no valid URL may hold a password.
fn hide_url_parts(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    // The last @, because people forget to escape the ones in passwords, and also slashes and question marks.
    let rest = rest.rsplit_once('@').map_or_else(|| rest.to_owned(), |(_, address)| format!("{HIDDEN}@{address}"));
    match rest.find(['?', '#']) {
        Some(end) => format!("{scheme}{}?{HIDDEN}", &rest[..end]),
        None => format!("{scheme}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_of_a_url_remains() {
        let cases = [
            ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379"),
            ("redis://:s3cret@cache:6379/2", "redis://(hidden)@cache:6379/2"),
            ("redis://kim:s3@cr/e?t@cache", "redis://(hidden)@cache"),
            ("rediss://cache?password=s3cret", "rediss://cache?(hidden)"),
            ("kim:s3cret@cache", "(hidden)@cache"),
            ("redis+unix:///run/redis.sock?pass=s3cret", "redis+unix:///run/redis.sock?(hidden)"),
            ("rediss+sentinel://kim:s3cret@one:1,two:2/main/3", "rediss+sentinel://(hidden)@one:1,two:2/main/3"),
        ];
        for (url, want) in cases {
            assert_eq!(hide_url_parts(url), want);
        }
    }
}
