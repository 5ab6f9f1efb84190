//! The worker process of the feeds platform.

use std::process::ExitCode;

fn main() -> ExitCode {
    footbridge_host::serve_stateless::<footbridge_feeds::Feeds>()
}
