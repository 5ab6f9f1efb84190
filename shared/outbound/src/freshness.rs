//! How long an answer stays true (RFC 9111, as a cache that users share).

use crate::body::text;
use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderValue, LAST_MODIFIED, VARY};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

/// Where the server says nothing.
const UNSAID: Duration = Duration::from_mins(1);
/// The longest time derived from when a document last changed.
const LONGEST_GUESS: Duration = Duration::from_hours(1);
/// Whatever the server says.
const LONGEST: Duration = Duration::from_hours(24);

/// What requests may differ in is part of the key that an answer is kept under, and these are either part of it or in no
/// request at all. Whatever else an answer varies by may come from between us and the server, which cannot be told.
const ALIKE: [&str; 10] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cookie",
    "host",
    "origin",
    "referer",
    "save-data",
    "user-agent",
];

/// What may be done with an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Freshness {
    /// From now; nothing: use it only after asking the server.
    pub(crate) lasts: Duration,
    /// Whether it may be used when it is no longer fresh and the server does not want to be asked.
    pub(crate) may_be_stale: bool,
    /// For how long after that it may be used when the server fails (`stale-if-error`, RFC 5861).
    pub(crate) if_error: Duration,
    /// For how long after that it may be used while the server is asked (`stale-while-revalidate`).
    pub(crate) meanwhile: Duration,
}

/// What tells the server which version one has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Validators {
    pub(crate) etag: Option<HeaderValue>,
    pub(crate) last_modified: Option<HeaderValue>,
}

impl Validators {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self { etag: headers.get(ETAG).cloned(), last_modified: headers.get(LAST_MODIFIED).cloned() }
    }

    /// Whether there is anything to ask with.
    pub(crate) fn are_none(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// Those of a later answer, and where it says nothing those from before.
    pub(crate) fn updated(&self, headers: &HeaderMap) -> Self {
        let new = Self::of(headers);
        if new.are_none() { self.clone() } else { new }
    }
}

impl Freshness {
    /// By the headers of an answer that came at `now`; nothing if it must not be kept.
    pub(crate) fn of(headers: &HeaderMap, now: SystemTime) -> Option<Self> {
        let said = Directives::of(headers);
        let varies = varies(headers);
        if said.unshared || varies == Varies::Always {
            return None;
        }
        if said.no_cache || varies == Varies::Otherwise {
            return Some(Self::default());
        }
        let is_strict = said.must_revalidate;
        let stale = |said: Option<Duration>| said.filter(|_| !is_strict).unwrap_or_default().min(LONGEST);
        Some(Self {
            lasts: lasts(&said, headers, now).min(LONGEST),
            // A time for caches that users share means that they ask when it is over (RFC 9111, 5.2.2.10), unless it is
            // said for how long they need not.
            may_be_stale: !is_strict && said.s_maxage.is_none(),
            if_error: stale(said.if_error),
            meanwhile: stale(said.meanwhile),
        })
    }
}

/// For how long an answer that may be used without asking is fresh.
fn lasts(said: &Directives, headers: &HeaderMap, now: SystemTime) -> Duration {
    let date = |name| httpdate::parse_http_date(&text(headers, name)?).ok();
    let sent = date(&DATE).unwrap_or(now);
    // How long it was kept by those between us and the server. Of several the first has seen the others.
    let age = text(headers, &AGE).and_then(|age| seconds(age.split(',').next()?)).unwrap_or_default();
    if let Some(said) = said.s_maxage.or(said.max_age) {
        return said.saturating_sub(age);
    }
    if headers.contains_key(EXPIRES) {
        // A date that is none, such as 0, lies in the past.
        let expires = date(&EXPIRES).unwrap_or(SystemTime::UNIX_EPOCH);
        return expires.duration_since(sent).unwrap_or_default().saturating_sub(age);
    }
    let unchanged = date(&LAST_MODIFIED).and_then(|changed| sent.duration_since(changed).ok()).unwrap_or_default();
    (unchanged / 10).saturating_sub(age).clamp(UNSAID, LONGEST_GUESS)
}

/// Whether others who ask would be answered otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Varies {
    Never,
    /// By something that is not known: the server has to be asked.
    Otherwise,
    /// No answer is another's.
    Always,
}

fn varies(headers: &HeaderMap) -> Varies {
    let lines = headers.get_all(VARY).iter().map(|line| line.to_str().unwrap_or("?"));
    let names = lines.flat_map(|line| line.split(',')).map(|name| name.trim().to_ascii_lowercase());
    let kind = |name: String| match name.as_str() {
        "*" => Varies::Always,
        "" => Varies::Never,
        name if ALIKE.contains(&name) || name.starts_with("sec-") => Varies::Never,
        _ => Varies::Otherwise,
    };
    names.map(kind).max().unwrap_or(Varies::Never)
}

/// A time as directives have it. One that is too long to be read is long.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim().trim_matches('"');
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().map_or(LONGEST, Duration::from_secs))
}

#[derive(Default)]
struct Directives {
    /// For one user, or for nobody.
    unshared: bool,
    no_cache: bool,
    must_revalidate: bool,
    max_age: Option<Duration>,
    s_maxage: Option<Duration>,
    if_error: Option<Duration>,
    meanwhile: Option<Duration>,
}

impl Directives {
    fn of(headers: &HeaderMap) -> Self {
        let mut said = Self::default();
        let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
        for directive in lines.flat_map(|line| line.split(',')) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            // Time that cannot be read is no time.
            let time = || Some(seconds(value).unwrap_or_default());
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" | "private" => said.unshared = true,
                "no-cache" => said.no_cache = true,
                "must-revalidate" | "proxy-revalidate" => said.must_revalidate = true,
                "max-age" => said.max_age = time(),
                "s-maxage" => said.s_maxage = time(),
                "stale-if-error" => said.if_error = time(),
                "stale-while-revalidate" => said.meanwhile = time(),
                _ => {}
            }
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    const NOW: &str = "Sun, 01 Nov 2026 08:00:00 GMT";

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        lines.iter().map(line).collect()
    }

    /// Seconds.
    fn lasts(lines: &[(&'static str, &'static str)]) -> Option<u64> {
        let now = httpdate::parse_http_date(NOW).unwrap();
        Freshness::of(&headers(lines), now).map(|freshness| freshness.lasts.as_secs())
    }

    #[test]
    fn what_the_server_says_counts() {
        assert_eq!(lasts(&[("cache-control", "public, max-age=300")]), Some(300));
        assert_eq!(lasts(&[("cache-control", "max-age=300"), ("age", "100")]), Some(200));
        assert_eq!(lasts(&[("cache-control", "max-age=300, S-MaxAge=\"10\"")]), Some(10));
        assert_eq!(lasts(&[("cache-control", "max-age=much")]), Some(0));
        assert_eq!(lasts(&[("cache-control", "max-age=300"), ("expires", "0")]), Some(300));
        assert_eq!(lasts(&[("cache-control", "no-cache, max-age=300")]), Some(0));
        assert_eq!(lasts(&[("cache-control", "max-age=31536000")]), Some(86_400));
        assert_eq!(lasts(&[("cache-control", "max-age=99999999999999999999999")]), Some(86_400));
        assert_eq!(lasts(&[("cache-control", "max-age=-1")]), Some(0));
    }

    #[test]
    fn time_that_others_kept_it_counts() {
        let after = |age| lasts(&[("cache-control", "max-age=300"), ("age", age)]);
        assert_eq!(
            [after("100"), after(" 299 "), after("300"), after("9999999999999999999999")],
            [200, 1, 0, 0].map(Some)
        );
        assert_eq!([after("-5"), after("soon"), after(""), after("10, 20")], [300, 300, 300, 290].map(Some));
        assert_eq!(lasts(&[("expires", "Sun, 01 Nov 2026 08:02:00 GMT"), ("date", NOW), ("age", "50")]), Some(70));
        assert_eq!(lasts(&[("last-modified", "Sun, 01 Nov 2026 07:00:00 GMT"), ("age", "100")]), Some(260));
        assert_eq!(lasts(&[("age", "100")]), Some(60));
    }

    #[test]
    fn dates_count_where_there_is_no_age() {
        let date = ("date", NOW);
        assert_eq!(lasts(&[date, ("expires", "Sun, 01 Nov 2026 08:02:00 GMT")]), Some(120));
        assert_eq!(lasts(&[date, ("expires", "Sun, 01 Nov 2026 07:02:00 GMT")]), Some(0));
        assert_eq!(lasts(&[date, ("expires", "0")]), Some(0));
    }

    #[test]
    fn what_has_not_changed_for_long_is_believed_for_longer() {
        assert_eq!(lasts(&[]), Some(60));
        assert_eq!(lasts(&[("last-modified", "Sun, 01 Nov 2026 07:00:00 GMT")]), Some(360));
        assert_eq!(lasts(&[("last-modified", "Sun, 01 Nov 2026 07:59:00 GMT")]), Some(60));
        assert_eq!(lasts(&[("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT")]), Some(3600));
        assert_eq!(lasts(&[("last-modified", "Mon, 01 Nov 2027 07:00:00 GMT")]), Some(60));
    }

    #[test]
    fn what_is_for_one_user_or_for_nobody_is_not_kept() {
        for said in ["no-store", "private", "max-age=60, private=\"set-cookie\"", "NO-STORE"] {
            assert_eq!(lasts(&[("cache-control", said)]), None, "{said}");
        }
    }

    #[test]
    fn what_others_might_get_otherwise_is_asked_for_again() {
        for (vary, expected) in [
            ("accept-encoding", Some(60)),
            ("Accept, User-Agent,accept-Encoding", Some(60)),
            ("Cookie, Accept-Language", Some(60)),
            ("Origin, Sec-Fetch-Mode", Some(60)),
            ("", Some(60)),
            ("X-Forwarded-For", Some(0)),
            ("Accept-Encoding, CloudFront-Viewer-Country", Some(0)),
            ("*", None),
            ("Accept, *", None),
        ] {
            assert_eq!(lasts(&[("vary", vary)]), expected, "{vary}");
        }
        assert_eq!(lasts(&[("vary", "accept"), ("vary", "x-device"), ("cache-control", "max-age=9")]), Some(0));
    }

    #[test]
    fn some_answers_are_never_used_stale() {
        let may = |said| Freshness::of(&headers(&[("cache-control", said)]), SystemTime::now()).unwrap().may_be_stale;
        assert!(may("max-age=1"));
        assert!(!may("max-age=1, must-revalidate") && !may("no-cache") && !may("s-maxage=1"));
    }

    #[test]
    fn for_how_long_answers_may_be_used_stale_is_theirs_to_say() {
        for (said, if_error, meanwhile) in [
            ("max-age=1", 0, 0),
            ("max-age=1, stale-if-error=600", 600, 0),
            ("max-age=1, Stale-While-Revalidate=30, stale-if-error=\"60\"", 60, 30),
            ("s-maxage=1, stale-while-revalidate=30", 0, 30),
            ("max-age=1, stale-if-error=31536000", 86_400, 0),
            ("max-age=1, stale-while-revalidate", 0, 0),
            ("max-age=1, must-revalidate, stale-if-error=60, stale-while-revalidate=60", 0, 0),
            ("no-cache, stale-if-error=60, stale-while-revalidate=60", 0, 0),
        ] {
            let freshness = Freshness::of(&headers(&[("cache-control", said)]), SystemTime::now()).unwrap();
            let stale = (freshness.if_error.as_secs(), freshness.meanwhile.as_secs());
            assert_eq!(stale, (if_error, meanwhile), "{said}");
        }
    }

    #[test]
    fn a_confirmation_keeps_what_it_does_not_name() {
        let old = Validators::of(&headers(&[("etag", "\"a\"")]));
        assert!(!old.are_none() && Validators::default().are_none());
        assert_eq!(old.updated(&HeaderMap::new()), old);
        assert_eq!(old.updated(&headers(&[("etag", "\"b\"")])).etag, Some(HeaderValue::from_static("\"b\"")));
    }
}
