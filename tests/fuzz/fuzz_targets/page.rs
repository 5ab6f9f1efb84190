//! A document, to what is told of it.
#![no_main]

use footbridge_metadata::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let url = "https://example.org/page".parse().expect("a URL");
    let page = read(data, None, &url);
    assert!(page.image.len() <= 10);
});
