//! Whole configurations with a Redis, and the keys for what is in it.

use footbridge_seal::Secret;

use super::*;
use crate::Redis;

const OTHER: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const NO_KEY: &str =
    "encryption.key: not set; what is in Redis cannot be opened after a restart, nor by another gateway";

fn with_file(file: &Value) -> World {
    World::new().with_file("sockethub.config.json", file.to_string())
}

/// The key with these digits, found another way than in the crate.
fn bytes(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal")).collect()
}

fn url(config: &Config) -> Option<&str> {
    config.redis.as_ref().map(|redis| redis.url.expose().as_str())
}

#[test]
fn without_an_address_all_is_kept_in_memory() {
    for redis in [json!({}), json!({"url": ""}), json!({"prefix": "hub", "required": false, "caFile": "ca.pem"})] {
        let resolved = with_file(&json!({ "redis": redis })).resolve("");
        assert_eq!((url(&resolved.config), notices(&resolved)), (None, vec![]), "{redis}");
    }
    let world = with_file(&json!({"redis": {"url": "redis://cache"}}));
    assert_eq!(url(&world.resolve("").config), Some("redis://cache"));
    assert_eq!(url(&world.resolve("--redis.url=").config), None);
}

#[test]
fn an_address_alone_brings_the_defaults_along() {
    let resolved = World::new().with_env("REDIS_HOST", "cache").resolve("");
    let Some(redis) = resolved.config.redis else { panic!("an address is set") };
    let Redis { url, connect_timeout, timeout, give_up, lease, keep, memos_max_bytes, required, prefix, ca_file } =
        redis;
    assert_eq!(url.expose(), "redis://cache:6379");
    assert_eq!((connect_timeout, timeout), (Duration::from_secs(10), Duration::from_secs(2)));
    assert_eq!((give_up, lease), (Duration::from_secs(10), Duration::from_secs(10)));
    assert_eq!((keep, memos_max_bytes), (Duration::from_hours(1), 128 * 1024 * 1024));
    assert_eq!((required, prefix.as_str(), ca_file), (true, "sockethub", None));
}

#[test]
fn everything_about_a_redis_can_be_set() {
    let file = json!({"redis": {
        "url": "rediss+sentinel://kim:s3cret@one:26379,two:26379/gateway/1", "connectTimeout": 0, "timeoutMs": 100,
        "giveUpMs": 500, "leaseMs": 1000, "keepMs": 60_000, "memosMaxBytes": 0, "required": false, "prefix": "hub", "caFile": "ca.pem",
    }});
    let world = with_file(&file);
    let Some(redis) = world.resolve("").config.redis else { panic!("an address is set") };
    let Redis { url, connect_timeout, timeout, give_up, lease, keep, memos_max_bytes, required, prefix, ca_file } =
        redis;
    assert_eq!(url.expose(), "rediss+sentinel://kim:s3cret@one:26379,two:26379/gateway/1");
    // No limit of its own
    assert_eq!((connect_timeout, give_up), (Duration::from_millis(500), Duration::from_millis(500)));
    assert_eq!((timeout, keep), (Duration::from_millis(100), Duration::from_mins(1)));
    assert_eq!((lease, memos_max_bytes), (Duration::from_secs(1), 0));
    assert_eq!((required, prefix.as_str()), (false, "hub"));
    assert_eq!(ca_file, Some(world.cwd.path().join("ca.pem")));
}

#[test]
fn what_is_wrong_is_named_without_what_is_secret() {
    let forms = "redis.url: must be redis://[user:password@]host[:port][/database], rediss:// for TLS, \
        redis+unix:///path or redis+sentinel://[user:password@]host:port[,host:port…]/master[/database], \
        rediss+sentinel:// for TLS; special characters of user and password percent-encoded";
    let file = with_file(&json!({"redis": {"url": "http://:s3cret@cache"}}));
    assert_eq!(file.problems(""), [format!("{forms} (sockethub.config.json:1:17)")]);
    let cases = [
        (json!({"redis": {"timeoutMs": 99}}), "redis.timeoutMs: must be an integer from 100 to 9007199254740991"),
        (json!({"redis": {"giveUpMs": 499}}), "redis.giveUpMs: must be an integer from 500 to 9007199254740991"),
        (json!({"redis": {"leaseMs": 999}}), "redis.leaseMs: must be an integer from 1000 to 9007199254740991"),
        (json!({"redis": {"keepMs": 59_999}}), "redis.keepMs: must be an integer from 60000 to 9007199254740991"),
        (
            json!({"redis": {"prefix": ":"}}),
            "redis.prefix: must be 1 to 64 letters, digits, dots, underscores and hyphens",
        ),
        (json!({"redis": {"caFile": ""}}), "redis.caFile: must be a path"),
        (json!({"encryption": {"key": "s3cret"}}), "encryption.key: must be 64 hexadecimal digits"),
        (json!({"encryption": {"key": ""}}), "encryption.key: must be 64 hexadecimal digits"),
        (
            json!({"encryption": {"key": KEY, "oldKeys": [KEY, "s3cret"]}}),
            "encryption.oldKeys: must be a list of strings of 64 hexadecimal digits",
        ),
    ];
    for (file, want) in cases {
        let problems = with_file(&file).problems("");
        assert!(matches!(&problems[..], [only] if only.starts_with(&format!("{want} ("))), "{problems:?}");
    }
    let variables =
        [("REDIS_URL", ":s3cret@cache"), ("REDIS_HOST", "s3:cret"), ("FOOTBRIDGE_ENCRYPTION_KEY", "s3cret")];
    for (name, text) in variables {
        let problems = World::new().with_env(name, text).problems("");
        let named = |problem: &String| problem.ends_with(&format!(" (environment variable {name})"));
        assert!(problems.len() == 1 && problems.iter().all(named), "{problems:?}");
        assert!(!problems[0].contains("cret"), "{problems:?}");
    }
}

#[test]
fn keys_are_read() {
    let world = with_file(&json!({"encryption": {"key": KEY, "oldKeys": [OTHER, KEY]}}));
    let read = world.resolve("").config.encryption;
    assert_eq!(read.key.map(|key| key.expose().to_vec()), Some(bytes(KEY)));
    let old: Vec<_> = read.old_keys.iter().map(|key| key.expose().to_vec()).collect();
    assert_eq!(old, [bytes(OTHER), bytes(KEY)]);

    let world = world.with_env("FOOTBRIDGE_ENCRYPTION_KEY", OTHER);
    let read = world.resolve("").config.encryption;
    assert_eq!(read.key.as_ref().map(Secret::expose).map(|key| key.to_vec()), Some(bytes(OTHER)));

    let world = with_file(&json!({"encryption": {"keyFile": "keys"}}));
    let read = world.resolve("").config.encryption;
    assert!(read.key.is_none() && read.key_file == Some(world.cwd.path().join("keys")), "{read:?}");
}

#[test]
fn keys_that_contradict_each_other_are_refused() {
    let key_and_file = "encryption.key and encryption.keyFile: only one of them may be set";
    let file_and_old = "encryption.keyFile and encryption.oldKeys: only one of them may be set";
    let old_alone = "encryption.oldKeys: needs encryption.key, which is not set";
    let cases = [
        (json!({"key": KEY, "keyFile": "keys"}), key_and_file),
        (json!({"key": KEY, "keyFile": "keys", "oldKeys": [OTHER]}), key_and_file),
        (json!({"keyFile": "keys", "oldKeys": [OTHER]}), file_and_old),
        (json!({"oldKeys": [OTHER]}), old_alone),
    ];
    for (encryption, want) in cases {
        assert_eq!(with_file(&json!({ "encryption": encryption })).problems(""), [want], "{encryption}");
    }
    let world = with_file(&json!({"encryption": {"keyFile": "keys"}})).with_env("FOOTBRIDGE_ENCRYPTION_KEY", KEY);
    assert_eq!(world.problems("--info"), [key_and_file]);
}

#[test]
fn a_redis_without_a_lasting_key_is_worth_a_notice() {
    let cases = [
        (json!({"redis": {"url": "redis://cache"}}), vec![NO_KEY]),
        (json!({"redis": {"url": "redis://cache"}, "encryption": {"key": KEY}}), vec![]),
        (json!({"redis": {"url": "redis://cache"}, "encryption": {"keyFile": "keys"}}), vec![]),
        (json!({"redis": {"url": ""}}), vec![]),
        (json!({"encryption": {"key": KEY}}), vec![]),
    ];
    for (file, want) in cases {
        assert_eq!(notices(&with_file(&file).resolve("")), want, "{file}");
    }
}

#[test]
fn no_secret_is_printed_in_any_way() {
    let file = json!({
        "redis": {"url": "redis+sentinel://kim:s3cret@one:26379/gateway", "caFile": "ca.pem"},
        "encryption": {"key": KEY, "oldKeys": [OTHER, OTHER]},
    });
    let resolved = with_file(&file).resolve("--info");
    let printed = resolved.printable();
    assert_eq!(printed["redis"]["url"], "redis+sentinel://(hidden)@one:26379/gateway");
    assert_eq!(printed["encryption"], json!({"key": "(hidden)", "keyFile": null, "oldKeys": ["(hidden)", "(hidden)"]}));
    for text in [printed.to_string(), format!("{resolved:?}"), notices(&resolved).concat()] {
        for secret in ["s3cret", KEY, OTHER, &format!("{:?}", bytes(KEY)), &format!("{:?}", bytes(OTHER))] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
