//! Whether the actors and targets that a platform speaks of can pass the envelope at all (core.md 5.6).

use std::collections::BTreeSet;

use serde_json::Value;

use super::ManifestError;
use crate::envelope;

/// Checks every actor and target type that the schema `messages` mentions, in whatever branch.
pub(super) fn check(messages: &Value) -> Result<(), ManifestError> {
    for (part, known) in [("actor", envelope::ACTOR_TYPES), ("target", envelope::TARGET_TYPES)] {
        let mut mentioned = BTreeSet::new();
        collect_of(part, messages, &mut mentioned);
        mentioned.retain(|name| !known.contains(name));
        if !mentioned.is_empty() {
            let types = mentioned.into_iter().map(ToOwned::to_owned).collect();
            return Err(ManifestError::Vocabulary { part, types });
        }
    }
    Ok(())
}

/// Finds the subschemas for `part` at the activity's level, through unions and conditions.
fn collect_of<'a>(part: &str, schema: &'a Value, types: &mut BTreeSet<&'a str>) {
    if let Some(schema) = schema.pointer("/properties").and_then(|properties| properties.get(part)) {
        collect(schema, types);
    }
    branches(schema).for_each(|branch| collect_of(part, branch, types));
}

/// Collects what the subschema of an actor or target allows as `type`.
fn collect<'a>(schema: &'a Value, types: &mut BTreeSet<&'a str>) {
    if let Some(rule) = schema.pointer("/properties/type") {
        let listed = rule.get("enum").and_then(Value::as_array).into_iter().flatten();
        types.extend(listed.chain(rule.get("const")).filter_map(Value::as_str));
    }
    branches(schema).for_each(|branch| collect(branch, types));
}

/// The subschemas that apply to the same value as `schema`.
fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array());
    lists.flatten().chain(["if", "then", "else"].into_iter().filter_map(|keyword| schema.get(keyword)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;

    fn refusal(messages: &Value) -> Option<String> {
        check(messages).err().map(|error| error.to_string())
    }

    #[test]
    fn types_of_the_envelope_pass() {
        let messages = json!({
            "properties": {"actor": {"properties": {"type": {"enum": ["person", "platform"]}}}},
            "allOf": [{"then": {"properties": {"target": {"properties": {"type": {"const": "addressBook"}}}}}}],
        });
        assert_eq!(refusal(&messages), None);
    }

    #[test]
    fn foreign_types_are_named() {
        let table = [
            (
                json!({"properties": {"target": {"properties": {"type": {"enum": ["zork", "room", "blob"]}}}}}),
                "platform schema target types are not registered in the shared ActivityStreams envelope: blob, zork",
            ),
            (
                json!({"anyOf": [{"properties": {"actor": {"oneOf": [{"properties": {"type": {"const": "calendar"}}}]}}}]}),
                "platform schema actor types are not registered in the shared ActivityStreams envelope: calendar",
            ),
        ];
        for (messages, expected) in table {
            assert_eq!(refusal(&messages).as_deref(), Some(expected));
        }
    }
}
