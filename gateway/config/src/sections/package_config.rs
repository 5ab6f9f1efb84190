//! `packageConfig`: settings that each platform's worker receives.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::platforms;
use crate::kind::{Fault, Kind};
use crate::setting::{Fallback, Secrecy, Setting};
use crate::spelling;

pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "packageConfig",
    Kind::Packages,
    Fallback::EmptyObject,
    "Settings of each platform, by package name",
)];

/// Settings of platforms by id; a package that is not one of `@sockethub/platform-*` keeps its whole name.
pub type PackageConfig = BTreeMap<String, Map<String, Value>>;

/// Platforms whose settings are known (core.md 9.3, platforms.md 1.6), and what these are.
pub(crate) const KNOWN: &[(&str, &[Setting])] = &[
    ("caldav", DAV),
    ("carddav", DAV),
    ("dummy", &[Setting::new("greeting", Kind::Text, Fallback::Text("Hello"), "What greet answers with"), WORKERS]),
    ("feeds", FEEDS),
    ("irc", IRC),
    ("metadata", &[PRIVATE_ADDRESSES, CONCURRENCY, WORKERS, EGRESS, USER_AGENT, COMPAT_USER_AGENT]),
    ("xmpp", &[CONNECT_TIMEOUT, PRIVATE_ADDRESSES, PLAIN_TEXT, AUTHORITIES, RECONNECT, EGRESS]),
];

const FEEDS: &[Setting] = &[
    CONNECT_TIMEOUT,
    PRIVATE_ADDRESSES,
    CONCURRENCY,
    WORKERS,
    EGRESS,
    USER_AGENT,
    Setting::new(
        "pollIntervalMinMs",
        Kind::Integer { min: 1 },
        Fallback::Unset,
        "Time between two looks at a feed that is followed, in milliseconds, at least",
    ),
    Setting::new(
        "pollIntervalMaxMs",
        Kind::Integer { min: 1 },
        Fallback::Unset,
        "The same at most, where neither feed nor server wants more",
    ),
    Setting::new(
        "maxTopics",
        Kind::Integer { min: 1 },
        Fallback::Unset,
        "Feeds that may be followed, whoever follows them",
    ),
];

const CONNECT_TIMEOUT: Setting = Setting::new(
    "connectTimeoutMs",
    Kind::ANY_NUMBER,
    Fallback::Unset,
    "How long connecting may take, in milliseconds",
);
const PRIVATE_ADDRESSES: Setting = Setting::new(
    "allowPrivateAddresses",
    Kind::Bool,
    Fallback::Unset,
    "Whether addresses that are not public may be reached",
);
const PLAIN_TEXT: Setting = Setting::new(
    "allowPlainText",
    Kind::Bool,
    Fallback::Unset,
    "Whether a server on this machine may be used without TLS",
);
const AUTHORITIES: Setting = Setting::new(
    "certificateAuthorities",
    Kind::Text,
    Fallback::Unset,
    "Certificates (PEM) of authorities to trust besides the operating system's",
);
const RECONNECT: Setting = Setting::new(
    "reconnect",
    Kind::Bool,
    Fallback::Unset,
    "Whether connections that broke are made again without being asked",
);
const LINES_AT_ONCE: Setting = Setting::new(
    "linesAtOnce",
    Kind::Integer { min: 1 },
    Fallback::Unset,
    "Lines that may be sent to a server at once after a silence",
);
const LINE_INTERVAL: Setting = Setting::new(
    "lineIntervalMs",
    Kind::ANY_NUMBER,
    Fallback::Unset,
    "Milliseconds between lines once those are used up",
);
const CONNECTS_AT_ONCE: Setting = Setting::new(
    "connectsAtOnce",
    Kind::Integer { min: 1 },
    Fallback::Unset,
    "Connections that all users together may begin at once to one network, after a pause",
);
const CONNECT_INTERVAL: Setting = Setting::new(
    "connectIntervalMs",
    Kind::ANY_NUMBER,
    Fallback::Unset,
    "Milliseconds between connections to one network once those are used up",
);
const NETWORKS: Setting = Setting::new(
    "networks",
    Kind::Networks,
    Fallback::Unset,
    "What is different on some networks, by host: linesAtOnce, lineIntervalMs, connectsAtOnce, connectIntervalMs",
);
const LOCAL_ADDRESSES: Setting = Setting::new(
    "localAddresses",
    Kind::Addresses,
    Fallback::Unset,
    "Addresses of this machine that connections are made from; those of one client always from the same one",
);
const EGRESS: Setting = Setting::new(
    "egress",
    Kind::Egress,
    Fallback::Unset,
    "Hosts, ports and networks that connections may, or may not, be made to",
);
const WEBIRC: Setting = Setting::new(
    "webirc",
    Kind::Webirc,
    Fallback::Unset,
    "Networks that are told where a client comes from (WEBIRC), and their passwords",
)
.kept_secret(Secrecy::Whole);
const IRC: &[Setting] = &[
    CONNECT_TIMEOUT,
    PRIVATE_ADDRESSES,
    RECONNECT,
    LINES_AT_ONCE,
    LINE_INTERVAL,
    CONNECTS_AT_ONCE,
    CONNECT_INTERVAL,
    NETWORKS,
    LOCAL_ADDRESSES,
    EGRESS,
    WEBIRC,
];
const CONCURRENCY: Setting =
    Setting::new("concurrency", Kind::Integer { min: 1 }, Fallback::Unset, "Jobs at a time in one worker");
const WORKERS: Setting = Setting::new(
    "workers",
    Kind::IntegerUpTo { min: 1, max: 64 },
    Fallback::Integer(1),
    "Workers at a time: a further one is started when those there run as many jobs as they may",
);
const USER_AGENT: Setting = Setting::new("userAgent", Kind::Text, Fallback::Unset, "User-Agent of requests for pages");
const COMPAT_USER_AGENT: Setting =
    Setting::new("compatUserAgent", Kind::Text, Fallback::Unset, "User-Agent for sites that refuse the first one");
const DAV: &[Setting] = &[
    Setting { kind: Kind::Integer { min: 1 }, ..CONNECT_TIMEOUT },
    PRIVATE_ADDRESSES,
    Setting::new("allowInsecureHttp", Kind::Bool, Fallback::Unset, "Whether servers without TLS may be used"),
    CONCURRENCY,
    WORKERS,
];

/// Why a part of the section was not accepted.
pub(crate) enum Complaint {
    /// The platform has no such setting; perhaps this one was meant.
    Unknown { meant: Option<String> },
    /// The value does not fit.
    Unfit(Fault),
}

/// Checks the section, telling each complaint with the package and, unless it is about the package, the key.
pub(crate) fn check(packages: &mut Map<String, Value>, mut tell: impl FnMut(&str, Option<&str>, Complaint)) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (name, settings) in packages {
        if let Some(first) = seen.insert(key(name), name.clone()) {
            tell(name, None, Complaint::Unfit(Fault::Twice(first)));
        }
        let Some(settings) = settings.as_object_mut() else {
            tell(name, None, Complaint::Unfit(Fault::NotAnObject));
            continue;
        };
        let Some(table) = table(name) else { continue };
        for (key, value) in settings {
            let Some(setting) = table.iter().find(|setting| setting.path == key) else {
                let meant = spelling::nearest(key, table.iter().map(|setting| setting.path));
                tell(name, Some(key), Complaint::Unknown { meant });
                continue;
            };
            match setting.kind.accept(value.take()) {
                Ok(accepted) => *value = accepted,
                Err(fault) => tell(name, Some(key), Complaint::Unfit(fault)),
            }
        }
    }
}

/// The section as meant: by platform id.
pub(crate) fn by_id(written: PackageConfig) -> PackageConfig {
    written.into_iter().map(|(name, settings)| (key(&name), settings)).collect()
}

/// The settings of each known platform, by its id.
pub fn packages() -> impl Iterator<Item = (&'static str, &'static [Setting])> {
    KNOWN.iter().copied()
}

/// The settings of a package, if they are known here.
pub(crate) fn table(name: &str) -> Option<&'static [Setting]> {
    let id = platforms::id(name)?;
    KNOWN.iter().find(|(known, _)| *known == id).map(|(_, table)| *table)
}

fn key(name: &str) -> String {
    platforms::id(name).unwrap_or(name).to_owned()
}
