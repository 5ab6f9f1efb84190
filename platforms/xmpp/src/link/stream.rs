//! A connection, secured or not.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use footbridge_outbound::{ProtocolVersion, TlsStream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::web::Web;

pub(super) enum Stream {
    Clear(TcpStream),
    Secure(Box<TlsStream>),
    /// Over one of the others.
    Web(Box<Web>),
}

impl Stream {
    /// What a TLS connection has that no other has, to bind authentication to (RFC 9266). Older versions of TLS have such
    /// a thing only under conditions that cannot be seen from here.
    pub(super) fn exporter(&self) -> Option<[u8; 32]> {
        let stream = match self {
            Self::Clear(_) => return None,
            Self::Secure(stream) => stream,
            Self::Web(web) => return web.below().exporter(),
        };
        let (_, connection) = stream.get_ref();
        if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
            return None;
        }
        connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", None).ok()
    }

    /// Whether nobody else reads along: it is secured.
    pub(super) fn is_secure(&self) -> bool {
        match self {
            Self::Clear(_) => false,
            Self::Secure(_) => true,
            Self::Web(web) => web.below().is_secure(),
        }
    }

    /// Whether the server is on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let socket = match self {
            Self::Clear(stream) => stream,
            Self::Secure(stream) => stream.get_ref().0,
            Self::Web(web) => return web.below().is_loopback(),
        };
        socket.peer_addr().is_ok_and(|address| address.ip().to_canonical().is_loopback())
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_read(context, buf),
            Self::Secure(stream) => Pin::new(stream).poll_read(context, buf),
            Self::Web(web) => Pin::new(web).poll_read(context, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write(context, buf),
            Self::Secure(stream) => Pin::new(stream).poll_write(context, buf),
            Self::Web(web) => Pin::new(web).poll_write(context, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_flush(context),
            Self::Secure(stream) => Pin::new(stream).poll_flush(context),
            Self::Web(web) => Pin::new(web).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Secure(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Web(web) => Pin::new(web).poll_shutdown(context),
        }
    }
}
