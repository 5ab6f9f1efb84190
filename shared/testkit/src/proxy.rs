//! A TCP proxy on loopback with the faults of networks: resets, also in the middle of a reply, delays, silence.
//!
//! ```no_run
//! # async fn example(redis_port: u16) {
//! use footbridge_testkit::proxy::Proxy;
//!
//! let proxy = Proxy::start(redis_port).await;
//! let url = format!("redis://127.0.0.1:{}", proxy.port());
//! // A client of `url` later finds its connection reset:
//! let cut = proxy.cut().await;
//! # }
//! ```

use std::{collections::BTreeSet, io, sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt as _,
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// Most bytes that are read at once.
const CHUNK: usize = 16 * 1024;

/// A running proxy. Dropping it closes its port and every connection.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What the proxy's tasks look at and wait for.
struct Shared {
    faults: watch::Sender<Faults>,
    /// Changes with each cut.
    cuts: watch::Sender<()>,
    /// The connections that are open now.
    open: watch::Sender<BTreeSet<u64>>,
}

struct Faults {
    upstream: u16,
    delay: Duration,
    stall: bool,
    refuse: bool,
    /// How many more bytes of replies go through before a reset.
    reply_left: Option<usize>,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1 and connects whoever comes to the port `upstream` there.
    pub async fn start(upstream: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let faults = Faults { upstream, delay: Duration::ZERO, stall: false, refuse: false, reply_left: None };
        let shared = Arc::new(Shared {
            faults: watch::Sender::new(faults),
            cuts: watch::Sender::new(()),
            open: watch::Sender::default(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { port, shared, accepting }
    }

    /// Where clients connect to, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Connects new connections to another port of 127.0.0.1. Those that are open stay where they are.
    pub fn set_upstream(&self, port: u16) {
        self.set(|faults| faults.upstream = port);
    }

    /// Resets all connections, at both ends, and tells how many they were.
    pub async fn cut(&self) -> usize {
        let mut open = self.shared.open.subscribe();
        let cut = open.borrow_and_update().clone();
        self.shared.cuts.send_replace(());
        open.wait_for(|open| open.is_disjoint(&cut)).await.expect("the proxy holds the sender");
        cut.len()
    }

    /// Lets that many further bytes from upstream through, counted over all connections, and then resets the
    /// connection that the last of them came on. With 0 the next reply is lost as a whole; requests go through.
    pub fn cut_in_reply(&self, after_bytes: usize) {
        self.set(|faults| faults.reply_left = Some(after_bytes));
    }

    /// Lets each chunk of bytes wait for so long, in either direction. Zero ends it.
    pub fn delay(&self, delay: Duration) {
        self.set(|faults| faults.delay = delay);
    }

    /// While `true`, nothing is read, forwarded or connected to upstream. Clients can connect, as they can to a host
    /// that hangs. What they send meanwhile goes on its way afterwards.
    pub fn stall(&self, stall: bool) {
        self.set(|faults| faults.stall = stall);
    }

    /// While `true`, new connections are closed at once. Those that are open stay.
    pub fn refuse(&self, refuse: bool) {
        self.set(|faults| faults.refuse = refuse);
    }

    /// How many connections are open now.
    pub fn connections(&self) -> usize {
        self.shared.open.borrow().len()
    }

    fn set(&self, change: impl FnOnce(&mut Faults)) {
        self.shared.faults.send_modify(change);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    for id in 0.. {
        let Ok((client, _)) = listener.accept().await else { return };
        if shared.faults.borrow().refuse {
            continue;
        }
        // Subscribed before it counts as open: whatever `cut` counts, it also cuts.
        let cuts = shared.cuts.subscribe();
        let open = Open::new(id, Arc::clone(&shared));
        connections.spawn(async move {
            serve(client, &open.shared, cuts).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// A connection's place among the open ones.
struct Open {
    id: u64,
    shared: Arc<Shared>,
}

impl Open {
    fn new(id: u64, shared: Arc<Shared>) -> Self {
        shared.open.send_modify(|open| _ = open.insert(id));
        Self { id, shared }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.open.send_modify(|open| _ = open.remove(&self.id));
    }
}

/// Carries bytes both ways until both ends have closed. Whatever else ends it resets both of them.
async fn serve(mut client: TcpStream, shared: &Shared, mut cuts: watch::Receiver<()>) {
    let upstream = tokio::select! {
        _ = cuts.changed() => None,
        upstream = connect(shared) => upstream.ok(),
    };
    let Some(mut upstream) = upstream else { return reset(&client) };
    // Small packets go at once, as they would without a proxy; on a broken stream it does not matter.
    let _ = client.set_nodelay(true).and_then(|()| upstream.set_nodelay(true));
    let carried = {
        let (from_client, to_client) = client.split();
        let (from_upstream, to_upstream) = upstream.split();
        let both = async {
            tokio::try_join!(
                pump(from_client, to_upstream, shared, Direction::Request),
                pump(from_upstream, to_client, shared, Direction::Reply),
            )
        };
        tokio::select! {
            _ = cuts.changed() => false,
            done = both => done.is_ok(),
        }
    };
    if !carried {
        reset(&client);
        reset(&upstream);
    }
}

/// Makes a close a reset.
fn reset(stream: &TcpStream) {
    // It fails on a stream that is broken, which needs no reset.
    let _ = stream.set_zero_linger();
}

async fn connect(shared: &Shared) -> io::Result<TcpStream> {
    let port = unstalled(&mut shared.faults.subscribe()).await.upstream;
    TcpStream::connect(("127.0.0.1", port)).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Reply,
}

/// Carries bytes one way until their end.
async fn pump(from: ReadHalf<'_>, mut to: WriteHalf<'_>, shared: &Shared, direction: Direction) -> io::Result<()> {
    let mut faults = shared.faults.subscribe();
    let mut chunk = vec![0; CHUNK];
    loop {
        from.readable().await?;
        let delay = unstalled(&mut faults).await.delay;
        let read = match from.try_read(&mut chunk) {
            Ok(0) => return to.shutdown().await,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
            // What was read before a stall began is not forwarded during it.
            drop(unstalled(&mut faults).await);
        }
        if direction == Direction::Reply
            && let Some(through) = shared.cut_within(read)
        {
            to.write_all(&chunk[..through]).await?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        to.write_all(&chunk[..read]).await?;
    }
}

/// The faults, as soon as a stall is not among them.
async fn unstalled(faults: &mut watch::Receiver<Faults>) -> watch::Ref<'_, Faults> {
    faults.wait_for(|faults| !faults.stall).await.expect("the connection holds the sender")
}

impl Shared {
    /// Counts bytes of a reply; if the cut falls among them, how many still go through.
    fn cut_within(&self, read: usize) -> Option<usize> {
        let mut through = None;
        self.faults.send_modify(|faults| match faults.reply_left {
            Some(left) if left <= read => through = faults.reply_left.take(),
            Some(left) => faults.reply_left = Some(left - read),
            None => {}
        });
        through
    }
}
