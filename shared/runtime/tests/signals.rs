//! Real signals to this process. One test only: signals reach every listener of the process.

use footbridge_runtime::{Shutdown, Signals};
use nix::sys::signal::{Signal, raise};

// core 91: SIGTERM begins the drain; a second signal, of either kind, ends it.
#[tokio::test]
async fn the_first_signal_stops_softly_and_the_second_hard() {
    let shutdown = Shutdown::new();
    let relay = tokio::spawn(Signals::listen().expect("handlers").relay(shutdown.clone()));

    raise(Signal::SIGTERM).expect("own process");
    shutdown.soft().cancelled().await;
    assert!(!shutdown.hard().is_cancelled());

    raise(Signal::SIGINT).expect("own process");
    shutdown.hard().cancelled().await;
    relay.await.expect("returns after the hard stop");
}
