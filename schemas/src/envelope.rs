//! The envelope that every activity travels in (core.md 2.4).

use serde_json::Value;

use crate::rules::Rules;

/// Types an actor may have, in the order in which they are tried.
pub(crate) const ACTOR_TYPES: &[&str] = &["person", "room", "service", "feed", "website", "platform"];

/// Types a target may have, in the order in which they are tried.
pub(crate) const TARGET_TYPES: &[&str] =
    &["person", "room", "service", "feed", "website", "platform", "address", "calendar", "addressBook"];

const DOCUMENT: &str = include_str!("../envelope.json");

/// Compiles the envelope's rules.
pub(crate) fn rules() -> Rules {
    let document: Value = serde_json::from_str(DOCUMENT).expect("envelope.json is JSON");
    Rules::compile(&document).expect("envelope.json is a schema")
}

/// The types to choose from in the part of an activity named `part`.
pub(crate) fn types_of(part: &str) -> Option<&'static [&'static str]> {
    match part {
        "actor" => Some(ACTOR_TYPES),
        "target" => Some(TARGET_TYPES),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{DOCUMENT, types_of};

    #[test]
    fn the_lists_are_those_of_the_document() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        for part in ["actor", "target"] {
            let union = document["properties"][part]["oneOf"].as_array().unwrap();
            let names = union.iter().map(|entry| entry["$ref"].as_str().unwrap().trim_start_matches("#/definitions/"));
            assert_eq!(names.collect::<Vec<_>>(), types_of(part).unwrap());
        }
    }

    #[test]
    fn each_definition_has_its_name_as_type() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        for (name, definition) in document["definitions"].as_object().unwrap() {
            assert_eq!(definition["properties"]["type"]["const"], name.as_str());
        }
    }
}
