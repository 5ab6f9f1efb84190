//! What becomes no activity, and why.

/// Why a stanza means nothing to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ignored {
    /// A message without a text, and nothing else in it that the client asked to be told (platforms.md 8.5).
    Bodiless,
    /// A carbon copy, a contact list or a bookmark that does not come from our own account. Whoever sent it lies.
    Forged,
    /// Something about an occupant that is told together with others, when there are more or time has passed.
    Gathered,
    /// What it wraps is wrapped wrongly, or its type is none that there is.
    Malformed,
    /// It is no stanza but something of the stream's.
    NoStanza,
    /// It says something, and the client did not ask to be told such things.
    NotAskedFor,
    /// It was for us: the answer to a question of our own, or a part of an answer that is not complete yet.
    Ours,
    /// What a room repeats after we came back, and had said before.
    Repeated,
    /// A question to us, which was answered without the client.
    Request,
    /// A consequence of a subscription that is no presence (RFC 6121 3).
    Subscription,
    /// An answer to nothing that was asked, or not from the one who was asked.
    Unasked,
}
