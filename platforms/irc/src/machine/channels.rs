//! Channels we are in, and those to enter again after a connection was lost.

use crate::casemap::Casemap;

/// Channels that are remembered. A server that puts us into more is not followed.
const MOST: usize = 1024;

/// Bytes of a channel's name: what a `JOIN` has room for. A longer one is not remembered.
const NAME_MAX: usize = 480;

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Channel {
    /// As the server, or else the client, spells it.
    pub(super) name: String,
    /// What it took to enter.
    pub(super) key: Option<String>,
    /// Whether we are in it now.
    pub(super) joined: bool,
    /// Whether the server was asked to let us in again, and has not said no.
    pub(super) entering: bool,
}

/// All of them. Compared by the server's rules, which are known only while it is connected.
#[derive(Debug, Default)]
pub(super) struct Channels(Vec<Channel>);

impl Channels {
    pub(super) fn has_joined(&self, name: &str, casemap: Casemap) -> bool {
        self.find(name, casemap).is_some_and(|place| self.0[place].joined)
    }

    /// Whether what is said next reaches those who are in it, as far as is known here: what is asked for first is done
    /// first.
    pub(super) fn can_speak(&self, name: &str, casemap: Casemap) -> bool {
        self.find(name, casemap).is_some_and(|place| self.0[place].joined || self.0[place].entering)
    }

    /// We are in it.
    pub(super) fn joined(&mut self, name: &str, casemap: Casemap) {
        match self.find(name, casemap) {
            Some(place) => self.0[place].joined = true,
            None if self.0.len() < MOST && name.len() <= NAME_MAX => {
                self.0.push(Channel { name: name.to_owned(), key: None, joined: true, entering: false });
            }
            None => {}
        }
    }

    /// It was entered with this key.
    pub(super) fn entered_with(&mut self, name: &str, key: Option<String>, casemap: Casemap) {
        if let Some(place) = self.find(name, casemap) {
            self.0[place].key = key;
        }
    }

    /// We are not in it any more, and do not want to be.
    pub(super) fn left(&mut self, name: &str, casemap: Casemap) {
        self.0.retain(|channel| !casemap.eq(&channel.name, name));
    }

    /// The connection is gone.
    pub(super) fn dropped(&mut self) {
        self.0.iter_mut().for_each(|channel| (channel.joined, channel.entering) = (false, false));
    }

    /// The server was asked to let us into those that are wanted.
    pub(super) fn entering(&mut self) {
        self.0.iter_mut().for_each(|channel| channel.entering = !channel.joined);
    }

    /// The server does not let us in again.
    pub(super) fn refused(&mut self, name: &str, casemap: Casemap) {
        self.0.retain(|channel| !channel.entering || channel.joined || !casemap.eq(&channel.name, name));
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Those to be entered again.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &Channel> {
        self.0.iter().filter(|channel| !channel.joined)
    }

    fn find(&self, name: &str, casemap: Casemap) -> Option<usize> {
        self.0.iter().position(|channel| casemap.eq(&channel.name, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: Casemap = Casemap::Rfc1459;

    #[test]
    fn a_channel_is_one_however_it_is_spelled() {
        let mut channels = Channels::default();
        channels.joined("#Deck[1]", MAP);
        assert!(channels.has_joined("#deck{1}", MAP) && !channels.has_joined("#deck", MAP));
        channels.left("#DECK{1}", MAP);
        assert!(!channels.has_joined("#Deck[1]", MAP));
    }

    #[test]
    fn after_a_loss_each_is_wanted_again() {
        let mut channels = Channels::default();
        channels.joined("#a", MAP);
        channels.entered_with("#A", Some("sesame".into()), MAP);
        assert_eq!(channels.wanted().count(), 0);
        channels.dropped();
        assert!(!channels.has_joined("#a", MAP));
        assert_eq!(channels.wanted().next().and_then(|channel| channel.key.as_deref()), Some("sesame"));
    }

    #[test]
    fn a_server_cannot_fill_it() {
        let mut channels = Channels::default();
        for number in 0..5000 {
            channels.joined(&format!("#{number}"), MAP);
        }
        assert_eq!(channels.0.len(), MOST);
        let mut channels = Channels::default();
        channels.joined(&format!("#{}", "x".repeat(NAME_MAX)), MAP);
        assert_eq!(channels.0.len(), 0);
    }
}
