//! What the platform and the link share: the machine, and what it wants done. `traffic`: lines on their way out.

mod traffic;

use std::cell::RefCell;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use footbridge_host::{LogLevel, Outbox, Turns};
use tokio::sync::{Notify, oneshot};

use crate::credentials::ClientCertificate;
use crate::machine::{Answer, Dial, Input, LinkOrder, Machine, Now, Outputs, Policy, Ticket};
use crate::manners::network;
use crate::map::activity::Time;
use crate::pacer::{Full, Pace, Pacer};
use crate::verbs::Request;

/// How a job ended.
type End = Result<Answer, String>;

/// The machine with its mailboxes. Nothing is borrowed across an `await`.
pub(crate) struct Session {
    outbox: Outbox,
    pub(crate) turns: Turns,
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
    pacer: Pacer,
    order: Option<LinkOrder>,
    /// Whether the link dials or holds a connection.
    engaged: bool,
    certificate: Option<ClientCertificate>,
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
    pub(crate) fn new(policy: Policy, outbox: Outbox, turns: Turns) -> Self {
        let state = State {
            machine: Machine::new(policy),
            pacer: Pacer::new(Pace::default()),
            order: None,
            engaged: false,
            certificate: None,
            waiting: None,
            tickets: 0,
            alarm: None,
        };
        let (stirred, earlier, left) = Default::default();
        Self { outbox, turns, state: RefCell::new(state), stirred, earlier, left }
    }

    pub(crate) fn is_initialised(&self) -> bool {
        self.state.borrow().machine.is_initialised()
    }

    /// Whether there is a connection, or one is being made.
    pub(crate) fn is_wanted(&self) -> bool {
        self.state.borrow().machine.is_wanted()
    }

    /// The certificate that the next handshake shows.
    pub(crate) fn show(&self, certificate: Option<ClientCertificate>) {
        self.state.borrow_mut().certificate = certificate;
    }

    pub(crate) fn certificate(&self) -> Option<ClientCertificate> {
        self.state.borrow().certificate.clone()
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
    pub(crate) fn feed(&self, input: Input<'_>) {
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

    /// Does what is wanted, all of it but the lines from the first on that there is no room for.
    fn see_to(&self, state: &mut State, outputs: Outputs) -> Result<(), Full> {
        let stirs = !outputs.send.is_empty() || outputs.link.is_some();
        let registering = !state.machine.is_initialised();
        let sent = if state.engaged { state.enqueue(outputs.send, registering) } else { Ok(()) };
        for activity in &outputs.push {
            if let Err(error) = self.outbox.push(activity) {
                self.log(LogLevel::Warn, &format_args!("an activity is lost: {error}"));
            }
        }
        if let Some(actor) = outputs.rekey {
            self.outbox.rekey(actor);
        }
        for (ticket, end) in outputs.done {
            if let Some((_, sender)) = state.waiting.take_if(|(waiting, _)| *waiting == ticket) {
                // Nobody listens any more where the gateway has given the job up.
                let _ = sender.send(end);
            }
        }
        state.order = outputs.link.or(state.order.take());
        if let Some(note) = outputs.note {
            self.turns.note(&network(&note.server), &note.text, note.keep);
        }
        for text in outputs.log {
            self.outbox.log(LogLevel::Info, text);
        }
        if stirs {
            self.stirred.notify_waiters();
        }
        sent
    }

    /// Ends the job that wanted more sent than may wait: its client has to know that not all of it was.
    fn refuse(&self, state: &mut State, full: &Full, now: Now) {
        self.log(LogLevel::Warn, &format_args!("a {} is not sent: {full}", full.0.command()));
        if let Some((ticket, sender)) = state.waiting.take() {
            let _ = sender.send(Err(full.to_string()));
            state.machine.handle(Input::Cancel(ticket), now);
        }
    }

    pub(crate) fn log(&self, level: LogLevel, text: &impl ToString) {
        self.outbox.log(level, text.to_string());
    }

    /// Resolves while the gateway reads what it is sent: a slow gateway slows the network down.
    pub(crate) async fn drained(&self) {
        self.outbox.drained().await;
    }

    /// It is our turn to connect, and this is known of the network: where to. `None`: nowhere any more.
    pub(crate) fn cleared(&self, known: Option<&str>) -> Option<Dial> {
        self.state.borrow_mut().machine.cleared(known, Instant::now())
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
