//! One request per page and time, whoever asks: what is fresh is not fetched, who asks at the same time waits together.

mod newer;

pub use newer::{Newer, Version};

use crate::ask::Key;
use crate::beyond::{Annex, Beyond, Portable};
use crate::body::{Head, Reading, Whole};
use crate::freshness::{Freshness, Validators};
use crate::guard::{Known, Reply};
use crate::shelf::{Kept, Page, Shelf, Weigh};
use crate::{Ask, FetchError, Fetched, Guard, Limits};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;
use tokio::time::Instant;

/// Room for what was fetched, in bytes.
pub const ROOM: usize = 16 * 1024 * 1024;

/// Fetches pages through a [`Guard`] and keeps what came of it for as long as its server lets it, in memory. Asks whether
/// it has changed, rather than for all of it again, where the server can tell. Cheap to clone; clones share everything.
pub struct Fetcher<T>(Arc<Inner<T>>);

struct Inner<T> {
    guard: Guard,
    shelf: Mutex<Shelf<T>>,
    flights: Mutex<Flights<T>>,
    annex: OnceLock<Annex>,
}

type Landed<T> = Result<Arc<Page<T>>, FetchError>;
/// A fetch under way; it lives as long as somebody waits for it.
type Flight<T> = Shared<BoxFuture<'static, Landed<T>>>;
type Flights<T> = HashMap<Key, WeakShared<BoxFuture<'static, Landed<T>>>>;

impl<T> Clone for Fetcher<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Weigh + Portable + Send + Sync + 'static> Fetcher<T> {
    /// Fetches through `guard` and has room for [`ROOM`] bytes.
    pub fn new(guard: Guard) -> Self {
        Self::with_room(guard, ROOM)
    }

    /// The same with room for so many bytes; nothing larger than half of it is kept.
    pub fn with_room(guard: Guard, room: usize) -> Self {
        let shelf = Mutex::new(Shelf::new(room));
        Self(Arc::new(Inner { guard, shelf, flights: Mutex::default(), annex: OnceLock::new() }))
    }

    /// Keeps pages for other processes too, and looks there before it asks a server; to be said once. Pages above
    /// [`LARGEST`](crate::LARGEST) stay here.
    #[must_use]
    pub fn sharing(self, beyond: Arc<dyn Beyond>) -> Self {
        self.0.annex.get_or_init(|| Annex::new(beyond, &self.0.guard));
        self
    }

    /// What the reading that `begin` begins makes of the page, or has made of it for somebody else. Where the server wants
    /// to be left alone, what was true before is answered with, if there is any.
    ///
    /// # Errors
    /// [`FetchError`]. Failures are not kept.
    pub async fn read<R: Reading<Output = T>>(
        &self,
        ask: Ask,
        begin: impl FnOnce(&Head) -> R + Send + 'static,
    ) -> Landed<T> {
        let key = ask.key()?;
        let kept = locked(&self.0.shelf).take_down(&key);
        match kept {
            Some(kept) if kept.is_fresh(Instant::now(), ask.max_age) => Ok(Arc::clone(&kept.page)),
            Some(kept) if kept.will_do_meanwhile(Instant::now(), ask.max_age) => {
                let page = Arc::clone(&kept.page);
                // Nobody waits for it; whoever asks next finds what came of it.
                tokio::spawn(self.flight(ask, key, Some(kept), begin));
                Ok(page)
            }
            kept => self.flight(ask, key, kept, begin).await,
        }
    }

    /// The fetch that is under way, or one that begins.
    fn flight<R: Reading<Output = T>>(
        &self,
        ask: Ask,
        key: Key,
        kept: Option<Arc<Kept<T>>>,
        begin: impl FnOnce(&Head) -> R + Send + 'static,
    ) -> Flight<T> {
        let mut flights = locked(&self.0.flights);
        if let Some(flight) = flights.get(&key).and_then(WeakShared::upgrade) {
            return flight;
        }
        let landing = Landing { inner: Arc::clone(&self.0), key: key.clone() };
        let flight = async move { landing.land(ask, kept, begin).await }.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            flights.insert(key, weak);
        }
        flight
    }
}

impl Fetcher<Bytes> {
    /// GETs `url`, following redirects, or answers with what is kept of it.
    ///
    /// # Errors
    /// [`FetchError`] names the cause, among them every status that is no success.
    pub async fn fetch(&self, url: &str, limits: Limits) -> Result<Fetched, FetchError> {
        let page = self.get(Ask::new(url, limits)).await?;
        let (final_url, content_type) = (page.final_url.clone(), page.content_type.clone());
        Ok(Fetched { final_url, content_type, body: page.content.clone() })
    }

    /// The page that `ask` asks for, or what is kept of it.
    ///
    /// # Errors
    /// [`FetchError`] as above.
    pub async fn get(&self, ask: Ask) -> Result<Arc<Page<Bytes>>, FetchError> {
        let cap = ask.limits.max_body;
        self.read(ask, move |head: &Head| Whole::expecting(head.length(), cap)).await
    }
}

/// A flight from within. Nobody joins it any more once it is dropped, finished or not.
struct Landing<T> {
    inner: Arc<Inner<T>>,
    key: Key,
}

impl<T> Drop for Landing<T> {
    fn drop(&mut self) {
        locked(&self.inner.flights).remove(&self.key);
    }
}

impl<T: Weigh + Portable + Send + Sync + 'static> Landing<T> {
    async fn land<R: Reading<Output = T>>(
        self,
        ask: Ask,
        kept: Option<Arc<Kept<T>>>,
        begin: impl FnOnce(&Head) -> R + Send + 'static,
    ) -> Landed<T> {
        let kept = self.look_beyond(kept).await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_fresh(Instant::now(), ask.max_age)) {
            return Ok(Arc::clone(&kept.page));
        }
        let known = kept.as_deref().filter(|kept| !kept.validators.are_none());
        let known = known.map(|kept| Known { url: &kept.page.final_url, validators: &kept.validators });
        match (self.inner.guard.request(&ask, known, begin).await, kept) {
            (Ok(Reply::Unchanged(headers)), Some(kept)) => {
                let validators = kept.validators.updated(&headers);
                Ok(self.keep(Arc::clone(&kept.page), validators, Freshness::of(&headers, SystemTime::now())))
            }
            (Ok(Reply::Unchanged(_)), None) => unreachable!("only who knows something is told that it has not changed"),
            (Ok(Reply::Read { head, content }), _) => Ok(self.inner.keep_read(&self.key, head, content)),
            (Err(error), Some(kept)) if kept.will_do_for(&error, Instant::now()) => Ok(Arc::clone(&kept.page)),
            (Err(error), _) => Err(error),
        }
    }

    /// What is kept here, or beyond if that was confirmed later: then from now on here too.
    async fn look_beyond(&self, kept: Option<Arc<Kept<T>>>) -> Option<Arc<Kept<T>>> {
        let Some(annex) = self.inner.annex.get() else { return kept };
        let Some(found) = annex.find(&self.key).await else { return kept };
        if kept.as_ref().is_some_and(|kept| kept.confirmed >= found.confirmed) {
            return kept;
        }
        let found = Arc::new(found);
        locked(&self.inner.shelf).put(self.key.clone(), Arc::clone(&found));
        Some(found)
    }

    fn keep(&self, page: Arc<Page<T>>, validators: Validators, freshness: Option<Freshness>) -> Arc<Page<T>> {
        self.inner.keep(&self.key, page, validators, freshness)
    }
}

impl<T: Weigh + Portable> Inner<T> {
    /// Keeps what was read.
    fn keep_read(&self, key: &Key, head: Head, content: T) -> Arc<Page<T>> {
        let freshness = Freshness::of(&head.headers, SystemTime::now());
        let (validators, content_type) = (Validators::of(&head.headers), head.content_type());
        let links = head.links();
        let page = Page { final_url: head.final_url, content_type, links, content };
        self.keep(key, Arc::new(page), validators, freshness)
    }

    /// Keeps the page, if it may be kept.
    fn keep(
        &self,
        key: &Key,
        page: Arc<Page<T>>,
        validators: Validators,
        freshness: Option<Freshness>,
    ) -> Arc<Page<T>> {
        let kept = freshness.map(|freshness| Kept::new(Arc::clone(&page), validators, freshness, Instant::now()));
        if let (Some(annex), Some(kept)) = (self.annex.get(), &kept) {
            annex.keep(key, kept);
        }
        let mut place = locked(&self.shelf);
        match kept {
            Some(kept) => place.put(key.clone(), Arc::new(kept)),
            None => place.remove(key),
        }
        page
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
