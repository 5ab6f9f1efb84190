//! What a server is started with, and its configuration file.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// How a server is to be. By default it is open to everybody on this machine and keeps nothing.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What outlives a kill.
    pub persist: Persist,
    /// The password of the default user.
    pub password: Option<String>,
    /// Name and password of a user that may do everything. Unless there is a `password` too, the default user is
    /// off, so that a client that names no user gets nowhere.
    pub acl_user: Option<(String, String)>,
    /// Listens with TLS as well, on a port of its own.
    pub tls: Option<Tls>,
    /// The port of the primary on 127.0.0.1, which takes the same credentials.
    pub replica_of: Option<u16>,
    /// Most memory in bytes, after which writes are refused (`noeviction`). An empty server takes a megabyte or so.
    pub max_memory: Option<u64>,
}

/// What outlives a kill.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Persist {
    /// Nothing: a restarted server is empty.
    #[default]
    Nothing,
    /// Every write that was answered.
    EveryWrite,
}

/// PEM files of a server with TLS. Clients may show a certificate of the same authority, and need not.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The server's certificate.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authority's certificate.
    pub ca: PathBuf,
}

impl Options {
    /// User and password that this module's own connections and replicas use.
    pub(super) fn credentials(&self) -> Option<(&str, &str)> {
        let default = self.password.as_deref().map(|password| ("default", password));
        default.or_else(|| self.acl_user.as_ref().map(|(user, password)| (user.as_str(), password.as_str())))
    }

    /// The text of `redis.conf`. Secrets stand here, not among the arguments, which everybody can read.
    pub(super) fn file(&self, folder: &Path, port: u16, tls_port: Option<u16>) -> String {
        let mut file = ConfigFile::on_loopback(folder, port);
        file.set("unixsocket", &[&super::socket(folder).to_string_lossy()]);
        file.set("unixsocketperm", &["700"]);
        file.set("save", &[""]);
        // Replicas are fed at once, instead of after five seconds in which others might come.
        file.set("repl-diskless-sync-delay", &["0"]);
        match self.persist {
            Persist::Nothing => file.set("rdb-del-sync-files", &["yes"]),
            Persist::EveryWrite => {
                file.set("appendonly", &["yes"]);
                file.set("appendfsync", &["always"]);
            }
        }
        if let Some(bytes) = self.max_memory {
            file.set("maxmemory", &[&bytes.to_string()]);
            file.set("maxmemory-policy", &["noeviction"]);
        }
        if let (Some(tls), Some(port)) = (&self.tls, tls_port) {
            file.set("tls-port", &[&port.to_string()]);
            file.set("tls-cert-file", &[&tls.cert.to_string_lossy()]);
            file.set("tls-key-file", &[&tls.key.to_string_lossy()]);
            file.set("tls-ca-cert-file", &[&tls.ca.to_string_lossy()]);
            file.set("tls-auth-clients", &["optional"]);
        }
        self.put_users(&mut file);
        if let Some(primary) = self.replica_of {
            file.set("replicaof", &["127.0.0.1", &primary.to_string()]);
        }
        file.0
    }

    fn put_users(&self, file: &mut ConfigFile) {
        if let Some(password) = &self.password {
            file.set("requirepass", &[password]);
        } else if self.acl_user.is_some() {
            file.set("user", &["default", "off"]);
        }
        if let Some((name, password)) = &self.acl_user {
            file.set("user", &[name, "on", &format!(">{password}"), "~*", "&*", "+@all"]);
        }
        if let Some((user, password)) = self.credentials() {
            file.set("masteruser", &[user]);
            file.set("masterauth", &[password]);
        }
    }
}

/// A configuration file in the making.
pub(super) struct ConfigFile(pub(super) String);

impl ConfigFile {
    /// What servers and Sentinels have in common.
    pub(super) fn on_loopback(folder: &Path, port: u16) -> Self {
        let mut file = Self(String::new());
        file.set("bind", &["127.0.0.1"]);
        file.set("port", &[&port.to_string()]);
        file.set("dir", &[&folder.to_string_lossy()]);
        // Standard output, from which the start is read.
        file.set("logfile", &[""]);
        file
    }

    /// Adds a line. Values are quoted as `redis.conf` wants it, whatever they contain.
    pub(super) fn set(&mut self, name: &str, values: &[&str]) {
        self.0.push_str(name);
        for value in values {
            self.0.push_str(" \"");
            for byte in value.bytes() {
                match byte {
                    b'"' | b'\\' => self.0.extend(['\\', char::from(byte)]),
                    b' '..=b'~' => self.0.push(char::from(byte)),
                    _ => write!(self.0, "\\x{byte:02x}").expect("a string takes everything"),
                }
            }
            self.0.push('"');
        }
        self.0.push('\n');
    }
}
