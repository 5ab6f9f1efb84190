//! Every way to reach a Redis is tried with a real one, and carries a job and credentials.

mod support;

use std::{path::Path, process::Command};

use footbridge_seal::{Keyring, Secret};
use footbridge_store::{
    RedisVault, Vault,
    conformance::props::{asker, slot},
    redis::{Redis, RedisError, Settings},
};
use footbridge_testkit::redis::{Options, Reply, Server, Tls};
use support::{Node, Runs, settings};

async fn works(url: &str, settings: Settings) {
    let redis = Redis::new(url, settings).expect("a URL");
    redis.check().await.unwrap_or_else(|error| panic!("{url}: {error}"));
    let node = Node::start(1, &redis, &Keyring::generate());
    let _worker = node.work(&Runs::default());
    node.submit(4);
    node.ends(4).await;
    let vault = RedisVault::new(&redis, Keyring::generate().into(), None);
    let kim = asker(1);
    vault.put(&kim, slot("irc", "kim"), Secret::new(b"{}".to_vec())).await.expect("stored");
    assert!(vault.open(&kim, &slot("irc", "kim")).await.expect("in reach").is_some());
}

#[tokio::test]
async fn a_unix_socket() {
    let server = Server::start(Options::default()).await.expect("a server");
    works(&server.unix_url(), settings()).await;
}

#[tokio::test]
async fn a_database_number() {
    let server = Server::start(Options::default()).await.expect("a server");
    works(&format!("{}/5", server.url()), settings()).await;
    let info = server.command(&["INFO", "keyspace"]).await.expect("an answer");
    let info = info.text().expect("text");
    assert!(info.contains("db5:") && !info.contains("db0:"), "{info}");
}

#[tokio::test]
async fn a_password() {
    let server =
        Server::start(Options { password: Some("pässwörd".into()), ..Options::default() }).await.expect("a server");
    works(&server.url().replace("redis://", "redis://:p%C3%A4ssw%C3%B6rd@"), settings()).await;
    let wrong = Redis::new(&server.url().replace("redis://", "redis://:wrong@"), settings()).expect("a URL");
    assert!(matches!(wrong.check().await, Err(RedisError::Unreachable(_))));
}

#[tokio::test]
async fn an_acl_user() {
    let acl_user = Some(("gateway".to_owned(), "s3cret".to_owned()));
    let server = Server::start(Options { acl_user, ..Options::default() }).await.expect("a server");
    works(&server.url().replace("redis://", "redis://gateway:s3cret@"), settings()).await;
}

#[tokio::test]
async fn tls_with_an_authority_of_ones_own() {
    // As the gateway does before anything else.
    rustls::crypto::aws_lc_rs::default_provider().install_default().expect("the first one");
    let folder = tempfile::tempdir().expect("a folder");
    let tls = certificates(folder.path());
    let ca_file = Some(tls.ca.clone());
    let server = Server::start(Options { tls: Some(tls), ..Options::default() }).await.expect("a server");
    works(&server.tls_url(), Settings { ca_file, ..settings() }).await;
    let stranger = Redis::new(&server.tls_url(), settings()).expect("a URL");
    assert!(
        matches!(stranger.check().await, Err(RedisError::Unreachable(_))),
        "the system does not know the authority"
    );
    assert_eq!(server.command(&["PING"]).await.expect("an answer"), Reply::Status("PONG".into()));
}

/// An authority, and a certificate of it for 127.0.0.1.
fn certificates(folder: &Path) -> Tls {
    std::fs::write(folder.join("san"), "subjectAltName=IP:127.0.0.1").expect("written");
    for arguments in [
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=redis -keyout key.pem -out request.pem",
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out cert.pem",
    ] {
        #[expect(clippy::disallowed_methods, reason = "openssl is a program, and these are test certificates")]
        let made = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
        let made = made.expect("openssl is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    Tls { cert: folder.join("cert.pem"), key: folder.join("key.pem"), ca: folder.join("ca.pem") }
}
