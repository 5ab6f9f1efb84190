//! Who says a line: `nick!user@host`, or a server.

use std::fmt;

/// The source of a line, in parts. A part that is not there is `None`; one that is there may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// The nick, or the name of a server.
    pub nick: &'a str,
    /// The user name, with `~` where the server could not verify it.
    pub user: Option<&'a str>,
    /// The host, which may be a cloak.
    pub host: Option<&'a str>,
}

impl<'a> Source<'a> {
    /// Takes `nick!user@host` apart; every part but the first may be missing.
    pub fn parse(source: &'a str) -> Self {
        let (name, host) = match source.split_once('@') {
            Some((name, host)) => (name, Some(host)),
            None => (source, None),
        };
        match name.split_once('!') {
            Some((nick, user)) => Self { nick, user: Some(user), host },
            None => Self { nick: name, user: None, host },
        }
    }

    /// Whether this is a server: servers have a dot in their name and neither user nor host, nicks never have a dot.
    pub fn is_server(&self) -> bool {
        self.user.is_none() && self.host.is_none() && self.nick.contains('.')
    }
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.nick)?;
        self.user.map_or(Ok(()), |user| write!(f, "!{user}"))?;
        self.host.map_or(Ok(()), |host| write!(f, "@{host}"))
    }
}
