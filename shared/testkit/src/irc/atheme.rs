//! Atheme: `NickServ` and SASL for an `InspIRCd`.

use std::{fs, path::Path};

use super::StartError;
use crate::daemon::Daemon;

const PROGRAM: &str = "/usr/bin/atheme-services";

/// Starts it in the server's `folder`, and waits until it and the server have told each other everything.
pub(super) async fn start(folder: &Path, port: u16) -> Result<Daemon, StartError> {
    let file = folder.join("atheme.conf");
    fs::write(&file, configuration(port))?;
    let (pid, log) = (folder.join("atheme.pid"), folder.join("atheme.log"));
    let arguments = ["-n".as_ref(), "-c".as_ref(), file.as_os_str(), "-D".as_ref(), folder.as_os_str()];
    let arguments = arguments.into_iter().chain(["-p".as_ref(), pid.as_os_str(), "-l".as_ref(), log.as_os_str()]);
    Daemon::start(PROGRAM, arguments, "finished synching").await
}

fn configuration(port: u16) -> String {
    let modules = [
        "protocol/inspircd",
        "backend/opensex",
        "crypto/pbkdf2v2",
        "nickserv/main",
        "nickserv/register",
        "nickserv/identify",
        "nickserv/cert",
        "nickserv/ghost",
        "saslserv/main",
        "saslserv/plain",
        "saslserv/external",
    ];
    let modules = modules.map(|name| format!("loadmodule \"modules/{name}\";")).join("\n");
    format!(
        r#"{modules}
crypto {{ pbkdf2v2_rounds = 10000; }};
serverinfo {{
    name = "services.test"; desc = "Services under test"; numeric = "00A"; recontime = 1; netname = "Test";
    adminname = "Kim"; adminemail = "kim@irc.test"; registeremail = "kim@irc.test"; mta = "/bin/true"; auth = none;
    loglevel = {{ error; info; }}; maxlogins = 100; maxusers = 100; mdlimit = 30; emaillimit = 100; emailtime = 10;
    casemapping = ascii;
}};
uplink "irc.test" {{ host = "127.0.0.1"; port = {port}; send_password = "link"; receive_password = "link"; }};
nickserv {{ nick = "NickServ"; user = "services"; host = "services.test"; real = "Nicks"; }};
saslserv {{ nick = "SaslServ"; user = "services"; host = "services.test"; real = "SASL"; }};
general {{ permissive_mode_parsing = yes; commit_interval = 60; }};
"#
    )
}
