//! A compiled JSON Schema, and what it says about an activity.

use std::borrow::Cow;

use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;

use crate::choice;
use crate::format;
use crate::glimpse;
use crate::violation::Complaint;

/// A draft-07 schema, compiled once.
#[derive(Debug)]
pub(crate) struct Rules(Validator);

impl Rules {
    /// Compiles `schema`; unknown formats and references to elsewhere are errors.
    pub(crate) fn compile(schema: &Value) -> Result<Self, ValidationError<'static>> {
        jsonschema::options()
            .with_draft(Draft::Draft7)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_format("iri", format::iri)
            .with_format("date-time", format::date_time)
            // Linear in the text's length, whoever wrote the pattern and whoever sends the text.
            .with_pattern_options(PatternOptions::regex())
            .build(schema)
            .map(Self)
    }

    /// Whether `activity` obeys; if not, the one complaint that the sender reads.
    pub(crate) fn check(&self, activity: &Value) -> Result<(), Complaint> {
        if self.0.is_valid(activity) {
            return Ok(());
        }
        match glimpse::of(activity) {
            Some(seen) if matches!(seen, Cow::Borrowed(_)) || !self.0.is_valid(&seen) => {
                Err(choice::choose(self.0.iter_errors(&seen), &seen))
            }
            // What is wrong lies beyond what is looked at.
            _ => Err(Complaint::unexplained()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Rules;

    #[test]
    fn unknown_formats_foreign_references_and_nonsense_do_not_compile() {
        let bad = [
            json!({"format": "zork"}),
            json!({"$ref": "https://schemas.example/a.json"}),
            json!({"type": "zork"}),
            json!({"pattern": "(?=lookahead)"}),
        ];
        for schema in bad {
            assert!(Rules::compile(&schema).is_err(), "{schema}");
        }
    }

    #[test]
    fn formats_are_checked() {
        let rules = Rules::compile(&json!({"properties": {"at": {"format": "date-time"}}})).unwrap();
        assert!(rules.check(&json!({"at": "2024-05-01T08:00:00"})).is_ok());
        assert!(rules.check(&json!({"at": "2024-05-01"})).is_err());
    }
}
