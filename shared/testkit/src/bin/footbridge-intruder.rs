//! The worker process of the `intruder` platform.

use std::process::ExitCode;

fn main() -> ExitCode {
    footbridge_host::serve_stateless::<footbridge_testkit::intruder::Intruder>()
}
