//! A server that says what the test says, good or bad.

use std::{collections::VecDeque, io, net::Ipv4Addr, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use super::{DOMAIN, Elements, PATIENCE, Scram, attribute, text};
use crate::certificate::Certificate;

/// Listens on a free port of 127.0.0.1, for clear text or for TLS from the first byte.
pub struct Peer {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

/// One client's connection, seen from the server.
pub struct Conversation {
    stream: Box<dyn Stream>,
    elements: Elements,
    /// Heard and passed over by [`Conversation::hear_first`].
    passed: VecDeque<String>,
    user: String,
}

pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Peer {
    /// Listens for clear text.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn listen() -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?, tls: None })
    }

    /// Listens for TLS.
    ///
    /// # Errors
    /// There is no free port, or the certificate is none.
    pub async fn listen_securely(certificate: &Certificate) -> io::Result<Self> {
        Ok(Self { tls: Some(acceptor(certificate)?), ..Self::listen().await? })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.listener.local_addr().expect("it is bound").port()
    }

    /// The next client.
    ///
    /// # Errors
    /// None comes within 20 s, or its handshake fails.
    pub async fn accept(&self) -> io::Result<Conversation> {
        let accept = async {
            let (stream, _) = self.listener.accept().await?;
            let stream: Box<dyn Stream> = match &self.tls {
                Some(tls) => Box::new(tls.accept(stream).await?),
                None => Box::new(stream),
            };
            Ok(Conversation::new(stream, "kim".to_owned()))
        };
        timeout(PATIENCE, accept).await.map_err(|_| io::Error::other("nobody connects"))?
    }
}

pub(super) fn acceptor(certificate: &Certificate) -> io::Result<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(certificate.certificate()).map_err(io::Error::other)?;
    let chain: Result<Vec<_>, _> = chain.collect();
    let key = PrivateKeyDer::from_pem_file(certificate.key()).map_err(io::Error::other)?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain.map_err(io::Error::other)?, key)
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

impl Conversation {
    fn new(stream: Box<dyn Stream>, user: String) -> Self {
        Self { stream, elements: Elements::default(), passed: VecDeque::new(), user }
    }

    /// Takes the client for somebody else than `kim`.
    pub fn take_for(&mut self, user: &str) {
        user.clone_into(&mut self.user);
    }

    /// The next element below `<stream:stream>`, or a tag of the stream itself; `None` at the end of the connection.
    ///
    /// # Errors
    /// The connection's; also when nothing comes within 20 s.
    pub async fn element(&mut self) -> io::Result<Option<String>> {
        if let Some(passed) = self.passed.pop_front() {
            return Ok(Some(passed));
        }
        self.read().await
    }

    async fn read(&mut self) -> io::Result<Option<String>> {
        let mut chunk = [0; 8 * 1024];
        loop {
            if let Some(element) = self.elements.take() {
                return Ok(Some(element));
            }
            let read = timeout(PATIENCE, self.stream.read(&mut chunk)).await;
            match read.map_err(|_| io::Error::other("the client says nothing"))?? {
                0 => return Ok(None),
                read => self.elements.push(&chunk[..read]),
            }
        }
    }

    /// The next element that contains `text`; those before it are passed over.
    ///
    /// # Errors
    /// As [`Conversation::element`], and at the end of the connection.
    pub async fn hear(&mut self, text: &str) -> io::Result<String> {
        let mut others = Vec::new();
        while let Some(element) = self.element().await? {
            if element.contains(text) {
                return Ok(element);
            }
            others.push(element);
        }
        Err(io::Error::other(format!("no {text:?}, but {others:?}")))
    }

    /// The same, but those before it are kept for later.
    ///
    /// # Errors
    /// As [`Conversation::hear`].
    pub async fn hear_first(&mut self, text: &str) -> io::Result<String> {
        if let Some(at) = self.passed.iter().position(|passed| passed.contains(text)) {
            return Ok(self.passed.remove(at).unwrap_or_default());
        }
        while let Some(element) = self.read().await? {
            if element.contains(text) {
                return Ok(element);
            }
            self.passed.push_back(element);
        }
        Err(io::Error::other(format!("no {text:?}, but {:?}", self.passed)))
    }

    /// What comes up to `end`, in a protocol that is not of XML.
    ///
    /// # Errors
    /// The connection's, or it ends before.
    pub async fn hear_up_to(&mut self, end: &str) -> io::Result<String> {
        let mut heard = Vec::new();
        while !heard.ends_with(end.as_bytes()) {
            let read = timeout(PATIENCE, self.stream.read_u8()).await;
            heard.push(read.map_err(|_| io::Error::other("the client says nothing"))??);
        }
        String::from_utf8(heard).map_err(io::Error::other)
    }

    /// Says something: an element, several, or what is none.
    ///
    /// # Errors
    /// The connection's.
    pub async fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }

    /// Answers an `iq` that was heard, with this payload.
    ///
    /// # Errors
    /// The connection's, or the `iq` has no id.
    pub async fn answer(&mut self, iq: &str, payload: &str) -> io::Result<()> {
        let id = attribute(iq, "id").ok_or(io::ErrorKind::InvalidData)?;
        let from = attribute(iq, "to").map(|to| format!(" from='{to}'")).unwrap_or_default();
        self.say(&format!("<iq type='result' id='{id}'{from}>{payload}</iq>")).await
    }

    /// Hears the client open a stream, opens ours and offers `features`.
    ///
    /// # Errors
    /// As [`Conversation::hear`].
    pub async fn open(&mut self, features: &str) -> io::Result<()> {
        self.hear("<stream").await?;
        self.say(&format!(
            "<?xml version='1.0'?><stream:stream id='s1' from='{DOMAIN}' version='1.0' xml:lang='en' xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams'><stream:features>{features}</stream:features>"
        ))
        .await
    }

    /// Goes on in TLS once the client asks for it.
    ///
    /// # Errors
    /// As [`Conversation::hear`], or the handshake fails.
    pub async fn secure(self, certificate: &Certificate) -> io::Result<Self> {
        let mut conversation = self;
        conversation.open("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>").await?;
        conversation.hear("<starttls").await?;
        conversation.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await?;
        let secured = acceptor(certificate)?.accept(conversation.stream).await?;
        Ok(Self::new(Box::new(secured), conversation.user))
    }

    /// Lets the client in if it knows the [`PASSWORD`](super::PASSWORD), and lets it bind the resource it wants; `features` are
    /// offered besides. Its full JID.
    ///
    /// # Errors
    /// As [`Conversation::hear`].
    pub async fn log_in(&mut self, features: &str) -> io::Result<String> {
        self.authenticate().await?;
        self.open(&format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>{features}")).await?;
        self.bind().await
    }

    /// The part of [`Conversation::log_in`] before the second stream.
    ///
    /// # Errors
    /// As [`Conversation::hear`].
    pub async fn authenticate(&mut self) -> io::Result<()> {
        const SASL: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
        self.open(&format!("<mechanisms {SASL}><mechanism>SCRAM-SHA-1</mechanism></mechanisms>")).await?;
        let auth = self.hear("<auth").await?;
        let shown = self.challenge(text(&auth, "auth"), SASL).await?;
        self.say(&format!("<success {SASL}>{shown}</success>")).await
    }

    /// Sees an exchange of SCRAM through that the client has begun with `first`, in that namespace. What is to be shown to
    /// it in the end.
    ///
    /// # Errors
    /// As [`Conversation::hear`], or the client does not know the [`PASSWORD`](super::PASSWORD).
    pub async fn challenge(&mut self, first: Option<&str>, namespace: &str) -> io::Result<String> {
        let (scram, challenge) = Scram::begin(first.ok_or(io::ErrorKind::InvalidData)?)?;
        self.say(&format!("<challenge {namespace}>{challenge}</challenge>")).await?;
        let response = self.hear("<response").await?;
        let shown = scram.finish(text(&response, "response").ok_or(io::ErrorKind::InvalidData)?)?;
        shown.ok_or_else(|| io::Error::other("the client does not know the password"))
    }

    /// Binds the user's account to the resource that the client wants, which is the last part of logging in. Its full JID.
    ///
    /// # Errors
    /// As [`Conversation::hear`].
    pub async fn bind(&mut self) -> io::Result<String> {
        let wanted = self.hear("urn:ietf:params:xml:ns:xmpp-bind").await?;
        let resource = wanted.split_once("<resource>").and_then(|(_, rest)| rest.split_once("</resource>"));
        let jid = format!("{}@{DOMAIN}/{}", self.user, resource.map_or("given", |(resource, _)| resource));
        self.answer(&wanted, &format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{jid}</jid></bind>"))
            .await?;
        Ok(jid)
    }

    /// Waits until the client has closed the connection; what it still says is passed over.
    ///
    /// # Errors
    /// It has not within 20 s.
    pub async fn closed(&mut self) -> io::Result<()> {
        loop {
            match self.element().await {
                Ok(Some(_)) => {}
                Err(error) if error.kind() == io::ErrorKind::Other => return Err(error),
                Ok(None) | Err(_) => return Ok(()),
            }
        }
    }
}
