//! Whether to send traffic here.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use footbridge_store::JobQueue;
use http::StatusCode;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

/// What the readiness answer is made of.
#[derive(Clone)]
pub struct Health {
    /// Where jobs wait.
    pub queue: Arc<dyn JobQueue>,
    /// How many sessions are connected.
    pub sessions: Arc<dyn Fn() -> usize + Send + Sync>,
    /// How many worker processes there are.
    pub instances: Arc<dyn Fn() -> usize + Send + Sync>,
    /// Cancelled when the gateway drains.
    pub stopping: CancellationToken,
}

#[derive(Serialize)]
struct Live {
    status: &'static str,
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    sessions: usize,
    instances: usize,
    waiting_jobs: usize,
    running_jobs: usize,
}

/// `GET /health/live`: 200 while the process answers at all. `GET /health/ready`: 200 while it wants traffic, 503 once
/// it drains, and while jobs cannot be stored; both with a JSON body.
pub fn routes(health: Health) -> Router {
    Router::new()
        .route("/health/live", get(|| async { Json(Live { status: "live" }) }))
        .route("/health/ready", get(ready))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> (StatusCode, Json<Ready>) {
    let status = match (health.stopping.is_cancelled(), health.queue.is_reachable()) {
        (true, _) => "stopping",
        (false, false) => "waiting for Redis",
        (false, true) => "ready",
    };
    let depth = health.queue.depth();
    let body = Ready {
        status,
        sessions: (health.sessions)(),
        instances: (health.instances)(),
        waiting_jobs: depth.waiting,
        running_jobs: depth.running,
    };
    (if status == "ready" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body))
}
