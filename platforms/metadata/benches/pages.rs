//! What a page costs one core: `cargo bench -p footbridge-metadata`.
//!
//! Milliseconds for a page of 500 KB that has said all in its head, for one that is read to its end because it has named no
//! picture, and for one of nothing but tags; then fetches a second of a page that is kept.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use footbridge_host::{Call, JobId, SessionId, Stateless};
use footbridge_metadata::{Metadata, Settings, read};
use footbridge_testkit::http::{Answer, Server};
use url::Url;

const SIZE: usize = 500_000;
const PARAGRAPH: &str = r#"<div class="text wide"><p id="p1">Ships that come in at high tide have to wait for the pilot &amp; the
    lock. <a href="/pilots?day=1" title="Who is on duty">The list of pilots</a> hangs in the office.</p>
    <ul class="list"><li>low water</li><li>high water</li></ul></div>"#;
const FULL: &str = r#"<meta property="og:image" content="https://h.example/t.png">"#;
const HEAD: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tide tables</title>
    <meta name="description" content="Today and tomorrow">"#;

/// How long each figure is measured.
const MEASURED: Duration = Duration::from_secs(2);

fn page(head: &str, filler: &str) -> Vec<u8> {
    let mut page = format!("{HEAD}{head}</head><body>");
    while page.len() < SIZE {
        page.push_str(filler);
    }
    page.into_bytes()
}

fn milliseconds(name: &str, page: &[u8]) {
    let url = Url::parse("https://h.example/").expect("a URL");
    let (start, mut rounds) = (Instant::now(), 0_u32);
    while start.elapsed() < MEASURED {
        black_box(read(black_box(page), Some("text/html"), &url));
        rounds += 1;
    }
    println!("{name}: {:.3} ms", start.elapsed().as_secs_f64() * 1000.0 / f64::from(rounds));
}

async fn kept() {
    let server =
        Server::start(|_| Answer::ok("text/html", page(FULL, PARAGRAPH)).header("cache-control", "max-age=60")).await;
    let settings: Settings = serde_json::from_str(r#"{"allowPrivateAddresses":true}"#).expect("settings");
    let metadata = Metadata::new(&settings).expect("settings that can be");
    let activity = format!(r#"{{"type":"fetch","actor":{{"id":"{}","type":"website"}}}}"#, server.url("/"));
    let activity = Bytes::from(activity);
    let session = SessionId::from_random([0; 16]);
    let (start, mut rounds) = (Instant::now(), 0_u32);
    while start.elapsed() < MEASURED {
        let call = Call { job: JobId(0), verb: "fetch".into(), session, activity: activity.clone(), credentials: None };
        black_box(metadata.perform(call).await).expect("an answer");
        rounds += 1;
    }
    println!("kept: {:.0} fetches a second", f64::from(rounds) / start.elapsed().as_secs_f64());
    assert_eq!(server.requests().len(), 1);
}

fn main() {
    milliseconds("all in the head", &page(FULL, PARAGRAPH));
    milliseconds("read to its end", &page("", PARAGRAPH));
    milliseconds("nothing but tags", &page("", "<b class=x><i></i></b><img src=/x.png>"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(kept());
}
