//! The task that looks after topics.
//!
//! What it does at a time is bounded: looks, since each may be large, and errands.

use crate::follow::follower::{Errand, Shared};
use crate::verbs::fetch::Unread;
use footbridge_host::isolated;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::rc::Rc;

/// Topics that are looked at at a time.
const MAX_LOOKS: usize = 32;
/// Errands at a time.
const MAX_ERRANDS: usize = 64;

/// Runs from the first topic on, as long as the process.
pub(super) async fn run(shared: Rc<Shared>) {
    let (mut looks, mut errands) = (FuturesUnordered::new(), FuturesUnordered::new());
    loop {
        while let Some(errand) = shared.errand(errands.len()) {
            errands.push(perform(Rc::clone(&shared), errand));
        }
        while let Some(name) = shared.due(looks.len()) {
            looks.push(look(Rc::clone(&shared), name));
        }
        let first = shared.watched.borrow().first().filter(|_| looks.len() < MAX_LOOKS);
        tokio::select! {
            Some(()) = looks.next(), if !looks.is_empty() => {}
            Some(()) = errands.next(), if !errands.is_empty() => {}
            () = shared.clock.until(first) => {}
            () = shared.woken.notified() => {}
        }
    }
}

async fn perform(shared: Rc<Shared>, errand: Errand) {
    match errand {
        Errand::Recall(name) => {
            let lore = shared.recall(&name).await;
            shared.watched.borrow_mut().recalled(&name, lore, shared.clock.now());
        }
        Errand::Ask(name, lease) => shared.ask(&name, &lease, "subscribe").await,
        Errand::Leave(name, lease) => shared.ask(&name, &lease, "unsubscribe").await,
    }
}

/// Looks at a topic, tells what is new, and enters it again.
async fn look(shared: Rc<Shared>, name: Rc<str>) {
    shared.topics.drained().await;
    // One feed that cannot be borne is not to end the others.
    let looked = isolated(shared.look(&name)).await.unwrap_or_else(|panic| Err(Unread::Broken(panic)));
    match looked {
        Ok((is_worth_keeping, fresh)) => {
            shared.settle(&name, fresh);
            if is_worth_keeping {
                shared.keep(&name);
            }
        }
        Err(unread) => shared.failed(&name, unread),
    }
}

impl Shared {
    /// The next errand, where so many run.
    fn errand(&self, running: usize) -> Option<Errand> {
        if running < MAX_ERRANDS { self.errands.borrow_mut().pop_front() } else { None }
    }

    /// The next topic to look at, where so many are being looked at.
    fn due(&self, running: usize) -> Option<Rc<str>> {
        if running < MAX_LOOKS { self.watched.borrow_mut().due(self.clock.now()) } else { None }
    }
}
