//! Other people's pages: `../shared/corpora/pages` beside the workspace, or what `FOOTBRIDGE_CORPORA` names. Where they are
//! absent the test says so and passes.
//!
//! Each page comes with what another scraper found. That is a second opinion, so it counts where the page itself declares
//! it: where the expected value is what some element of the page says.

use footbridge_metadata::{Page, read};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use url::Url;

/// Of a hundred, on how many pages both have to agree.
const AGREEMENT: usize = 95;
const FIELDS: [&str; 5] = ["title", "description", "image", "url", "lang"];

fn corpora() -> Option<PathBuf> {
    // Asked when the test runs: checkouts that share their build output share this binary.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells its tests where they are");
    let beside = || Path::new(&package).join("../../../shared/corpora");
    let folder = std::env::var_os("FOOTBRIDGE_CORPORA").map_or_else(beside, PathBuf::from).join("pages");
    folder.is_dir().then_some(folder)
}

/// The values that the other scraper found, by field. They are written as JavaScript.
fn expected(folder: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder.join("expected.md")).expect("it is there");
    let value = |line: &str| {
        let (field, value) = line.trim().strip_suffix(',')?.split_once(": ")?;
        let value = value.strip_prefix('\'')?.strip_suffix('\'')?;
        Some((field.to_owned(), value.replace("\\'", "'").replace("\\n", "\n")))
    };
    text.lines().filter_map(value).collect()
}

/// A value as two scrapers would spell it alike: their taste in quotes, white space and slashes is their own.
fn plain(text: &str) -> String {
    let text = text.replace(['‘', '’'], "'").replace(['“', '”'], "\"").replace('…', "...").replace(['–', '—'], "-");
    let words: Vec<_> =
        text.split(|c: char| c.is_whitespace() || c == '\u{a0}').filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

fn same(field: &str, expected: &str, found: &str) -> bool {
    match field {
        "url" | "image" => {
            let address =
                |text: &str| text.split_once("://").map_or(text, |(_, rest)| rest).trim_end_matches('/').to_owned();
            address(expected) == address(found)
        }
        // `en_GB`, `en-gb` and `en` are one language to the other scraper.
        "lang" => found.to_lowercase().split(['-', '_']).next() == expected.to_lowercase().split(['-', '_']).next(),
        _ => plain(expected) == plain(found),
    }
}

fn found<'a>(page: &'a Page, field: &str) -> &'a str {
    match field {
        "title" => page.title.as_deref(),
        "description" => Some(page.description.as_str()),
        "image" => page.image.first().map(|image| image.url.as_str()),
        "url" => page.url.as_deref(),
        _ => page.language.as_deref(),
    }
    .unwrap_or_default()
}

/// Whether the page declares just that: in what its elements for this say, or in its data. Looked at as raw text, with
/// other eyes than the parser's.
fn is_declared(html: &str, field: &str, expected: &str) -> bool {
    let declares = |tag: &&str| {
        let start = tag.get(..6).unwrap_or(tag).to_ascii_lowercase();
        ["meta ", "link ", "html ", "title", "script"].iter().any(|name| start.starts_with(name))
    };
    html.split('<').filter(declares).any(|tag| {
        let tag = htmlize::unescape(tag);
        let mut values = tag.split(['"', '>']).chain(tag.split(['"', '\'', '>', '='])).map(str::trim);
        values.any(|text| match field {
            "lang" => (2..=6).contains(&text.len()) && same(field, expected, text),
            "url" | "image" => text.contains("//") && same(field, expected, text),
            _ => text.len() < 10_000 && same(field, expected, text),
        })
    })
}

#[test]
fn other_peoples_pages_are_read_as_others_read_them() {
    let Some(folder) = corpora() else {
        println!("skipped: no corpora");
        return;
    };
    let mut pages: Vec<_> = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    pages.retain(|path| path.is_dir());
    pages.sort();
    let mut counts: BTreeMap<&str, (usize, usize)> = FIELDS.map(|field| (field, (0, 0))).into();
    for folder in &pages {
        let html = fs::read(folder.join("input.html")).expect("a page");
        let expected = expected(folder);
        let base = expected.get("url").and_then(|url| Url::parse(url).ok());
        let base = base.unwrap_or_else(|| Url::parse("https://pages.example/").expect("a URL"));
        let page = read(&html, Some("text/html"), &base);
        let text = String::from_utf8_lossy(&html);
        for (field, (agreed, declared)) in &mut counts {
            let Some(expected) = expected.get(*field).filter(|expected| is_declared(&text, field, expected)) else {
                continue;
            };
            *declared += 1;
            if same(field, expected, found(&page, field)) {
                *agreed += 1;
            } else {
                let name = folder.file_name().unwrap_or_default().to_string_lossy();
                println!("{name}: {field}: {:?} here, {expected:?} there", found(&page, field));
            }
        }
    }
    for (field, (agreed, declared)) in &counts {
        println!("{field}: {agreed} of {declared} agree");
    }
    let (agreed, declared) = counts.values().fold((0, 0), |(a, b), (agreed, declared)| (a + agreed, b + declared));
    println!("all: {agreed} of {declared} of {} pages agree", pages.len());
    for (field, (agreed, declared)) in counts {
        assert!(agreed * 100 >= declared * AGREEMENT, "{field}: {agreed} of {declared} agree");
    }
}
