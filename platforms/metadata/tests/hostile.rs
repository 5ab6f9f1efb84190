//! Pages that mean harm, and pages that mean nothing.

use footbridge_metadata::{Page, read};
use proptest::prelude::*;
use url::Url;

const FIXTURE: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tide &amp; tables</title>
<meta property="og:image" content="/t.png"><meta property="og:image:width" content="1200"><link rel="icon" href="i.png">
<script type="application/ld+json">{"@type":"Article","headline":"Tide","author":{"name":"Ana"}}</script></head>
<body><h1 class="post-title">Tide <a href="/">today</a></h1><img src="https://h.example/a.png" width="3"></body></html>"#;

/// Reads, and holds what comes out against what every answer must be.
fn survive(html: &[u8], content_type: Option<&str>) -> Page {
    let page = read(html, content_type, &Url::parse("https://h.example/a/b").expect("a URL"));
    assert!(page.image.len() <= 10);
    let addresses = page.image.iter().map(|image| &image.url).chain(&page.url);
    assert!(addresses.into_iter().all(|url| url.to_ascii_lowercase().starts_with("http")));
    let json = serde_json::to_vec(&page).expect("a page is JSON");
    assert!(json.len() < 1_000_000, "{}", json.len());
    page
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(html: Vec<u8>, content_type: Option<String>) {
        survive(&html, content_type.as_deref());
    }

    #[test]
    fn any_words_of_the_trade_are_survived(
        words in prop::collection::vec(prop::sample::select(&[
            "<html lang=x>", "<head>", "</head>", "<body>", "<title>", "</title>", "<meta ", "property=og:image ", "content=", "name=",
            "'", "\"", ">", "</", "<", "<!--", "-->", "<svg>", "</svg>", "<script type=application/ld+json>", "</script>", "{\"@type\":",
            "\"Article\"", "}", "[", "<link rel=icon href=", "javascript:x", "http://h.example/a.png", "<img src=", "&amp;", "&#x0;", "&",
            "<h1 class=title>", "</h1>", "<template>", "<plaintext>", "<textarea>", "<base href=ftp://x>", "é", "\0", "<![CDATA[", "]]>",
        ][..]), 0..60),
    ) {
        survive(words.concat().as_bytes(), None);
    }

    #[test]
    fn damaged_pages_are_survived(
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, prop::collection::vec(any::<u8>(), 0..12)), 1..6),
    ) {
        let mut html = FIXTURE.as_bytes().to_vec();
        for (at, length, replacement) in damage {
            let at = at.index(html.len() + 1);
            let end = (at + length).min(html.len());
            html.splice(at..end, replacement);
        }
        survive(&html, Some("text/html"));
    }
}

#[test]
fn a_page_cut_off_anywhere_is_read_as_far_as_it_goes() {
    for end in (0..FIXTURE.len()).step_by(23) {
        survive(&FIXTURE.as_bytes()[..end], None);
    }
}

#[test]
fn much_of_anything_is_survived() {
    for (html, times) in [
        ("<div class=post-title>", 100_000),
        ("<meta property=og:image content=/i.png>", 20_000),
        ("<link rel=icon href=/i>", 20_000),
        ("<img src=https://h.example/i.png>", 20_000),
        ("<script type=application/ld+json>[</script>", 5_000),
        ("<svg><title>", 50_000),
        ("<!--", 100_000),
        ("<a b=", 100_000),
        ("&lt", 200_000),
        ("<title>", 100_000),
    ] {
        survive(html.repeat(times).as_bytes(), None);
    }
    let deep = format!("<script type=application/ld+json>{}</script><title>T</title>", "[{\"@graph\":".repeat(20_000));
    assert_eq!(survive(deep.as_bytes(), None).title.as_deref(), Some("T"));
    let long = format!("<title>T</title><meta name=description content='{}'>", "x".repeat(3_000_000));
    assert_eq!(survive(long.as_bytes(), None).title.as_deref(), Some("T"));
}
