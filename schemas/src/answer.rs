//! What leaves the gateway (core.md 1.2, 1.3 and 2.6): each function gives one finished JSON text without line breaks.
//!
//! What was sent and what a worker wrote is passed on as text, never as a tree, so that numbers, order within members and
//! unusual strings survive as they were.

use std::fmt::Display;
use std::str;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::json::{one_line, raw};
use crate::record::Record;
use crate::spelled::object;
use crate::violation::Refusal;
use crate::{Checked, Platform, Violation, context, tree};

/// Members that are the gateway's own affair (core.md 2.6).
const INTERNAL: [&str; 2] = ["sessionSecret", "context"];

/// What a worker wrote is not an activity.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// Not UTF-8.
    #[error("the worker's text is not UTF-8")]
    Text(#[from] str::Utf8Error),
    /// Not JSON, or not an object.
    #[error("the worker's text is not a JSON object")]
    Object(#[from] serde_json::Error),
}

/// Why what a worker wants to send reaches nobody.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// It is not an activity.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// It cannot be checked: it is nested too deeply or has a member with a name reserved by the parser.
    #[error("the worker's activity cannot be checked")]
    Unreadable(#[source] serde_json::Error),
    /// It is against the platform's `responses` schema.
    #[error("the worker's activity is against the platform's schema: {0}")]
    Violation(#[from] Violation),
}

/// To the sender of `raw`, which was refused: what was sent, as it was sent, and `error`; never a `sessionSecret`. Just the error
/// if it was no object.
pub fn rejected(raw: &str, violation: &impl Display) -> Box<RawValue> {
    let error = text(&violation.to_string());
    let line = one_line(raw);
    let mut record = Record::parse(&line).unwrap_or_default();
    record.remove("sessionSecret");
    record.set("error", &error);
    record.write()
}

/// To the sender of `activity`, which was accepted but could not be done: the activity and `error`. With a `platform` its
/// canonical `@context` is stamped: failures of the platform have it, those of admission keep the sender's.
pub fn failed(activity: &[u8], platform: Option<&Platform>, error: &str) -> Box<RawValue> {
    let error = text(error);
    let line = one_line(str::from_utf8(activity).unwrap_or_default());
    let mut record = Record::parse(&line).unwrap_or_default();
    leave(&mut record, platform);
    record.set("error", &error);
    record.write()
}

/// To the sender: what the platform made of the activity.
///
/// # Errors
///
/// If `result` is not a JSON object; the worker is not trusted.
pub fn completed(result: &[u8], platform: &Platform) -> Result<Box<RawValue>, AnswerError> {
    let line = one_line(str::from_utf8(result)?);
    let mut record = Record::parse(&line)?;
    leave(&mut record, Some(platform));
    Ok(record.write())
}

/// To the sender of credentials that are stored now; nothing of them is repeated (core 24).
pub fn credentials_stored(checked: &Checked) -> Box<RawValue> {
    raw(&json!({
        "@context": checked.platform().context(),
        "type": "credentials",
        "actor": checked.actor(),
        "object": {"type": "credentials"},
    }))
}

/// To all attached sessions: `platform` cannot go on (core.md 5.4). Without an `actor` the platform speaks for itself.
pub fn platform_error(platform: &Platform, actor: Option<&str>, error: &str) -> Box<RawValue> {
    raw(&json!({
        "@context": platform.context(),
        "type": "error",
        "actor": service(platform, actor),
        "error": error,
    }))
}

/// To one session, as event `error`: what the gateway does to it (core.md 1.2).
pub fn notice(summary: &str) -> Box<RawValue> {
    raw(&json!({
        "@context": [context::AS2, context::SOCKETHUB, context::platform_url(context::ERROR, "1")],
        "type": "Error",
        "actor": {"type": "Application", "name": "sockethub-server"},
        "summary": summary,
    }))
}

/// To all attached sessions: what `platform` says of its own accord (core.md 2.6). An error without an actor is given that of
/// the instance, else the platform itself.
///
/// # Errors
///
/// If `activity` is not a JSON object or is against the platform's `responses` schema.
pub fn push(activity: &[u8], platform: &Platform, instance_actor: Option<&str>) -> Result<Box<RawValue>, PushError> {
    let line = one_line(str::from_utf8(activity).map_err(AnswerError::from)?);
    let mut record = Record::parse(&line).map_err(AnswerError::from)?;
    leave(&mut record, Some(platform));
    let is_error = record.get("type").is_some_and(|kind| kind.get() == r#""error""#);
    let actor = raw(&service(platform, instance_actor));
    if is_error && record.get("actor").is_none() {
        record.set("actor", &actor);
    }
    let finished = record.write();
    conforms(&finished, platform)?;
    Ok(finished)
}

/// Whether what is about to leave obeys the platform's `responses` schema (core.md 2.6). Costs nothing where there is
/// none.
///
/// # Errors
///
/// If it does not, or nests too deeply to be read.
pub fn conforms(answer: &RawValue, platform: &Platform) -> Result<(), PushError> {
    if platform.has_responses() {
        platform.accepts_push(&tree::parse(answer.get()).map_err(PushError::Unreadable)?)?;
    }
    Ok(())
}

/// Reads the payload of a gen-A `activity-object` event: the object's id and the object (core.md 1.7).
///
/// # Errors
///
/// A violation of stage [`Shape`](crate::Stage::Shape) unless it is an object with the strings `id` and `type`.
pub fn activity_object(text: &str) -> Result<(String, Value), Violation> {
    let members = object(text)?;
    let Some(Value::String(id)) = members.get("id") else { return Err(Refusal::ObjectWithoutId.into()) };
    if !members.get("type").is_some_and(Value::is_string) {
        return Err(Refusal::ObjectWithoutType.into());
    }
    Ok((id.clone(), Value::Object(members)))
}

/// Takes out what stays inside and stamps the canonical `@context`.
fn leave<'a>(record: &mut Record<'a>, platform: Option<&'a Platform>) {
    for member in INTERNAL {
        record.remove(member);
    }
    if let Some(platform) = platform {
        record.set("@context", platform.context());
    }
}

fn service(platform: &Platform, actor: Option<&str>) -> Value {
    json!({"id": actor.unwrap_or(platform.id().as_str()), "type": "service"})
}

fn text(text: &str) -> Box<RawValue> {
    raw(text)
}

#[cfg(test)]
mod tests;
