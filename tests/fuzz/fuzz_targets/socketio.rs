//! What a client may send over its transport: a Socket.IO packet, down to the name of its event.
#![no_main]

use footbridge_doors::socketio::Packet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(packet) = Packet::parse(text) else { return };
    let _ = packet.names_an_event();
    let written = packet.to_string();
    let read = Packet::parse(&written).expect("what is written is a packet");
    assert_eq!(read.to_string(), written);
});
