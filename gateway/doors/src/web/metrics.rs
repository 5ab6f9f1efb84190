//! `GET /metrics`, on a listener of its own: counters tell a stranger more than he needs.

use std::sync::Arc;

use axum::{Router, routing::get};
use http::header::CONTENT_TYPE;

/// Renders the counters as Prometheus text.
pub type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// The route.
pub fn routes(render: Render) -> Router {
    let text = move || std::future::ready(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render()));
    Router::new().route("/metrics", get(text))
}
