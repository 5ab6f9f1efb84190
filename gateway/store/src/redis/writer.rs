//! The task that writes: one round after the other, each until it is known what became of it.

use std::{sync::Arc, time::Duration};

use redis::{RedisError, ScriptInvocation};
use tokio::time::Instant;

use super::{
    ledger::{Ledger, Round},
    pool::{Wire, is_refusal},
    queue::Node,
    scripts,
};

/// Between attempts to reach Redis: doubles from the first to the last.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));
/// Turns that are left to other tasks before a round, so that what they are about to write shares it: fewer and larger
/// rounds, for some 50 µs.
const TURNS: usize = 2;
/// After a refusal, so that a Redis without memory is not asked without end.
const REFUSED: Duration = Duration::from_millis(100);

pub(super) async fn run(node: Arc<Node>) {
    let mut link = None;
    while let Some(round) = next(&node).await {
        let (takes, jobs) = (round.takes.len(), round.submits.len());
        let call = node.books.round(&round, &node.records);
        let Some(outcome) = until_known(&node, &mut link, &call).await else {
            return;
        };
        match outcome.and_then(|values| scripts::reply(values, takes, jobs)) {
            Ok(reply) => {
                let applied = node.change(|ledger| ledger.apply(&round, &reply));
                node.count_written_again(applied.again);
                node.tell(applied.ends);
            }
            Err(error) => {
                tracing::warn!(%error, "Redis refuses");
                metrics::counter!("sockethub_redis_refusals_total").increment(1);
                refuse(&node, round, &error);
                if node.pause(REFUSED).await.is_none() {
                    return;
                }
            }
        }
    }
}

/// The next round, as soon as there is something to write; `None`: the node stops.
async fn next(node: &Node) -> Option<Round> {
    loop {
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        if let Some(round) = node.change(Ledger::next_round) {
            return Some(round);
        }
        node.quiet.notify_one();
        node.stopping.run_until_cancelled(node.news.notified()).await?;
    }
}

/// Sends a round until Redis says something to it; `None`: the node stops.
async fn until_known(
    node: &Node,
    link: &mut Option<Wire>,
    call: &ScriptInvocation<'_>,
) -> Option<Result<Vec<redis::Value>, RedisError>> {
    let mut pause = PAUSE.0;
    loop {
        let since = Instant::now();
        let attempt = node.stopping.run_until_cancelled(attempt(node, link, call)).await?;
        match attempt {
            Ok(outcome) => {
                node.here();
                return Some(outcome);
            }
            Err(error) => {
                *link = None;
                node.away(since, &error);
                node.pause(pause).await?;
                pause = (pause * 2).min(PAUSE.1);
            }
        }
    }
}

/// `Err`: it is not known whether Redis has carried it out.
async fn attempt(
    node: &Node,
    link: &mut Option<Wire>,
    call: &ScriptInvocation<'_>,
) -> Result<Result<Vec<redis::Value>, RedisError>, RedisError> {
    let link = match link {
        Some(link) => link,
        empty => empty.insert(node.connections.own().await?),
    };
    match call.invoke_async(link.connection()).await {
        Err(error) if !is_refusal(&error) => Err(error),
        outcome => Ok(outcome),
    }
}

fn refuse(node: &Node, round: Round, error: &RedisError) {
    let reason = match error.code() {
        Some("OOM") => "Redis has no memory left".to_owned(),
        Some(code) => format!("Redis refuses it ({code})"),
        None => "Redis refuses it".to_owned(),
    };
    let ends = node.change(|ledger| ledger.refuse(round, &format!("failed to add job to queue: {reason}")));
    node.tell(ends);
}
