//! The recorder behind the `metrics` crate's macros. Without one the macros cost next to nothing and count nothing.

use std::sync::Arc;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder};

/// Keeps counters from now on, for the whole process, and returns what renders them as Prometheus text. Rendering also
/// does the recorder's upkeep.
///
/// # Errors
/// There is a recorder already.
pub fn keep() -> Result<Arc<dyn Fn() -> String + Send + Sync>, BuildError> {
    let handle = PrometheusBuilder::new().install_recorder()?;
    Ok(Arc::new(move || {
        handle.run_upkeep();
        handle.render()
    }))
}
