//! Bits that are written from the lowest of each byte on, as compressed formats have them.

pub(super) struct Bits {
    bytes: Vec<u8>,
    /// Bits taken of the last byte.
    used: u8,
}

impl Bits {
    /// What follows these bytes.
    pub(super) fn after(bytes: Vec<u8>) -> Self {
        Self { bytes, used: 8 }
    }

    /// All of it; the last byte is filled up with zeros.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn bit(&mut self, bit: bool) {
        if self.used == 8 {
            self.bytes.push(0);
            self.used = 0;
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << self.used;
        }
        self.used += 1;
    }

    /// A number goes in from its lowest bit.
    pub(super) fn number(&mut self, value: u32, width: u32) {
        (0..width).for_each(|at| self.bit(value >> at & 1 == 1));
    }

    /// A Huffman code goes in from its highest bit.
    pub(super) fn code(&mut self, code: u32, width: u32) {
        (0..width).rev().for_each(|at| self.bit(code >> at & 1 == 1));
    }
}
