//! Where to connect, and as whom: the credentials activity of platforms.md 8.1, with our additions.
//!
//! | ours | what it is for |
//! |---|---|
//! | `extensions` | which pushes beyond the contract's are wanted |
//! | `reconnect` | whether a lost connection is taken up again without being asked, whatever the operator's setting |
//! | `resourceAsTag` | whether `resource` is but how the resource begins, and the server adds the rest (XEP-0386) |

use std::collections::BTreeSet;

use footbridge_seal::Secret;
use serde::Deserialize;
use xmpp_parsers::jid::{BareJid, FullJid, ResourcePart};

use crate::service::{Service, ServiceError};

/// Where to connect, and as whom.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Whose account; always with a local part.
    pub account: BareJid,
    /// The password, or a token that stands for one.
    pub password: Secret<String>,
    /// The resource that is asked for.
    pub resource: String,
    /// Which server to connect to.
    pub service: Service,
    /// Pushes beyond the contract's that are wanted.
    pub extensions: BTreeSet<Extension>,
    /// Whether a lost connection is taken up again without being asked; where nothing is said, the operator decides.
    pub reconnect: Option<bool>,
    /// Whether `resource` is but how the resource begins: servers that can (XEP-0386) add to it, and need not be asked for
    /// it in a step of its own.
    pub resource_as_tag: bool,
}

/// What a client may want to be told beyond the contract (platforms.md 1.7). Without any, it sees what the contract
/// allows and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extension {
    /// Links that messages carry out of band (XEP-0066).
    Attachments,
    /// Avatars that change (XEP-0084, XEP-0153).
    Avatars,
    /// Rooms that are bookmarked, and the joining of those marked so (XEP-0402).
    Bookmarks,
    /// Messages that other clients of the account send and get (XEP-0280).
    Carbons,
    /// The connection is lost, and is there again.
    Connection,
    /// Messages' formatted text (XEP-0071).
    Html,
    /// Ids of messages where others made them (XEP-0359), and of occupants (XEP-0421).
    Ids,
    /// Invitations to rooms (XEP-0045, XEP-0249).
    Invites,
    /// Up to where others have read (XEP-0333).
    Markers,
    /// Another nick is taken where the one that is wanted is in use.
    Nicks,
    /// Presence of rooms' occupants, many in one push.
    Occupants,
    /// Reactions to messages (XEP-0444).
    Reactions,
    /// What has been delivered (XEP-0184).
    Receipts,
    /// Which message one replies to (XEP-0461).
    Replies,
    /// Messages taken back, by their senders or by moderators (XEP-0424, XEP-0425).
    Retractions,
    /// Roles and affiliations of rooms' occupants, and who is removed.
    Roles,
    /// Changes of the contact list.
    Roster,
    /// Who is typing (XEP-0085).
    States,
    /// Subjects of rooms.
    Subjects,
}

/// Why an activity is no credentials. Never shows a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// It does not have the shape of credentials.
    #[error("credentials cannot be read")]
    Shape,
    /// There is no `@`, or what is around it cannot be part of an address.
    #[error("xmpp credentials.object.userAddress must be a JID in the form 'user@server'")]
    Form,
    /// There is nothing on one side of the `@`.
    #[error("xmpp credentials.object.userAddress is missing the username or server portion")]
    Portion,
    /// The resource cannot be part of an address.
    #[error("xmpp credentials.object.resource cannot be part of a JID")]
    Resource,
    /// The service is none.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

#[derive(Deserialize)]
struct Spelled {
    object: Object,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    user_address: String,
    password: Hidden,
    resource: String,
    server: Option<String>,
    port: Option<f64>,
    #[serde(default)]
    extensions: BTreeSet<Extension>,
    reconnect: Option<bool>,
    #[serde(default)]
    resource_as_tag: bool,
}

/// A secret as it comes in: wiped where it goes out of use, and shown to nobody.
#[derive(Deserialize)]
#[serde(from = "String")]
struct Hidden(Secret<String>);

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

impl Credentials {
    /// Reads a credentials activity that obeys the platform's schema.
    ///
    /// # Errors
    ///
    /// If it contradicts itself in a way that the schema cannot express; address first (xmpp 4).
    pub fn parse(activity: &[u8]) -> Result<Self, CredentialsError> {
        let Spelled { object } = serde_json::from_slice(activity).map_err(|_| CredentialsError::Shape)?;
        let account = account(&object.user_address)?;
        ResourcePart::new(&object.resource).map_err(|_| CredentialsError::Resource)?;
        let service = Service::new(object.server.as_deref(), object.port, account.domain().as_str())?;
        Ok(Self {
            account,
            password: object.password.0,
            resource: object.resource,
            service,
            extensions: object.extensions,
            reconnect: object.reconnect,
            resource_as_tag: object.resource_as_tag,
        })
    }

    /// The address that is asked for. A server may assign another resource.
    pub fn wanted(&self) -> FullJid {
        let resource = ResourcePart::new(&self.resource).expect("looked at when the credentials were read");
        self.account.with_resource(&resource)
    }
}

/// The account that an address names.
fn account(address: &str) -> Result<BareJid, CredentialsError> {
    let (local, domain) = address.split_once('@').ok_or(CredentialsError::Form)?;
    if local.is_empty() || domain.is_empty() {
        return Err(CredentialsError::Portion);
    }
    BareJid::new(address).ok().filter(|jid| jid.node().is_some()).ok_or(CredentialsError::Form)
}

#[cfg(test)]
mod tests;
