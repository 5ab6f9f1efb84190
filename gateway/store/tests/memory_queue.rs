//! The queue in memory does what every queue does.

use std::sync::Arc;

use footbridge_store::{MemoryQueue, Results};

async fn memory(max_bytes: usize, results: Arc<dyn Results>) -> MemoryQueue {
    MemoryQueue::new(max_bytes, results)
}

footbridge_store::queue_conformance!(memory);
