//! What a feed costs one core: `cargo bench -p footbridge-feeds`.
//!
//! Milliseconds of processor time from body to answer for feeds of 200 entries: with descriptions, with descriptions and whole texts, a podcast;
//! then the same with sanitised texts. Last, a whole fetch of a feed that is kept.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use footbridge_feeds::{Feeds, Request, Settings, map};
use footbridge_host::{Call, JobId, SessionId, Stateless};
use footbridge_testkit::http::{Answer, Server};

const URL: &str = "https://harbour.example/rss.xml";
const ENTRIES: usize = 200;
/// How long each figure is measured.
const MEASURED: Duration = Duration::from_secs(2);

const PARAGRAPH: &str = "&lt;p&gt;Ships that come in at &lt;b&gt;high tide&lt;/b&gt; have to wait for the pilot &amp;amp; the lock. \
    &lt;a href=\"/pilots?day=1&amp;amp;all=1\" title=\"Who is on duty\"&gt;The list of pilots&lt;/a&gt; hangs in the office.&lt;/p&gt;";

/// What is in each entry besides title, link, date and description.
#[derive(Clone, Copy)]
enum Kind {
    Description,
    WholeText,
    Podcast,
}

fn feed(kind: Kind) -> Vec<u8> {
    let mut feed = String::from(
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/' \
         xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel>\
         <title>Harbour News</title><link>https://harbour.example/</link><description>Ships and tides</description>\
         <language>en</language><image><url>https://harbour.example/logo.png</url></image>",
    );
    for number in 0..ENTRIES {
        write!(
            feed,
            "<item><title>Tide table {number}</title><link>https://harbour.example/tides/{number}</link>\
             <guid isPermaLink='false'>tide-{number}</guid><pubDate>Mon, {:02} May 2024 08:00:00 GMT</pubDate>\
             <dc:creator>Ana Reyes</dc:creator><category>tides</category><category>sea</category>\
             <description>{PARAGRAPH}</description>",
            number % 28 + 1
        )
        .expect("memory");
        match kind {
            Kind::Description => {}
            Kind::WholeText => {
                let text = PARAGRAPH.repeat(8).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
                write!(feed, "<content:encoded><![CDATA[{text}]]></content:encoded>").expect("memory");
            }
            Kind::Podcast => write!(
                feed,
                "<enclosure url='https://harbour.example/{number}.mp3' type='audio/mpeg' length='123456'/>\
                 <itunes:duration>1:02:03</itunes:duration><itunes:episode>{number}</itunes:episode>\
                 <itunes:image href='https://harbour.example/{number}.jpg'/><itunes:explicit>no</itunes:explicit>"
            )
            .expect("memory"),
        }
        feed.push_str("</item>\n");
    }
    feed.push_str("</channel></rss>");
    feed.into_bytes()
}

fn milliseconds(name: &str, feed: &[u8], sanitize: bool) {
    let request = Request { sanitize, ..Request::for_url(URL) };
    let answer =
        || map(black_box(feed), Some("application/rss+xml"), URL, &request).expect("a feed").to_json().expect("small");
    let size = answer().len();
    let (start, before, mut rounds) = (Instant::now(), on_cpu(), 0_u32);
    while start.elapsed() < MEASURED {
        black_box(answer());
        rounds += 1;
    }
    let mean = (on_cpu() - before) / f64::from(rounds);
    println!("{name}: {mean:.3} ms for {} KB, answered with {} KB", feed.len() / 1000, size / 1000);
}

/// How long this thread has had a processor, in milliseconds: others on the machine do not count.
fn on_cpu() -> f64 {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    let nanoseconds: f64 = statistics.split(' ').next().and_then(|first| first.parse().ok()).expect("a number");
    nanoseconds / 1e6
}

async fn kept() {
    let feed = feed(Kind::Description);
    let server =
        Server::start(move |_| Answer::ok("text/xml", feed.clone()).header("cache-control", "max-age=60")).await;
    let settings: Settings = serde_json::from_str(r#"{"allowPrivateAddresses":true}"#).expect("settings");
    let feeds = Feeds::new(&settings).expect("settings that can be");
    let activity = format!(r#"{{"type":"fetch","actor":{{"id":"{}","type":"feed"}}}}"#, server.url("/"));
    let activity = Bytes::from(activity);
    let session = SessionId::from_random([0; 16]);
    let (start, before, mut rounds) = (Instant::now(), on_cpu(), 0_u32);
    while start.elapsed() < MEASURED {
        let call = Call { job: JobId(0), verb: "fetch".into(), session, activity: activity.clone(), credentials: None };
        black_box(feeds.perform(call).await).expect("an answer");
        rounds += 1;
    }
    let mean = (on_cpu() - before) / f64::from(rounds);
    println!("kept: {mean:.3} ms for a whole fetch");
    assert_eq!(server.requests().len(), 1);
}

fn main() {
    for (name, kind) in
        [("descriptions", Kind::Description), ("whole texts", Kind::WholeText), ("podcast", Kind::Podcast)]
    {
        let feed = feed(kind);
        milliseconds(name, &feed, false);
        milliseconds(&format!("{name}, sanitised"), &feed, true);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(kept());
}
