//! AJV's words for what the validator finds: the same mistake reads the same on the client and on the gateway (core.md 2.5).
//!
//! Only the schema's side is quoted, never the value that was sent.

use jsonschema::JsonType;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};

/// Of a closed object with a property it does not know.
pub(super) const ADDITIONAL_PROPERTIES: &str = "must NOT have additional properties";

/// The words for `kind`.
pub(super) fn of(kind: &Kind) -> String {
    match kind {
        Kind::Type { kind: TypeKind::Single(single) } => format!("must be {}", name(*single)),
        Kind::Type { kind: TypeKind::Multiple(several) } => {
            format!("must be {}", several.iter().map(name).collect::<Vec<_>>().join(","))
        }
        Kind::Required { property } => {
            format!("must have required property '{}'", property.as_str().unwrap_or_default())
        }
        Kind::AdditionalProperties { .. } => ADDITIONAL_PROPERTIES.to_owned(),
        Kind::Enum { .. } => "must be equal to one of the allowed values".to_owned(),
        Kind::Constant { .. } => "must be equal to constant".to_owned(),
        Kind::OneOfNotValid { .. } | Kind::OneOfMultipleValid { .. } => {
            "must match exactly one schema in oneOf".to_owned()
        }
        Kind::AnyOf { .. } => "must match a schema in anyOf".to_owned(),
        Kind::Not { .. } => "must NOT be valid".to_owned(),
        Kind::FalseSchema => "boolean schema is false".to_owned(),
        Kind::Contains => "must contain at least 1 valid item(s)".to_owned(),
        Kind::UniqueItems => "must NOT have duplicate items".to_owned(),
        Kind::PropertyNames { .. } => "property name must be valid".to_owned(),
        Kind::Format { format } => format!("must match format \"{format}\""),
        Kind::Pattern { pattern } => format!("must match pattern \"{pattern}\""),
        bound => limit(bound),
    }
}

/// The words for a bound that is not kept.
fn limit(kind: &Kind) -> String {
    match kind {
        Kind::Minimum { limit } => format!("must be >= {limit}"),
        Kind::Maximum { limit } => format!("must be <= {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be > {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be < {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("must NOT have fewer than {limit} characters"),
        Kind::MaxLength { limit } => format!("must NOT have more than {limit} characters"),
        Kind::MinItems { limit } => format!("must NOT have fewer than {limit} items"),
        Kind::MaxItems { limit } => format!("must NOT have more than {limit} items"),
        Kind::AdditionalItems { limit } => format!("must NOT have more than {limit} items"),
        Kind::MinProperties { limit } => format!("must NOT have fewer than {limit} properties"),
        Kind::MaxProperties { limit } => format!("must NOT have more than {limit} properties"),
        // Nothing of draft-07 is left; the keyword says enough about what newer ones may add.
        other => format!("must pass \"{}\" keyword validation", other.keyword()),
    }
}

fn name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "array",
        JsonType::Boolean => "boolean",
        JsonType::Integer => "integer",
        JsonType::Null => "null",
        JsonType::Number => "number",
        JsonType::Object => "object",
        JsonType::String => "string",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::rules::Rules;

    #[test]
    fn each_keyword_has_ajvs_words() {
        let table: [(Value, Value, &str); 21] = [
            (json!({"type": "integer"}), json!("x"), "must be integer"),
            (json!({"type": ["string", "null"]}), json!(1), "must be null,string"),
            (json!({"minimum": 1}), json!(0), "must be >= 1"),
            (json!({"maximum": 65535}), json!(70000), "must be <= 65535"),
            (json!({"exclusiveMinimum": 0}), json!(0), "must be > 0"),
            (json!({"exclusiveMaximum": 1.5}), json!(2), "must be < 1.5"),
            (json!({"multipleOf": 2}), json!(3), "must be multiple of 2"),
            (json!({"minLength": 1}), json!(""), "must NOT have fewer than 1 characters"),
            (json!({"maxLength": 1}), json!("ab"), "must NOT have more than 1 characters"),
            (json!({"pattern": "^a$"}), json!("b"), "must match pattern \"^a$\""),
            (json!({"format": "iri"}), json!("b"), "must match format \"iri\""),
            (json!({"minProperties": 1}), json!({}), "must NOT have fewer than 1 properties"),
            (json!({"maxProperties": 1}), json!({"a": 1, "b": 1}), "must NOT have more than 1 properties"),
            (json!({"uniqueItems": true}), json!([1, 1]), "must NOT have duplicate items"),
            (json!({"items": [true], "additionalItems": false}), json!([1, 2]), "must NOT have more than 1 items"),
            (json!({"contains": {"const": 1}}), json!([]), "must contain at least 1 valid item(s)"),
            (json!({"enum": ["a"]}), json!("b"), "must be equal to one of the allowed values"),
            (json!({"not": {}}), json!("b"), "must NOT be valid"),
            (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!(1), "must match a schema in anyOf"),
            (json!({"propertyNames": {"maxLength": 1}}), json!({"ab": 1}), "property name must be valid"),
            (json!(false), json!(1), "boolean schema is false"),
        ];
        for (schema, value, words) in table {
            let complaint = Rules::compile(&schema).unwrap().check(&value).unwrap_err();
            assert_eq!(complaint.to_string(), format!("activity stream: {words}"), "{schema}");
        }
    }
}
