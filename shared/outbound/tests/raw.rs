//! Connections of protocols other than HTTP, over real sockets.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use footbridge_outbound::{DialError, Dialler, Identity, Policy, Tls, Trust};
use footbridge_testkit::certificate::Certificate;
use footbridge_testkit::irc::Peer;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const OPEN: Policy = Policy { allow_private_addresses: true };

fn authorities(certificate: &Certificate) -> Trust {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate.certificate()).unwrap()).unwrap();
    Trust::Authorities(Arc::new(roots))
}

/// What a server with a certificate for `localhost` hears from a client that believes `trust` and expects `host`.
async fn shake(trust: impl FnOnce(&Certificate) -> Trust, host: &str) -> Result<String, DialError> {
    let certificate = Certificate::for_names(&["DNS:localhost"]).unwrap();
    let peer = Peer::listen_securely(&certificate).await.unwrap();
    let port = peer.port();
    let heard = tokio::spawn(async move { peer.accept().await.unwrap().line().await.unwrap().unwrap() });
    let stream = Dialler::new(OPEN).connect("127.0.0.1", port).await?;
    let mut stream = Tls::new(&trust(&certificate), None)?.connect(host, stream).await?;
    stream.write_all(b"ahoy\r\n").await.unwrap();
    stream.flush().await.unwrap();
    Ok(heard.await.unwrap())
}

#[tokio::test]
async fn a_certificate_for_the_name_from_a_trusted_authority_is_good() {
    assert_eq!(shake(authorities, "localhost").await.unwrap(), "ahoy");
}

#[tokio::test]
async fn an_authority_of_the_operators_own_is_trusted_besides_the_systems() {
    let own = |certificate: &Certificate| {
        Trust::besides(Certificate::text(&certificate.certificate()).unwrap().as_bytes()).unwrap()
    };
    assert_eq!(shake(own, "localhost").await.unwrap(), "ahoy");
    let refused = shake(own, "irc.example").await.unwrap_err();
    assert!(matches!(refused, DialError::Tls { .. }), "{refused}");
    for unusable in ["", "no PEM at all", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let refused = Trust::besides(unusable.as_bytes()).unwrap_err().to_string();
        assert!(refused.starts_with("certificate authorities: "), "{refused}");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    for host in ["irc.example", "127.0.0.1", "localhost.example"] {
        let refused = shake(authorities, host).await.unwrap_err();
        assert!(matches!(refused, DialError::Tls { .. }), "{refused}");
        assert!(refused.to_string().starts_with(&format!("no secure connection to {host}: ")), "{refused}");
    }
}

// irc 8
#[tokio::test]
async fn a_certificate_that_vouches_for_itself_is_refused_unless_anyone_is_trusted() {
    let refused = shake(|_| Trust::System, "localhost").await.unwrap_err();
    assert!(matches!(refused, DialError::Tls { .. }), "{refused}");
    assert_eq!(shake(|_| Trust::Anyone, "irc.example").await.unwrap(), "ahoy");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_apart() {
    let peer = Peer::listen().await.unwrap();
    let stream = Dialler::new(OPEN).connect("127.0.0.1", peer.port()).await.unwrap();
    let mut conversation = peer.accept().await.unwrap();
    conversation.say(":irc.test NOTICE * :*** Looking up your hostname").await.unwrap();
    let refused = Tls::new(&Trust::Anyone, None).unwrap().connect("irc.test", stream).await.unwrap_err();
    assert!(refused.to_string().starts_with("no secure connection to irc.test: "), "{refused}");
}

#[tokio::test]
async fn a_connection_without_tls_carries_what_is_written() {
    let peer = Peer::listen().await.unwrap();
    let mut stream = Dialler::new(OPEN).connect("localhost", peer.port()).await.unwrap();
    let mut conversation = peer.accept().await.unwrap();
    conversation.say("PING :1").await.unwrap();
    let mut heard = [0; 9];
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"PING :1\r\n");
}

#[test]
fn a_certificate_of_ones_own_needs_both_parts_and_quotes_neither() {
    let certificate = Certificate::for_names(&["DNS:kim.example"]).unwrap();
    let chain = Certificate::text(&certificate.certificate()).unwrap();
    let key = Certificate::text(&certificate.key()).unwrap();
    let own = Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    Tls::new(&Trust::Anyone, Some(own)).unwrap();
    for (chain, key, what) in [("hunter2", &*key, "certificate"), (&chain, "hunter2", "private key")] {
        let refused = Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap_err().to_string();
        assert_eq!(refused, format!("client certificate: the {what} is missing or not readable as PEM"));
    }
    let other = Certificate::for_names(&["DNS:lou.example"]).unwrap();
    let foreign = Certificate::text(&other.key()).unwrap();
    let mixed = Identity::from_pem(chain.as_bytes(), foreign.as_bytes()).unwrap();
    assert!(matches!(Tls::new(&Trust::Anyone, Some(mixed)), Err(DialError::Identity(_))));
}
