//! SRTP and SRTCP in place, without allocation per packet (RFC 3711, RFC 7714).
mod counter_mode;
mod gcm;
#[cfg(test)]
pub(crate) mod hex;
mod hmac_sha1;
mod key_derivation;
mod profile;
mod receiver;
mod replay;
mod sender;
mod streams;
#[cfg(test)]
mod tests;
mod transform;
#[cfg(test)]
mod wycheproof;

use std::fmt;

pub use profile::Profile;
pub use receiver::Receiver;
pub use sender::Sender;

/// Why a packet or a key was refused. A refused packet changes no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SrtpError {
    /// The key material is not master key and master salt of the profile: our caller's fault.
    KeyLength,
    /// Too short or not shaped like RTP or RTCP.
    Malformed,
    /// The index was received before, or is older than the replay window.
    Replayed,
    /// The authentication tag is wrong.
    NotAuthentic,
    /// SRTCP without encryption (E flag clear): never used by WebRTC.
    NotEncrypted,
}

impl fmt::Display for SrtpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SrtpError::KeyLength => "not the key material of this SRTP profile",
            SrtpError::Malformed => "not shaped like SRTP",
            SrtpError::Replayed => "SRTP index seen before or too old",
            SrtpError::NotAuthentic => "SRTP authentication tag is wrong",
            SrtpError::NotEncrypted => "SRTCP that is not encrypted",
        })
    }
}

impl std::error::Error for SrtpError {}
