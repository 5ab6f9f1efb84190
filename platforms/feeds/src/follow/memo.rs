//! What is known of a feed, as it is kept: numbers in as few bytes as they need, fingerprints as they are.

use crate::follow::known::{Entry, Known, MAX_KNOWN};
use crate::follow::marks::Marks;
use crate::follow::pace::Pace;
use crate::follow::topic::Lore;
use crate::follow::websub::Lease;
use crate::hints::Wishes;
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Of this form. What has another is as good as nothing.
const FORM: u8 = 1;
/// Longest text that is read, in bytes.
const MAX_TEXT: usize = 8192;

/// Writes down what is to be kept. Nothing of a feed that nothing is known of.
pub(crate) fn write(lore: &Lore) -> Option<Bytes> {
    let known = lore.known.as_ref()?;
    let mut out = BytesMut::with_capacity(64 + 20 * known.entries.len());
    out.put_u8(FORM);
    let Pace { half_gap, silent, failures, wishes } = lore.pace;
    for number in [half_gap.into(), silent.into(), failures.into(), lore.looked, lore.due, wishes.rest.into()] {
        put(&mut out, number);
    }
    out.put_u32(wishes.skip_hours);
    out.put_u8(wishes.skip_days);
    out.put_u8(lore.lease.is_some().into());
    if let Some(lease) = &lore.lease {
        for text in [&lease.hub, &lease.topic] {
            put(&mut out, size(text.len()));
            out.put_slice(text.as_bytes());
        }
        out.put_slice(&lease.capability);
        out.put_slice(&lease.secret);
        for number in [lease.asked, lease.until, lease.renew, lease.is_deaf.into()] {
            put(&mut out, number);
        }
    }
    put(&mut out, size(known.entries.len()));
    // Neighbours were often first seen at the same time: only the difference is written, and when that is negative is odd.
    let mut before = 0;
    for Entry { marks: Marks { id, link_title, title_date, content }, first, changed } in &known.entries {
        for mark in [id, link_title, title_date, content] {
            out.put_u32(*mark);
        }
        let difference = first.abs_diff(before);
        put(&mut out, difference << 1 | u64::from(*first < before));
        put(&mut out, if *changed == 0 { 0 } else { changed.saturating_sub(*first) + 1 });
        before = *first;
    }
    Some(out.freeze())
}

/// Reads what was kept; nothing if it is damaged or of another form.
pub(crate) fn read(mut kept: &[u8]) -> Option<Lore> {
    let from = &mut kept;
    if from.try_get_u8().ok()? != FORM {
        return None;
    }
    let pace = |from: &mut &[u8]| {
        Some((u32::try_from(take(from)?).ok()?, u8::try_from(take(from)?).ok()?, u8::try_from(take(from)?).ok()?))
    };
    let (half_gap, silent, failures) = pace(from)?;
    let (looked, due, rest) = (take(from)?, take(from)?, u32::try_from(take(from)?).ok()?);
    let (skip_hours, skip_days) = (from.try_get_u32().ok()?, from.try_get_u8().ok()?);
    let lease = if from.try_get_u8().ok()? == 0 { None } else { Some(Box::new(lease(from)?)) };
    let count = usize::try_from(take(from)?).ok().filter(|count| *count <= MAX_KNOWN)?;
    let mut entries = Vec::with_capacity(count);
    let mut before: u64 = 0;
    for _ in 0..count {
        let mut mark = || from.try_get_u32().ok();
        let marks = Marks { id: mark()?, link_title: mark()?, title_date: mark()?, content: mark()? };
        let difference = take(from)?;
        let (size, is_negative) = (difference >> 1, difference & 1 == 1);
        let first = if is_negative { before.checked_sub(size)? } else { before.checked_add(size)? };
        let changed = match take(from)? {
            0 => 0,
            since => first.checked_add(since - 1)?,
        };
        entries.push(Entry { marks, first, changed });
        before = first;
    }
    let pace = Pace { half_gap, silent, failures, wishes: Wishes { rest, skip_hours, skip_days } };
    Some(Lore { known: Some(Known { entries }), pace, looked, due, lease })
}

fn lease(from: &mut &[u8]) -> Option<Lease> {
    let (hub, topic) = (text(from)?, text(from)?);
    let (mut capability, mut secret) = ([0; 16], [0; 32]);
    from.try_copy_to_slice(&mut capability).ok()?;
    from.try_copy_to_slice(&mut secret).ok()?;
    let (asked, until, renew, is_deaf) = (take(from)?, take(from)?, take(from)?, take(from)? != 0);
    Some(Lease { hub, topic, capability, secret, asked, until, renew, is_deaf })
}

fn text(from: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(take(from)?).ok().filter(|length| *length <= MAX_TEXT)?;
    let (text, rest) = from.split_at_checked(length)?;
    *from = rest;
    String::from_utf8(text.to_vec()).ok()
}

/// Seven bits a byte, the lowest first; the eighth says that there are more.
fn put(out: &mut BytesMut, mut number: u64) {
    while number >= 0x80 {
        out.put_u8(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    out.put_u8(u8::try_from(number).unwrap_or_default());
}

fn take(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = from.try_get_u8().ok()?;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn size(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::known::Look;
    use crate::follow::marks::tests::seen;
    use proptest::prelude::*;

    const NOW: u64 = 1_793_520_000_000;

    fn lore(count: usize) -> Lore {
        let texts: Vec<_> = (0..count).map(|n| format!("{n}|http://h.example/{n}|T{n}|2026-10-01|text {n}")).collect();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let mut known = Known::baseline(&seen(&texts), NOW);
        let look = Look { now: NOW + 5, before: NOW, whole: false };
        known.compare(&seen(&["new||N||x", "0|http://h.example/0|T0|2026-10-01|edited"]), look);
        let wishes = Wishes { rest: 3600, skip_hours: 0xff, skip_days: 1 };
        let pace = Pace { half_gap: 7, silent: 1, failures: 2, wishes };
        let lease = Lease::new("http://hub.example/".into(), "http://h.example/".into(), [7; 48], NOW);
        Lore { known: Some(known), pace, looked: NOW, due: NOW + 99, lease: Some(Box::new(lease)) }
    }

    #[test]
    fn what_was_kept_is_found_again() {
        for mut lore in [lore(0), lore(3), lore(499)] {
            assert_eq!(read(&write(&lore).unwrap()), Some(lore.clone()));
            lore.lease = None;
            assert_eq!(read(&write(&lore).unwrap()), Some(lore));
        }
        assert_eq!(write(&Lore::default()), None);
    }

    #[test]
    fn an_entry_takes_less_than_24_bytes() {
        let (few, many) = (write(&lore(10)).unwrap().len(), write(&lore(410)).unwrap().len());
        assert!(many - few <= 400 * 24, "{}", many - few);
        // However often it was changed, and whenever it was seen.
        let mut lore = Lore { known: Some(Known::default()), ..Lore::default() };
        let day = 86_400_000;
        for n in 0..100 {
            let entry = Entry { marks: Marks::default(), first: NOW - n * 7 * day, changed: 0 };
            lore.known.as_mut().unwrap().entries.push(entry);
        }
        assert!(write(&lore).unwrap().len() <= 100 * 24);
    }

    #[test]
    fn what_is_damaged_is_nothing() {
        let whole = write(&lore(3)).unwrap();
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), None, "{end}");
        }
        let mut other = whole.to_vec();
        other[0] = FORM + 1;
        assert_eq!(read(&other), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(mut bytes: Vec<u8>) {
            read(&bytes);
            bytes.insert(0, FORM);
            read(&bytes);
        }

        #[test]
        fn any_number_is_written(number: u64) {
            let mut out = BytesMut::new();
            put(&mut out, number);
            prop_assert_eq!(take(&mut &out[..]), Some(number));
        }
    }
}
