//! Documents that mean harm, and documents that mean nothing.

use footbridge_feeds::{FeedError, MAX_ANSWER, MAX_ENTRIES, Opml, Request, map};
use proptest::prelude::*;

const URL: &str = "https://feeds.example/feed";
const FIXTURES: [&[u8]; 7] = [
    include_bytes!("fixtures/atom.xml"),
    include_bytes!("fixtures/feed.json"),
    include_bytes!("fixtures/harbour.xml"),
    include_bytes!("fixtures/latin1.xml"),
    include_bytes!("fixtures/messy.xml"),
    include_bytes!("fixtures/podcast.xml"),
    include_bytes!("fixtures/rdf.xml"),
];

/// Maps, and holds what comes out against what every answer must be.
fn survive(body: &[u8], content_type: Option<&str>) -> Option<usize> {
    let request = Request { sanitize: true, ..Request::for_url(URL) };
    let collection = map(body, content_type, URL, &request).ok()?;
    assert_eq!(collection.items.len(), collection.total_items);
    assert!(collection.items.len() <= MAX_ENTRIES);
    if let Ok(json) = collection.to_json() {
        assert!(json.len() <= MAX_ANSWER);
        serde_json::from_slice::<serde::de::IgnoredAny>(&json).expect("answers are JSON");
    }
    Some(collection.total_items)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(body: Vec<u8>, content_type: Option<String>) {
        survive(&body, content_type.as_deref());
    }

    #[test]
    fn any_words_of_the_trade_are_survived(
        words in prop::collection::vec(prop::sample::select(&[
            "<rss>", "</rss>", "<channel>", "</channel>", "<item>", "</item>", "<feed>", "</feed>", "<entry>", "</entry>",
            "<title type='html'>", "</title>", "<link href='a'/>", "<link>", "<br/>", "<div>", "</div>", "<![CDATA[", "]]>",
            "<!--", "-->", "<?xml ?>", "<!DOCTYPE a [", "&", "&amp;", "&#x110000;", "<", ">", "/", "'", "\"", "é", "\0",
            "<pubDate>", "</pubDate>", "2024-05-01", "24:61", "+99", "<x:y xmlns:x='u'>", "<category text='c'>", "]",
        ][..]), 0..60),
    ) {
        survive(words.concat().as_bytes(), None);
        survive(format!("<rss><channel><item>{}", words.concat()).as_bytes(), None);
        survive(format!("<feed><entry>{}</entry></feed>", words.concat()).as_bytes(), None);
    }

    #[test]
    fn lists_of_any_kind_are_survived(
        words in prop::collection::vec(prop::sample::select(&[
            "<body>", "</body>", "<outline text='a'>", "</outline>", "<outline xmlUrl='http://h.example/a'/>", "<title>",
            "<outline text='b' xmlUrl='gopher://h.example/'/>", "</title>", "<outline xmlUrl=''>", "<head>", "</head>", "</opml>",
            "<![CDATA[", "]]>", "&", "<", ">", "'", "é", "\0",
        ][..]), 0..60),
    ) {
        for text in [words.concat(), format!("<opml>{}</opml>", words.concat())] {
            if let Ok(list) = Opml::read(&text) {
                assert!(!list.title.is_empty() && list.feeds.len() <= 1 && list.feeds.len() + list.skipped.len() > 0);
            }
        }
    }

    #[test]
    fn damaged_feeds_are_survived(
        fixture in prop::sample::select(&FIXTURES[..]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, prop::collection::vec(any::<u8>(), 0..12)), 1..6),
    ) {
        let mut body = fixture.to_vec();
        for (at, length, replacement) in damage {
            let at = at.index(body.len() + 1);
            let end = (at + length).min(body.len());
            body.splice(at..end, replacement);
        }
        survive(&body, Some("application/xml"));
    }

    #[test]
    fn dates_of_any_kind_are_survived(text in "[-+:/.,TZ 0-9a-zA-Zé]{0,40}") {
        survive(format!("<rss><channel><item><pubDate>{text}</pubDate></item></channel></rss>").as_bytes(), None);
    }
}

// feeds 24
#[test]
fn a_feed_cut_off_anywhere_is_an_error_with_a_place() {
    for fixture in FIXTURES {
        // Without its very last character a document says all that it has to say.
        for end in (0..fixture.trim_ascii_end().len() - 1).step_by(11) {
            let error = map(&fixture[..end], None, URL, &Request::for_url(URL)).expect_err("it is cut off");
            let is_placed = matches!(error, FeedError::Xml { .. } | FeedError::Json(_));
            assert!(is_placed || end < 2, "{end}: {error}");
        }
    }
}

#[test]
fn nesting_of_any_depth_is_survived() {
    let nested = |open: &str, close: &str| [open.repeat(50_000), close.repeat(50_000)].concat();
    let category = nested("<itunes:category text='a'>", "</itunes:category>");
    let bases = nested("<div xml:base='a/'>", "</div>");
    for (before, inside, after) in [
        ("<rss><channel>", &category, "<item/></channel></rss>"),
        ("<rss><channel><item>", &category, "</item></channel></rss>"),
        ("<feed><entry><content type='xhtml'>", &bases, "</content></entry></feed>"),
        ("<rss><channel><item><description>", &bases, "</description></item></channel></rss>"),
        ("<rss>", &bases, "<channel><item/></channel></rss>"),
    ] {
        assert_eq!(survive(format!("{before}{inside}{after}").as_bytes(), None), Some(1), "{before}");
    }
}

#[test]
fn entities_do_not_multiply() {
    let declarations: Vec<_> = (1..20).map(|n| format!("<!ENTITY e{n} '&e{};&e{};'>", n - 1, n - 1)).collect();
    let declarations = declarations.concat();
    let document = format!(
        "<!DOCTYPE rss [<!ENTITY e0 'ha'>{declarations}]><rss><channel><item><title>&e19;</title></item></channel></rss>"
    );
    let collection = map(document.as_bytes(), None, URL, &Request::for_url(URL)).expect("a feed");
    assert_eq!(collection.items[0].object.title, "&e19;");
}

#[test]
fn entries_without_number_are_read_to_a_cap() {
    let document = format!("<rss><channel>{}</channel></rss>", "<item/>".repeat(100_000));
    assert_eq!(survive(document.as_bytes(), None), Some(MAX_ENTRIES));
}

#[test]
fn an_answer_that_would_not_fit_asks_for_a_limit() {
    let description = "x".repeat(100_000);
    let document =
        format!("<rss><channel><description>{description}</description>{}</channel></rss>", "<item/>".repeat(200));
    let answer =
        |limit| map(document.as_bytes(), None, URL, &Request { limit, ..Request::for_url(URL) }).expect("a feed");
    let error = answer(None).to_json().expect_err("20 MB");
    assert_eq!(
        error.to_string(),
        "answer larger than 8388608 bytes for 200 entries, ask for fewer with `limit` or `since`"
    );
    assert!(answer(Some(80)).to_json().expect("8 MB").len() > 8_000_000);
}

#[test]
fn one_long_tag_or_a_million_short_ones_take_their_time_once() {
    let attributes = format!("<rss {}><channel/></rss>", "a='b' ".repeat(50_000));
    let prefixes: Vec<_> = (0..20_000).map(|n| format!(" xmlns:p{n}='http://purl.org/dc/terms/'")).collect();
    let prefixes = prefixes.concat();
    let ends = format!("<rss><channel>{}{}<item/></channel></rss>", "<a>".repeat(50_000), "</b>".repeat(50_000));
    survive(attributes.as_bytes(), None);
    survive(format!("<rss{prefixes}><channel/></rss>").as_bytes(), None);
    survive(ends.as_bytes(), None);
    survive(
        format!("<rss><channel><item><title>{}</title></item></channel></rss>", "&a".repeat(200_000)).as_bytes(),
        None,
    );
    survive("<![CDATA[".repeat(50_000).as_bytes(), None);
    survive("<rss><!--".repeat(50_000).as_bytes(), None);
}
