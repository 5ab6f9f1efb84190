//! Accepts connections.

use std::{
    future::{Ready, ready},
    io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    time::Duration,
};

use axum::Router;
use axum_server::{Handle, accept::Accept};
use hyper_util::rt::TokioTimer;
use nix::sys::socket::{setsockopt, sockopt::TcpUserTimeout};
use tokio::{net::TcpStream, task::JoinSet};

/// Time for a request's head. A client that is slower sends half of one and holds the rest back.
const HEAD: Duration = Duration::from_secs(10);

/// Milliseconds for a client to take what is sent to it. One that takes nothing keeps the library's writer, and with it
/// the connection, for ever otherwise: also after its session was closed for just that.
const UNREAD: u32 = 20_000;

/// A bound port, not served yet.
#[derive(Debug)]
pub struct Listener {
    /// One per address of the host: `localhost` is two, and clients try either.
    sockets: Vec<TcpListener>,
    port: u16,
}

/// Ends what [`Listener::serve`] serves.
pub type Stop = Handle<SocketAddr>;

impl Listener {
    /// Binds every address of `host`; port 0 takes a free one, the same for all.
    ///
    /// # Errors
    /// The host does not resolve, or its first address cannot be bound. Further addresses may fail: a system without
    /// IPv6 still has a name for `::1`.
    pub fn bind(host: &str, port: u16) -> io::Result<Self> {
        let mut addresses = (host, port).to_socket_addrs()?.collect::<Vec<_>>();
        // The address that the readiness line's readers try first.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        addresses.dedup();
        let mut sockets: Vec<TcpListener> = Vec::new();
        let mut port = port;
        for mut address in addresses {
            address.set_port(port);
            match TcpListener::bind(address) {
                Ok(socket) => {
                    socket.set_nonblocking(true)?;
                    port = socket.local_addr()?.port();
                    sockets.push(socket);
                }
                Err(error) if sockets.is_empty() => return Err(error),
                Err(error) => tracing::warn!(%address, %error, "not listening on a further address of the host"),
            }
        }
        if sockets.is_empty() { Err(io::ErrorKind::AddrNotAvailable.into()) } else { Ok(Self { sockets, port }) }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Serves `router` until `stop` is used.
    ///
    /// # Errors
    /// A socket fails.
    pub async fn serve(self, router: Router, stop: Stop) -> io::Result<()> {
        let mut servers = JoinSet::new();
        for socket in self.sockets {
            let mut server = axum_server::from_tcp(socket)?.handle(stop.clone()).acceptor(Impatient);
            server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
            servers.spawn(server.serve(router.clone().into_make_service_with_connect_info::<SocketAddr>()));
        }
        while let Some(ended) = servers.join_next().await {
            ended.map_err(io::Error::other)??;
        }
        Ok(())
    }
}

/// Prepares each accepted connection.
#[derive(Debug, Clone, Copy)]
struct Impatient;

impl<S> Accept<TcpStream, S> for Impatient {
    type Stream = TcpStream;
    type Service = S;
    type Future = Ready<io::Result<(TcpStream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(prepare(&stream).map(|()| (stream, service)))
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    // Answers are small and awaited: nothing is gained by collecting them.
    stream.set_nodelay(true)?;
    setsockopt(stream, TcpUserTimeout, &UNREAD)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_the_host_gets_the_same_free_port() {
        let listener = Listener::bind("localhost", 0).expect("a free port");
        assert_ne!(listener.port(), 0);
        for socket in &listener.sockets {
            assert_eq!(socket.local_addr().expect("bound").port(), listener.port());
        }
        assert!(Listener::bind("localhost", listener.port()).is_err(), "it is taken");
    }
}
