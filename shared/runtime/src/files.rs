//! How many files the process may have open, and has.

use nix::{
    errno::Errno,
    sys::resource::{Resource, getrlimit, setrlimit},
};

/// Raises the limit on open files as far as the process may, and returns it. Each connection is a file; the usual limit
/// of 1,024 is there for programs that use `select`.
///
/// # Errors
/// The operating system's.
pub fn raise_limit() -> Result<u64, Errno> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(hard)
}

/// How many files the process has open; `None` where the system does not tell.
pub fn open() -> Option<usize> {
    // The folder that is read for it is one of them.
    std::fs::read_dir("/proc/self/fd").ok().map(|files| files.count().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_reaches_the_hard_one() {
        let raised = raise_limit().expect("raising to the hard limit is allowed");
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE), Ok((raised, raised)));
    }
}
