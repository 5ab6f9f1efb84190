//! Prosody.

use std::{fs, io, path::Path};

use super::{DOMAIN, ROOMS, StartError, server::Place};
use crate::daemon::Daemon;

const PROGRAM: &str = "/usr/bin/prosody";

/// What it says once all of it is up.
const READY: &str = "Running periodic tasks";

const MODULES: [&str; 18] = [
    "blocklist",
    "bookmarks",
    "carbons",
    "csi",
    "disco",
    "mam",
    "pep",
    "ping",
    "private",
    "register",
    "roster",
    "saslauth",
    "smacks",
    "time",
    "tls",
    "vcard4",
    "vcard_legacy",
    "version",
];

/// Those of its community. `sasl2_sm` is not among them: it wants a newer Prosody.
const MODERN: [&str; 4] = ["newer", "sasl2", "sasl2_bind2", "sasl2_fast"];
/// Where one of these is.
const COMMUNITY: &str = "/usr/lib/prosody/modules/mod_sasl2";
/// What they need besides.
const NEWER: &str = include_str!("newer.lua");

pub(super) async fn start(place: &Place, modern: bool) -> Result<Daemon, StartError> {
    if modern {
        if !Path::new(COMMUNITY).exists() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "prosody-modules is not installed").into());
        }
        let modules = place.folder().join("modules");
        fs::create_dir_all(&modules)?;
        fs::write(modules.join("mod_newer.lua"), NEWER)?;
    }
    let file = place.folder().join("prosody.cfg.lua");
    fs::write(&file, configuration(place, modern))?;
    Daemon::start(PROGRAM, ["-F".as_ref(), "--config".as_ref(), file.as_os_str()], READY).await
}

/// It reads accounts from files as they are needed.
pub(super) fn register(place: &Place, user: &str, password: &str) -> io::Result<()> {
    let accounts = place.folder().join("data").join(encoded(DOMAIN)).join("accounts");
    fs::create_dir_all(&accounts)?;
    fs::write(accounts.join(format!("{}.dat", encoded(user))), format!("return {{ [\"password\"] = {password:?} }};\n"))
}

/// A name as a file's.
fn encoded(name: &str) -> String {
    let encode = |letter: char| {
        if letter.is_ascii_alphanumeric() { letter.to_string() } else { format!("%{:02x}", u32::from(letter)) }
    };
    name.chars().map(encode).collect()
}

fn configuration(place: &Place, modern: bool) -> String {
    let folder = place.folder().display();
    let (shown, key) = (place.certificate.certificate(), place.certificate.key());
    let (shown, key) = (shown.display(), key.display());
    let (clear, secure, http) = (place.port(), place.tls_port(), place.http_port());
    let encrypts = place.encrypts;
    let modules = MODULES.into_iter().filter(|module| encrypts || *module != "tls");
    let modules = modules.chain(MODERN.into_iter().filter(|_| modern));
    let modules = modules.map(|module| format!("{module:?}")).collect::<Vec<_>>().join(", ");
    format!(
        r#"run_as_root = true
data_path = "{folder}/data"
certificates = "{folder}"
pidfile = "{folder}/prosody.pid"
plugin_paths = {{ "{folder}/modules" }}
log = {{ info = "*console" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {clear} }}
c2s_direct_tls_ports = {{ {secure} }}
http_interfaces = {{ "127.0.0.1" }}
http_ports = {{ {http} }}
https_ports = {{ }}
http_default_host = "upload.{DOMAIN}"
ssl = {{ key = "{key}", certificate = "{shown}" }}
authentication = "internal_plain"
storage = "internal"
c2s_require_encryption = {encrypts}
allow_unencrypted_plain_auth = {plain}
modules_disabled = {{ "s2s" }}
modules_enabled = {{ {modules} }}
allow_registration = true
smacks_max_queue_size = 5000
VirtualHost "{DOMAIN}"
Component "{ROOMS}" "muc"
  name = "Rooms"
  modules_enabled = {{ "muc_mam" }}
  muc_log_by_default = true
Component "upload.{DOMAIN}" "http_file_share"
  http_file_share_size_limit = 1048576
  -- As behind what ends TLS for it.
  http_external_url = "https://127.0.0.1:{http}/"
"#,
        plain = !encrypts
    )
}
