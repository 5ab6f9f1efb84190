use serde_json::Value;
use crate::Violation;
pub struct Spelled;
impl Spelled { pub fn from_json(text: &str, legacy_context: bool, known: &dyn Fn(&str) -> Option<Value>) -> Result<Self, Violation> { todo!() } }
