//! The string formats of core.md 2.4, as `ajv-formats` and `ajv-formats-draft2019` judge them on the client's side.

use std::str::FromStr;

/// An absolute IRI: a scheme, a colon and something behind it (core.md 2.4).
///
/// Wider than RFC 3987 on purpose: `?tag[]=a|b` is what browsers put into an address and what the client lets through. White
/// space, controls and the delimiters `<`, `>`, `"` are in no address.
pub(crate) fn iri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && !rest.is_empty()
        && !rest.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"'))
}

/// An RFC 3339 date and time whose zone may be absent (core.md 2.4).
pub(crate) fn date_time(text: &str) -> bool {
    let Some((day, clock)) = text.split_once(['T', 't', ' ']) else { return false };
    date(day) && time(clock)
}

fn date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (digits::<u16>(year, 4), digits::<u8>(month, 2), digits::<u8>(day, 2))
    else {
        return false;
    };
    (1..=days_in(year, month)).contains(&day)
}

/// Days of a month; none in a month that does not exist.
fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

fn time(text: &str) -> bool {
    let end = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(end);
    let Some(offset) = zone_minutes(zone) else { return false };
    let (whole, fraction) = clock.split_once('.').map_or((clock, None), |(whole, part)| (whole, Some(part)));
    if fraction.is_some_and(|part| part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit())) {
        return false;
    }
    let mut parts = whole.split(':').map(|part| digits::<i16>(part, 2));
    let (Some(Some(hour)), Some(Some(minute)), Some(Some(second)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    // A leap second is the last one of a day in UTC, whatever the local clock shows.
    let last_minute = (hour * 60 + minute - offset).rem_euclid(24 * 60) == 24 * 60 - 1;
    hour < 24 && minute < 60 && (second < 60 || (second == 60 && last_minute))
}

/// Minutes east of UTC; an absent zone counts as UTC.
fn zone_minutes(zone: &str) -> Option<i16> {
    let sign = match zone.bytes().next() {
        None => return Some(0),
        Some(b'Z' | b'z') => return (zone.len() == 1).then_some(0),
        Some(b'-') => -1,
        Some(_) => 1,
    };
    let (hours, minutes) = match zone[1..].split_once(':') {
        Some(parts) => parts,
        None if zone.len() == 5 => zone[1..].split_at_checked(2)?,
        None => (&zone[1..], "00"),
    };
    let (hours, minutes) = (digits::<i16>(hours, 2)?, digits::<i16>(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// The number that `text` writes with exactly `count` decimal digits.
fn digits<N: FromStr>(text: &str, count: usize) -> Option<N> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{date_time, iri};

    #[test]
    fn an_iri_is_absolute() {
        let good = [
            "urn:x:y",
            "http://localhost/ü",
            "https://news.example/rss.xml#top",
            "https://a.example/?tag[]=x|y",
            "mailto:a@b",
            "feed+x.1-a:b",
        ];
        let bad =
            ["example.org/x", "/a", "", "x", "http:", ":x", "1x:y", "not iri", "a b:c", "http://a b", "x:<y>", "ü:x"];
        assert_eq!(good.map(iri), [true; 6]);
        assert_eq!(bad.map(iri), [false; 12]);
    }

    #[test]
    fn a_date_time_may_lack_its_zone_but_not_its_time() {
        let good = [
            "2024-05-01T08:00:00Z",
            "2024-05-01t08:00:00z",
            "2024-05-01T08:00:00",
            "2024-05-01 08:00:00.125+02:00",
            "2024-02-29T23:59:59-0330",
            "2024-05-01T08:00:00+02",
            "2016-12-31T23:59:60Z",
            "2017-01-01T00:59:60+01:00",
        ];
        let bad = [
            "nope",
            "",
            "2024-05-01",
            "2024-05-01T",
            "2024-05-01T08:00",
            "2023-02-29T08:00:00Z",
            "1900-02-29T08:00:00Z",
            "2024-13-01T08:00:00Z",
            "2024-00-01T08:00:00Z",
            "2024-04-31T08:00:00Z",
            "2024-05-00T08:00:00Z",
            "2024-05-01T24:00:00Z",
            "2024-05-01T08:60:00Z",
            "2024-05-01T08:00:60Z",
            "2024-05-01T08:00:00.Z",
            "2024-05-01T08:00:00Zx",
            "2024-05-01T08:00:00+2",
            "2024-05-01T08:00:00+24:00",
            "2024-05-01T08:00:00+é1",
            "24-5-1T08:00:00Z",
            "2024-05-01T+8:00:00Z",
            " 2024-05-01T08:00:00Z",
        ];
        assert_eq!(good.map(date_time), [true; 8]);
        assert_eq!(bad.map(date_time), [false; 22]);
    }
}
