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
