//! Accepts connections.

use std::{
    io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    time::Duration,
};

use axum::Router;
use axum_server::Handle;
use hyper_util::rt::TokioTimer;

/// Time for a request's head. A client that is slower sends half of one and holds the rest back.
const HEAD: Duration = Duration::from_secs(10);

/// A bound address, not served yet.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

/// Ends what [`Listener::serve`] serves.
pub type Stop = Handle<SocketAddr>;

impl Listener {
    /// Binds to the first address of `host` that can be bound; port 0 takes a free one.
    ///
    /// # Errors
    /// The host does not resolve, or its last address cannot be bound.
    pub fn bind(host: &str, port: u16) -> io::Result<Self> {
        let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
        let socket = TcpListener::bind(&addresses[..])?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until `stop` is used.
    ///
    /// # Errors
    /// The socket fails.
    pub async fn serve(self, router: Router, stop: Stop) -> io::Result<()> {
        let mut server = axum_server::from_tcp(self.socket)?.handle(stop);
        server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
        server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await
    }
}
