//! The side of the network: connects as it is told, reads stanzas, writes them, notices silence.
//!
//! - where to: [`mod@candidates`] with [`records`] and [`host_meta`]
//! - on the way: [`mod@open`] over a [`stream`] or in the [`web`]
//! - who we are: [`mod@login`] then [`bind`], or both at once by [`sasl2`], in an [`exchange`] by a [`mechanism`] such as
//!   [`scram`], or by a token ([`fast`])
//! - a stream: [`xml`] with [`features`], watched by a [`meter`]
//! - a session: [`live`] with [`management`]
//! - its end: [`failure`]

mod bind;
mod candidates;
mod exchange;
mod failure;
mod fast;
mod features;
mod host_meta;
mod live;
mod login;
mod management;
mod mechanism;
mod meter;
mod open;
mod records;
mod sasl2;
mod scram;
mod stream;
#[cfg(test)]
mod tests;
mod web;
mod xml;

use std::future::{pending, ready};
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use footbridge_host::LogLevel;
use footbridge_outbound::{Dialler, Trust};
use tokio::time::{sleep, sleep_until, timeout};

use self::bind::{Begun, Past};
use self::failure::Failure;
use self::live::Live;
use self::open::open;
use self::records::NameServers;
use crate::machine::{Dial, Down, Input, LinkOrder, Up};
use crate::session::Session;

/// How long a server may take to close its side, once we have closed ours.
const LEAVE: Duration = Duration::from_secs(1);
/// How long a server may leave what we wrote unread.
const STUCK: Duration = Duration::from_mins(1);
/// Stanzas that are put on the stream at a time.
const BATCH: usize = 64;

/// What an operator lets connections be like.
#[derive(Clone)]
pub(crate) struct Ways {
    /// Connects, to what may be connected to.
    pub(crate) dialler: Dialler,
    /// For all of connecting, up to the bound resource.
    pub(crate) deadline: Duration,
    /// Whether a service that is named with `xmpp://` may do without TLS.
    pub(crate) allow_plain_text: bool,
    /// Whose certificates are believed.
    pub(crate) trust: Trust,
}

/// Calls the machine when it wants to be called. Never ends.
pub(crate) async fn clock(session: Rc<Session>) {
    loop {
        let alarm = session.alarm();
        tokio::select! {
            () = session.earlier.notified() => {}
            () = until(alarm) => session.feed(Input::Tick),
        }
    }
}

/// Does what the machine orders. Never ends.
pub(crate) async fn run(session: Rc<Session>, ways: Ways) {
    let mut past = Past::default();
    loop {
        match session.ordered(|_| true).await {
            LinkOrder::Close => {
                past = Past::default();
                session.engage(false);
                session.feed(Input::Down(Down::Closed));
            }
            LinkOrder::Dial(dial) => {
                if !dial.resume {
                    past.kept = None;
                }
                session.engage(true);
                if let Some(down) = connection(&session, &ways, dial, &mut past).await {
                    // Of no use any more: it is closed.
                    session.order(|order| *order == LinkOrder::Close);
                    session.engage(false);
                    session.feed(Input::Down(down));
                }
            }
        }
    }
}

/// One connection from dialling to its end; `None` if another order ended it. What the next one may take up is in the `past`.
async fn connection(session: &Session, ways: &Ways, dial: Dial, past: &mut Past) -> Option<Down> {
    let credentials = session.credentials()?;
    if past.kept.as_ref().is_some_and(|kept| !kept.is_of(&credentials.account)) {
        past.kept = None;
    }
    let opening = async {
        sleep(dial.after).await;
        // In a place of its own: as large as it is, it is not needed for as long as the connection lasts.
        Box::pin(open(ways, &NameServers(ways), &credentials, past)).await
    };
    let opened = tokio::select! {
        biased;
        () = superseded(session, |_| true) => return None,
        opened = opening => opened,
    };
    let Begun { mut live, resumed, unacked } = match opened {
        Ok(begun) => begun,
        Err(failure) => {
            session.log(LogLevel::Warn, &failure);
            return Some(failure.down());
        }
    };
    if !live.is_secure() {
        session.log(LogLevel::Warn, &"connected in plain text: others can read along");
    }
    session.feed(Input::Up(Up { bound: live.bound().clone(), resumed, unacked }));
    let served = tokio::select! {
        biased;
        () = superseded(session, |order| matches!(order, LinkOrder::Dial(_))) => None,
        failure = serve(session, &mut live) => Some(failure),
    };
    let Some(failure) = served else {
        // A server that is not told would keep the stream for us, and us where we are.
        leave(&mut live).await;
        return None;
    };
    let Some(failure) = failure else { return Some(Down::Closed) };
    session.log(LogLevel::Info, &format_args!("the connection ended: {failure}"));
    let down = failure.down();
    if !matches!(down, Down::Failed(_)) {
        past.kept = Some(live.into_kept(session.unsent()));
    }
    Some(down)
}

/// Waits for an order that this connection cannot carry out, and leaves it where it is.
async fn superseded(session: &Session, by: impl Fn(&LinkOrder) -> bool) {
    loop {
        let stirred = session.stirred.notified();
        if session.is_ordered(&by) {
            return;
        }
        stirred.await;
    }
}

/// Lives on a stream until it ends: `None` if that was ordered.
async fn serve(session: &Session, live: &mut Live) -> Option<Failure> {
    let mut overdue = pin!(overdue(session));
    loop {
        let stirred = session.stirred.notified();
        if let Err(failure) = talk(session, live) {
            return Some(failure);
        }
        if live.unwritten().is_none() && session.order(|order| *order == LinkOrder::Close).is_some() {
            leave(live).await;
            return None;
        }
        let stuck = live.unwritten().map(|since| since + STUCK);
        tokio::select! {
            heard = live.hear(session.drained()) => match heard {
                Ok(Some(stanza)) => session.feed(Input::Stanza(Box::new(stanza))),
                Ok(None) => {}
                Err(failure) => return Some(failure),
            },
            () = stirred => {}
            () = until(stuck) => return Some(Failure::Silent),
            () = &mut overdue => return None,
        }
    }
}

/// Puts on the stream what is to be sent, as long as the server takes it.
fn talk(session: &Session, live: &mut Live) -> Result<(), Failure> {
    if !live.has_room() {
        return Ok(());
    }
    let mut said = 0;
    while said < BATCH
        && let Some(stanza) = session.next()
    {
        said += 1;
        if let Err(failure) = live.say(stanza) {
            session.log(LogLevel::Warn, &format_args!("a stanza cannot be written: {failure}"));
        }
    }
    live.ask()
}

/// Closes in good manners: both sides say that the stream ends.
async fn leave(live: &mut Live) {
    let farewell = async {
        live.close().await?;
        // What the server still says is for nobody, until it closes its side.
        loop {
            live.hear(ready(())).await?;
        }
    };
    let _: Result<Result<(), Failure>, _> = timeout(LEAVE, farewell).await;
}

/// Ends when the connection should have been closed by now: a server that does not read must not keep it open.
async fn overdue(session: &Session) {
    superseded(session, |order| *order == LinkOrder::Close).await;
    sleep(LEAVE).await;
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at.into()).await,
        None => pending().await,
    }
}
