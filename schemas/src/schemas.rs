use std::sync::Arc;
use serde_json::value::RawValue;
use crate::{Checked, Manifest, Platform, PlatformId, Spelled, Violation};
#[derive(Debug)]
pub struct Schemas { platforms: Vec<Arc<Platform>> }
impl Schemas {
  pub fn compile(version: &str, manifests: Vec<Manifest>, legacy_context: bool) -> Result<Self, SchemaError> { todo!() }
  pub fn platform(&self, id: &PlatformId) -> Option<&Arc<Platform>> { todo!() }
  pub fn platforms(&self) -> impl Iterator<Item = &Arc<Platform>> { self.platforms.iter() }
  pub fn legacy_context(&self) -> bool { todo!() }
  pub fn registry(&self, fingerprint: Option<&str>) -> &RawValue { todo!() }
  pub fn message(&self, spelled: Spelled) -> Result<Checked, Violation> { todo!() }
  pub fn credentials(&self, spelled: Spelled) -> Result<Checked, Violation> { todo!() }
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct SchemaError;
