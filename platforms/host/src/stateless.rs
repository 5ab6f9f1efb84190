//! The loop of a stateless worker: jobs overlap, and a panic of one is its own.

use footbridge_wire::{Job, JobId, Visit};
use futures_util::{
    StreamExt,
    future::{AbortHandle, Abortable},
    stream::FuturesUnordered,
};
use tokio::{
    net::UnixStream,
    time::{Instant, sleep_until},
};

use crate::{
    Call, Failure, Reply, Response, Stateless,
    ending::Ending,
    host::{self, Host, Input, MAX_JOBS},
    uncaught::{Watch, spared},
};

/// Visitors from outside that are attended to at a time; further ones are asked to come again.
const MAX_VISITS: usize = 64;
/// How a job ended: with its own result, or with the words of its panic.
type Ended = (JobId, Result<Result<Reply, Failure>, String>);

/// Runs a stateless platform over `stream` until the gateway asks it to stop or something ends it. Does not exit the
/// process. Up to 1,024 jobs run at a time; then reading stops.
///
/// A panic of a job fails that job, and the gateway is told; the others go on. One of a task that the platform spawned,
/// and an [`Uncaught`](crate::Uncaught), end the worker.
///
/// Asked to stop, it lets running jobs end within the time granted.
pub async fn run_stateless<P: Stateless>(stream: UnixStream) -> Ending {
    host::run(stream, live::<P>).await
}

async fn live<P: Stateless>(host: &mut Host) -> Result<(), Ending> {
    let platform: P = host.open().await?;
    let uncaught = host.uncaught();
    let mut running = FuturesUnordered::new();
    let mut handles: Vec<(JobId, AbortHandle)> = Vec::new();
    let mut visits = FuturesUnordered::new();
    let mut deadline = None;
    while deadline.is_none() || !running.is_empty() {
        let room = running.len() < MAX_JOBS;
        // Jobs first: all that end at once share one write, since the host writes when it has nothing left to take.
        tokio::select! {
            biased;
            Some(ended) = running.next(), if !running.is_empty() => if let Ok((job, result)) = ended {
                forget(&mut handles, job);
                match result {
                    Ok(result) => host.done(job, result)?,
                    Err(panic) => host.panicked(job, P::ID, panic)?,
                }
            },
            Some((number, response)) = visits.next(), if !visits.is_empty() => host.welcome(number, response)?,
            input = host.next(room) => match input? {
                Input::Job(job) => {
                    let (handle, registration) = AbortHandle::new_pair();
                    handles.push((job.id, handle));
                    running.push(Abortable::new(perform(&platform, &uncaught, job), registration));
                }
                Input::Cancel(job) => if let Some(handle) = forget(&mut handles, job) {
                    handle.abort();
                },
                Input::Watch(watch) => platform.watch(watch),
                Input::Unwatch(topic) => platform.unwatch(&topic),
                Input::Visit(visit) if visits.len() < MAX_VISITS => visits.push(receive(&platform, &uncaught, visit)),
                Input::Visit(visit) => host.welcome(visit.number, Ok(Response { status: 503, body: String::new() }))?,
                Input::Stop { within } => deadline = Some(Instant::now() + within),
            },
            () = until(deadline) => break,
        }
    }
    Ok(())
}

async fn perform<P: Stateless>(platform: &P, uncaught: &Watch, job: Job) -> Ended {
    let id = job.id;
    // The future is made inside of it as well: what makes it may panic.
    (id, spared(uncaught, async { platform.perform(Call::from(job)).await }).await)
}

async fn receive<P: Stateless>(platform: &P, uncaught: &Watch, visit: Visit) -> (u32, Result<Response, String>) {
    let number = visit.number;
    (number, spared(uncaught, async { platform.receive(visit).await }).await)
}

fn forget(handles: &mut Vec<(JobId, AbortHandle)>, job: JobId) -> Option<AbortHandle> {
    let at = handles.iter().position(|(id, _)| *id == job)?;
    Some(handles.swap_remove(at).1)
}

/// Resolves at the deadline; never while there is none.
async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
