//! What a client asks for.

use chrono::DateTime;
use serde::Deserialize;

/// A `fetch` in this platform's terms (platforms.md 5.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Activity")]
pub struct Request {
    /// The activity's `id`, given back with the answer.
    pub id: Option<String>,
    /// The feed's URL, which is the actor's id.
    pub url: String,
    /// Leave out entries from before this instant, in milliseconds since 1970, and those without a date.
    pub since: Option<i64>,
    /// Answer with at most this many.
    pub limit: Option<usize>,
    /// Give sanitised texts beside those of the feed.
    pub sanitize: bool,
}

impl Request {
    /// Everything that a feed has.
    pub fn for_url(url: impl Into<String>) -> Self {
        Request { url: url.into(), ..Request::default() }
    }
}

/// The activity, as far as it matters here. The schema has checked it, so what does not fit is as good as absent.
#[derive(Deserialize)]
struct Activity {
    id: Option<String>,
    actor: Actor,
    object: Option<Object>,
}

#[derive(Deserialize)]
struct Actor {
    id: String,
}

#[derive(Default, Deserialize)]
struct Object {
    since: Option<String>,
    /// JSON Schema takes 5.0 for an integer, so this has to.
    limit: Option<f64>,
    sanitize: Option<bool>,
}

impl From<Activity> for Request {
    fn from(activity: Activity) -> Self {
        let Object { since, limit, sanitize } = activity.object.unwrap_or_default();
        let since = since.and_then(|since| DateTime::parse_from_rfc3339(&since).ok());
        Request {
            id: activity.id,
            url: activity.actor.id,
            since: since.map(|since| since.timestamp_millis()),
            limit: limit.map(whole),
            sanitize: sanitize.unwrap_or_default(),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is what is wanted")]
pub(crate) fn whole(limit: f64) -> usize {
    limit as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(object: &str) -> Request {
        let activity = format!(
            r#"{{"@context":[],"type":"fetch","actor":{{"id":"http://h.example/","type":"feed"}},"object":{object}}}"#
        );
        serde_json::from_str(&activity).unwrap()
    }

    #[test]
    fn an_activity_becomes_a_request() {
        let activity = r#"{"id":"req-1","type":"fetch","actor":{"id":"http://h.example/","type":"feed","name":"x"}}"#;
        let request: Request = serde_json::from_str(activity).unwrap();
        assert_eq!(request, Request { id: Some("req-1".into()), ..Request::for_url("http://h.example/") });
    }

    #[test]
    fn filters_are_read() {
        let asked = request(r#"{"since":"2024-05-01T10:00:00+02:00","limit":5}"#);
        assert_eq!((asked.since, asked.limit), (Some(1_714_550_400_000), Some(5)));
        assert_eq!(request(r#"{"limit":5.0}"#).limit, Some(5));
        assert_eq!(request(r#"{"limit":1e300}"#).limit, Some(usize::MAX));
    }

    #[test]
    fn sanitised_texts_are_asked_for() {
        assert!(request(r#"{"sanitize":true}"#).sanitize);
        assert!(!request(r#"{"sanitize":false}"#).sanitize && !request("{}").sanitize);
    }

    #[test]
    fn a_since_that_is_no_date_is_ignored() {
        assert_eq!(request(r#"{"since":"yesterday"}"#).since, None);
        assert_eq!(request("null"), Request::for_url("http://h.example/"));
    }
}
