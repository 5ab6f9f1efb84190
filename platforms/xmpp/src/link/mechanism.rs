//! Which SASL mechanism is used (platforms.md 8.1).

use super::failure::Failure;
use super::scram::{Binding, Hash};

/// A mechanism that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    Scram(Hash, Binding),
    Plain,
}

/// From the best to the worst.
const HASHES: [(Hash, &str, &str); 3] = [
    (Hash::Sha512, "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS"),
    (Hash::Sha256, "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"),
    (Hash::Sha1, "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"),
];

/// What is authenticated over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    /// Anybody in between can read it.
    Clear,
    /// TLS; with what proves that both ends have the same channel (RFC 9266), where there is such a thing.
    Secure(Option<[u8; 32]>),
}

impl Channel {
    fn exporter(self) -> Option<[u8; 32]> {
        match self {
            Self::Clear => None,
            Self::Secure(exporter) => exporter,
        }
    }
}

impl Mechanism {
    /// The best of those that are offered: bound before unbound, long hashes before short ones, PLAIN last. `exporter` is
    /// what can be bound to. Whether a password may be told on this connection at all is decided before.
    ///
    /// # Errors
    ///
    /// If there is none that may be used.
    pub(super) fn choose(offered: &[String], bindings: Option<&[String]>, channel: Channel) -> Result<Self, Failure> {
        let exporter = channel.exporter();
        let offers = |name: &str| offered.iter().any(|mechanism| mechanism == name);
        // Servers that know this way to bind say so. Older ones offer to bind and mean ways that TLS 1.3 does not have.
        let mut bindings = bindings.iter().copied().flatten();
        let bound = exporter.filter(|_| bindings.any(|binding| binding == "tls-exporter"));
        if let Some(bound) = bound
            && let Some((hash, ..)) = HASHES.iter().find(|(_, _, plus)| offers(plus))
        {
            return Ok(Self::Scram(*hash, Binding::Exporter(bound)));
        }
        let plus = HASHES.iter().any(|(_, _, plus)| offers(plus));
        // A server that can bind, but to nothing that we can, must not be told that it seems to be unable to.
        let binding = if exporter.is_some() && !plus { Binding::Unoffered } else { Binding::None };
        if let Some((hash, ..)) = HASHES.iter().find(|(_, name, _)| offers(name)) {
            return Ok(Self::Scram(*hash, binding));
        }
        // Never in the clear: whoever listens would have the password.
        if offers("PLAIN") && channel != Channel::Clear {
            return Ok(Self::Plain);
        }
        let mut names = offered.join(", ");
        names.truncate(names.char_indices().nth(200).map_or(names.len(), |(end, _)| end));
        Err(Failure::NoMechanism(if names.is_empty() { "nothing".to_owned() } else { names }))
    }

    /// The name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Scram(hash, binding) => {
                let (_, name, plus) = HASHES.iter().find(|(other, ..)| *other == hash).expect("each hash is in it");
                if matches!(binding, Binding::Exporter(_)) { plus } else { name }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TLS: Channel = Channel::Secure(Some([7; 32]));

    fn choose(mechanisms: &str, bindings: Option<&str>, channel: Channel) -> Result<Mechanism, Failure> {
        let list = |text: &str| text.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>();
        Mechanism::choose(&list(mechanisms), bindings.map(list).as_deref(), channel)
    }

    #[test]
    fn the_best_that_is_offered_and_possible_is_taken() {
        let bound = Binding::Exporter([7; 32]);
        let both = "PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS";
        for (mechanisms, bindings, channel, name, binding) in [
            (both, Some("tls-server-end-point tls-exporter"), TLS, "SCRAM-SHA-256-PLUS", bound),
            (both, Some("tls-unique"), TLS, "SCRAM-SHA-256", Binding::None),
            (both, None, TLS, "SCRAM-SHA-256", Binding::None),
            (both, Some("tls-exporter"), Channel::Secure(None), "SCRAM-SHA-256", Binding::None),
            ("SCRAM-SHA-512 SCRAM-SHA-1-PLUS", Some("tls-exporter"), TLS, "SCRAM-SHA-1-PLUS", bound),
            ("SCRAM-SHA-1 SCRAM-SHA-512 PLAIN", None, TLS, "SCRAM-SHA-512", Binding::Unoffered),
            ("PLAIN SCRAM-SHA-1", None, Channel::Clear, "SCRAM-SHA-1", Binding::None),
        ] {
            let chosen = choose(mechanisms, bindings, channel).unwrap();
            assert_eq!(chosen.name(), name, "{mechanisms}");
            assert!(matches!(chosen, Mechanism::Scram(_, found) if found == binding), "{chosen:?}");
        }
        assert_eq!(choose("X-OTHER PLAIN", None, TLS).unwrap(), Mechanism::Plain);
        assert!(matches!(choose("PLAIN", None, Channel::Clear), Err(Failure::NoMechanism(_))));
        assert_eq!(Mechanism::Plain.name(), "PLAIN");
    }

    #[test]
    fn what_is_offered_is_told_where_there_is_nothing_in_common() {
        let refused = |mechanisms: &str| choose(mechanisms, None, TLS).unwrap_err().to_string();
        assert_eq!(refused("LOGIN X-Y"), "no way to authenticate in common with the server, which offers LOGIN, X-Y");
        assert_eq!(refused(""), "no way to authenticate in common with the server, which offers nothing");
        assert!(refused(&"ÄÖ".repeat(500)).len() < 600);
    }
}
