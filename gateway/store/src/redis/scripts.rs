//! The scripts that Redis runs for a node, and how they are called.

use redis::{RedisResult, Script, ScriptInvocation, aio::MultiplexedConnection};

use super::{
    ledger::{Reply, Round},
    names::{EntryId, GROUP, Names, NodeId},
    record::Records,
    settings::Settings,
};
use footbridge_schemas::PlatformId;

/// Entries that change hands at a time.
const MOVED_AT_ONCE: usize = 100;

/// The scripts, hashed once.
pub(super) struct Scripts {
    round: Script,
    adopt: Script,
    inherit: Script,
    leave: Script,
    group: Script,
}

/// Whose scripts run, and on which keys.
pub(super) struct Books {
    pub(super) node: NodeId,
    pub(super) names: Names,
    /// The names under old keys, whose jobs this node still opens.
    pub(super) old_names: Vec<Names>,
    pub(super) platforms: Vec<PlatformId>,
    pub(super) settings: Settings,
    /// The streams this node reads: its own first, then those of the platforms.
    pub(super) streams: Vec<String>,
    /// Its name, its mark and its lease, which every round needs.
    me: String,
    mark: String,
    alive: String,
    scripts: Scripts,
}

impl Books {
    pub(super) fn new(
        node: NodeId,
        names: Names,
        old_names: Vec<Names>,
        platforms: Vec<PlatformId>,
        settings: Settings,
    ) -> Self {
        let scripts = Scripts {
            round: Script::new(include_str!("round.lua")),
            adopt: Script::new(include_str!("adopt.lua")),
            inherit: Script::new(include_str!("inherit.lua")),
            leave: Script::new(include_str!("leave.lua")),
            group: Script::new(include_str!("group.lua")),
        };
        let shared = platforms.iter().map(|id| names.platform(id));
        Self {
            node,
            streams: std::iter::once(names.node(node)).chain(shared).collect(),
            me: node.to_string(),
            mark: names.mark(node),
            alive: names.alive(node),
            names,
            old_names,
            platforms,
            settings,
            scripts,
        }
    }

    /// Makes what is read, where it is not there yet.
    pub(super) async fn make_groups(&self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        for stream in &self.streams {
            let mut call = self.scripts.group.key(stream);
            call.arg(GROUP).arg(millis(self.settings.keep)).invoke_async::<()>(connection).await?;
        }
        Ok(())
    }

    /// A round, sealed and ready to be sent as often as it takes.
    pub(super) fn round(&self, round: &Round, records: &Records) -> ScriptInvocation<'_> {
        let mut call = self.scripts.round.prepare_invoke();
        call.key(&self.mark).key(&self.alive);
        for stream in &self.streams {
            call.key(stream);
        }
        // Streams of other nodes follow. Keys count from 1, and two are before the streams.
        let mut others: Vec<NodeId> = round.takes.iter().filter_map(|(.., asker)| *asker).collect();
        others.extend(round.tells.iter().map(|(to, ..)| *to));
        others.sort_unstable();
        others.dedup();
        for node in &others {
            call.key(self.names.node(*node));
        }
        let stream_key = |stream: usize| stream + 3;
        let node_key =
            |node: &NodeId| 3 + self.streams.len() + others.iter().position(|other| other == node).unwrap_or(0);
        call.arg(round.number).arg(&self.me).arg(GROUP).arg(millis(self.settings.lease));
        call.arg(millis(self.settings.keep));
        for (id, place, asker) in &round.takes {
            match asker.as_ref().map(node_key) {
                None => call.arg(format!("t{}", stream_key(place.stream))).arg(place.entry.to_string()),
                Some(notify) => {
                    call.arg(format!("T{}", stream_key(place.stream))).arg(place.entry.to_string());
                    call.arg(notify).arg(&id.0.to_be_bytes()[..])
                }
            };
        }
        for place in &round.drops {
            call.arg(format!("d{}", stream_key(place.stream))).arg(place.entry.to_string());
        }
        for (job, stream) in &round.submits {
            let sealed = records.seal_job(job, self.node);
            call.arg(format!("j{}", stream_key(*stream))).arg(&job.id.0.to_be_bytes()[..]).arg(sealed.as_bytes());
        }
        for (to, id, outcome) in &round.tells {
            let sealed = records.seal_end(*id, *to, outcome);
            call.arg(format!("r{}", node_key(to))).arg(&id.0.to_be_bytes()[..]).arg(sealed.as_bytes());
        }
        if round.wake {
            call.arg(format!("w{}", stream_key(0)));
        }
        call
    }

    /// Moves everything that `dead` left, under `names`, to this node. `None`: another node does it, or it lives.
    pub(super) async fn adopt(
        &self,
        connection: &mut MultiplexedConnection,
        names: &Names,
        dead: NodeId,
    ) -> RedisResult<Option<usize>> {
        let mut call = self.scripts.adopt.prepare_invoke();
        call.key(names.heir(dead)).key(names.alive(dead)).key(names.node(dead)).key(names.mark(dead));
        call.key(names.nodes()).key(&self.streams[0]);
        for platform in &self.platforms {
            call.key(names.platform(platform));
        }
        call.arg(&self.me).arg(dead.to_string()).arg(GROUP);
        call.arg(millis(self.settings.keep)).arg(MOVED_AT_ONCE);
        let mut moved = 0;
        loop {
            match call.invoke_async::<i64>(connection).await? {
                0 => return Ok(Some(moved)),
                part => match usize::try_from(part) {
                    Ok(part) => moved += part,
                    Err(_) => return Ok(None),
                },
            }
        }
    }

    /// Moves what waits in the platforms' streams under the names of an old key, which no living node reads, to this
    /// node.
    pub(super) async fn inherit(&self, connection: &mut MultiplexedConnection, old: &Names) -> RedisResult<usize> {
        let mut moved = 0;
        for platform in &self.platforms {
            let mut call = self.scripts.inherit.prepare_invoke();
            call.key(old.platform(platform)).key(&self.streams[0]).arg(MOVED_AT_ONCE);
            loop {
                match call.invoke_async::<usize>(connection).await? {
                    0 => break,
                    part => moved += part,
                }
            }
        }
        Ok(moved)
    }

    /// Takes this node, which stops, out of the books.
    pub(super) async fn leave(&self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let mut call = self.scripts.leave.prepare_invoke();
        call.key(&self.alive).key(&self.mark).key(&self.streams[0]);
        call.key(self.names.nodes());
        for platform in &self.platforms {
            call.key(self.names.platform(platform));
        }
        call.arg(&self.me).arg(GROUP);
        call.invoke_async::<i64>(connection).await.map(drop)
    }
}

/// What Redis says to a round of so many takes and jobs.
pub(super) fn reply(values: Vec<redis::Value>, takes: usize, jobs: usize) -> RedisResult<Reply> {
    if values.len() != 2 + takes + jobs {
        return Err(redis::RedisError::from((redis::ErrorKind::Parse, "a round's reply has another length")));
    }
    let mut values = values.into_iter();
    let mut number = || redis::from_redis_value::<u64>(values.next().unwrap_or(redis::Value::Nil));
    let before = number()?;
    let inherited = number()? == 1;
    let won = (0..takes).map(|_| Ok(number()? == 1)).collect::<RedisResult<_>>()?;
    let entries = values.map(entry).collect::<RedisResult<_>>()?;
    Ok(Reply { before, inherited, won, entries })
}

fn entry(value: redis::Value) -> RedisResult<EntryId> {
    let text: String = redis::from_redis_value(value)?;
    let garbled = || redis::RedisError::from((redis::ErrorKind::Parse, "an entry's id has another form"));
    EntryId::parse(&text).ok_or_else(garbled)
}

/// Whole milliseconds, as Redis wants them.
pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
