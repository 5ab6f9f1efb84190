//! Bytes nobody can guess.

/// Random bytes from the operating system, fit for keys and identifiers.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the kernel's random source blocks until it is seeded and never fails after");
    bytes
}
