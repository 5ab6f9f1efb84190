//! Load generator and bare control server behind scripts/bench
fn main() {}
