//! The verb against a scripted server: what clients get and how failures read (platforms.md 3.3, 5.2, 5.4).

use bytes::Bytes;
use footbridge_feeds::{Feeds, Settings};
use footbridge_host::{Call, JobId, Reply, SessionId, Stateless};
use footbridge_testkit::http::{Answer, Request, Server};
use serde_json::{Value, json};

const RSS: &[u8] = include_bytes!("fixtures/harbour.xml");

fn feeds(settings: &str) -> Feeds {
    let settings: Settings = serde_json::from_str(settings).expect("settings");
    Feeds::new(&settings).expect("a deadline")
}

fn open_feeds() -> Feeds {
    feeds(r#"{"allowPrivateAddresses":true,"connectTimeoutMs":20000}"#)
}

async fn fetch(feeds: &Feeds, url: &str, object: Value) -> Result<Value, String> {
    let activity = json!({"id": "req-1", "type": "fetch", "actor": {"id": url, "type": "feed"}, "object": object});
    let call = Call {
        job: JobId(0),
        verb: "fetch".into(),
        session: SessionId::from_random([0; 16]),
        activity: Bytes::from(activity.to_string()),
        credentials: None,
    };
    match feeds.perform(call).await {
        Ok(Reply::Activity(json)) => Ok(serde_json::from_slice(&json).expect("answers are JSON")),
        Ok(Reply::Unchanged) => panic!("a fetch has an answer of its own"),
        Err(failure) => Err(failure.to_string()),
    }
}

async fn failure(url: &str) -> String {
    fetch(&open_feeds(), url, json!({})).await.expect_err("it fails")
}

fn serve(body: &'static [u8]) -> impl Fn(&Request) -> Answer + Send + Sync + 'static {
    move |_| Answer::ok("application/xml", body)
}

// feeds 1, 2, 19
#[tokio::test]
async fn a_feed_is_fetched() {
    let server = Server::start(serve(RSS)).await;
    let url = server.url("/feed.xml");
    let answer = fetch(&open_feeds(), &url, json!({})).await.unwrap();
    assert_eq!((&answer["totalItems"], &answer["id"]), (&json!(20), &json!("req-1")));
    assert_eq!(answer["items"].as_array().map(Vec::len), Some(20));
    assert_eq!(answer["items"][0]["actor"]["id"], url);
}

// feeds 7, 10
#[tokio::test]
async fn filters_reach_the_feed() {
    let server = Server::start(serve(RSS)).await;
    let object = json!({"since": "2024-05-18T08:00:00Z", "limit": 2});
    let answer = fetch(&open_feeds(), &server.url("/"), object).await.unwrap();
    assert_eq!(answer["totalItems"], 2);
}

#[tokio::test]
async fn a_redirected_feed_keeps_the_name_it_was_asked_by() {
    let server = Server::start(|request| match request.path.as_str() {
        "/old" => Answer::redirect("/new/feed"),
        _ => Answer::ok("text/xml", "<rss><channel><item><link>a</link></item></channel></rss>"),
    })
    .await;
    let answer = fetch(&open_feeds(), &server.url("/old"), json!({})).await.unwrap();
    assert_eq!(answer["items"][0]["actor"]["id"], server.url("/old"));
    assert_eq!(answer["items"][0]["object"]["url"], server.url("/new/a"));
}

// feeds 25: the header's charset reaches the decoder
#[tokio::test]
async fn the_charset_of_the_header_counts() {
    let body: &[u8] = b"<rss><channel><title>\xe9</title><item/></channel></rss>";
    let server = Server::start(move |_| Answer::ok("text/xml; charset=iso-8859-5", body)).await;
    let answer = fetch(&open_feeds(), &server.url("/"), json!({})).await.unwrap();
    assert_eq!(answer["summary"], "щ");
}

// feeds 19
#[tokio::test]
async fn loopback_is_refused_by_default() {
    let server = Server::start(serve(RSS)).await;
    let default = feeds("{}");
    let error = fetch(&default, &server.url("/"), json!({})).await.unwrap_err();
    assert_eq!(error, "Error: blocked non-public address 127.0.0.1");
    let named = format!("http://localhost:{}/", server.address().port());
    let error = fetch(&default, &named, json!({})).await.unwrap_err();
    assert!(error.starts_with("Error: blocked non-public address "), "{error}");
    assert!(error.ends_with(" for localhost"), "{error}");
    assert_eq!(server.connections(), 0);
}

// feeds 18
#[tokio::test]
async fn a_status_is_named() {
    let server = Server::start(|_| Answer::status(404)).await;
    let url = server.url("/gone");
    assert_eq!(failure(&url).await, format!("Error: request failed: 404 Not Found for {url}"));
}

const PAGE: &str = "<!doctype html><title>Harbour</title><link rel=alternate type=application/atom+xml href=/gone title=Atom>\
                    <link rel=alternate type=application/rss+xml href=rss>";

#[tokio::test]
async fn a_page_is_answered_with_the_first_feed_that_it_names() {
    let server = Server::start(|request| match request.path.as_str() {
        "/news/" => Answer::ok("text/html", PAGE.replace("/gone", "../atom")),
        "/atom" => Answer::ok("text/xml", "<rss><channel><title>T</title><item><link>a</link></item></channel></rss>"),
        _ => Answer::status(404),
    })
    .await;
    let url = server.url("/news/");
    let answer = fetch(&open_feeds(), &url, json!({})).await.unwrap();
    assert_eq!((&answer["summary"], &answer["items"][0]["actor"]["id"]), (&json!("T"), &json!(url)));
    assert_eq!(answer["items"][0]["object"]["url"], server.url("/a"));
    let feeds = json!([
        {"url": server.url("/atom"), "title": "Atom", "mediaType": "application/atom+xml"},
        {"url": server.url("/news/rss"), "mediaType": "application/rss+xml"}
    ]);
    assert_eq!(answer["feeds"], feeds);
}

#[tokio::test]
async fn a_page_leads_one_step_and_no_further() {
    let server = Server::start(|request| match request.path.as_str() {
        "/gone" => Answer::ok("text/html", PAGE.replace("/gone", "/third")),
        "/lost" => Answer::ok("text/html", PAGE.replace("/gone", "/nowhere")),
        "/inside" => Answer::ok("text/html", PAGE.replace("/gone", "http://[::1]:1/")),
        "/nowhere" => Answer::status(404),
        _ => Answer::ok("text/html", PAGE),
    })
    .await;
    assert_eq!(failure(&server.url("/")).await, "Error: not a feed: the document's root element is <title>");
    assert!(server.requests().iter().all(|request| request.path != "/third"));
    let nowhere = server.url("/nowhere");
    let text = format!("Error: request failed: 404 Not Found for {nowhere}");
    assert_eq!(failure(&server.url("/lost")).await, text);
    let guarded = feeds(r#"{"allowPrivateAddresses":true,"egress":{"deny":["::1"]},"connectTimeoutMs":20000}"#);
    let error = fetch(&guarded, &server.url("/inside"), json!({})).await.unwrap_err();
    assert!(error.contains("::1") && !error.contains("not a feed"), "{error}");
}

#[tokio::test]
async fn sanitised_texts_come_when_asked_for() {
    let body = "<rss><channel><item><description>&lt;p onclick=x>&lt;a href='/b'>c&lt;/a></description></item></channel></rss>";
    let server = Server::start(serve(body.as_bytes())).await;
    let plain = fetch(&open_feeds(), &server.url("/"), json!({})).await.unwrap();
    assert!(plain["items"][0]["object"].get("sanitized").is_none());
    let answer = fetch(&open_feeds(), &server.url("/"), json!({"sanitize": true})).await.unwrap();
    let clean = format!("<p><a href=\"{}\" rel=\"noopener noreferrer nofollow\">c</a></p>", server.url("/b"));
    assert_eq!(answer["items"][0]["object"]["sanitized"], clean);
    assert_eq!(answer["items"][0]["object"]["content"], plain["items"][0]["object"]["content"]);
}

// feeds 24
#[tokio::test]
async fn what_is_no_feed_is_named() {
    for (body, text) in [
        ("<!doctype html><html><body>Hi", "Error: not a feed: the document's root element is <html>"),
        ("", "Error: not a feed: the document is empty"),
        ("<rss version='2.0'></rss>", "Error: Missing required <channel> element."),
        ("<rss>\n<channel><item>", "XmlError: the document ends inside <item> (line 2, column 16)"),
    ] {
        let server = Server::start(move |_| Answer::ok("text/html", body)).await;
        assert_eq!(failure(&server.url("/")).await, text);
    }
}

#[tokio::test]
async fn urls_that_nobody_should_fetch_are_named() {
    for (url, text) in [
        ("ftp://h.example/feed", "Error: unsupported scheme ftp: for ftp://h.example/feed"),
        ("http://ana:secret@bad host/", "Error: invalid URL: http://***@bad host/"),
        ("http://h.example:25/", "Error: bad port 25 for http://h.example:25/"),
    ] {
        assert_eq!(failure(url).await, text);
    }
}

#[tokio::test]
async fn a_document_too_large_is_named() {
    let server = Server::start(|_| Answer::gzip_bomb(6_000_000)).await;
    let url = server.url("/");
    assert_eq!(failure(&url).await, format!("Error: body larger than 5242880 bytes from {url}"));
}

// feeds 20
#[tokio::test]
async fn one_that_stalls_times_out_and_does_not_hold_up_others() {
    let server = Server::start(|request| match request.path.as_str() {
        "/stall" => Answer::ok("text/xml", RSS).stall_after(100),
        _ => Answer::ok("text/xml", RSS),
    })
    .await;
    let impatient = feeds(r#"{"allowPrivateAddresses":true,"connectTimeoutMs":300}"#);
    let patient = open_feeds();
    let (stalling, fine) = (server.url("/stall"), server.url("/"));
    let (stalled, other) = tokio::join!(fetch(&impatient, &stalling, json!({})), fetch(&patient, &fine, json!({})));
    assert_eq!(
        stalled.unwrap_err(),
        format!(
            "TimeoutError: The operation was aborted due to timeout: no complete answer from {stalling} within 300 ms"
        )
    );
    assert_eq!(other.unwrap()["totalItems"], 20);
}

#[tokio::test]
async fn an_unknown_verb_is_refused() {
    let call = Call {
        job: JobId(0),
        verb: "subscribe".into(),
        session: SessionId::from_random([0; 16]),
        activity: Bytes::from_static(b"{}"),
        credentials: None,
    };
    let error = feeds("{}").perform(call).await.unwrap_err();
    assert_eq!(error.to_string(), "platform method subscribe not available");
}

#[test]
fn a_deadline_of_no_time_is_refused() {
    let settings: Settings = serde_json::from_str(r#"{"connectTimeoutMs":0}"#).unwrap();
    let error = Feeds::new(&settings).err().expect("no time");
    assert_eq!(error.to_string(), "connectTimeoutMs: 0 is no time to wait");
}
