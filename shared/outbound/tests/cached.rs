//! What is kept, what is shared and what is asked again, against a scripted server on loopback.

use bytes::Bytes;
use footbridge_outbound::{
    Ask, Egress, FetchError, Fetcher, Guard, Head, Limits, Newer, Policy, Reading, Unreadable, UserAgent,
};
use footbridge_testkit::http::{Answer, Request, Server};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(20), max_body: 5 * 1024 * 1024 };

fn guard() -> Guard {
    Guard::new(Policy { allow_private_addresses: true })
}

fn fetcher() -> Fetcher<Bytes> {
    Fetcher::new(guard())
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

#[tokio::test]
async fn a_page_is_asked_for_once_while_it_is_fresh() {
    let server = counting(|_, answer| answer.header("cache-control", "max-age=600")).await;
    let (fetcher, url) = (fetcher(), server.url("/a"));
    for _ in 0..5 {
        assert_eq!(body(&fetcher, &url).await, "0");
    }
    assert_eq!(body(&fetcher, &format!("{url}#part")).await, "0");
    assert_eq!(server.requests().len(), 1);
    assert_eq!(body(&fetcher, &server.url("/b")).await, "1");
}

#[tokio::test]
async fn all_who_ask_at_the_same_time_wait_for_one_answer() {
    let server = counting(|_, answer| answer.header("cache-control", "no-store")).await;
    let (fetcher, url) = (fetcher(), server.url("/"));
    let asking = (0..100).map(|_| body(&fetcher, &url));
    let bodies = futures_util::future::join_all(asking).await;
    assert!(bodies.iter().all(|body| body == "0"), "{bodies:?}");
    assert_eq!(server.requests().len(), 1);
    // And nobody after them.
    assert_eq!(body(&fetcher, &url).await, "1");
}

#[tokio::test]
async fn who_gives_up_takes_nobody_along() {
    let server = counting(|_, answer| answer).await;
    let (fetcher, url) = (fetcher(), server.url("/"));
    let mut first = Box::pin(body(&fetcher, &url));
    let mut second = Box::pin(body(&fetcher, &url));
    assert!(futures_util::poll!(&mut first).is_pending() && futures_util::poll!(&mut second).is_pending());
    drop(first);
    assert_eq!(second.await, "0");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_wait_and_by_nobody_else() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::status(500),
        _ => Answer::ok("text/plain", "well again"),
    })
    .await;
    let (fetcher, url) = (fetcher(), server.url("/"));
    let (one, other) = tokio::join!(fetcher.fetch(&url, LIMITS), fetcher.fetch(&url, LIMITS));
    assert_eq!(one.unwrap_err().to_string(), other.unwrap_err().to_string());
    assert_eq!(body(&fetcher, &url).await, "well again");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_page_that_has_not_changed_is_not_sent_again() {
    let server = counting(|request, answer| match request.headers.get("if-none-match") {
        Some(etag) if etag == "\"v1\"" => Answer::status(304).header("cache-control", "max-age=600"),
        _ => answer.header("etag", "\"v1\"").header("last-modified", "Sun, 01 Nov 2026 08:00:00 GMT"),
    })
    .await;
    let (fetcher, url) = (fetcher(), server.url("/"));
    let ask = || Ask::new(url.clone(), LIMITS).no_older_than(Duration::ZERO);
    let whole = |_: &Head| footbridge_outbound::Whole::default();
    assert_eq!(fetcher.read(ask(), whole).await.unwrap().content, "0");
    assert_eq!(fetcher.read(ask(), whole).await.unwrap().content, "0");
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].headers["if-modified-since"], "Sun, 01 Nov 2026 08:00:00 GMT");
    assert!(!requests[0].headers.contains_key("if-none-match"));
    // The confirmation said for how long it holds.
    assert_eq!(body(&fetcher, &url).await, "0");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn only_the_place_that_named_a_version_is_asked_about_it() {
    let server = counting(|request, answer| match request.path.as_str() {
        "/old" => Answer::redirect("/new"),
        _ => answer.header("etag", "\"v1\"").header("cache-control", "no-cache"),
    })
    .await;
    let (fetcher, url) = (fetcher(), server.url("/old"));
    body(&fetcher, &url).await;
    body(&fetcher, &url).await;
    let asked: Vec<_> =
        server.requests().into_iter().map(|asked| (asked.path, asked.headers.contains_key("if-none-match"))).collect();
    let asked: Vec<_> = asked.iter().map(|(path, conditionally)| (path.as_str(), *conditionally)).collect();
    assert_eq!(asked, [("/old", false), ("/new", false), ("/old", false), ("/new", true)]);
}

#[tokio::test]
async fn an_unasked_for_304_is_a_status_like_any_other() {
    let server = Server::start(|_| Answer::status(304)).await;
    let error = fetcher().fetch(&server.url("/"), LIMITS).await.unwrap_err();
    assert!(error.to_string().starts_with("request failed: 304 Not Modified for "), "{error}");
}

#[tokio::test]
async fn a_server_that_asks_to_be_left_alone_is() {
    for status in [429, 503] {
        let server = Server::start(move |_| Answer::status(status).header("retry-after", "120")).await;
        let fetcher = fetcher();
        for path in ["/a", "/b", "/a"] {
            let error = fetcher.fetch(&server.url(path), LIMITS).await.unwrap_err();
            assert!(matches!(&error, FetchError::LeftAlone { status: said, .. } if said.as_u16() == status), "{error}");
            assert!(error.to_string().contains("which is not asked again for 1"), "{error}");
        }
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn what_was_true_is_answered_with_while_a_server_is_left_alone() {
    for (directive, expected) in [("max-age=0", true), ("max-age=0, must-revalidate", false)] {
        let server = counting(move |request, answer| match request.path.as_str() {
            "/busy" => Answer::status(429).header("retry-after", "60"),
            _ => answer.header("cache-control", directive),
        })
        .await;
        let (fetcher, url) = (fetcher(), server.url("/"));
        assert_eq!(body(&fetcher, &url).await, "0");
        fetcher.fetch(&server.url("/busy"), LIMITS).await.unwrap_err();
        assert_eq!(fetcher.fetch(&url, LIMITS).await.is_ok(), expected, "{directive}");
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn what_must_not_be_kept_is_not() {
    for directive in ["no-store", "private", "max-age=0"] {
        let server = counting(move |_, answer| answer.header("cache-control", directive)).await;
        let (fetcher, url) = (fetcher(), server.url("/"));
        assert_eq!((body(&fetcher, &url).await, body(&fetcher, &url).await), ("0".into(), "1".into()), "{directive}");
    }
}

#[tokio::test]
async fn what_may_be_stale_for_a_while_is_answered_with_while_it_is_asked_for() {
    let (asked, mut renewed) = tokio::sync::mpsc::channel(8);
    let server = counting(move |_, answer| {
        asked.try_send(()).unwrap();
        let answer = answer.header("cache-control", "max-age=0, stale-while-revalidate=600");
        // The second does not arrive.
        if asked.capacity() < 7 { answer.stall_after(0) } else { answer }
    })
    .await;
    let (fetcher, url) = (fetcher(), server.url("/"));
    for _ in 0..4 {
        assert_eq!(body(&fetcher, &url).await, "0");
    }
    for _ in 0..2 {
        renewed.recv().await.unwrap();
    }
    assert_eq!(body(&fetcher, &url).await, "0");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn what_came_of_asking_meanwhile_is_answered_with_next() {
    let server = counting(|_, answer| answer.header("cache-control", "max-age=0, stale-while-revalidate=600")).await;
    let (fetcher, url) = (fetcher(), server.url("/"));
    assert_eq!(body(&fetcher, &url).await, "0");
    while body(&fetcher, &url).await == "0" {
        tokio::task::yield_now().await;
    }
    // Who wants nothing old waits for what is true now.
    let last = server.requests().len();
    let ask = Ask::new(url.clone(), LIMITS).no_older_than(Duration::ZERO);
    let page = fetcher.read(ask, |_: &Head| footbridge_outbound::Whole::default()).await.unwrap();
    let content: usize = std::str::from_utf8(&page.content).unwrap().parse().unwrap();
    assert!(content >= last - 1, "{content} of {last}");
}

#[tokio::test]
async fn what_was_true_is_answered_with_while_a_server_fails_if_it_says_so() {
    for (directive, expected) in [("max-age=0, stale-if-error=600", true), ("max-age=0", false)] {
        let count = AtomicUsize::new(0);
        let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
            0 => Answer::ok("text/plain", "well").header("cache-control", directive),
            1 => Answer::status(502),
            2 => Answer::ok("text/plain", "well").cut_after(1),
            _ => Answer::status(410),
        })
        .await;
        let (fetcher, url) = (fetcher(), server.url("/"));
        assert_eq!(body(&fetcher, &url).await, "well");
        for _ in 0..2 {
            assert_eq!(fetcher.fetch(&url, LIMITS).await.is_ok(), expected, "{directive}");
        }
        // That it is gone is no failure.
        assert!(fetcher.fetch(&url, LIMITS).await.unwrap_err().to_string().contains("410 Gone"));
        assert_eq!(server.requests().len(), 4);
    }
}

#[tokio::test]
async fn what_varies_by_something_unknown_is_asked_about_each_time() {
    let server = counting(|_, answer| answer.header("cache-control", "max-age=600").header("vary", "x-region")).await;
    let (fetcher, url) = (fetcher(), server.url("/"));
    assert_eq!((body(&fetcher, &url).await, body(&fetcher, &url).await), ("0".into(), "1".into()));
}

/// Reads until it has had enough.
struct Some64K(usize);

impl Reading for Some64K {
    type Output = Bytes;
    const WHOLE: bool = false;

    async fn take(&mut self, bytes: Bytes) -> Result<ControlFlow<()>, Unreadable> {
        self.0 += bytes.len();
        Ok(if self.0 < 64 * 1024 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    async fn finish(self) -> Result<Bytes, Unreadable> {
        if self.0 == 0 { Err(Unreadable("there is nothing".into())) } else { Ok(Bytes::from_static(b"enough")) }
    }
}

#[tokio::test]
async fn a_reader_that_has_enough_ends_the_transfer() {
    let server = Server::start(|_| Answer::ok("text/plain", vec![b'x'; 16 * 1024]).endless()).await;
    let fetcher = Fetcher::new(guard());
    let page = fetcher.read(Ask::new(server.url("/"), LIMITS), |_| Some64K(0)).await.unwrap();
    assert_eq!(page.content, "enough");
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_not_kept() {
    let server = Server::start(|_| Answer::ok("text/plain", "")).await;
    let fetcher = Fetcher::new(guard());
    for _ in 0..2 {
        let error = fetcher.read(Ask::new(server.url("/"), LIMITS), |_| Some64K(0)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{}: there is nothing", server.url("/")));
    }
    assert_eq!(server.requests().len(), 2);
}

// metadata 19
#[tokio::test]
async fn requests_say_who_asks_and_for_what() {
    let server = Server::start(|_| Answer::ok("text/plain", "hello")).await;
    let fetcher = Fetcher::new(guard().named(UserAgent::new("Ours/1").unwrap()));
    let url = server.url("/").replace("//", "//ana:secret@");
    let plain = Ask::new(url, LIMITS);
    let dressed = plain.clone().accepting("text/html").named(&UserAgent::new("Other/2").unwrap()).naming_its_origin();
    for ask in [plain, dressed] {
        fetcher.read(ask, |_| Some64K(0)).await.unwrap();
    }
    let requests = server.requests();
    assert_eq!(requests[0].headers["user-agent"], "Ours/1");
    assert!(!requests[0].headers.contains_key("origin"));
    let encodings = &requests[0].headers["accept-encoding"];
    assert!(["gzip", "br", "zstd", "deflate"].iter().all(|encoding| encodings.contains(encoding)), "{encodings}");
    let said = |name: &str| requests[1].headers[name].clone();
    assert_eq!((said("user-agent"), said("accept")), ("Other/2".into(), "text/html".into()));
    assert_eq!(said("origin"), server.url("/"));
}

#[tokio::test]
async fn the_operators_lists_are_asked_before_and_after_names_are_looked_up() {
    let server = Server::start(|_| Answer::ok("text/plain", "hello")).await;
    let port = server.address().port();
    let url = format!("http://localhost:{port}/");
    let at = |allow: &[&str], deny: &[&str]| guard().within(Egress::new(allow, deny).unwrap());
    for (allow, deny) in [
        (vec!["other.example"], vec![]),
        (vec![], vec!["localhost"]),
        (vec!["192.0.2.0/24"], vec![]),
        (vec!["localhost:1"], vec![]),
        (vec![], vec!["127.0.0.0/8", "::1"]),
    ] {
        let error = at(&allow, &deny).fetch(&url, LIMITS).await.unwrap_err();
        let text = format!("connections to localhost:{port} are not allowed by the setting egress");
        assert_eq!(error.to_string(), text, "{allow:?} {deny:?}");
    }
    assert_eq!(server.connections(), 0);
    let allowed = format!("127.0.0.0/8:{port}");
    assert_eq!(at(&[&allowed], &["::1"]).fetch(&url, LIMITS).await.unwrap().body, "hello");
}

#[tokio::test]
async fn a_host_is_not_asked_by_more_than_six_at_once() {
    let (busy, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counters = (Arc::clone(&busy), Arc::clone(&most));
    // Each answer is announced and never finished, so that its turn lasts.
    let server = Server::start(move |_| {
        let now = counters.0.fetch_add(1, Ordering::SeqCst) + 1;
        counters.1.fetch_max(now, Ordering::SeqCst);
        Answer::ok("text/plain", "never").stall_after(1)
    })
    .await;
    let fetcher = fetcher();
    let short = Limits { deadline: Duration::from_millis(300), ..LIMITS };
    let urls: Vec<_> = (0..20).map(|n| server.url(&format!("/{n}"))).collect();
    let results = futures_util::future::join_all(urls.iter().map(|url| fetcher.fetch(url, short))).await;
    assert!(results.iter().all(|result| matches!(result, Err(FetchError::TimedOut { .. }))));
    assert_eq!(most.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn how_long_an_answer_stays_fresh_can_be_asked() {
    let server = counting(|request, answer| match request.path.as_str() {
        "/never" => answer.header("cache-control", "no-store"),
        _ => {
            answer.header("cache-control", "max-age=600").header("link", "<a>; rel=hub").header("link", "<b>; rel=self")
        }
    })
    .await;
    let fetcher = fetcher();
    let (fresh, never) = (Ask::new(server.url("/"), LIMITS), Ask::new(server.url("/never"), LIMITS));
    assert_eq!(fetcher.version(&fresh), (None, Duration::ZERO));
    let page = fetcher.get(fresh.clone()).await.unwrap();
    assert_eq!(page.links.as_deref(), Some("<a>; rel=hub, <b>; rel=self"));
    let (version, left) = fetcher.version(&fresh);
    assert!(version.is_none() && left > Duration::from_mins(9) && left <= Duration::from_mins(10), "{left:?}");
    assert_eq!(fetcher.version(&fresh.no_older_than(Duration::from_secs(1))).1, Duration::from_secs(1));
    assert_eq!(fetcher.get(never.clone()).await.unwrap().links, None);
    assert_eq!(fetcher.version(&never), (None, Duration::ZERO));
}

#[tokio::test]
async fn who_remembers_a_version_is_spared_what_has_not_changed() {
    let etag = Arc::new(std::sync::Mutex::new("\"1\""));
    let shown = Arc::clone(&etag);
    let server = Server::start(move |request| {
        let etag = *shown.lock().unwrap();
        let answer = match request.path.as_str() {
            "/moved" => return Answer::redirect("/"),
            _ if request.headers.get("if-none-match").is_some_and(|known| known == etag) => Answer::status(304),
            _ => Answer::ok("text/plain", etag),
        };
        answer.header("etag", etag).header("cache-control", "max-age=60")
    })
    .await;
    for path in ["/", "/moved"] {
        *etag.lock().unwrap() = "\"1\"";
        let ask = Ask::new(server.url(path), LIMITS);
        let first = fetcher();
        first.get(ask.clone()).await.unwrap();
        let (version, _) = first.version(&ask);
        assert!(version.is_some());
        // Somebody who keeps nothing of it.
        let other = fetcher();
        let newer = other.get_newer(ask.clone(), version.as_ref()).await.unwrap();
        assert!(matches!(newer, Newer::Unchanged(fresh) if fresh == Duration::from_mins(1)), "{newer:?}");
        *etag.lock().unwrap() = "\"2\"";
        let newer = other.get_newer(ask.clone(), version.as_ref()).await.unwrap();
        assert!(matches!(&newer, Newer::Page(page) if page.content == "\"2\""), "{newer:?}");
        assert_ne!(other.version(&ask).0, version);
        // It is kept now, and fresh.
        let before = server.requests().len();
        assert!(matches!(other.get_newer(ask.clone(), version.as_ref()).await.unwrap(), Newer::Page(_)));
        assert_eq!(server.requests().len(), before);
        assert!(matches!(fetcher().get_newer(ask, None).await.unwrap(), Newer::Page(_)));
    }
}
