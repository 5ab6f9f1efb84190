//! What fetchers of several processes keep for each other, against a scripted server on loopback.

use bytes::Bytes;
use footbridge_outbound::{Ask, Beyond, Egress, Fetcher, Guard, Head, LARGEST, Limits, Policy, UserAgent, Whole};
use footbridge_testkit::http::{Answer, Request, Server};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(20), max_body: 5 * 1024 * 1024 };

/// A place that forgets nothing, and counts who asks.
#[derive(Default)]
struct Place {
    kept: Mutex<HashMap<String, (Bytes, Duration)>>,
    asked: AtomicUsize,
}

impl Place {
    fn kept(&self) -> MutexGuard<'_, HashMap<String, (Bytes, Duration)>> {
        self.kept.lock().expect("nobody panics here")
    }

    /// For how long what was kept is to last, in seconds.
    fn lasts(&self) -> Vec<u64> {
        self.kept().values().map(|(_, lasts)| lasts.as_secs()).collect()
    }
}

impl Beyond for Place {
    fn keep(&self, name: String, value: Bytes, lasts: Duration) {
        self.kept().insert(name, (value, lasts));
    }

    fn recall(&self, name: String) -> BoxFuture<'static, Option<Bytes>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let value = self.kept().get(&name).map(|(value, _)| value.clone());
        async { value }.boxed()
    }
}

fn guard() -> Guard {
    Guard::new(Policy { allow_private_addresses: true })
}

/// The fetcher of another process.
fn fetcher(place: &Arc<Place>) -> Fetcher<Bytes> {
    Fetcher::new(guard()).sharing(Arc::clone(place) as _)
}

/// A server that counts its answers in their bodies.
async fn counting(answer: impl Fn(&Request, Answer) -> Answer + Send + Sync + 'static) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |request| {
        let body = count.fetch_add(1, Ordering::SeqCst).to_string();
        answer(request, Answer::ok("text/plain", body))
    })
    .await
}

async fn body(fetcher: &Fetcher<Bytes>, url: &str) -> Bytes {
    fetcher.fetch(url, LIMITS).await.expect("a page").body
}

/// Not content with what is kept.
async fn body_now(fetcher: &Fetcher<Bytes>, url: &str) -> Bytes {
    let ask = Ask::new(url, LIMITS).no_older_than(Duration::ZERO);
    fetcher.read(ask, |_: &Head| Whole::default()).await.expect("a page").content.clone()
}

#[tokio::test]
async fn a_page_is_asked_for_once_while_it_is_fresh_whoever_asks() {
    let server = counting(|request, answer| match request.path.as_str() {
        "/old" => Answer::redirect("/new?a=b"),
        _ => answer.header("cache-control", "max-age=600"),
    })
    .await;
    let (place, url) = (Arc::new(Place::default()), server.url("/old"));
    for _ in 0..3 {
        let page = fetcher(&place).fetch(&url, LIMITS).await.expect("a page");
        assert_eq!((page.body, page.final_url.as_str()), ("1".into(), server.url("/new?a=b").as_str()));
        assert_eq!(page.content_type.as_deref(), Some("text/plain"));
    }
    assert_eq!(server.requests().len(), 2);
    assert_eq!(place.lasts(), [600]);
}

#[tokio::test]
async fn what_is_here_is_not_looked_for_there() {
    let server = counting(|_, answer| answer.header("cache-control", "max-age=600")).await;
    let (place, url) = (Arc::new(Place::default()), server.url("/"));
    body(&fetcher(&place), &url).await;
    let other = fetcher(&place);
    for _ in 0..5 {
        assert_eq!(body(&other.clone(), &url).await, "0");
    }
    assert_eq!(place.asked.load(Ordering::SeqCst), 2, "by each process once");
}

#[tokio::test]
async fn a_page_that_is_no_longer_fresh_is_asked_about_by_what_another_process_knows() {
    let server = counting(|request, answer| match request.headers.get("if-none-match") {
        Some(etag) if etag == "\"v1\"" => Answer::status(304).header("cache-control", "max-age=600"),
        _ => answer.header("etag", "\"v1\"").header("cache-control", "no-cache"),
    })
    .await;
    let (place, url) = (Arc::new(Place::default()), server.url("/"));
    assert_eq!(body(&fetcher(&place), &url).await, "0");
    assert_eq!(place.lasts(), [3600], "for as long as it may be of use");
    assert_eq!(body(&fetcher(&place), &url).await, "0");
    let conditional = |request: &Request| request.headers.contains_key("if-none-match");
    assert_eq!(server.requests().iter().map(conditional).collect::<Vec<_>>(), [false, true]);
    // The confirmation holds for all.
    assert_eq!(body(&fetcher(&place), &url).await, "0");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn of_two_versions_the_later_counts() {
    // The first answer may not be used again, later ones may.
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        let n = count.fetch_add(1, Ordering::SeqCst);
        let answer = Answer::ok("text/plain", n.to_string()).header("etag", "\"v1\"");
        answer.header("cache-control", if n == 0 { "no-cache" } else { "max-age=600" })
    })
    .await;
    let (place, url) = (Arc::new(Place::default()), server.url("/"));
    let (one, other) = (fetcher(&place), fetcher(&place));
    assert_eq!(body(&one, &url).await, "0");
    assert_eq!(body(&other, &url).await, "1");
    assert_eq!(body(&one, &url).await, "1", "what another one knows is newer than what is here");
    assert_eq!(body_now(&one, &url).await, "2");
    assert_eq!(body(&other, &url).await, "1", "what is fresh is not compared");
    place.kept().clear();
    assert_eq!(body(&one, &url).await, "2", "a place that forgets takes nothing away");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn some_pages_stay_here() {
    let server = Server::start(|request| match request.path.as_str() {
        "/for-one" => Answer::ok("text/plain", "a").header("cache-control", "private"),
        "/used-up" => Answer::ok("text/plain", "a").header("cache-control", "max-age=0"),
        "/large" => Answer::ok("text/plain", vec![b'x'; LARGEST]).header("cache-control", "max-age=60"),
        "/fits" => Answer::ok("text/plain", vec![b'x'; LARGEST - 1000]).header("cache-control", "max-age=60"),
        _ => Answer::status(404).header("cache-control", "max-age=60"),
    })
    .await;
    let place = Arc::new(Place::default());
    for (path, is_shared) in
        [("/for-one", false), ("/used-up", false), ("/large", false), ("/none", false), ("/fits", true)]
    {
        // Failures are not kept.
        let _ = fetcher(&place).fetch(&server.url(path), LIMITS).await;
        assert_eq!(!place.lasts().is_empty(), is_shared, "{path}");
    }
    assert_eq!(body(&fetcher(&place), &server.url("/fits")).await.len(), LARGEST - 1000);
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn who_may_connect_elsewhere_or_has_another_name_sees_other_pages() {
    let server = counting(|_, answer| answer.header("cache-control", "max-age=600")).await;
    let (place, url) = (Arc::new(Place::default()), server.url("/"));
    let guards: [fn() -> Guard; 3] = [
        guard,
        || guard().within(Egress::new(&[] as &[&str], &["other.example"]).unwrap()),
        || guard().named(UserAgent::new("Ours/1").unwrap()),
    ];
    for _ in 0..2 {
        for (n, guard) in guards.iter().enumerate() {
            let fetcher = Fetcher::new(guard()).sharing(Arc::clone(&place) as _);
            assert_eq!(body(&fetcher, &url).await, n.to_string());
        }
    }
    let forbidding = Fetcher::new(Guard::new(Policy::default())).sharing(Arc::clone(&place) as _);
    assert!(forbidding.fetch(&url, LIMITS).await.is_err());
}

/// A place that is out of order.
struct Broken(Option<Bytes>);

impl Beyond for Broken {
    fn keep(&self, _: String, _: Bytes, _: Duration) {}

    fn recall(&self, _: String) -> BoxFuture<'static, Option<Bytes>> {
        match self.0.clone() {
            Some(nonsense) => async { Some(nonsense) }.boxed(),
            None => std::future::pending().boxed(),
        }
    }
}

#[tokio::test]
async fn a_place_that_says_nothing_or_nonsense_is_done_without() {
    let server = counting(|_, answer| answer).await;
    for (n, said) in [None, Some(Bytes::new()), Some(Bytes::from_static(&[1; 1000]))].into_iter().enumerate() {
        let fetcher = Fetcher::new(guard()).sharing(Arc::new(Broken(said)));
        assert_eq!(body(&fetcher, &server.url("/")).await, n.to_string());
    }
}
