//! Where Redis is: one server, or whichever server its sentinels call the master.

use redis::{
    Client, ConnectionAddr, IntoConnectionInfo, RedisResult, TlsCertificates, TlsMode,
    aio::MultiplexedConnection,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use tokio::sync::Mutex;

use super::settings::Settings;

/// Why `redis.url` names no Redis. No text repeats the URL: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The URL is of no form that is known.
    #[error("redis.url: {0}")]
    Url(redis::RedisError),
    /// A sentinel URL lacks a part.
    #[error(
        "redis.url: sentinels are given as redis+sentinel://[user:password@]host:port[,host:port…]/master[/database]"
    )]
    Sentinel,
    /// The certificates cannot be read.
    #[error("redis.caFile: {path}: {source}")]
    CaFile {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// A Redis to connect to.
pub(super) enum Endpoint {
    Server(Box<Client>),
    /// Asked anew for every connection, so that a fail-over is followed.
    Sentinel(Box<Mutex<SentinelClient>>),
}

impl Endpoint {
    /// Reads a URL: `redis://`, `rediss://`, `redis+unix://`, `unix://`, `redis+sentinel://` or `rediss+sentinel://`.
    pub(super) fn parse(url: &str, settings: &Settings) -> Result<Self, EndpointError> {
        let root_cert = settings
            .ca_file
            .as_ref()
            .map(|path| std::fs::read(path).map_err(|source| EndpointError::CaFile { path: path.clone(), source }));
        let certificates =
            root_cert.transpose()?.map(|cert| TlsCertificates { client_tls: None, root_cert: Some(cert) });
        let sentinels = url.strip_prefix("redis+sentinel://").map(|rest| (rest, false));
        if let Some((rest, tls)) = sentinels.or_else(|| url.strip_prefix("rediss+sentinel://").map(|rest| (rest, true)))
        {
            let client = sentinel(rest, tls, certificates)?;
            return Ok(Self::Sentinel(Box::new(Mutex::new(client))));
        }
        let info = url.into_connection_info().map_err(EndpointError::Url)?;
        let client = match certificates {
            Some(certificates) => Client::build_with_tls(info, certificates),
            None => Client::open(info),
        };
        client.map(|client| Self::Server(Box::new(client))).map_err(EndpointError::Url)
    }

    pub(super) async fn connect(&self, settings: &Settings) -> RedisResult<MultiplexedConnection> {
        let config = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(settings.connect_timeout))
            .set_response_timeout(Some(settings.timeout));
        match self {
            Self::Server(client) => client.get_multiplexed_async_connection_with_config(&config).await,
            Self::Sentinel(client) => client.lock().await.get_async_connection_with_config(&config).await,
        }
    }
}

/// `rest`: what follows the scheme.
fn sentinel(rest: &str, tls: bool, certificates: Option<TlsCertificates>) -> Result<SentinelClient, EndpointError> {
    let (authority, path) = rest.split_once('/').ok_or(EndpointError::Sentinel)?;
    let (login, hosts) = authority.rsplit_once('@').map_or((None, authority), |(login, hosts)| (Some(login), hosts));
    let (master, database) = path.split_once('/').map_or((path, None), |(master, database)| (master, Some(database)));
    if master.is_empty() || hosts.is_empty() {
        return Err(EndpointError::Sentinel);
    }
    // Each host is read as the library reads those of any other URL, and so is the login.
    let parse = |text: String| text.as_str().into_connection_info().map_err(EndpointError::Url);
    let scheme = if tls { "rediss" } else { "redis" };
    let addresses = hosts
        .split(',')
        .map(|host| parse(format!("{scheme}://{}", with_port(host))).map(|info| info.addr().clone()))
        .collect::<Result<Vec<ConnectionAddr>, _>>()?;
    let mut builder =
        SentinelClientBuilder::new(addresses, master, SentinelServerType::Master).map_err(EndpointError::Url)?;
    if let Some(login) = login {
        let info = parse(format!("redis://{login}@localhost"))?;
        let redis = info.redis_settings();
        if let Some(user) = redis.username() {
            builder = builder.set_client_to_redis_username(user);
        }
        if let Some(password) = redis.password() {
            builder = builder.set_client_to_redis_password(password);
        }
    }
    if let Some(database) = database.filter(|database| !database.is_empty()) {
        builder = builder.set_client_to_redis_db(database.parse().map_err(|_| EndpointError::Sentinel)?);
    }
    if tls {
        builder =
            builder.set_client_to_redis_tls_mode(TlsMode::Secure).set_client_to_sentinel_tls_mode(TlsMode::Secure);
        if let Some(certificates) = certificates {
            builder = builder
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_certificates(certificates);
        }
    }
    builder.build().map_err(EndpointError::Url)
}

/// Sentinels listen on a port of their own.
fn with_port(host: &str) -> String {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) && !host.ends_with(']');
    if has_port { host.to_owned() } else { format!("{host}:26379") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::parse(url, &Settings::default())
    }

    #[test]
    fn every_form_of_url_is_understood() {
        for url in [
            "redis://127.0.0.1:6379",
            "redis://:s3cret@cache/2",
            "rediss://kim:s3cret@cache:6380/0",
            "redis+unix:///run/redis.sock?db=1",
            "unix:///run/redis.sock",
        ] {
            assert!(matches!(parse(url), Ok(Endpoint::Server(_))), "{url}");
        }
        for url in [
            "redis+sentinel://one/main",
            "redis+sentinel://kim:s3cret@one:26379,two:26380,[::1]:26381/main/2",
            "rediss+sentinel://one,two/main",
        ] {
            assert!(matches!(parse(url), Ok(Endpoint::Sentinel(_))), "{url}");
        }
    }

    #[test]
    fn anything_else_is_refused_without_being_repeated() {
        for url in [
            "http://:s3cret@cache",
            "redis+sentinel://:s3cret@one",
            "redis+sentinel:///main",
            "s3cret",
            "redis+sentinel://:s3cret@one/main/two",
            "redis+sentinel://:s3cret@/main",
        ] {
            let error = parse(url).err().unwrap_or_else(|| panic!("{url} was accepted")).to_string();
            assert!(error.starts_with("redis.url: ") && !error.contains("s3cret"), "{error}");
        }
    }
}
