use serde_json::Value;
use crate::{Manifest, PlatformId, Violation};
#[derive(Debug)]
pub struct Platform { pub manifest: Manifest }
impl Platform {
  pub fn id(&self) -> &PlatformId { todo!() } pub fn is_persistent(&self) -> bool { todo!() } pub fn requires_credentials(&self, verb: &str) -> bool { todo!() }
  pub fn concurrency(&self) -> u16 { todo!() } pub fn context_json(&self) -> &str { todo!() } pub fn accepts_push(&self, activity: &Value) -> Result<(), Violation> { todo!() }
  pub fn has_responses(&self) -> bool { todo!() } }
