//! `follow`: news of a feed as they come, or of all feeds of a list.

use crate::collection::CONTEXT;
use crate::follow::opml::{Opml, Skipped, Subscription};
use crate::follow::topic;
use crate::verbs::fetch;
use crate::{Feeds, Request};
use chrono::DateTime;
use footbridge_host::{Call, Failure, Reply};
use serde::{Deserialize, Serialize};

/// What is to be followed.
#[derive(Debug, Deserialize)]
#[serde(from = "Activity")]
pub(crate) enum Following {
    /// A feed, and what of it is wanted at once.
    Feed { request: Request },
    /// A list of feeds.
    List { id: Option<String>, content: String },
}

/// Follows, and answers with what there is now.
pub(crate) async fn perform(feeds: &Feeds, call: &Call) -> Result<Reply, Failure> {
    match call.parse()? {
        Following::Feed { request } => feed(feeds, call, request).await,
        Following::List { id, content } => list(feeds, call, id, &content),
    }
}

async fn feed(feeds: &Feeds, call: &Call, request: Request) -> Result<Reply, Failure> {
    let follower = feeds.follower()?;
    if let Ok(name) = topic::name(&request.url)
        && !follower.has_room(&name)
    {
        return Err(Failure::error(follower.full()));
    }
    let mut feed = fetch::read(&feeds.fetcher, feeds.limits, &request.url).await?;
    let unnamed = |error| Failure::error(format_args!("the URL of the feed cannot be followed: {error}"));
    let name = topic::name(&feed.url).map_err(unnamed)?;
    let lore = follower.recall(&name).await;
    if !follower.has_room(&name) {
        return Err(Failure::error(follower.full()));
    }
    // Those who follow already are told first; whoever asks has the same in the answer.
    follower.shown(&name, lore, &mut feed);
    follower.follows(call, &name);
    fetch::answer(feed.parsed, feed.named, &Request { url: name.to_string(), ..request })
}

/// No feed of a list is fetched now: a thousand at once would be a burden to many.
fn list(feeds: &Feeds, call: &Call, id: Option<String>, content: &str) -> Result<Reply, Failure> {
    let follower = feeds.follower()?;
    let mut list = Opml::read(content).map_err(Failure::error)?;
    let (mut items, mut skipped) = (Vec::new(), std::mem::take(&mut list.skipped));
    for feed in list.feeds {
        if follower.has_room(&feed.id) {
            follower.expects(&feed.id);
            follower.follows(call, &feed.id);
            items.push(feed);
        } else {
            skipped.push(Skipped { name: feed.name, url: feed.id.to_string(), reason: follower.full() });
        }
    }
    let (r#type, total_items) = ("collection", items.len());
    Reply::json(&Subscriptions { id, context: CONTEXT, r#type, summary: list.title, total_items, items, skipped })
}

/// The answer to a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Subscriptions {
    id: Option<String>,
    #[serde(rename = "@context")]
    context: [&'static str; 3],
    r#type: &'static str,
    summary: String,
    total_items: usize,
    items: Vec<Subscription>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped: Vec<Skipped>,
}

/// The activity, as far as it matters here. The schema has checked it.
#[derive(Deserialize)]
struct Activity {
    id: Option<String>,
    object: Object,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Object {
    Feed {
        id: String,
        since: Option<String>,
        limit: Option<f64>,
        #[serde(default)]
        sanitize: bool,
    },
    Opml {
        content: String,
    },
}

impl From<Activity> for Following {
    fn from(activity: Activity) -> Self {
        match activity.object {
            Object::Feed { id: url, since, limit, sanitize } => {
                let since = since.and_then(|since| DateTime::parse_from_rfc3339(&since).ok());
                let since = since.map(|since| since.timestamp_millis());
                let limit = limit.map(crate::request::whole);
                Following::Feed { request: Request { id: activity.id, url, since, limit, sanitize } }
            }
            Object::Opml { content } => Following::List { id: activity.id, content },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_or_a_list_is_followed() {
        let read = |object: &str| -> Result<Following, _> {
            let actor = r#"{"id":"kim@feeds","type":"person"}"#;
            serde_json::from_str(&format!(r#"{{"id":"7","type":"follow","actor":{actor},"object":{object}}}"#))
        };
        let feed = read(r#"{"type":"feed","id":"http://h.example/","since":"2024-05-01T10:00:00+02:00","limit":5.0}"#);
        let Ok(Following::Feed { request }) = feed else { panic!("{feed:?}") };
        let expected = Request {
            id: Some("7".into()),
            url: "http://h.example/".into(),
            since: Some(1_714_550_400_000),
            limit: Some(5),
            sanitize: false,
        };
        assert_eq!(request, expected);
        let list = read(r#"{"type":"opml","content":"<opml/>"}"#);
        assert!(matches!(list, Ok(Following::List { content, .. }) if content == "<opml/>"));
        assert!(read(r#"{"type":"zork"}"#).is_err() && read("null").is_err());
    }
}
