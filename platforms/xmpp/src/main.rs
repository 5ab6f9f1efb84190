//! The worker process of the xmpp platform.

use std::process::ExitCode;

fn main() -> ExitCode {
    footbridge_host::serve_persistent::<footbridge_xmpp::Xmpp>()
}
