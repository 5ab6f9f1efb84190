//! `sentry`: accepted, so that an existing file starts this gateway; nothing is sent there.

use crate::kind::Kind;
use crate::setting::{Fallback, Secrecy, Setting};

const NO_SENTRY: &str = "this build reports nothing to Sentry";
const RATIO: Kind = Kind::Number { min: 0.0, max: 1.0 };
const LEVELS: Kind = Kind::Choices(&["debug", "info", "warn", "error"]);

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("sentry.dsn", Kind::Text, Fallback::Text(""), "Where to report; empty: nowhere")
        .variable("SENTRY_DSN")
        .switch("sentry.dsn")
        .kept_secret(Secrecy::Whole)
        .ignored_because(NO_SENTRY),
    Setting::new("sentry.environment", Kind::Text, Fallback::Text("production"), "Label of reports")
        .variable("SENTRY_ENVIRONMENT")
        .ignored_because(NO_SENTRY),
    Setting::new("sentry.release", Kind::Text, Fallback::Text(""), "Label of reports; empty: the version")
        .variable("SENTRY_RELEASE")
        .ignored_because(NO_SENTRY),
    Setting::new("sentry.enableLogs", Kind::Bool, Fallback::Bool(false), "Whether log lines are sent")
        .ignored_because(NO_SENTRY),
    Setting::new("sentry.enableMetrics", Kind::Bool, Fallback::Bool(true), "Whether metrics are sent")
        .ignored_because(NO_SENTRY),
    Setting::new("sentry.logLevels", LEVELS, Fallback::Texts(&["warn", "error"]), "Levels of the lines sent")
        .ignored_because(NO_SENTRY),
    Setting::new("sentry.tracesSampleRate", RATIO, Fallback::Number(0.1), "Share of actions traced")
        .ignored_because(NO_SENTRY),
    Setting::new("sentry.profileSessionSampleRate", RATIO, Fallback::Integer(0), "Share of sessions profiled")
        .ignored_because(NO_SENTRY),
    Setting::new("sentry.sendDefaultPii", Kind::Bool, Fallback::Bool(false), "Whether addresses of people are sent")
        .ignored_because(NO_SENTRY),
];
