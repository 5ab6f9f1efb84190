//! Connections: at most four, each made anew when it fails. Two are lent by turns; two belong to a task for good, which
//! decides itself when to try again.

use bb8::{ManageConnection, Pool, PooledConnection};
use redis::{ErrorKind, RedisError, ServerErrorKind, aio::MultiplexedConnection};

use super::{endpoint::Endpoint, settings::Settings};

/// Those that are lent, to the keeper, the vault and the memos. Writer and reader have one each besides.
const LENT: u32 = 2;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreachable {
    #[error("{0}")]
    Refused(#[from] RedisError),
    #[error("there is no connection")]
    Late,
}

/// All connections of a gateway to its Redis.
#[derive(Clone)]
pub(super) struct Connections {
    pool: Pool<Manager>,
}

/// A connection that goes back when it is dropped.
pub(super) type Link = PooledConnection<'static, Manager>;

/// A connection, and whether it still works.
pub(super) struct Wire {
    connection: MultiplexedConnection,
    broken: bool,
}

pub(super) struct Manager {
    endpoint: Endpoint,
    settings: Settings,
}

impl Connections {
    pub(super) fn new(endpoint: Endpoint, settings: &Settings) -> Self {
        let pool = Pool::builder()
            .max_size(LENT)
            // Whoever uses one finds out.
            .test_on_check_out(false)
            // How long somebody waits for one; making it may take longer, and serves the next.
            .connection_timeout(settings.timeout)
            .max_lifetime(None)
            .build_unchecked(Manager { endpoint, settings: settings.clone() });
        Self { pool }
    }

    /// A connection of one's own, made now.
    pub(super) async fn own(&self) -> Result<Wire, RedisError> {
        self.pool.dedicated_connection().await
    }

    /// One that is lent.
    pub(super) async fn get(&self) -> Result<Link, Unreachable> {
        self.pool.get_owned().await.map_err(|error| match error {
            bb8::RunError::User(error) => error.into(),
            bb8::RunError::TimedOut => Unreachable::Late,
        })
    }
}

impl Wire {
    pub(super) fn connection(&mut self) -> &mut MultiplexedConnection {
        &mut self.connection
    }

    /// Notes an error: one after which the connection, or the server behind it, is of no use makes for a new one.
    pub(super) fn failed(&mut self, error: &RedisError) {
        self.broken |= !is_refusal(error);
    }
}

/// Whether Redis heard the command and would not carry it out, as opposed to not having heard, or not being the server
/// to ask: a replica, one that still loads, one that does not know us.
pub(super) fn is_refusal(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Server(
            ServerErrorKind::ReadOnly
            | ServerErrorKind::BusyLoading
            | ServerErrorKind::MasterDown
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::Moved
            | ServerErrorKind::Ask,
        ) => false,
        ErrorKind::Server(_) | ErrorKind::Extension => !matches!(error.code(), Some("NOAUTH" | "NOPERM" | "UNBLOCKED")),
        _ => false,
    }
}

impl ManageConnection for Manager {
    type Connection = Wire;
    type Error = RedisError;

    async fn connect(&self) -> Result<Wire, RedisError> {
        let connection = self.endpoint.connect(&self.settings).await?;
        Ok(Wire { connection, broken: false })
    }

    async fn is_valid(&self, wire: &mut Wire) -> Result<(), RedisError> {
        redis::cmd("PING").query_async(&mut wire.connection).await
    }

    fn has_broken(&self, wire: &mut Wire) -> bool {
        wire.broken
    }
}
