//! The platform: settings in, verbs out.

use crate::Settings;
use crate::content::{Content, Reader};
use crate::verbs::fetch;
use footbridge_host::{Call, Failure, OpenError, Opened, Platform, Reply, Stateless, shared_pages};
use footbridge_outbound::{Ask, FetchError, Fetcher, Guard, Head, Limits, Page as Fetched, Policy, UserAgent};
use std::sync::Arc;
use std::time::Duration;

/// Largest page in bytes, after decompression (platforms.md 3.2).
pub const MAX_BODY: usize = 5 * 1024 * 1024;
/// Largest document of a service.
const MAX_DOCUMENT: usize = 1_000_000;

/// Says what pages say of themselves. One for all clients: it keeps nothing about anybody.
pub struct Metadata {
    fetcher: Fetcher<Content>,
    compat: UserAgent,
    pub(crate) services: Services,
}

/// Who is asked about pages instead of the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services {
    /// What the number of a post on X is appended to.
    pub x: String,
    /// What the path of a post on Reddit is appended to.
    pub reddit: String,
    /// Reddit's oEmbed endpoint.
    pub reddit_oembed: String,
}

impl Default for Services {
    fn default() -> Self {
        Self {
            x: "https://api.fxtwitter.com/status/".to_owned(),
            reddit: "https://old.reddit.com".to_owned(),
            reddit_oembed: "https://www.reddit.com/oembed".to_owned(),
        }
    }
}

/// How a document of a service is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) deadline: Duration,
    /// Under the name for sites that refuse the other.
    pub(crate) is_compat: bool,
    pub(crate) follows: bool,
}

impl Platform for Metadata {
    const ID: &'static str = "metadata";
    type Settings = Settings;

    fn open(settings: Settings, opened: Opened) -> Result<Self, OpenError> {
        let metadata = Metadata::new(&settings)?;
        Ok(match shared_pages(&opened.memos) {
            Some(pages) => Metadata { fetcher: metadata.fetcher.sharing(pages), ..metadata },
            None => metadata,
        })
    }
}

impl Metadata {
    /// A platform with these settings. Does no I/O yet.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if a name cannot be sent or a list means nothing.
    pub fn new(settings: &Settings) -> Result<Self, OpenError> {
        let policy = Policy { allow_private_addresses: settings.allow_private_addresses };
        Self::with(settings, Guard::new(policy), Services::default())
    }

    /// The same that fetches through `guard`, whatever the settings say of private addresses, and asks these services for
    /// what they know.
    ///
    /// # Errors
    ///
    /// [`OpenError`] as above.
    pub fn with(settings: &Settings, guard: Guard, services: Services) -> Result<Self, OpenError> {
        let user_agent = settings.user_agent().map_err(|error| OpenError(error.to_string()))?;
        let compat = settings.compat_user_agent().map_err(|error| OpenError(format!("compatUserAgent: {error}")))?;
        let guard = guard.within(settings.egress.clone()).named(user_agent);
        Ok(Metadata { fetcher: Fetcher::new(guard), compat, services })
    }

    /// What came of a page, or of a file.
    pub(crate) async fn page(&self, url: &str, deadline: Duration) -> Result<Arc<Fetched<Content>>, FetchError> {
        let limits = Limits { deadline, max_body: MAX_BODY };
        let ask = Ask::new(url, limits).accepting("text/html").naming_its_origin();
        self.fetcher.read(ask, Reader::page as fn(&Head) -> Reader).await
    }

    /// What `read` makes of a document of a service; nothing if there is none.
    pub(crate) async fn document<T>(
        &self,
        url: &str,
        manner: Manner,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Option<T> {
        let limits = Limits { deadline: manner.deadline, max_body: MAX_DOCUMENT };
        let mut ask = Ask::new(url, limits).accepting("application/json");
        if manner.is_compat {
            ask = ask.named(&self.compat);
        }
        if !manner.follows {
            ask = ask.following(0);
        }
        let fetched = self.fetcher.read(ask, Reader::json as fn(&Head) -> Reader).await.ok()?;
        match &fetched.content {
            Content::Json(json) => read(json),
            _ => None,
        }
    }
}

impl Stateless for Metadata {
    async fn perform(&self, call: Call) -> Result<Reply, Failure> {
        match &*call.verb {
            "fetch" => fetch::perform(self, &call).await,
            verb => Err(Failure::unknown_verb(verb)),
        }
    }
}
