//! The task that renews this node's lease, and looks after what dead nodes left.

use std::{collections::HashSet, sync::Arc, time::Duration};

use redis::{
    AsyncCommands, RedisResult,
    aio::MultiplexedConnection,
    streams::{StreamAutoClaimOptions, StreamAutoClaimReply},
};
use tokio::time::Instant;

use super::{
    ledger::Ledger,
    names::{GROUP, Names, NodeId},
    pool::Unreachable,
    queue::Node,
    reader,
    scripts::millis,
};

/// After a failure: a lease that was not renewed is about to end.
const AGAIN: Duration = Duration::from_millis(100);
/// Jobs taken over from a busy node at a time.
const RELIEF: usize = 16;

pub(super) async fn run(node: Arc<Node>) {
    let mut suspects = HashSet::new();
    loop {
        let since = Instant::now();
        let Some(kept) = node.stopping.run_until_cancelled(keep(&node, &mut suspects)).await else {
            return;
        };
        let pause = match kept {
            Ok(()) => {
                node.here();
                node.books.settings.renewal()
            }
            Err(error) => {
                // Redis may have forgotten who lives.
                suspects.clear();
                node.away(since, &error);
                AGAIN
            }
        };
        if node.pause(pause).await.is_none() {
            return;
        }
    }
}

async fn keep(node: &Node, suspects: &mut HashSet<NodeId>) -> Result<(), Unreachable> {
    let mut link = node.connections.get().await?;
    let kept = look_after(node, link.connection(), suspects).await;
    if let Err(error) = &kept {
        link.failed(error);
    }
    Ok(kept?)
}

async fn look_after(
    node: &Node,
    connection: &mut MultiplexedConnection,
    suspects: &mut HashSet<NodeId>,
) -> RedisResult<()> {
    let books = &node.books;
    renew(node, connection).await?;
    relieve(node, connection).await?;
    let mut absent = Vec::new();
    let old_names = books.old_names.iter().map(|names| (names, true));
    for (names, old) in std::iter::once((&books.names, false)).chain(old_names) {
        let (nodes, missing) = census(connection, names).await?;
        for dead in &missing {
            // Absent twice in a row: a Redis that forgot everything has not heard of the living yet.
            if suspects.contains(dead)
                && let Some(moved) = books.adopt(connection, names, *dead).await?
            {
                node.count_adopted(moved);
            }
        }
        if old && nodes == missing.len() && missing.iter().all(|dead| suspects.contains(dead)) {
            node.count_adopted(books.inherit(connection, names).await?);
        }
        absent.extend(missing);
    }
    let dead: Vec<NodeId> = absent.iter().copied().filter(|absent| suspects.contains(absent)).collect();
    *suspects = absent.into_iter().collect();
    let long_ago = Instant::now().checked_sub(books.settings.keep);
    let ends = node.change(|ledger| ledger.give_up_on(&dead, long_ago));
    node.tell(ends);
    Ok(())
}

/// Says that this node lives, and that its keys are wanted.
async fn renew(node: &Node, connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let books = &node.books;
    let (me, keep) = (books.node.to_string(), millis(books.settings.keep));
    let mut pipeline = redis::pipe();
    pipeline
        .cmd("SET")
        .arg(books.names.alive(books.node))
        .arg(&me)
        .arg("PX")
        .arg(millis(books.settings.lease))
        .ignore();
    pipeline.cmd("SADD").arg(books.names.nodes()).arg(&me).ignore();
    pipeline.cmd("PEXPIRE").arg(books.names.nodes()).arg(keep).ignore();
    pipeline.cmd("PEXPIRE").arg(books.names.mark(books.node)).arg(keep);
    for stream in &books.streams {
        pipeline.cmd("PEXPIRE").arg(stream).arg(keep).ignore();
    }
    let (marked,): (bool,) = pipeline.query_async(connection).await?;
    if !marked {
        // Nothing was written yet, or Redis has forgotten it: the next round finds out which.
        node.change(Ledger::write_something);
    }
    Ok(())
}

/// Takes over what other nodes have held for longer than a lease without beginning it, if this one has nothing to do.
/// They may still begin it: who takes the entry out of the stream does.
async fn relieve(node: &Node, connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let (books, idle) = (&node.books, node.lock().idle());
    for number in idle {
        let stream = &books.streams[number];
        let (me, idle) = (books.node.to_string(), millis(books.settings.lease));
        let claimed: RedisResult<StreamAutoClaimReply> = connection
            .xautoclaim_options(stream, GROUP, me, idle, "0-0", StreamAutoClaimOptions::default().count(RELIEF))
            .await;
        match claimed {
            Ok(reply) => reader::note(node, reply.claimed.into_iter().map(|entry| (number, entry))),
            // The reader is about to make the group.
            Err(error) if error.code() == Some("NOGROUP") => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// How many other nodes are in the books, and which of them are not alive.
async fn census(connection: &mut MultiplexedConnection, names: &Names) -> RedisResult<(usize, Vec<NodeId>)> {
    let members: Vec<Vec<u8>> = redis::cmd("SMEMBERS").arg(names.nodes()).query_async(connection).await?;
    let nodes: Vec<NodeId> = members.iter().filter_map(|member| NodeId::parse(member)).collect();
    let mut pipeline = redis::pipe();
    for node in &nodes {
        pipeline.cmd("EXISTS").arg(names.alive(*node));
    }
    let alive: Vec<bool> = if nodes.is_empty() { Vec::new() } else { pipeline.query_async(connection).await? };
    let missing = nodes.iter().zip(alive).filter(|(_, alive)| !alive).map(|(node, _)| *node).collect();
    Ok((nodes.len(), missing))
}
