//! The client scripts and the start page (core.md 8), embedded in the binary.

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{
    HeaderValue, StatusCode,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
};
use rust_embed::RustEmbed;
use serde::Serialize;
use tower_http::compression::CompressionLayer;

/// What `npm run build` in `client/` made. Missing in a build without it: then each of its routes says so.
#[derive(RustEmbed)]
#[folder = "../../client/dist"]
#[exclude = "esm/**"]
#[allow_missing = true]
struct Dist;

/// The client scripts, for pages of any origin.
const SCRIPTS: [&str; 3] = ["socket.io.js", "sockethub-client.js", "sockethub-client.min.js"];

/// What belongs to the start page: its icon, and what platforms can be tried on (platforms.md 12.2).
const FILES: [&str; 3] = ["favicon.svg", "feed.xml", "metadata-test.html"];

/// `/examples-config.json`: what the start page, and upstream's examples, need to connect.
#[derive(Debug, Clone, Serialize)]
pub struct PageConfig {
    /// Where the gateway listens.
    pub sockethub: Endpoint,
    /// Where clients reach it.
    pub public: PublicEndpoint,
    /// Package names of the enabled platforms.
    pub platforms: Vec<String>,
}

/// Where the gateway listens.
#[derive(Debug, Clone, Serialize)]
pub struct Endpoint {
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path of the Socket.IO endpoint.
    pub path: String,
}

/// Where clients reach the gateway (`public.*`).
#[derive(Debug, Clone, Serialize)]
pub struct PublicEndpoint {
    /// `http` or `https`.
    pub protocol: String,
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path of the start page.
    pub path: String,
}

/// Routes of the scripts, below the root and below the Socket.IO path (core.md 8); with `page`, the start page too.
pub fn routes(socketio_path: &str, page: Option<PageConfig>) -> Router {
    let mut router = Router::new();
    for script in SCRIPTS {
        router =
            router.route(&format!("/{script}"), get(move |request: Request| async move { serve(script, &request) }));
    }
    let nested = format!("{}/socket.io.js", socketio_path.trim_end_matches('/'));
    router = router.route(&nested, get(|request: Request| async move { serve("socket.io.js", &request) }));
    if let Some(config) = page {
        for file in FILES {
            router =
                router.route(&format!("/{file}"), get(move |request: Request| async move { serve(file, &request) }));
        }
        router = router
            .route("/examples-config.json", get(move || std::future::ready(axum::Json(config.clone()))))
            .route("/", get(|request: Request| async move { serve("index.html", &request) }))
            .route("/assets/{*path}", get(|request: Request| async move { serve(request.uri().path(), &request) }));
    }
    router.layer(CompressionLayer::new())
}

/// A file of the client's build. A query string does not matter (weak spot 45).
fn serve(path: &str, request: &Request) -> Response {
    let path = path.trim_start_matches('/');
    let Some(file) = Dist::get(path) else {
        let missing = if Dist::iter().next().is_none() {
            "this gateway was built without its client scripts: build client/ first, as scripts/run does\n"
        } else {
            "not found\n"
        };
        return (StatusCode::NOT_FOUND, missing).into_response();
    };
    let hash = file.metadata.sha256_hash();
    let tag = format!("\"{:032x}\"", u128::from_be_bytes(*hash.first_chunk().expect("a hash of 32 bytes")));
    let unchanged = request
        .headers()
        .get(IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag));
    let mut response =
        if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { Response::new(Body::from(file.data)) };
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_str(&tag).expect("hexadecimal digits in quotes"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=0"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    if SCRIPTS.contains(&path) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("xml") => "application/rss+xml; charset=utf-8",
        _ => "application/octet-stream",
    }
}
