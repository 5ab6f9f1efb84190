//! Calls of other servers, such as hubs that tell of what is new in feeds: `/callbacks/<platform>/…`, led to the worker that
//! expects them. What they say is believed by nobody but that worker, which has reasons to.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, RawQuery, State},
    response::{IntoResponse, Response},
    routing::get,
};
use footbridge_pipeline::{Unattended, Visits};
use footbridge_telemetry::emit;
use footbridge_wire::{Method, Visit};
use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
};

use crate::events::{CallbackAnswered, CallbackRefused};

/// Largest body, in bytes: that of a feed.
const MAX_BODY: usize = 5 * 1024 * 1024;
/// Most bytes of headers that are passed on.
const MAX_HEADERS: usize = 16 * 1024;

/// The routes. Each waits for a worker; [`Visits`] bounds how many may.
pub fn routes(visits: Arc<Visits>) -> Router {
    Router::new()
        .route("/callbacks/{platform}/{*path}", get(read).post(bring))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(visits)
}

async fn read(
    visits: State<Arc<Visits>>,
    path: Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    lead(visits, path, query, &headers, Method::Get, Bytes::new()).await
}

async fn bring(
    visits: State<Arc<Visits>>,
    path: Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    lead(visits, path, query, &headers, Method::Post, body).await
}

async fn lead(
    State(visits): State<Arc<Visits>>,
    Path((platform, path)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: &HeaderMap,
    method: Method,
    body: Bytes,
) -> Response {
    let visit = Visit { number: 0, method, path, query: query.unwrap_or_default(), headers: texts(headers), body };
    match visits.visit(&platform.as_str().into(), visit).await {
        Ok(welcome) => {
            emit(CallbackAnswered { status: welcome.status });
            let status = StatusCode::from_u16(welcome.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            // What is echoed to a hub must not be taken for a page of this gateway by a browser.
            let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (status, headers, welcome.body).into_response()
        }
        Err(why) => {
            emit(CallbackRefused { why });
            match why {
                Unattended::Nobody => StatusCode::NOT_FOUND.into_response(),
                Unattended::Crowded | Unattended::Late => {
                    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "60")], why.to_string()).into_response()
                }
            }
        }
    }
}

/// Headers that are text, up to a bound; the rest is left out.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut room = MAX_HEADERS;
    let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let mut fits = |(name, value): &(String, String)| {
        let rest = room.checked_sub(name.len() + value.len());
        room = rest.unwrap_or(0);
        rest.is_some()
    };
    headers.iter().filter_map(text).take_while(|header| fits(header)).collect()
}
