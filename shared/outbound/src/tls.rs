//! TLS over a connection: whom to trust, and who we are.

use crate::DialError;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::io;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A connection that is secured.
pub type TlsStream = tokio_rustls::client::TlsStream<TcpStream>;

/// Which servers are believed to be who they say.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Those with a certificate for their name, from an authority that the operating system trusts.
    System,
    /// Those with a certificate for their name, from one of these authorities.
    Authorities(Arc<RootCertStore>),
    /// Any: the connection cannot be read by others, but nobody knows whom it leads to.
    Anyone,
}

impl Trust {
    /// Reads the system's authorities, once per process, so that forked processes share them. Failure shows when a
    /// connection needs them.
    pub fn warm() {
        let _ = system();
    }

    /// The system's authorities, where it has any, and those of `pem`.
    ///
    /// # Errors
    /// [`DialError::Authorities`] when there is none in `pem`, or one that cannot be used.
    pub fn besides(pem: &[u8]) -> Result<Self, DialError> {
        let unusable = |why: String| DialError::Authorities(why);
        let mut roots = system().map_or_else(|_| RootCertStore::empty(), |roots| RootCertStore::clone(&roots));
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(unusable("there is none".to_owned()));
        }
        roots.roots.shrink_to_fit();
        Ok(Self::Authorities(Arc::new(roots)))
    }
}

/// A certificate of our own with its key, for servers that know users by it.
#[derive(Debug)]
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads certificates, our own first, and its private key, all PEM.
    ///
    /// # Errors
    /// [`DialError::Identity`] when one is missing or unreadable; the text quotes neither.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, DialError> {
        let unusable = |what: &str| DialError::Identity(format!("{what} is missing or not readable as PEM"));
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| unusable("the certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| unusable("the private key"))?;
        Ok(Self { chain, key })
    }
}

/// Secures connections: TLS 1.2 or 1.3.
#[derive(Clone)]
pub struct Tls(TlsConnector);

impl Tls {
    /// With whom to trust, and who we are, if we are to say so.
    ///
    /// # Errors
    /// [`DialError::NoAuthorities`] where the system has none, [`DialError::Identity`] where key and certificate do not
    /// belong together.
    pub fn new(trust: &Trust, identity: Option<Identity>) -> Result<Self, DialError> {
        let provider = provider();
        let verifier: Arc<dyn ServerCertVerifier> = match trust {
            Trust::System => webpki(system()?, &provider)?,
            Trust::Authorities(roots) => webpki(Arc::clone(roots), &provider)?,
            Trust::Anyone => Arc::new(Unverified(Arc::clone(&provider))),
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| DialError::NoAuthorities(format!(" ({error})")))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(Identity { chain, key }) => {
                builder.with_client_auth_cert(chain, key).map_err(|error| DialError::Identity(error.to_string()))?
            }
        };
        // One long connection at a time: tickets would be memory for nothing.
        config.resumption = Resumption::disabled();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Tells servers in the handshake which protocol is to be spoken (ALPN), such as `xmpp-client`. One that knows several
    /// on its port chooses by it; one that does not know it hangs up.
    #[must_use]
    pub fn speaking(self, protocol: &[u8]) -> Self {
        let mut config = ClientConfig::clone(self.0.config());
        config.alpn_protocols = vec![protocol.to_vec()];
        Self(TlsConnector::from(Arc::new(config)))
    }

    /// Secures `stream`. The certificate has to be for `host`, unless anyone is trusted.
    ///
    /// # Errors
    /// [`DialError::Tls`].
    pub async fn connect(&self, host: &str, stream: TcpStream) -> Result<TlsStream, DialError> {
        let failed = |source| DialError::Tls { host: host.to_owned(), source };
        let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(io::Error::other(error)))?;
        self.0.connect(name, stream).await.map_err(failed)
    }
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(aws_lc_rs::default_provider())))
}

/// The authorities of the operating system. A failure to find any is not remembered: they may be installed later.
fn system() -> Result<Arc<RootCertStore>, DialError> {
    static SYSTEM: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(roots) = SYSTEM.get() {
        return Ok(Arc::clone(roots));
    }
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(DialError::NoAuthorities(why));
    }
    roots.roots.shrink_to_fit();
    Ok(Arc::clone(SYSTEM.get_or_init(|| Arc::new(roots))))
}

fn webpki(roots: Arc<RootCertStore>, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, DialError> {
    WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider))
        .build()
        .map_err(|error| DialError::NoAuthorities(format!(" ({error})")))
}

/// Accepts any certificate whose owner is at the other end.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
