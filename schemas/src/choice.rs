//! Which of several schema errors a client reads: the choice of core.md 2.5.

mod order;

use std::collections::HashSet;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use crate::envelope;
use crate::violation::{Complaint, Hint};

/// Errors that take part in the choice. A hostile activity has a hundred thousand of them; any one is true.
const CONSIDERED: usize = 1000;

/// The one complaint about `activity` that represents all of `errors`.
///
/// The deepest *typed* error wins, i.e. one found by the definition that the sender names in a `type` of the same part of the
/// activity; among equals the first. If there is none, the last error wins. First and last are meant in AJV's order.
pub(crate) fn choose<'a>(errors: impl Iterator<Item = ValidationError<'a>>, activity: &Value) -> Complaint {
    let errors: Vec<_> = errors.collect();
    let mut all = Vec::new();
    for error in &errors {
        flatten(error, &mut all);
    }
    all.truncate(CONSIDERED);
    all.sort_by_cached_key(|error| order::key(error.evaluation_path().as_str()));

    let named = Named::of(activity);
    let mut deepest: Option<(usize, &ValidationError<'_>)> = None;
    for error in &all {
        let depth = error.instance_path().segments().count();
        if deepest.is_none_or(|(least, _)| depth > least) && named.has(error) {
            deepest = Some((depth, error));
        }
    }
    match deepest {
        Some((_, error)) => complaint(error, true),
        None => all.last().map_or_else(Complaint::unexplained, |error| complaint(error, false)),
    }
}

/// Lists `error` behind the errors of the branches that it sums up, as AJV does.
fn flatten<'e>(error: &'e ValidationError<'_>, all: &mut Vec<&'e ValidationError<'e>>) {
    if let ValidationErrorKind::AnyOf { context }
    | ValidationErrorKind::OneOfNotValid { context }
    | ValidationErrorKind::OneOfMultipleValid { context } = error.kind()
    {
        context.iter().flatten().for_each(|nested| flatten(nested, all));
    }
    all.push(error);
}

/// The `type`s that occur in each part of an activity, with the part's name. Collected once: a hostile activity has as many
/// errors as it has types.
struct Named<'a>(HashSet<(&'static str, &'a str)>);

impl<'a> Named<'a> {
    fn of(activity: &'a Value) -> Self {
        let mut named = Self(HashSet::new());
        for part in ["actor", "target", "object"] {
            if let Some(value) = activity.get(part) {
                named.collect(part, value);
            }
        }
        named
    }

    fn collect(&mut self, part: &'static str, value: &'a Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(name)) = members.get("type") {
                    self.0.insert((part, name));
                }
                members.values().for_each(|member| self.collect(part, member));
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.collect(part, element)),
            _ => {}
        }
    }

    /// Whether the definition that `error` comes from is named in the part that the error is about.
    fn has(&self, error: &ValidationError<'_>) -> bool {
        definition(error.schema_path().as_str())
            .is_some_and(|name| self.0.contains(&(root(error.instance_path().as_str()), name)))
    }
}

/// `person` in `/definitions/person/required`.
fn definition(schema_path: &str) -> Option<&str> {
    let (_, rest) = schema_path.split_once("/definitions/")?;
    rest.split('/').next()
}

/// `actor` in `/actor/id`.
fn root(instance_path: &str) -> &str {
    instance_path.split('/').nth(1).unwrap_or_default()
}

fn complaint(error: &ValidationError<'_>, typed: bool) -> Complaint {
    let path = error.instance_path().as_str();
    let hint = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected.last().cloned().map(Hint::Property),
        ValidationErrorKind::Enum { options } if typed => Some(Hint::Choices(words(options))),
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::OneOfMultipleValid { .. } if !typed => {
            envelope::types_of(root(path)).map(visible).map(Hint::Choices)
        }
        _ => None,
    };
    Complaint::new(path, error.kind(), hint)
}

/// The types that are told to clients: `platform` is accepted but hidden (core.md 2.4).
fn visible(types: &[&str]) -> Vec<String> {
    types.iter().filter(|name| **name != "platform").map(ToString::to_string).collect()
}

fn words(options: &Value) -> Vec<String> {
    let word = |option: &Value| option.as_str().map_or_else(|| option.to_string(), ToOwned::to_owned);
    options.as_array().map(|options| options.iter().map(word).collect()).unwrap_or_default()
}
