//! The first steps of the pipeline: shape and normalisation (core.md 2.2 and 2.3), legacy spellings (1.7).

use std::fmt;

use serde_json::{Map, Value};

use crate::Violation;
use crate::tree;
use crate::violation::Refusal;

/// An activity of the right shape, normalised, not yet checked against any schema.
pub struct Spelled {
    activity: Map<String, Value>,
    legacy: Option<String>,
}

impl Spelled {
    /// Reads what a client sent.
    ///
    /// With `legacy_context`, a string `context` may name the platform instead of, or beside, `@context`. `known` gives the
    /// activity object that the session registered under an id, for clients that refer to actors and targets by their id alone.
    ///
    /// # Errors
    ///
    /// A violation of stage [`Shape`](crate::Stage::Shape), also for JSON that is ill-formed or nested more than 127 levels deep.
    pub fn from_json(
        text: &str,
        legacy_context: bool,
        known: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Self, Violation> {
        let mut activity = object(text)?;
        let legacy = if legacy_context { take_legacy(&mut activity) } else { None };
        let has_context = match activity.get("@context") {
            Some(Value::Array(urls)) => urls.iter().all(Value::is_string),
            Some(_) => false,
            None => legacy.is_some(),
        };
        if !has_context {
            return Err(Refusal::NoContext.into());
        }
        if !activity.get("type").is_some_and(Value::is_string) {
            return Err(Refusal::NoType.into());
        }
        normalise(&mut activity, known);
        if activity.get("actor").is_none_or(is_falsy) {
            return Err(Refusal::NoActor.into());
        }
        Ok(Self { activity, legacy })
    }

    /// The activity, and the platform that its legacy `context` named.
    pub(crate) fn into_parts(self) -> (Map<String, Value>, Option<String>) {
        (self.activity, self.legacy)
    }
}

/// Without the content: it may be credentials.
impl fmt::Debug for Spelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spelled").field("type", &self.activity.get("type")).finish_non_exhaustive()
    }
}

/// Reads `text` as one JSON object.
pub(crate) fn object(text: &str) -> Result<Map<String, Value>, Violation> {
    match tree::parse(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Refusal::NotAnObject.into()),
        Err(error) if error.is_data() => Err(Refusal::PrivateName.into()),
        // The parser has no other mark for this case; a test below watches the words.
        Err(error) if error.to_string().starts_with("recursion limit exceeded") => Err(Refusal::TooDeep.into()),
        Err(_) => Err(Refusal::NotJson.into()),
    }
}

fn take_legacy(activity: &mut Map<String, Value>) -> Option<String> {
    match activity.remove("context") {
        Some(Value::String(platform)) => Some(platform),
        // Not a legacy spelling but an unknown property: the envelope refuses it.
        Some(other) => {
            activity.insert("context".to_owned(), other);
            None
        }
        None => None,
    }
}

/// Expands references by id (core.md 2.3). Arrays are left alone: whatever is in them, the envelope refuses them.
fn normalise(activity: &mut Map<String, Value>, known: &dyn Fn(&str) -> Option<Value>) {
    for part in ["actor", "target"] {
        if let Some(value) = activity.get_mut(part)
            && let Value::String(id) = value
        {
            *value = known(id).unwrap_or_else(|| wrap("id", id));
        }
    }
    if let Some(value) = activity.get_mut("object")
        && let Value::String(content) = value
    {
        *value = wrap("content", content);
    }
}

fn wrap(member: &str, text: &mut String) -> Value {
    Value::Object(Map::from_iter([(member.to_owned(), Value::String(std::mem::take(text)))]))
}

/// What JavaScript takes for false; strings do not get here.
fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Spelled;
    use crate::Stage;

    const CONTEXT: &str = r#""@context":["a"]"#;

    fn nobody(_: &str) -> Option<Value> {
        None
    }

    fn spell(text: &str, legacy: bool) -> Result<(Value, Option<String>), String> {
        let spelled = Spelled::from_json(text, legacy, &nobody).map_err(|violation| {
            assert_eq!(violation.stage(), Stage::Shape);
            violation.to_string()
        })?;
        let (activity, legacy) = spelled.into_parts();
        Ok((Value::Object(activity), legacy))
    }

    // core 26 to 30
    #[test]
    fn what_has_not_the_shape_of_an_activity_is_refused() {
        let (no_object, no_context) =
            ("message received is not an object.", "activity stream must contain an @context array.");
        let (no_type, no_actor) =
            ("activity stream must contain a type property.", "activity stream must contain an actor property.");
        let table = [
            (r#""hi""#.to_owned(), no_object),
            ("null".to_owned(), no_object),
            ("[]".to_owned(), no_object),
            ("7".to_owned(), no_object),
            ("{}".to_owned(), no_context),
            (r#"{"@context":"a","type":"b","actor":{}}"#.to_owned(), no_context),
            (r#"{"@context":["a",1],"type":"b","actor":{}}"#.to_owned(), no_context),
            (r#"{"@context":null,"type":"b","actor":{}}"#.to_owned(), no_context),
            (format!("{{{CONTEXT}}}"), no_type),
            (format!(r#"{{{CONTEXT},"type":1,"actor":"x"}}"#), no_type),
            (format!(r#"{{{CONTEXT},"type":"b"}}"#), no_actor),
            (format!(r#"{{{CONTEXT},"type":"b","actor":null}}"#), no_actor),
            (format!(r#"{{{CONTEXT},"type":"b","actor":false}}"#), no_actor),
            (format!(r#"{{{CONTEXT},"type":"b","actor":0}}"#), no_actor),
            ("{".to_owned(), "message received is not valid JSON."),
            (r#"{"a":"\ud800"}"#.to_owned(), "message received is not valid JSON."),
            (
                r#"{"a":{"$serde_json::private::RawValue":"[]"}}"#.to_owned(),
                "message received has a property with a reserved name.",
            ),
            (format!("{}{}", "[".repeat(128), "]".repeat(128)), "message received is nested too deeply."),
        ];
        for (text, expected) in table {
            assert_eq!(spell(&text, true).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn references_by_id_are_expanded() {
        let table = [
            (json!("x"), json!("y"), json!("z"), json!({"id": "x"}), json!({"id": "y"}), json!({"content": "z"})),
            (json!({"a": "x"}), json!(null), json!(1), json!({"a": "x"}), json!(null), json!(1)),
            (json!(["x"]), json!([1]), json!(["x"]), json!(["x"]), json!([1]), json!(["x"])),
        ];
        for (actor, target, object, as_actor, as_target, as_object) in table {
            let text =
                json!({"@context": [], "type": "b", "actor": actor, "target": target, "object": object, "id": "i"});
            let expected = json!({"@context": [], "type": "b", "actor": as_actor, "target": as_target, "object": as_object, "id": "i"});
            assert_eq!(spell(&text.to_string(), false), Ok((expected, None)));
        }
    }

    // core 49
    #[test]
    fn a_known_id_stands_for_the_registered_object() {
        let known = |id: &str| (id == "kim").then(|| json!({"id": "kim", "type": "person"}));
        let text = format!(r#"{{{CONTEXT},"type":"b","actor":"kim","target":"lee"}}"#);
        let (activity, _) = Spelled::from_json(&text, true, &known).unwrap().into_parts();
        assert_eq!(activity["actor"], json!({"id": "kim", "type": "person"}));
        assert_eq!(activity["target"], json!({"id": "lee"}));
    }

    // core 48
    #[test]
    fn a_legacy_context_is_taken_out_only_if_allowed() {
        let bare = r#"{"context":"dummy","type":"b","actor":"x"}"#;
        let (activity, legacy) = spell(bare, true).unwrap();
        assert_eq!((activity, legacy.as_deref()), (json!({"type": "b", "actor": {"id": "x"}}), Some("dummy")));
        assert_eq!(spell(bare, false).unwrap_err(), "activity stream must contain an @context array.");

        let beside = format!(r#"{{{CONTEXT},"context":"dummy","type":"b","actor":"x"}}"#);
        assert_eq!(spell(&beside, false).unwrap().0["context"], "dummy");
        assert_eq!(spell(&beside, true).unwrap().0.get("context"), None);

        let odd = format!(r#"{{{CONTEXT},"context":7,"type":"b","actor":"x"}}"#);
        assert_eq!(spell(&odd, true).unwrap().0["context"], 7);
    }

    #[test]
    fn debugging_shows_no_content() {
        let text = format!(r#"{{{CONTEXT},"type":"credentials","actor":"x","object":{{"password":"s3cret"}}}}"#);
        let spelled = Spelled::from_json(&text, false, &nobody).unwrap();
        assert_eq!(format!("{spelled:?}"), r#"Spelled { type: Some(String("credentials")), .. }"#);
    }
}
