//! A page as bytes, with what is known of how long it is true.

use crate::beyond::Portable;
use crate::freshness::{Freshness, Validators};
use crate::shelf::{Kept, Page};
use bytes::Bytes;
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Records of other versions are as good as none: what a platform made of a page may have changed.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Clocks of two machines may differ by so much.
const SKEW: Duration = Duration::from_mins(1);
/// Bytes that a record may claim to hold.
const LARGEST: usize = 16 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    version: Cow<'a, str>,
    final_url: Cow<'a, str>,
    content_type: Option<Cow<'a, str>>,
    links: Option<Cow<'a, str>>,
    etag: Option<Cow<'a, [u8]>>,
    last_modified: Option<Cow<'a, [u8]>>,
    freshness: Cow<'a, Freshness>,
    /// Milliseconds since 1970.
    confirmed: u64,
    content: Bytes,
}

/// What was confirmed at `now`.
pub(crate) fn write<T: Portable>(kept: &Kept<T>, now: SystemTime) -> Option<Bytes> {
    let header = |value: &'_ Option<HeaderValue>| value.as_ref().map(|value| Cow::Owned(value.as_bytes().to_vec()));
    let record = Record {
        version: VERSION.into(),
        final_url: kept.page.final_url.as_str().into(),
        content_type: kept.page.content_type.as_deref().map(Into::into),
        links: kept.page.links.as_deref().map(Into::into),
        etag: header(&kept.validators.etag),
        last_modified: header(&kept.validators.last_modified),
        freshness: Cow::Borrowed(&kept.freshness),
        confirmed: u64::try_from(now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_millis()).ok()?,
        content: kept.page.content.pack()?,
    };
    bincode::serde::encode_to_vec(&record, bincode::config::standard()).ok().map(Bytes::from)
}

/// What [`write()`] wrote on whatever machine; `wall` and `now` are the present.
pub(crate) fn read<T: Portable>(bytes: &[u8], wall: SystemTime, now: Instant) -> Option<Kept<T>> {
    let config = bincode::config::standard().with_limit::<LARGEST>();
    let (record, _) = bincode::serde::decode_from_slice::<Record<'_>, _>(bytes, config).ok()?;
    if record.version != VERSION {
        return None;
    }
    let confirmed = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(record.confirmed))?;
    let age = match wall.duration_since(confirmed) {
        Ok(age) => age,
        Err(early) if early.duration() <= SKEW => Duration::ZERO,
        Err(_) => return None,
    };
    let header = |value: Option<Cow<'_, [u8]>>| value.and_then(|value| HeaderValue::from_bytes(&value).ok());
    let page = Page {
        final_url: record.final_url.parse().ok()?,
        content_type: record.content_type.map(Cow::into_owned),
        links: record.links.map(Cow::into_owned),
        content: T::unpack(record.content)?,
    };
    let validators = Validators { etag: header(record.etag), last_modified: header(record.last_modified) };
    Some(Kept::new(Arc::new(page), validators, record.freshness.into_owned(), now.checked_sub(age)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn kept() -> Kept<Bytes> {
        let page = Page {
            final_url: "https://h.example/ä?b".parse().unwrap(),
            content_type: Some("text/html; charset=ö".into()),
            links: Some("<a>; rel=hub".into()),
            content: Bytes::from_static(b"\0\xff body"),
        };
        let etag = HeaderValue::from_bytes(b"\"\xfc\"").unwrap();
        let validators = Validators { etag: Some(etag), last_modified: None };
        let freshness = Freshness { lasts: 2 * MINUTE, may_be_stale: true, meanwhile: MINUTE, ..Freshness::default() };
        Kept::new(Arc::new(page), validators, freshness, Instant::now())
    }

    #[test]
    fn a_page_comes_back_whole_and_as_old_as_it_is() {
        let (written, now) = (SystemTime::now(), Instant::now());
        let bytes = write(&kept(), written).unwrap();
        let read = |later| read::<Bytes>(&bytes, written + later, now).unwrap();
        let (before, after) = (kept(), read(MINUTE));
        assert_eq!(after.page.final_url, before.page.final_url);
        assert_eq!(after.page.content_type, before.page.content_type);
        assert_eq!(after.page.content, before.page.content);
        assert_eq!((&after.validators, &after.freshness), (&before.validators, &before.freshness));
        let is_fresh = |later| read(later).is_fresh(now, Duration::MAX);
        assert!(is_fresh(MINUTE) && !is_fresh(2 * MINUTE));
        assert!(!read(MINUTE).is_fresh(now, MINUTE));
    }

    #[test]
    fn a_page_from_the_future_is_none() {
        let now = SystemTime::now();
        let bytes = write(&kept(), now).unwrap();
        let read = |earlier| read::<Bytes>(&bytes, now - earlier, Instant::now());
        assert!(read(SKEW / 2).is_some_and(|kept| kept.is_fresh(Instant::now(), Duration::MAX)));
        assert!(read(2 * SKEW).is_none());
    }

    #[test]
    fn what_another_version_wrote_and_what_is_no_record_is_none() {
        let bytes = write(&kept(), SystemTime::now()).unwrap();
        let read = |bytes: &[u8]| read::<Bytes>(bytes, SystemTime::now(), Instant::now());
        assert!(read(&bytes).is_some());
        let mut other = bytes.to_vec();
        other[1] ^= 1;
        assert!(read(&other).is_none());
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_none(), "{length}");
        }
        assert!(read(&[255; 64]).is_none());
    }
}
