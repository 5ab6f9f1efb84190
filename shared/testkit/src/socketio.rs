//! A Socket.IO client over a websocket (Engine.IO 4, Socket.IO 5), as raw as tests need it.
//!
//! One task per client: it writes what it is given, answers pings, and hands out acknowledgements and events. Made for
//! measuring too: several events share a write, and an idle client costs a few kilobytes.

use std::{collections::HashMap, io, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json, value::RawValue};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, Message, client::IntoClientRequest as _, protocol::WebSocketConfig},
};

/// Longer than anything a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);
/// Events of the server, and commands to the task, that may wait.
const MAILBOX: usize = 16 * 1024;

/// Name of the event that an acknowledgement becomes which nobody asked for, or had already.
const STRAY: &str = "stray acknowledgement";

/// Why a client failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// TCP.
    #[error("connection: {0}")]
    Io(#[from] io::Error),
    /// The websocket, or the HTTP answer instead of it.
    #[error("websocket: {0}")]
    WebSocket(Box<tungstenite::Error>),
    /// Something else than the protocol asks for.
    #[error("unexpected packet {0:?}")]
    Unexpected(String),
    /// The server closed the connection.
    #[error("the connection is closed")]
    Closed,
    /// Nothing came.
    #[error("nothing came within {PATIENCE:?}")]
    TimedOut,
}

impl From<tungstenite::Error> for Error {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => Self::Closed,
            error => Self::WebSocket(Box::new(error)),
        }
    }
}

/// An event of the server: its name and first argument.
#[derive(Debug, Clone)]
pub struct Event {
    /// `message`, `schemas`, `error`; or `disconnect`, the last one, when the server ends the session in so many words; or
    /// `stray acknowledgement`, made of one that nobody asked for, or had already.
    pub name: String,
    /// The first argument.
    pub payload: Value,
    /// The argument behind it: the event's number in the session.
    pub offset: Option<u64>,
}

enum Command {
    Send(Message),
    Expect { id: i64, ack: oneshot::Sender<Box<RawValue>> },
}

/// A connected client. Dropping it closes the connection.
pub struct Client {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
    next_id: i64,
    transport_id: String,
    pid: Option<String>,
    task: JoinHandle<()>,
}

/// An acknowledgement to come.
pub struct Ack(oneshot::Receiver<Box<RawValue>>);

impl Ack {
    /// The acknowledged value.
    ///
    /// # Errors
    /// [`Error::Closed`], [`Error::TimedOut`].
    pub async fn value(self) -> Result<Value, Error> {
        let text = self.text().await?;
        serde_json::from_str(&text).map_err(|_| Error::Unexpected(text))
    }

    /// The acknowledged value as text, however deep it is.
    ///
    /// # Errors
    /// [`Error::Closed`], [`Error::TimedOut`].
    pub async fn text(self) -> Result<String, Error> {
        let raw = tokio::time::timeout(PATIENCE, self.0).await.map_err(|_| Error::TimedOut)?;
        raw.map(|raw| raw.get().to_owned()).map_err(|_| Error::Closed)
    }

    /// Waits without reading the value.
    ///
    /// # Errors
    /// [`Error::Closed`], [`Error::TimedOut`].
    pub async fn arrived(self) -> Result<(), Error> {
        self.text().await.map(drop)
    }
}

impl Client {
    /// Connects to `address` (`host:port`), path `/sockethub/`, namespace `/`.
    ///
    /// # Errors
    /// Whatever goes wrong; an HTTP refusal is [`Error::WebSocket`].
    pub async fn connect(address: &str) -> Result<Self, Error> {
        Self::connect_with(address, &[]).await
    }

    /// Connects with extra request headers.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect_with(address: &str, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        Self::enter(address, headers, "40").await
    }

    /// Connects as who has `pid` and got the events up to `offset`.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn resume(address: &str, pid: &str, offset: u64) -> Result<Self, Error> {
        let claim = json!({"pid": pid, "offset": offset.to_string()});
        Self::enter(address, &[], &format!("40{claim}")).await
    }

    async fn enter(address: &str, headers: &[(&'static str, &str)], connect: &str) -> Result<Self, Error> {
        let mut socket = open(address, headers).await?;
        let opened = expect(&mut socket, '0').await?;
        let opened: Value = serde_json::from_str(&opened[1..]).map_err(|_| Error::Unexpected(opened))?;
        let transport_id = opened["sid"].as_str().unwrap_or_default().to_owned();
        socket.send(Message::text(connect)).await?;
        let connected = expect(&mut socket, '4').await?;
        let answer = connected.strip_prefix("40").and_then(|answer| serde_json::from_str::<Value>(answer).ok());
        let answer = answer.ok_or(Error::Unexpected(connected))?;
        let pid = answer["pid"].as_str().map(str::to_owned);
        let (commands, receiver) = mpsc::channel(MAILBOX);
        let (sender, events) = mpsc::channel(MAILBOX);
        let task = tokio::spawn(Task { socket, commands: receiver, events: sender, acks: HashMap::new() }.run());
        Ok(Self { commands, events, next_id: 0, transport_id, pid, task })
    }

    /// Sends an event without acknowledgement.
    pub async fn emit(&self, name: &str, payload: &Value) {
        self.send_raw(format!("42{}", Value::Array(vec![name.into(), payload.clone()]))).await;
    }

    /// Sends an event and returns its acknowledgement to come.
    pub async fn ask(&mut self, name: &str, payload: &Value) -> Ack {
        self.ask_raw(&Value::Array(vec![name.into(), payload.clone()]).to_string()).await
    }

    /// Sends an event given as the JSON text of its array.
    pub async fn ask_raw(&mut self, array: &str) -> Ack {
        let id = self.next_id;
        self.next_id += 1;
        let ack = self.expect_ack(id).await;
        self.send_raw(format!("42{id}{array}")).await;
        ack
    }

    /// Waits for the acknowledgement of a packet that is sent by hand.
    pub async fn expect_ack(&self, id: i64) -> Ack {
        let (ack, value) = oneshot::channel();
        // A closed connection shows in the acknowledgement, which then never comes.
        let _ = self.commands.send(Command::Expect { id, ack }).await;
        Ack(value)
    }

    /// The Engine.IO session id of this connection.
    pub fn transport_id(&self) -> &str {
        &self.transport_id
    }

    /// What the server knows this client by when it comes back; `None`: it does not.
    pub fn pid(&self) -> Option<&str> {
        self.pid.as_deref()
    }

    /// Cuts the connection without a word.
    pub async fn abort(self) {
        self.task.abort();
        // It fails because it was aborted, or panicked, which the test sees elsewhere.
        let _ = self.task.await;
    }

    /// Sends an event and waits for its acknowledgement.
    ///
    /// # Errors
    /// [`Error::Closed`], [`Error::TimedOut`].
    pub async fn call(&mut self, name: &str, payload: &Value) -> Result<Value, Error> {
        self.ask(name, payload).await.value().await
    }

    /// Sends a packet's text as it is.
    pub async fn send_raw(&self, packet: String) {
        let _ = self.commands.send(Command::Send(Message::text(packet))).await;
    }

    /// Sends a binary message as it is.
    pub async fn send_binary(&self, bytes: Vec<u8>) {
        let _ = self.commands.send(Command::Send(Message::binary(bytes))).await;
    }

    /// Leaves for good, as a page does that calls `disconnect()`.
    pub async fn disconnect(self) {
        self.send_raw("41".into()).await;
    }

    /// The next event of the server.
    ///
    /// # Errors
    /// [`Error::Closed`], [`Error::TimedOut`].
    pub async fn event(&mut self) -> Result<Event, Error> {
        tokio::time::timeout(PATIENCE, self.events.recv()).await.map_err(|_| Error::TimedOut)?.ok_or(Error::Closed)
    }

    /// An event that has arrived already.
    pub fn arrived(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// Resolves when the server has closed the connection; events that came before are dropped.
    ///
    /// # Errors
    /// [`Error::TimedOut`].
    pub async fn closed(&mut self) -> Result<(), Error> {
        loop {
            match self.event().await {
                Ok(_) => {}
                Err(Error::Closed) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

async fn open(address: &str, headers: &[(&'static str, &str)]) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut request = format!("ws://{address}/sockethub/?EIO=4&transport=websocket").into_client_request()?;
    for (name, value) in headers {
        let value = value.parse().map_err(|_| Error::Unexpected((*value).into()))?;
        request.headers_mut().insert(*name, value);
    }
    let config = WebSocketConfig::default().read_buffer_size(4096);
    Ok(client_async_with_config(request, stream, Some(config)).await?.0)
}

async fn expect(socket: &mut WebSocketStream<TcpStream>, kind: char) -> Result<String, Error> {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await.map_err(|_| Error::TimedOut)?;
        let text = message.ok_or(Error::Closed)??.into_text()?.to_string();
        // A server may ping before it has answered.
        if text == "2" {
            socket.send(Message::text("3")).await?;
            continue;
        }
        return if text.starts_with(kind) { Ok(text) } else { Err(Error::Unexpected(text)) };
    }
}

struct Task {
    socket: WebSocketStream<TcpStream>,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
    acks: HashMap<i64, oneshot::Sender<Box<RawValue>>>,
}

impl Task {
    async fn run(mut self) {
        // Whatever ends it, the receivers learn that no more will come.
        let _ = self.converse().await;
    }

    async fn converse(&mut self) -> Result<(), Error> {
        loop {
            tokio::select! {
                biased;
                message = self.socket.next() => {
                    let Message::Text(text) = message.ok_or(Error::Closed)?? else { continue };
                    self.on_packet(&text).await?;
                }
                command = self.commands.recv() => {
                    let mut command = Some(command.ok_or(Error::Closed)?);
                    while let Some(next) = command {
                        match next {
                            Command::Send(message) => self.socket.feed(message).await?,
                            Command::Expect { id, ack } => drop(self.acks.insert(id, ack)),
                        }
                        command = self.commands.try_recv().ok();
                    }
                    self.socket.flush().await?;
                }
            }
        }
    }

    async fn on_packet(&mut self, text: &str) -> Result<(), Error> {
        let unexpected = || Error::Unexpected(text.into());
        match text.get(..2) {
            _ if text == "2" => self.socket.send(Message::text("3")).await?,
            // The answer to a CONNECT that was sent by hand.
            Some("40") => {}
            Some("43") => {
                let (id, array) = text[2..].split_at(text[2..].find('[').ok_or_else(unexpected)?);
                let [value]: [Box<RawValue>; 1] = serde_json::from_str(array).map_err(|_| unexpected())?;
                match self.acks.remove(&id.parse().map_err(|_| unexpected())?) {
                    // Nobody may be waiting any more.
                    Some(ack) => drop(ack.send(value)),
                    None => self.hand_out(Event { name: STRAY.into(), payload: text.into(), offset: None }).await?,
                }
            }
            Some("42") => {
                let event = event(&text[2..]).ok_or_else(unexpected)?;
                self.hand_out(event).await?;
            }
            Some("41") => {
                let event = Event { name: "disconnect".into(), payload: Value::Null, offset: None };
                // Nobody may be listening any more.
                let _ = self.events.send(event).await;
                return Err(Error::Closed);
            }
            _ => return Err(unexpected()),
        }
        Ok(())
    }

    async fn hand_out(&self, event: Event) -> Result<(), Error> {
        self.events.send(event).await.map_err(|_| Error::Closed)
    }
}

/// Reads `["name",payload]` or `["name",payload,"offset"]`.
fn event(array: &str) -> Option<Event> {
    let mut arguments = serde_json::from_str::<Vec<Value>>(array).ok()?.into_iter();
    let (Some(Value::String(name)), Some(payload)) = (arguments.next(), arguments.next()) else { return None };
    let offset = match arguments.next() {
        None => None,
        Some(offset) => Some(offset.as_str()?.parse().ok()?),
    };
    arguments.next().is_none().then_some(Event { name, payload, offset })
}
