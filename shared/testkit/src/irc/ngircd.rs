//! ngIRCd: a server without capabilities to speak of, with a password for everybody.

use std::fs;

use tempfile::TempDir;

use super::StartError;
use crate::{daemon::Daemon, redis::ReservedPort};

const PROGRAM: &str = "/usr/sbin/ngircd";

/// What a gateway says to introduce its users (`WEBIRC`).
const WEBIRC: &str = "harbour-master";

/// `ngIRCd` on 127.0.0.1, in clear text.
pub struct NgIrcd {
    _server: Daemon,
    port: ReservedPort,
    _folder: TempDir,
}

impl NgIrcd {
    /// Starts a server that wants `password` from everybody; none if it is empty.
    ///
    /// # Errors
    /// It is not installed, or not ready within a minute.
    pub async fn start(password: &str) -> Result<Self, StartError> {
        let folder = tempfile::tempdir()?;
        let port = ReservedPort::find()?;
        let file = folder.path().join("ngircd.conf");
        let number = port.number();
        fs::write(
            &file,
            format!(
                "[Global]\nName = irc.test\nInfo = A server under test\nListen = 127.0.0.1\nPorts = {number}\n\
                 Password = {password}\nMotdPhrase = Mind the gap.\nAdminInfo1 = Kim\n\
                 [Limits]\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxNickLength = 20\n\
                 [Options]\nDNS = no\nIdent = no\nPAM = no\nWebircPassword = {WEBIRC}\n"
            ),
        )?;
        let arguments = ["--nodaemon".as_ref(), "--config".as_ref(), file.as_os_str()];
        let server = Daemon::start(PROGRAM, arguments, "Now listening").await?;
        Ok(Self { _server: server, port, _folder: folder })
    }

    /// The password with which a gateway introduces its users (`WEBIRC`).
    pub fn webirc_password(&self) -> &'static str {
        WEBIRC
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port.number()
    }
}
