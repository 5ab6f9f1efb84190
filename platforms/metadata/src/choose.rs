//! From what was found to what is told: of several sources the first that has something (platforms.md 6.3).

use crate::data::Data;
use crate::findings::{Findings, Part};
use crate::page::{Favicon, Length, Page, Video};
use crate::{images, links, text};
use url::Url;

/// Relations and types of links that lead to icons, in the order in which they are looked for.
const ICONS: [&str; 4] = ["shortcut icon", "icon", "mask-icon", "apple-touch-icon"];
const ICON_TYPES: [&str; 3] = ["image/png", "image/ico", "image/x-icon"];

/// What a page at `base` says of itself. What it says by other means than the
/// contract's comes after all of these, but for the title.
pub(crate) fn choose(found: &Findings, base: &Url, charset: Option<String>) -> Page {
    let data = Data::read(&found.data);
    let image = images::choose(found, base, &data.images);
    let line = |text: &str| Some(text::normalise(text).replace('\n', " ")).filter(|text| !text.is_empty());
    let meta = |names: &[&str]| found.meta(names).and_then(line);
    let part = |part| found.text(part).map(text::line);
    Page {
        language: language(found).or(data.language),
        // What a page tells other services to show is a title without the site's name, so it comes before the element.
        title: meta(&["og:title", "twitter:title"])
            .or_else(|| part(Part::Title))
            .or_else(|| meta(&["title"]))
            .or(data.title)
            .or_else(|| part(Part::PostTitle))
            .or_else(|| part(Part::EntryTitle))
            .or_else(|| part(Part::HeadingLink))
            .or_else(|| part(Part::Heading)),
        name: meta(&["og:site_name"]),
        description: description(found, data.description),
        url: url(found, base),
        favicon: icon(found, base),
        charset,
        video: video(found, base, image.first().map(|image| image.url.clone())),
        author: meta(&["author", "article:author:name"])
            .or(data.author)
            .or_else(|| meta(&["article:author"]).filter(|author| !author.contains("://"))),
        published: meta(&["article:published_time", "og:article:published_time"]).or(data.published),
        category: meta(&["og:type"]),
        theme_color: meta(&["theme-color"]),
        media: None,
        image,
    }
}

fn language(found: &Findings) -> Option<String> {
    let said = found.meta(&["og:locale"]).or(found.language.as_deref()).or_else(|| found.property("inlanguage"));
    said.or_else(|| found.meta(&["content-language"])).map(ToOwned::to_owned)
}

fn description(found: &Findings, data: Option<String>) -> String {
    let of_text = || found.text(Part::Description).map(|raw| htmlize::unescape(raw).into_owned());
    let said = found.meta(&["og:description", "description"]).or_else(|| found.property("description"));
    let said = said.map(ToOwned::to_owned).or_else(of_text);
    let said = said.or_else(|| found.meta(&["twitter:description"]).map(ToOwned::to_owned)).or(data);
    said.map(|text| text::normalise(&text)).unwrap_or_default()
}

/// The page's own address; one that cannot be it gives way to the next.
fn url(found: &Findings, base: &Url) -> Option<String> {
    let link = |is: &dyn Fn(&crate::findings::Link) -> bool| {
        found.links.iter().filter(|link| is(link)).find_map(|link| links::own(base, &link.href))
    };
    found
        .meta(&["og:url"])
        .and_then(|text| links::own(base, text))
        .or_else(|| link(&|link| link.rel == "canonical"))
        .or_else(|| link(&|link| link.rel == "alternate" && link.hreflang == "x-default"))
}

fn icon(found: &Findings, base: &Url) -> Favicon {
    let by_relation = ICONS.iter().flat_map(|rel| found.links.iter().filter(move |link| link.rel == *rel));
    let by_type = ICON_TYPES.iter().flat_map(|kind| found.links.iter().filter(move |link| link.kind == *kind));
    let mut named = by_relation.chain(by_type).map(|link| link.href.as_str()).chain(found.meta_like("appicon"));
    named.find_map(|href| links::resolve(base, href)).map(Favicon).unwrap_or_default()
}

fn video(found: &Findings, base: &Url, thumbnail: Option<String>) -> Option<Video> {
    let said = found.meta(&["og:video:secure_url", "og:video:url", "og:video"])?;
    let length = |names: &[&str]| found.meta(names).map(|text| Length::Spelt(text.to_owned()));
    Some(Video {
        url: links::resolve(base, said)?,
        thumbnail,
        width: length(&["og:video:width"]),
        height: length(&["og:video:height"]),
        duration: length(&["og:video:duration", "video:duration"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Extractor;

    fn page(html: &str) -> Page {
        let mut extractor = Extractor::new();
        let _ = extractor.feed(html);
        choose(&extractor.finish(), &Url::parse("https://h.example/a/b").unwrap(), None)
    }

    // metadata 4
    #[test]
    fn a_page_with_a_title_only() {
        let page = page("<title> Tide\n tables </title>");
        assert_eq!((page.title.as_deref(), page.description.as_str()), (Some("Tide tables"), ""));
        assert_eq!(page.favicon.0, "/favicon.ico");
        assert!(page.image.is_empty() && page.url.is_none() && page.name.is_none());
    }

    #[test]
    fn titles_are_looked_for_in_order() {
        let sources = [
            ("<meta property='og:title' content='og'>", "og"),
            ("<meta name=twitter:title content=twitter>", "twitter"),
            ("<title>element</title>", "element"),
            ("<meta name=title content=meta>", "meta"),
            (r#"<script type="application/ld+json">{"@type":"Article","headline":"data"}</script>"#, "data"),
            ("<p class='post-title x'>post</p>", "post"),
            ("<p class=entry-title>entry</p>", "entry"),
            ("<h1 class=my-title>whole <a>link</a></h1>", "link"),
            ("<h1 class=my-title>whole</h1>", "whole"),
        ];
        for start in 0..sources.len() {
            let html: String = sources[start..].iter().rev().map(|(html, _)| *html).collect();
            // Of headings the first counts, as everywhere.
            let html = if start < 8 { html.replace(sources[8].0, "") } else { html };
            assert_eq!(page(&html).title.as_deref(), Some(sources[start].1), "{html}");
        }
    }

    // metadata 26
    #[test]
    fn descriptions_are_looked_for_in_order_and_put_in_order() {
        let sources = [
            ("<meta property=og:description content='a\n\n\nb'>", "a\n\nb"),
            ("<meta name=Description content='of &quot;meta&quot;'>", "of \"meta\""),
            ("<meta itemprop=description content=item>", "item"),
            ("<div id=description> of  <b>text</b> &amp; more</div>", "of text & more"),
            ("<meta name=twitter:description content=twitter>", "twitter"),
        ];
        for start in 0..sources.len() {
            let html: String = sources[start..].iter().rev().map(|(html, _)| *html).collect();
            assert_eq!(page(&html).description, sources[start].1, "{html}");
        }
    }

    // metadata 6, 7
    #[test]
    fn a_page_is_known_by_the_first_address_that_can_be_its() {
        let canonical = "<link rel=Canonical href=/c>";
        let other = "<link rel=alternate hreflang=de href=/de><link rel=alternate hreflang=x-default href=/x>";
        let url = |html: &str| page(html).url;
        assert_eq!(
            url(&format!("<meta property=og:url content=https://h.example/o>{canonical}")).unwrap(),
            "https://h.example/o"
        );
        assert_eq!(
            url(&format!("<meta property=og:url content=http://127.0.0.1/>{canonical}{other}")).unwrap(),
            "https://h.example/c"
        );
        assert_eq!(url(&format!("<link rel=canonical href=javascript:x>{other}")).unwrap(), "https://h.example/x");
        assert_eq!(url("<title>x</title>"), None);
    }

    // metadata 5
    #[test]
    fn icons_are_looked_for_in_order() {
        let icon = |html: &str| page(html).favicon.0;
        assert_eq!(
            icon("<link rel=apple-touch-icon href=/t><link rel=ICON href=https://h.example/i.png>"),
            "https://h.example/i.png"
        );
        assert_eq!(icon("<link rel=icon href=i><link rel='shortcut icon' href=s>"), "https://h.example/a/s");
        assert_eq!(icon("<link rel=x type=image/png href=/p>"), "https://h.example/p");
        assert_eq!(icon("<meta property=al:appIcon content=/m>"), "https://h.example/m");
        assert_eq!(icon("<link rel=icon href=data:,><link rel=stylesheet href=/s>"), "/favicon.ico");
    }

    #[test]
    fn languages_are_looked_for_in_order() {
        let language = |html: &str| page(html).language;
        assert_eq!(language("<html lang=en><meta property=og:locale content=en_GB>").unwrap(), "en_GB");
        assert_eq!(language("<html lang=pt-BR><meta itemprop=inLanguage content=de>").unwrap(), "pt-BR");
        assert_eq!(language("<html><meta itemprop=inLanguage content=de>").unwrap(), "de");
        assert_eq!(language("<meta http-equiv=Content-Language content=fr>").unwrap(), "fr");
        assert_eq!(language("<p>"), None);
    }

    #[test]
    fn additions_are_told_beside() {
        let page = page(
            "<meta property=og:type content=article><meta name=author content='Ana Reyes'><meta name=theme-color content=#036>\
             <meta property=article:published_time content=2026-05-01T08:00:00Z><meta property=og:image content=/i.png>\
             <meta property=og:video content=/v.mp4><meta property=og:video:width content=640>",
        );
        assert_eq!((page.author.as_deref(), page.category.as_deref()), (Some("Ana Reyes"), Some("article")));
        assert_eq!(
            (page.published.as_deref(), page.theme_color.as_deref()),
            (Some("2026-05-01T08:00:00Z"), Some("#036"))
        );
        let video = page.video.unwrap();
        assert_eq!((video.url.as_str(), video.width), ("https://h.example/v.mp4", Some(Length::Spelt("640".into()))));
        assert_eq!(video.thumbnail.as_deref(), Some("https://h.example/i.png"));
    }
}
