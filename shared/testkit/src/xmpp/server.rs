//! A real server, whichever it is.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{DOMAIN, ROOMS, StartError, ejabberd, prosody};
use crate::{certificate::Certificate, daemon::Daemon, redis::ReservedPort};

/// What to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    /// Prosody 0.12.
    Prosody,
    /// The same with modules of its community (`prosody-modules`): authentication in one step with what follows it, tokens
    /// instead of passwords, and both bound to the TLS connection (XEP-0388, XEP-0386, XEP-0484, RFC 9266). That way lets in
    /// nobody who does not bind; the older way is as in the others.
    ProsodyModern,
    /// ejabberd 23.
    Ejabberd,
}

/// A server for `x.example` on 127.0.0.1, in clear text with STARTTLS and with TLS from the first byte, with rooms at
/// `muc.x.example`, archives of users and rooms, carbons, stream management, uploads, block lists, vCards and PEP. Its
/// certificate is of an authority of its own.
///
/// Dropping it kills the process and removes what it kept.
pub struct Server {
    // Before the place: fields are dropped in this order, and a server that lives would write into its folder.
    process: Option<Daemon>,
    software: Software,
    place: Place,
}

/// Where a server lives.
pub(super) struct Place {
    authority: Certificate,
    pub(super) certificate: Certificate,
    ports: [ReservedPort; 3],
    /// Whether it does TLS on the port for clear text, and wants it.
    pub(super) encrypts: bool,
    folder: TempDir,
}

impl Server {
    /// Starts a server that wants encryption, and waits until it listens.
    ///
    /// # Errors
    /// It is not installed, or not ready within a minute.
    pub async fn start(software: Software) -> Result<Self, StartError> {
        Self::begin(software, true).await
    }

    /// Starts one that knows no encryption on its port for clear text.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub async fn start_without_tls(software: Software) -> Result<Self, StartError> {
        Self::begin(software, false).await
    }

    async fn begin(software: Software, encrypts: bool) -> Result<Self, StartError> {
        let authority = Certificate::authority()?;
        let names = [DOMAIN, ROOMS].map(|name| format!("DNS:{name}"));
        let certificate = authority.issue(&names.each_ref().map(|name| &**name))?;
        let ports = [ReservedPort::find()?, ReservedPort::find()?, ReservedPort::find()?];
        let place = Place { authority, certificate, ports, encrypts, folder: tempfile::tempdir()? };
        let mut server = Self { process: None, software, place };
        server.restart().await?;
        Ok(server)
    }

    /// The port for clear text and STARTTLS.
    pub fn port(&self) -> u16 {
        self.place.port()
    }

    /// The port for TLS from the first byte.
    pub fn tls_port(&self) -> u16 {
        self.place.tls_port()
    }

    /// Where files are uploaded to, in clear text: slots name it as behind what would end TLS for it.
    pub fn http_port(&self) -> u16 {
        self.place.http_port()
    }

    /// The certificate of its authority, PEM.
    ///
    /// # Panics
    /// Somebody has taken the file away.
    pub fn authority(&self) -> String {
        fs::read_to_string(self.authority_file()).expect("it is there as long as the server")
    }

    /// The file of that.
    pub fn authority_file(&self) -> PathBuf {
        self.place.authority.certificate()
    }

    /// Makes an account.
    ///
    /// # Errors
    /// The server's, in words, or the operating system's.
    pub async fn register(&self, user: &str, password: &str) -> io::Result<()> {
        match self.software {
            Software::Prosody | Software::ProsodyModern => prosody::register(&self.place, user, password),
            Software::Ejabberd => ejabberd::register(&self.place, user, password).await,
        }
    }

    /// Ends it in good manners, as an upgrade would. Its ports stay its own.
    pub async fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.stop().await;
        }
    }

    /// Kills it at once, as a power cut would. Prosody has kept everything, ejabberd forgets what it was told lately.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it again on the same ports, with the accounts it had.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub async fn restart(&mut self) -> Result<(), StartError> {
        self.stop().await;
        self.process = Some(match self.software {
            Software::Prosody => prosody::start(&self.place, false).await?,
            Software::ProsodyModern => prosody::start(&self.place, true).await?,
            Software::Ejabberd => ejabberd::start(&self.place).await?,
        });
        Ok(())
    }
}

impl Place {
    pub(super) fn port(&self) -> u16 {
        self.ports[0].number()
    }

    pub(super) fn tls_port(&self) -> u16 {
        self.ports[1].number()
    }

    pub(super) fn http_port(&self) -> u16 {
        self.ports[2].number()
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
