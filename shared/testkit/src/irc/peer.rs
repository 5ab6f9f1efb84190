//! A server that says what the test says, good or bad.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
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

use super::PATIENCE;
use crate::certificate::Certificate;

/// Listens on a free port of 127.0.0.1.
pub struct Peer {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

/// One client's connection, seen from the server.
pub struct Conversation {
    stream: BufReader<Box<dyn Stream>>,
    /// Where the client connected from.
    pub client: SocketAddr,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

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
        let chain = CertificateDer::pem_file_iter(certificate.certificate()).map_err(io::Error::other)?;
        let chain: Result<Vec<_>, _> = chain.collect();
        let key = PrivateKeyDer::from_pem_file(certificate.key()).map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(chain.map_err(io::Error::other)?, key)
            .map_err(io::Error::other)?;
        Ok(Self { tls: Some(TlsAcceptor::from(Arc::new(config))), ..Self::listen().await? })
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
            let (stream, client) = self.listener.accept().await?;
            let stream: Box<dyn Stream> = match &self.tls {
                Some(tls) => Box::new(tls.accept(stream).await?),
                None => Box::new(stream),
            };
            Ok(Conversation { stream: BufReader::new(stream), client })
        };
        timeout(PATIENCE, accept).await.map_err(|_| io::Error::other("nobody connects"))?
    }
}

impl Conversation {
    /// The next line; `None` at the end of the connection.
    ///
    /// # Errors
    /// The connection's; also when nothing comes within 20 s.
    pub async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.stream.read_line(&mut line)).await;
        let read = read.map_err(|_| io::Error::other("the client says nothing"))??;
        Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// The next line that begins with `beginning`; those before it are passed over.
    ///
    /// # Errors
    /// As [`Conversation::line`], and at the end of the connection.
    pub async fn hear(&mut self, beginning: &str) -> io::Result<String> {
        let mut others = Vec::new();
        while let Some(line) = self.line().await? {
            if line.starts_with(beginning) {
                return Ok(line);
            }
            others.push(line);
        }
        Err(io::Error::other(format!("no {beginning:?}, but {others:?}")))
    }

    /// Says a line, or several.
    ///
    /// # Errors
    /// The connection's.
    pub async fn say(&mut self, line: &str) -> io::Result<()> {
        self.write(format!("{line}\r\n").as_bytes()).await
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// The connection's.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Lets the client register, offering `capabilities` and granting what it asks for; then its nick.
    ///
    /// # Errors
    /// As [`Conversation::line`], and at the end of the connection.
    pub async fn register(&mut self, capabilities: &str) -> io::Result<String> {
        let (mut nick, mut user, mut negotiating) = (None, false, false);
        loop {
            let line = self.line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["CAP", "LS", ..] => {
                    negotiating = true;
                    self.say(&format!(":irc.test CAP * LS :{capabilities}")).await?;
                }
                ["CAP", "REQ", ..] => {
                    let wanted = line.trim_start_matches("CAP REQ ").trim_start_matches(':').trim_end().to_owned();
                    self.say(&format!(":irc.test CAP * ACK :{wanted}")).await?;
                }
                ["CAP", "END"] => negotiating = false,
                ["NICK", wanted] => nick = Some(wanted.trim_start_matches(':').to_owned()),
                ["USER", ..] => user = true,
                _ => {}
            }
            if let (Some(nick), true, false) = (&nick, user, negotiating) {
                let nick = nick.clone();
                self.welcome(&nick).await?;
                return Ok(nick);
            }
        }
    }

    /// Says what a server says to a client that has registered.
    ///
    /// # Errors
    /// The connection's.
    pub async fn welcome(&mut self, nick: &str) -> io::Result<()> {
        self.say(&format!(
            ":irc.test 001 {nick} :Welcome, {nick}\r\n:irc.test 002 {nick} :This is irc.test\r\n\
             :irc.test 004 {nick} irc.test test-1 iosw biklmnopstv\r\n\
             :irc.test 005 {nick} CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(qaohv)~&@%+ CHANMODES=b,k,l,imnpst NICKLEN=30 \
             :are supported by this server\r\n:irc.test 422 {nick} :There is no message of the day"
        ))
        .await
    }

    /// Waits until the client has closed the connection; what it still says is passed over.
    ///
    /// # Errors
    /// It has not within 20 s.
    pub async fn closed(&mut self) -> io::Result<()> {
        loop {
            match self.line().await {
                Ok(Some(_)) => {}
                Err(error) if error.kind() == io::ErrorKind::Other => return Err(error),
                Ok(None) | Err(_) => return Ok(()),
            }
        }
    }
}
