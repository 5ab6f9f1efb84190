//! What a worker may write to the gateway.
#![no_main]

use bytes::BytesMut;
use footbridge_wire::{FromWorker, frame};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut buffer = BytesMut::from(data);
    while let Ok(Some(_)) = frame::take::<FromWorker>(&mut buffer) {}
});
