//! What was fetched and is still of use: by key, bounded in bytes, the least recently used goes first.

use crate::FetchError;
use crate::ask::Key;
use crate::freshness::{Freshness, Validators};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// What an entry takes beside what it holds, in bytes, about.
const OVERHEAD: usize = 1024;
/// No entry may take more than this part of the room.
const SHARE: usize = 2;
/// For how long something is shown that is no longer fresh, when its server cannot be asked.
const STALE: Duration = Duration::from_hours(24);

/// What can be kept.
pub trait Weigh {
    /// Bytes that it takes, about.
    fn weight(&self) -> usize;
}

impl Weigh for bytes::Bytes {
    fn weight(&self) -> usize {
        self.len()
    }
}

/// What came of a fetch.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// Where it came from after redirects, without user information.
    pub final_url: Url,
    /// The `Content-Type` header as sent.
    pub content_type: Option<String>,
    /// The `Link` headers as sent, one behind the other, with commas between.
    pub links: Option<String>,
    /// What the platform made of the body.
    pub content: T,
}

/// A page and what is known of how long it is true.
pub(crate) struct Kept<T> {
    pub(crate) page: Arc<Page<T>>,
    pub(crate) validators: Validators,
    pub(crate) freshness: Freshness,
    pub(crate) confirmed: Instant,
}

impl<T> Kept<T> {
    pub(crate) fn new(page: Arc<Page<T>>, validators: Validators, freshness: Freshness, now: Instant) -> Self {
        Self { page, validators, freshness, confirmed: now }
    }

    /// Whether it may be used without asking the server, by somebody who wants nothing older than `max_age`.
    pub(crate) fn is_fresh(&self, now: Instant, max_age: Duration) -> bool {
        let age = now.saturating_duration_since(self.confirmed);
        age < self.freshness.lasts && age < max_age
    }

    /// For how long it may still be used without asking the server.
    pub(crate) fn fresh_for(&self, now: Instant) -> Duration {
        self.freshness.lasts.saturating_sub(now.saturating_duration_since(self.confirmed))
    }

    /// Whether it may be used while the server is asked, by somebody who wants nothing older than `max_age`.
    pub(crate) fn will_do_meanwhile(&self, now: Instant, max_age: Duration) -> bool {
        let age = now.saturating_duration_since(self.confirmed);
        age < self.freshness.lasts + self.freshness.meanwhile && age < max_age
    }

    /// Whether it may be used in place of an answer that failed like this.
    pub(crate) fn will_do_for(&self, error: &FetchError, now: Instant) -> bool {
        let age = now.saturating_duration_since(self.confirmed);
        let is_left_alone = matches!(error, FetchError::LeftAlone { .. });
        is_left_alone && self.freshness.may_be_stale && age < STALE
            || error.is_servers() && age < self.freshness.lasts + self.freshness.if_error
    }
}

pub(crate) struct Shelf<T> {
    entries: HashMap<Key, Entry<T>>,
    /// Keys by when they were last used.
    order: BTreeMap<u64, Key>,
    clock: u64,
    weight: usize,
    room: usize,
}

struct Entry<T> {
    kept: Arc<Kept<T>>,
    used: u64,
    weight: usize,
}

impl<T: Weigh> Shelf<T> {
    /// With room for so many bytes.
    pub(crate) fn new(room: usize) -> Self {
        Self { entries: HashMap::new(), order: BTreeMap::new(), clock: 0, weight: 0, room }
    }

    /// What is kept under `key`, fresh or not. It is used by that.
    pub(crate) fn take_down(&mut self, key: &Key) -> Option<Arc<Kept<T>>> {
        self.clock += 1;
        let entry = self.entries.get_mut(key)?;
        if let Some(key) = self.order.remove(&entry.used) {
            self.order.insert(self.clock, key);
        }
        entry.used = self.clock;
        Some(Arc::clone(&entry.kept))
    }

    /// Keeps something, in place of what was there and of what was not used for longest.
    pub(crate) fn put(&mut self, key: Key, kept: Arc<Kept<T>>) {
        self.remove(&key);
        let weight = OVERHEAD + 2 * key.weight() + kept.page.content.weight();
        if weight > self.room / SHARE {
            return;
        }
        self.clock += 1;
        self.weight += weight;
        self.order.insert(self.clock, key.clone());
        self.entries.insert(key, Entry { kept, used: self.clock, weight });
        while self.weight > self.room {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            if let Some(entry) = self.entries.remove(&oldest) {
                self.weight -= entry.weight;
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.used);
            self.weight -= entry.weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ask, Limits};
    use bytes::Bytes;
    use std::time::SystemTime;

    fn key(n: usize) -> Key {
        let limits = Limits { deadline: Duration::from_secs(1), max_body: 1 };
        Ask::new(format!("http://h.example/{n}"), limits).key().unwrap()
    }

    fn kept(size: usize, said: &'static str) -> Arc<Kept<Bytes>> {
        let said = http::HeaderValue::from_static(said);
        let headers = [(http::header::CACHE_CONTROL, said)].into_iter().collect();
        let freshness = Freshness::of(&headers, SystemTime::now()).unwrap();
        let final_url = Url::parse("http://h.example/").unwrap();
        let page = Page { final_url, content_type: None, links: None, content: vec![0; size].into() };
        Arc::new(Kept::new(Arc::new(page), Validators::default(), freshness, Instant::now()))
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let mut shelf = Shelf::new(40_000);
        for n in 0..3 {
            shelf.put(key(n), kept(10_000, "max-age=9"));
        }
        assert!(shelf.take_down(&key(0)).is_some());
        shelf.put(key(3), kept(10_000, "max-age=9"));
        let there: Vec<_> = (0..4).filter(|n| shelf.take_down(&key(*n)).is_some()).collect();
        assert_eq!(there, [0, 2, 3]);
        assert!(shelf.weight <= 40_000 && shelf.order.len() == shelf.entries.len());
    }

    #[test]
    fn what_is_put_again_takes_its_own_place() {
        let mut shelf = Shelf::new(40_000);
        for _ in 0..100 {
            shelf.put(key(0), kept(10_000, "max-age=9"));
        }
        assert_eq!((shelf.entries.len(), shelf.order.len()), (1, 1));
        shelf.remove(&key(0));
        assert_eq!((shelf.weight, shelf.order.len()), (0, 0));
    }

    #[test]
    fn what_would_displace_all_else_is_not_kept() {
        let mut shelf = Shelf::new(40_000);
        shelf.put(key(0), kept(10_000, "max-age=9"));
        shelf.put(key(1), kept(30_000, "max-age=9"));
        assert!(shelf.take_down(&key(0)).is_some() && shelf.take_down(&key(1)).is_none());
    }

    #[test]
    fn a_page_is_fresh_for_as_long_as_all_agree() {
        let kept = kept(1, "max-age=60");
        let after = |seconds| kept.confirmed + Duration::from_secs(seconds);
        assert!(kept.is_fresh(after(59), Duration::MAX) && !kept.is_fresh(after(60), Duration::MAX));
        assert!(kept.is_fresh(after(9), Duration::from_secs(10)) && !kept.is_fresh(after(10), Duration::from_secs(10)));
        assert_eq!([10, 60, 90].map(|at| kept.fresh_for(after(at)).as_secs()), [50, 0, 0]);
    }

    #[test]
    fn what_is_stale_will_do_for_as_long_as_it_was_said() {
        let kept = kept(1, "max-age=60, stale-while-revalidate=30, stale-if-error=100");
        let after = |seconds| kept.confirmed + Duration::from_secs(seconds);
        let meanwhile = |seconds| kept.will_do_meanwhile(after(seconds), Duration::from_secs(80));
        assert!(meanwhile(61) && meanwhile(79) && !meanwhile(80));
        assert!(!kept.will_do_meanwhile(after(90), Duration::MAX));
        let status = |code| FetchError::Status {
            status: http::StatusCode::from_u16(code).unwrap(),
            url: String::new(),
            content_type: None,
        };
        for (error, lasts) in [
            (status(500), 160),
            (status(404), 0),
            (FetchError::Unresolved { host: String::new() }, 160),
            (FetchError::TimedOut { deadline: Duration::ZERO, url: String::new() }, 160),
            (FetchError::BodyTooLarge { cap: 1, url: String::new() }, 0),
            (
                FetchError::LeftAlone { status: http::StatusCode::TOO_MANY_REQUESTS, url: String::new(), seconds: 1.0 },
                86_400,
            ),
        ] {
            assert_eq!(lasts > 0, kept.will_do_for(&error, after(lasts.max(1) - 1)), "{error}");
            assert!(!kept.will_do_for(&error, after(lasts)), "{error}");
        }
    }
}
