//! Just enough of gzip to write a bomb (RFC 1951, RFC 1952).

use super::bits::Bits;

/// A gzip file that decompresses to `length` times `byte`: one literal, then copies of 258 bytes from one byte back,
/// in a single block with the fixed codes. About 160 times smaller than what comes out.
pub(super) fn repeated(byte: u8, length: usize) -> Vec<u8> {
    assert!(byte < 144, "literals up to 143 have codes of eight bits");
    let mut bits = Bits::after(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    bits.number(1, 1); // last block
    bits.number(1, 2); // fixed codes
    let copies = length.saturating_sub(1) / 258;
    for _ in 0..length - copies * 258 {
        bits.code(0x30 + u32::from(byte), 8);
    }
    for _ in 0..copies {
        bits.code(0xc5, 8); // length 258
        bits.code(0, 5); // distance 1
    }
    bits.code(0, 7); // end of block
    let mut file = bits.into_bytes();
    file.extend_from_slice(&checksum(byte, length).to_le_bytes());
    let size = u32::try_from(length & 0xffff_ffff).expect("masked to 32 bits");
    file.extend_from_slice(&size.to_le_bytes());
    file
}

/// CRC-32 of `length` times `byte`.
fn checksum(byte: u8, length: usize) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    let table: [u32; 256] =
        std::array::from_fn(|index| (0..8).fold(u32::try_from(index).expect("below 256"), |crc, _| step(crc)));
    let next = |crc: u32| table[usize::from(crc.to_le_bytes()[0] ^ byte)] ^ crc >> 8;
    !(0..length).fold(!0, |crc, _| next(crc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_small() {
        let bomb = repeated(b'a', 1_000_000);
        assert!(bomb.len() < 10_000, "{}", bomb.len());
        assert_eq!(bomb[bomb.len() - 4..], 1_000_000_u32.to_le_bytes());
    }

    #[test]
    fn checksum_is_that_of_zlib() {
        assert_eq!(checksum(b'a', 1), 0xe8b7_be43);
        assert_eq!(checksum(b'a', 0), 0);
    }
}
