//! What a store of [`Memos`] does, behaviour by behaviour.

use std::time::Duration;

use bytes::Bytes;

use crate::{Memos, memos::MAX_VALUE};

const HOUR: Duration = Duration::from_hours(1);

/// What was kept comes back, byte by byte and as often as asked.
pub async fn returns_what_was_kept<M: Memos>(make: &impl AsyncFn() -> M) {
    let memos = make().await;
    for value in [&b""[..], b"text", &[0, 255, 0]] {
        keep(&memos, "feeds", "a", value);
        for _ in 0..2 {
            assert_eq!(recall(&memos, "feeds", "a").await.as_deref(), Some(value));
        }
        memos.settle().await;
        assert_eq!(recall(&memos, "feeds", "a").await.as_deref(), Some(value), "as much once it has been written");
    }
    assert_eq!(recall(&memos, "feeds", "b").await, None);
}

/// Platforms do not see what others keep.
pub async fn keeps_platforms_and_names_apart<M: Memos>(make: &impl AsyncFn() -> M) {
    let memos = make().await;
    // The last two would be one if platform and name were just put together.
    let places = [("feeds", "a"), ("metadata", "a"), ("feeds", "b"), ("feeds", ""), ("a:b", "c"), ("a", "b:c")];
    for (platform, name) in places {
        assert_eq!(recall(&memos, platform, name).await, None);
        keep(&memos, platform, name, format!("{platform} {name}").as_bytes());
    }
    memos.settle().await;
    for (platform, name) in places {
        let expected = format!("{platform} {name}");
        assert_eq!(recall(&memos, platform, name).await.as_deref(), Some(expected.as_bytes()));
    }
}

/// A later value takes the place of an earlier one, written or not.
pub async fn the_latest_counts<M: Memos>(make: &impl AsyncFn() -> M) {
    let memos = make().await;
    for n in 0..200_u32 {
        keep(&memos, "feeds", "a", &n.to_be_bytes());
        if n % 50 == 0 {
            memos.settle().await;
        }
        assert_eq!(recall(&memos, "feeds", "a").await.as_deref(), Some(&n.to_be_bytes()[..]));
    }
    memos.settle().await;
    assert_eq!(recall(&memos, "feeds", "a").await.as_deref(), Some(&199_u32.to_be_bytes()[..]));
}

/// What need not be kept any more is not, written or not.
pub async fn forgets<M: Memos>(make: &impl AsyncFn() -> M) {
    let memos = make().await;
    memos.keep(&"feeds".into(), "never there", None, Duration::ZERO);
    for settled in [false, true] {
        keep(&memos, "feeds", "a", b"old");
        keep(&memos, "feeds", "b", b"other");
        if settled {
            memos.settle().await;
        }
        memos.keep(&"feeds".into(), "a", None, Duration::ZERO);
        assert_eq!(recall(&memos, "feeds", "a").await, None);
        memos.settle().await;
        assert_eq!(recall(&memos, "feeds", "a").await, None);
        assert_eq!(recall(&memos, "feeds", "b").await.as_deref(), Some(&b"other"[..]));
    }
}

/// Where there is no time to keep something, or it is too large, nothing is there: neither it nor what it replaces.
pub async fn what_is_not_kept_replaces_too<M: Memos>(make: &impl AsyncFn() -> M) {
    let memos = make().await;
    let table = [(MAX_VALUE, HOUR, true), (MAX_VALUE + 1, HOUR, false), (1, Duration::ZERO, false)];
    for (size, lasts, is_kept) in table {
        keep(&memos, "feeds", "a", b"old");
        memos.settle().await;
        memos.keep(&"feeds".into(), "a", Some(vec![1; size].into()), lasts);
        let expected = is_kept.then_some(size);
        assert_eq!(recall(&memos, "feeds", "a").await.map(|value| value.len()), expected);
        memos.settle().await;
        assert_eq!(recall(&memos, "feeds", "a").await.map(|value| value.len()), expected, "{size} for {lasts:?}");
    }
}

/// What lasts for a moment is gone after it.
pub async fn ends_in_time<M: Memos>(make: &impl AsyncFn() -> M) {
    let memos = make().await;
    memos.keep(&"feeds".into(), "a", Some("1".into()), Duration::from_millis(1));
    keep(&memos, "feeds", "b", b"stays");
    memos.settle().await;
    while recall(&memos, "feeds", "a").await.is_some() {
        tokio::task::yield_now().await;
    }
    assert_eq!(recall(&memos, "feeds", "b").await.as_deref(), Some(&b"stays"[..]));
}

/// Many ask at once: each gets its own.
pub async fn answers_many_at_once<M: Memos>(make: &impl AsyncFn() -> M) {
    let memos = make().await;
    for n in 0..500_u32 {
        keep(&memos, "feeds", &n.to_string(), &n.to_be_bytes());
    }
    memos.settle().await;
    let asked = (0..500_u32).map(async |n| (n, recall(&memos, "feeds", &n.to_string()).await));
    for (n, value) in futures_util::future::join_all(asked).await {
        assert_eq!(value.as_deref(), Some(&n.to_be_bytes()[..]));
    }
}

fn keep(memos: &impl Memos, platform: &str, name: &str, value: &[u8]) {
    memos.keep(&platform.into(), name, Some(Bytes::copy_from_slice(value)), HOUR);
}

async fn recall(memos: &impl Memos, platform: &str, name: &str) -> Option<Bytes> {
    memos.recall(&platform.into(), name).await.expect("within reach")
}
