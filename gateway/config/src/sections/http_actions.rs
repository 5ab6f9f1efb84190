//! `httpActions`: accepted, so that an existing file starts this gateway; the door itself is not built in.

use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

const NO_DOOR: &str = "this build has no HTTP actions door";
const COUNT: Kind = Kind::Integer { min: 0 };
const AT_LEAST_ONE: Kind = Kind::Integer { min: 1 };

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("httpActions.enabled", Kind::Bool, Fallback::Bool(false), "Whether actions may be POSTed")
        .variable("SOCKETHUB_HTTP_ACTIONS_ENABLED")
        .ignored_because(NO_DOOR),
    Setting::new("httpActions.path", Kind::Route, Fallback::Text("/sockethub-http"), "Path of the endpoint")
        .variable("SOCKETHUB_HTTP_ACTIONS_PATH")
        .ignored_because(NO_DOOR),
    Setting::new(
        "httpActions.requireRequestId",
        Kind::Bool,
        Fallback::Bool(true),
        "Whether requests must name themselves",
    )
    .variable("SOCKETHUB_HTTP_ACTIONS_REQUIRE_REQUEST_ID")
    .ignored_because(NO_DOOR),
    Setting::new("httpActions.maxMessagesPerRequest", AT_LEAST_ONE, Fallback::Integer(20), "Actions per request")
        .variable("SOCKETHUB_HTTP_ACTIONS_MAX_MESSAGES_PER_REQUEST")
        .ignored_because(NO_DOOR),
    Setting::new("httpActions.maxPayloadBytes", AT_LEAST_ONE, Fallback::Integer(262_144), "Largest body, in bytes")
        .variable("SOCKETHUB_HTTP_ACTIONS_MAX_PAYLOAD_BYTES")
        .ignored_because(NO_DOOR),
    Setting::new(
        "httpActions.idempotencyTtlMs",
        COUNT,
        Fallback::Integer(300_000),
        "How long results are kept, in milliseconds",
    )
    .variable("SOCKETHUB_HTTP_ACTIONS_IDEMPOTENCY_TTL_MS")
    .ignored_because(NO_DOOR),
    Setting::new("httpActions.requestTimeoutMs", COUNT, Fallback::Integer(30_000), "Longest request, in milliseconds")
        .variable("SOCKETHUB_HTTP_ACTIONS_REQUEST_TIMEOUT_MS")
        .ignored_because(NO_DOOR),
    Setting::new(
        "httpActions.idleTimeoutMs",
        COUNT,
        Fallback::Integer(15_000),
        "Longest silence in a request, in milliseconds",
    )
    .variable("SOCKETHUB_HTTP_ACTIONS_IDLE_TIMEOUT_MS")
    .ignored_because(NO_DOOR),
];
