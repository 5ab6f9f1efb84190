//! What a worker says about networks: when it may connect, what it learnt, what it is connected to.

use std::net::SocketAddr;

use footbridge_telemetry::emit;
use footbridge_wire::{ToWorker, Turn};
use tokio::time::Instant;

use super::{Flow, Instance, stint::Stint};
use crate::{
    connections::{Ends, Owner},
    events::TurnDelayed,
};

/// Somebody who waits for a turn.
pub(super) struct Expected {
    turn: Turn,
    /// The network that the time was given for: a worker may have changed its mind since.
    network: String,
}

impl Instance {
    /// A worker wants to connect. It has one turn at a time, so that it cannot use up those of others.
    pub(super) fn on_turn(&mut self, stint: &mut Stint, turn: Turn, now: Instant) -> Flow {
        match &mut stint.expected {
            Some(expected) => expected.turn = turn,
            None => return self.expect(stint, turn, now),
        }
        Flow::Continue(())
    }

    /// The time of a turn has come.
    pub(super) fn on_turns_time(&mut self, stint: &mut Stint, now: Instant) -> Flow {
        match stint.expected.take() {
            Some(Expected { turn, network }) if turn.network == network => self.go(stint, &turn, now),
            Some(Expected { turn, .. }) => self.expect(stint, turn, now),
            None => Flow::Continue(()),
        }
    }

    pub(super) fn on_connected(&self, local: SocketAddr, remote: SocketAddr) {
        let owner = Owner { key: self.origin.key, address: self.origin.address.clone() };
        self.origin.world.connections.opened(Ends { local, remote }, owner);
    }

    fn expect(&mut self, stint: &mut Stint, turn: Turn, now: Instant) -> Flow {
        let platform = &self.origin.launch.platform;
        let at = self.origin.world.turnstile.turn(platform, &turn, now);
        if at <= now {
            return self.go(stint, &turn, now);
        }
        emit(TurnDelayed { platform, pause: at - now });
        stint.watch.turn(at);
        stint.expected = Some(Expected { network: turn.network.clone(), turn });
        Flow::Continue(())
    }

    fn go(&self, stint: &mut Stint, turn: &Turn, now: Instant) -> Flow {
        let note = self.origin.world.turnstile.noted(&self.origin.launch.platform, &turn.network, now);
        stint.put(&ToWorker::Go { instance: turn.instance, note })
    }
}
