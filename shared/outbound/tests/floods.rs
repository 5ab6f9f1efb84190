//! Servers that speak HTTP/2 as nobody should, and bodies that are larger than they look: what comes of it, and what it
//! takes of this process, which is why it is a single test with a process of its own.

use footbridge_outbound::{FetchError, Guard, Limits, Policy};
use footbridge_testkit::certificate::Certificate;
use footbridge_testkit::http::{Answer, Flood, Server};
use futures_util::future::join_all;
use std::fs;
use std::time::Duration;

/// Memory that all of them may take together, in KiB, the servers' own included.
const MOST: u64 = 32 * 1024;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(2), max_body: 5 * 1024 * 1024 };

const FLOODS: [Flood; 9] = [
    Flood::Continuations,
    Flood::EmptyData,
    Flood::Headers,
    Flood::Interim,
    Flood::Pings,
    Flood::Resets,
    Flood::Settings,
    Flood::Silence,
    Flood::Windows,
];

/// What this process has taken at most so far, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line of it");
    line.trim().split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

/// Whether it is named as what it is: broken, or without an end.
fn is_named(flood: Flood, error: &FetchError) -> bool {
    match flood {
        Flood::Continuations | Flood::Headers | Flood::Resets => matches!(error, FetchError::Transfer { .. }),
        Flood::Silence | Flood::Windows => matches!(error, FetchError::TimedOut { .. }),
        _ => matches!(error, FetchError::Transfer { .. } | FetchError::TimedOut { .. }),
    }
}

/// Asks a server that answers with a flood, until its client has left it.
async fn suffer(guard: &Guard, certificate: &Certificate, flood: Flood) {
    let server = Server::start_flood(certificate, flood).await.expect("a good certificate");
    // One more than there are turns.
    let urls: Vec<_> = (0..7).map(|n| server.url(&format!("/{n}"))).collect();
    let results = join_all(urls.iter().map(|url| guard.fetch(url, LIMITS))).await;
    println!("{flood:?}: {}", results[0].as_ref().expect_err("a flood is no answer"));
    for error in results.into_iter().map(Result::unwrap_err) {
        assert!(is_named(flood, &error), "{flood:?}: {error:?}");
    }
    server.deserted().await;
}

// guard 10, weak spots (guard)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_flood_takes_more_than_its_time_and_a_little_memory() {
    let certificate = Certificate::for_names(&["DNS:localhost"]).unwrap();
    let pem = Certificate::text(&certificate.certificate()).unwrap();
    let guard = Guard::new(Policy { allow_private_addresses: true }).trusting(pem.as_bytes()).unwrap();
    let good = Server::start_secure(&certificate, &["h2"], |_| Answer::ok("text/plain", "hello")).await.unwrap();
    assert_eq!(guard.fetch(&good.url("/"), LIMITS).await.unwrap().body, "hello");
    let before = peak();
    join_all(FLOODS.map(|flood| suffer(&guard, &certificate, flood))).await;
    println!("{} KiB for floods", peak().saturating_sub(before));
    let bombs = |path: &str| match path {
        "/gzip" => Answer::gzip_bomb(16 << 20).endless(),
        "/brotli" => Answer::brotli_bomb(10 << 30),
        _ => Answer::zstd_bomb(10 << 30),
    };
    let server = Server::start_secure(&certificate, &["h2"], move |request| bombs(&request.path)).await.unwrap();
    for path in ["/gzip", "/brotli", "/zstd"] {
        let start = peak();
        let error = guard.fetch(&server.url(path), LIMITS).await.unwrap_err();
        println!("{path}: {} KiB, {error}", peak().saturating_sub(start));
        assert!(matches!(error, FetchError::BodyTooLarge { .. }), "{path}: {error:?}");
    }
    // A bystander notices nothing.
    assert_eq!(guard.fetch(&good.url("/"), LIMITS).await.unwrap().body, "hello");
    let after = peak();
    println!("{before} KiB before, {after} KiB at most");
    assert!(after.saturating_sub(before) <= MOST, "{before} KiB before, {after} KiB at most");
}
