//! Fetches over TLS, by HTTP/2 where the server knows it.

use footbridge_outbound::{FetchError, Fetcher, Guard, Limits, Pace, Policy};
use footbridge_testkit::certificate::Certificate;
use footbridge_testkit::http::{Answer, Request, Server};
use futures_util::future::join_all;
use std::pin::pin;
use std::time::Duration;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(20), max_body: 5 * 1024 * 1024 };
const OPEN: Policy = Policy { allow_private_addresses: true };
const BOTH: [&str; 2] = ["h2", "http/1.1"];

/// A server that speaks these protocols, and a guard that trusts it.
async fn meet(protocols: &[&str], answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> (Server, Guard) {
    let certificate = Certificate::for_names(&["DNS:localhost"]).expect("openssl makes certificates");
    let server = Server::start_secure(&certificate, protocols, answer).await.expect("a good certificate");
    let pem = Certificate::text(&certificate.certificate()).expect("it is a file");
    (server, Guard::new(OPEN).trusting(pem.as_bytes()).expect("a good certificate"))
}

fn versions(server: &Server) -> Vec<u8> {
    server.requests().iter().map(|request| request.version).collect()
}

#[tokio::test]
async fn http_2_is_spoken_to_those_who_know_it() {
    let (server, guard) = meet(&BOTH, |_| Answer::ok("text/plain", "hello").header("etag", "\"a\"")).await;
    let page = guard.fetch(&server.url("/a?b"), LIMITS).await.unwrap();
    assert_eq!((&page.body[..], page.content_type.as_deref()), (&b"hello"[..], Some("text/plain")));
    assert_eq!((server.requests()[0].path.as_str(), versions(&server)), ("/a?b", vec![2]));
}

#[tokio::test]
async fn http_1_is_spoken_to_all_others() {
    for protocols in [&["http/1.1"][..], &[]] {
        let (server, guard) = meet(protocols, |_| Answer::ok("text/plain", "hello")).await;
        assert_eq!(guard.fetch(&server.url("/"), LIMITS).await.unwrap().body, "hello");
        assert_eq!(versions(&server), [1], "{protocols:?}");
    }
}

#[tokio::test]
async fn who_is_not_trusted_is_told_nothing() {
    let (server, _) = meet(&BOTH, |_| Answer::ok("text/plain", "hello")).await;
    let other = Certificate::for_names(&["DNS:localhost"]).unwrap();
    let pem = Certificate::text(&other.certificate()).unwrap();
    for guard in [Guard::new(OPEN), Guard::new(OPEN).trusting(pem.as_bytes()).unwrap()] {
        let error = guard.fetch(&server.url("/"), LIMITS).await.unwrap_err();
        assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn one_connection_is_enough_for_a_host() {
    let (server, guard) = meet(&BOTH, |request| Answer::ok("text/plain", request.path.clone())).await;
    let guard = guard.paced(Pace { at_once: 50, interval: Duration::ZERO, ahead: Duration::ZERO });
    guard.fetch(&server.url("/first"), LIMITS).await.unwrap();
    let urls: Vec<_> = (0..200).map(|n| server.url(&format!("/{n}"))).collect();
    let pages = join_all(urls.iter().map(|url| guard.fetch(url, LIMITS))).await;
    for (n, page) in pages.into_iter().enumerate() {
        assert_eq!(page.unwrap().body, format!("/{n}"));
    }
    assert_eq!((server.connections(), server.requests().len()), (1, 201));
}

#[tokio::test]
async fn those_who_come_first_and_together_open_no_more_connections_than_have_a_turn() {
    let (server, guard) = meet(&BOTH, |request| Answer::ok("text/plain", request.path.clone())).await;
    let urls: Vec<_> = (0..20).map(|n| server.url(&format!("/{n}"))).collect();
    let pages = join_all(urls.iter().map(|url| guard.fetch(url, LIMITS))).await;
    assert!(pages.iter().all(Result::is_ok));
    let opened = server.connections();
    assert!((1..=6).contains(&opened), "{opened}");
    for url in &urls[..5] {
        guard.fetch(url, LIMITS).await.unwrap();
    }
    assert_eq!((server.connections(), server.requests().len()), (opened, 25));
}

#[tokio::test]
async fn a_host_is_not_asked_by_more_than_six_at_once_however_many_a_connection_has_room_for() {
    let (asked, mut arrived) = tokio::sync::mpsc::channel(8);
    // All but the first are never finished, so that their turns last.
    let (server, guard) = meet(&BOTH, move |request| {
        if request.path == "/first" {
            return Answer::ok("text/plain", "hello");
        }
        asked.try_send(()).expect("eight are not asked for");
        Answer::ok("text/plain", "never").stall_after(1)
    })
    .await;
    let fetcher = Fetcher::new(guard);
    fetcher.fetch(&server.url("/first"), LIMITS).await.unwrap();
    let urls: Vec<_> = (0..6).map(|n| server.url(&format!("/{n}"))).collect();
    let mut held = pin!(join_all(urls.iter().map(|url| fetcher.fetch(url, LIMITS))));
    for _ in 0..6 {
        tokio::select! {
            _ = &mut held => panic!("they are never finished"),
            _ = arrived.recv() => {}
        }
    }
    let short = Limits { deadline: Duration::from_millis(300), ..LIMITS };
    let seventh = server.url("/seventh");
    tokio::select! {
        _ = &mut held => panic!("they are never finished"),
        result = fetcher.fetch(&seventh, short) => {
            let error = result.unwrap_err();
            assert!(matches!(error, FetchError::TimedOut { .. }), "{error:?}");
        }
    }
    assert_eq!((server.requests().len(), server.connections()), (7, 1));
}

// guard 10
#[tokio::test]
async fn caps_and_deadlines_hold_as_over_http_1() {
    let (server, guard) = meet(&BOTH, |request| match request.path.as_str() {
        "/endless" => Answer::ok("text/plain", vec![b'x'; 64 * 1024]).endless(),
        "/brotli" => Answer::brotli_bomb(10 << 30),
        "/cut" => Answer::ok("text/plain", "ten bytes!").cut_after(4),
        "/reset" => Answer::raw(""),
        "/mute" => Answer::mute(),
        "/slow" => Answer::ok("text/plain", "ten bytes!").trickle(Duration::from_hours(1)),
        _ => Answer::redirect("/loop"),
    })
    .await;
    let short = Limits { deadline: Duration::from_millis(300), ..LIMITS };
    for (path, limits, is_named) in [
        ("/endless", LIMITS, (|error| matches!(error, FetchError::BodyTooLarge { .. })) as fn(&FetchError) -> bool),
        ("/brotli", LIMITS, |error| matches!(error, FetchError::BodyTooLarge { .. })),
        ("/cut", LIMITS, |error| matches!(error, FetchError::Transfer { .. })),
        ("/reset", LIMITS, |error| matches!(error, FetchError::Transfer { .. })),
        ("/mute", short, |error| matches!(error, FetchError::TimedOut { .. })),
        ("/slow", short, |error| matches!(error, FetchError::TimedOut { .. })),
        ("/loop", LIMITS, |error| matches!(error, FetchError::TooManyRedirects { .. })),
    ] {
        let error = guard.fetch(&server.url(path), limits).await.unwrap_err();
        assert!(is_named(&error), "{path}: {error:?}");
    }
}
