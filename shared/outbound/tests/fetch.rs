//! Fetches against a scripted server on loopback (checks "guard" of platforms.md 3).

use footbridge_outbound::{FetchError, Guard, Limits, Policy, Resolve, Resolving};
use footbridge_testkit::http::{Answer, Server};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(20), max_body: 5 * 1024 * 1024 };
/// For peers that never finish: whatever the machine's speed, they do not finish within it.
const SHORT: Limits = Limits { deadline: Duration::from_millis(150), ..LIMITS };

fn open_guard() -> Guard {
    Guard::new(Policy { allow_private_addresses: true })
}

/// A name server under a test's control: each question takes the next answer, the last one repeats.
struct Names {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Names {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|text| text.parse().expect("an address")).collect();
        Arc::new(Names { answers: answers.iter().map(parse).collect(), asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Names {
    fn resolve(&self, _host: &str) -> Resolving {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let answer = self.answers[turn].clone();
        Box::pin(async move { if answer.is_empty() { Err(io::Error::other("NXDOMAIN")) } else { Ok(answer) } })
    }
}

#[tokio::test]
async fn fetches_a_page() {
    let server = Server::start(|_| Answer::ok("text/plain; charset=utf-8", "hello")).await;
    let page = open_guard().fetch(&server.url("/a?b=c"), LIMITS).await.unwrap();
    assert_eq!(&page.body[..], b"hello");
    assert_eq!(page.content_type.as_deref(), Some("text/plain; charset=utf-8"));
    assert_eq!(page.final_url.as_str(), server.url("/a?b=c"));
    let request = &server.requests()[0];
    assert_eq!(request.path, "/a?b=c");
    assert!(request.headers["user-agent"].starts_with("Footbridge/"));
}

// guard 1, feeds 19: refused before anything is sent
#[tokio::test]
async fn loopback_is_refused_by_default() {
    let server = Server::start(|_| Answer::ok("text/plain", "secret")).await;
    let error = Guard::new(Policy::default()).fetch(&server.url("/"), LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), "blocked non-public address 127.0.0.1");
    assert_eq!(server.connections(), 0);
}

// guard 6
#[tokio::test]
async fn a_name_with_one_private_address_is_refused() {
    let server = Server::start(|_| Answer::ok("text/plain", "secret")).await;
    let names = Names::new(&[&["8.8.8.8", "127.0.0.1"]]);
    let url = format!("http://h.example:{}/", server.address().port());
    let error = Guard::with_resolver(Policy::default(), names).fetch(&url, LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), "blocked non-public address 127.0.0.1 for h.example");
    assert_eq!(server.connections(), 0);
}

// guard 7: one question per connection, and its answer is what is dialled
#[tokio::test]
async fn a_name_is_asked_for_once() {
    let server = Server::start(|_| Answer::ok("text/plain", "first")).await;
    // A second look would find an address where nobody listens.
    let names = Names::new(&[&["127.0.0.1"], &["127.99.99.99"]]);
    let guard = Guard::with_resolver(Policy { allow_private_addresses: true }, Arc::clone(&names) as Arc<dyn Resolve>);
    let url = format!("http://rebind.example:{}/", server.address().port());
    let page = guard.fetch(&url, LIMITS).await.unwrap();
    assert_eq!(&page.body[..], b"first");
    assert_eq!(names.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_unknown_name_is_named() {
    let guard = Guard::with_resolver(Policy::default(), Names::new(&[&[]]));
    let error = guard.fetch("http://ana:secret@nowhere.example/", LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), "could not resolve nowhere.example");
}

// guard 8, 11: every hop passes the same gate as the first request; that the gate refuses private addresses is shown in
// `target`, since here the first hop is a private address itself
#[tokio::test]
async fn redirects_are_judged_hop_by_hop() {
    for (location, text) in [
        ("ftp://h.example/x", "unsupported scheme ftp: for ftp://h.example/x"),
        ("http://h.example:25/", "bad port 25 for http://h.example:25/"),
        ("http://ana:secret@[bad/", "invalid URL: http://***@[bad/"),
    ] {
        let server = Server::start(move |_| Answer::redirect(location)).await;
        let error = open_guard().fetch(&server.url("/"), LIMITS).await.unwrap_err();
        assert_eq!(error.to_string(), text);
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn redirects_are_followed_to_their_end() {
    let server = Server::start(|request| match request.path.as_str() {
        "/old" => Answer::redirect("moved/again?x"),
        "/moved/again?x" => Answer::redirect("/new"),
        _ => Answer::ok("text/plain", "there"),
    })
    .await;
    let url = server.url("/old").replace("//", "//ana:secret@");
    let page = open_guard().fetch(&url, LIMITS).await.unwrap();
    assert_eq!(page.final_url.as_str(), server.url("/new"));
    assert_eq!(server.requests().len(), 3);
}

// guard 15
#[tokio::test]
async fn redirect_number_21_fails() {
    let server = Server::start(|request| match request.path.trim_start_matches('/').parse::<u32>() {
        Ok(0) | Err(_) => Answer::ok("text/plain", "end"),
        Ok(left) => Answer::redirect(&format!("/{}", left - 1)),
    })
    .await;
    assert!(open_guard().fetch(&server.url("/20"), LIMITS).await.is_ok());
    let error = open_guard().fetch(&server.url("/21"), LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), format!("more than 20 redirects from {}", server.url("/21")));
}

// guard 9, feeds 18
#[tokio::test]
async fn a_status_is_named_without_the_password() {
    let server = Server::start(|_| Answer::status(404)).await;
    let url = server.url("/gone").replace("//", "//ana:secret@");
    let error = open_guard().fetch(&url, LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), format!("request failed: 404 Not Found for {}", server.url("/gone")));
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_an_answer() {
    let server = Server::start(|_| Answer::status(302)).await;
    let error = open_guard().fetch(&server.url("/"), LIMITS).await.unwrap_err();
    assert!(error.to_string().starts_with("request failed: 302 Found for "), "{error}");
}

// guard 10
#[tokio::test]
async fn a_body_without_a_length_is_cut_off_at_the_cap() {
    let chunked = |size| move |_: &_| Answer::ok("text/plain", vec![b'x'; size]).chunked();
    let server = Server::start(chunked(6 * 1024 * 1024)).await;
    let error = open_guard().fetch(&server.url("/"), LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), format!("body larger than 5242880 bytes from {}", server.url("/")));

    let server = Server::start(chunked(LIMITS.max_body)).await;
    assert_eq!(open_guard().fetch(&server.url("/"), LIMITS).await.unwrap().body.len(), LIMITS.max_body);
}

#[tokio::test]
async fn a_body_announced_too_large_is_not_read() {
    let server = Server::start(|_| Answer::ok("text/plain", vec![b'x'; 5_242_881]).stall_after(10)).await;
    let error = open_guard().fetch(&server.url("/"), LIMITS).await.unwrap_err();
    assert!(matches!(error, FetchError::BodyTooLarge { cap: 5_242_880, .. }), "{error}");
}

#[tokio::test]
async fn an_endless_body_is_cut_off_at_the_cap() {
    let server = Server::start(|_| Answer::ok("text/plain", vec![b'x'; 64 * 1024]).endless()).await;
    let error = open_guard().fetch(&server.url("/"), LIMITS).await.unwrap_err();
    assert!(matches!(error, FetchError::BodyTooLarge { .. }), "{error}");
}

// weak spots (guard): the cap counts what comes out of decompression
#[tokio::test]
async fn a_small_gzip_bomb_is_cut_off_at_the_cap() {
    let server = Server::start(|request| Answer::gzip_bomb(request.path[1..].parse().unwrap())).await;
    let error = open_guard().fetch(&server.url("/50000000"), LIMITS).await.unwrap_err();
    assert!(matches!(error, FetchError::BodyTooLarge { cap: 5_242_880, .. }), "{error}");

    let page = open_guard().fetch(&server.url("/100000"), LIMITS).await.unwrap();
    assert_eq!(page.body, vec![b'a'; 100_000]);
}

#[tokio::test]
async fn a_zstd_bomb_of_ten_gigabytes_is_cut_off_at_the_cap() {
    let server = Server::start(|request| Answer::zstd_bomb(request.path[1..].parse().unwrap())).await;
    let error = open_guard().fetch(&server.url("/10737418240"), LIMITS).await.unwrap_err();
    assert!(matches!(error, FetchError::BodyTooLarge { cap: 5_242_880, .. }), "{error}");

    let page = open_guard().fetch(&server.url("/131072"), LIMITS).await.unwrap();
    assert_eq!(page.body, vec![b'a'; 131_072]);
}

#[tokio::test]
async fn a_brotli_bomb_of_ten_gigabytes_is_cut_off_at_the_cap() {
    let server = Server::start(|request| Answer::brotli_bomb(request.path[1..].parse().unwrap())).await;
    let error = open_guard().fetch(&server.url("/10737418240"), LIMITS).await.unwrap_err();
    assert!(matches!(error, FetchError::BodyTooLarge { cap: 5_242_880, .. }), "{error}");

    let roomy = Limits { max_body: 1 << 24, ..LIMITS };
    let page = open_guard().fetch(&server.url("/1"), roomy).await.unwrap();
    assert!(page.body.len() == 1 << 24 && page.body.iter().all(|byte| *byte == b'a'));
}

// feeds 20: the deadline covers the body too
#[tokio::test]
async fn silence_at_any_point_ends_at_the_deadline() {
    let body = || Answer::ok("text/plain", "ten bytes!");
    for answer in [
        Answer::mute(),
        body().stall_after(0),
        body().stall_after(4),
        body().trickle(Duration::from_hours(1)),
        Answer::redirect("/again").stall_after(0),
    ] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/again" => Answer::mute(),
            _ => answer.clone(),
        })
        .await;
        let url = server.url("/").replace("//", "//ana:secret@");
        let error = open_guard().fetch(&url, SHORT).await.unwrap_err();
        assert_eq!(error.to_string(), format!("no complete answer from {} within 150 ms", server.url("/")));
    }
}

#[tokio::test]
async fn a_refused_connection_says_so() {
    // Bound and let go again: nobody listens there.
    let host = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = open_guard().fetch(&format!("http://{host}/"), LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), format!("could not connect to {host}: connection refused"));
}

#[tokio::test]
async fn a_tls_failure_says_what_is_wrong() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap();
    let greet = async {
        let (mut peer, _) = listener.accept().await.unwrap();
        peer.write_all(b"220 mail.example ESMTP ready\r\n").await.unwrap();
        // Open until the client has made up its mind.
        let _ = peer.read_to_end(&mut Vec::new()).await;
    };
    let (guard, url) = (open_guard(), format!("https://{host}/"));
    let (result, ()) = tokio::join!(guard.fetch(&url, LIMITS), greet);
    let error = result.unwrap_err();
    assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
    let start = format!("no secure connection to {host}: ");
    assert!(error.to_string().starts_with(&start), "{error}");
}

#[tokio::test]
async fn a_broken_transfer_says_where() {
    for answer in [Answer::ok("text/plain", "ten bytes!").cut_after(4), Answer::raw("SSH-2.0-x\r\n")] {
        let server = Server::start(move |_| answer.clone()).await;
        let error = open_guard().fetch(&server.url("/"), LIMITS).await.unwrap_err();
        assert!(matches!(error, FetchError::Transfer { .. }), "{error:?}");
        assert!(error.to_string().starts_with(&format!("transfer from {} failed: ", server.url("/"))), "{error}");
    }
}

#[tokio::test]
async fn a_form_is_handed_in() {
    let server = Server::start(|_| Answer::status(202)).await;
    let fields = [("hub.mode", "subscribe"), ("hub.topic", "http://h.example/?a=b&c d")];
    let status = open_guard().post_form(&server.url("/hub"), &fields, LIMITS).await.unwrap();
    assert_eq!(status.as_u16(), 202);
    let request = &server.requests()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/hub"));
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    assert!(request.headers["user-agent"].starts_with("Footbridge/"));
    assert_eq!(request.body, "hub.mode=subscribe&hub.topic=http%3A%2F%2Fh.example%2F%3Fa%3Db%26c+d");
}

// guard 1, 9, 15
#[tokio::test]
async fn a_form_goes_nowhere_a_fetch_would_not_go_and_to_no_second_place() {
    let server = Server::start(|request| match request.path.as_str() {
        "/moved" => Answer::redirect("/here"),
        _ => Answer::status(404),
    })
    .await;
    let error = Guard::new(Policy::default()).post_form(&server.url("/"), &[], LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), "blocked non-public address 127.0.0.1");
    let error = open_guard().post_form("ftp://h.example/", &[], LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), "unsupported scheme ftp: for ftp://h.example/");
    assert_eq!(server.connections(), 0);
    let url = server.url("/moved");
    let error = open_guard().post_form(&url, &[], LIMITS).await.unwrap_err();
    assert_eq!(error.to_string(), format!("request failed: 302 Found for {url}"));
    let paths: Vec<_> = server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/moved"]);
}

#[tokio::test]
async fn a_form_that_nobody_takes_times_out() {
    let server = Server::start(|_| Answer::mute()).await;
    let error = open_guard().post_form(&server.url("/"), &[], SHORT).await.unwrap_err();
    assert!(matches!(error, FetchError::TimedOut { .. }), "{error}");
}
