//! The footbridge gateway
fn main() {}
