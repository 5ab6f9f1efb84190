//! The traits of a platform.

use bytes::Bytes;
use footbridge_seal::Secret;
use footbridge_wire::{Job, JobId, SessionId, Visit, Watch};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{Failure, Memos, Outbox, Reply, Response, Topics, Turns};

/// What every platform is.
pub trait Platform: Sized + 'static {
    /// Its id, as in `footbridge-<id>` and in the `@context`.
    const ID: &'static str;

    /// Its `packageConfig`. Unknown keys should be refused: a mistyped setting must not pass for the default.
    type Settings: DeserializeOwned;

    /// Prepares what all instances have in common: fills `static`s, reads tables. Called once in the process that workers
    /// are forked from, before the first of them, and not at all where workers are started one by one: nothing may
    /// depend on it.
    ///
    /// What it leaves behind is shared by all workers until they write to it. So it must leave no thread (forking is
    /// refused then), no open file, and nothing that has to be different in each worker: no random numbers, and no
    /// `HashMap` of the standard library, whose seed is drawn with a thread's first one.
    fn warm() {}

    /// Begins an instance. No I/O yet: a persistent platform connects with its `connect` verb.
    ///
    /// # Errors
    /// [`OpenError`] when the settings make no sense together; the process ends and the gateway names the reason.
    fn open(settings: Self::Settings, opened: Opened) -> Result<Self, OpenError>;
}

/// A platform without a connection of its own: calls may overlap, up to the platform's `concurrency`.
///
/// A call that panics fails by itself: its future is dropped, its asker is told, and the calls beside it go on with the
/// same `self`. So what calls share must be whole at every `await` *and wherever a call may unwind*: change it in one
/// step that cannot fail, or put it right in a `Drop`; a `RefCell` is given back by unwinding, a `Mutex` is poisoned. A
/// platform that cannot promise that ends the worker instead, by an [`Uncaught`](crate::Uncaught).
///
/// That is for the faults of one message. What ends the process (an abort, a stack that overflows, a limit) takes all
/// calls with it; those of verbs that its document calls `repeatable` are then run once more, each alone.
pub trait Stateless: Platform {
    /// Runs a verb. The gateway has checked the activity against the platform's schema. Dropped unfinished when the
    /// gateway has given the job up, so it must be of no harm to end at any `await`.
    fn perform(&self, call: Call) -> impl Future<Output = Result<Reply, Failure>>;

    /// Looks after a topic: one that is followed since before this process began, or whose follower has come back. Only
    /// platforms whose document has `follow` are told.
    fn watch(&self, watch: Watch) {
        let _ = watch;
    }

    /// Nobody follows a topic any more.
    fn unwatch(&self, topic: &str) {
        let _ = topic;
    }

    /// Somebody calls from outside, at [`Opened::callback`]. Answered with 404 where a platform expects nobody.
    fn receive(&self, visit: Visit) -> impl Future<Output = Response> {
        let _ = visit;
        std::future::ready(Response { status: 404, body: String::new() })
    }
}

/// A platform that keeps a connection for one actor: calls run strictly one by one, in order.
pub trait Persistent: Platform {
    /// Runs a verb. Dropped unfinished when the gateway's deadline for the job has passed, or the instance is to end:
    /// it must leave `self` usable at any `await`.
    fn perform(&mut self, call: Call) -> impl Future<Output = Result<Reply, Failure>>;

    /// Whether the connection stands. Before it does, verbs without credentials are refused with
    /// `<verb> called on uninitialized platform` (core.md 4.4), unless [`Persistent::accepts`] says otherwise.
    ///
    /// Cheap: asked around each call and whenever the loop wakes up in between, at the latest with the next beat.
    fn is_initialised(&self) -> bool;

    /// Whether a verb without credentials makes sense now. Where the connection is lost and about to be made again by
    /// itself, one that ends it for good does.
    fn accepts(&self, verb: &str) -> bool {
        let _ = verb;
        self.is_initialised()
    }

    /// Leaves in good manners (`QUIT`, stream close); bounded by the gateway's patience. What it pushes is delivered.
    fn cleanup(&mut self) -> impl Future<Output = ()>;
}

/// What an instance begins with.
#[derive(Debug)]
pub struct Opened {
    /// The actor it acts for; `None` on stateless platforms.
    pub actor: Option<String>,
    /// Where the client that it began for came from, as an IP address; `None` where that is unknown, and on stateless
    /// platforms.
    pub address: Option<String>,
    /// For what it says unasked.
    pub outbox: Outbox,
    /// For when it connects.
    pub turns: Turns,
    /// For what happens to topics that are followed.
    pub topics: Topics,
    /// What it wants to find again.
    pub memos: Memos,
    /// Address under which it can be called from outside, ending in `/`; `None`: there is none.
    pub callback: Option<String>,
}

/// Why a platform cannot begin; shown in the gateway's log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(pub String);

/// A verb to run.
#[derive(Debug)]
pub struct Call {
    /// Which job it is.
    pub job: JobId,
    /// The activity's `type`.
    pub verb: String,
    /// Who asked.
    pub session: SessionId,
    /// The activity, JSON text.
    pub activity: Bytes,
    /// The whole credentials activity, JSON text, where the verb requires it.
    pub credentials: Option<Secret<Vec<u8>>>,
}

impl Call {
    /// The activity as `T`, which may borrow from it.
    ///
    /// # Errors
    /// A [`Failure`] with the bare message of what does not fit.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        serde_json::from_slice(&self.activity).map_err(Failure::bare)
    }

    /// The credentials activity as `T`, which may borrow from it.
    ///
    /// # Errors
    /// A [`Failure`] when the verb came without credentials or they do not fit. It names the place and quotes nothing.
    pub fn parse_credentials<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        let secret = self.credentials.as_ref().ok_or_else(|| Failure::error("no credentials"))?;
        serde_json::from_slice(secret.expose())
            // serde's own text quotes the value that it did not expect.
            .map_err(|error| Failure::error(format_args!("credentials do not fit at column {}", error.column())))
    }
}

impl From<Job> for Call {
    fn from(job: Job) -> Self {
        Self { job: job.id, verb: job.verb, session: job.session, activity: job.activity, credentials: job.credentials }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(activity: &'static str, credentials: Option<&str>) -> Call {
        Call {
            job: JobId(0),
            verb: "send".into(),
            session: SessionId::from_random([0; 16]),
            activity: Bytes::from_static(activity.as_bytes()),
            credentials: credentials.map(|text| Secret::new(text.as_bytes().to_vec())),
        }
    }

    #[derive(Debug, Deserialize)]
    struct Numbered<'a> {
        r#type: &'a str,
        #[serde(rename = "n")]
        _n: u8,
    }

    #[test]
    fn an_activity_is_read_in_place() {
        let call = call(r#"{"type":"send","n":1}"#, None);
        assert_eq!(call.parse::<Numbered>().expect("fits").r#type, "send");
    }

    #[test]
    fn an_activity_that_does_not_fit_is_named_without_a_class() {
        let error = call(r#"{"type":"send"}"#, None).parse::<Numbered>().expect_err("no n");
        assert!(error.to_string().starts_with("missing field `n`"), "{error}");
    }

    #[test]
    fn credentials_are_never_quoted() {
        let call = call("{}", Some(r#"{"type":"credentials","n":"hunter2"}"#));
        let error = call.parse_credentials::<Numbered>().expect_err("no number");
        assert_eq!(error.to_string(), "Error: credentials do not fit at column 35");
    }

    #[test]
    fn a_verb_without_credentials_says_so() {
        let error = call("{}", None).parse_credentials::<Numbered>().expect_err("none");
        assert_eq!(error.to_string(), "Error: no credentials");
    }
}
