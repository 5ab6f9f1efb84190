//! Servers and documents that mean harm, against the worker's binary: each is answered or fails by name, within 32 MiB, and
//! disturbs nobody.

use footbridge_testkit::http::{Answer, Request, Server};
use footbridge_testkit::worker::ProcessWorker;
use footbridge_wire::{FromWorker, JobId, Outcome};
use std::collections::HashMap;
use std::fs;
use std::time::Duration;

/// What the whole worker may take at most, in KiB.
const ROOM: u64 = 32 * 1024;

const PATIENT: &str = r#"{"allowPrivateAddresses":true,"connectTimeoutMs":20000}"#;
const IMPATIENT: &str = r#"{"allowPrivateAddresses":true,"connectTimeoutMs":3000}"#;
const FEED: &str = "<rss><channel><title>Harbour</title><item/></channel></rss>";

/// Fills the largest document there may be with a piece, between a head and a tail.
fn filled(head: &str, piece: impl Fn(usize) -> String, tail: &str) -> Vec<u8> {
    let mut document = head.to_owned();
    for number in 0.. {
        let piece = piece(number);
        if document.len() + piece.len() + tail.len() > 5 * 1024 * 1024 {
            break;
        }
        document.push_str(&piece);
    }
    document.push_str(tail);
    document.into_bytes()
}

fn item(description: &str) -> Vec<u8> {
    let description = description.replace('&', "&amp;").replace('<', "&lt;");
    format!("<rss><channel><item><description>{description}</description></item></channel></rss>").into_bytes()
}

/// A feed with a description of its own, which every post repeats.
fn repeated(entries: usize, own: usize, each: usize) -> Vec<u8> {
    let entry = format!("<item><description>&lt;p>{}</description></item>", "y".repeat(each));
    let entries = entry.repeat(entries);
    format!("<rss><channel><description>{}</description>{entries}</channel></rss>", "x".repeat(own)).into_bytes()
}

fn harm(request: &Request) -> Answer {
    let xml = |body: Vec<u8>| Answer::ok("text/xml", body);
    let items =
        |piece: &'static str| xml(filled("<rss><channel>", |n| piece.replace('#', &n.to_string()), "</channel></rss>"));
    match request.path.as_str() {
        "/gzip" => Answer::gzip_bomb(16 << 20).endless(),
        "/zstd" => Answer::zstd_bomb(10 << 30),
        "/slow" => Answer::ok("text/xml", FEED).trickle(Duration::from_secs(1)),
        "/loop" => Answer::redirect("/loop"),
        "/endless" => Answer::ok("text/xml", vec![b'<'; 64 * 1024]).endless(),
        "/many" => xml(format!(
            "<rss><channel>{}</channel></rss>",
            "<item><title>t</title><link>/l</link></item>".repeat(100_000)
        )
        .into()),
        "/empty" => items("<item/>"),
        "/tagged" => items("<item><category>#</category><enclosure url='#'/></item>"),
        "/long" => items(
            "<item><title>#</title><description>Ships that come in at high tide have to wait for the pilot and the \
                          lock, which opens when the water has risen far enough for those that lie deep</description></item>",
        ),
        "/repeated" => xml(repeated(80, 100_000, 0)),
        "/wide" => xml(repeated(10_000, 900, 450)),
        "/wider" => xml(repeated(2_000, 1_000, 2_500)),
        "/one" => xml(item(&"x".repeat(5_000_000))),
        "/deep" => xml(filled("<rss><channel><item><description>", |_| "<a>".into(), "")),
        "/entities" => xml(filled(
            "<!DOCTYPE rss [<!ENTITY e0 'ha'>",
            |n| format!("<!ENTITY e{} '&e{n};&e{n};'>", n + 1),
            "]><rss/>",
        )),
        "/json" => {
            xml(filled("{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{}", |_| ",{}".into(), "]}"))
        }
        "/links" => Answer::ok(
            "text/html",
            filled("", |n| format!("<link rel=alternate type=application/rss+xml href={n}>"), ""),
        ),
        "/divs" => xml(item(&"<div>".repeat(500_000))),
        "/amps" => xml(filled(
            "<rss><channel>",
            |_| format!("<item><description>&lt;p>{}</description></item>", "&amp;".repeat(50_000)),
            "</channel></rss>",
        )),
        "/bold" => xml(item(&format!("<p>{}{}", "<b a=1>".repeat(400), "</p><p>x".repeat(50_000)))),
        "/spans" => xml(item(&"<b>x</b>".repeat(19_000 / 2))),
        "/texts" => {
            let div = format!("{}{}", "&lt;div>".repeat(500), "&lt;/div>".repeat(500));
            xml(filled(
                "<rss><channel>",
                |_| format!("<item><description>{div}</description></item>"),
                "</channel></rss>",
            ))
        }
        _ => Answer::ok("text/xml", FEED),
    }
}

/// What a process takes, in KiB: `VmRSS` now, `VmHWM` at most so far.
fn size(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("a size");
    line.trim().split(' ').next().and_then(|size| size.parse().ok()).expect("a number")
}

fn activity(url: &str, sanitize: bool) -> String {
    format!(r#"{{"type":"fetch","actor":{{"id":"{url}","type":"feed"}},"object":{{"sanitize":{sanitize}}}}}"#)
}

fn said(outcome: Outcome) -> String {
    match outcome {
        Outcome::Activity(json) => format!("{} bytes", json.len()),
        Outcome::Failed(error) => error,
        Outcome::Unchanged => "unchanged".into(),
    }
}

/// What a worker of its own says of a document, and how much more it took at most than at rest, in KiB.
fn alone(url: &str, sanitize: bool) -> (String, u64) {
    let mut worker =
        ProcessWorker::spawn(env!("CARGO_BIN_EXE_footbridge-feeds")).expect("it is built").greeted(PATIENT);
    let before = size(worker.pid(), "VmRSS");
    let outcome = worker.call("fetch", activity(url, sanitize));
    let grown = size(worker.pid(), "VmHWM") - before;
    worker.abandon().expect("it ends");
    (said(outcome), grown)
}

// feeds 24, guard 10
#[tokio::test]
async fn documents_that_mean_harm_take_little() {
    let server = Server::start(harm).await;
    for (path, sanitize, text) in [
        ("/many", false, " bytes"),
        ("/empty", false, " bytes"),
        ("/tagged", false, ""),
        ("/long", false, ""),
        ("/repeated", false, " bytes"),
        ("/wide", false, "Error: answer larger than 8388608 bytes for 10000 entries"),
        ("/wider", false, " bytes"),
        ("/wider", true, "Error: answer larger than 8388608 bytes for 2000 entries"),
        ("/one", false, " bytes"),
        ("/one", true, " bytes"),
        ("/deep", false, "XmlError: elements are nested more than 65536 deep"),
        ("/entities", false, "Error: Missing required <channel> element."),
        ("/json", false, " bytes"),
        ("/links", false, " bytes"),
        ("/divs", true, " bytes"),
        ("/amps", true, " bytes"),
        ("/bold", true, " bytes"),
        ("/spans", true, " bytes"),
        ("/texts", true, ""),
    ] {
        let url = server.url(path);
        let (said, grown) = tokio::task::spawn_blocking(move || alone(&url, sanitize)).await.expect("it is asked");
        println!("{path} {sanitize}: {grown} KiB, {said:.100}");
        assert!(said.contains(text), "{path}: {said}");
        assert!(grown <= ROOM, "{path}: {grown} KiB");
    }
}

// feeds 20, guard 10, 15
#[tokio::test]
async fn servers_that_mean_harm_fail_by_name_and_disturb_nobody() {
    let server = Server::start(harm).await;
    let url = |path: &str| server.url(path);
    let in_time = |path: &str| {
        format!(
            "TimeoutError: The operation was aborted due to timeout: no complete answer from {} within 3000 ms",
            url(path)
        )
    };
    let too_large = |path: &str| format!("Error: body larger than 5242880 bytes from {}", url(path));
    let failures = [
        ("/gzip", too_large("/gzip")),
        ("/zstd", too_large("/zstd")),
        ("/endless", too_large("/endless")),
        ("/loop", format!("Error: more than 20 redirects from {}", url("/loop"))),
        ("/slow", in_time("/slow")),
    ];
    let urls: Vec<_> = failures.iter().map(|(path, _)| url(path)).collect();
    let bystander = url("/");
    let (said, before, after) = tokio::task::spawn_blocking(move || {
        let mut worker =
            ProcessWorker::spawn(env!("CARGO_BIN_EXE_footbridge-feeds")).expect("it is built").greeted(IMPATIENT);
        let before = size(worker.pid(), "VmRSS");
        let mut jobs: Vec<_> = urls.iter().map(|url| worker.job("fetch", activity(url, false), None)).collect();
        jobs.extend((0..100).map(|_| worker.job("fetch", activity(&bystander, true), None)));
        worker.tell_all(&jobs);
        let mut answers = HashMap::new();
        while answers.len() < jobs.len() {
            match worker.hear() {
                Some(FromWorker::Done(JobId(id), outcome)) => answers.insert(id, said(outcome)),
                other => panic!("no outcome: {other:?}"),
            };
        }
        let said: Vec<_> = (1..=jobs.len() as u128).map(|id| answers.remove(&id).expect("each is answered")).collect();
        let after = size(worker.pid(), "VmHWM");
        worker.abandon().expect("it ends");
        (said, before, after)
    })
    .await
    .expect("it is asked");
    for ((_, failure), said) in failures.iter().zip(&said) {
        assert_eq!(said, failure);
    }
    assert!(said[failures.len()..].iter().all(|said| said.ends_with(" bytes")));
    println!("{before} KiB before, {after} KiB at most");
    assert!(after - before <= ROOM, "{before} KiB before, {after} KiB at most");
}
