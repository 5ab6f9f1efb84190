//! The worker process of `dummy`.
fn main() {}
