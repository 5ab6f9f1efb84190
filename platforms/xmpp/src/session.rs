//! What the platform and the link share: the machine, and what it wants done. `traffic`: stanzas on their way out.

mod traffic;

use std::cell::RefCell;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use footbridge_host::{LogLevel, Outbox};
use tokio::sync::{Notify, oneshot};

use self::traffic::{Full, Traffic};
use crate::credentials::Credentials;
use crate::machine::{Answer, Input, LinkOrder, Machine, Now, Outputs, Policy, Ticket};
use crate::map::activity::Time;
use crate::verbs::Request;

/// How a job ended.
type End = Result<Answer, String>;

/// The machine with its mailboxes. Nothing is borrowed across an `await`.
pub(crate) struct Session {
    outbox: Outbox,
    state: RefCell<State>,
    /// There is something to send, or an order for the link.
    pub(crate) stirred: Notify,
    /// The machine wants to be called earlier than the clock knows.
    pub(crate) earlier: Notify,
    /// Nothing waits to be sent any more, or the link has begun or ended a connection.
    left: Notify,
}

struct State {
    machine: Machine,
    traffic: Traffic,
    order: Option<LinkOrder>,
    /// Whether the link dials or holds a connection.
    engaged: bool,
    /// Those of the last `connect`.
    credentials: Option<Credentials>,
    /// Jobs run one by one, so there is one to wait for at most.
    waiting: Option<(Ticket, oneshot::Sender<End>)>,
    tickets: u64,
    /// When the clock is going to look.
    alarm: Option<Instant>,
}

/// Tells the machine that nobody waits for a job any more, unless it has ended.
struct Wait<'a> {
    session: &'a Session,
    ticket: Ticket,
}

impl Session {
    pub(crate) fn new(policy: Policy, outbox: Outbox) -> Self {
        let state = State {
            machine: Machine::new(policy),
            traffic: Traffic::default(),
            order: None,
            engaged: false,
            credentials: None,
            waiting: None,
            tickets: 0,
            alarm: None,
        };
        Self { outbox, state: RefCell::new(state), stirred: Notify::new(), earlier: Notify::new(), left: Notify::new() }
    }

    pub(crate) fn is_initialised(&self) -> bool {
        self.state.borrow().machine.is_initialised()
    }

    /// As whom, and where, the next dial is made.
    pub(crate) fn show(&self, credentials: Credentials) {
        self.state.borrow_mut().credentials = Some(credentials);
    }

    /// Those shown last; `None` before the first `connect`, when nothing is dialled.
    pub(crate) fn credentials(&self) -> Option<Credentials> {
        self.state.borrow().credentials.clone()
    }

    /// Runs a verb. Dropped unfinished, it is cancelled.
    pub(crate) async fn call(&self, request: Request) -> End {
        let (sender, receiver) = oneshot::channel();
        let ticket = {
            let mut state = self.state.borrow_mut();
            state.tickets += 1;
            let ticket = Ticket(state.tickets);
            state.waiting = Some((ticket, sender));
            ticket
        };
        let _wait = Wait { session: self, ticket };
        self.feed(Input::Call(ticket, request));
        receiver.await.unwrap_or_else(|_| Err("the job was given up".to_owned()))
    }

    /// Waits until the link has no connection and is not about to have one.
    pub(crate) async fn closed(&self) {
        loop {
            let left = self.left.notified();
            {
                let state = self.state.borrow();
                if !state.engaged && state.order.is_none() {
                    return;
                }
            }
            left.await;
        }
    }

    /// Tells the machine what happened, and sees to what it wants done.
    pub(crate) fn feed(&self, input: Input) {
        let now = Now { instant: Instant::now(), time: wall_clock() };
        let mut state = self.state.borrow_mut();
        state.machine.handle(input, now);
        let outputs = state.machine.outputs();
        if !outputs.is_empty()
            && let Err(full) = self.see_to(&mut state, outputs)
        {
            self.refuse(&mut state, &full, now);
        }
        let deadline = state.machine.deadline();
        if deadline.is_some_and(|deadline| state.alarm.is_none_or(|alarm| deadline < alarm)) {
            self.earlier.notify_one();
        }
    }

    /// Does what is wanted, all of it but the stanzas from the first on that there is no room for.
    fn see_to(&self, state: &mut State, outputs: Outputs) -> Result<(), Full> {
        let stirs = !outputs.send.is_empty() || outputs.link.is_some();
        let sent = if state.engaged { state.traffic.extend(outputs.send) } else { Ok(()) };
        for activity in &outputs.push {
            if let Err(error) = self.outbox.push(activity) {
                self.log(LogLevel::Warn, &format_args!("an activity is lost: {error}"));
            }
        }
        if let Err(full) = &sent {
            // Whoever asked for what is not sent is told so, and not that it was.
            Self::end(state, |_| true, || Err(full.to_string()));
        }
        for (ticket, end) in outputs.done {
            Self::end(state, |waiting| waiting == ticket, || end);
        }
        state.order = outputs.link.or(state.order.take());
        for text in outputs.log {
            self.outbox.log(LogLevel::Info, text);
        }
        if stirs {
            self.stirred.notify_waiters();
        }
        sent
    }

    /// Tells the job that is waited for how it ended, if it is this one. Nobody listens any more where the gateway has
    /// given the job up.
    fn end(state: &mut State, is_meant: impl Fn(Ticket) -> bool, end: impl FnOnce() -> End) -> Option<Ticket> {
        let (ticket, sender) = state.waiting.take_if(|(waiting, _)| is_meant(*waiting))?;
        let _ = sender.send(end());
        Some(ticket)
    }

    /// Tells the log of stanzas that were not sent, and the machine that nobody waits for the job any more.
    fn refuse(&self, state: &mut State, full: &Full, now: Now) {
        self.log(LogLevel::Warn, full);
        let latest = Ticket(state.tickets);
        state.machine.handle(Input::Cancel(latest), now);
    }

    pub(crate) fn log(&self, level: LogLevel, text: &impl ToString) {
        self.outbox.log(level, text.to_string());
    }

    /// Resolves while the gateway reads what it is sent: a slow gateway slows the server down.
    pub(crate) async fn drained(&self) {
        self.outbox.drained().await;
    }

    /// Looks at the order for the link, and takes it where `wanted` says so.
    pub(crate) fn order(&self, wanted: impl FnOnce(&LinkOrder) -> bool) -> Option<LinkOrder> {
        self.state.borrow_mut().order.take_if(|order| wanted(order))
    }

    /// Whether there is an order of this kind.
    pub(crate) fn is_ordered(&self, kind: impl FnOnce(&LinkOrder) -> bool) -> bool {
        self.state.borrow().order.as_ref().is_some_and(kind)
    }

    /// Waits for an order that is `wanted`, and takes it.
    pub(crate) async fn ordered(&self, wanted: impl Fn(&LinkOrder) -> bool) -> LinkOrder {
        loop {
            let stirred = self.stirred.notified();
            if let Some(order) = self.order(&wanted) {
                return order;
            }
            stirred.await;
        }
    }

    /// When the clock has to look; it says so by looking.
    pub(crate) fn alarm(&self) -> Option<Instant> {
        let mut state = self.state.borrow_mut();
        state.alarm = state.machine.deadline();
        state.alarm
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let waited = self.session.state.borrow_mut().waiting.take_if(|(waiting, _)| *waiting == self.ticket);
        if waited.is_some() {
            self.session.feed(Input::Cancel(self.ticket));
        }
    }
}

fn wall_clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
