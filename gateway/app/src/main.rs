//! The `footbridge` gateway.
//!
//! - [`cli`]: what the command line asked for
//! - [`platforms`]: which platforms there are, and how their workers start
//! - [`stores`]: where jobs and credentials are kept
//! - [`compose`]: wires the parts together
//! - [`serve`]: runs them until asked to stop, then drains

mod cli;
mod compose;
mod ident;
mod platforms;
mod serve;
mod stores;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run().into()
}
