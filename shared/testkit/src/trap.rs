//! A listener on every address of this machine that only counts: where nothing may connect, nothing is counted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A listener that takes connections and says nothing. Dropping it closes it.
pub struct Trap {
    port: u16,
    caught: Caught,
    listening: JoinHandle<()>,
}

type Caught = Arc<Mutex<Vec<SocketAddr>>>;

impl Trap {
    /// Listens on a free port, with both versions of IP where this machine has both.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn set() -> Self {
        let [v6, v4]: [IpAddr; 2] = [Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()];
        let listener = match TcpListener::bind((v6, 0)).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind((v4, 0)).await.expect("there is a free port"),
        };
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let caught = Caught::default();
        let seen = Arc::clone(&caught);
        let listening = tokio::spawn(async move {
            while let Ok((_, peer)) = listener.accept().await {
                locked(&seen).push(peer);
            }
        });
        Self { port, caught, listening }
    }

    /// Where it listens, on every address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections came. It connects itself and waits until that was seen, so that whatever came before was too.
    ///
    /// # Panics
    /// If it does not listen.
    pub async fn caught(&self) -> usize {
        let own = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.expect("it listens");
        let port = own.local_addr().expect("a connection has an address").port();
        loop {
            if let Some(others) = self.others(port) {
                return others;
            }
            tokio::task::yield_now().await;
        }
    }

    /// How many there are besides the one from `port`, once that is among them; it is not counted again.
    fn others(&self, port: u16) -> Option<usize> {
        let mut caught = locked(&self.caught);
        let own = caught.iter().position(|peer| peer.port() == port)?;
        caught.swap_remove(own);
        Some(caught.len())
    }
}

fn locked(caught: &Caught) -> MutexGuard<'_, Vec<SocketAddr>> {
    caught.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
