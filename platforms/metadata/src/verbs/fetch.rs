//! `fetch`: what a page says of itself (platforms.md 6.2).

use crate::content::Content;
use crate::oembed::{self, Oembed};
use crate::page::Page;
use crate::platform::Manner;
use crate::route::{self, Route};
use crate::{Metadata, address, reddit, twitter, words};
use footbridge_host::{Call, Failure, Reply};
use serde_json::{Map, Value};
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// For a page and what its service says of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// For the service that knows X.
const PATIENCE_X: Duration = Duration::from_secs(10);
/// For each of Reddit's documents.
const PATIENCE_REDDIT: Duration = Duration::from_millis(2500);

/// Finds out about the page that the actor is and answers with it.
pub(crate) async fn perform(metadata: &Metadata, call: &Call) -> Result<Reply, Failure> {
    let mut activity: Map<String, Value> = call.parse()?;
    let id = activity.get("actor").and_then(|actor| actor["id"].as_str()).unwrap_or_default().to_owned();
    let page = look(metadata, &id).await?;
    let actor = activity.entry("actor").or_insert_with(|| Value::Object(Map::new()));
    if let Some(url) = &page.url {
        actor["id"] = Value::from(url.as_str());
    }
    let given = || actor["name"].as_str().unwrap_or_default().to_owned();
    actor["name"] = Value::from(page.name.clone().unwrap_or_else(given));
    activity.insert("object".to_owned(), serde_json::to_value(page).map_err(Failure::error)?);
    Reply::json(&activity)
}

async fn look(metadata: &Metadata, id: &str) -> Result<Page, Failure> {
    let url = address::read(id).ok_or_else(|| Failure::error(words::INVALID_URL))?;
    match route::of(&url) {
        Route::Page => scrape(metadata, &url).await,
        Route::Status(number) => {
            let document = format!("{}{number}", metadata.services.x);
            let manner = Manner { deadline: PATIENCE_X, is_compat: false, follows: true };
            match metadata.document(&document, manner, twitter::read).await {
                Some(page) => Ok(page),
                None => scrape(metadata, &url).await,
            }
        }
        Route::Post(path) => {
            let page = post(metadata, path.as_deref(), id).await;
            page.ok_or_else(|| Failure::error(format_args!("No Reddit metadata available for {}", unnamed(&url))))
        }
    }
}

/// What Reddit says of a post: by its listing, else by its oEmbed document. Both are asked for at once.
async fn post(metadata: &Metadata, path: Option<&str>, id: &str) -> Option<Page> {
    let manner = Manner { deadline: PATIENCE_REDDIT, is_compat: false, follows: true };
    let mut listing = pin!(async {
        let document = format!("{}{}.json?raw_json=1", metadata.services.reddit, path?);
        let manner = Manner { is_compat: true, follows: false, ..manner };
        metadata.document(&document, manner, |json| reddit::listing(json, id)).await
    });
    let mut embedded = pin!(async {
        let mut document = Url::parse(&metadata.services.reddit_oembed).ok()?;
        document.query_pairs_mut().append_pair("url", id);
        metadata.document(document.as_str(), manner, |json| reddit::embedded(json, id)).await
    });
    let mut second = None;
    let first = tokio::select! {
        biased;
        first = &mut listing => first,
        early = &mut embedded => {
            second = Some(early);
            listing.await
        }
    };
    match (first, second) {
        (Some(page), _) => Some(page),
        (None, Some(early)) => early,
        (None, None) => embedded.await,
    }
}

/// What the page says, and where it says little what its service says of it.
async fn scrape(metadata: &Metadata, url: &Url) -> Result<Page, Failure> {
    if address::is_file(url) {
        return Err(Failure::error(words::A_FILE));
    }
    let start = Instant::now();
    let fetched = metadata.page(url.as_str(), PATIENCE).await;
    let manner = Manner { deadline: PATIENCE.saturating_sub(start.elapsed()), is_compat: false, follows: true };
    let document = async |named: Option<&str>| {
        let document = named.map(ToOwned::to_owned).or_else(|| oembed::provider(url))?;
        metadata.document(&document, manner, Oembed::read).await
    };
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(error) => {
            let known = document(None).await.and_then(|document| document.page());
            return known.ok_or_else(|| words::unfetched(&error));
        }
    };
    match &fetched.content {
        Content::Page { page, oembed, challenge: None } => {
            let mut page = Page::clone(page);
            let is_poor = page.media.is_none() && (page.title.is_none() || page.image.is_empty());
            if is_poor && let Some(document) = document(oembed.as_deref()).await {
                document.complete(&mut page);
            }
            Ok(page)
        }
        Content::Page { challenge: Some(challenge), .. } => {
            let known = document(None).await.and_then(|document| document.page());
            known.ok_or_else(|| words::challenged(*challenge))
        }
        Content::Empty => Err(Failure::error(words::NOT_FOUND)),
        Content::Foreign | Content::Json(_) => Err(Failure::error(words::NOT_TEXT)),
    }
}

/// For a message: without user name and password.
fn unnamed(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only for URLs that cannot carry user information to begin with.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}
