//! What followers are told: posts and updates, each in the words of an answer.

use crate::follow::follower::Shared;
use crate::follow::known::Kind;
use crate::follow::topic;
use crate::follow::watched::Found;
use crate::parsed::{Parsed, ParsedEntry};
use crate::sanitize::Sanitizer;
use crate::{Channel, Entry, Item, MAX_ANSWER};
use footbridge_host::LogLevel;
use std::sync::Arc;

impl Shared {
    /// Tells what was found: to all what is new, and to each who was away what has come since. Of more than an answer can hold
    /// the newest is left out, and fetched by whoever wants it.
    pub(super) fn tell(&self, name: &str, parsed: &Parsed, found: &Found) {
        if found.diff.hushed > 0 {
            let text =
                format!("{} was published anew: {} entries are not told", topic::public(name), found.diff.hushed);
            self.outbox.log(LogLevel::Info, text);
        }
        let returning = found.returning.iter().map(|(follower, news)| (Some(*follower), news));
        let mut channel = None;
        let mut room = MAX_ANSWER;
        // One reader of the news may show it: what is cheap for a few is not asked about.
        let sanitizer = Sanitizer::new(&parsed.base);
        for (only, news) in std::iter::once((None, &found.diff.news)).chain(returning) {
            for (at, kind) in news {
                let Some(entry) = parsed.entries.get(*at) else { continue };
                let channel = channel.get_or_insert_with(|| Arc::new(parsed.channel(name)));
                if !self.say(name, only, &item(entry, name, *kind, channel, &sanitizer), &mut room) {
                    self.outbox
                        .log(LogLevel::Warn, format!("{} has more news than can be told at once", topic::public(name)));
                    return;
                }
            }
        }
    }

    /// Whether it was told.
    fn say(&self, name: &str, only: Option<u64>, item: &Item, room: &mut usize) -> bool {
        let Ok(text) = serde_json::value::to_raw_value(item) else { return false };
        match room.checked_sub(text.get().len()) {
            Some(rest) => *room = rest,
            None => return false,
        }
        self.topics.news(name, only, &text).is_ok()
    }
}

fn item(entry: &ParsedEntry, name: &str, kind: Kind, channel: &Arc<Channel>, sanitizer: &Sanitizer) -> Item {
    let r#type = match kind {
        Kind::Post => "post",
        Kind::Update => "update",
    };
    Item::news(r#type, Arc::clone(channel), Entry::new(entry.clone(), name, Some(sanitizer)))
}
