//! The loop of a stateless worker: calls overlap.

use std::{collections::HashMap, future::Future, pin::Pin};

use footbridge_wire::{Job, JobId, ToWorker};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{AbortHandle, Abortable, Aborted},
    stream::FuturesUnordered,
};

use crate::{
    Failure, Reply, Stateless,
    link::{Link, Over},
    reply::outcome,
};

type Ended = (JobId, Result<Result<Reply, Failure>, Aborted>);
type Running<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Ended> + 'a>>>;

/// Runs until the gateway asks to stop.
pub(crate) async fn run<P: Stateless>(platform: &P, link: &mut Link) -> Result<(), Over> {
    let mut running = Running::new();
    let mut handles = HashMap::new();
    loop {
        tokio::select! {
            biased;
            message = link.next() => {
                let mut message = Some(message?);
                // All that was read begins before anything is written: answers share a write.
                while let Some(next) = message {
                    match next {
                        ToWorker::Job(job) => begin(platform, job, &mut running, &mut handles),
                        ToWorker::Cancel(job) => {
                            if let Some(handle) = handles.remove(&job) {
                                AbortHandle::abort(&handle);
                            }
                        }
                        ToWorker::Stop { .. } => return link.drain().await,
                        ToWorker::Hello(_) | ToWorker::Open(_) | ToWorker::Attach(..) | ToWorker::Detach(..) => {}
                    }
                    message = link.take()?;
                }
            }
            Some(ended) = running.next() => end(ended, link, &mut handles)?,
        }
        while let Some(Some(ended)) = running.next().now_or_never() {
            end(ended, link, &mut handles)?;
        }
        link.flush()?;
    }
}

fn begin<'a, P: Stateless>(
    platform: &'a P,
    job: Job,
    running: &mut Running<'a>,
    handles: &mut HashMap<JobId, AbortHandle>,
) {
    let id = job.id;
    let (handle, registration) = AbortHandle::new_pair();
    handles.insert(id, handle);
    let call = Abortable::new(async move { platform.perform(job.into()).await }, registration);
    running.push(Box::pin(call.map(move |result| (id, result))));
}

fn end((id, result): Ended, link: &mut Link, handles: &mut HashMap<JobId, AbortHandle>) -> Result<(), Over> {
    handles.remove(&id);
    match result {
        Ok(result) => link.done(id, outcome(result)),
        // The gateway has answered it.
        Err(Aborted) => Ok(()),
    }
}
