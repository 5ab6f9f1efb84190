//! `InspIRCd` with Atheme behind it.

use std::{fs, path::Path};

use tempfile::TempDir;

use super::{PATIENCE, StartError, User, atheme};
use crate::{certificate::Certificate, daemon::Daemon, redis::ReservedPort};

const PROGRAM: &str = "/usr/sbin/inspircd";

/// What a gateway on this machine says to introduce its users (`WEBIRC`).
const WEBIRC: &str = "harbour-master";

/// Who connects from there is asked for by ident (RFC 1413), at port 113 of the same address.
const ASKED: &str = "127.0.0.66";

/// What is on besides the core.
const MODULES: [&str; 26] = [
    "botmode",
    "cap",
    "cgiirc",
    "customprefix",
    "ident",
    "ircv3",
    "ircv3_accounttag",
    "ircv3_batch",
    "ircv3_capnotify",
    "ircv3_chghost",
    "ircv3_ctctags",
    "ircv3_echomessage",
    "ircv3_invitenotify",
    "ircv3_labeledresponse",
    "ircv3_msgid",
    "ircv3_servertime",
    "md5",
    "monitor",
    "namesx",
    "sasl",
    "services_account",
    "setname",
    "spanningtree",
    "ssl_gnutls",
    "sslinfo",
    "uhnames",
];

/// `InspIRCd` 3 on 127.0.0.1, in clear text and with TLS, with Atheme's `NickServ` and SASL (`PLAIN`, `EXTERNAL`). Its
/// certificate is for `localhost` and vouches for itself.
pub struct InspIrcd {
    // Fields are dropped in this order: processes before their folders.
    _services: Daemon,
    _server: Daemon,
    certificate: Certificate,
    clear: ReservedPort,
    secure: ReservedPort,
    _links: ReservedPort,
    _folder: TempDir,
}

impl InspIrcd {
    /// Starts server and services, and waits until they know each other.
    ///
    /// # Errors
    /// A program is not installed, or does not get ready within a minute.
    pub async fn start() -> Result<Self, StartError> {
        let folder = tempfile::tempdir()?;
        let certificate = Certificate::for_names(&["DNS:localhost"])?;
        let ports = [ReservedPort::find()?, ReservedPort::find()?, ReservedPort::find()?];
        fs::write(folder.path().join("motd"), "Welcome to the harbour.\n- Mind the gap.\n")?;
        let file = folder.path().join("inspircd.conf");
        fs::write(&file, configuration(folder.path(), &certificate, ports.each_ref().map(ReservedPort::number)))?;
        let arguments = ["--runasroot".as_ref(), "--nofork".as_ref(), "--config".as_ref(), file.as_os_str()];
        let server = Daemon::start(PROGRAM, arguments, "is now running").await?;
        let [clear, secure, links] = ports;
        let services = atheme::start(folder.path(), links.number()).await?;
        Ok(Self { _services: services, _server: server, certificate, clear, secure, _links: links, _folder: folder })
    }

    /// The port for clear text.
    pub fn port(&self) -> u16 {
        self.clear.number()
    }

    /// The port for TLS.
    pub fn tls_port(&self) -> u16 {
        self.secure.number()
    }

    /// What it shows in a TLS handshake.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The password with which a gateway introduces its users (`WEBIRC`).
    pub fn webirc_password(&self) -> &'static str {
        WEBIRC
    }

    /// Clients from there are asked for by ident (RFC 1413), at port 113 of the same address.
    pub fn asks(&self) -> &'static str {
        ASKED
    }

    /// Makes an account with `NickServ`.
    ///
    /// # Errors
    /// The server's, in words; also when nothing is answered within 20 s.
    pub async fn register(&self, nick: &str, password: &str) -> std::io::Result<()> {
        let register = async {
            let mut user = User::connect(self.port(), nick).await?;
            user.say(&format!("PRIVMSG NickServ :REGISTER {password} {nick}@irc.test")).await?;
            user.until("is now registered").await?;
            user.say("QUIT").await
        };
        tokio::time::timeout(PATIENCE, register).await.map_err(|_| std::io::ErrorKind::TimedOut)?
    }
}

fn configuration(folder: &Path, certificate: &Certificate, [clear, secure, links]: [u16; 3]) -> String {
    let folder = folder.display();
    let (shown, key) = (certificate.certificate(), certificate.key());
    let (shown, key) = (shown.display(), key.display());
    let modules = MODULES.map(|name| format!("<module name=\"{name}\">")).join("\n");
    format!(
        r#"<config format="xml">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" runtimedir="{folder}" moduledir="/usr/lib/inspircd/modules">
<pid file="{folder}/inspircd.pid">
<server name="irc.test" description="A server under test" network="Test" id="1IR">
<admin name="Kim" nick="kim" email="kim@irc.test">
<bind address="127.0.0.1" port="{clear}" type="clients">
<bind address="127.0.0.1" port="{secure}" type="clients" sslprofile="tls">
<bind address="127.0.0.1" port="{links}" type="servers">
<sslprofile name="tls" provider="gnutls" certfile="{shown}" keyfile="{key}" requestclientcert="yes">
{modules}
<customprefix name="founder" letter="q" prefix="~" rank="50000" ranktoset="50000">
<customprefix name="protected" letter="a" prefix="&amp;" rank="40000" ranktoset="50000">
<customprefix name="halfop" letter="h" prefix="%" rank="20000" ranktoset="30000">
<connect name="asked" parent="main" allow="{ASKED}/32" useident="yes">
<connect name="main" allow="*" maxchans="50" timeout="20" pingfreq="120" threshold="100000" commandrate="1000000"
    fakelag="no" recvq="1M" softsendq="8M" hardsendq="16M" localmax="10000" globalmax="10000" resolvehostnames="no">
<link name="services.test" ipaddr="127.0.0.1" port="1" allowmask="127.0.0.1/32" sendpass="link" recvpass="link">
<uline server="services.test" silent="yes">
<cgihost type="webirc" mask="127.0.0.1" password="{WEBIRC}">
<sasl target="services.test" requiressl="no">
<performance nouserdns="yes" clonesonconnect="no" softlimit="12800" somaxconn="128">
<files motd="{folder}/motd">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="inspircd.log">
"#
    )
}
