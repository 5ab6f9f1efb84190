//! Numbers of a file become what they mean.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// A number of milliseconds, whole or not.
pub(super) fn milliseconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let number = Number::deserialize(from)?;
    if let Some(whole) = number.as_u64() {
        return Ok(Duration::from_millis(whole));
    }
    let seconds = number.as_f64().unwrap_or(f64::NAN) / 1000.0;
    Duration::try_from_secs_f64(seconds).map_err(D::Error::custom)
}

/// A limit, of which zero means that there is none.
pub(super) fn zero_is_off<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    Ok(Some(usize::deserialize(from)?).filter(|limit| *limit > 0))
}
