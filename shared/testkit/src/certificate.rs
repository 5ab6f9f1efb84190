//! Certificates for servers and clients of tests, made by `openssl`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A certificate that vouches for itself, with its key; both are PEM files, gone with it.
pub struct Certificate {
    folder: TempDir,
}

impl Certificate {
    /// Makes one for these names: `DNS:localhost`, `IP:127.0.0.1`.
    ///
    /// # Errors
    /// `openssl` is not installed, or refuses the names.
    pub fn for_names(names: &[&str]) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let alternative = format!("subjectAltName={}", names.join(","));
        #[expect(clippy::disallowed_methods, reason = "openssl is a program, and these are test certificates")]
        let made = Command::new("openssl")
            .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3 -subj /CN=test".split(' '))
            .args(["-addext", &alternative, "-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .current_dir(&folder)
            .output()?;
        if made.status.success() {
            Ok(Self { folder })
        } else {
            Err(io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned()))
        }
    }

    /// The file of the certificate.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// The file of its key.
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// What a file of it says.
    ///
    /// # Errors
    /// The operating system's.
    pub fn text(file: &Path) -> io::Result<String> {
        fs::read_to_string(file)
    }
}
