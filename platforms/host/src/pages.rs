//! Pages that workers of several gateways share: the way from a fetcher, whose fetches may go on on any thread, to the memos
//! of a platform, which belong to its own.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use footbridge_outbound::Beyond;
use futures_util::{FutureExt, future::BoxFuture};
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_local,
};

use crate::Memos;

/// Errands on their way. Who asks waits for room; what would be kept is lost where there is none.
const MAX_ERRANDS: usize = 64;

/// Where a fetcher keeps pages for other workers of the platform and finds theirs; `None` where memos are not shared, as a
/// fetcher keeps what its own process needs. To be called while the platform is opened.
pub fn shared_pages(memos: &Memos) -> Option<Arc<dyn Beyond>> {
    memos.are_shared().then(|| {
        let (sender, errands) = mpsc::channel(MAX_ERRANDS);
        spawn_local(run(memos.clone(), errands));
        Arc::new(Errands(sender)) as _
    })
}

/// What is to be done with memos.
enum Errand {
    Keep { name: String, value: Bytes, lasts: Duration },
    Recall { name: String, answer: oneshot::Sender<Option<Bytes>> },
}

/// The fetcher's end.
struct Errands(mpsc::Sender<Errand>);

impl Beyond for Errands {
    fn keep(&self, name: String, value: Bytes, lasts: Duration) {
        let _ = self.0.try_send(Errand::Keep { name, value, lasts });
    }

    fn recall(&self, name: String) -> BoxFuture<'static, Option<Bytes>> {
        let errands = self.0.clone();
        let (answer, answered) = oneshot::channel();
        async move {
            errands.send(Errand::Recall { name, answer }).await.ok()?;
            answered.await.ok().flatten()
        }
        .boxed()
    }
}

/// The platform's end.
async fn run(memos: Memos, mut errands: mpsc::Receiver<Errand>) {
    while let Some(errand) = errands.recv().await {
        match errand {
            Errand::Keep { name, value, lasts } => memos.keep(&name, value, lasts),
            Errand::Recall { name, answer } => {
                let memos = memos.clone();
                spawn_local(async move { answer.send(memos.recall(&name).await) });
            }
        }
    }
}
