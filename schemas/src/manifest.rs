use std::num::NonZeroU16;
use serde_json::value::RawValue;
use crate::PlatformId;
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Manifest { pub id: PlatformId, pub version: String, pub context_version: String, pub schema_version: String, pub persist: bool,
  pub require_credentials: Vec<String>, pub concurrency: NonZeroU16, pub credentials: Option<Box<RawValue>>, pub messages: Box<RawValue>, pub responses: Option<Box<RawValue>> }
impl Manifest { pub fn parse(text: &str) -> Result<Self, ManifestError> { todo!() } pub fn builtin() -> Vec<Self> { todo!() } }
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct ManifestError;
