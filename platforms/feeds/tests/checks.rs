//! The checks "feeds" of platforms.md 5 that need no network, on documents written for them.

use footbridge_feeds::{Collection, Entry, Request, map};
use serde_json::{Value, json};

const URL: &str = "https://feeds.example/feed";

fn request() -> Request {
    Request { id: Some("req-1".into()), ..Request::for_url(URL) }
}

fn answer(body: &[u8], request: &Request) -> Collection {
    map(body, None, URL, request).expect("it is a feed")
}

fn harbour(request: &Request) -> Collection {
    answer(include_bytes!("fixtures/harbour.xml"), request)
}

fn entries(body: &[u8]) -> Vec<Entry> {
    answer(body, &request()).items.into_iter().map(|item| item.object).collect()
}

// feeds 1, 2, 3
#[test]
fn twenty_items_become_twenty_posts() {
    let collection = harbour(&request());
    assert_eq!((collection.total_items, collection.items.len()), (20, 20));
    assert_eq!(collection.summary, "Harbour News");
    for item in &collection.items {
        assert_eq!((item.r#type, item.object.content_type), ("post", "html"));
        assert!(item.object.url.starts_with("https://harbour.example/tides/"));
        assert!(item.object.published.is_some() && item.object.datenum > 0);
    }
    assert!(collection.items.is_sorted_by(|a, b| a.object.datenum >= b.object.datenum));
}

// feeds 3, 14, 16
#[test]
fn an_answer_has_the_shape_of_the_contract() {
    let collection = harbour(&Request { limit: Some(1), ..request() });
    let json: Value = serde_json::from_slice(&collection.to_json().unwrap()).unwrap();
    let context = json!([
        "https://www.w3.org/ns/activitystreams",
        "https://sockethub.org/ns/context/v1.jsonld",
        "https://sockethub.org/ns/context/platform/feeds/v1.jsonld"
    ]);
    let expected = json!({
        "id": "req-1", "@context": context, "type": "collection", "summary": "Harbour News", "totalItems": 1,
        "items": [{
            "@context": context, "id": "req-1", "type": "post",
            "actor": {
                "id": URL, "type": "feed", "name": "Harbour News", "link": "https://harbour.example/",
                "description": "Ships and tides", "image": "https://harbour.example/logo.png",
                "categories": ["sea", "tides"], "language": "en"
            },
            "object": {
                "type": "note", "title": "Tide table 20", "id": "https://harbour.example/tides/20",
                "content": "<p>High water at <b>01:15</b>.</p>", "contentType": "html",
                "url": "https://harbour.example/tides/20",
                "published": "2024-05-20T08:00:00.000Z", "datenum": 1_716_192_000_000_u64
            }
        }]
    });
    assert_eq!(json, expected);
}

// feeds 7, 8, 10
#[test]
fn since_and_limit_filter() {
    assert_eq!(harbour(&Request { limit: Some(5), ..request() }).total_items, 5);
    let future = harbour(&Request { since: Some(32_472_144_000_000), ..request() });
    assert_eq!((future.total_items, future.summary.as_str()), (0, "Unknown Feed"));
    let recent = Request { since: Some(1_716_019_200_000), ..request() };
    assert_eq!(harbour(&recent).total_items, 3);
    assert_eq!(harbour(&Request { limit: Some(2), ..recent }).total_items, 2);
}

// feeds 13, 15
#[test]
fn an_empty_channel_is_a_success() {
    let collection = answer(b"<rss version='2.0'><channel/></rss>", &Request::for_url(URL));
    assert_eq!((collection.total_items, collection.summary.as_str()), (0, "Unknown Feed"));
    let json = String::from_utf8(collection.to_json().unwrap()).unwrap();
    assert!(json.starts_with(r#"{"id":null,"@context":["#), "{json}");
    assert!(json.ends_with(r#""totalItems":0,"items":[]}"#), "{json}");
}

// feeds 15
#[test]
fn posts_have_no_id_when_the_request_has_none() {
    let json = harbour(&Request::for_url(URL)).to_json().unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert!(json["id"].is_null() && json["items"][0].get("id").is_none());
}

// feeds 16, 26
#[test]
fn sloppy_markup_loses_nothing_but_itself() {
    let collection = answer(include_bytes!("fixtures/messy.xml"), &request());
    assert_eq!(collection.summary, "Odds & Ends\u{a0}\u{2014} weekly");
    let [first, second, third] = <[_; 3]>::try_from(collection.items).unwrap().map(|item| item.object);
    assert_eq!((first.title.as_str(), first.content.as_str()), ("R&D at AT&T", "Café &nosuch; &"));
    assert_eq!(first.url, "https://odds.example/?a=1&b=2");
    assert!(second.title.starts_with("Unclosed"), "{second:?}");
    assert_eq!((third.title.as_str(), third.content.as_str()), ("Fine", "Still there"));
}

// feeds 17, weak spots: enclosures
#[test]
fn podcasts_keep_their_sound() {
    let collection = answer(include_bytes!("fixtures/podcast.xml"), &request());
    let channel = &collection.items[0].actor;
    assert_eq!(channel.author.as_deref(), Some("Dee (深海)"));
    assert_eq!(channel.image.as_deref(), Some("https://deck.example/cover.jpg"));
    assert_eq!(channel.categories, ["Leisure", "Sailing"]);
    assert_eq!(channel.link, URL);
    let [first, second] = [0, 1].map(|at| &collection.items[at].object);
    assert_eq!((first.content.as_str(), first.brief.as_deref()), ("Knots, part one", Some("A bowline and more")));
    assert_eq!(second.brief, None);
    let json = serde_json::to_value(&first.attachments).unwrap();
    let sound =
        json!({"type": "audio", "url": "https://deck.example/1.mp3", "mediaType": "audio/mpeg", "length": 123_456});
    assert_eq!(json, json!([sound]));
}

// feeds 4, 21
#[test]
fn atom_is_understood() {
    let collection = answer(include_bytes!("fixtures/atom.xml"), &request());
    let channel = &collection.items[0].actor;
    assert_eq!((channel.name.as_str(), channel.link.as_str()), ("The Yard & Dock", "https://yard.example/"));
    assert_eq!(channel.image.as_deref(), Some("https://yard.example/icon.png"));
    assert_eq!((channel.author.as_deref(), channel.language.as_deref()), (Some("Ana Reyes"), Some("en-GB")));
    let [keel, plain] = [0, 1].map(|at| &collection.items[at].object);
    assert_eq!((keel.url.as_str(), keel.id.as_str()), ("https://yard.example/posts/1", "https://yard.example/posts/1"));
    assert_eq!((keel.content.as_str(), keel.content_type), ("<p>A <em>long</em> keel.<br/>Oak.</p>", "html"));
    assert_eq!(keel.brief.as_deref(), Some("A keel."));
    assert_eq!(keel.published.as_deref(), Some("2024-05-01T10:00:00.000Z"));
    assert_eq!((keel.attachments[0].r#type, keel.attachments[0].length), ("image", Some(2048)));
    assert_eq!((plain.url.as_str(), plain.id.as_str()), (URL, "urn:yard:2"));
    assert_eq!((plain.content.as_str(), plain.brief.as_deref()), ("Only a summary.", None));
}

// feeds 22
#[test]
fn rdf_is_understood() {
    let collection = answer(include_bytes!("fixtures/rdf.xml"), &request());
    let channel = &collection.items[0].actor;
    assert_eq!((channel.name.as_str(), channel.author.as_deref()), ("Log book", Some("Bo")));
    assert_eq!(channel.image.as_deref(), Some("https://log.example/i.png"));
    let [left, nothing] = [0, 1].map(|at| &collection.items[at].object);
    assert_eq!((left.datenum, left.content.as_str()), (1_709_274_600_000, "Wind from the west."));
    assert_eq!((nothing.id.as_str(), nothing.url.as_str(), &nothing.published), ("urn:log:2", URL, &None));
}

// feeds 23
#[test]
fn json_feed_is_understood() {
    let [bravo, alpha] = <[_; 2]>::try_from(entries(include_bytes!("fixtures/feed.json"))).unwrap();
    assert_eq!((bravo.id.as_str(), bravo.url.as_str()), ("2", URL));
    assert_eq!((bravo.content.as_str(), bravo.content_type), ("Bravo: dangerous cargo", "text"));
    assert_eq!((alpha.id.as_str(), alpha.brief.as_deref()), ("https://signals.example/1", Some("Keep clear.")));
    assert_eq!(alpha.attachments[0].media_type.as_deref(), Some("audio/mpeg"));
}

// feeds 25
#[test]
fn charsets_other_than_utf_8_are_read() {
    let collection = answer(include_bytes!("fixtures/latin1.xml"), &request());
    assert_eq!(collection.summary, "Café");
    assert_eq!((&*collection.items[0].object.title, &*collection.items[0].object.content), ("Übersee", "Grüße"));
    let utf16: Vec<u8> = "<rss><channel><item><title>é</title></item></channel></rss>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(entries(&utf16)[0].title, "é");
}

// feeds 12: the URL that was asked for names the feed, the one it came from resolves its links
#[test]
fn redirects_change_links_but_not_the_name() {
    let body = b"<rss><channel><item><link>a</link></item></channel></rss>";
    let collection = map(body, None, "https://moved.example/new/rss", &request()).unwrap();
    let item = &collection.items[0];
    assert_eq!((item.actor.id.as_str(), item.actor.name.as_str()), (URL, URL));
    assert_eq!(item.object.url, "https://moved.example/new/a");
}
