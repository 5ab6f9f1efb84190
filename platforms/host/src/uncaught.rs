//! Panics as last words.
//!
//! A panic on the worker's thread ends the worker, also one in a task that the platform spawned and that the runtime
//! would otherwise swallow: the platform's connection may have died with it.

use std::{any::Any, cell::RefCell, panic, rc::Rc, sync::Once};

use tokio::sync::Notify;

/// A panic whose text reaches clients as it is, without the class name `Error` in front: what a platform lets go
/// uncaught (core.md 5.4), by `std::panic::panic_any`.
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
        self.last.replace(Some(text));
        self.seen.notify_one();
    }
}

/// The words of a panic.
pub(crate) fn text(payload: &(dyn Any + Send)) -> String {
    if let Some(Uncaught(text)) = payload.downcast_ref() {
        return text.clone();
    }
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("Error: {}", text.unwrap_or("the worker panicked"))
}
