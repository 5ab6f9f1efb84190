//! A value that must not be seen.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// A secret: wiped from memory when dropped, hidden from `Debug`, and neither displayed, compared nor serialised by
/// accident. Whoever needs the value says so with [`Secret::expose`].
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes charge of a value.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself. Do not log, format or store what this returns.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
