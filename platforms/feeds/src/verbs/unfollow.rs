//! `unfollow`: the end of a `follow`.

use crate::Feeds;
use crate::follow::topic;
use crate::verbs::follow::Following;
use footbridge_host::{Call, Failure, Reply};

/// Whoever asks does not follow the feed any more. Nothing, if it never did.
pub(crate) fn perform(feeds: &Feeds, call: &Call) -> Result<Reply, Failure> {
    let following: Following = call.parse()?;
    if let (Following::Feed { request }, Ok(follower)) = (following, feeds.follower())
        && let Ok(name) = topic::name(&request.url)
    {
        follower.unfollows(call, &name);
    }
    Ok(Reply::Unchanged)
}
