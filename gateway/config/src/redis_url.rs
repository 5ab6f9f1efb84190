//! Which addresses of a Redis are accepted. Only judged here: whoever connects takes them apart.

use url::Url;

/// The accepted forms, for help and problems.
pub(crate) const FORMS: &str = "redis://[user:password@]host[:port][/database], rediss:// for TLS, \
    redis+unix:///path or redis+sentinel://[user:password@]host:port[,host:port…]/master[/database], rediss+sentinel:// \
    for TLS; special characters of user and password percent-encoded";

/// Whether the text has one of the [`FORMS`]. Nothing is connected to.
pub(crate) fn fits(text: &str) -> bool {
    // No form has a fragment: it would be the rest of a password that is not percent-encoded.
    let illegal = |character: char| character == '#' || character.is_whitespace() || character.is_control();
    if text.contains(illegal) {
        return false;
    }
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    match scheme.to_ascii_lowercase().as_str() {
        "redis" | "rediss" => is_server(rest),
        "redis+sentinel" | "rediss+sentinel" => is_sentinels(rest),
        "redis+unix" | "unix" => is_socket(rest),
        _ => false,
    }
}

fn is_server(rest: &str) -> bool {
    let Ok(url) = Url::parse(&format!("redis://{rest}")) else { return false };
    let database = url.path().strip_prefix('/').unwrap_or_default();
    has_host(&url) && (database.is_empty() || is_number(database))
}

/// Two slashes in place of three would make the path's first part a host.
fn is_socket(rest: &str) -> bool {
    rest.split('?').next().is_some_and(|path| path.starts_with('/') && path.len() > 1)
}

fn is_sentinels(rest: &str) -> bool {
    let Some((authority, path)) = rest.split_once('/') else { return false };
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let (master, database) = path.split_once('/').unwrap_or((path, "0"));
    hosts.split(',').all(is_sentinel) && is_master(master) && is_number(database)
}

/// The port is spelt out, as the usual one of a Redis is not that of a sentinel.
fn is_sentinel(host: &str) -> bool {
    let bare = |url: &Url| url.path().is_empty() && url.query().is_none() && url.port().is_some();
    Url::parse(&format!("redis://{host}")).is_ok_and(|url| has_host(&url) && bare(&url))
}

fn has_host(url: &Url) -> bool {
    url.host_str().is_some_and(|host| !host.is_empty() && !host.contains(','))
}

/// The characters that sentinels allow in names.
fn is_master(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u32>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken() {
        let cases = [
            "redis://127.0.0.1:6379",
            "redis://cache",
            "redis://cache/",
            "redis://[::1]:6379/2",
            "REDIS://cache",
            "redis://:s3cret@cache:6379/0",
            "rediss://kim:s3%40cr%2Fet@cache.example:6380",
            "redis://cache?protocol=resp3",
            "redis+unix:///run/redis.sock",
            "unix:///run/redis.sock?db=2&pass=s3cret",
            "redis+sentinel://one:26379/gateway",
            "redis+sentinel://kim:s3cret@one:26379,[::1]:26380,10.0.0.3:26379/gateway.main/3",
            "rediss+sentinel://:s3cret@one:26379/gateway",
        ];
        for url in cases {
            assert!(fits(url), "{url}");
        }
    }

    #[test]
    fn what_names_no_redis_is_refused() {
        let cases = [
            "cache:6379",
            "http://cache",
            "redis:cache",
            "redis://",
            "redis:///2",
            "redis://:6379",
            "redis://kim:s3cret@",
            "redis://cache:port",
            "redis://cache:66000",
            "redis://cache/first",
            "redis://cache/-1",
            "redis://one,two",
            "redis://one:1,two:2",
            " redis://cache",
            "redis://cache\n",
            // Passwords that are not percent-encoded
            "redis://kim:s3/cr@cache",
            "redis://kim:12#cr@cache",
            "redis+unix://",
            "redis+unix:///",
            "redis+unix://run/redis.sock",
            "unix:///?db=2",
            "redis+sentinel://one:26379",
            "redis+sentinel://one:26379/",
            "redis+sentinel://one/gateway",
            "redis+sentinel://one:26379,/gateway",
            "redis+sentinel://kim:s3cret@/gateway",
            "redis+sentinel://one:26379/gate way",
            "redis+sentinel://one:26379/gateway/x",
            "redis+sentinel://one:26379/gateway/0/1",
            "redis+sentinel://one:26379/gateway?db=1",
        ];
        for url in cases {
            assert!(!fits(url), "{url:?}");
        }
    }
}
