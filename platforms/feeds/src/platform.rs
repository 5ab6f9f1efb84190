//! The platform: settings in, verbs out.

use crate::Settings;
use crate::verbs::fetch;
use bytes::Bytes;
use footbridge_host::{Call, Failure, OpenError, Opened, Platform, Reply, Stateless};
use footbridge_outbound::{Fetcher, Guard, Limits, Policy};

/// Largest document in bytes, after decompression (platforms.md 3.2).
pub const MAX_BODY: usize = 5 * 1024 * 1024;

/// Fetches feeds. One for all clients: it keeps documents, and nothing about anybody.
pub struct Feeds {
    pub(crate) fetcher: Fetcher<Bytes>,
    pub(crate) limits: Limits,
}

impl Platform for Feeds {
    const ID: &'static str = "feeds";
    type Settings = Settings;

    fn open(settings: Settings, _: Opened) -> Result<Self, OpenError> {
        Feeds::new(&settings)
    }
}

impl Feeds {
    /// A platform with these settings. Does no I/O yet.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the deadline is none, a list means nothing, or the name cannot be sent.
    pub fn new(settings: &Settings) -> Result<Self, OpenError> {
        let unusable = || OpenError(format!("connectTimeoutMs: {} is no time to wait", settings.connect_timeout_ms));
        let deadline = settings.deadline().ok_or_else(unusable)?;
        let policy = Policy { allow_private_addresses: settings.allow_private_addresses };
        let mut guard = Guard::new(policy).within(settings.egress.clone());
        if let Some(name) = settings.user_agent().map_err(|error| OpenError(error.to_string()))? {
            guard = guard.named(name);
        }
        Ok(Feeds { fetcher: Fetcher::new(guard), limits: Limits { deadline, max_body: MAX_BODY } })
    }
}

impl Stateless for Feeds {
    async fn perform(&self, call: Call) -> Result<Reply, Failure> {
        match &*call.verb {
            "fetch" => fetch::perform(self, &call).await,
            verb => Err(Failure::unknown_verb(verb)),
        }
    }
}
