//! Whole configurations, from all sources at once.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::kind::Kind;
use crate::sections::credential_check::ClientAddress;
use crate::sections::logging::Level;
use crate::{Config, Setting, table, write_config};

mod redis;

/// A key, as hexadecimal digits.
const KEY: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e7abcd";

const DEFAULTS: Defaults = Defaults { platforms: &["dummy", "feeds"] };

/// A working directory, an environment and a command line.
struct World {
    cwd: TempDir,
    env: BTreeMap<&'static str, &'static str>,
}

impl World {
    fn new() -> Self {
        Self { cwd: TempDir::new().expect("a temporary folder"), env: BTreeMap::new() }
    }

    fn with_file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.cwd.path().join(name), text).expect("a file in it");
        self
    }

    fn with_env(mut self, name: &'static str, text: &'static str) -> Self {
        self.env.insert(name, text);
        self
    }

    fn parse(&self, line: &str) -> Result<Command, Vec<Problem>> {
        let env = |name: &str| self.env.get(name).map(|text| (*text).to_owned());
        parse(line.split_whitespace().map(OsString::from), &env, self.cwd.path(), DEFAULTS)
    }

    #[track_caller]
    fn resolve(&self, line: &str) -> Resolved {
        match self.parse(line) {
            Ok(Command::Run(resolved) | Command::Info(resolved)) => *resolved,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn problems(&self, line: &str) -> Vec<String> {
        self.parse(line).expect_err("something is wrong").iter().map(ToString::to_string).collect()
    }
}

/// For comparing: a secret shows whether it is set, not what it is.
fn shown(config: &Config) -> String {
    format!("{config:#?}")
}

fn notices(resolved: &Resolved) -> Vec<String> {
    resolved.notices.iter().map(ToString::to_string).collect()
}

// core.md 9.2
#[test]
fn without_any_source_the_defaults_hold() {
    let resolved = World::new().resolve("");
    let config = &resolved.config;
    assert_eq!((config.listen.host.as_str(), config.listen.port), ("localhost", 10550));
    assert_eq!((config.door.path.as_str(), config.door.max_payload), ("/sockethub", 262_144));
    assert!(config.door.examples && config.door.legacy_context && config.door.cors.allows("https://any.example"));
    assert_eq!(config.client_address, ClientAddress::Socket);
    assert_eq!((config.rate.window, config.rate.max_requests), (Duration::from_secs(1), 100));
    assert_eq!((config.rate.block, config.rate.max_connections_per_ip), (Duration::from_secs(5), Some(20)));
    assert_eq!(config.limits.max_platform_instances, Some(100));
    assert_eq!(config.credentials.ttl, Duration::from_hours(168));
    assert_eq!(config.heartbeat.map(|beat| beat.timeout), Some(Duration::from_secs(15)));
    assert_eq!((config.jobs.timeout, config.jobs.max_pending_bytes), (Duration::from_mins(1), 67_108_864));
    assert_eq!((config.session.linger, config.session.max_pending_bytes), (Duration::from_secs(20), 16_777_216));
    assert_eq!((config.shutdown.within, config.start.timeout), (Duration::from_secs(10), Duration::from_secs(10)));
    assert_eq!(config.platforms, ["dummy", "feeds"]);
    assert_eq!((config.log.level, config.platform_dir.clone()), (Level::Info, None));
    assert!(config.redis.is_none() && config.encryption.old_keys.is_empty() && !config.encryption.is_lasting());
    assert_eq!(resolved.notices, []);
}

// core 115
#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let world = World::new();
    assert_eq!(world.resolve("").config.listen.port, 10550);
    let world = world.with_file("sockethub.config.json", r#"{"sockethub": {"port": 1}}"#);
    assert_eq!(world.resolve("").config.listen.port, 1);
    let world = world.with_env("PORT", "2");
    assert_eq!(world.resolve("").config.listen.port, 2);
    assert_eq!(world.resolve("--port 3").config.listen.port, 3);
}

// core.md 9.1
#[test]
fn the_file_is_named_by_flag_then_variable_then_custom() {
    let port = |port: u16| json!({ "sockethub": { "port": port } }).to_string();
    let world = World::new().with_file("sockethub.config.json", port(1));
    assert_eq!(world.resolve("").config.listen.port, 1);
    let world = world.with_file("footbridge.config.json", port(2));
    assert_eq!(world.resolve("").config.listen.port, 2);
    let world = world.with_file("third.json", port(3)).with_env("SOCKETHUB_CONFIG", "third.json");
    assert_eq!(world.resolve("").config.listen.port, 3);
    let world = world.with_file("fourth.json", port(4));
    assert_eq!(world.resolve("-c fourth.json").config.listen.port, 4);
    let world = world.with_env("SOCKETHUB_CONFIG", "");
    assert_eq!(world.resolve("").config.listen.port, 2);
    assert_eq!(world.problems("--config nowhere.json"), ["Config file not found: nowhere.json"]);
}

// core 114
#[test]
fn problems_of_all_sources_are_told_together() {
    let world = World::new().with_file("sockethub.config.json", r#"{"nope": 1}"#).with_env("LOG_LEVEL", "x");
    assert_eq!(
        world.problems("--port x --config"),
        [
            "configuration param 'nope' not declared in the schema (sockethub.config.json:1:10)",
            "logging.level: must be one of the possible values: [\"error\", \"warn\", \"info\", \"debug\"] (environment variable LOG_LEVEL)",
            "sockethub.port: ports must be within range 0 - 65535 (flag --port)",
            "--config requires a file path",
        ]
    );
    let unknown_flag = World::new().resolve("--frobnicate");
    assert_eq!(notices(&unknown_flag), ["unknown flag --frobnicate; ignored"]);
}

// core 116
#[test]
fn the_default_file_is_written_once_and_starts_the_gateway_as_if_it_were_not_there() {
    let world = World::new();
    let Ok(Command::WriteConfig(target)) = world.parse("--write-config") else { panic!("not asked to write") };
    let file = world.cwd.path().join("sockethub.config.json");
    let message = write_config(&target, DEFAULTS).expect("nothing is there yet");
    assert_eq!(message, format!("wrote default config to {}\n", file.display()));
    let text = fs::read_to_string(&file).expect("it was written");
    assert!(
        text.starts_with("{\n    \"$schema\": \"https://sockethub.org/schemas/") && text.ends_with("}\n"),
        "{text}"
    );
    assert_eq!(write_config(&Target::Stdout, DEFAULTS).expect("standard output takes all"), text);

    let resolved = world.resolve("");
    assert_eq!(shown(&resolved.config), shown(&World::new().resolve("").config));
    assert_eq!(resolved.notices, []);

    fs::write(&file, "mine").expect("it is a plain file");
    let refusal = write_config(&target, DEFAULTS).expect_err("there is a file already");
    assert_eq!(refusal.to_string(), format!("refusing to overwrite existing file: {}", file.display()));
    assert_eq!(fs::read_to_string(&file).expect("it is still there"), "mine");
}

// core 117
#[test]
fn help_version_and_write_config_do_not_read_the_file() {
    let world = World::new().with_file("sockethub.config.json", "{ broken");
    assert!(world.parse("").is_err());
    for line in ["--help", "-h", "--port x --version --write-config --help", "--config --help"] {
        assert!(matches!(world.parse(line), Ok(Command::Help(_))), "{line}");
    }
    for line in ["--version", "-v", "--write-config - --version --frobnicate"] {
        assert!(matches!(world.parse(line), Ok(Command::Version)), "{line}");
    }
    assert!(matches!(world.parse("--write-config -"), Ok(Command::WriteConfig(Target::Stdout))));
}

#[test]
fn info_is_asked_for_by_flag_or_file() {
    let world = World::new().with_file("sockethub.config.json", r#"{"info": true}"#);
    assert!(matches!(world.parse(""), Ok(Command::Info(_))));
    assert!(matches!(world.parse("--info=false"), Ok(Command::Run(_))));
    assert!(matches!(World::new().parse("--info"), Ok(Command::Info(_))));
}

#[test]
fn settings_without_effect_are_named_unless_they_are_at_their_default() {
    let file = json!({
        "redis": {"connectTimeout": 1, "disconnectTimeout": 1, "maxRetriesPerRequest": 3},
        "httpActions": {"enabled": true, "path": "/sockethub-http"},
        "sentry": {"dsn": "", "tracesSampleRate": 1},
        "logging": {"file": ""},
        "sockethub": {"trustProxy": "loopback"},
        "credentialCheck": {"reconnectIpSource": "proxy", "proxyHeader": "X-Real-IP"},
    });
    let resolved = World::new().with_file("sockethub.config.json", file.to_string()).resolve("");
    assert_eq!(
        notices(&resolved),
        [
            "sockethub.trustProxy: concerns HTTP actions only, which this build does not have; ignored",
            "logging.file: this build logs to standard error only; ignored",
            "redis.disconnectTimeout: closing a connection takes no time; ignored",
            "redis.maxRetriesPerRequest: redis.giveUpMs bounds how long is tried; ignored",
            "sentry.tracesSampleRate: this build reports nothing to Sentry; ignored",
            "httpActions.enabled: this build has no HTTP actions door; ignored",
            "credentialCheck: client addresses are taken from the header 'x-real-ip'; make sure that only your proxy can set it",
        ]
    );
    assert_eq!(resolved.config.client_address, ClientAddress::Proxy { header: "x-real-ip".into() });
}

// core weak spot 26
#[test]
fn an_empty_origin_list_of_the_environment_lets_nobody_in() {
    let world = World::new().with_file("sockethub.config.json", r#"{"sockethub": {"cors": {"origin": ""}}}"#);
    assert!(world.resolve("").config.door.cors.allows("https://app.example"));
    let world = world.with_env("SOCKETHUB_CORS_ORIGIN", "");
    assert!(!world.resolve("").config.door.cors.allows("https://app.example"));
    assert_eq!(world.resolve("").notices, [crate::Notice::NoOrigin]);
    assert!(world.resolve("--cors.origin=https://app.example").config.door.cors.allows("https://app.example"));
}

#[test]
fn platforms_and_their_settings_are_known_by_id() {
    let file = json!({
        "platforms": ["@sockethub/platform-irc", "dummy", "irc"],
        "packageConfig": {"@sockethub/platform-dummy": {"greeting": "Hi"}, "@acme/other": {"key": "s3cret"}},
        "platformDir": "workers",
        "limits": {"maxPlatformInstances": 0},
        "credentials": {"ttlMs": 1.5},
    });
    let world = World::new().with_file("footbridge.config.json", file.to_string());
    let resolved = world.resolve("");
    let config = &resolved.config;
    assert_eq!(config.platforms, ["irc", "dummy"]);
    assert_eq!(config.package_config["dummy"]["greeting"], "Hi");
    assert_eq!(config.package_config["@acme/other"]["key"], "s3cret");
    assert_eq!(config.platform_dir, Some(world.cwd.path().join("workers")));
    assert_eq!(config.limits.max_platform_instances, None);
    assert_eq!(config.credentials.ttl, Duration::from_micros(1500));
}

#[test]
fn printed_settings_are_complete_and_hold_no_secret() {
    let file = r#"{"packageConfig": {"@acme/other": {"key": "s3cret"}, "dummy": {"greeting": "Hi"},
        "irc": {"reconnect": true, "webirc": {"irc.example": {"password": "s3cret"}}}}}"#;
    let world = World::new()
        .with_file("sockethub.config.json", file)
        .with_env("REDIS_URL", "redis://:s3cret@cache:6379")
        .with_env("SENTRY_DSN", "https://s3cret@sentry.example/1");
    let printed = world.resolve("--port 1").printable();
    assert!(!printed.to_string().contains("s3cret"), "{printed}");
    assert_eq!(printed["sockethub"]["port"], 1);
    assert_eq!(printed["redis"]["url"], "redis://(hidden)@cache:6379");
    assert_eq!(printed["packageConfig"]["dummy"]["greeting"], "Hi");
    assert_eq!(printed["packageConfig"]["irc"], json!({"reconnect": true, "webirc": "(hidden)"}));
    assert_eq!(printed["jobs"]["timeoutMs"], 60_000);
}

/// Another value than the default one.
fn other_value(setting: &Setting) -> Value {
    match setting.kind {
        Kind::Bool => json!(setting.default.value(DEFAULTS) == json!(false)),
        Kind::Choice(words) => {
            json!(words.iter().rev().find(|word| setting.default.value(DEFAULTS) != json!(word)).expect("a choice"))
        }
        Kind::Choices(words) => json!(words),
        Kind::Address => json!("127.0.0.1:9"),
        Kind::Header => json!("x-other"),
        Kind::EncryptionKey => json!(KEY),
        Kind::EncryptionKeys => json!([KEY]),
        Kind::Integer { min } | Kind::IntegerUpTo { min, .. } => json!(min + 7),
        Kind::Number { .. } | Kind::NumberOrNull => json!(0.5),
        Kind::Origins | Kind::WebUrl => json!("https://other.example"),
        Kind::Packages => json!({"dummy": {}}),
        Kind::MillisecondsByPlatform => json!({"dummy": 1}),
        Kind::Platforms => json!(["xmpp"]),
        Kind::Route => json!("/other"),
        Kind::Path | Kind::RedisPrefix | Kind::Text => json!("other"),
        Kind::Port => json!(7),
        Kind::RedisUrl => json!("redis://cache"),
        Kind::Trust => json!(3),
        Kind::Addresses => json!(["192.0.2.7"]),
        Kind::Egress => json!({"allow": ["other.example"]}),
        Kind::Networks => json!({"other.example": {"linesAtOnce": 5}}),
        Kind::Webirc => json!({"other.example": {"password": "other"}}),
    }
}

fn config_of(values: impl IntoIterator<Item = (&'static str, Value)>) -> (String, bool) {
    let file = Value::from(table::nest(values)).to_string();
    let world = World::new().with_file("sockethub.config.json", file);
    let resolved = world.resolve("");
    let told = resolved.notices.iter().any(|notice| matches!(notice, crate::Notice::Ignored { .. }));
    (shown(&resolved.config), told)
}

#[test]
fn every_setting_changes_something_or_is_said_to_be_ignored() {
    // It changes what is done with the configuration, not the configuration.
    let neither = "info";
    for setting in table::settings().filter(|setting| setting.path != neither) {
        // What counts only together with another setting.
        let source = match setting.path {
            "credentialCheck.proxyHeader" => Some(("credentialCheck.reconnectIpSource", json!("proxy"))),
            "encryption.oldKeys" => Some(("encryption.key", json!(KEY))),
            path if path.starts_with("redis.") && path != "redis.url" => Some(("redis.url", json!("redis://cache"))),
            _ => None,
        };
        let (before, _) = config_of(source.clone());
        let (after, told) = config_of(source.into_iter().chain([(setting.path, other_value(setting))]));
        assert_eq!(before != after, setting.ignored.is_none(), "{}", setting.path);
        assert_eq!(told, setting.ignored.is_some(), "{}", setting.path);
    }
}
