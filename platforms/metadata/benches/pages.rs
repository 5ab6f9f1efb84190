//! What a page takes of one core: `cargo bench -p footbridge-metadata`.
//!
//! Milliseconds for a page of 500 KB that has said all in its head (0.05), for one that is read to its end because it has
//! named no picture (0.5), and for pages that are full of one thing, in the hope of finding one that is dear (at most 2.4,
//! where 3 are allowed); then what a fetch of a page that is kept costs, its answer as JSON included (4 µs, where a
//! thousand a second are wanted).

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
const MEASURED: Duration = Duration::from_secs(1);

fn page(head: &str, filler: &str) -> Vec<u8> {
    let mut page = format!("{HEAD}{head}</head><body>");
    while page.len() < SIZE {
        page.push_str(filler);
    }
    page.into_bytes()
}

/// What a page may be full of, by name: before it, and again and again.
const FULL_OF: [(&str, &str, &str); 22] = [
    ("small tags", "", "<b class=x><i></i></b><img src=/x.png>"),
    ("smaller tags", "", "<b>"),
    ("attributes", "", "<b a=1 b='2' c=\"3\" d e f=g>"),
    ("comments", "", "<!---->"),
    ("angles", "", "<"),
    ("scripts", "", "<script></b></script>"),
    ("pictures", "", "<img src=https://h.example/a/b/c.png width=3>"),
    ("metas", "", "<meta name=a content=b>"),
    ("images", "", "<meta property=og:image content=/a.png>"),
    ("metas, then pictures", "<meta name=a content=b>", "<img src=http://h.example/a.png>"),
    ("metas, then bodies", "<meta name=a content=b>", "<body>"),
    ("links", "", "<link rel=icon href=/a>"),
    ("titles", "", "<title></title>"),
    ("references", "<title>", "&amp;"),
    ("drawings", "", "<svg><title>x</title></svg>"),
    ("headings", "", "<h1 class=title><a>x</a></h1>"),
    ("parts", "", "<b class=post-title></b>"),
    ("mentions", "<!--post-title id=description-->", "<b class=x><i></i></b>"),
    ("data, blocks of it", "", r#"<script type="application/ld+json">{"@type":"x"}</script>"#),
    ("data, lists in it", r#"<script type="application/ld+json">["#, "[],"),
    ("data, objects in it", r#"<script type="application/ld+json">["#, r#"{"@type":"Article","a":1},"#),
    ("letters of no known encoding", "", "\u{fffd}"),
];

/// A page that is full of one thing, which is written in an encoding that it does not name where that is how to read it.
fn full_of(before: &str, thing: &str) -> Vec<u8> {
    // A thousand of what comes before: as many as are looked at.
    let mut page = if before.starts_with("<meta") { before.repeat(1000) } else { before.to_owned() }.into_bytes();
    let thing = if thing == "\u{fffd}" { &b"<p>\xcf\xf0\xe8\xeb\xe8\xe2 \xe8</p>"[..] } else { thing.as_bytes() };
    while page.len() < SIZE {
        page.extend_from_slice(thing);
    }
    // Data that ends well is read with care.
    if before.contains("ld+json") {
        page.truncate(200_000 / thing.len() * thing.len() + before.len());
        page.extend_from_slice(b"1]</script>");
    }
    page
}

/// Seconds for which this thread had a core: others may be busy on the machine.
fn had() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds: f64 = told.split(' ').next().and_then(|text| text.parse().ok()).expect("a number");
    nanoseconds / 1e9
}

fn milliseconds(name: &str, page: &[u8]) {
    let url = Url::parse("https://h.example/").expect("a URL");
    let (start, before, mut rounds) = (Instant::now(), had(), 0_u32);
    while start.elapsed() < MEASURED {
        black_box(read(black_box(page), Some("text/html"), &url));
        rounds += 1;
    }
    println!("{name}: {:.3} ms", (had() - before) * 1000.0 / f64::from(rounds));
}

async fn kept() {
    let server =
        Server::start(|_| Answer::ok("text/html", page(FULL, PARAGRAPH)).header("cache-control", "max-age=60")).await;
    let settings: Settings = serde_json::from_str(r#"{"allowPrivateAddresses":true}"#).expect("settings");
    let metadata = Metadata::new(&settings).expect("settings that can be");
    let activity = format!(r#"{{"type":"fetch","actor":{{"id":"{}","type":"website"}}}}"#, server.url("/"));
    let activity = Bytes::from(activity);
    let session = SessionId::from_random([0; 16]);
    let (start, before, mut rounds) = (Instant::now(), had(), 0_u32);
    while start.elapsed() < MEASURED {
        let call = Call { job: JobId(0), verb: "fetch".into(), session, activity: activity.clone(), credentials: None };
        black_box(metadata.perform(call).await).expect("an answer");
        rounds += 1;
    }
    let each = (had() - before) / f64::from(rounds);
    println!("kept: {:.1} µs a fetch, {:.0} fetches a second", each * 1e6, 1.0 / each);
    assert_eq!(server.requests().len(), 1);
}

fn main() {
    milliseconds("all in the head", &page(FULL, PARAGRAPH));
    milliseconds("read to its end", &page("", PARAGRAPH));
    for (name, before, thing) in FULL_OF {
        milliseconds(&format!("full of {name}"), &full_of(before, thing));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(kept());
}
