//! The verb against a scripted server: what clients get and how failures read (platforms.md 6).

mod common;

use common::{fetch, metadata, open, perform};
use footbridge_testkit::http::{Answer, Request, Server};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

const PAGE: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Harbour: tide tables</title>
<meta property="og:title" content="Tide tables"><meta property="og:site_name" content="Harbour">
<meta property="og:description" content="Today and tomorrow"><meta property="og:url" content="https://h.example/tides">
<meta property="og:image" content="https://h.example/t.png"><meta property="og:image:width" content="1200">
<meta property="og:image:height" content="630"><meta property="og:image:alt" content="Chart">
</head><body>x</body></html>"#;

async fn serve(page: &'static str) -> Server {
    Server::start(move |_| Answer::ok("text/html", page)).await
}

async fn failure(answer: Answer) -> String {
    let server = Server::start(move |_| answer.clone()).await;
    fetch(&open(""), &server.url("/")).await.expect_err("it fails")
}

// metadata 1, 2, 8
#[tokio::test]
async fn a_page_is_told_as_the_contract_says() {
    let server = serve(PAGE).await;
    let request =
        json!({"@context": ["x"], "id": "7", "type": "fetch", "actor": {"id": server.url("/"), "type": "website"}});
    let answer = perform(&open(""), &request).await.unwrap();
    assert_eq!(
        answer,
        json!({
            "@context": ["x"], "id": "7", "type": "fetch",
            "actor": {"id": "https://h.example/tides", "type": "website", "name": "Harbour"},
            "object": {
                "type": "page", "language": "en", "title": "Tide tables", "name": "Harbour",
                "description": "Today and tomorrow", "url": "https://h.example/tides", "favicon": "/favicon.ico",
                "charset": "utf-8",
                "image": [{"url": "https://h.example/t.png", "type": "png", "width": "1200", "height": "630", "alt": "Chart"}],
            }
        })
    );
}

// metadata 4, 7
#[tokio::test]
async fn a_page_that_says_little_keeps_the_name_it_was_given() {
    let server = serve("<title>Tide</title>").await;
    let url = server.url("/");
    let answer = fetch(&open(""), &url).await.unwrap();
    assert_eq!(answer["actor"], json!({"id": url, "type": "website", "name": "given"}));
    let page =
        json!({"type": "page", "title": "Tide", "description": "", "favicon": "/favicon.ico", "charset": "utf-8"});
    assert_eq!(answer["object"], page);
}

// metadata 6
#[tokio::test]
async fn a_canonical_address_becomes_the_actors() {
    let server = serve("<link rel=canonical href=/real><link rel=icon href=https://h.example/i.png>").await;
    let answer = fetch(&open(""), &server.url("/x?y")).await.unwrap();
    assert_eq!(answer["actor"]["id"], server.url("/real"));
    assert_eq!(answer["object"]["favicon"], "https://h.example/i.png");
}

// metadata 13, 14: no request is made
#[tokio::test]
async fn what_is_no_page_is_not_asked_for() {
    let server = serve(PAGE).await;
    let metadata = open("");
    for (url, text) in [
        (server.url("/tides.pdf"), "Error: Must scrape an HTML page"),
        (server.url("/TIDES.PDF?x"), "Error: Must scrape an HTML page"),
        ("ftp://h.example/".to_owned(), "Error: Invalid URL"),
        ("mailto:ana@h.example".to_owned(), "Error: Invalid URL"),
        ("http://a b/".to_owned(), "Error: Invalid URL"),
        ("http://h.example:25/".to_owned(), "Error: bad port"),
    ] {
        assert_eq!(fetch(&metadata, &url).await.unwrap_err(), text, "{url}");
    }
    assert_eq!(server.connections(), 0);
}

// metadata 11, 12
#[tokio::test]
async fn answers_that_are_no_pages_are_named() {
    let html = |status| Answer::status(status).header("content-type", "text/html");
    assert_eq!(failure(html(404)).await, "Error: 404 Not Found");
    assert_eq!(failure(Answer::status(403)).await, "Error: 403 Forbidden");
    assert_eq!(failure(html(418)).await, "Error: Server has returned a 400/500 error code");
    let foreign = "Error: Page must return a header content-type with text/";
    assert_eq!(failure(Answer::ok("application/json", "{}")).await, foreign);
    assert_eq!(failure(Answer::status(404).header("content-type", "application/json")).await, foreign);
    assert_eq!(failure(Answer::ok("text/html", "")).await, "Error: Page not found");
    assert_eq!(failure(Answer::redirect("/")).await, "Error: redirect count exceeded");
    let busy = html(429).header("retry-after", "60");
    assert_eq!(failure(busy).await, "Error: 429 Too Many Requests");
}

// metadata 18, guard 10
#[tokio::test]
async fn answers_without_an_end_are_named() {
    let endless = Answer::ok("text/html", vec![b'x'; 64 * 1024]).endless();
    assert_eq!(failure(endless).await, "Error: terminated");
    assert_eq!(failure(Answer::mute()).await, "Error: The operation was aborted due to timeout");
}

#[tokio::test]
async fn nobody_there_is_named() {
    let host = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = fetch(&open(""), &format!("http://{host}/")).await.unwrap_err();
    assert!(error.contains("connection refused"), "{error}");
}

// metadata 15, 16, 28
#[tokio::test]
async fn private_addresses_are_refused_by_default() {
    let server = serve(PAGE).await;
    let shut = metadata("{}", "");
    assert_eq!(fetch(&shut, &server.url("/")).await.unwrap_err(), "Error: blocked non-public address 127.0.0.1");
    let named = server.url("/").replace("127.0.0.1", "h.example");
    assert_eq!(fetch(&shut, &named).await.unwrap_err(), "Error: blocked non-public address 127.0.0.1 for h.example");
    assert_eq!(server.connections(), 0);
    let local = server.url("/").replace("127.0.0.1", "localhost");
    assert_eq!(fetch(&open(""), &local).await.unwrap()["object"]["title"], "Tide tables");
}

// metadata 17
#[tokio::test]
async fn a_failure_does_not_poison_the_next_request() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::status(500),
        _ => Answer::ok("text/html", PAGE),
    })
    .await;
    let metadata = open("");
    assert_eq!(fetch(&metadata, &server.url("/")).await.unwrap_err(), "Error: 500 Internal Server Error");
    assert_eq!(fetch(&metadata, &server.url("/")).await.unwrap()["object"]["title"], "Tide tables");
}

// metadata 19
#[tokio::test]
async fn requests_say_who_asks() {
    let server = serve(PAGE).await;
    fetch(&open(""), &server.url("/a")).await.unwrap();
    fetch(&metadata(r#"{"allowPrivateAddresses":true,"userAgent":"Ours/1"}"#, ""), &server.url("/b")).await.unwrap();
    let requests = server.requests();
    let name = &requests[0].headers["user-agent"];
    assert!(name.contains("SockethubBot/") && name.contains("+https://sockethub.org"), "{name}");
    assert_eq!(
        (&requests[0].headers["accept"], &requests[0].headers["origin"]),
        (&"text/html".into(), &server.url("/a"))
    );
    assert_eq!(requests[1].headers["user-agent"], "Ours/1");
}

#[tokio::test]
async fn the_operators_lists_count() {
    let server = serve(PAGE).await;
    let listed = metadata(r#"{"allowPrivateAddresses":true,"egress":{"deny":["bad.example"]}}"#, "");
    let at = |host: &str| server.url("/").replace("127.0.0.1", host);
    let error = fetch(&listed, &at("bad.example")).await.unwrap_err();
    assert!(error.starts_with("Error: connections to bad.example:"), "{error}");
    assert!(fetch(&listed, &at("good.example")).await.is_ok());
}

// metadata 27
#[tokio::test]
async fn pages_are_read_in_their_encoding() {
    let page: &[u8] = b"<meta charset=windows-1251><title>\xcf\xf0\xe8\xeb\xe8\xe2</title>";
    for content_type in ["text/html", "text/html; charset=utf-8", "text/html; charset=windows-1251"] {
        let server = Server::start(move |_| Answer::ok(content_type, page)).await;
        let answer = fetch(&open(""), &server.url("/")).await.unwrap();
        assert_eq!(
            (&answer["object"]["title"], &answer["object"]["charset"]),
            (&json!("Прилив"), &json!("windows-1251"))
        );
    }
}

#[tokio::test]
async fn no_more_is_transferred_than_there_is_to_tell() {
    // Its server falls silent once it has said all that matters.
    let page = PAGE.replace("<title>", &format!("<!--{}--><title>", "x".repeat(5000)));
    let length = page.find("</body>").unwrap();
    let long = Server::start(move |_| Answer::ok("text/html", page.clone()).stall_after(length)).await;
    assert_eq!(fetch(&open(""), &long.url("/")).await.unwrap()["object"]["title"], "Tide tables");
}

#[tokio::test]
async fn a_page_is_asked_for_once_however_many_want_it() {
    let server = serve(PAGE).await;
    let (metadata, url) = (open(""), server.url("/"));
    let all = futures_util::future::join_all((0..50).map(|_| fetch(&metadata, &url))).await;
    assert!(all.iter().all(Result::is_ok));
    assert!(fetch(&metadata, &url).await.is_ok());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn files_are_told_by_their_first_bytes() {
    let mut gif = b"GIF89a\x40\x01\xf0\x00\x80\0\0".to_vec();
    gif.resize(2000, 0);
    let server = Server::start(move |request| match request.path.as_str() {
        "/chart" => Answer::ok("image/gif", gif.clone()),
        "/tides" => {
            Answer::ok("application/pdf", "%PDF-1.7").header("content-disposition", "inline; filename=tides.pdf")
        }
        _ => Answer::ok("audio/ogg", "OggS"),
    })
    .await;
    let metadata = open("");
    let object = async |path: &str| fetch(&metadata, &server.url(path)).await.unwrap()["object"].clone();
    let url = server.url("/chart");
    assert_eq!(
        object("/chart").await,
        json!({
            "type": "page", "title": "chart", "description": "", "favicon": "/favicon.ico",
            "image": [{"url": url, "type": "image/gif", "width": 320, "height": 240}],
            "media": {"type": "image/gif", "size": 2000, "width": 320, "height": 240},
        })
    );
    let document = object("/tides").await;
    assert_eq!(
        (&document["title"], &document["media"]),
        (&json!("tides.pdf"), &json!({"type": "application/pdf", "size": 8}))
    );
    assert_eq!(object("/horn").await["media"]["type"], "audio/ogg");
}

const CHALLENGE: &str = "<html><head><title>Just a moment...</title></head><body>Enable JavaScript</body></html>";

#[tokio::test]
async fn what_stands_in_front_of_a_page_is_never_shown_as_it() {
    let server = serve(CHALLENGE).await;
    let error = fetch(&open(""), &server.url("/")).await.unwrap_err();
    assert_eq!(error, "Error: Page asks its visitors to prove that they are human");
    let server = Server::start(|request| {
        let host = &request.headers["host"];
        if host.starts_with("consent.youtube.com") {
            Answer::ok("text/html", "<title>Ehe du fortf\u{e4}hrst</title>")
        } else {
            let port = host.rsplit(':').next().unwrap();
            Answer::redirect(&format!("http://consent.youtube.com:{port}/m"))
        }
    })
    .await;
    let error = fetch(&open(""), &server.url("/")).await.unwrap_err();
    assert_eq!(error, "Error: Page asks its visitors for consent before it shows itself");
}

#[tokio::test]
async fn a_poor_page_is_completed_by_the_document_that_it_names() {
    let server = Server::start(|request| match request.path.as_str() {
        "/o?x" => Answer::ok(
            "application/json",
            r#"{"title":"Film","author_name":"Ana","provider_name":"Tube","thumbnail_url":"https://h.example/t.jpg"}"#,
        ),
        _ => Answer::ok("text/html", "<title>Own</title><link rel=alternate type=application/json+oembed href='/o?x'>"),
    })
    .await;
    let page = fetch(&open(""), &server.url("/")).await.unwrap()["object"].clone();
    assert_eq!((&page["title"], &page["author"], &page["name"]), (&json!("Own"), &json!("Ana"), &json!("Tube")));
    assert_eq!(page["image"], json!([{"url": "https://h.example/t.jpg"}]));
}

#[tokio::test]
async fn a_document_that_cannot_be_had_spoils_nothing() {
    for href in ["http://127.0.0.1:1/", "ftp://h.example/", "/404", "/html"] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/404" => Answer::status(404),
            "/html" => Answer::ok("text/html", "<p>"),
            _ => {
                Answer::ok("text/html", format!("<title>Own</title><link type=application/json+oembed href='{href}'>"))
            }
        })
        .await;
        assert_eq!(fetch(&open(""), &server.url("/")).await.unwrap()["object"]["title"], "Own", "{href}");
    }
}

/// A post on X at a server that answers for X and for the service that knows it.
async fn status(service: Answer) -> (Server, Result<Value, String>) {
    let server = Server::start(move |request: &Request| match request.path.as_str() {
        "/status/123" => service.clone(),
        _ => Answer::ok("text/html", "<title>From the page</title>"),
    })
    .await;
    let url = server.url("/ana/status/123?s=20").replace("127.0.0.1", "x.com");
    let answer = fetch(&open(&server.url("")), &url).await;
    (server, answer)
}

// metadata 20, 22
#[tokio::test]
async fn a_post_on_x_is_known_by_the_service() {
    let post = r#"{"code":200,"tweet":{"url":"https://x.com/ana/status/123","text":"Tide","author":{"name":"Ana","screen_name":"ana"}}}"#;
    let (server, answer) = status(Answer::ok("application/json", post)).await;
    let answer = answer.unwrap();
    assert_eq!(answer["actor"]["id"], "https://x.com/ana/status/123");
    assert_eq!(
        (&answer["actor"]["name"], &answer["object"]["title"]),
        (&json!("X (formerly Twitter)"), &json!("Ana (@ana) on X"))
    );
    assert_eq!(server.requests().len(), 1);
    assert!(server.requests()[0].headers["user-agent"].contains("SockethubBot"));
}

// metadata 21
#[tokio::test]
async fn a_post_that_the_service_does_not_know_is_read_from_its_page() {
    for service in
        [Answer::status(500), Answer::ok("application/json", r#"{"code":404}"#), Answer::ok("text/html", "<p>")]
    {
        let (server, answer) = status(service).await;
        assert_eq!(answer.unwrap()["object"]["title"], "From the page");
        assert_eq!(server.requests().len(), 2);
    }
}

/// A post on Reddit at a server that answers for its documents.
async fn post(listing: Answer, oembed: Answer) -> (Server, Result<Value, String>) {
    let server = Server::start(move |request: &Request| match request.path.as_str() {
        path if path.starts_with("/listing/") => listing.clone(),
        path if path.starts_with("/oembed?") => oembed.clone(),
        _ => Answer::ok("text/html", "<title>The page itself</title>"),
    })
    .await;
    let url = "https://www.reddit.com/r/sea/comments/abc/tide/?utm=1";
    let answer = fetch(&open(&server.url("")), url).await;
    (server, answer)
}

const OEMBED: &str = r#"{"title":"Embedded","provider_name":"Reddit","thumbnail_url":"javascript:alert(1)"}"#;

// metadata 23
#[tokio::test]
async fn a_post_on_reddit_is_read_from_its_listing() {
    let listing =
        r#"[{"data":{"children":[{"data":{"title":"Tide","selftext":"High","url":"https://www.reddit.com/r/sea"}}]}}]"#;
    let (server, answer) = post(Answer::ok("application/json", listing), Answer::mute()).await;
    let answer = answer.unwrap();
    assert_eq!((&answer["object"]["title"], &answer["actor"]["name"]), (&json!("Tide"), &json!("reddit")));
    assert_eq!(answer["object"].get("image"), None);
    let requests = server.requests();
    let listing = requests.iter().find(|request| request.path.starts_with("/listing")).unwrap();
    assert_eq!(listing.path, "/listing/r/sea/comments/abc/tide.json?raw_json=1");
    assert!(listing.headers["user-agent"].contains("Discordbot"), "{}", listing.headers["user-agent"]);
}

// metadata 24, 25
#[tokio::test]
async fn or_from_its_oembed_document_or_not_at_all() {
    for listing in [Answer::status(403), Answer::redirect("/listing/x"), Answer::ok("application/json", "[]")] {
        let (server, answer) = post(listing, Answer::ok("application/json", OEMBED)).await;
        let answer = answer.unwrap();
        assert_eq!((&answer["object"]["title"], &answer["actor"]["name"]), (&json!("Embedded"), &json!("Reddit")));
        assert_eq!(answer["object"].get("image"), None);
        let asked = "/oembed?url=https%3A%2F%2Fwww.reddit.com%2Fr%2Fsea%2Fcomments%2Fabc%2Ftide%2F%3Futm%3D1";
        assert!(server.requests().iter().any(|request| request.path == asked));
        assert_eq!(server.requests().len(), 2);
    }
    let (_, answer) = post(Answer::status(403), Answer::status(404)).await;
    let text = "Error: No Reddit metadata available for https://www.reddit.com/r/sea/comments/abc/tide/?utm=1";
    assert_eq!(answer.unwrap_err(), text);
}

// divergence 15
#[tokio::test]
async fn other_pages_of_reddit_are_read_like_any_page() {
    let server = serve("<title>r/sea</title>").await;
    let url = server.url("/r/sea/").replace("127.0.0.1", "www.reddit.com");
    assert_eq!(fetch(&open(&server.url("")), &url).await.unwrap()["object"]["title"], "r/sea");
}
