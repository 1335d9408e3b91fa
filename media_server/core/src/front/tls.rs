//! The certificate and key that the TLS port shows.
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// TLS 1.2 and 1.3 with a chain and its key in PEM. The error is a sentence without any secret.
pub fn config(certificate_pem: &[u8], private_key_pem: &[u8]) -> Result<Arc<ServerConfig>, String> {
    let chain = CertificateDer::pem_slice_iter(certificate_pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "the certificate file holds no certificate in PEM".to_owned())?;
    let key = PrivateKeyDer::from_pem_slice(private_key_pem)
        .map_err(|_| "the key file holds no private key in PEM".to_owned())?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| error.to_string())?;
    // A client that comes back, on a line that loses packets, saves a round trip and us a signature.
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(|error| error.to_string())?;
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pem_is_refused_with_a_sentence() {
        let refusal = config(b"", b"").expect_err("no certificate");
        assert!(refusal.contains("key file") || refusal.contains("certificate"));
    }
}
