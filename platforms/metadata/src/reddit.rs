//! Posts on Reddit, by its own documents (platforms.md 6.5).

use crate::oembed::Oembed;
use crate::page::{Image, Page};
use crate::text;
use serde_json::Value;
use url::Url;

const SITE: &str = "reddit";
/// Where its pictures are.
const PICTURES: [&str; 2] = ["i.redd.it", "preview.redd.it"];

/// The page of the post that a listing begins with.
pub(crate) fn listing(json: &[u8], url: &str) -> Option<Page> {
    let listing: Value = serde_json::from_slice(json).ok()?;
    let post = &listing[0]["data"]["children"][0]["data"];
    let title = post["title"].as_str().filter(|title| !title.is_empty())?;
    let text = |name: &str| match &post[name] {
        Value::Null => Some(""),
        Value::String(text) => Some(text.as_str()),
        _ => None,
    };
    let (body, destination) = (text("selftext")?, text("url")?);
    let is_picture = Url::parse(destination).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| PICTURES.contains(&host))
    });
    let image = is_picture.then(|| Image { url: destination.to_owned(), ..Image::default() });
    Some(Page {
        title: Some(title.to_owned()),
        name: Some(SITE.to_owned()),
        description: text::normalise(body),
        image: image.into_iter().collect(),
        url: Some(url.to_owned()),
        ..Page::default()
    })
}

/// The page that an oEmbed document tells of.
pub(crate) fn embedded(json: &[u8], url: &str) -> Option<Page> {
    let document = Oembed::read(json)?;
    Some(Page {
        title: Some(document.title()?),
        name: Some(document.provider().unwrap_or_else(|| SITE.to_owned())),
        image: document.image().into_iter().collect(),
        url: Some(url.to_owned()),
        ..Page::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const URL: &str = "https://www.reddit.com/r/sea/comments/1/tide/?x";

    fn page(post: &Value) -> Option<Value> {
        let json = json!([{"data": {"children": [{"data": post}]}}, {}]).to_string();
        listing(json.as_bytes(), URL).map(|page| serde_json::to_value(page).unwrap())
    }

    // metadata 23, 24
    #[test]
    fn a_post_becomes_a_page() {
        let text = page(&json!({"title": "Tide", "selftext": "a\n\n\n\nb", "url": URL})).unwrap();
        let expected = json!({"type": "page", "title": "Tide", "name": "reddit", "description": "a\n\nb", "url": URL,
            "favicon": "/favicon.ico"});
        assert_eq!(text, expected, "a text has no picture");
        let picture = page(&json!({"title": "Tide", "url": "https://i.redd.it/a.png"})).unwrap();
        assert_eq!(picture["image"], json!([{"url": "https://i.redd.it/a.png"}]));
        let elsewhere = page(&json!({"title": "Tide", "url": "https://i.redd.it.example/a.png"})).unwrap();
        assert_eq!(elsewhere.get("image"), None);
    }

    #[test]
    fn what_is_no_listing_is_none() {
        for post in
            [json!({}), json!({"title": ""}), json!({"title": "x", "selftext": 1}), json!({"title": "x", "url": []})]
        {
            assert_eq!(page(&post), None, "{post}");
        }
        assert!(listing(b"<html>", URL).is_none());
    }

    // metadata 24, 25
    #[test]
    fn an_oembed_document_becomes_a_page() {
        let read = |document: Value| {
            embedded(document.to_string().as_bytes(), URL).map(|page| serde_json::to_value(page).unwrap())
        };
        let found =
            read(json!({"title": "Tide", "thumbnail_url": "https://p.example/t.png", "thumbnail_width": 70})).unwrap();
        assert_eq!((&found["name"], &found["description"]), (&json!("reddit"), &json!("")));
        assert_eq!(found["image"], json!([{"url": "https://p.example/t.png", "width": 70}]));
        let found = read(json!({"title": "Tide", "provider_name": "Reddit", "thumbnail_url": "javascript:x"})).unwrap();
        assert_eq!((found.get("image"), &found["name"]), (None, &json!("Reddit")));
        assert_eq!(read(json!({"title": ""})), None);
    }
}
