use std::sync::Arc;
use bytes::Bytes;
use serde_json::Value;
use crate::Platform;
#[derive(Debug)]
pub struct Checked(());
impl Checked { pub fn platform(&self) -> &Arc<Platform> { todo!() } pub fn verb(&self) -> &str { todo!() } pub fn actor_id(&self) -> &str { todo!() } pub fn json(&self) -> &Bytes { todo!() } pub fn object(&self) -> Option<&Value> { todo!() } }
