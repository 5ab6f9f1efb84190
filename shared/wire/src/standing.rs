//! What gateway and worker say to each other about what lasts longer than a job: topics that are followed, what a worker
//! wants to have kept, and calls from outside.
//!
//! A *topic* is something that news comes from, such as a feed, by the name that its platform gives it. The worker looks after
//! it; who follows it is the gateway's business, which tells each *follower* by a number where it has to be told apart.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::ids::JobId;

/// Longest name of a topic, and of something kept, in bytes. Longer ones are refused.
pub const MAX_NAME: usize = 4096;

/// Look after a topic from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The topic, by the name that the platform gave it.
    pub topic: String,
    /// Somebody who was away and is to be told what has come since.
    pub returning: Option<Returning>,
}

/// A follower that was away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returning {
    /// Its number; what is for it alone is addressed to it.
    pub follower: u64,
    /// Until when it has been told everything, in milliseconds since 1970.
    pub told: u64,
}

/// What a worker says of topics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Whoever asked for a job that runs follows a topic from now on; the worker looks after it.
    Follows {
        /// The job.
        job: JobId,
        /// The topic.
        topic: String,
    },
    /// Whoever asked for a job that runs does not follow a topic any more.
    Unfollows {
        /// The job.
        job: JobId,
        /// The topic.
        topic: String,
    },
    /// Something new: an activity as JSON text.
    News {
        /// Of which topic.
        topic: String,
        /// For that follower alone; `None`: for all.
        only: Option<u64>,
        /// The activity.
        activity: Bytes,
    },
    /// A topic is no more; nobody follows it from now on.
    Over {
        /// Which.
        topic: String,
        /// Why, in the words that its followers read.
        text: String,
    },
}

/// Something that a worker wants to find again, after its death or from another gateway's worker of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// Its name among what the platform keeps; [`MAX_NAME`] bytes at most.
    pub name: String,
    /// `None`: it need not be kept any more.
    pub value: Option<Bytes>,
    /// For how long, at most.
    pub lasts: Duration,
}

/// A call from outside, on the address that the platform was given for that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Names the answer.
    pub number: u32,
    /// What was asked for.
    pub method: Method,
    /// What follows the platform's address in the path, percent-encoded as it came.
    pub path: String,
    /// What follows `?`; empty if nothing does.
    pub query: String,
    /// Headers, names in lower case, with values that are text.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// How somebody calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// To read.
    Get,
    /// To bring something.
    Post,
}

/// A worker's answer to a [`Visit`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Number of the visit.
    pub number: u32,
    /// HTTP status.
    pub status: u16,
    /// Body, plain text.
    pub body: String,
}
