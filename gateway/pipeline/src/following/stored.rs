//! What is kept of named followers: what they follow, and until when they have been told everything.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use footbridge_schemas::PlatformId;
use footbridge_store::{Memos, Unreachable};
use footbridge_wire::InstanceKey;

use super::book::MAX_TOPICS;
use crate::keepsakes::OURS;

/// For how long, after the last change or visit, or the last news.
const LASTS: Duration = Duration::from_hours(30 * 24);

/// A change of what a follower follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Follows(Arc<str>),
    Unfollows(Arc<str>),
}

/// What is to be kept of one follower. Later changes take the place of earlier ones, so that it is never more than what
/// one may follow.
#[derive(Debug, Default)]
pub(crate) struct Note {
    /// Topics, and whether they are followed.
    changes: HashMap<Arc<str>, bool>,
    told: Option<u64>,
}

impl Note {
    pub(crate) fn change(&mut self, changes: Vec<Change>) {
        self.changes.extend(changes.into_iter().map(|change| match change {
            Change::Follows(topic) => (topic, true),
            Change::Unfollows(topic) => (topic, false),
        }));
    }

    pub(crate) fn told(&mut self, until: u64) {
        self.told = self.told.max(Some(until));
    }

    /// What could not be written, with what has come since.
    pub(crate) fn followed_by(mut self, later: Self) -> Self {
        self.changes.extend(later.changes);
        Self { told: self.told.max(later.told), ..self }
    }
}

/// What a follower followed when it was last here, and until when it was told everything, in milliseconds since 1970.
///
/// # Errors
/// [`Unreachable`]: it is not known.
pub(crate) async fn recall(
    memos: &dyn Memos,
    platform: &PlatformId,
    follower: &InstanceKey,
) -> Result<(Vec<String>, u64), Unreachable> {
    let topics = list(memos, platform, follower).await?;
    let told = memos.recall(platform, &told_name(follower)).await?;
    let told = told.and_then(|bytes| bytes[..].try_into().ok()).map(u64::from_be_bytes);
    // Where that is lost, only what is yet to come is new.
    Ok((topics.into_iter().collect(), told.unwrap_or(u64::MAX)))
}

/// Writes what is to be kept. Another gateway may have changed what the follower follows, too.
///
/// # Errors
/// [`Unreachable`]; nothing was written, and it may be tried again.
pub(crate) async fn write(
    memos: &dyn Memos,
    platform: &PlatformId,
    follower: &InstanceKey,
    note: &Note,
) -> Result<(), Unreachable> {
    if !note.changes.is_empty() {
        let mut topics = list(memos, platform, follower).await?;
        for (topic, follows) in &note.changes {
            if !follows {
                topics.remove(&**topic);
            } else if topics.len() < MAX_TOPICS {
                topics.insert(topic.to_string());
            }
        }
        let value = if topics.is_empty() { None } else { serde_json::to_vec(&topics).ok().map(Bytes::from) };
        memos.keep(platform, &list_name(follower), value, LASTS);
    }
    if let Some(until) = note.told {
        memos.keep(platform, &told_name(follower), Some(Bytes::copy_from_slice(&until.to_be_bytes())), LASTS);
    }
    Ok(())
}

/// Goes on keeping what a follower follows, which is here again.
pub(crate) fn renew(memos: &dyn Memos, platform: &PlatformId, follower: &InstanceKey, topics: &[String]) {
    if !topics.is_empty() {
        memos.keep(platform, &list_name(follower), serde_json::to_vec(topics).ok().map(Bytes::from), LASTS);
    }
}

async fn list(
    memos: &dyn Memos,
    platform: &PlatformId,
    follower: &InstanceKey,
) -> Result<BTreeSet<String>, Unreachable> {
    let kept = memos.recall(platform, &list_name(follower)).await?;
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

fn list_name(follower: &InstanceKey) -> String {
    format!("{OURS}follower/{follower}/topics")
}

fn told_name(follower: &InstanceKey) -> String {
    format!("{OURS}follower/{follower}/told")
}
