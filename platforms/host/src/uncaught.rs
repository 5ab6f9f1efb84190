//! Panics as last words.
//!
//! A panic on the worker's thread ends the worker, also one in a task that the platform spawned and that the runtime
//! would otherwise swallow: the platform's connection may have died with it. Only a call of a stateless platform is
//! [`spared`]: its panic is the failure of that call.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    future::poll_fn,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    rc::Rc,
    sync::Once,
    task::Poll,
};

use tokio::sync::Notify;

/// Characters of a panic's first line that are told.
const LONGEST: usize = 200;

/// A panic whose text reaches clients as it is, without the class name `Error` in front: what a platform lets go
/// uncaught (core.md 5.4), by `std::panic::panic_any`. It ends the worker wherever it comes from.
#[derive(Debug, Clone)]
pub struct Uncaught(pub String);

thread_local! {
    static WATCH: Rc<Watch> = Rc::default();
}

/// The panics of one thread.
#[derive(Default)]
pub(crate) struct Watch {
    last: RefCell<Option<String>>,
    seen: Notify,
    /// Whether what runs now is a call whose panics are its own.
    sparing: Cell<bool>,
}

impl Watch {
    /// Starts to watch this thread.
    pub(crate) fn this_thread() -> Rc<Self> {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            let previous = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                // What a platform let go on purpose is no bug of ours, and needs no line on standard error.
                if !info.payload().is::<Uncaught>() {
                    previous(info);
                }
                // A thread that is being torn down has nobody left to tell.
                let _ = WATCH.try_with(|watch| watch.record(text(info.payload())));
            }));
        });
        WATCH.with(Rc::clone)
    }

    /// Resolves once the thread has panicked.
    pub(crate) async fn panicked(&self) -> String {
        loop {
            if let Some(text) = self.last.take() {
                return text;
            }
            self.seen.notified().await;
        }
    }

    fn record(&self, text: String) {
        if !self.sparing.get() {
            self.last.replace(Some(text));
            self.seen.notify_one();
        }
    }
}

/// Runs a call to its end, or to its panic, which ends nothing else.
///
/// # Errors
/// The first line of the panic's words, at most 200 characters.
pub(crate) async fn spared<T>(watch: &Watch, call: impl Future<Output = T>) -> Result<T, String> {
    let mut call = pin!(call);
    poll_fn(|context| {
        watch.sparing.set(true);
        // What has panicked is not polled again; that what it shares with others is whole, a stateless platform promises.
        let polled = panic::catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context)));
        watch.sparing.set(false);
        match polled {
            Ok(polled) => polled.map(Ok),
            // Meant to end the worker.
            Err(payload) if payload.is::<Uncaught>() => panic::resume_unwind(payload),
            Err(payload) => Poll::Ready(Err(first_line(words(&*payload)))),
        }
    })
    .await
}

/// Runs something that a platform does by itself, such as reading what came from strangers, to its end, or to its panic,
/// which ends nothing else. What it shares with others must be whole then, at every `await` and wherever it may panic.
///
/// # Errors
/// The first line of the panic's words, at most 200 characters.
pub async fn isolated<T>(work: impl Future<Output = T>) -> Result<T, String> {
    spared(&Watch::this_thread(), work).await
}

/// A panic as last words.
pub(crate) fn text(payload: &(dyn Any + Send)) -> String {
    match payload.downcast_ref() {
        Some(Uncaught(text)) => text.clone(),
        None => format!("Error: {}", words(payload)),
    }
}

fn words(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("the worker panicked")
}

fn first_line(words: &str) -> String {
    words.lines().next().unwrap_or_default().chars().take(LONGEST).collect()
}
