//! How long an answer stays true (RFC 9111, as a cache that users share).

use crate::body::text;
use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderValue, LAST_MODIFIED, VARY};
use std::time::{Duration, SystemTime};

/// Where the server says nothing.
const UNSAID: Duration = Duration::from_mins(1);
/// The longest time derived from when a document last changed.
const LONGEST_GUESS: Duration = Duration::from_hours(1);
/// Whatever the server says.
const LONGEST: Duration = Duration::from_hours(24);

/// What may be done with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Freshness {
    /// From now; nothing: use it only after asking the server.
    pub(crate) lasts: Duration,
    /// Whether it may be used when it is no longer fresh and the server does not want to be asked.
    pub(crate) may_be_stale: bool,
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
        let varies = headers.get_all(VARY).iter().any(|value| value.as_bytes().trim_ascii() == b"*");
        if said.unshared || varies {
            return None;
        }
        let date = |name| httpdate::parse_http_date(&text(headers, name)?).ok();
        let sent = date(&DATE).unwrap_or(now);
        let age =
            text(headers, &AGE).and_then(|age| age.trim().parse().ok()).map_or(Duration::ZERO, Duration::from_secs);
        let lasts = if said.no_cache {
            Duration::ZERO
        } else if let Some(said) = said.s_maxage.or(said.max_age) {
            said.saturating_sub(age)
        } else if headers.contains_key(EXPIRES) {
            // A date that is none, such as 0, lies in the past.
            let expires = date(&EXPIRES).unwrap_or(SystemTime::UNIX_EPOCH);
            expires.duration_since(sent).unwrap_or_default().saturating_sub(age)
        } else {
            let unchanged = date(&LAST_MODIFIED).and_then(|changed| sent.duration_since(changed).ok());
            unchanged.map_or(UNSAID, |unchanged| (unchanged / 10).clamp(UNSAID, LONGEST_GUESS))
        };
        Some(Self { lasts: lasts.min(LONGEST), may_be_stale: !said.must_revalidate && !said.no_cache })
    }
}

#[derive(Default)]
struct Directives {
    /// For one user, or for nobody.
    unshared: bool,
    no_cache: bool,
    must_revalidate: bool,
    max_age: Option<Duration>,
    s_maxage: Option<Duration>,
}

impl Directives {
    fn of(headers: &HeaderMap) -> Self {
        let mut said = Self::default();
        let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
        for directive in lines.flat_map(|line| line.split(',')) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let seconds = || value.trim().trim_matches('"').parse().ok().map(Duration::from_secs);
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" | "private" => said.unshared = true,
                "no-cache" => said.no_cache = true,
                "must-revalidate" | "proxy-revalidate" => said.must_revalidate = true,
                // Time that cannot be read is no time.
                "max-age" => said.max_age = Some(seconds().unwrap_or_default()),
                "s-maxage" => said.s_maxage = Some(seconds().unwrap_or_default()),
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
        assert_eq!(lasts(&[("vary", "*")]), None);
        assert_eq!(lasts(&[("vary", "accept-encoding")]), Some(60));
    }

    #[test]
    fn some_answers_are_never_used_stale() {
        let may = |said| Freshness::of(&headers(&[("cache-control", said)]), SystemTime::now()).unwrap().may_be_stale;
        assert!(may("max-age=1"));
        assert!(!may("max-age=1, must-revalidate") && !may("no-cache"));
    }

    #[test]
    fn a_confirmation_keeps_what_it_does_not_name() {
        let old = Validators::of(&headers(&[("etag", "\"a\"")]));
        assert!(!old.are_none() && Validators::default().are_none());
        assert_eq!(old.updated(&HeaderMap::new()), old);
        assert_eq!(old.updated(&headers(&[("etag", "\"b\"")])).etag, Some(HeaderValue::from_static("\"b\"")));
    }
}
