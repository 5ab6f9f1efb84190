//! IRC servers of one's own: real ones on free ports, gone with the test, and one that says what the test says.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use footbridge_testkit::irc::{InspIrcd, Peer};
//!
//! let server = InspIrcd::start().await?; // with NickServ and SASL
//! server.register("kim", "a password").await?;
//!
//! let peer = Peer::listen().await?;
//! let mut conversation = peer.accept().await?; // whoever connects to peer.port()
//! conversation.register("message-tags").await?;
//! conversation.say(":lou!l@h PRIVMSG #deck :all hands").await?;
//! assert_eq!(conversation.line().await?.as_deref(), Some("QUIT"));
//! # Ok(())
//! # }
//! ```

mod atheme;
mod inspircd;
mod ngircd;
mod peer;
mod user;

pub use inspircd::InspIrcd;
pub use ngircd::NgIrcd;
pub use peer::{Conversation, Peer};
pub use user::User;

pub use crate::daemon::StartError;

use std::time::Duration;

/// Longer than a start or an answer takes.
const PATIENCE: Duration = Duration::from_secs(20);
