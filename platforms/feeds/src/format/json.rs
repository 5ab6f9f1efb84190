//! JSON Feed 1.0 and 1.1. Members of a wrong type count as absent, so that one slip does not cost the whole feed.

mod lenient;

use crate::entry::Attachment;
use crate::error::Found;
use crate::parsed::{Base, MAX_ATTACHMENTS, MAX_ENTRIES, Parsed, ParsedEntry};
use crate::FeedError;
use lenient::{Few, Objects, Text};
use serde::Deserialize;

/// Reads a feed, if the document calls itself one.
pub(crate) fn parse(text: &str, base: &Base) -> Result<Parsed, FeedError> {
    let Objects(documents) = serde_json::from_str::<Objects<Document, 1>>(text)?;
    let _ = (documents, base);
    Err(FeedError::NotAFeed(Found::Json))
}
