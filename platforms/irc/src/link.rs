//! The side of the network: dials as it is told, reads lines, writes them at the server's pace, notices silence.

mod lines;
mod liveness;
mod stream;

use std::cell::RefCell;
use std::future::pending;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use footbridge_host::LogLevel;
use footbridge_outbound::{DialError, Dialler, Identity, Tls, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::time::{sleep, sleep_until};
use zeroize::Zeroizing;

use self::lines::Lines;
use self::liveness::{Liveness, Verdict};
use self::stream::Stream;
use crate::line::{Line, LineError, text};
use crate::machine::{Dial, Down, Input, LinkOrder};
use crate::manners::{Manners, network};
use crate::outgoing::Outgoing;
use crate::session::Session;

/// How long a server may take to close its side, once we have closed ours.
const LEAVE: Duration = Duration::from_secs(1);
/// Bytes of lines that are written at a time, and that there is room for at once.
const WRITE: usize = 16 * 1024;
const ROOM: usize = 1024;

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

/// How connections are made.
#[derive(Clone)]
pub(crate) struct Road {
    pub(crate) dialler: Dialler,
    pub(crate) manners: Manners,
}

/// Does what the machine orders. Never ends.
pub(crate) async fn run(session: Rc<Session>, road: Road) {
    loop {
        match session.ordered(|_| true).await {
            LinkOrder::Close => {
                session.disengage();
                session.feed(Input::Down(Down::Orderly));
            }
            LinkOrder::Dial(dial) => {
                session.engage(road.manners.of(&dial.server).lines);
                if let Some(down) = connection(&session, &road, &dial).await {
                    // Of no use any more: it is closed.
                    session.order(|order| *order == LinkOrder::Close);
                    session.disengage();
                    session.feed(Input::Down(down));
                }
            }
        }
    }
}

/// One connection from dialling to its end; `None` if another order ended it.
async fn connection(session: &Session, road: &Road, dial: &Dial) -> Option<Down> {
    let opening = async {
        sleep(dial.after).await;
        let known = session.turns.wait(&network(&dial.server), road.manners.of(&dial.server).connects).await;
        match session.cleared(known.as_deref()) {
            Some(dial) => open(session, road, &dial).await,
            // The machine has changed its mind, and an order says so.
            None => pending().await,
        }
    };
    let opened = tokio::select! {
        biased;
        () = superseded(session, |_| true) => return None,
        opened = opening => opened,
    };
    let stream = match opened {
        Ok(stream) => stream,
        Err(error) => {
            session.log(LogLevel::Warn, &error);
            let forbidden = matches!(error, DialError::Forbidden { .. });
            return Some(if forbidden { Down::Forbidden } else { Down::Unreachable });
        }
    };
    session.feed(Input::Up);
    let (reader, writer) = split(stream);
    let liveness = RefCell::new(Liveness::new(Instant::now()));
    tokio::select! {
        biased;
        () = superseded(session, |order| matches!(order, LinkOrder::Dial(_))) => None,
        down = write(session, writer) => Some(down),
        down = watch(session, &liveness) => Some(down),
        down = read(session, reader, &liveness) => Some(down),
    }
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

async fn open(session: &Session, road: &Road, dial: &Dial) -> Result<Stream, DialError> {
    let stream = road.dialler.connect(&dial.server, dial.port).await?;
    if let (Ok(local), Ok(remote)) = (stream.local_addr(), stream.peer_addr()) {
        session.turns.connected(local, remote);
    }
    if !dial.secure {
        return Ok(Stream::Clear(stream));
    }
    let trust = if dial.allow_invalid_cert { Trust::Anyone } else { Trust::System };
    let identity =
        session.certificate().map(|own| Identity::from_pem(own.certificate.as_bytes(), own.key.expose().as_bytes()));
    let tls = Tls::new(&trust, identity.transpose()?)?;
    Ok(Stream::Secure(Box::new(tls.connect(&dial.server, stream).await?)))
}

/// Gives the machine each line. Ends with the connection.
async fn read(session: &Session, mut reader: ReadHalf<Stream>, liveness: &RefCell<Liveness>) -> Down {
    let mut lines = Lines::default();
    loop {
        let mut skipped = 0;
        while let Some(line) = lines.take(&mut skipped) {
            session.drained().await;
            hear(session, &line);
        }
        if skipped > 0 {
            session.log(LogLevel::Warn, &format_args!("{skipped} lines of the server are too long and not read"));
        }
        session.drained().await;
        match reader.read_buf(lines.room()).await {
            Ok(0) => return Down::Orderly,
            // Most servers end TLS without saying so.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Down::Orderly,
            Err(error) => {
                session.log(LogLevel::Info, &format_args!("the connection broke: {error}"));
                return Down::Abrupt;
            }
            Ok(read) => lines.filled(read),
        }
        liveness.borrow_mut().heard(Instant::now());
    }
}

fn hear(session: &Session, line: &[u8]) {
    let line = text(line);
    match Line::read(&line) {
        Ok(line) => session.feed(Input::Line(line)),
        Err(LineError::Empty) => {}
        Err(error) => session.log(LogLevel::Debug, &format_args!("not read: {error}")),
    }
}

/// Writes what is to be sent, when it may be. Ends when it has closed the connection in good manners.
async fn write(session: &Session, mut writer: WriteHalf<Stream>) -> Down {
    let mut closing = false;
    loop {
        let stirred = session.stirred.notified();
        closing |= session.order(|order| *order == LinkOrder::Close).is_some();
        // Passwords are among what is written: wiped, and with enough room not to be copied as it grows.
        let mut unwritten = Zeroizing::new(Vec::with_capacity(ROOM));
        let next = session.leaving(&mut unwritten, WRITE, closing);
        if !unwritten.is_empty() {
            let written = async {
                writer.write_all(&unwritten).await?;
                writer.flush().await
            };
            let failed = tokio::select! {
                written = written => written.is_err(),
                () = overdue(session, closing) => return Down::Abrupt,
            };
            if failed {
                // What the server said last is still to be read, and the reader learns how it ended.
                sleep(LEAVE).await;
                return Down::Abrupt;
            }
        } else if closing {
            let _ = writer.shutdown().await;
            sleep(LEAVE).await;
            return Down::Orderly;
        } else {
            tokio::select! {
                () = stirred => {}
                () = until(next) => {}
            }
        }
    }
}

/// Ends when the connection should have been closed by now: a server that does not read must not keep it open.
async fn overdue(session: &Session, closing: bool) {
    if !closing {
        superseded(session, |order| *order == LinkOrder::Close).await;
    }
    sleep(LEAVE).await;
}

/// Asks a silent server whether it is there. Ends when it does not answer.
async fn watch(session: &Session, liveness: &RefCell<Liveness>) -> Down {
    loop {
        let verdict = liveness.borrow_mut().judge(Instant::now());
        match verdict {
            Verdict::Wait(at) => until(Some(at)).await,
            Verdict::Ask => Outgoing::new("PING").trailing("ignored").into_iter().for_each(|ping| session.send(ping)),
            Verdict::Dead => return Down::Silent,
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at.into()).await,
        None => pending().await,
    }
}
