//! Who may connect: the origin list, enforced on the handshake of every transport (core.md 7.4 *ours*).
//!
//! Browsers do not ask before they open a websocket, so the headers of CORS protect nothing there: an `Origin` that is
//! not allowed is refused outright. Requests without one do not come from a browser page and pass.
//! The gate also gives request bodies a pace, and the engine's refusals the numbers that clients know.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use footbridge_telemetry::emit;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_REQUEST_HEADERS, CONTENT_TYPE, ORIGIN, VARY,
    },
};
use http_body_util::BodyExt as _;
use tower_http::timeout::TimeoutBody;

use crate::events::OriginRefused;

/// The origins that are allowed.
#[derive(Clone)]
pub enum Origins {
    /// Every page may connect.
    Any,
    /// Those for which the function says so.
    Only(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

/// Guards the Socket.IO endpoint.
#[derive(Clone)]
pub struct Gate {
    origins: Origins,
}

/// Time between two parts of a request's body. Who is slower holds a connection with half a request.
const BODY: Duration = Duration::from_secs(10);
/// Largest error body of the engine, in bytes: two dozen in fact.
const ERROR_BODY: usize = 1024;

impl Gate {
    /// A gate that lets `origins` in.
    pub fn new(origins: Origins) -> Self {
        Self { origins }
    }

    /// The middleware.
    pub async fn guard(State(gate): State<Self>, request: Request, next: Next) -> Response {
        let origin = request.headers().get(ORIGIN).cloned();
        if !origin.as_ref().is_none_or(|origin| gate.allows(origin)) {
            emit(OriginRefused);
            let mut response = error(StatusCode::FORBIDDEN, r#"{"code":4,"message":"Forbidden"}"#);
            response.headers_mut().insert(VARY, HeaderValue::from_static("Origin"));
            return response;
        }
        let mut response = if request.method() == Method::OPTIONS {
            preflight(request.headers())
        } else {
            let request = request.map(|body| Body::new(TimeoutBody::new(BODY, body)));
            with_numeric_code(next.run(request).await).await
        };
        gate.stamp(origin, response.headers_mut());
        response
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        match &self.origins {
            Origins::Any => true,
            Origins::Only(allows) => origin.to_str().is_ok_and(|origin| allows(origin)),
        }
    }

    fn stamp(&self, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
        match (&self.origins, origin) {
            (Origins::Any, _) => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            (Origins::Only(_), origin) => {
                headers.append(VARY, HeaderValue::from_static("Origin"));
                if let Some(origin) = origin {
                    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                }
            }
        }
    }
}

fn preflight(request: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET,POST"));
    if let Some(asked) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        headers.append(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    }
    response
}

/// The engine writes `"code":"5"` where JavaScript servers, and so clients, have a number.
async fn with_numeric_code(response: Response) -> Response {
    if response.status() != StatusCode::BAD_REQUEST {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = match http_body_util::Limited::new(body, ERROR_BODY).collect().await {
        Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        Err(_) => String::new(),
    };
    let Ok(Refused { code, message }) = serde_json::from_str(&text) else {
        // A bad request without a body: a method, or a packet, that the protocol does not have.
        return error(parts.status, r#"{"code":3,"message":"Bad request"}"#);
    };
    let code: u8 = code.parse().unwrap_or(3);
    error(parts.status, &serde_json::json!({ "code": code, "message": message }).to_string())
}

/// An error body of the engine.
#[derive(serde::Deserialize)]
struct Refused {
    code: String,
    message: String,
}

fn error(status: StatusCode, body: &str) -> Response {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    fn router(origins: Origins) -> Router {
        let engine = get(|| async { error(StatusCode::BAD_REQUEST, r#"{"code":"5","message":"Unsupported"}"#) });
        Router::new().route("/", engine).layer(axum::middleware::from_fn_with_state(Gate::new(origins), Gate::guard))
    }

    async fn ask(router: Router, method: Method, origin: Option<&str>) -> (StatusCode, HeaderMap, String) {
        let mut request = Request::builder().method(method).uri("/");
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin).header(ACCESS_CONTROL_REQUEST_HEADERS, "x-a");
        }
        let response = router.oneshot(request.body(Body::empty()).expect("a request")).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).expect("text"))
    }

    fn only_a() -> Origins {
        Origins::Only(Arc::new(|origin| origin == "https://a.example"))
    }

    #[tokio::test]
    async fn a_foreign_origin_is_refused_before_the_handshake() {
        // core 118
        let (status, headers, body) = ask(router(only_a()), Method::GET, Some("https://b.example")).await;
        assert_eq!((status, &*body), (StatusCode::FORBIDDEN, r#"{"code":4,"message":"Forbidden"}"#));
        assert!(!headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
        assert_eq!(headers[VARY], "Origin");
    }

    #[tokio::test]
    async fn an_allowed_origin_is_echoed_and_no_origin_passes() {
        let (status, headers, _) = ask(router(only_a()), Method::GET, Some("https://a.example")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.example");
        assert_eq!(ask(router(only_a()), Method::GET, None).await.0, StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn the_preflight_is_answered_without_the_engine() {
        let (status, headers, _) = ask(router(Origins::Any), Method::OPTIONS, Some("https://b.example")).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_METHODS], "GET,POST");
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_HEADERS], "x-a");
    }

    #[tokio::test]
    async fn error_codes_are_numbers() {
        // core 4; the library writes them as strings.
        let (_, _, body) = ask(router(Origins::Any), Method::GET, None).await;
        assert_eq!(body, r#"{"code":5,"message":"Unsupported"}"#);
    }
}
