//! Dates as feeds write them: RFC 822 and its heirs, ISO 8601 and its profiles, and what people make of either.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// When an entry was published, or what the feed says in place of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Date {
    /// Milliseconds since 1970 UTC.
    Known(i64),
    /// A text that nobody can read.
    Raw(String),
}

impl Date {
    pub(crate) fn parse(text: &str) -> Self {
        parse(text).map_or_else(|| Date::Raw(text.to_owned()), Date::Known)
    }

    /// ISO 8601 in UTC with milliseconds, or the text as it was.
    pub(crate) fn published(&self) -> String {
        let readable = match self {
            Date::Known(millis) => DateTime::from_timestamp_millis(*millis),
            Date::Raw(_) => None,
        };
        match (readable, self) {
            (Some(date), _) => date.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            (None, Date::Raw(text)) => text.clone(),
            (None, Date::Known(millis)) => millis.to_string(),
        }
    }

    /// Milliseconds since 1970 UTC, if they are known.
    pub(crate) fn millis(&self) -> Option<i64> {
        match self {
            Date::Known(millis) => Some(*millis),
            Date::Raw(_) => None,
        }
    }
}

/// Milliseconds since 1970 UTC. A time without a zone is taken for UTC, a day without a time for its midnight.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(date) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return Some(date.timestamp_millis());
    }
    let parts = iso(text).or_else(|| words(text))?;
    parts.millis()
}

/// What was found of a date.
#[derive(Default)]
struct Parts {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    /// Since midnight; up to and including a whole day.
    time: Option<TimeDelta>,
    /// East of Greenwich.
    offset: TimeDelta,
}

impl Parts {
    fn millis(&self) -> Option<i64> {
        let day = NaiveDate::from_ymd_opt(self.year?, self.month?, self.day?)?;
        let midnight = NaiveDateTime::new(day, NaiveTime::MIN);
        let moment = midnight.checked_add_signed(self.time.unwrap_or_default())?.checked_sub_signed(self.offset)?;
        Some(moment.and_utc().timestamp_millis())
    }
}

/// `2024`, `2024-05`, `2024-05-01`, `20240501`, each with or without `T08:00`, `08:00:00.5`, `Z`, `+0200`.
fn iso(text: &str) -> Option<Parts> {
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], text[at + 1..].trim()),
        None => (text, ""),
    };
    let (year, month, day) = match date.split('-').collect::<Vec<_>>()[..] {
        [year, month, day] => (year, month, day),
        [year, month] => (year, month, "1"),
        [all] if all.len() == 8 && all.is_ascii() => (&all[..4], &all[4..6], &all[6..]),
        [year] => (year, "1", "1"),
        _ => return None,
    };
    if year.len() != 4 {
        return None;
    }
    let mut parts = Parts { year: Some(number(year)?), month: number(month), day: number(day), ..Parts::default() };
    if !rest.is_empty() {
        let zone = rest.find(['Z', 'z', '+', '-', ' ']).unwrap_or(rest.len());
        parts.time = Some(time(rest[..zone].trim())?);
        parts.offset = offset(rest[zone..].trim())?;
    }
    Some(parts)
}

/// Dates in words, by what each word looks like: `Wed, 01 May 2024 08:00:00 GMT`, `May 1, 2024 8:00`, `1-May-24`,
/// `Wed May  1 08:00:00 CEST 2024`, `5/1/2024 08:00`. Words that mean nothing, weekdays above all, are passed over.
fn words(text: &str) -> Option<Parts> {
    let mut parts = Parts::default();
    for word in text.split([' ', ',', '\t', '\n', '\r', '(', ')']).filter(|word| !word.is_empty()) {
        if word.contains(':') && parts.time.is_none() {
            let zone = word.find(['+', '-', 'Z']).unwrap_or(word.len());
            parts.time = Some(time(&word[..zone])?);
            parts.offset = offset(&word[zone..])?;
        } else if word.starts_with(['+', '-']) {
            parts.offset = offset(word)?;
        } else if word.matches('/').count() == 2 {
            american(word, &mut parts)?;
        } else {
            word.split('-').for_each(|word| calendar(word, &mut parts));
        }
    }
    Some(parts)
}

/// A day, a month's name, a year or the name of a zone.
fn calendar(word: &str, parts: &mut Parts) {
    if let Some(value) = number::<u32>(word) {
        match (parts.day, word.len()) {
            (None, 1 | 2) => parts.day = Some(value),
            _ => parts.year = parts.year.or_else(|| full_year(word)),
        }
    } else if let (None, Some(month)) = (parts.month, month(word)) {
        parts.month = Some(month);
    } else if parts.time.is_some()
        && let Some(offset) = offset(word)
    {
        parts.offset = offset;
    }
}

/// Month, day, year.
fn american(word: &str, parts: &mut Parts) -> Option<()> {
    let mut numbers = word.split('/');
    parts.month = number(numbers.next()?);
    parts.day = number(numbers.next()?);
    parts.year = full_year(numbers.next()?);
    Some(())
}

/// Years of two digits are those of RFC 2822: from 1950 to 2049.
fn full_year(word: &str) -> Option<i32> {
    let year: i32 = number(word)?;
    match word.len() {
        2 if year < 50 => Some(2000 + year),
        2 | 3 => Some(1900 + year),
        4 => Some(year),
        _ => None,
    }
}

fn month(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = word.get(..3)?.to_ascii_lowercase();
    let index = MONTHS.iter().position(|month| *month == start)?;
    u32::try_from(index + 1).ok()
}

/// `8:00`, `08:00:00`, `08:00:00.250`, `24:00`.
fn time(word: &str) -> Option<TimeDelta> {
    let mut fields = word.split(':');
    let hours: i64 = number(fields.next()?)?;
    let minutes: i64 = number(fields.next()?)?;
    let (seconds, fraction) =
        fields.next().map_or(("0", ""), |field| field.split_once(['.', ',']).unwrap_or((field, "")));
    let seconds: i64 = number(seconds)?;
    if hours > 24 || minutes > 59 || seconds > 60 || fields.next().is_some() {
        return None;
    }
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some(TimeDelta::seconds(hours * 3600 + minutes * 60 + seconds) + TimeDelta::milliseconds(number(&digits)?))
}

/// `+0200`, `+02:00`, `+02`, `Z`, `GMT`, the zones of RFC 822 and a few that are common besides.
fn offset(word: &str) -> Option<TimeDelta> {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    if let Some(sign) = word.chars().next().filter(|first| "+-".contains(*first)) {
        let (hours, minutes) = match digits.len() {
            1 | 2 => (number::<i64>(&digits)?, 0),
            4 => (number(&digits[..2])?, number::<i64>(&digits[2..])?),
            _ => return None,
        };
        let east = TimeDelta::minutes(hours * 60 + minutes);
        return Some(if sign == '-' { -east } else { east });
    }
    let hours = match word.to_ascii_uppercase().as_str() {
        "" | "Z" | "UT" | "UTC" | "GMT" | "WET" => 0,
        "CET" | "BST" | "MEZ" | "WEST" => 1,
        "CEST" | "EET" | "MESZ" => 2,
        "EEST" | "MSK" => 3,
        "JST" | "KST" => 9,
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => return None,
    };
    Some(TimeDelta::hours(hours))
}

/// Digits only: no sign, no blank.
fn number<T: std::str::FromStr>(digits: &str) -> Option<T> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(iso: &str, spellings: &[&str]) {
        for text in spellings {
            assert_eq!(Date::parse(text).published(), iso, "{text}");
        }
    }

    #[test]
    fn one_moment_in_many_spellings() {
        check(
            "2024-05-01T08:00:00.000Z",
            &[
                "Wed, 01 May 2024 08:00:00 GMT",
                "Wed, 1 May 2024 08:00 +0000",
                "Wed, 01 May 2024 10:00:00 +0200",
                "Thurs, 01 May 2024 08:00:00 UTC",
                "01 May 24 08:00:00 Z",
                "1-May-2024 8:00",
                "May 1, 2024 08:00:00",
                "Wednesday, May 01 2024 03:00:00 CDT",
                "Wed May  1 08:00:00 2024",
                "Wed May  1 10:00:00 CEST 2024",
                "5/1/2024 08:00",
                "2024-05-01T08:00:00Z",
                "2024-05-01T08:00:00",
                "2024-05-01 08:00",
                "2024-05-01T10:00:00+0200",
                "2024-05-01T10:00+02",
                "2024-05-01 10:00:00 +02:00",
                "20240501T08:00:00Z",
                " 2024-05-01T08:00:00.000Z\n",
            ],
        );
    }

    #[test]
    fn days_months_and_years_are_dates() {
        check("2024-05-01T00:00:00.000Z", &["2024-05-01", "20240501", "2024-05", "1 May 2024", "2024-04-30T24:00:00"]);
        check("2024-01-01T00:00:00.000Z", &["2024"]);
    }

    #[test]
    fn fractions_and_distant_years_are_kept() {
        check("2024-05-01T08:00:00.250Z", &["2024-05-01T08:00:00.25", "2024-05-01T08:00:00.2509Z"]);
        check("1970-01-01T00:00:00.000Z", &["Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T02:00:00+02:00"]);
        check("1969-07-20T20:17:00.000Z", &["Sun, 20 Jul 1969 20:17:00 GMT", "20 Jul 69 20:17 GMT"]);
    }

    #[test]
    fn what_is_no_date_stays_as_it_is() {
        for text in
            ["soon", "yesterday 12:00", "2024-13-01", "32 May 2024", "2024-05-01T25:00:00", "99999", "May", "::"]
        {
            assert_eq!(Date::parse(text), Date::Raw(text.to_owned()));
            assert_eq!(Date::parse(text).published(), text);
        }
    }
}
