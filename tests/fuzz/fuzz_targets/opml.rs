//! A list of feeds, to what is followed of it.
#![no_main]

use footbridge_feeds::{MAX_SUBSCRIPTIONS, Opml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(list) = Opml::read(text) {
        assert!(list.feeds.len() + list.skipped.len() <= MAX_SUBSCRIPTIONS);
    }
});
