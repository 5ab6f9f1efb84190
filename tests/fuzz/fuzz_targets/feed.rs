//! A document, to a collection or a named error.
#![no_main]

use footbridge_feeds::{Request, map};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let request = Request::for_url("https://example.org/feed");
    if let Ok(collection) = map(data, None, &request.url, &request) {
        assert_eq!(collection.items.len(), collection.total_items);
    }
});
