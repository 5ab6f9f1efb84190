//! A look at a topic: what comes of it, and when the next one is.

use crate::follow::follower::Shared;
use crate::follow::known::MAX_KNOWN;
use crate::follow::marks::Seen;
use crate::follow::pace::DAY;
use crate::follow::topic;
use crate::follow::watched::Shown;
use crate::order;
use crate::parsed::Parsed;
use crate::verbs::fetch::{self, Origin, Unread};
use footbridge_host::{Failure, LogLevel};
use footbridge_outbound::{Ask, FetchError, Newer};
use std::rc::Rc;
use std::time::Duration;

/// What is known of a topic is kept again after this time, in milliseconds, though nothing has changed.
const KEEP_AGAIN: u64 = 7 * DAY;
/// The status of what is no more (RFC 9110, 15.5.11).
const GONE: u16 = 410;

impl Shared {
    /// Looks at a topic and tells what is new. Says whether what is known of it now is worth keeping, and for how long it is
    /// fresh, in milliseconds.
    pub(super) async fn look(&self, name: &Rc<str>) -> Result<(bool, u64), Unread> {
        let seen = self.watched.borrow().version(name);
        let newer = self.fetcher.get_newer(Ask::new(&**name, self.limits), seen.as_ref()).await;
        let page = match newer.map_err(Unread::Fetch)? {
            Newer::Page(page) => page,
            Newer::Unchanged(fresh) => return Ok((self.unchanged(name), millis(fresh))),
        };
        let origin = Origin::of(&page);
        if self.watched.borrow().has_seen(name, origin.document) {
            return Ok((self.unchanged(name), self.fresh_for(name)));
        }
        let mut parsed = fetch::parse(&page)?;
        drop(page);
        parsed.entries = order::arrange(parsed.entries, None, None);
        Ok((self.learn(name, &parsed, Some(&origin)), self.fresh_for(name)))
    }

    /// Takes note of what a feed shows, and tells what of it is new. From a page, that is all that the feed shows; from a hub
    /// only what is new. Says whether what is known now is worth keeping.
    pub(super) fn learn(&self, name: &Rc<str>, parsed: &Parsed, origin: Option<&Origin>) -> bool {
        let now = self.clock.now();
        let mut hints = parsed.channel.hints.clone();
        if let Some((links, url)) = origin.and_then(|origin| Some((origin.links.as_ref()?, &origin.url))) {
            hints.headers(links, url);
        }
        let entries = Seen::all(&parsed.entries[..parsed.entries.len().min(MAX_KNOWN)]);
        let shown = Shown {
            entries: &entries,
            wishes: hints.wishes(),
            document: origin.map_or(0, |origin| origin.document),
            whole: origin.is_some(),
        };
        let Some(found) = self.watched.borrow_mut().shown(name, shown, now) else { return false };
        self.tell(name, parsed, &found);
        let has_agreed = origin.is_some_and(|origin| self.agree(name, Some((&hints, &origin.url)), now));
        found.diff.learnt || has_agreed
    }

    /// For how long what was just learnt of a topic is fresh, in milliseconds. Remembers which version it is, since the page may
    /// not be kept until the next look.
    pub(super) fn fresh_for(&self, name: &str) -> u64 {
        let (version, fresh) = self.fetcher.version(&Ask::new(name, self.limits));
        if let Some(topic) = self.watched.borrow_mut().get_mut(name) {
            topic.version = version.map(Box::new);
        }
        millis(fresh)
    }

    /// Takes note of a feed that shows what it showed before.
    fn unchanged(&self, name: &Rc<str>) -> bool {
        let now = self.clock.now();
        let kept = self.watched.borrow_mut().unchanged(name, now);
        let is_long_kept = kept.is_some_and(|kept| now > kept + KEEP_AGAIN);
        self.agree(name, None, now) || is_long_kept
    }

    /// Enters a topic for its next look.
    pub(super) fn settle(&self, name: &Rc<str>, rest: u64) {
        self.watched.borrow_mut().settle(name, rest, self.clock.now());
    }

    /// Takes note of a look that failed, and enters the topic for the next, unless it is no more.
    pub(super) fn failed(&self, name: &Rc<str>, unread: Unread) {
        let rest = match &unread {
            Unread::Fetch(FetchError::Status { status, .. }) if status.as_u16() == GONE => {
                if self.watched.borrow().get(name).is_some() {
                    self.topics.over(name, Failure::from(unread).to_string());
                    self.forget(name);
                    self.erase(name);
                }
                return;
            }
            Unread::Fetch(FetchError::LeftAlone { seconds, .. }) => {
                millis(Duration::try_from_secs_f64(*seconds).unwrap_or_default())
            }
            _ => 0,
        };
        let failures = self.watched.borrow_mut().get_mut(name).map(|topic| {
            topic.lore.pace.failed();
            topic.lore.pace.failures
        });
        // The first of a row says it all.
        if failures == Some(1) {
            let text = format!("{} cannot be looked at: {}", topic::public(name), Failure::from(unread));
            self.outbox.log(LogLevel::Info, text);
        }
        let has_agreed = self.agree(name, None, self.clock.now());
        self.settle(name, rest);
        if has_agreed {
            self.keep(name);
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
