//! The worker process of the `puppet` platform.

use std::process::ExitCode;

fn main() -> ExitCode {
    footbridge_host::serve_persistent::<footbridge_testkit::puppet::Puppet>()
}
