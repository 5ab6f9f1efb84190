//! The process around a worker's loop: its socket, its death, its last words.

use std::{
    io::{self, Write as _},
    os::{fd::AsFd as _, unix::net::UnixStream as StdStream},
    panic::PanicHookInfo,
    process::ExitCode,
    sync::OnceLock,
};

use bytes::BytesMut;
use footbridge_wire::{FromWorker, ToWorker, VERSION, frame};
use nix::{
    sys::{prctl::set_pdeathsig, signal::Signal},
    unistd::getppid,
};
use tokio::net::UnixStream;

use crate::{
    OpenError, Opened, Outbox, Persistent, Platform, Stateless,
    link::{Link, Over},
    persistent, stateless,
};

/// Settings, or a gateway of another build: trying again would end alike (`EX_USAGE` of sysexits).
const UNUSABLE: u8 = 64;

/// A panic whose text reaches the client as it is, without the class name `Error` in front.
#[derive(Debug)]
pub struct Uncaught(pub String);

/// Why a worker ended early.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Over(#[from] Over),
    #[error("the gateway speaks version {0} of the frames, this worker {VERSION}")]
    Version(u32),
    #[error("settings: {0}")]
    Settings(#[from] serde_json::Error),
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// The whole `main` of a stateless platform's worker.
pub fn serve_stateless<P: Stateless>() -> ExitCode {
    process(async |mut link| {
        let platform: P = open(&mut link).await?;
        Ok(stateless::run(&platform, &mut link).await?)
    })
}

/// The whole `main` of a persistent platform's worker.
pub fn serve_persistent<P: Persistent>() -> ExitCode {
    process(async |mut link| {
        let mut platform: P = open(&mut link).await?;
        Ok(persistent::run(&mut platform, &mut link).await?)
    })
}

fn process(serve: impl AsyncFnOnce(Link) -> Result<(), Ended>) -> ExitCode {
    match prepare().and_then(|stream| run(stream, serve)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("this is a worker of the footbridge gateway, which starts it with a socket as standard input: {error}");
            ExitCode::from(UNUSABLE)
        }
    }
}

/// Takes the inherited socket, and makes sure that the process does not outlive the gateway.
fn prepare() -> io::Result<StdStream> {
    let parent = getppid();
    set_pdeathsig(Signal::SIGKILL)?;
    // The gateway may have died before the signal was set.
    if getppid() != parent {
        return Err(io::Error::other("the gateway is gone"));
    }
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    let stream = StdStream::from(socket);
    // Fails on whatever is no socket: a terminal, when a person starts a worker.
    stream.local_addr()?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

fn run(stream: StdStream, serve: impl AsyncFnOnce(Link) -> Result<(), Ended>) -> io::Result<ExitCode> {
    let last_words = stream.try_clone()?;
    std::panic::set_hook(Box::new(move |info| fatal(&last_words, panic_text(info))));
    let last_words = stream.try_clone()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async { Ok::<_, io::Error>(serve(Link::new(UnixStream::from_std(stream)?)).await) })?;
    Ok(match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Ended::Over(_)) => ExitCode::FAILURE,
        Err(ended) => {
            fatal(&last_words, format!("Error: {ended}"));
            ExitCode::from(UNUSABLE)
        }
    })
}

/// Greets and begins the instance.
async fn open<P: Platform>(link: &mut Link) -> Result<P, Ended> {
    let hello = link.hello().await?;
    if hello.version != VERSION {
        return Err(Ended::Version(hello.version));
    }
    let settings = serde_json::from_slice(&hello.settings)?;
    let actor = match link.next().await? {
        ToWorker::Open(open) => open.actor,
        _ => return Err(OpenError("the second frame opens no instance".into()).into()),
    };
    let outbox = Outbox::new(hello.log_level);
    let platform = P::open(settings, Opened { actor, outbox: outbox.clone() })?;
    link.ready(P::ID, hello.beat, outbox)?;
    Ok(platform)
}

/// Tells the gateway why the process is about to end. Past the loop's buffers: those will not be written any more.
fn fatal(mut stream: &StdStream, text: String) {
    static SAID: OnceLock<()> = OnceLock::new();
    if SAID.set(()).is_err() {
        return;
    }
    let mut buffer = BytesMut::new();
    let said = frame::put(&mut buffer, &FromWorker::Fatal(text));
    if said.is_ok() {
        // Blocking from here on: a full socket is waited for. If the gateway is gone, there is nobody to tell.
        let _ = stream.set_nonblocking(false).and_then(|()| stream.write_all(&buffer));
    }
}

fn panic_text(info: &PanicHookInfo<'_>) -> String {
    match info.payload().downcast_ref::<Uncaught>() {
        Some(Uncaught(text)) => text.clone(),
        None => format!("Error: {}", info.payload_as_str().unwrap_or("the worker panicked")),
    }
}
