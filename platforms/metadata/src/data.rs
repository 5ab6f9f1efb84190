//! What a page says of itself as data (JSON-LD).

use serde_json::Value;

/// Objects within objects are looked at down to here.
const DEPTH: usize = 6;
/// And no more of them.
const MOST: usize = 500;

/// What previews need of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Data {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) images: Vec<String>,
    pub(crate) author: Option<String>,
    pub(crate) published: Option<String>,
    pub(crate) language: Option<String>,
}

impl Data {
    /// From blocks of JSON; those that are none are passed over.
    pub(crate) fn read(blocks: &[String]) -> Self {
        let values: Vec<Value> = blocks.iter().filter_map(|block| serde_json::from_str(block.trim()).ok()).collect();
        let mut things = Vec::new();
        for value in &values {
            collect(value, DEPTH, &mut things);
        }
        // What a page is about comes before where it is.
        things.sort_by_key(|thing| rank(thing));
        let Some(thing) = things.first().filter(|thing| rank(thing) < 3) else { return Self::default() };
        Self {
            title: text(thing, &["headline", "name"]),
            description: text(thing, &["description"]),
            images: images(&thing["image"]),
            author: name(&thing["author"]),
            published: text(thing, &["datePublished", "uploadDate"]),
            language: text(thing, &["inLanguage"]),
        }
    }
}

/// Objects with a type: at the top, in lists, in `@graph`.
fn collect<'a>(value: &'a Value, depth: usize, into: &mut Vec<&'a Value>) {
    if depth == 0 || into.len() >= MOST {
        return;
    }
    match value {
        Value::Array(list) => list.iter().for_each(|value| collect(value, depth - 1, into)),
        Value::Object(members) => {
            if members.contains_key("@type") {
                into.push(value);
            }
            for inner in ["@graph", "mainEntity"].iter().filter_map(|name| members.get(*name)) {
                collect(inner, depth - 1, into);
            }
        }
        _ => {}
    }
}

/// 0: a work; 1: a thing; 2: a page; 3: something else on it.
fn rank(thing: &Value) -> u8 {
    let rank = |name: &str| match name {
        "Recipe" | "VideoObject" | "Movie" | "Book" | "Review" | "Course" | "PodcastEpisode" | "TVEpisode" => 0,
        name if name.ends_with("Article") || name.ends_with("Posting") => 0,
        "Product" | "Event" | "SoftwareApplication" | "MusicRecording" | "MusicAlbum" | "Dataset" => 1,
        name if name.ends_with("Page") => 2,
        _ => 3,
    };
    match &thing["@type"] {
        Value::String(name) => rank(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(rank).min().unwrap_or(3),
        _ => 3,
    }
}

fn text(thing: &Value, names: &[&str]) -> Option<String> {
    let text = names.iter().find_map(|name| thing[*name].as_str()).map(crate::text::line);
    text.filter(|text| !text.is_empty())
}

/// The name of somebody, or of the first of several.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(crate::text::line(text)).filter(|text| !text.is_empty()),
        Value::Array(list) => list.iter().find_map(name),
        Value::Object(_) => text(value, &["name"]),
        _ => None,
    }
}

fn images(value: &Value) -> Vec<String> {
    match value {
        Value::String(url) => vec![url.clone()],
        Value::Array(list) => list.iter().take(MOST).flat_map(images).collect(),
        Value::Object(image) => image.get("url").or_else(|| image.get("contentUrl")).map(images).unwrap_or_default(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Data {
        Data::read(&["{broken".to_owned(), value.to_string()])
    }

    #[test]
    fn a_work_comes_before_the_page_and_what_else_is_on_it() {
        let found = read(&json!({"@graph": [
            {"@type": "Organization", "name": "Harbour"},
            {"@type": "WebPage", "name": "Page", "description": "of the page"},
            {"@type": ["NewsArticle"], "headline": "High &amp; low", "author": [{"name": "Ana"}, {"name": "Kim"}],
             "image": [{"@type": "ImageObject", "url": "/a.png"}, "/b.png"], "datePublished": "2026-05-01",
             "inLanguage": "en"},
        ]}));
        assert_eq!((found.title.as_deref(), found.author.as_deref()), (Some("High & low"), Some("Ana")));
        assert_eq!(found.images, ["/a.png", "/b.png"]);
        assert_eq!((found.published.as_deref(), found.language.as_deref()), (Some("2026-05-01"), Some("en")));
    }

    #[test]
    fn what_is_no_page_says_nothing_of_it() {
        assert_eq!(read(&json!([{"@type": "BreadcrumbList", "name": "x"}, {"name": "y"}, 1, "z"])), Data::default());
    }

    #[test]
    fn depth_and_number_have_an_end() {
        let mut deep = json!({"@type": "Article", "name": "deep"});
        for _ in 0..50 {
            deep = json!({"@graph": [deep]});
        }
        assert_eq!(read(&deep), Data::default());
        let many: Vec<_> = (0..10_000).map(|n| json!({"@type": "WebPage", "name": n.to_string()})).collect();
        assert_eq!(read(&json!(many)).title.as_deref(), Some("0"));
    }
}
