//! The worker process of the `dummy` platform.

use std::process::ExitCode;

fn main() -> ExitCode {
    footbridge_host::serve_stateless::<footbridge_dummy::Dummy>()
}
