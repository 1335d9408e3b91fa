//! The certificate and key that the TLS port shows, which can be exchanged while it is open: hospitals' run out.
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// What new connections are shown.
#[derive(Debug)]
pub struct Shown {
    key: RwLock<Arc<CertifiedKey>>,
}

impl Shown {
    /// Shows something else from now on; what was shown before stays where that is refused. See `config`.
    pub fn exchange(&self, certificate_pem: &[u8], private_key_pem: &[u8]) -> Result<(), String> {
        let read = read(
            certificate_pem,
            private_key_pem,
            &aws_lc_rs::default_provider(),
        )?;
        // Nobody panics while holding it.
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
        Ok(())
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let key = self.key.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&key))
    }
}

/// TLS 1.2 and 1.3 with a chain and its key in PEM. The error is a sentence without any secret.
pub fn config(
    certificate_pem: &[u8],
    private_key_pem: &[u8],
) -> Result<(Arc<ServerConfig>, Arc<Shown>), String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let shown = Arc::new(Shown {
        key: RwLock::new(Arc::new(read(certificate_pem, private_key_pem, &provider)?)),
    });
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
    // A client that comes back, on a line that loses packets, saves a round trip and us a signature.
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(|error| error.to_string())?;
    Ok((Arc::new(config), shown))
}

fn read(
    certificate_pem: &[u8],
    private_key_pem: &[u8],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, String> {
    let chain = CertificateDer::pem_slice_iter(certificate_pem)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or("the certificate file holds no certificate in PEM")?;
    let key = PrivateKeyDer::from_pem_slice(private_key_pem)
        .map_err(|_| "the key file holds no private key in PEM")?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pem_is_refused_with_a_sentence() {
        let refusal = config(b"", b"").expect_err("no certificate");
        assert!(refusal.contains("certificate file"), "{refusal}");
    }
}
