//! The measures of a film from the first bytes of its file (ISO 14496-12), where its index comes first.

/// What the index says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Film {
    /// Pixels.
    pub(crate) width: u64,
    /// Pixels.
    pub(crate) height: u64,
    /// Seconds.
    pub(crate) duration: Option<f64>,
}

/// The largest track's measures, if the index is among `bytes`.
pub(crate) fn read(bytes: &[u8]) -> Option<Film> {
    let moov = find(bytes, *b"moov")?;
    let duration = find(moov, *b"mvhd").and_then(duration);
    let sizes = boxes(moov).filter(|(kind, _)| kind == b"trak").filter_map(|(_, track)| size(find(track, *b"tkhd")?));
    let (width, height) = sizes.max_by_key(|(width, height)| width * height).filter(|(width, _)| *width > 0)?;
    Some(Film { width, height, duration })
}

fn find(bytes: &[u8], kind: [u8; 4]) -> Option<&[u8]> {
    boxes(bytes).find(|(found, _)| *found == kind).map(|(_, content)| content)
}

/// The boxes in `bytes`; the last may be cut off.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let short = number(rest, 0, 4)?;
        let kind = rest.get(4..8)?.try_into().ok()?;
        // 1: the length follows; 0: to the end.
        let (head, length) = match short {
            0 => (8, rest.len()),
            1 => (16, usize::try_from(number(rest, 8, 8)?).ok()?),
            length => (8, usize::try_from(length).ok()?),
        };
        if length < head {
            return None;
        }
        let end = length.min(rest.len());
        let content = rest.get(head..end)?;
        rest = &rest[end..];
        Some((kind, content))
    })
}

/// A number of `length` bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    Some(bytes.get(at..at + length)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn duration(header: &[u8]) -> Option<f64> {
    let (scale, units) = match header.first()? {
        0 => (number(header, 12, 4)?, number(header, 16, 4)?),
        _ => (number(header, 20, 4)?, number(header, 24, 8)?),
    };
    #[expect(clippy::cast_precision_loss, reason = "seconds of a film")]
    let seconds = units as f64 / scale as f64;
    seconds.is_finite().then_some(seconds)
}

/// Both are fixed-point numbers of 16.16 bits, at the end of the header.
fn size(header: &[u8]) -> Option<(u64, u64)> {
    let at = if *header.first()? == 0 { 76 } else { 88 };
    Some((number(header, at, 4)? >> 16, number(header, at + 4, 4)? >> 16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 8).unwrap();
        [&length.to_be_bytes()[..], &kind, content].concat()
    }

    fn track(width: u32, height: u32) -> Vec<u8> {
        let mut header = vec![0; 76];
        header.extend((width << 16).to_be_bytes());
        header.extend((height << 16).to_be_bytes());
        boxed(*b"trak", &boxed(*b"tkhd", &header))
    }

    fn film() -> Vec<u8> {
        let mut header = vec![0; 12];
        header.extend(1000_u32.to_be_bytes());
        header.extend(12_500_u32.to_be_bytes());
        let index = [boxed(*b"mvhd", &header), track(0, 0), track(1280, 720)].concat();
        [boxed(*b"ftyp", b"isom"), boxed(*b"moov", &index), boxed(*b"mdat", &[0; 100])].concat()
    }

    #[test]
    fn a_film_is_measured() {
        assert_eq!(read(&film()), Some(Film { width: 1280, height: 720, duration: Some(12.5) }));
        assert_eq!(read(&boxed(*b"moov", &track(0, 0))), None);
        assert_eq!(read(&boxed(*b"mdat", &[0; 50])), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, at: prop::sample::Index, byte: u8) {
            read(&bytes);
            let mut damaged = film();
            let at = at.index(damaged.len());
            damaged[at] = byte;
            read(&damaged);
            read(&film()[..at]);
        }
    }
}
