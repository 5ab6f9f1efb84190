//! The queue in Redis does what every queue does.

mod support;

use support::queue;

footbridge_store::queue_conformance!(queue);
