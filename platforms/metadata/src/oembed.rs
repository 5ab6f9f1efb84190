//! oEmbed: what a service says of one of its pages, for those who want to show it (oembed.com).

use crate::findings::Findings;
use crate::page::{Image, Length, Page};
use crate::text;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// Services that do not name the document in their pages, or show a challenge instead: hosts (each with what is below it),
/// the beginning of the path, the endpoint.
const PROVIDERS: [(&[&str], &str, &str); 17] = [
    (&["youtube.com", "youtu.be"], "/", "https://www.youtube.com/oembed"),
    (&["vimeo.com"], "/", "https://vimeo.com/api/oembed.json"),
    (&["dailymotion.com", "dai.ly"], "/", "https://www.dailymotion.com/services/oembed"),
    (&["soundcloud.com"], "/", "https://soundcloud.com/oembed"),
    (&["open.spotify.com"], "/", "https://open.spotify.com/oembed"),
    (&["tiktok.com"], "/", "https://www.tiktok.com/oembed"),
    (&["flickr.com", "flic.kr"], "/", "https://www.flickr.com/services/oembed/"),
    (&["bsky.app"], "/profile/", "https://embed.bsky.app/oembed"),
    (&["ted.com"], "/talks/", "https://www.ted.com/services/v1/oembed.json"),
    (&["mixcloud.com"], "/", "https://app.mixcloud.com/oembed/"),
    (&["deviantart.com", "fav.me"], "/", "https://backend.deviantart.com/oembed"),
    (&["codepen.io"], "/", "https://codepen.io/api/oembed"),
    (&["speakerdeck.com"], "/", "https://speakerdeck.com/oembed.json"),
    (&["slideshare.net"], "/", "https://www.slideshare.net/api/oembed/2"),
    (&["pinterest.com"], "/pin/", "https://www.pinterest.com/oembed.json"),
    (&["kickstarter.com"], "/projects/", "https://www.kickstarter.com/services/oembed"),
    (&["tumblr.com"], "/", "https://www.tumblr.com/oembed/1.0"),
];

/// The document that the page names.
pub(crate) fn discover(found: &Findings) -> Option<&str> {
    let is_one = |kind: &str| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json+oembed");
    found.links.iter().find(|link| is_one(&link.kind)).map(|link| link.href.as_str())
}

/// The document of a service that is known to have one.
pub(crate) fn provider(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let is_at = |name: &&str| host == *name || host.strip_suffix(*name).is_some_and(|below| below.ends_with('.'));
    let serves = |(hosts, path, _): &&(&[&str], &str, &str)| {
        hosts.iter().any(is_at) && url.path().starts_with(path) && url.path() != "/"
    };
    let (.., endpoint) = PROVIDERS.iter().find(serves)?;
    Some(document(endpoint, url.as_str()))
}

/// The document of `endpoint` about `url`.
pub(crate) fn document(endpoint: &str, url: &str) -> String {
    let Ok(mut document) = Url::parse(endpoint) else { return endpoint.to_owned() };
    document.query_pairs_mut().append_pair("url", url).append_pair("format", "json");
    document.into()
}

/// What such a document says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Oembed {
    #[serde(rename = "type")]
    kind: Option<Value>,
    title: Option<Value>,
    author_name: Option<Value>,
    provider_name: Option<Value>,
    thumbnail_url: Option<Value>,
    thumbnail_width: Option<Value>,
    thumbnail_height: Option<Value>,
    url: Option<Value>,
    width: Option<Value>,
    height: Option<Value>,
}

impl Oembed {
    /// Reads a document. What does not fit is as good as absent.
    pub(crate) fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    pub(crate) fn title(&self) -> Option<String> {
        text(self.title.as_ref())
    }

    pub(crate) fn provider(&self) -> Option<String> {
        text(self.provider_name.as_ref())
    }

    /// The picture that it names (metadata 25: one on the web).
    pub(crate) fn image(&self) -> Option<Image> {
        let is_photo = text(self.kind.as_ref()).is_some_and(|kind| kind == "photo");
        let (url, width, height) = match text(self.thumbnail_url.as_ref()) {
            Some(url) => (url, &self.thumbnail_width, &self.thumbnail_height),
            None if is_photo => (text(self.url.as_ref())?, &self.width, &self.height),
            None => return None,
        };
        let is_web = Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        let image = Image { width: length(width.as_ref()), height: length(height.as_ref()), url, ..Image::default() };
        is_web.then_some(image)
    }

    /// Adds what the page itself did not say.
    pub(crate) fn complete(&self, page: &mut Page) {
        page.title = page.title.take().or_else(|| self.title());
        page.name = page.name.take().or_else(|| self.provider());
        page.author = page.author.take().or_else(|| text(self.author_name.as_ref()));
        if page.image.is_empty() {
            page.image.extend(self.image());
        }
    }

    /// A page of nothing else.
    pub(crate) fn page(&self) -> Option<Page> {
        self.title()?;
        let mut page = Page::default();
        self.complete(&mut page);
        Some(page)
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(text::line).filter(|text| !text.is_empty())
}

fn length(value: Option<&Value>) -> Option<Length> {
    match value? {
        Value::Number(number) => number.as_u64().map(Length::Whole).or_else(|| number.as_f64().map(Length::Number)),
        Value::String(text) => Some(Length::Spelt(text.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Extractor;
    use serde_json::json;

    fn at(url: &str) -> Option<String> {
        provider(&Url::parse(url).unwrap())
    }

    #[test]
    fn services_are_known_by_their_pages() {
        let video = at("https://www.youtube.com/watch?v=x&t=1").unwrap();
        assert_eq!(
            video,
            "https://www.youtube.com/oembed?url=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3Dx%26t%3D1&format=json"
        );
        assert!(at("https://youtu.be/x").is_some() && at("https://bsky.app/profile/a/post/b").is_some());
        for other in [
            "https://notyoutube.com/watch?v=x",
            "https://www.youtube.com/",
            "https://bsky.app/settings/x",
            "http://[::1]/",
        ] {
            assert_eq!(at(other), None, "{other}");
        }
    }

    #[test]
    fn pages_name_their_documents() {
        let mut extractor = Extractor::new();
        let _ = extractor.feed("<link rel=alternate type=text/xml+oembed href=/x><link rel=alternate type='application/json+oembed; charset=utf-8' href='/o?a=1&amp;b'>");
        assert_eq!(discover(&extractor.finish()), Some("/o?a=1&b"));
    }

    #[test]
    fn a_document_completes_a_page_and_takes_nothing_from_it() {
        let document = json!({"type": "video", "title": "Film", "provider_name": "Tube", "author_name": "Ana",
            "thumbnail_url": "https://h.example/t.jpg", "thumbnail_width": 480, "thumbnail_height": "360"});
        let document = Oembed::read(document.to_string().as_bytes()).unwrap();
        let page = document.page().unwrap();
        assert_eq!((page.title.as_deref(), page.name.as_deref()), (Some("Film"), Some("Tube")));
        assert_eq!(page.image[0].width, Some(Length::Whole(480)));
        let mut own = Page { title: Some("Own".into()), ..Page::default() };
        document.complete(&mut own);
        assert_eq!((own.title.as_deref(), own.author.as_deref()), (Some("Own"), Some("Ana")));
    }

    // metadata 25
    #[test]
    fn what_is_not_on_the_web_is_no_picture() {
        let image = |document: Value| Oembed::read(document.to_string().as_bytes()).unwrap().image();
        assert_eq!(image(json!({"thumbnail_url": "javascript:alert(1)"})), None);
        assert_eq!(image(json!({"thumbnail_url": 1, "type": "video", "url": "https://h.example/v"})), None);
        assert!(image(json!({"type": "photo", "url": "https://h.example/p.png"})).is_some());
    }
}
