//! How a message is written: a `u32` length (big-endian, of what follows), then the message in bincode.

use bytes::{Buf, BufMut, BytesMut};
use serde::{Serialize, de::DeserializeOwned};

use crate::MAX_FRAME;

/// Bytes of the length prefix.
const PREFIX: usize = size_of::<u32>();

/// Why bytes are not a frame. The connection is of no use afterwards.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The length prefix, or the message to be written, is above [`MAX_FRAME`] bytes.
    #[error("frame of {0} bytes is above the limit of {MAX_FRAME}")]
    TooLong(usize),
    /// The bytes are not a message of this version.
    #[error("frame does not decode: {0}")]
    Malformed(#[from] bincode::error::DecodeError),
    /// The message holds something bincode cannot write.
    #[error("frame does not encode: {0}")]
    Unwritable(#[from] bincode::error::EncodeError),
    /// A message was followed by bytes that belong to none.
    #[error("{0} bytes follow the message in its frame")]
    Trailing(usize),
}

/// The limit stops a forged inner length before it allocates.
fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<MAX_FRAME>()
}

/// Appends `message` to `buffer`.
///
/// # Errors
/// [`FrameError::TooLong`] and [`FrameError::Unwritable`]; the buffer is then as it was.
pub fn put<M: Serialize>(buffer: &mut BytesMut, message: &M) -> Result<(), FrameError> {
    let start = buffer.len();
    buffer.put_u32(0);
    let mut writer = buffer.writer();
    let written = bincode::serde::encode_into_std_write(message, &mut writer, config());
    let buffer = writer.into_inner();
    let length = buffer.len() - start - PREFIX;
    match (written, u32::try_from(length)) {
        (Ok(_), Ok(prefix)) if length <= MAX_FRAME => {
            buffer[start..start + PREFIX].copy_from_slice(&prefix.to_be_bytes());
            Ok(())
        }
        (outcome, _) => {
            buffer.truncate(start);
            Err(outcome.err().map_or(FrameError::TooLong(length), Into::into))
        }
    }
}

/// Takes the first whole message out of `buffer`; `None` while it is incomplete.
///
/// # Errors
/// [`FrameError::TooLong`] as soon as the prefix says so, [`FrameError::Malformed`], [`FrameError::Trailing`].
pub fn take<M: DeserializeOwned>(buffer: &mut BytesMut) -> Result<Option<M>, FrameError> {
    let Some(prefix) = buffer.first_chunk::<PREFIX>() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes(*prefix) as usize;
    if length > MAX_FRAME {
        return Err(FrameError::TooLong(length));
    }
    if buffer.len() < PREFIX + length {
        buffer.reserve(PREFIX + length - buffer.len());
        return Ok(None);
    }
    buffer.advance(PREFIX);
    let (message, read) = bincode::serde::decode_from_slice(&buffer[..length], config())?;
    if read != length {
        return Err(FrameError::Trailing(length - read));
    }
    buffer.advance(length);
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use footbridge_seal::Secret;
    use proptest::prelude::*;

    use super::*;
    use crate::{FromWorker, InstanceId, Job, JobId, Outcome, SessionId, ToWorker};

    fn job(activity: &[u8], credentials: Option<&[u8]>) -> ToWorker {
        ToWorker::Job(Job {
            id: JobId(7),
            instance: InstanceId(0),
            session: SessionId::from_random([1; 16]),
            verb: "echo".into(),
            activity: Bytes::copy_from_slice(activity),
            credentials: credentials.map(|bytes| Secret::new(bytes.to_vec())),
        })
    }

    #[test]
    fn frames_come_out_in_order_however_the_bytes_arrive() {
        let mut all = BytesMut::new();
        put(&mut all, &job(b"{}", Some(b"secret"))).expect("small");
        put(&mut all, &ToWorker::Stop { within: std::time::Duration::from_secs(1) }).expect("small");
        let mut buffer = BytesMut::new();
        let mut seen = Vec::new();
        for byte in all {
            buffer.put_u8(byte);
            while let Some(message) = take::<ToWorker>(&mut buffer).expect("whole") {
                seen.push(message);
            }
        }
        let [ToWorker::Job(job), ToWorker::Stop { .. }] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(job.credentials.as_ref().map(|secret| &secret.expose()[..]), Some(&b"secret"[..]));
    }

    #[test]
    fn debug_of_a_frame_hides_the_credentials() {
        assert!(!format!("{:?}", job(b"{}", Some(b"hunter2"))).contains("hunter2"));
    }

    #[test]
    fn a_forged_length_is_refused_before_anything_is_allocated() {
        let mut buffer = BytesMut::from(&[0xff, 0xff, 0xff, 0xff, 0][..]);
        assert!(matches!(take::<ToWorker>(&mut buffer), Err(FrameError::TooLong(_))));
        // An inner length above what follows: `Push` of instance 0 with a text of 2^62 bytes.
        let mut buffer = BytesMut::from(&[0, 0, 0, 11, 2, 0, 253, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f][..]);
        assert!(matches!(take::<FromWorker>(&mut buffer), Err(FrameError::Malformed(_))));
    }

    #[test]
    fn a_message_above_the_limit_is_not_written() {
        let mut buffer = BytesMut::new();
        let outcome = put(&mut buffer, &FromWorker::Done(JobId(1), Outcome::Activity(vec![0; MAX_FRAME + 1].into())));
        assert!(outcome.is_err());
        assert!(buffer.is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = take::<FromWorker>(&mut buffer) {}
        }
    }
}
