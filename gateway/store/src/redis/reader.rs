//! The task that reads: one blocked read of all streams that this node cares for.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use footbridge_wire::JobId;
use redis::AsyncCommands;
use redis::{
    RedisError, RedisResult,
    aio::MultiplexedConnection,
    streams::{StreamId, StreamReadOptions, StreamReadReply},
};
use tokio::time::Instant;

use super::{
    ledger::{Arrival, Content},
    names::{EntryId, GROUP, NodeId, Place},
    queue::Node,
};

/// Entries read at a time, of each stream.
const BATCH: usize = 64;
/// How long a read waits within Redis; then it is asked anew, so that a dead connection is found out.
const BLOCK: Duration = Duration::from_secs(2);
/// Between attempts to reach Redis.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn run(node: Arc<Node>) {
    loop {
        let mut due = Instant::now();
        let Some(ended) = node.stopping.run_until_cancelled(read(&node, &mut due)).await else {
            return;
        };
        if let Err(error) = ended {
            node.away(due.min(Instant::now()), &error);
        }
        if node.pause(PAUSE).await.is_none() {
            return;
        }
    }
}

/// Reads with one connection for as long as it works. A read that is given up leaves the connection with it: the reply
/// might still take entries, which are read once more from what is noted as this node's. `due`: since when an answer
/// is missing, should one be.
async fn read(node: &Node, due: &mut Instant) -> RedisResult<()> {
    let streams = &node.books.streams;
    let mut link = node.connections.own().await?;
    let connection = link.connection();
    connection.set_response_timeout(BLOCK + node.books.settings.timeout);
    loop {
        node.books.make_groups(connection).await?;
        read_noted(node, connection, streams).await?;
        node.here();
        match read_new(node, connection, streams, due).await {
            // The stream is gone, and its group with it: Redis was emptied, or this node was thought dead.
            Err(error) if error.code() == Some("NOGROUP") => {}
            Err(error) => return Err(error),
            Ok(never) => match never {},
        }
    }
}

/// What Redis had given this node before, but may not have reached it.
async fn read_noted(node: &Node, connection: &mut MultiplexedConnection, streams: &[String]) -> RedisResult<()> {
    for (number, stream) in streams.iter().enumerate() {
        let mut after = "0".to_owned();
        loop {
            let options = StreamReadOptions::default().group(GROUP, node.books.node.to_string()).count(BATCH);
            let reply: Option<StreamReadReply> = connection.xread_options(&[stream], &[&after], &options).await?;
            let entries: Vec<StreamId> =
                reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect();
            let Some(last) = entries.last() else {
                break;
            };
            after.clone_from(&last.id);
            note(node, entries.into_iter().map(|entry| (number, entry)));
        }
    }
    Ok(())
}

async fn read_new(
    node: &Node,
    connection: &mut MultiplexedConnection,
    streams: &[String],
    due: &mut Instant,
) -> Result<std::convert::Infallible, RedisError> {
    let options = StreamReadOptions::default()
        .group(GROUP, node.books.node.to_string())
        .count(BATCH)
        .block(usize::try_from(BLOCK.as_millis()).unwrap_or(usize::MAX));
    loop {
        let numbers = {
            let ledger = node.lock();
            let numbers: Vec<usize> = ledger.readable().collect();
            // Under the lock: whoever makes room afterwards sees what is being read.
            let less = if numbers.len() < streams.len() { numbers.len() } else { 0 };
            node.reading_less.store(less, Ordering::Relaxed);
            numbers
        };
        let keys: Vec<&String> = numbers.iter().map(|number| &streams[*number]).collect();
        let after = vec![">"; keys.len()];
        *due = Instant::now() + BLOCK;
        let reply: Option<StreamReadReply> = connection.xread_options(&keys, &after, &options).await?;
        let Some(reply) = reply else {
            continue;
        };
        let numbered = reply.keys.into_iter().flat_map(|key| {
            let number = streams.iter().position(|stream| *stream == key.key).unwrap_or(0);
            key.ids.into_iter().map(move |entry| (number, entry))
        });
        note(node, numbered);
    }
}

/// Takes note of entries, each with the number of its stream.
pub(super) fn note(node: &Node, entries: impl Iterator<Item = (usize, StreamId)>) {
    // Opened before the lock is taken.
    let arrivals: Vec<Arrival> = entries.filter_map(|(stream, entry)| arrival(node, stream, &entry)).collect();
    let now = Instant::now();
    let ends: Vec<_> = node.change(|ledger| {
        let ends = arrivals.into_iter().filter_map(|arrival| ledger.arrived(arrival, now)).collect();
        ledger.begin();
        ends
    });
    node.tell(ends);
}

/// `None`: Redis has ids of another form than it says.
fn arrival(node: &Node, stream: usize, entry: &StreamId) -> Option<Arrival> {
    let place = Place { stream, entry: EntryId::parse(&entry.id)? };
    let content = content(node, entry).unwrap_or_else(|| {
        metrics::counter!("sockethub_queue_unreadable_total").increment(1);
        tracing::warn!(entry = entry.id, "an entry cannot be read");
        let job = job_id(entry).zip(node_id(entry)).filter(|_| field::<String>(entry, "k").as_deref() == Some("j"));
        Content::Garbled { job }
    });
    Some(Arrival { place, content })
}

/// `None`: it makes no sense.
fn content(node: &Node, entry: &StreamId) -> Option<Content> {
    let me = node.books.node;
    Some(match field::<String>(entry, "k")?.as_str() {
        "j" => {
            let (id, asker) = (job_id(entry)?, node_id(entry)?);
            // What this node wrote, it knows.
            let job = if asker == me {
                None
            } else {
                Some(Box::new(node.records.open_job(id, asker, &field::<Vec<u8>>(entry, "p")?).ok()?))
            };
            Content::Job { id, asker, job }
        }
        "b" => Content::Begun { id: job_id(entry)?, by: node_id(entry)? },
        "r" => {
            let id = job_id(entry)?;
            Content::Ended { id, outcome: node.records.open_end(id, me, &field::<Vec<u8>>(entry, "p")?).ok()? }
        }
        "w" => Content::Wake,
        _ => return None,
    })
}

fn job_id(entry: &StreamId) -> Option<JobId> {
    let bytes: [u8; 16] = field::<Vec<u8>>(entry, "i")?.try_into().ok()?;
    Some(JobId(u128::from_be_bytes(bytes)))
}

fn node_id(entry: &StreamId) -> Option<NodeId> {
    NodeId::parse(&field::<Vec<u8>>(entry, "n")?)
}

fn field<T: redis::FromRedisValue>(entry: &StreamId, name: &str) -> Option<T> {
    entry.get(name)
}
