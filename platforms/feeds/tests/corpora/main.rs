//! Other people's feeds: `../shared/corpora/feeds` beside the workspace, or what `FOOTBRIDGE_CORPORA` names. Where they are
//! absent the test says so and passes.
//!
//! They are test documents of feedparser, each with what it should be read as. Of these expectations feedparser itself, the
//! control, meets 1,035 of 1,049 (6.0.14, documents given to it without a server in between). Only those about one member
//! that our answer has, too, are compared.

mod expectation;
mod ours;

use expectation::Expectation;
use footbridge_feeds::{FeedError, Request, map, read};
use ours::{Answer, Verdict};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the control's own tests are served from.
const SERVER: &str = "http://127.0.0.1:8097/";

fn corpora() -> Option<PathBuf> {
    // Asked when the test runs: checkouts that share their build output share this binary.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells its tests where they are");
    let beside = || Path::new(&package).join("../../../shared/corpora");
    let folder = std::env::var_os("FOOTBRIDGE_CORPORA").map_or_else(beside, PathBuf::from).join("feeds");
    folder.is_dir().then_some(folder)
}

fn documents(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            documents(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// Where a document came from, as far as its comment says.
fn origin(comment: &str, path: &Path) -> String {
    let served = format!("{SERVER}{}", path.file_name().unwrap_or_default().display());
    let location = expectation::header(comment, "Content-Location").unwrap_or_default();
    if location.starts_with("http") { location.to_owned() } else { served }
}

fn answer(body: &[u8], path: &Path) -> Result<Answer, FeedError> {
    let comment = expectation::comment(body);
    let url = origin(&comment, path);
    let content_type = expectation::header(&comment, "Content-Type");
    let channel = read(body, content_type, &url)?.channel(&url);
    let request = Request { sanitize: true, ..Request::for_url(&url) };
    let entries = read(body, content_type, &url)?.into_entries(&request);
    assert!(map(body, content_type, &url, &request)?.to_json().is_ok(), "{}", path.display());
    let json = |entry| serde_json::to_value(entry).expect("JSON");
    Ok(Answer {
        channel: serde_json::to_value(channel).expect("JSON"),
        entries: entries.into_iter().map(json).collect(),
    })
}

/// A date in the words of our answer.
fn date(text: &str) -> Option<String> {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let feed = format!("<rss><channel><item><pubDate>{text}</pubDate></item></channel></rss>");
    read(feed.as_bytes(), None, SERVER).ok()?.into_entries(&Request::for_url(SERVER)).pop()?.published
}

/// Verdicts by folder and field.
#[derive(Default)]
struct Table(BTreeMap<(String, &'static str), BTreeMap<Verdict, usize>>);

impl Table {
    fn note(&mut self, folder: &str, field: &'static str, verdict: Verdict) {
        *self.0.entry((folder.to_owned(), field)).or_default().entry(verdict).or_default() += 1;
    }

    fn count(&self, folder: &str, fields: &[&str], verdicts: &[Verdict]) -> usize {
        let cells = self.0.iter().filter(|((name, field), _)| name.starts_with(folder) && fields.contains(field));
        cells.flat_map(|(_, cell)| cell).filter(|(verdict, _)| verdicts.contains(verdict)).map(|(_, count)| count).sum()
    }

    fn print(&self) {
        for ((folder, field), verdicts) in &self.0 {
            let shown: Vec<_> = verdicts.iter().map(|(verdict, count)| format!("{verdict:?} {count}")).collect();
            println!("{folder:<24} {field:<12} {}", shown.join(", "));
        }
    }
}

/// Compares one document with what it says about itself.
fn compare(body: &[u8], name: &str, folder: &str, answer: &Answer, table: &mut Table) -> bool {
    let comment = expectation::comment(body);
    let Some(expectation) = expectation::line(&comment, "Expect").and_then(expectation::parse) else { return false };
    let Some((field, found)) = ours::find(answer, &expectation) else { return false };
    let verdict = ours::judge(&expectation, field, found.as_deref(), answer);
    if verdict == Verdict::Different {
        let Expectation { path, value, .. } = &expectation;
        println!("{name}: {path} is {value:?}, ours {found:?}");
    }
    table.note(folder, field, verdict);
    true
}

#[test]
fn other_peoples_feeds_are_read_as_others_read_them() {
    let Some(root) = corpora() else {
        println!("skipped: no corpora");
        return;
    };
    let mut paths = Vec::new();
    for kind in ["wellformed", "illformed", "encoding", "entities"] {
        documents(&root.join(kind), &mut paths);
    }
    paths.sort();
    let (mut table, mut read, mut others, mut compared) = (Table::default(), 0, 0, 0);
    for path in &paths {
        let body = fs::read(path).expect("the folder lists it");
        let name = path.strip_prefix(&root).unwrap_or(path);
        let folder = name.parent().unwrap_or(name).display().to_string();
        match answer(&body, path) {
            Ok(answer) => {
                read += 1;
                compared += usize::from(compare(&body, &name.display().to_string(), &folder, &answer, &mut table));
            }
            // Of another kind (the channels of 1997), or without a channel: no fault of the reader.
            Err(FeedError::NotAFeed(_) | FeedError::MissingChannel) => others += 1,
            Err(error) => {
                println!("{}: {error}", name.display());
                assert!(!folder.starts_with("wellformed"), "every well-formed feed is read");
            }
        }
    }
    table.print();
    println!("{} documents: {read} read, {others} are no feeds, {compared} compared", paths.len());
    agree(&table);
}

fn agree(table: &Table) {
    let count = |verdicts: &[_]| table.count("wellformed", &["title", "link", "date", "id"], verdicts);
    let (same, text) = (count(&[Verdict::Same]), count(&[Verdict::AsText]));
    let by_contract = [Verdict::FeedIsLink, Verdict::IdAsWritten, Verdict::OwnEntity, Verdict::TitleAsWritten];
    let by_contract = count(&by_contract);
    let different = count(&[Verdict::Different]);
    println!(
        "title, link, date, id of well-formed feeds: {same} the same, {text} the same but for markup, \
         {by_contract} otherwise by contract, {different} different"
    );
    assert!(same * 100 >= (same + different) * 98, "{different} of {} differ", same + different);
}
