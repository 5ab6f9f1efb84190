//! The loop of a persistent worker: calls run one by one, while the gateway is still listened to.

use std::{collections::VecDeque, time::Duration};

use footbridge_wire::{FromWorker, InstanceId, Job, JobId, ToWorker};

use crate::{
    Failure, Persistent,
    link::{Link, Over},
    reply::outcome,
};

/// What the gateway said while nothing, or something, runs.
enum Said {
    Job(Job),
    Cancel(JobId),
    Stop(Duration),
}

/// Runs until the gateway asks to stop, then cleans up.
pub(crate) async fn run<P: Persistent>(platform: &mut P, link: &mut Link) -> Result<(), Over> {
    // The gateway hands over one job at a time; the list is for those it hands over early.
    let mut waiting: VecDeque<Job> = VecDeque::new();
    let mut initialised = false;
    let within = loop {
        let job = match waiting.pop_front() {
            Some(job) => job,
            None => match listen(link).await? {
                Said::Job(job) => job,
                Said::Cancel(_) => continue,
                Said::Stop(within) => break within,
            },
        };
        let stop = perform(platform, job, link, &mut waiting).await?;
        if platform.is_initialised() != initialised {
            initialised = !initialised;
            link.put(&FromWorker::Initialised(InstanceId::default(), initialised))?;
        }
        link.flush()?;
        if let Some(within) = stop {
            break within;
        }
    };
    // The gateway kills what takes longer; ending just before lets the last words out.
    let _ = tokio::time::timeout(within, platform.cleanup()).await;
    link.drain().await
}

/// Runs one call, listening meanwhile. `Some`: the gateway asked to stop, and the call was dropped.
async fn perform<P: Persistent>(
    platform: &mut P,
    job: Job,
    link: &mut Link,
    waiting: &mut VecDeque<Job>,
) -> Result<Option<Duration>, Over> {
    let id = job.id;
    if job.credentials.is_none() && !platform.is_initialised() {
        let refused = Failure::bare(format!("{} called on uninitialized platform", job.verb));
        link.done(id, outcome(Err(refused)))?;
        return Ok(None);
    }
    let call = platform.perform(job.into());
    tokio::pin!(call);
    loop {
        tokio::select! {
            biased;
            result = &mut call => {
                link.done(id, outcome(result))?;
                return Ok(None);
            }
            said = listen(link) => match said? {
                Said::Job(job) => waiting.push_back(job),
                // The gateway has answered it; the next one may begin.
                Said::Cancel(job) if job == id => return Ok(None),
                Said::Cancel(job) => waiting.retain(|waiting| waiting.id != job),
                Said::Stop(within) => return Ok(Some(within)),
            },
        }
    }
}

async fn listen(link: &mut Link) -> Result<Said, Over> {
    loop {
        match link.next().await? {
            ToWorker::Job(job) => return Ok(Said::Job(job)),
            ToWorker::Cancel(job) => return Ok(Said::Cancel(job)),
            ToWorker::Stop { within } => return Ok(Said::Stop(within)),
            ToWorker::Hello(_) | ToWorker::Open(_) | ToWorker::Attach(..) | ToWorker::Detach(..) => {}
        }
    }
}
