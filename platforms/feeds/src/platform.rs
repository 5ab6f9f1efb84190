//! The platform: settings in, verbs out.

use crate::Settings;
use crate::follow::Follower;
use crate::verbs::{fetch, follow, unfollow};
use bytes::Bytes;
use footbridge_host::{
    Call, Failure, OpenError, Opened, Platform, Reply, Response, Stateless, Visit, Watch, shared_pages,
};
use footbridge_outbound::{Fetcher, Guard, Limits, Policy};
use std::time::Duration;

/// Largest document in bytes, after decompression (platforms.md 3.2).
pub const MAX_BODY: usize = 5 * 1024 * 1024;

/// Room for what was fetched, in bytes. A document of more than half of it is not kept, so that those that are there to fill
/// memory do not stay in it.
const ROOM: usize = 8 * 1024 * 1024;

/// Fetches feeds, and looks after those that are followed. One for all clients: it keeps documents, and nothing about
/// anybody.
pub struct Feeds {
    pub(crate) fetcher: Fetcher<Bytes>,
    pub(crate) limits: Limits,
    guard: Guard,
    /// `None` where there is nobody to tell news to.
    follower: Option<Follower>,
}

impl Platform for Feeds {
    const ID: &'static str = "feeds";
    type Settings = Settings;

    fn open(settings: Settings, opened: Opened) -> Result<Self, OpenError> {
        let feeds = Feeds::new(&settings)?;
        let feeds = match shared_pages(&opened.memos) {
            Some(pages) => Feeds { fetcher: feeds.fetcher.sharing(pages), ..feeds },
            None => feeds,
        };
        let bounds = settings.bounds().ok_or_else(|| {
            let (least, most) = (settings.poll_interval_min_ms, settings.poll_interval_max_ms);
            OpenError(format!("pollIntervalMinMs, pollIntervalMaxMs: {least} to {most} is no time between two looks"))
        })?;
        let follower = Follower::new(&feeds, feeds.guard.clone(), bounds, settings.max_topics, opened);
        Ok(Feeds { follower: Some(follower), ..feeds })
    }
}

impl Feeds {
    /// A platform with these settings that fetches, and follows nothing. Does no I/O yet.
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
        Ok(Self::fetching(guard, deadline))
    }

    /// One that fetches through `guard`, for at most `deadline`, and follows nothing.
    pub fn fetching(guard: Guard, deadline: Duration) -> Self {
        let fetcher = Fetcher::with_room(guard.clone(), ROOM);
        Feeds { fetcher, limits: Limits { deadline, max_body: MAX_BODY }, guard, follower: None }
    }

    /// Who looks after feeds that are followed.
    pub(crate) fn follower(&self) -> Result<&Follower, Failure> {
        self.follower.as_ref().ok_or_else(|| Failure::error("nothing can be followed here"))
    }
}

impl Stateless for Feeds {
    async fn perform(&self, call: Call) -> Result<Reply, Failure> {
        match &*call.verb {
            "fetch" => fetch::perform(self, &call).await,
            "follow" => follow::perform(self, &call).await,
            "unfollow" => unfollow::perform(self, &call),
            verb => Err(Failure::unknown_verb(verb)),
        }
    }

    fn watch(&self, watch: Watch) {
        if let Some(follower) = &self.follower {
            follower.watch(watch);
        }
    }

    fn unwatch(&self, topic: &str) {
        if let Some(follower) = &self.follower {
            follower.unwatch(topic);
        }
    }

    async fn receive(&self, visit: Visit) -> Response {
        match &self.follower {
            Some(follower) => follower.receive(&visit).await,
            None => Response { status: 404, body: String::new() },
        }
    }
}
