//! ejabberd, as a lone Erlang node that nobody else can talk to.

use std::{fs, io};

use serde_json::json;

use super::{DOMAIN, ROOMS, StartError, server::Place};
use crate::{daemon::Daemon, request};

const PROGRAM: &str = "/usr/bin/erl";

/// Where its libraries are.
const LIBRARIES: &[&str] = &["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"];

/// What it says once it listens; the last of its listeners are those for TLS.
const READY: &str = "Start accepting TLS connections";

pub(super) async fn start(place: &Place) -> Result<Daemon, StartError> {
    let folder = place.folder();
    let chain = [fs::read(place.certificate.certificate())?, fs::read(place.certificate.key())?].concat();
    fs::write(folder.join("chain.pem"), chain)?;
    let file = folder.join("ejabberd.yml");
    fs::write(&file, configuration(place))?;
    let quoted = |path: std::path::PathBuf| format!("{:?}", path.display().to_string());
    let arguments = [
        "-noinput",
        "-mnesia",
        "dir",
        &quoted(folder.join("database")),
        "-ejabberd",
        "config",
        &quoted(file),
        "log_path",
        &quoted(folder.join("ejabberd.log")),
        "-s",
        "ejabberd",
    ];
    let libraries = LIBRARIES.join(":");
    let dump = folder.join("crash");
    let environment =
        [("HOME", folder.as_os_str()), ("ERL_LIBS", libraries.as_ref()), ("ERL_CRASH_DUMP", dump.as_os_str())];
    Daemon::start_in(PROGRAM, arguments, &environment, READY).await
}

/// It is told of accounts over HTTP.
pub(super) async fn register(place: &Place, user: &str, password: &str) -> io::Result<()> {
    let account = json!({"user": user, "host": DOMAIN, "password": password}).to_string();
    let address = format!("127.0.0.1:{}", place.http_port());
    let answer = request::send(&address, "POST", "/api/register", &[], &account).await?;
    if answer.status == 200 { Ok(()) } else { Err(io::Error::other(answer.body)) }
}

fn configuration(place: &Place) -> String {
    let folder = place.folder().display();
    let (clear, secure, http) = (place.port(), place.tls_port(), place.http_port());
    let starttls = if place.encrypts { "starttls_required: true" } else { "starttls: false" };
    format!(
        r#"hosts: [{DOMAIN}]
loglevel: info
certfiles: ["{folder}/chain.pem"]
listen:
  - {{port: {http}, ip: "127.0.0.1", module: ejabberd_http,
     request_handlers: {{/upload: mod_http_upload, /api: mod_http_api, /ws: ejabberd_http_ws}}}}
  - {{port: {clear}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 262144, {starttls}}}
  - {{port: {secure}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 262144, tls: true}}
api_permissions:
  tests: {{from: [mod_http_api], who: all, what: "*"}}
auth_method: internal
acme: {{auto: false}}
access_rules: {{local: {{allow: all}}}}
modules:
  mod_blocking: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_client_state: {{}}
  mod_disco: {{}}
  mod_http_upload: {{put_url: "https://127.0.0.1:{http}/upload", docroot: "{folder}/upload"}}
  mod_mam: {{default: always}}
  mod_muc: {{host: {ROOMS}, access_create: local, access_persistent: local, default_room_options: {{mam: true}}}}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_privacy: {{}}
  mod_private: {{}}
  mod_pubsub: {{plugins: [flat, pep]}}
  mod_register: {{ip_access: all}}
  mod_roster: {{}}
  mod_stream_mgmt: {{resend_on_timeout: if_offline}}
  mod_vcard: {{}}
  mod_version: {{}}
"#
    )
}
