//! Something noteworthy: its log line and its counters are one thing, so that neither is forgotten.
//!
//! ```
//! use footbridge_telemetry::{Event, emit};
//!
//! struct LightWentOut { floor: u8 }
//!
//! impl Event for LightWentOut {
//!     fn emit(self) {
//!         metrics::counter!("lights_out_total").increment(1);
//!         tracing::warn!(floor = self.floor, "a light went out");
//!     }
//! }
//!
//! emit(LightWentOut { floor: 3 });
//! ```

/// An event. Each crate lists its own in `events.rs`: the struct owns message, level and counters; its fields are the
/// values.
pub trait Event {
    /// Counts and, where a person should know, writes a line.
    fn emit(self);
}

/// Makes an event known.
pub fn emit(event: impl Event) {
    event.emit();
}
