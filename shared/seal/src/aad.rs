//! What a sealed value is bound to.

/// Associated data: parts, each preceded by its length, so that no two lists of parts give the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aad(Vec<u8>);

impl Aad {
    /// No parts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a part.
    #[must_use]
    pub fn part(mut self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        // `usize` has 64 bits at most on every platform there is.
        self.0.extend_from_slice(&(part.len() as u64).to_be_bytes());
        self.0.extend_from_slice(part);
        self
    }

    /// The encoding.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(parts: &[&str]) -> Aad {
        parts.iter().fold(Aad::new(), Aad::part)
    }

    #[test]
    fn parts_that_concatenate_alike_encode_differently() {
        let alike: [&[&str]; 6] = [&["ab", "c"], &["a", "bc"], &["abc"], &["abc", ""], &["", "abc"], &["a", "b", "c"]];
        for (i, one) in alike.iter().enumerate() {
            for (j, other) in alike.iter().enumerate() {
                assert_eq!(i == j, encode(one) == encode(other), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_part_that_looks_like_a_boundary_is_not_one() {
        let forged = Aad::new().part("a").part("b").as_bytes()[8..].to_vec();
        assert_ne!(Aad::new().part(forged), encode(&["a", "b"]));
    }

    #[test]
    fn the_encoding_is_stable() {
        assert_eq!(encode(&["irc", ""]).as_bytes(), b"\0\0\0\0\0\0\0\x03irc\0\0\0\0\0\0\0\0");
    }
}
