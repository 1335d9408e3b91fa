//! STUN for ICE-lite: reads authenticated binding requests, writes success responses (RFC 8489, RFC 8445 §7.3).
use std::net::SocketAddr;

/// Why a datagram is not a binding request we answer. The datagram is to be dropped and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StunError {
    /// Shorter than the longest success response: no ICE check is, and answering it would amplify.
    TooShort,
    /// Not the STUN header of a binding request, or lengths that contradict each other.
    Malformed,
    /// No FINGERPRINT as the last attribute, or a wrong one.
    BadFingerprint,
    /// USERNAME or MESSAGE-INTEGRITY is absent, given twice, or of a wrong length.
    MissingAttribute,
    /// USERNAME is not `our-ufrag:their-ufrag` in ASCII.
    BadUsername,
}

/// A well-formed binding request with a good FINGERPRINT. Nothing in it is to be trusted before `is_authentic`.
#[derive(Debug, Clone, Copy)]
pub struct BindingRequest<'a> {
    #[allow(dead_code)]
    datagram: &'a [u8],
}

/// Reads a binding request.
pub fn parse(datagram: &[u8]) -> Result<BindingRequest<'_>, StunError> {
    let _ = datagram;
    todo!()
}

impl BindingRequest<'_> {
    /// The part of USERNAME before the colon: which of our peers is meant (RFC 8445 §7.2.2).
    pub fn local_ufrag(&self) -> &str {
        todo!()
    }
    /// The part of USERNAME after the colon.
    pub fn remote_ufrag(&self) -> &str {
        todo!()
    }
    /// What the response must repeat.
    pub fn transaction_id(&self) -> [u8; 12] {
        todo!()
    }
    /// True if the request nominates its pair (RFC 8445 §7.3.1.5).
    pub fn use_candidate(&self) -> bool {
        todo!()
    }
    /// True if MESSAGE-INTEGRITY was made with this password (compared in constant time).
    pub fn is_authentic(&self, password: &[u8]) -> bool {
        let _ = password;
        todo!()
    }
}

/// Appends a binding success response with XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY and FINGERPRINT.
///
/// It is never longer than a request that `parse` accepts.
pub fn write_success(
    out: &mut Vec<u8>,
    transaction_id: [u8; 12],
    mapped: SocketAddr,
    password: &[u8],
) {
    let _ = (out, transaction_id, mapped, password);
    todo!()
}
