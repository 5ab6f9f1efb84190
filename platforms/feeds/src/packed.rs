//! Short names as numbers. Large texts are searched for hundreds of thousands of them, and numbers compare in one step.

/// The longest name that can be packed, in bytes.
const LONGEST: usize = 16;

/// A name as a number that sorts as the name does; nothing for one that is too long.
pub(crate) const fn pack(name: &str) -> Option<u128> {
    let bytes = name.as_bytes();
    if bytes.len() > LONGEST {
        return None;
    }
    let mut padded = [0; LONGEST];
    let mut at = 0;
    while at < bytes.len() {
        padded[at] = bytes[at];
        at += 1;
    }
    Some(u128::from_be_bytes(padded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_names_sort_as_names_do() {
        let names = ["", "a", "aa", "ab", "b", "sixteen-is-longe"];
        assert!(names.map(|name| pack(name).unwrap()).is_sorted());
        assert_eq!(pack("seventeen-is-more"), None);
    }
}
