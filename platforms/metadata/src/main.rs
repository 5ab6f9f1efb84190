//! The worker process of the metadata platform.

use std::process::ExitCode;

fn main() -> ExitCode {
    footbridge_host::serve_stateless::<footbridge_metadata::Metadata>()
}
