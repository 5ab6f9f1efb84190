//! Somebody on a server, for whom a test speaks raw stanzas.

use std::{io, net::Ipv4Addr, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

use super::{DOMAIN, Elements, PATIENCE, Server};

/// A connected user.
pub struct User {
    stream: TlsStream<TcpStream>,
    elements: Elements,
}

impl User {
    /// Connects with TLS, logs in and binds `resource`. Sends no presence.
    ///
    /// # Errors
    /// The server refuses, or is not there.
    pub async fn connect(server: &Server, user: &str, password: &str, resource: &str) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        let authority = server.authority();
        for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
            roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(DOMAIN).map_err(io::Error::other)?;
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.tls_port())).await?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let mut this = Self { stream, elements: Elements::default() };
        this.log_in(user, password, resource).await?;
        Ok(this)
    }

    async fn log_in(&mut self, user: &str, password: &str, resource: &str) -> io::Result<()> {
        let header = format!(
            "<?xml version='1.0'?><stream:stream to='{DOMAIN}' version='1.0' xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams'>"
        );
        self.say(&header).await?;
        self.until("<stream:features").await?;
        let secret = base64(format!("\0{user}\0{password}").as_bytes());
        self.say(&format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>")).await?;
        let verdict = self.until("urn:ietf:params:xml:ns:xmpp-sasl").await?;
        if !verdict.starts_with("<success") {
            return Err(io::Error::other(verdict));
        }
        self.elements = Elements::default();
        self.say(&header).await?;
        self.until("<stream:features").await?;
        self.say(&format!(
            "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource>\
             </bind></iq>"
        ))
        .await?;
        self.until("<jid>").await.map(drop)
    }

    /// Sends an element, or several.
    ///
    /// # Errors
    /// The connection's.
    pub async fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }

    /// Enters a room as `nick`, and waits until it is there.
    ///
    /// # Errors
    /// The connection's; also when the room does not let it in within 20 s.
    pub async fn join(&mut self, room: &str, nick: &str) -> io::Result<()> {
        self.say(&format!("<presence to='{room}/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"))
            .await?;
        self.until("<subject").await.map(drop)
    }

    /// Waits for an element that contains `text`; others are passed over.
    ///
    /// # Errors
    /// The connection ends, or there is none within 20 s.
    pub async fn until(&mut self, text: &str) -> io::Result<String> {
        let search = async {
            let mut others = Vec::new();
            let mut chunk = [0; 8 * 1024];
            loop {
                while let Some(element) = self.elements.take() {
                    if element.contains(text) {
                        return Ok(element);
                    }
                    others.push(element);
                }
                match self.stream.read(&mut chunk).await? {
                    0 => return Err(io::Error::other(format!("no {text:?}, but {others:?}"))),
                    read => self.elements.push(&chunk[..read]),
                }
            }
        };
        timeout(PATIENCE, search).await.map_err(|_| io::Error::other(format!("nobody says {text:?}")))?
    }
}

/// Base64 with padding, for the one place in tests that needs it.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for triple in bytes.chunks(3) {
        let number =
            triple.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - triple.len()));
        for place in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= triple.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
