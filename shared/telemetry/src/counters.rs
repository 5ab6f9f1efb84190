//! The recorder behind the `metrics` crate's macros. Without one the macros cost next to nothing and count nothing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder};

static KEPT: AtomicBool = AtomicBool::new(false);

/// Whether anybody counts. For events on the hot path, to save the making of their labels.
pub fn are_kept() -> bool {
    KEPT.load(Ordering::Relaxed)
}

/// Keeps counters from now on, for the whole process, and returns what renders them as Prometheus text. Rendering also
/// does the recorder's upkeep.
///
/// # Errors
/// There is a recorder already.
pub fn keep() -> Result<Arc<dyn Fn() -> String + Send + Sync>, BuildError> {
    let handle = PrometheusBuilder::new().install_recorder()?;
    KEPT.store(true, Ordering::Relaxed);
    Ok(Arc::new(move || {
        handle.run_upkeep();
        handle.render()
    }))
}
