//! What each implementation must prove in its tests: one function per behaviour, and macros that make a test of each.
//!
//! ```ignore
//! async fn memory(max_bytes: usize, results: Arc<dyn Results>) -> MemoryQueue {
//!     MemoryQueue::new(max_bytes, results)
//! }
//! footbridge_store::queue_conformance!(memory);
//! ```
//!
//! A behaviour fails by panicking, or by waiting for ever where something should have happened: run it with a runner
//! that ends tests which hang. Nothing here reads a clock, so implementations may take their time.

pub mod interleaving;
pub mod memos;
pub mod props;
pub mod queue;
pub mod vault;

/// A test per behaviour of `queue` and
/// `interleaving`, for what an `async fn(usize, Arc<dyn Results>) -> impl JobQueue`
/// makes. The first argument is the limit in bytes. The caller needs tokio with `macros` and `rt`.
#[macro_export]
macro_rules! queue_conformance {
    ($make:path) => {
        $crate::queue_conformance! { @each $make;
            queue: accepts_until_full, refuses_once_closed, keeps_order_within_a_lane, begins_no_more_than_parallel,
            lanes_take_turns, wakes_who_waits, loses_nothing_to_a_dropped_lease, tells_the_outcome_once,
            ignores_ends_of_jobs_that_are_not_begun, released_jobs_come_back_first, fails_what_waits_in_a_lane, ends_what_waits_behind_a_job,
            closing_fails_what_waits, ends_what_is_released_after_closing, answers_before_the_next_begins,
            counts_what_it_holds;
            interleaving: one_end_per_job_in_any_order, one_end_per_job_across_threads;
        }
    };
    (@each $make:path; $($suite:ident: $($behaviour:ident),+;)+) => {
        $($(
            #[tokio::test]
            async fn $behaviour() {
                $crate::conformance::$suite::$behaviour(&$make).await;
            }
        )+)+
    };
}

/// A test per behaviour of `vault`, for what an `async fn() -> impl Vault` makes. The
/// caller needs tokio with `macros` and `rt`.
#[macro_export]
macro_rules! vault_conformance {
    ($make:path) => {
        $crate::vault_conformance! { @each $make;
            returns_what_was_stored, keeps_slots_apart, overwrites_a_slot, opens_only_for_its_session,
            opens_only_with_its_secret, forgets_a_session_at_once, stores_again_after_forgetting,
        }
    };
    (@each $make:path; $($behaviour:ident,)+) => {
        $(
            #[tokio::test]
            async fn $behaviour() {
                $crate::conformance::vault::$behaviour(&$make).await;
            }
        )+
    };
}

/// A test per behaviour of `memos`, for what an `async fn() -> impl Memos` makes. The caller needs tokio with `macros`
/// and `rt`.
#[macro_export]
macro_rules! memos_conformance {
    ($make:path) => {
        $crate::memos_conformance! { @each $make;
            returns_what_was_kept, keeps_platforms_and_names_apart, the_latest_counts, forgets,
            what_is_not_kept_replaces_too, ends_in_time, answers_many_at_once,
        }
    };
    (@each $make:path; $($behaviour:ident,)+) => {
        $(
            #[tokio::test]
            async fn $behaviour() {
                $crate::conformance::memos::$behaviour(&$make).await;
            }
        )+
    };
}
