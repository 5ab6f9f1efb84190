//! The loop of a persistent worker: jobs run one by one.

use std::{collections::VecDeque, future::poll_fn, ops::ControlFlow, pin::pin, task::Poll, time::Duration};

use footbridge_wire::Job;
use tokio::{net::UnixStream, time::timeout};

use crate::{
    Call, Failure, Persistent,
    ending::Ending,
    host::{self, Host, Input, MAX_JOBS},
};

/// Runs a persistent platform over `stream` until the gateway asks it to stop or something ends it. Does not exit the
/// process. Up to 1,024 jobs wait for the one that runs; then reading stops.
///
/// Asked to stop, it drops the running job and the waiting ones, which the gateway answers, and cleans up.
pub async fn run_persistent<P: Persistent>(stream: UnixStream) -> Ending {
    host::run(stream, live::<P>).await
}

async fn live<P: Persistent>(host: &mut Host) -> Result<(), Ending> {
    let mut platform: P = host.open().await?;
    let mut waiting = VecDeque::new();
    let mut said = false;
    let within = loop {
        if platform.is_initialised() != said {
            said = !said;
            host.initialised(said)?;
        }
        let flow = match waiting.pop_front() {
            Some(job) => work(host, &mut platform, job, &mut waiting).await?,
            None => idle(host, &platform, said, &mut waiting).await?,
        };
        if let ControlFlow::Break(within) = flow {
            break within;
        }
    };
    // Too late is no error: the gateway kills what is not over in time.
    let _ = timeout(within, platform.cleanup()).await;
    Ok(())
}

/// Whether the life goes on; `Break`: asked to stop within that time.
type Flow = ControlFlow<Duration>;

/// Waits for something to do, or for the platform to change its mind about being initialised.
async fn idle<P: Persistent>(
    host: &mut Host,
    platform: &P,
    said: bool,
    waiting: &mut VecDeque<Job>,
) -> Result<Flow, Ending> {
    let mut next = pin!(host.next(true));
    let input = poll_fn(|context| {
        if platform.is_initialised() != said {
            return Poll::Ready(None);
        }
        next.as_mut().poll(context).map(Some)
    })
    .await;
    match input.transpose()? {
        Some(Input::Job(job)) => waiting.push_back(job),
        Some(Input::Stop { within }) => return Ok(Flow::Break(within)),
        // The job has ended meanwhile. Topics and visitors are for stateless platforms.
        Some(Input::Cancel(_) | Input::Watch(_) | Input::Unwatch(_) | Input::Visit(_)) | None => {}
    }
    Ok(Flow::Continue(()))
}

/// Runs one job while listening to what else is said.
async fn work<P: Persistent>(
    host: &mut Host,
    platform: &mut P,
    job: Job,
    waiting: &mut VecDeque<Job>,
) -> Result<Flow, Ending> {
    let id = job.id;
    // Which verbs require credentials is the manifest's business; those that do carry them.
    if job.credentials.is_none() && !platform.accepts(&job.verb) {
        let failure = Failure::bare(format_args!("{} called on uninitialized platform", job.verb));
        host.done(id, Err(failure))?;
        return Ok(Flow::Continue(()));
    }
    let mut running = pin!(platform.perform(Call::from(job)));
    loop {
        tokio::select! {
            biased;
            result = &mut running => {
                host.done(id, result)?;
                return Ok(Flow::Continue(()));
            }
            input = host.next(waiting.len() < MAX_JOBS) => match input? {
                Input::Job(job) => waiting.push_back(job),
                Input::Cancel(cancelled) if cancelled == id => return Ok(Flow::Continue(())),
                Input::Cancel(cancelled) => waiting.retain(|job| job.id != cancelled),
                Input::Watch(_) | Input::Unwatch(_) | Input::Visit(_) => {}
                Input::Stop { within } => return Ok(Flow::Break(within)),
            },
        }
    }
}
