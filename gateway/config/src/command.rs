//! What the program is asked to do.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::arguments;
use crate::environment;
use crate::file;
use crate::help;
use crate::layer;
use crate::problem::Problem;
use crate::resolved::Resolved;

/// What only the program that reads its configuration can know.
#[derive(Debug, Clone, Copy)]
pub struct Defaults<'a> {
    /// Ids of the platforms offered when none are named.
    pub platforms: &'a [&'a str],
}

/// What to do.
#[derive(Debug)]
pub enum Command {
    /// Print this text and end.
    Help(String),
    /// Print what would run with this configuration, and end.
    Info(Box<Resolved>),
    /// Run.
    Run(Box<Resolved>),
    /// Print the version and end.
    Version,
    /// Call [`write_config`](crate::write_config), print what it returns, and end.
    WriteConfig(Target),
}

/// Where `--write-config` writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To a file that does not exist yet.
    File(PathBuf),
    /// To standard output.
    Stdout,
}

/// Reads arguments (without the program's name), environment and file, in this order of weight (core.md 9.1, 9.4).
///
/// `--help` wins over everything, then `--version`, then `--write-config`; none of these reads a file. Relative paths
/// start at `cwd`.
///
/// # Errors
/// All problems at once.
pub fn parse(
    arguments: impl Iterator<Item = OsString>,
    env: &dyn Fn(&str) -> Option<String>,
    cwd: &Path,
    defaults: Defaults,
) -> Result<Command, Vec<Problem>> {
    let arguments = arguments::read(arguments);
    if arguments.help {
        return Ok(Command::Help(help::text(defaults)));
    }
    if arguments.version {
        return Ok(Command::Version);
    }
    if let Some(target) = arguments.write {
        return Ok(Command::WriteConfig(target.below(cwd)));
    }
    let named = || env("SOCKETHUB_CONFIG").filter(|file| !file.is_empty()).map(PathBuf::from);
    let file = file::read(arguments.config.or_else(named), cwd);
    let values = layer::merge(defaults, [file, environment::read(env), arguments.layer])?;
    let (resolved, info) = Resolved::new(values, arguments.notices, cwd)?;
    let resolved = Box::new(resolved);
    Ok(if info { Command::Info(resolved) } else { Command::Run(resolved) })
}

// === impl Target ===

impl Target {
    fn below(self, cwd: &Path) -> Self {
        match self {
            Self::File(file) => Self::File(cwd.join(file)),
            Self::Stdout => Self::Stdout,
        }
    }
}

impl Default for Target {
    fn default() -> Self {
        Self::File("sockethub.config.json".into())
    }
}

impl From<OsString> for Target {
    fn from(path: OsString) -> Self {
        if path == "-" { Self::Stdout } else { Self::File(path.into()) }
    }
}

#[cfg(test)]
mod tests;
