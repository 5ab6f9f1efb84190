use std::fmt::Display;
use serde_json::{Value, value::RawValue};
use crate::{Checked, Platform, Violation};
pub fn rejected(raw: &str, violation: &impl Display) -> Box<RawValue> { todo!() }
pub fn failed(activity: &[u8], platform: Option<&Platform>, error: &str) -> Box<RawValue> { todo!() }
pub fn completed(result: &[u8], platform: &Platform) -> Result<Box<RawValue>, AnswerError> { todo!() }
pub fn credentials_stored(checked: &Checked) -> Box<RawValue> { todo!() }
pub fn platform_error(platform: &Platform, actor: Option<&str>, error: &str) -> Box<RawValue> { todo!() }
pub fn notice(summary: &str) -> Box<RawValue> { todo!() }
pub fn push(activity: &[u8], platform: &Platform, instance_actor: Option<&str>) -> Result<Box<RawValue>, PushError> { todo!() }
pub fn activity_object(text: &str) -> Result<(String, Value), Violation> { todo!() }
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct AnswerError;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct PushError;
