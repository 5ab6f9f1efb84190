//! A feed that is followed: its name, and all that is known of it.

use crate::follow::known::Known;
use crate::follow::pace::Pace;
use crate::follow::websub::Lease;
use footbridge_host::{MAX_NAME, Returning};
use footbridge_outbound::Version;
use std::rc::Rc;
use thiserror::Error;
use url::Url;

/// What the names of memos begin with.
const MEMO: &str = "topic:";
/// Longest name of a topic in bytes: what is known of it is kept under a name that is a little longer.
pub(crate) const MAX_TOPIC: usize = MAX_NAME - MEMO.len();

/// Why a text names no feed.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum Unnamed {
    #[error("not a URL")]
    NoUrl,
    #[error("unsupported scheme {0}:")]
    Scheme(String),
    #[error("longer than {MAX_TOPIC} bytes")]
    TooLong,
}

/// The name of the feed at a URL: the URL without what its server never sees.
pub(crate) fn name(url: &str) -> Result<Rc<str>, Unnamed> {
    let mut url = Url::parse(url.trim()).map_err(|_| Unnamed::NoUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Unnamed::Scheme(url.scheme().to_owned()));
    }
    url.set_fragment(None);
    if url.as_str().len() > MAX_TOPIC {
        return Err(Unnamed::TooLong);
    }
    Ok(url.as_str().into())
}

/// The name without user name and password, for those who may not know them.
pub(crate) fn public(name: &str) -> String {
    let Ok(mut url) = Url::parse(name) else { return String::new() };
    // Both fail only for URLs that cannot carry user information to begin with.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// Under what name that which is known of a topic is kept.
pub(crate) fn memo(name: &str) -> String {
    [MEMO, name].concat()
}

/// A number that tells a topic from others, the same for ever.
pub(crate) fn seed(name: &str) -> u64 {
    let hash = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, hash);
    // The last step of SplitMix64: names that differ in their last letter are far apart.
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// What is known of a feed that outlives the process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lore {
    /// `None`: it was not looked at yet.
    pub(crate) known: Option<Known>,
    pub(crate) pace: Pace,
    /// When it was looked at last with success, in milliseconds since 1970.
    pub(crate) looked: u64,
    /// When it was to be looked at next.
    pub(crate) due: u64,
    pub(crate) lease: Option<Box<Lease>>,
}

/// A feed that is followed.
#[derive(Debug, Default)]
pub(crate) struct Topic {
    pub(crate) lore: Lore,
    /// What may be kept of it has been asked for.
    pub(crate) is_recalled: bool,
    /// It is being looked at.
    pub(crate) is_busy: bool,
    /// For when it stands in the timetable.
    pub(crate) entered: Option<u64>,
    /// Fingerprint of the document that was looked at last; 0: none, or there is more to be told of it.
    pub(crate) document: u64,
    /// The version of it, where its server tells versions apart.
    pub(crate) version: Option<Box<Version>>,
    /// When it was kept last.
    pub(crate) kept: u64,
    /// Who has come back and was not told yet what has come since.
    pub(crate) returning: Vec<Returning>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_a_url_as_its_server_sees_it() {
        for (url, expected) in [
            ("HTTP://H.example:80/a b#top", Ok("http://h.example/a%20b")),
            (" https://h.example ", Ok("https://h.example/")),
            ("h.example/feed", Err(Unnamed::NoUrl)),
            ("feed://h.example/", Err(Unnamed::Scheme("feed".into()))),
        ] {
            assert_eq!(
                name(url).as_deref().map_err(|_| ()),
                expected.as_ref().map(|name| *name).map_err(|_| ()),
                "{url}"
            );
        }
        assert_eq!(public("http://ana:secret@h.example/a"), "http://h.example/a");
        let long = format!("http://h.example/{}", "x".repeat(MAX_TOPIC));
        assert_eq!(name(&long), Err(Unnamed::TooLong));
        let longest = name(&long[..MAX_TOPIC]).unwrap();
        assert_eq!(memo(&longest).len(), MAX_NAME);
    }

    #[test]
    fn topics_that_look_alike_have_numbers_that_do_not() {
        let mut tops: Vec<_> = (0..256).map(|n| seed(&format!("http://h.example/{n}")) >> 56).collect();
        tops.sort_unstable();
        tops.dedup();
        assert!(tops.len() > 140, "{}", tops.len());
    }
}
