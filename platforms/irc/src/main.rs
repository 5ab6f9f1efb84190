//! The worker process of the irc platform.

use std::process::ExitCode;

fn main() -> ExitCode {
    footbridge_host::serve_persistent::<footbridge_irc::Irc>()
}
