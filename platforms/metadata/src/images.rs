//! Pictures that stand for a page (platforms.md 6.3).

use crate::findings::Findings;
use crate::page::{Image, Length};
use crate::{address, links};
use url::Url;

/// How many are told.
const MOST: usize = 10;
/// Names of files that are taken for pictures.
const KINDS: [&str; 17] = [
    "apng", "bmp", "gif", "ico", "cur", "jpg", "jpeg", "jfif", "pjpeg", "pjp", "png", "svg", "tif", "tiff", "webp",
    "avif", "jxl",
];

/// What the page names, else what others may be told, else what `data` names, else those in its text.
pub(crate) fn choose(found: &Findings, base: &Url, data: &[String]) -> Vec<Image> {
    let mut images = open_graph(found, base);
    if images.is_empty() {
        images = simple(found.meta(&["twitter:image", "twitter:image:src"]), found.meta(&["twitter:image:alt"]), base);
    }
    if images.is_empty() {
        images = data.iter().flat_map(|url| simple(Some(url), None, base)).collect();
    }
    if images.is_empty() {
        let source = found.links.iter().find(|link| link.rel == "image_src");
        images = simple(source.map(|link| link.href.as_str()), None, base);
    }
    if images.is_empty() {
        images = pictures(found, base);
    }
    images.sort_by(|a, b| is_gif(b).cmp(&is_gif(a)).then(size(b).total_cmp(&size(a))));
    images.truncate(MOST);
    images
}

fn open_graph(found: &Findings, base: &Url) -> Vec<Image> {
    let lists = ["og:image:secure_url", "og:image", "og:image:url"];
    let Some(name) = lists.into_iter().find(|name| found.all(name).next().is_some()) else { return Vec::new() };
    let list = |name| found.all(name).map(ToOwned::to_owned);
    let (mut kinds, mut alts) = (list("og:image:type"), list("og:image:alt"));
    let (mut widths, mut heights) = (list("og:image:width"), list("og:image:height"));
    let image = |text: &str| {
        // Each has the next of all of these, even where it is no picture.
        let (kind, alt) = (kinds.next(), alts.next());
        let (width, height) = (widths.next().map(Length::Spelt), heights.next().map(Length::Spelt));
        let url = links::resolve(base, text)?;
        Some(Image { kind: kind.or_else(|| kind_of(&url)), width, height, alt, url })
    };
    found.all(name).filter_map(image).collect()
}

fn simple(text: Option<&str>, alt: Option<&str>, base: &Url) -> Vec<Image> {
    let url = text.and_then(|text| links::resolve(base, text));
    let image = url.map(|url| Image { kind: kind_of(&url), url, alt: alt.map(ToOwned::to_owned), ..Image::default() });
    image.into_iter().collect()
}

/// Those whose address is one by itself and has the name of a picture: what else is on a page is more often decoration.
fn pictures(found: &Findings, base: &Url) -> Vec<Image> {
    let known = found.pictures.iter().filter(|picture| address::read(&picture.src).is_some());
    let image = |picture: &crate::findings::Picture| {
        let url = links::resolve(base, &picture.src)?;
        let kind = kind_of(&url)?;
        let number = |text: &Option<String>| text.as_ref()?.trim_end_matches("px").parse().ok().map(Length::Whole);
        let (width, height) = (number(&picture.width), number(&picture.height));
        Some(Image { url, kind: Some(kind), width, height, alt: picture.alt.clone() })
    };
    known.filter_map(image).collect()
}

/// The extension of the file's name, if it is a picture's.
fn kind_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let (_, extension) = url.path().rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    KINDS.contains(&extension.as_str()).then_some(extension)
}

fn is_gif(image: &Image) -> bool {
    image.kind.as_ref().is_some_and(|kind| kind.to_ascii_lowercase().contains("gif"))
}

fn size(image: &Image) -> f64 {
    let length = |length: &Option<Length>| length.as_ref().map_or(0.0, Length::number);
    length(&image.width).max(length(&image.height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Extractor;

    fn images(page: &str) -> Vec<Image> {
        let mut extractor = Extractor::new();
        let _ = extractor.feed(page);
        choose(&extractor.finish(), &Url::parse("https://h.example/a/b").unwrap(), &[])
    }

    fn urls(page: &str) -> Vec<String> {
        images(page).into_iter().map(|image| image.url).collect()
    }

    // metadata 8
    #[test]
    fn lists_are_paired_by_their_order_and_lengths_stay_texts() {
        let found = images(
            "<meta property=og:image content=https://h.example/a.png><meta property=og:image:width content=10>\
             <meta property=og:image:height content=20><meta property=og:image:alt content='Chart &amp; map'>\
             <meta property=og:image content=/b><meta property=og:image:width content=30>",
        );
        let text = |text: &str| Some(Length::Spelt(text.into()));
        assert_eq!((found[0].url.as_str(), &found[0].width), ("https://h.example/b", &text("30")));
        assert_eq!((&found[1].width, &found[1].height), (&text("10"), &text("20")));
        assert_eq!((found[1].alt.as_deref(), found[1].kind.as_deref()), (Some("Chart & map"), Some("png")));
        assert_eq!(found[0].kind, None);
    }

    // metadata 9
    #[test]
    fn secure_addresses_are_preferred() {
        let page = "<meta property=og:image content=http://h.example/a.png><meta property=og:image:secure_url content=https://h.example/s.png>";
        assert_eq!(urls(page), ["https://h.example/s.png"]);
        assert_eq!(urls("<meta name=og:image:url value=/u.png>"), ["https://h.example/u.png"]);
    }

    // metadata 10
    #[test]
    fn without_them_pictures_of_the_text_are_told() {
        let many =
            (0..12).map(|n| format!("<img src=https://h.example/{n}.jpg width={n}>")).collect::<Vec<_>>().concat();
        let found = images(&format!(
            "{many}<img src=/x.png><img src=https://h.example/script?x><img src=https://h.example/z.GIF>"
        ));
        assert_eq!(found.len(), 10);
        assert_eq!((found[0].url.as_str(), found[0].kind.as_deref()), ("https://h.example/z.GIF", Some("gif")));
        assert_eq!((found[1].url.as_str(), &found[1].width), ("https://h.example/11.jpg", &Some(Length::Whole(11))));
        assert_eq!(urls("<img src=x.png>"), ["https://h.example/a/x.png"]);
    }

    #[test]
    fn what_others_are_told_comes_before_pictures_of_the_text() {
        let picture = "<img src=https://h.example/p.png>";
        assert_eq!(urls(&format!("<meta name=twitter:image content=/t.png>{picture}")), ["https://h.example/t.png"]);
        assert_eq!(urls(&format!("<link rel=image_src href=/l.png>{picture}")), ["https://h.example/l.png"]);
        assert_eq!(urls("<meta property=og:image content=javascript:alert(1)>"), [""; 0]);
    }
}
