//! Whose turn it is to connect to a network, over all instances of a platform; and what they learnt of networks.
//!
//! Instances are processes that do not know of each other. Without this, a thousand users who lost a server together, or a
//! gateway that starts, would meet a network as a flood, and be banned for it together.
//!
//! A network has a token bucket, kept as the time at which it is full again. Each turn is a time, given when it is asked
//! for: there is no queue, and one who does not come any more holds up nobody but by one interval.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use footbridge_schemas::PlatformId;
use footbridge_wire::Turn;
use tokio::time::Instant;

/// Networks that are told apart. Those for which there is no room share a bucket, and nothing is noted of them.
const MOST: usize = 10_000;
/// Bytes of a network's name, and of a note.
const LONGEST: usize = 255;
/// Nothing is noted for longer.
const KEEP: Duration = Duration::from_hours(24 * 365);
/// Nobody waits for longer between two turns: what a worker asks for is its platform's setting, unless it was taken over.
const INTERVAL: Duration = Duration::from_mins(10);

/// Of whom: a platform, and a network by the name that the platform uses for it.
type Name = (PlatformId, String);

/// All networks that somebody connects to, or that something is known of. Bounded.
#[derive(Debug, Default)]
pub struct Turnstile {
    networks: Mutex<HashMap<Name, Network>>,
}

#[derive(Debug, Default)]
struct Network {
    /// When the bucket is full again.
    full: Option<Instant>,
    note: Option<(String, Instant)>,
}

impl Turnstile {
    /// When it is this instance's turn: `now`, or later.
    pub fn turn(&self, platform: &PlatformId, turn: &Turn, now: Instant) -> Instant {
        let interval = turn.interval.min(INTERVAL);
        let burst = interval.saturating_mul(turn.at_once.saturating_sub(1));
        let mut networks = self.lock();
        let name = (platform.clone(), turn.network.clone());
        let name = if has_room(&mut networks, &name, now) { name } else { (platform.clone(), String::new()) };
        let network = networks.entry(name).or_default();
        let full = network.full.map_or(now, |full| full.max(now));
        network.full = Some(full + interval);
        full.checked_sub(burst).map_or(now, |at| at.max(now))
    }

    /// Keeps what is to be known of a network for that time; zero: forgets it.
    pub fn note(&self, platform: &PlatformId, network: String, text: String, keep: Duration, now: Instant) {
        let mut networks = self.lock();
        let name = (platform.clone(), network);
        if text.len() <= LONGEST && has_room(&mut networks, &name, now) {
            networks.entry(name).or_default().note = (!keep.is_zero()).then(|| (text, now + keep.min(KEEP)));
        }
    }

    /// What is known of a network.
    pub fn noted(&self, platform: &PlatformId, network: &str, now: Instant) -> Option<String> {
        let networks = self.lock();
        let (text, until) = networks.get(&(platform.clone(), network.to_owned()))?.note.as_ref()?;
        (*until > now).then(|| text.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, Network>> {
        // The map is whole after every operation: a panic elsewhere under the lock cannot have torn it.
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Network {
    /// Whether forgetting it changes nothing.
    fn is_idle(&self, now: Instant) -> bool {
        self.full.is_none_or(|full| full <= now) && self.note.as_ref().is_none_or(|(_, until)| *until <= now)
    }
}

/// Whether the network has a place of its own, or can have one. Makes room where there is none.
fn has_room(networks: &mut HashMap<Name, Network>, name: &Name, now: Instant) -> bool {
    if networks.len() >= MOST && !networks.contains_key(name) {
        networks.retain(|_, network| !network.is_idle(now));
    }
    name.1.len() <= LONGEST && (networks.len() < MOST || networks.contains_key(name))
}

#[cfg(test)]
mod tests {
    use footbridge_wire::InstanceId;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn turn(network: &str, at_once: u32, interval: Duration) -> Turn {
        Turn { instance: InstanceId::default(), network: network.to_owned(), at_once, interval }
    }

    fn irc() -> PlatformId {
        PlatformId::from("irc")
    }

    #[test]
    fn a_few_come_at_once_and_the_others_one_by_one() {
        let (turnstile, t0) = (Turnstile::default(), Instant::now());
        let ask = |now| turnstile.turn(&irc(), &turn("irc.example", 3, SECOND), now) - t0;
        let begun: Vec<_> = (0..6).map(|_| ask(t0).as_secs()).collect();
        assert_eq!(begun, [0, 0, 0, 1, 2, 3]);
        // Three seconds and three tokens later.
        assert_eq!(ask(t0 + 6 * SECOND), 6 * SECOND);
    }

    #[test]
    fn networks_and_platforms_do_not_wait_for_each_other() {
        let (turnstile, now) = (Turnstile::default(), Instant::now());
        let dummy = PlatformId::from("dummy");
        for (platform, network) in [(&irc(), "irc.example"), (&irc(), "irc.other"), (&dummy, "irc.example")] {
            assert_eq!(turnstile.turn(platform, &turn(network, 1, SECOND), now), now);
        }
        assert_eq!(turnstile.turn(&irc(), &turn("irc.example", 1, SECOND), now), now + SECOND);
    }

    #[test]
    fn without_an_interval_nobody_waits() {
        let (turnstile, now) = (Turnstile::default(), Instant::now());
        assert!((0..100).all(|_| turnstile.turn(&irc(), &turn("irc.example", 1, Duration::ZERO), now) == now));
    }

    #[test]
    fn what_one_learnt_all_know_for_as_long_as_it_holds() {
        let (turnstile, now) = (Turnstile::default(), Instant::now());
        let note = |text: &str, keep| turnstile.note(&irc(), "irc.example".into(), text.into(), keep, now);
        note("6697", 10 * SECOND);
        let known = |network, at| turnstile.noted(&irc(), network, at);
        assert_eq!(known("irc.example", now + 9 * SECOND).as_deref(), Some("6697"));
        assert_eq!(known("irc.example", now + 10 * SECOND), None);
        assert_eq!(known("irc.other", now), None);
        note("6697", Duration::ZERO);
        assert_eq!(known("irc.example", now), None);
        note(&"x".repeat(LONGEST + 1), SECOND);
        assert_eq!(known("irc.example", now), None);
    }

    #[test]
    fn those_for_whom_there_is_no_room_share_a_turn() {
        let (turnstile, t0) = (Turnstile::default(), Instant::now());
        let ask = |network: &str, now| turnstile.turn(&irc(), &turn(network, 1, SECOND), now);
        for number in 0..MOST {
            assert_eq!(ask(&number.to_string(), t0), t0);
        }
        assert_eq!((ask("one more", t0), ask("and one more", t0)), (t0, t0 + SECOND));
        assert_eq!(ask(&"x".repeat(LONGEST + 1), t0), t0 + 2 * SECOND);
        turnstile.note(&irc(), "one more".into(), "6697".into(), SECOND, t0);
        assert_eq!(turnstile.noted(&irc(), "one more", t0), None);
        // Those whose turn is over make room.
        let later = t0 + 10 * SECOND;
        assert_eq!((ask("one more", later), ask("and one more", later)), (later, later));
    }
}
