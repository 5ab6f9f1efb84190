//! What environment variables say.

use crate::kind::Kind;
use crate::layer::Layer;
use crate::problem::{Place, Problem};
use crate::setting::Setting;
use crate::table;

/// Reads every variable of the table, and three older ones: `REDIS_HOST`, `REDIS_PORT` and `DEBUG`.
pub(crate) fn read(env: &dyn Fn(&str) -> Option<String>) -> Layer {
    let mut layer = Layer::default();
    older(env, &mut layer);
    for setting in table::settings() {
        let Some(name) = setting.env else { continue };
        if let Some(text) = env(name).filter(|text| counts(setting, text)) {
            layer.read(setting, &text, Place::Variable(name));
        }
    }
    layer
}

/// Empty is unset, except for the list of origins: there it must not fall back to "any" (core.md 9.1, weak spot 26).
fn counts(setting: &Setting, text: &str) -> bool {
    !text.is_empty() || matches!(setting.kind, Kind::Origins)
}

/// Variables of earlier releases, which give way to `REDIS_URL` and `LOG_LEVEL`.
fn older(env: &dyn Fn(&str) -> Option<String>, layer: &mut Layer) {
    let filled = |name: &str| env(name).filter(|text| !text.is_empty());
    let (host, port) = (filled("REDIS_HOST"), filled("REDIS_PORT"));
    let url = table::by_path("redis.url");
    match port.map(|port| Kind::Port.read(&port)).transpose() {
        Ok(None) if host.is_none() => {}
        Ok(port) => {
            let host = host.unwrap_or_else(|| "127.0.0.1".to_owned());
            let port = port.unwrap_or_else(|| 6379.into());
            let host = if host.contains(':') { format!("[{host}]") } else { host };
            layer.read(url, &format!("redis://{host}:{port}"), Place::Variable("REDIS_HOST"));
        }
        Err(fault) => {
            layer.problems.push(Problem::Unfit { key: url.path.to_owned(), fault, at: Place::Variable("REDIS_PORT") });
        }
    }
    if filled("DEBUG").is_some_and(|patterns| names_us(&patterns)) {
        layer.values.push((table::by_path("logging.level"), "debug".into()));
    }
}

/// Whether the patterns of `DEBUG`, as in `sockethub*,express:*`, include this program.
fn names_us(patterns: &str) -> bool {
    let ours = |pattern: &str| {
        ["*", "1", "true"].contains(&pattern) || pattern.starts_with("sockethub") || pattern.starts_with("footbridge")
    };
    patterns.split([',', ' ']).any(ours)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A key that reads as a number, too.
    const DIGITS: &str = "1111111111111111111111111111111111111111111111111111111111111111";

    type Variables = &'static [(&'static str, &'static str)];

    /// The value of the last variable that speaks for a path, as layers are merged.
    fn value(variables: Variables, path: &str) -> Option<Value> {
        let env = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        let layer = read(&env);
        assert!(layer.problems.is_empty(), "{:?}", layer.problems);
        layer.values.into_iter().rev().find(|(setting, _)| setting.path == path).map(|(_, value)| value)
    }

    #[test]
    fn variables_are_read_as_their_settings_say() {
        let cases: [(Variables, &str, Value); 15] = [
            (&[("PORT", "8080")], "sockethub.port", json!(8080)),
            (&[("PORT", "")], "sockethub.port", json!(null)),
            (&[("HOST", "::")], "sockethub.host", json!("::")),
            (&[("SOCKETHUB_HTTP_ACTIONS_ENABLED", "False")], "httpActions.enabled", json!(false)),
            (&[("SOCKETHUB_HTTP_ACTIONS_ENABLED", "0")], "httpActions.enabled", json!(true)),
            // core weak spot 26
            (&[("SOCKETHUB_CORS_ORIGIN", "")], "sockethub.cors.origin", json!("")),
            (&[("REDIS_HOST", "cache")], "redis.url", json!("redis://cache:6379")),
            (&[("REDIS_PORT", "1"), ("REDIS_HOST", "::1")], "redis.url", json!("redis://[::1]:1")),
            (&[("REDIS_URL", "redis://a"), ("REDIS_HOST", "b")], "redis.url", json!("redis://a")),
            (&[("REDIS_PORT", "6380.0")], "redis.url", json!("redis://127.0.0.1:6380")),
            (&[("FOOTBRIDGE_ENCRYPTION_KEY", DIGITS)], "encryption.key", json!(DIGITS)),
            (&[("FOOTBRIDGE_ENCRYPTION_KEY", "")], "encryption.key", json!(null)),
            (&[("DEBUG", "express:*, sockethub*")], "logging.level", json!("debug")),
            (&[("DEBUG", "express:*")], "logging.level", json!(null)),
            (&[("DEBUG", "*"), ("LOG_LEVEL", "warn")], "logging.level", json!("warn")),
        ];
        for (variables, path, want) in cases {
            assert_eq!(value(variables, path).unwrap_or_default(), want, "{variables:?}");
        }
    }

    #[test]
    fn a_wrong_value_names_its_variable_and_its_setting() {
        let layer = read(&|name| ["PORT", "LOG_LEVEL", "REDIS_PORT"].contains(&name).then(|| "x".to_owned()));
        let problems: Vec<String> = layer.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "redis.url: ports must be within range 0 - 65535 (environment variable REDIS_PORT)",
                "sockethub.port: ports must be within range 0 - 65535 (environment variable PORT)",
                "logging.level: must be one of the possible values: [\"error\", \"warn\", \"info\", \"debug\"] (environment variable LOG_LEVEL)",
            ]
        );
    }
}
