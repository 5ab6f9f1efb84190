//! The gateway's side of a nursery: the task that owns the process which workers are forked from.
//!
//! What is said is in `footbridge_wire::nursery`; what the process does, in `platforms/host/src/nursery.rs`. Workers
//! become the gateway's own children, since it is the reaper of orphans below it, and no worker depends on the nursery.

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream as StdStream,
    },
    time::Duration,
};

use footbridge_schemas::PlatformId;
use footbridge_telemetry::emit;
use footbridge_wire::nursery::{ANSWER, ARGUMENT, REQUEST};
use rustix::{
    cmsg_space,
    io::Errno,
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
        recvmsg, sendmsg,
    },
    process::{
        Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, getpid, kill_process_group, pidfd_open, set_child_subreaper,
        waitid,
    },
};
use tokio::{
    io::Interest,
    net::UnixStream,
    sync::{mpsc, oneshot},
    task::spawn_blocking,
    time::{Instant, timeout},
};

use crate::{
    events::NurseryFailed,
    launch::Launch,
    process::Process,
    spawner::{exec, pair},
};

/// How long a nursery may take for a worker, its own start included.
const PATIENCE: Duration = Duration::from_secs(1);
/// Requests that wait; whoever wants to put another one waits too.
const MAILBOX: usize = 1;

/// A worker to be forked: its standard input, and where its process goes.
type Request = (StdStream, oneshot::Sender<Process>);

/// The address of a nursery. It ends when there is none left.
#[derive(Debug, Clone)]
pub(crate) struct Nursery {
    requests: mpsc::Sender<Request>,
    since: Instant,
}

/// The nursery is gone.
#[derive(Debug)]
pub(crate) struct Gone;

impl Nursery {
    /// Has a worker forked.
    pub(crate) async fn fork(&self, stdin: StdStream) -> Result<Process, Gone> {
        let (sender, process) = oneshot::channel();
        self.requests.send((stdin, sender)).await.map_err(|_| Gone)?;
        process.await.map_err(|_| Gone)
    }

    /// Whether it takes no more requests.
    pub(crate) fn is_gone(&self) -> bool {
        self.requests.is_closed()
    }

    /// When it was started.
    pub(crate) fn since(&self) -> Instant {
        self.since
    }
}

/// Starts a nursery. Must be called within a runtime.
pub(crate) fn start(launch: &Launch) -> io::Result<Nursery> {
    set_child_subreaper(Some(getpid()))?;
    can_wait_by_descriptor()?;
    let (control, theirs) = pair()?;
    let process = Process::started(exec(&launch.program, theirs, Some(ARGUMENT))?)?;
    let (requests, received) = mpsc::channel(MAILBOX);
    tokio::spawn(live(process, control, received, launch.platform.clone()));
    Ok(Nursery { requests, since: Instant::now() })
}

/// Whether the kernel lets a parent wait for a child by a descriptor, as Linux 5.4 was the first to do.
fn can_wait_by_descriptor() -> io::Result<()> {
    let own = pidfd_open(getpid(), PidfdFlags::empty())?;
    match waitid(WaitId::PidFd(own.as_fd()), WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
        // Nobody is its own child.
        Ok(_) | Err(Errno::CHILD) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn live(mut process: Process, control: UnixStream, mut requests: mpsc::Receiver<Request>, platform: PlatformId) {
    let mut answer = Answer::default();
    let problem = loop {
        tokio::select! {
            status = process.wait() => break Some(match status {
                Ok(status) => io::Error::other(format!("it ended: {status}")),
                Err(error) => error,
            }),
            request = requests.recv() => {
                let Some((stdin, reply)) = request else { break None };
                match fork(&control, &stdin, &mut answer).await {
                    // Whoever asked may be gone: then the process is dropped, which ends it.
                    Ok(process) => drop(reply.send(process)),
                    Err(error) => {
                        // Before whoever asked learns of it: the next one is to find the place empty.
                        requests.close();
                        break Some(error);
                    }
                }
            }
        }
    };
    requests.close();
    if let Some(error) = &problem {
        emit(NurseryFailed { platform: &platform, error });
    }
    drop(requests);
    bury(process, control, answer).await;
}

/// Has a worker forked. What is left in `answer` after an error is for [`bury`].
async fn fork(control: &UnixStream, stdin: &StdStream, answer: &mut Answer) -> io::Result<Process> {
    *answer = Answer::default();
    let asked = async {
        control.async_io(Interest::WRITABLE, || ask(control, stdin)).await?;
        while answer.length < ANSWER {
            control.async_io(Interest::READABLE, || answer.receive(control)).await?;
        }
        Ok::<_, io::Error>(())
    };
    timeout(PATIENCE, asked).await.map_err(|_| io::Error::other(format!("no answer within {PATIENCE:?}")))??;
    answer.process()
}

fn ask(control: &UnixStream, stdin: &StdStream) -> io::Result<()> {
    let files = [stdin.as_fd()];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut rights = SendAncillaryBuffer::new(&mut space);
    rights.push(SendAncillaryMessage::ScmRights(&files));
    sendmsg(control, &[IoSlice::new(&[REQUEST])], &mut rights, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// An answer, as far as it has arrived.
#[derive(Default)]
struct Answer {
    bytes: [u8; ANSWER],
    length: usize,
    descriptor: Option<OwnedFd>,
}

impl Answer {
    fn receive(&mut self, control: &UnixStream) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
        let mut rights = RecvAncillaryBuffer::new(&mut space);
        let mut rest = [IoSliceMut::new(&mut self.bytes[self.length..])];
        let received = recvmsg(control, &mut rest, &mut rights, RecvFlags::CMSG_CLOEXEC)?;
        if received.bytes == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.length += received.bytes;
        for message in rights.drain() {
            if let RecvAncillaryMessage::ScmRights(mut files) = message {
                self.descriptor = files.next().or(self.descriptor.take());
            }
        }
        Ok(())
    }

    /// The worker that it tells of.
    fn process(&mut self) -> io::Result<Process> {
        let descriptor = self.descriptor.take().ok_or_else(|| io::Error::other("it cannot fork"))?;
        Process::inherited(u32::from_le_bytes(self.bytes), descriptor)
    }
}

/// Leaves nothing of a nursery behind: neither itself, nor a process that it was about to hand over.
async fn bury(mut process: Process, control: UnixStream, mut answer: Answer) {
    process.kill();
    let _ = process.wait().await;
    if let Some(group) = i32::try_from(process.id()).ok().and_then(Pid::from_raw) {
        // What the nursery forked is in its group until it is handed over, and is this process's child from the
        // nursery's death on. They were killed, so the wait is short; none of them, nothing to kill.
        let _ = spawn_blocking(move || {
            let children = || WaitId::Pgid(Some(group));
            let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            while waitid(children(), look).is_ok() {
                let _ = kill_process_group(group, Signal::KILL);
                let _ = waitid(children(), WaitIdOptions::EXITED);
            }
        })
        .await;
    }
    // One that was handed over too late has its descriptor in the answer, or still in the socket. Dropped, it is ended.
    if answer.length == 0 {
        let _ = answer.receive(&control);
    }
    let _ = answer.process();
}
