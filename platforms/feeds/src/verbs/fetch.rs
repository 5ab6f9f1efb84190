//! `fetch`: the posts of a feed (platforms.md 5.2).

use crate::{FeedError, Feeds, Request, map};
use footbridge_host::{Call, Failure, Reply};
use footbridge_outbound::FetchError;

/// Fetches the feed that the actor is and answers with its posts.
pub(crate) async fn perform(feeds: &Feeds, call: &Call) -> Result<Reply, Failure> {
    let request: Request = call.parse()?;
    let page = feeds.fetcher.fetch(&request.url, feeds.limits).await.map_err(unfetched)?;
    let mapped = map(&page.body, page.content_type.as_deref(), page.final_url.as_str(), &request);
    // The answer may need as much memory as the body did.
    drop(page);
    let answer = mapped.and_then(|collection| collection.to_json()).map_err(unread)?;
    Ok(Reply::Activity(answer.into()))
}

/// A transport failure in words: upstream's name where it has a telling one, always with the cause (platforms.md 3.3).
fn unfetched(error: FetchError) -> Failure {
    match error {
        FetchError::TimedOut { .. } => {
            Failure::named("TimeoutError", format_args!("The operation was aborted due to timeout: {error}"))
        }
        error => Failure::error(error),
    }
}

/// An unreadable document in words (platforms.md 5.4).
fn unread(error: FeedError) -> Failure {
    match error {
        FeedError::Xml { .. } => Failure::named("XmlError", error),
        error => Failure::error(error),
    }
}
