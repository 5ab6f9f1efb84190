//! The text of an event, all the way to a checked activity and its answer.
#![no_main]

use std::sync::LazyLock;

use footbridge_doors::socketio::{Event, Frame};
use footbridge_schemas::{Manifest, Schemas, Spelled, answer};
use libfuzzer_sys::fuzz_target;

static SCHEMAS: LazyLock<Schemas> =
    LazyLock::new(|| Schemas::compile("0.0.0", Manifest::builtin(), true).expect("the built-in schemas compile"));

fuzz_target!(|text: &str| {
    let Ok(frame) = Frame::parse(text) else { return };
    let raw = frame.activity();
    let checked = Spelled::from_json(raw, true, &|_| None).and_then(|spelled| match frame.event {
        Some(Event::Credentials) => SCHEMAS.credentials(spelled),
        _ => SCHEMAS.message(spelled),
    });
    match checked {
        Ok(checked) => {
            answer::completed(checked.json(), checked.platform()).expect("a checked activity is an object");
        }
        Err(violation) => {
            assert!(answer::rejected(raw, &violation).get().contains("\"error\""));
        }
    }
});
