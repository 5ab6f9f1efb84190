//! One request per page and time, whoever asks: what is fresh is not fetched, who asks at the same time waits together.

use crate::ask::Key;
use crate::body::{Head, Reading, Whole};
use crate::freshness::{Freshness, Validators};
use crate::guard::{Known, Reply};
use crate::shelf::{Kept, Page, Shelf, Weigh};
use crate::{Ask, FetchError, Fetched, Guard, Limits};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

impl<T: Weigh + Send + Sync + 'static> Fetcher<T> {
    /// Fetches through `guard` and has room for [`ROOM`] bytes.
    pub fn new(guard: Guard) -> Self {
        Self::with_room(guard, ROOM)
    }

    /// The same with room for so many bytes; nothing larger than half of it is kept.
    pub fn with_room(guard: Guard, room: usize) -> Self {
        let shelf = Mutex::new(Shelf::new(room));
        Self(Arc::new(Inner { guard, shelf, flights: Mutex::default() }))
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
        let begin = move |head: &Head| Whole::expecting(head.length(), limits.max_body);
        let page = self.read(Ask::new(url, limits), begin).await?;
        let (final_url, content_type) = (page.final_url.clone(), page.content_type.clone());
        Ok(Fetched { final_url, content_type, body: page.content.clone() })
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

impl<T: Weigh + Send + Sync + 'static> Landing<T> {
    async fn land<R: Reading<Output = T>>(
        self,
        ask: Ask,
        kept: Option<Arc<Kept<T>>>,
        begin: impl FnOnce(&Head) -> R + Send + 'static,
    ) -> Landed<T> {
        let known = kept.as_deref().filter(|kept| !kept.validators.are_none());
        let known = known.map(|kept| Known { url: &kept.page.final_url, validators: &kept.validators });
        match (self.inner.guard.request(&ask, known, begin).await, kept) {
            (Ok(Reply::Unchanged(headers)), Some(kept)) => {
                let validators = kept.validators.updated(&headers);
                Ok(self.keep(Arc::clone(&kept.page), validators, Freshness::of(&headers, SystemTime::now())))
            }
            (Ok(Reply::Unchanged(_)), None) => unreachable!("only who knows something is told that it has not changed"),
            (Ok(Reply::Read { head, content }), _) => {
                let freshness = Freshness::of(&head.headers, SystemTime::now());
                let (validators, content_type) = (Validators::of(&head.headers), head.content_type());
                let page = Page { final_url: head.final_url, content_type, content };
                Ok(self.keep(Arc::new(page), validators, freshness))
            }
            (Err(FetchError::LeftAlone { .. }), Some(kept)) if kept.will_do(Instant::now()) => {
                Ok(Arc::clone(&kept.page))
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Keeps the page, if it may be kept.
    fn keep(&self, page: Arc<Page<T>>, validators: Validators, freshness: Option<Freshness>) -> Arc<Page<T>> {
        let kept = freshness.map(|freshness| Kept::new(Arc::clone(&page), validators, freshness, Instant::now()));
        let mut place = locked(&self.inner.shelf);
        match kept {
            Some(kept) => place.put(self.key.clone(), Arc::new(kept)),
            None => place.remove(&self.key),
        }
        page
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
