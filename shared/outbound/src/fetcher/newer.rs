//! For those who look at more pages again and again than there is room for: they remember which version they have seen, and
//! are spared what has not changed.

use super::{Fetcher, locked};
use crate::body::{Head, Whole};
use crate::freshness::{Freshness, Validators};
use crate::guard::{Known, Reply};
use crate::shelf::Page;
use crate::{Ask, FetchError};
use bytes::Bytes;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use url::Url;

/// Which version of a page one has seen, by what its server says of it. A few hundred bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    url: Url,
    validators: Validators,
}

/// What there is besides the version that one has seen.
#[derive(Debug)]
pub enum Newer {
    /// A page, which may be the same again.
    Page(Arc<Page<Bytes>>),
    /// Nothing, says its server, and for how long that is true.
    Unchanged(Duration),
}

impl Fetcher<Bytes> {
    /// As [`Fetcher::get`], for somebody who has seen that version: where the page is not kept here any more, its server is
    /// asked whether there is another, and for the page only if so.
    ///
    /// # Errors
    /// [`FetchError`] as of `get`.
    pub async fn get_newer(&self, ask: Ask, seen: Option<&Version>) -> Result<Newer, FetchError> {
        let key = ask.key()?;
        let is_kept = locked(&self.0.shelf).take_down(&key).is_some();
        let Some(seen) = seen.filter(|_| !is_kept) else { return self.get(ask).await.map(Newer::Page) };
        let (known, cap) = (Known { url: &seen.url, validators: &seen.validators }, ask.limits.max_body);
        let begin = move |head: &Head| Whole::expecting(head.length(), cap);
        match self.0.guard.request(&ask, Some(known), begin).await? {
            Reply::Read { head, content } => Ok(Newer::Page(self.0.keep_read(&key, head, content))),
            Reply::Unchanged(headers) => {
                let freshness = Freshness::of(&headers, SystemTime::now());
                Ok(Newer::Unchanged(freshness.map_or(Duration::ZERO, |freshness| freshness.lasts).min(ask.max_age)))
            }
        }
    }

    /// Which version of a page is kept, if its server tells versions apart; and for how long it is fresh.
    pub fn version(&self, ask: &Ask) -> (Option<Version>, Duration) {
        let kept = ask.key().ok().and_then(|key| locked(&self.0.shelf).take_down(&key));
        let Some(kept) = kept else { return (None, Duration::ZERO) };
        let version = Version { url: kept.page.final_url.clone(), validators: kept.validators.clone() };
        (
            Some(version).filter(|version| !version.validators.are_none()),
            kept.fresh_for(Instant::now()).min(ask.max_age),
        )
    }
}
