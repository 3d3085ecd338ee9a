//! TLS to a listener of one's own: the certificate is not looked at, since nothing secret is sent and nothing that comes
//! back is trusted.

use std::io;
use std::net::{IpAddr, TcpStream};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned};

use super::Stream;

/// Takes every certificate.
#[derive(Debug)]
struct Whoever(CryptoProvider);

impl ServerCertVerifier for Whoever {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Speaks TLS over a connection; the handshake comes with the first bytes that are written.
pub(super) fn over(stream: TcpStream, ip: IpAddr) -> io::Result<Box<dyn Stream>> {
    let provider = ring::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider.clone()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Whoever(provider)))
        .with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), ip.into()).map_err(io::Error::other)?;
    Ok(Box::new(StreamOwned::new(connection, stream)))
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, probe};
    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ServerConfig, ServerConnection};
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;

    /// Serves `/debug/vars` behind TLS, with a certificate that nobody signed.
    fn server() -> std::net::SocketAddr {
        let certificate = CertificateDer::from_slice(include_bytes!("fixtures/certificate.der"));
        let key = PrivateKeyDer::try_from(&include_bytes!("fixtures/key.der")[..]).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a certificate and its key");
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(config.clone()).expect("a connection");
                let mut reader = BufReader::new(StreamOwned::new(connection, stream));
                let mut line = String::new();
                if reader.read_line(&mut line).is_err() {
                    continue;
                }
                let status = if line.starts_with("GET /debug/vars ") { "200 OK" } else { "404 Not Found" };
                let _ = write!(reader.get_mut(), "HTTP/1.1 {status}\r\n\r\n");
            }
        });
        address
    }

    #[test]
    fn a_debug_path_is_found_behind_tls_whoevers_certificate_it_is() {
        let answer = probe(server(), Duration::from_secs(10));
        assert_eq!(answer, Answer::Serves("`/debug/vars`".to_owned()));
    }
}
