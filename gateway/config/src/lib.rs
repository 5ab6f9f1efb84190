//! Configuration of the gateway: file, environment and flags become settings as meant, or every problem at once.
//!
//! Everything that Sockethub can be told is accepted, so that an existing `sockethub.config.json` starts Footbridge
//! unchanged; what this build does nothing with is said in a [`Notice`]. One table of [`Setting`]s decides what may be
//! written where; help text and default file are made from it.
//!
//! ```
//! use std::path::Path;
//! use footbridge_config::{Command, Defaults, parse};
//!
//! let arguments = ["--port", "8080", "--cors.origin=https://app.example"].map(Into::into);
//! let defaults = Defaults { platforms: &["dummy", "feeds"] };
//! let command = parse(arguments.into_iter(), &|_| None, Path::new("/nowhere"), defaults);
//! let Ok(Command::Run(resolved)) = command else { panic!("nothing is wrong with these") };
//! assert_eq!(resolved.config.listen.port, 8080);
//! assert!(!resolved.config.door.cors.allows("https://elsewhere.example"));
//! ```
//!
//! - `setting`, `kind`, `redis_url`, `table`: what may be written; `sections`: the table's parts, each with what it means
//! - `file`, `environment`, `arguments`: three sources, each giving a `layer`
//! - `resolved`, `config`, `origins`: the settings as meant; `printable`: shown without secrets
//! - `command`: what to do; `help`, `default_file`: two of the answers
//! - `problem`, `notice`: what prevents a start, and what does not
//!
//! It opens no sockets, does not know which platforms exist, and logs nothing itself.

mod arguments;
mod command;
mod config;
mod default_file;
mod environment;
mod file;
mod help;
mod kind;
mod layer;
mod locate;
mod notice;
mod origins;
mod printable;
mod problem;
mod redis_url;
mod resolved;
mod sections;
mod setting;
mod spelling;
mod table;

pub use command::{Command, Defaults, Target, parse};
pub use config::{Config, Door};
pub use default_file::write_config;
pub use kind::{Fault, Kind};
pub use notice::Notice;
pub use origins::{Origin, Origins};
pub use problem::{Place, Problem};
pub use resolved::Resolved;
pub use sections::callbacks::Callbacks;
pub use sections::credential_check::ClientAddress;
pub use sections::credentials::Credentials;
pub use sections::encryption::{Encryption, key_from_hex};
pub use sections::ident::Ident;
pub use sections::jobs::Jobs;
pub use sections::limits::Limits;
pub use sections::logging::{Level, Logging};
pub use sections::metrics::Metrics;
pub use sections::package_config::{PackageConfig, packages};
pub use sections::platform_heartbeat::Heartbeat;
pub use sections::platform_restart::PlatformRestart;
pub use sections::platform_start::{PlatformStart, StartMethod};
pub use sections::public::Public;
pub use sections::rate_limiter::RateLimiter;
pub use sections::redis::Redis;
pub use sections::sandbox::{Sandbox, SandboxMode};
pub use sections::session::Session;
pub use sections::shutdown::Shutdown;
pub use sections::sockethub::Listen;
pub use setting::{Fallback, Secrecy, Setting};
pub use table::settings;
