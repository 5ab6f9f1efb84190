//! Other people's feeds: `../shared/corpora/feeds` beside the workspace, or what `FOOTBRIDGE_CORPORA` names. Where they are
//! absent the test says so and passes.

use footbridge_feeds::{FeedError, Request, map};
use std::fs;
use std::path::{Path, PathBuf};

const URL: &str = "https://feeds.example/feed";

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

/// Whether the document reads as a feed; `None` for one of another kind or without a channel, which is no fault of the
/// reader.
fn reads(path: &Path) -> Option<bool> {
    let body = fs::read(path).expect("the folder lists it");
    let result = map(&body, None, URL, &Request::for_url(URL));
    match &result {
        Err(FeedError::NotAFeed(_) | FeedError::MissingChannel) => return None,
        Err(error) => println!("{}: {error}", path.display()),
        Ok(collection) => assert!(collection.to_json().is_ok(), "{}", path.display()),
    }
    Some(result.is_ok())
}

#[test]
fn other_peoples_feeds_are_read() {
    let Some(folder) = corpora() else {
        println!("skipped: no corpora");
        return;
    };
    for kind in ["wellformed", "illformed", "encoding", "entities"] {
        let mut paths = Vec::new();
        documents(&folder.join(kind), &mut paths);
        let results: Vec<_> = paths.iter().map(|path| reads(path)).collect();
        let read = results.iter().filter(|result| **result == Some(true)).count();
        let others = results.iter().filter(|result| result.is_none()).count();
        println!("{kind}: {read} of {} read as feeds, {others} are something else", results.len());
        if kind == "wellformed" {
            assert_eq!(read + others, results.len(), "every well-formed feed is read");
        }
    }
}
