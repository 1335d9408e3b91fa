//! SRTP and SRTCP in place, without allocation per packet (RFC 3711, RFC 7714).

/// The protection profiles we answer DTLS-SRTP with (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// SRTP_AES128_CM_HMAC_SHA1_80.
    Aes128CmSha1_80,
    /// SRTP_AEAD_AES_128_GCM.
    AeadAes128Gcm,
}

impl Profile {
    /// Bytes of the master key.
    pub const fn key_len(self) -> usize {
        16
    }
    /// Bytes of the master salt, which follows the master key.
    pub const fn salt_len(self) -> usize {
        match self {
            Profile::Aes128CmSha1_80 => 14,
            Profile::AeadAes128Gcm => 12,
        }
    }
    /// Bytes that protection adds to an RTP packet.
    pub const fn rtp_overhead(self) -> usize {
        match self {
            Profile::Aes128CmSha1_80 => 10,
            Profile::AeadAes128Gcm => 16,
        }
    }
    /// Bytes that protection adds to a compound RTCP packet (tag and index).
    pub const fn rtcp_overhead(self) -> usize {
        self.rtp_overhead() + 4
    }
}

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
    /// More SSRCs than a peer may use.
    TooManySsrcs,
}

/// Unprotects what one peer sends.
pub struct Receiver {}

impl Receiver {
    /// From master key followed by master salt.
    pub fn new(profile: Profile, key_and_salt: &[u8]) -> Result<Receiver, SrtpError> {
        let _ = (profile, key_and_salt);
        todo!()
    }
    /// Decrypts in place; returns the length of the plain packet, which begins where the datagram does.
    pub fn unprotect_rtp(&mut self, datagram: &mut [u8]) -> Result<usize, SrtpError> {
        let _ = datagram;
        todo!()
    }
    /// Decrypts in place; returns the length of the plain compound packet.
    pub fn unprotect_rtcp(&mut self, datagram: &mut [u8]) -> Result<usize, SrtpError> {
        let _ = datagram;
        todo!()
    }
}

/// Protects what we send to one peer.
pub struct Sender {}

impl Sender {
    /// From master key followed by master salt.
    pub fn new(profile: Profile, key_and_salt: &[u8]) -> Result<Sender, SrtpError> {
        let _ = (profile, key_and_salt);
        todo!()
    }
    /// Encrypts the plain packet `out[start..]` in place and appends the tag.
    ///
    /// `header_len` counts fixed header, CSRCs and extensions. The rollover counter is `extended_sequence >> 16`:
    /// an outgoing stream must begin with 0 there, because receivers do. The low 16 bits must equal the packet's.
    /// An (ssrc, extended sequence) pair must never be protected twice with different content.
    ///
    /// # Panics
    /// If the packet is shorter than `header_len`, or `header_len` than 12: our caller's fault.
    pub fn protect_rtp(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        header_len: usize,
        extended_sequence: u64,
    ) {
        let _ = (out, start, header_len, extended_sequence);
        todo!()
    }
    /// Encrypts the plain compound packet `out[start..]` in place and appends index and tag.
    ///
    /// # Panics
    /// If the packet is shorter than 8 bytes: our caller's fault.
    pub fn protect_rtcp(&mut self, out: &mut Vec<u8>, start: usize) {
        let _ = (out, start);
        todo!()
    }
}
