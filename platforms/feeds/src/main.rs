//! The worker process of `feeds`.
fn main() {}
