//! Certificates for servers and clients of tests, made by `openssl`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A certificate with its key; both are PEM files, gone with it.
pub struct Certificate {
    folder: TempDir,
}

impl Certificate {
    /// Makes one for these names, `DNS:localhost`, `IP:127.0.0.1`, that vouches for itself.
    ///
    /// # Errors
    /// `openssl` is not installed, or refuses the names.
    pub fn for_names(names: &[&str]) -> io::Result<Self> {
        let alternative = format!("subjectAltName={}", names.join(","));
        Self::make("/CN=test", &["-addext", &alternative, "-addext", "basicConstraints=critical,CA:FALSE"])
    }

    /// Makes one of an authority, that vouches for others.
    ///
    /// # Errors
    /// As [`Certificate::for_names`].
    pub fn authority() -> io::Result<Self> {
        // `openssl` calls it an authority by itself.
        Self::make("/CN=Test Authority", &[])
    }

    /// Makes one for these names that this authority vouches for.
    ///
    /// # Errors
    /// As [`Certificate::for_names`].
    pub fn issue(&self, names: &[&str]) -> io::Result<Self> {
        let alternative = format!("subjectAltName={}", names.join(","));
        let (shown, key) = (self.certificate(), self.key());
        let (shown, key) = (shown.to_string_lossy(), key.to_string_lossy());
        let end = ["-addext", "basicConstraints=critical,CA:FALSE", "-CA", &shown, "-CAkey", &key];
        Self::make("/CN=test", &[&["-addext", &*alternative], &end[..]].concat())
    }

    fn make(subject: &str, more: &[&str]) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        #[expect(clippy::disallowed_methods, reason = "openssl is a program, and these are test certificates")]
        let made = Command::new("openssl")
            .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3 -subj".split(' '))
            .arg(subject)
            .args(more)
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
