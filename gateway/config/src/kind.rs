//! Which values a setting takes, from JSON and from text. Accepted values come back in one canonical form.

use std::fmt;
use std::net::IpAddr;

use serde_json::Value;

use crate::redis_url;
use crate::sections::encryption::key_from_hex;
use crate::sections::{metrics, platforms, redis};

/// The largest whole number that JSON readers agree on (2^53 - 1). As milliseconds it is far beyond any use, yet
/// adding it to a clock cannot overflow.
const LARGEST: u64 = (1 << 53) - 1;
#[expect(clippy::cast_precision_loss, reason = "the largest whole number that f64 holds exactly")]
const LARGEST_NUMBER: f64 = LARGEST as f64;

/// The set of values of a setting.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `true` or `false`. As text: `false` in any case is false, all else is true (core.md 9.1).
    Bool,
    /// `host:port`.
    Address,
    /// A list of IP addresses.
    Addresses,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of these words.
    Choices(&'static [&'static str]),
    /// What connections may be made to: lists `allow` and `deny`, whose entries the worker reads.
    Egress,
    /// A key: see [`key_from_hex`].
    EncryptionKey,
    /// A list of keys.
    EncryptionKeys,
    /// Name of an HTTP header.
    Header,
    /// A whole number.
    Integer {
        /// The smallest.
        min: u64,
    },
    /// A whole number in the range.
    IntegerUpTo {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// Any number in the range.
    Number {
        /// The smallest.
        min: f64,
        /// The largest.
        max: f64,
    },
    /// Milliseconds by platform id.
    MillisecondsByPlatform,
    /// What is different on some networks: numbers by host, whose ranges the worker knows.
    Networks,
    /// Any number, or `null`.
    NumberOrNull,
    /// Origins, comma separated; see [`Origins`](crate::Origins).
    Origins,
    /// Settings by package name; what is inside is checked by the package's own table.
    Packages,
    /// A file or folder.
    Path,
    /// A non-empty list of platform ids or `@sockethub/platform-<id>`.
    Platforms,
    /// A TCP port.
    Port,
    /// What names of keys in Redis begin with.
    RedisPrefix,
    /// Where a Redis is; empty: nowhere.
    RedisUrl,
    /// The path of a URL. Comes back with a leading and without a trailing slash.
    Route,
    /// Any string.
    Text,
    /// What Express calls `trust proxy`: a truth value, a number of hops, or addresses and networks.
    Trust,
    /// A URL that other servers can call. Comes back without a trailing slash.
    WebUrl,
    /// Passwords of IRC networks for gateways, by host or `host:port`.
    Webirc,
}

/// Why a value was not accepted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// A list that may not be empty is.
    #[error("must be a non-empty array")]
    Empty,
    /// A plain value where a section belongs.
    #[error("must be an object")]
    NotAnObject,
    /// An entry that names no platform.
    #[error("'{0}' is neither a platform id nor @sockethub/platform-<id>")]
    Platform(String),
    /// A port out of range, or no number.
    #[error("ports must be within range 0 - 65535")]
    Port,
    /// Two spellings of one platform, each with settings.
    #[error("names the same platform as '{0}'")]
    Twice(String),
    /// Not in the set.
    #[error("must be {0}")]
    Unfit(Kind),
}

// === impl Kind ===

impl Kind {
    /// Any number, of either sign.
    pub(crate) const ANY_NUMBER: Self = Self::Number { min: -LARGEST_NUMBER, max: LARGEST_NUMBER };
    /// A span of time in milliseconds, fractions allowed.
    pub(crate) const MILLISECONDS: Self = Self::Number { min: 0.0, max: LARGEST_NUMBER };

    /// Takes a value from a file.
    pub(crate) fn accept(self, value: Value) -> Result<Value, Fault> {
        match self {
            Self::Port => whole(&value).and_then(|port| u16::try_from(port).ok()).map(Value::from).ok_or(Fault::Port),
            Self::Integer { min } => self.accept_whole(&value, min, LARGEST),
            Self::IntegerUpTo { min, max } => self.accept_whole(&value, min, max),
            Self::Platforms => accept_platforms(value),
            Self::Route => value.as_str().and_then(route).map(Value::from).ok_or(Fault::Unfit(self)),
            Self::WebUrl => value.as_str().and_then(web_url).map(Value::from).ok_or(Fault::Unfit(self)),
            // In a file an empty value stands for any origin (core.md 7.4); in the environment it does not.
            Self::Origins if value.as_str().is_some_and(|text| text.trim().is_empty()) => Ok("*".into()),
            _ if self.contains(&value) => Ok(value),
            _ => Err(Fault::Unfit(self)),
        }
    }

    fn accept_whole(self, value: &Value, min: u64, max: u64) -> Result<Value, Fault> {
        whole(value).filter(|number| (min..=max).contains(number)).map(Value::from).ok_or(Fault::Unfit(self))
    }

    /// Takes a value from the environment or a flag. What has no natural form as text is read as JSON.
    pub(crate) fn read(self, text: &str) -> Result<Value, Fault> {
        match self {
            Self::Bool => Ok(Value::Bool(!text.eq_ignore_ascii_case("false"))),
            // As it stands, even when empty: an empty value must not open the gateway to everybody (core weak spot 26).
            Self::Origins | Self::Text => Ok(text.into()),
            Self::Address
            | Self::Choice(_)
            | Self::EncryptionKey
            | Self::Header
            | Self::Path
            | Self::RedisPrefix
            | Self::RedisUrl
            | Self::Route
            | Self::WebUrl => self.accept(text.into()),
            Self::Trust => {
                Ok(serde_json::from_str(text).ok().filter(|value| self.contains(value)).unwrap_or(text.into()))
            }
            _ => self.accept(serde_json::from_str(text).unwrap_or(text.into())),
        }
    }

    fn contains(self, value: &Value) -> bool {
        match self {
            Self::Address => value.as_str().is_some_and(|text| metrics::split(text).is_some()),
            Self::Addresses => {
                let is_address = |value: &Value| value.as_str().is_some_and(|text| text.parse::<IpAddr>().is_ok());
                value.as_array().is_some_and(|list| list.iter().all(is_address))
            }
            Self::Bool => value.is_boolean(),
            Self::Choice(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Choices(words) => {
                let known = |word: &Value| word.as_str().is_some_and(|word| words.contains(&word));
                value.as_array().is_some_and(|list| list.iter().all(known))
            }
            Self::Egress => holds(value, &["allow", "deny"], |_, list| {
                list.as_array().is_some_and(|list| list.iter().all(Value::is_string))
            }),
            Self::EncryptionKey => is_key(value),
            Self::EncryptionKeys => value.as_array().is_some_and(|list| list.iter().all(is_key)),
            Self::Header => value.as_str().is_some_and(is_header_name),
            Self::Number { min, max } => value.as_f64().is_some_and(|number| (min..=max).contains(&number)),
            Self::MillisecondsByPlatform => value.as_object().is_some_and(|spans| {
                spans
                    .iter()
                    .all(|(name, span)| platforms::id(name).is_some() && Self::Integer { min: 0 }.contains(span))
            }),
            Self::Networks => value.as_object().is_some_and(|networks| {
                networks.values().all(|habits| holds(habits, HABITS, |_, value| value.is_number()))
            }),
            Self::NumberOrNull => value.is_number() || value.is_null(),
            Self::Origins | Self::Text => value.is_string(),
            Self::Packages => value.is_object(),
            Self::Path => value.as_str().is_some_and(|path| !path.is_empty()),
            Self::RedisPrefix => value.as_str().is_some_and(redis::is_prefix),
            Self::RedisUrl => value.as_str().is_some_and(|url| url.is_empty() || redis_url::fits(url)),
            Self::Trust => value.is_boolean() || value.is_number() || value.is_string(),
            Self::Webirc => value.as_object().is_some_and(|networks| networks.values().all(is_network)),
            Self::Integer { .. }
            | Self::IntegerUpTo { .. }
            | Self::Platforms
            | Self::Port
            | Self::Route
            | Self::WebUrl => self.accept(value.clone()).is_ok(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("an address as host:port"),
            Self::Addresses => f.write_str("a list of IP addresses"),
            Self::Bool => f.write_str("true or false"),
            Self::Choice(words) => write!(f, "one of the possible values: {words:?}"),
            Self::Choices(words) => write!(f, "a list of the possible values: {words:?}"),
            Self::Egress => f.write_str("an object of lists of strings: allow, deny"),
            Self::EncryptionKey => f.write_str("64 hexadecimal digits"),
            Self::EncryptionKeys => f.write_str("a list of strings of 64 hexadecimal digits"),
            Self::Header => f.write_str("the name of an HTTP header"),
            Self::Integer { min } => write!(f, "an integer from {min} to {LARGEST}"),
            Self::IntegerUpTo { min, max } => write!(f, "an integer from {min} to {max}"),
            Self::Number { min, .. } if *min < 0.0 => f.write_str("a number"),
            Self::Number { min, max } => write!(f, "a number from {min} to {max}"),
            Self::MillisecondsByPlatform => f.write_str("an object of milliseconds by platform name"),
            Self::Networks => write!(f, "an object of numbers by host: {}", HABITS.join(", ")),
            Self::NumberOrNull => f.write_str("a number or null"),
            Self::Origins => f.write_str("'*' or origins, separated by commas, as a string"),
            Self::Packages => f.write_str("an object by package name"),
            Self::Path => f.write_str("a path"),
            Self::Platforms => f.write_str("a non-empty array of platform names"),
            Self::Port => f.write_str("a port, 0 to 65535"),
            Self::RedisPrefix => f.write_str("1 to 64 letters, digits, dots, underscores and hyphens"),
            Self::RedisUrl => f.write_str(redis_url::FORMS),
            Self::Route => f.write_str("the path of a URL below '/', without query, braces or blanks"),
            Self::Text => f.write_str("a string"),
            Self::Trust => f.write_str("true, false, a number of hops, or addresses as a string"),
            Self::WebUrl => f.write_str("a URL of http or https, without user, query and fragment"),
            Self::Webirc => f.write_str("an object of {password, gateway} by host or host:port"),
        }
    }
}

/// What may be different on a network.
const HABITS: &[&str] = &["linesAtOnce", "lineIntervalMs", "connectsAtOnce", "connectIntervalMs"];

/// Whether the value is an object with none but `members`, each of which fits.
fn holds(value: &Value, members: &[&str], fits: impl Fn(&str, &Value) -> bool) -> bool {
    let member = |(name, value): (&String, &Value)| members.contains(&name.as_str()) && fits(name, value);
    value.as_object().is_some_and(|object| object.iter().all(member))
}

/// Whether the value says how a network knows the gateway.
fn is_network(value: &Value) -> bool {
    let word = |_: &str, value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    holds(value, &["password", "gateway"], word) && value.get("password").is_some()
}

fn is_key(value: &Value) -> bool {
    value.as_str().is_some_and(|digits| key_from_hex(digits).is_some())
}

/// The value as a whole number; `3.0` is one, as in JSON Schema.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
        format!("{number:.0}").parse().ok()
    })
}

fn accept_platforms(value: Value) -> Result<Value, Fault> {
    let list = value.as_array().ok_or(Fault::Unfit(Kind::Platforms))?;
    if list.is_empty() {
        return Err(Fault::Empty);
    }
    for entry in list {
        let name = entry.as_str().ok_or(Fault::Unfit(Kind::Platforms))?;
        platforms::id(name).ok_or_else(|| Fault::Platform(name.to_owned()))?;
    }
    Ok(value)
}

/// Characters of a URL path (RFC 3986, 3.3) but no braces, blanks, `?` or `#`, and no segment that begins with a colon:
/// routers give these a meaning of their own. The root itself belongs to the start page.
fn route(text: &str) -> Option<String> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!$&'()+,;=:@%".contains(&byte);
    let path = text.trim_matches('/');
    let fits = !path.is_empty() && path.bytes().all(legal) && !path.split('/').any(|segment| segment.starts_with(':'));
    fits.then(|| format!("/{path}"))
}

/// A URL that can be continued.
fn web_url(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    let bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let fits = matches!(url.scheme(), "http" | "https") && url.has_host() && bare;
    fits.then(|| url.as_str().trim_end_matches('/').to_owned())
}

/// A token as HTTP defines it (RFC 9110, 5.6.2).
fn is_header_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const PREFIX: &str = "must be 1 to 64 letters, digits, dots, underscores and hyphens";

    #[test]
    fn values_of_a_file_are_taken_or_refused() {
        let at_least_one = Kind::Integer { min: 1 };
        let up_to_64 = Kind::IntegerUpTo { min: 1, max: 64 };
        let ratio = Kind::Number { min: 0.0, max: 1.0 };
        let levels = Kind::Choice(&["info", "warn"]);
        let cases = [
            (Kind::Bool, json!(false), Ok(json!(false))),
            (Kind::Bool, json!("false"), Err("must be true or false")),
            (at_least_one, json!(3.0), Ok(json!(3))),
            (at_least_one, json!(0), Err("must be an integer from 1 to 9007199254740991")),
            (up_to_64, json!(64), Ok(json!(64))),
            (up_to_64, json!(65), Err("must be an integer from 1 to 64")),
            (at_least_one, json!(1.5), Err("must be an integer from 1 to 9007199254740991")),
            (at_least_one, json!(-1), Err("must be an integer from 1 to 9007199254740991")),
            (at_least_one, json!(9_007_199_254_740_992_u64), Err("must be an integer from 1 to 9007199254740991")),
            (ratio, json!(0.25), Ok(json!(0.25))),
            (ratio, json!(1.25), Err("must be a number from 0 to 1")),
            (Kind::ANY_NUMBER, json!(-5), Ok(json!(-5))),
            (Kind::NumberOrNull, json!(null), Ok(json!(null))),
            (Kind::MillisecondsByPlatform, json!({"xmpp": 86_400_000}), Ok(json!({"xmpp": 86_400_000}))),
            (
                Kind::MillisecondsByPlatform,
                json!({"xmpp": "2d"}),
                Err("must be an object of milliseconds by platform name"),
            ),
            (Kind::Port, json!(0), Ok(json!(0))),
            (Kind::Port, json!(65535), Ok(json!(65535))),
            (Kind::Port, json!(65536), Err("ports must be within range 0 - 65535")),
            (Kind::Port, json!("80"), Err("ports must be within range 0 - 65535")),
            (levels, json!("warn"), Ok(json!("warn"))),
            (levels, json!("loud"), Err(r#"must be one of the possible values: ["info", "warn"]"#)),
            (Kind::Choices(&["info"]), json!(["info", 1]), Err(r#"must be a list of the possible values: ["info"]"#)),
            (Kind::Header, json!("X-Real-IP"), Ok(json!("X-Real-IP"))),
            (Kind::Header, json!("x real"), Err("must be the name of an HTTP header")),
            (Kind::Route, json!("sockethub/"), Ok(json!("/sockethub"))),
            (Kind::WebUrl, json!("https://G.example/callbacks/"), Ok(json!("https://g.example/callbacks"))),
            (
                Kind::WebUrl,
                json!("https://g.example/?a"),
                Err("must be a URL of http or https, without user, query and fragment"),
            ),
            (Kind::Route, json!("/"), Err("must be the path of a URL below '/', without query, braces or blanks")),
            (Kind::Route, json!("/a/:b"), Err("must be the path of a URL below '/', without query, braces or blanks")),
            (Kind::Route, json!("/a/{b}"), Err("must be the path of a URL below '/', without query, braces or blanks")),
            (Kind::Origins, json!(" "), Ok(json!("*"))),
            (
                Kind::Platforms,
                json!(["irc", "@sockethub/platform-feeds"]),
                Ok(json!(["irc", "@sockethub/platform-feeds"])),
            ),
            (Kind::Platforms, json!([]), Err("must be a non-empty array")),
            (Kind::Platforms, json!(["../irc"]), Err("'../irc' is neither a platform id nor @sockethub/platform-<id>")),
            (Kind::Trust, json!(2), Ok(json!(2))),
            (Kind::EncryptionKey, json!("s3cret"), Err("must be 64 hexadecimal digits")),
            (Kind::EncryptionKey, json!(null), Err("must be 64 hexadecimal digits")),
            (Kind::EncryptionKeys, json!([]), Ok(json!([]))),
            (Kind::EncryptionKeys, json!(["s3cret"]), Err("must be a list of strings of 64 hexadecimal digits")),
            (Kind::Egress, json!({"deny": ["10.0.0.0/8", "*:25"]}), Ok(json!({"deny": ["10.0.0.0/8", "*:25"]}))),
            (Kind::Egress, json!({"deny": "*:25"}), Err("must be an object of lists of strings: allow, deny")),
            (Kind::Egress, json!({"denied": []}), Err("must be an object of lists of strings: allow, deny")),
            (
                Kind::Webirc,
                json!({"irc.example": {"password": "s3cret", "gateway": "hub"}}),
                Ok(json!({"irc.example": {"password": "s3cret", "gateway": "hub"}})),
            ),
            (
                Kind::Webirc,
                json!({"irc.example": {"gateway": "hub"}}),
                Err("must be an object of {password, gateway} by host or host:port"),
            ),
            (Kind::Addresses, json!(["192.0.2.1", "::1"]), Ok(json!(["192.0.2.1", "::1"]))),
            (Kind::Addresses, json!(["irc.example"]), Err("must be a list of IP addresses")),
            (
                Kind::Networks,
                json!({"irc.example": {"linesAtOnce": 5}}),
                Ok(json!({"irc.example": {"linesAtOnce": 5}})),
            ),
            (
                Kind::Networks,
                json!({"irc.example": {"lines": 5}}),
                Err(
                    "must be an object of numbers by host: linesAtOnce, lineIntervalMs, connectsAtOnce, connectIntervalMs",
                ),
            ),
            (Kind::Path, json!("ca.pem"), Ok(json!("ca.pem"))),
            (Kind::Path, json!(""), Err("must be a path")),
            (Kind::RedisPrefix, json!("my-hub_2.eu"), Ok(json!("my-hub_2.eu"))),
            (Kind::RedisPrefix, json!("x".repeat(64)), Ok(json!("x".repeat(64)))),
            (Kind::RedisPrefix, json!("x".repeat(65)), Err(PREFIX)),
            (Kind::RedisPrefix, json!(""), Err(PREFIX)),
            (Kind::RedisPrefix, json!("hub:"), Err(PREFIX)),
            (Kind::RedisUrl, json!(""), Ok(json!(""))),
            (Kind::RedisUrl, json!("redis://cache"), Ok(json!("redis://cache"))),
        ];
        for (kind, value, want) in cases {
            let got = kind.accept(value.clone()).map_err(|fault| fault.to_string());
            assert_eq!(got, want.map_err(str::to_owned), "{kind:?} {value}");
        }
    }

    #[test]
    fn texts_are_taken_or_refused() {
        let cases = [
            (Kind::Bool, "FALSE", Some(json!(false))),
            (Kind::Bool, "0", Some(json!(true))),
            (Kind::Port, "8080", Some(json!(8080))),
            (Kind::Port, "8080x", None),
            (Kind::Integer { min: 0 }, " 12 ", Some(json!(12))),
            (Kind::Text, "12", Some(json!("12"))),
            (Kind::RedisPrefix, "12", Some(json!("12"))),
            (Kind::RedisUrl, "12", None),
            (Kind::Origins, "", Some(json!(""))),
            (Kind::Trust, "TRUE", Some(json!("TRUE"))),
            (Kind::Trust, "true", Some(json!(true))),
            (Kind::Trust, "2", Some(json!(2))),
            (Kind::Trust, "loopback, 10.0.0.0/8", Some(json!("loopback, 10.0.0.0/8"))),
        ];
        for (kind, text, want) in cases {
            assert_eq!(kind.read(text).ok(), want, "{kind:?} {text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_accepted_is_accepted_again_unchanged(text in "[ -~]{0,12}") {
            for kind in [Kind::Route, Kind::Header, Kind::Origins, Kind::Port, Kind::MILLISECONDS, Kind::Trust] {
                if let Ok(once) = kind.accept(text.as_str().into()) {
                    prop_assert_eq!(kind.accept(once.clone()).ok(), Some(once));
                }
            }
        }
    }
}
