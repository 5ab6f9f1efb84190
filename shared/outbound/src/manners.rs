//! Not being a burden to a server: how many requests at once, how many in a time, and waiting when it asks for that.

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// The longest that a host can make us wait. Those that ask for more are asked again then.
const LONGEST: Duration = Duration::from_hours(1);
/// Hosts remembered. When there are more, those of which nothing is to be remembered are forgotten; while there are none of
/// these, new ones are.
const HOSTS: usize = 4096;

/// How fast one host may be asked. Requests beyond that wait for their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Requests at a time; at least one.
    pub at_once: usize,
    /// Time that each request is worth; none: as many as there are.
    pub interval: Duration,
    /// How far requests may run ahead of that, after a silence.
    pub ahead: Duration,
}

impl Default for Pace {
    /// Six at a time, as a browser does, and ten a second after 30 at once.
    fn default() -> Self {
        Self { at_once: 6, interval: Duration::from_millis(100), ahead: Duration::from_secs(3) }
    }
}

/// What is known of hosts. Cheap to clone; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Manners {
    pace: Pace,
    hosts: Arc<Mutex<HashMap<String, Arc<Host>>>>,
}

struct Host {
    places: Arc<Semaphore>,
    state: Mutex<State>,
}

struct State {
    /// When all requests so far would have been made, at an even pace.
    even: Instant,
    /// Until when the host wants to be left alone, and the status that said so.
    alone: Option<(Instant, StatusCode)>,
}

/// A host wants to be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeftAlone {
    pub(crate) status: StatusCode,
    pub(crate) remaining: Duration,
}

/// The turn of one request; the next may have it when this is dropped.
pub(crate) struct Turn {
    _place: Option<OwnedSemaphorePermit>,
    host: Arc<Host>,
}

impl Manners {
    pub(crate) fn at(pace: Pace) -> Self {
        Self { pace, ..Self::default() }
    }

    /// Waits for a turn at `host`, which is a name with a port.
    pub(crate) async fn turn(&self, host: &str) -> Result<Turn, LeftAlone> {
        let host = self.host(host);
        host.is_open(Instant::now())?;
        // A semaphore that is never closed.
        let place = Arc::clone(&host.places).acquire_owned().await.ok();
        sleep_until(host.begin(Instant::now(), self.pace)).await;
        host.is_open(Instant::now())?;
        Ok(Turn { _place: place, host })
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        let now = Instant::now();
        let host = Arc::new(Host {
            places: Arc::new(Semaphore::new(self.pace.at_once.max(1))),
            state: Mutex::new(State { even: now, alone: None }),
        });
        if hosts.len() >= HOSTS {
            hosts.retain(|_, host| Arc::strong_count(host) > 1 || host.is_remarkable(now));
        }
        if hosts.len() < HOSTS {
            hosts.insert(name.to_owned(), Arc::clone(&host));
        }
        host
    }
}

impl Host {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_open(&self, now: Instant) -> Result<(), LeftAlone> {
        match self.state().alone {
            Some((until, status)) if until > now => Err(LeftAlone { status, remaining: until - now }),
            _ => Ok(()),
        }
    }

    /// When the next request may be made.
    fn begin(&self, now: Instant, pace: Pace) -> Instant {
        let mut state = self.state();
        state.even = state.even.max(now) + pace.interval;
        state.even - pace.ahead.min(state.even - now)
    }

    fn is_remarkable(&self, now: Instant) -> bool {
        let state = self.state();
        state.even > now || state.alone.is_some_and(|(until, _)| until > now)
    }
}

impl Turn {
    /// Takes note of what the host answered. Tells for how long it wants to be left alone, if it does.
    pub(crate) fn heard(&self, status: StatusCode, headers: &HeaderMap) -> Option<LeftAlone> {
        let is_plea = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let wait = is_plea.then(|| retry_after(headers, SystemTime::now())).flatten()?.min(LONGEST);
        self.host.state().alone = Some((Instant::now() + wait, status));
        Some(LeftAlone { status, remaining: wait })
    }
}

/// How long `Retry-After` wants us to wait: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(text).ok()?.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "h.example:80";

    fn headers(retry_after: &str) -> HeaderMap {
        [(RETRY_AFTER, retry_after.parse().unwrap())].into_iter().collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_asked_by_few_at_once() {
        let manners = Manners::default();
        let mut turns = Vec::new();
        for _ in 0..Pace::default().at_once {
            turns.push(manners.turn(HOST).await.unwrap());
        }
        let other = manners.turn("other.example:80").await;
        assert!(other.is_ok(), "others are not kept waiting");
        let mut next = Box::pin(manners.turn(HOST));
        assert!(tokio::time::timeout(Duration::from_mins(1), &mut next).await.is_err(), "all places are taken");
        turns.pop();
        assert!(next.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_followed_by_an_even_pace() {
        let manners = Manners::default();
        let start = Instant::now();
        for _ in 0..30 {
            drop(manners.turn(HOST).await.unwrap());
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..50 {
            drop(manners.turn(HOST).await.unwrap());
        }
        let took = start.elapsed();
        assert!(took >= Duration::from_secs(5) && took < Duration::from_millis(5100), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_wants_to_be_left_alone_is() {
        let manners = Manners::default();
        let turn = manners.turn(HOST).await.unwrap();
        let plea = turn.heard(StatusCode::TOO_MANY_REQUESTS, &headers("120"));
        let told = LeftAlone { status: StatusCode::TOO_MANY_REQUESTS, remaining: Duration::from_mins(2) };
        assert_eq!(plea, Some(told));
        assert_eq!(manners.turn(HOST).await.err(), Some(told));
        assert!(manners.turn("other.example:80").await.is_ok());
        tokio::time::advance(Duration::from_mins(2)).await;
        assert!(manners.turn(HOST).await.is_ok());
    }

    #[tokio::test]
    async fn only_a_plea_is_one() {
        let turn = Manners::default().turn(HOST).await.unwrap();
        assert_eq!(turn.heard(StatusCode::OK, &headers("120")), None);
        assert_eq!(turn.heard(StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::new()), None);
        assert_eq!(turn.heard(StatusCode::SERVICE_UNAVAILABLE, &headers("soon")), None);
        let endless = turn.heard(StatusCode::SERVICE_UNAVAILABLE, &headers("99999999999")).unwrap();
        assert_eq!(endless.remaining, LONGEST);
    }

    #[test]
    fn a_plea_may_be_a_date() {
        let now = httpdate::parse_http_date("Sun, 01 Nov 2026 08:00:00 GMT").unwrap();
        let wait = |text| retry_after(&headers(text), now);
        assert_eq!(wait("Sun, 01 Nov 2026 08:01:30 GMT"), Some(Duration::from_secs(90)));
        assert_eq!(wait("Sun, 01 Nov 2026 07:00:00 GMT"), None);
        assert_eq!(wait("-1"), None);
    }

    #[test]
    fn hosts_without_a_story_are_forgotten() {
        let manners = Manners::default();
        for n in 0..HOSTS * 2 {
            manners.host(&format!("h{n}.example:80"));
        }
        assert!(manners.hosts.lock().unwrap().len() <= HOSTS);
    }
}
