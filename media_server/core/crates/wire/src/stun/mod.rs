//! STUN for ICE-lite: reads authenticated binding requests, writes success responses (RFC 8489, RFC 8445 §7.3).
mod fingerprint;
pub(crate) mod integrity;
pub(crate) mod request;
mod response;
#[cfg(test)]
mod tests;

use std::fmt;

pub use request::{BindingRequest, parse};
pub use response::write_success;

/// Fixed bytes 4 to 7 of every message (RFC 8489 §5).
pub const MAGIC_COOKIE: u32 = 0x2112_a442;
pub(crate) const HEADER_LEN: usize = 20;

/// Header, XOR-MAPPED-ADDRESS of IPv6, MESSAGE-INTEGRITY, FINGERPRINT. A shorter request is refused, so that
/// nobody gets more bytes out of us than they put in; a real check, with PRIORITY and a role, is longer.
const LONGEST_RESPONSE_BYTES: usize = HEADER_LEN + 24 + 24 + 8;

/// Why a datagram is not a binding request we answer. The datagram is to be dropped and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StunError {
    /// Shorter than the longest success response: no ICE check is, and answering it would amplify.
    TooShort,
    /// Not the STUN header of a binding request, or lengths that contradict each other.
    Malformed,
    /// No FINGERPRINT as the last attribute, or a wrong one.
    BadFingerprint,
    /// USERNAME or MESSAGE-INTEGRITY is absent or of a wrong length.
    MissingAttribute,
    /// USERNAME is not `our-ufrag:their-ufrag`.
    BadUsername,
    /// An attribute that must be understood, and is not.
    UnknownAttribute,
}

impl fmt::Display for StunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StunError::TooShort => "shorter than the response to it",
            StunError::Malformed => "not a STUN binding request",
            StunError::BadFingerprint => "FINGERPRINT absent or wrong",
            StunError::MissingAttribute => "USERNAME or MESSAGE-INTEGRITY absent",
            StunError::BadUsername => "USERNAME is not a pair of ufrags",
            StunError::UnknownAttribute => "an attribute that must be understood is not",
        })
    }
}

impl std::error::Error for StunError {}
