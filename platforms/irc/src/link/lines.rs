//! From bytes to lines, whatever the server sends: a line without an end costs no more memory than the longest that is
//! read, and is skipped.

use bytes::{Buf as _, BytesMut};

use crate::line::{BODY_MAX, TAGS_MAX};

/// Longest line that is read, with its end.
pub(super) const MAX: usize = TAGS_MAX + BODY_MAX + 2;

/// Room for one read of a quiet connection, and of a busy one.
const QUIET: usize = 2 * 1024;
const BUSY: usize = 16 * 1024;

/// Bytes read, on their way to become lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    unread: BytesMut,
    /// Bytes at the front that are known to hold no line end.
    searched: usize,
    /// The line at the front is too long: what there is of it has been thrown away, the rest will be.
    skipping: bool,
    /// The last read filled all the room there was.
    busy: bool,
}

impl Lines {
    /// Where the next read goes: a buffer with room behind what is there.
    pub(super) fn room(&mut self) -> &mut BytesMut {
        let room = if self.busy { BUSY } else { QUIET };
        if self.unread.is_empty() && self.unread.capacity() > QUIET && !self.busy {
            // Large only for a while.
            self.unread = BytesMut::new();
        }
        if self.unread.capacity() - self.unread.len() < room / 2 {
            self.unread.reserve(room);
        }
        &mut self.unread
    }

    /// To be told after each read.
    pub(super) fn filled(&mut self, read: usize) {
        self.busy = self.unread.capacity() == self.unread.len() || read >= BUSY / 2;
    }

    /// The next line with its end, if it is there completely. Those that are too long are left out and counted in
    /// `skipped`.
    pub(super) fn take(&mut self, skipped: &mut u64) -> Option<BytesMut> {
        loop {
            let Some(end) = self.unread[self.searched..].iter().position(|byte| *byte == b'\n') else {
                self.wait_for_more(skipped);
                return None;
            };
            let line = self.unread.split_to(self.searched + end + 1);
            self.searched = 0;
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if line.len() > MAX {
                *skipped += 1;
                continue;
            }
            return Some(line);
        }
    }

    fn wait_for_more(&mut self, skipped: &mut u64) {
        if self.unread.len() >= MAX && !self.skipping {
            self.skipping = true;
            *skipped += 1;
        }
        if self.skipping {
            self.unread.advance(self.unread.len());
        }
        self.searched = self.unread.len();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes out when the bytes arrive in pieces of this size.
    fn lines(bytes: &[u8], piece: usize) -> (Vec<Vec<u8>>, u64) {
        let (mut lines, mut taken, mut skipped) = (Lines::default(), Vec::new(), 0);
        for piece in bytes.chunks(piece.max(1)) {
            lines.room().extend_from_slice(piece);
            lines.filled(piece.len());
            while let Some(line) = lines.take(&mut skipped) {
                taken.push(line.to_vec());
            }
        }
        (taken, skipped)
    }

    #[test]
    fn lines_end_with_lf_however_they_arrive() {
        for piece in 1..20 {
            let (taken, skipped) = lines(b"PING :1\r\n\nNOTICE x\nrest", piece);
            assert_eq!(taken, [&b"PING :1\r\n"[..], b"\n", b"NOTICE x\n"]);
            assert_eq!(skipped, 0);
        }
    }

    #[test]
    fn the_longest_line_is_read_and_a_longer_one_is_skipped() {
        let longest = [vec![b'a'; MAX - 1], b"\n".to_vec()].concat();
        let longer = [vec![b'b'; MAX], b"\n".to_vec()].concat();
        let all = [longest.clone(), longer, b"PING\n".to_vec()].concat();
        for piece in [1000, 4096, MAX, 3 * MAX] {
            let (taken, skipped) = lines(&all, piece);
            assert_eq!(taken, [longest.clone(), b"PING\n".to_vec()], "{piece}");
            assert_eq!(skipped, 1);
        }
    }

    #[test]
    fn a_line_without_an_end_takes_bounded_memory() {
        let (mut lines, mut skipped) = (Lines::default(), 0);
        for _ in 0..10_000 {
            lines.room().extend_from_slice(&[b'x'; 4096]);
            lines.filled(4096);
            assert_eq!(lines.take(&mut skipped), None);
            assert!(lines.unread.capacity() <= 4 * MAX, "{}", lines.unread.capacity());
        }
        lines.room().extend_from_slice(b"\nPING\n");
        assert_eq!(lines.take(&mut skipped).as_deref(), Some(&b"PING\n"[..]));
        assert_eq!(skipped, 1);
    }

    #[test]
    fn a_quiet_connection_keeps_a_small_buffer() {
        let (mut lines, mut skipped) = (Lines::default(), 0);
        for _ in 0..50 {
            lines.room().extend_from_slice(&b"PRIVMSG #a :b\r\n".repeat(1000));
            lines.filled(15_000);
            while lines.take(&mut skipped).is_some() {}
        }
        lines.filled(40);
        assert!(lines.room().capacity() <= 2 * QUIET, "{}", lines.unread.capacity());
    }

    proptest! {
        #[test]
        fn no_byte_is_lost_or_swapped(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..2000), piece in 1usize..300) {
            let (taken, skipped) = lines(&bytes, piece);
            let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            prop_assert_eq!(taken.concat(), &bytes[..whole]);
            prop_assert_eq!(skipped, 0);
        }
    }
}
