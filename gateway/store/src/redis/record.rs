//! How jobs and their ends look in Redis: encoded, then sealed.

use std::num::NonZeroU16;

use bytes::Bytes;
use footbridge_schemas::PlatformId;
use footbridge_seal::{Aad, Keyring, Keys, Purpose, Sealed};
use footbridge_wire::{InstanceKey, JobId, Outcome, SessionId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::names::NodeId;
use crate::{Asker, Job, SessionSecret};

/// Bytes that a sealed value may claim to hold: far above any activity that a door lets in.
const LARGEST: usize = 64 * 1024 * 1024;

/// Seals what leaves the process.
pub(super) struct Records {
    jobs: Keys,
    results: Keys,
}

/// A job as it is encoded; `A` and `T` are borrowed to write, owned to read.
#[derive(Serialize, Deserialize)]
struct Record<T, A> {
    lane: InstanceKey,
    parallel: NonZeroU16,
    platform: T,
    actor: Option<T>,
    verb: T,
    activity: A,
    session: SessionId,
    secret: [u8; 32],
}

/// A value that does not decode, though it is authentic: written by another version.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    Seal(#[from] footbridge_seal::OpenError),
    #[error("does not decode: {0}")]
    Encoding(#[from] bincode::error::DecodeError),
}

impl Records {
    pub(super) fn new(keys: &Keyring) -> Self {
        Self { jobs: keys.derive(Purpose::Jobs, &[]), results: keys.derive(Purpose::Results, &[]) }
    }

    pub(super) fn seal_job(&self, job: &Job, asker: NodeId) -> Sealed {
        let record = Record {
            lane: job.lane,
            parallel: job.parallel,
            platform: job.platform.as_str(),
            actor: job.actor.as_deref(),
            verb: job.verb.as_str(),
            activity: &job.activity,
            session: job.asker.session,
            secret: *job.asker.secret.expose(),
        };
        self.jobs.seal(aad(Purpose::Jobs, job.id, asker).as_bytes(), &encode(&record))
    }

    pub(super) fn open_job(&self, id: JobId, asker: NodeId, sealed: &[u8]) -> Result<Job, Unreadable> {
        let plain = self.jobs.open(aad(Purpose::Jobs, id, asker).as_bytes(), sealed)?;
        let record: Record<String, Bytes> = decode(plain.expose())?;
        Ok(Job {
            id,
            lane: record.lane,
            parallel: record.parallel,
            platform: PlatformId::from(record.platform.as_str()),
            actor: record.actor,
            verb: record.verb,
            activity: record.activity,
            asker: Asker { session: record.session, secret: SessionSecret::from_bytes(record.secret) },
        })
    }

    /// `to`: the node that answers for the job.
    pub(super) fn seal_end(&self, id: JobId, to: NodeId, outcome: &Outcome) -> Sealed {
        self.results.seal(aad(Purpose::Results, id, to).as_bytes(), &encode(outcome))
    }

    pub(super) fn open_end(&self, id: JobId, to: NodeId, sealed: &[u8]) -> Result<Outcome, Unreadable> {
        let plain = self.results.open(aad(Purpose::Results, id, to).as_bytes(), sealed)?;
        Ok(decode(plain.expose())?)
    }
}

fn aad(purpose: Purpose, id: JobId, node: NodeId) -> Aad {
    Aad::new().part(purpose.label()).part(id.0.to_be_bytes()).part(node.to_string())
}

fn encode(value: &impl Serialize) -> Zeroizing<Vec<u8>> {
    let encoded = bincode::serde::encode_to_vec(value, bincode::config::standard());
    Zeroizing::new(encoded.expect("plain data, written to memory"))
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, bincode::error::DecodeError> {
    let config = bincode::config::standard().with_limit::<LARGEST>();
    bincode::serde::decode_from_slice(bytes, config).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::props;

    #[test]
    fn a_job_comes_back_whole_for_its_id_and_asker_only() {
        let records = Records::new(&Keyring::generate());
        let (job, node) = (props::job(7, 1, 1), NodeId::numbered(1));
        let sealed = records.seal_job(&job, node);
        let opened = records.open_job(job.id, node, sealed.as_bytes()).expect("as sealed");
        assert_eq!((opened.lane, opened.parallel, &opened.platform), (job.lane, job.parallel, &job.platform));
        assert_eq!((&opened.actor, &opened.verb, &opened.activity), (&job.actor, &job.verb, &job.activity));
        assert_eq!(opened.asker.session, job.asker.session);
        assert_eq!(opened.asker.secret.expose(), job.asker.secret.expose());
        assert!(records.open_job(JobId(8), node, sealed.as_bytes()).is_err());
        assert!(records.open_job(job.id, NodeId::numbered(2), sealed.as_bytes()).is_err());
        assert!(records.open_end(job.id, node, sealed.as_bytes()).is_err());
    }

    #[test]
    fn an_end_comes_back_whole_for_its_job_and_node_only() {
        let records = Records::new(&Keyring::generate());
        for outcome in [Outcome::Unchanged, Outcome::Activity("{}".into()), props::failed("Error: no")] {
            let sealed = records.seal_end(JobId(1), NodeId::numbered(1), &outcome);
            let opened = records.open_end(JobId(1), NodeId::numbered(1), sealed.as_bytes());
            assert_eq!(opened.expect("as sealed"), outcome);
            assert!(records.open_end(JobId(2), NodeId::numbered(1), sealed.as_bytes()).is_err());
            assert!(records.open_end(JobId(1), NodeId::numbered(2), sealed.as_bytes()).is_err());
        }
    }

    #[test]
    fn nothing_of_a_job_is_readable() {
        let sealed = Records::new(&Keyring::generate()).seal_job(&props::job(7, 1, 1), NodeId::numbered(1));
        for planted in ["kim", "dummy", "echo", "type"] {
            let found = sealed.as_bytes().windows(planted.len()).any(|window| window == planted.as_bytes());
            assert!(!found, "{planted}");
        }
    }
}
