//! The worker process of the `porter` platform.

use std::process::ExitCode;

fn main() -> ExitCode {
    footbridge_host::serve_stateless::<footbridge_testkit::porter::Porter>()
}
