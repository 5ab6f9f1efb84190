//! XMPP servers of one's own: real ones on free ports, gone with the test, and one that says what the test says.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use footbridge_testkit::xmpp::{Peer, Server, Software, User};
//!
//! let mut server = Server::start(Software::Prosody).await?; // for x.example, with rooms, archives, uploads
//! server.register("kim", "a password").await?;
//! let mut kim = User::connect(&server, "kim", "a password", "raw").await?;
//! kim.say("<presence/>").await?;
//! server.stop().await;
//! server.restart().await?; // same ports, same accounts
//!
//! let peer = Peer::listen().await?;
//! let mut conversation = peer.accept().await?; // whoever connects to peer.port()
//! conversation.log_in("").await?;
//! conversation.say("<message from='lou@x.example'><body>ahoy</body></message>").await?;
//! # Ok(())
//! # }
//! ```

mod ejabberd;
mod elements;
mod peer;
mod prosody;
mod scram;
mod server;
mod user;

pub use elements::{Elements, attribute, text};
pub use peer::{Conversation, Peer};
pub use scram::Scram;
pub use server::{Server, Software};
pub use user::User;

pub use crate::daemon::StartError;

use std::time::Duration;

/// What the servers are for.
pub const DOMAIN: &str = "x.example";
/// Of those who come to a [`Peer`].
pub const PASSWORD: &str = "ahoy-there";
/// Where their rooms are.
pub const ROOMS: &str = "muc.x.example";

/// Longer than a start or an answer takes.
const PATIENCE: Duration = Duration::from_secs(20);
