//! The worker process of the `clerk` platform.

use std::process::ExitCode;

fn main() -> ExitCode {
    footbridge_host::serve_stateless::<footbridge_testkit::clerk::Clerk>()
}
