//! The protection profiles we answer DTLS-SRTP with (RFC 5764 §4.1.2, RFC 7714 §14.2).

/// What was agreed on by the use_srtp extension.
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

    /// Bytes that protection adds to a compound RTCP packet: the tag, and the index with its E flag.
    pub const fn rtcp_overhead(self) -> usize {
        self.rtp_overhead() + 4
    }
}
