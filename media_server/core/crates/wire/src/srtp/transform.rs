//! Encrypts and authenticates one packet in place, given its index: the two profiles behind one face.
//!
//! ```text
//! SRTP   | header | encrypted payload | tag |                      (RFC 3711 §3.1, RFC 7714 §8)
//! SRTCP  | 8 bytes | encrypted rest | E, index | tag 10 |          (RFC 3711 §3.4)
//!        | 8 bytes | encrypted rest | tag 16 | E, index |          (RFC 7714 §9)
//! ```
use super::counter_mode::CounterMode;
use super::gcm::{self, Gcm};
use super::hmac_sha1::{self, HmacSha1};
use super::key_derivation::{Label, MasterKey};
use super::{Profile, SrtpError};

/// RTCP header and sender SSRC, which stay plain.
pub(super) const RTCP_PLAIN_LEN: usize = 8;

/// The E flag before the 31-bit SRTCP index: the packet is encrypted.
const ENCRYPTED_FLAG: u32 = 0x8000_0000;

/// Bytes of the word with E flag and index.
const INDEX_LEN: usize = 4;

/// The session keys of one direction, for RTP or for RTCP.
#[expect(
    clippy::large_enum_variant,
    reason = "four per peer; a box would cost every packet a cache miss"
)]
pub(super) enum Transform {
    Cm {
        cipher: CounterMode,
        salt: [u8; 14],
        authentication: HmacSha1,
    },
    Gcm {
        cipher: Gcm,
        salt: [u8; 12],
    },
}

impl Transform {
    pub(super) fn for_rtp(profile: Profile, master: &MasterKey) -> Result<Transform, SrtpError> {
        Transform::new(
            profile,
            master,
            Label::RtpEncryption,
            Label::RtpAuthentication,
            Label::RtpSalt,
        )
    }

    pub(super) fn for_rtcp(profile: Profile, master: &MasterKey) -> Result<Transform, SrtpError> {
        Transform::new(
            profile,
            master,
            Label::RtcpEncryption,
            Label::RtcpAuthentication,
            Label::RtcpSalt,
        )
    }

    fn new(
        profile: Profile,
        master: &MasterKey,
        encryption: Label,
        authentication: Label,
        salt: Label,
    ) -> Result<Transform, SrtpError> {
        let key = master.derive::<16>(encryption)?;
        Ok(match profile {
            Profile::Aes128CmSha1_80 => Transform::Cm {
                cipher: CounterMode::new(&key)?,
                salt: master.derive(salt)?,
                authentication: HmacSha1::new(
                    &master.derive::<{ hmac_sha1::KEY_LEN }>(authentication)?,
                ),
            },
            Profile::AeadAes128Gcm => Transform::Gcm {
                cipher: Gcm::new(&key)?,
                salt: master.derive(salt)?,
            },
        })
    }

    /// Encrypts an RTP packet behind its header and appends the tag. `packet` begins at `start` in `out`.
    pub(super) fn protect_rtp(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), SrtpError> {
        let packet = out.get_mut(start..).ok_or(SrtpError::Malformed)?;
        let (header, payload) = packet
            .split_at_mut_checked(header_len)
            .ok_or(SrtpError::Malformed)?;
        match self {
            Transform::Cm {
                cipher,
                salt,
                authentication,
            } => {
                cipher.apply(cm_counter(salt, ssrc, index), payload)?;
                let tag = authentication.tag(packet, &rollover(index));
                out.extend_from_slice(&tag);
            }
            Transform::Gcm { cipher, salt } => {
                let tag = cipher.seal(gcm_rtp_nonce(salt, ssrc, index), header, payload)?;
                out.extend_from_slice(&tag);
            }
        }
        Ok(())
    }

    /// Checks and decrypts an SRTP packet in place; returns the length of the plain packet.
    pub(super) fn unprotect_rtp(
        &self,
        datagram: &mut [u8],
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, SrtpError> {
        match self {
            Transform::Cm {
                cipher,
                salt,
                authentication,
            } => {
                let (packet, tag) = split_end(datagram, hmac_sha1::TAG_LEN)?;
                let payload_len = packet
                    .len()
                    .checked_sub(header_len)
                    .ok_or(SrtpError::Malformed)?;
                if !authentication.is_authentic(packet, &rollover(index), tag) {
                    return Err(SrtpError::NotAuthentic);
                }
                let payload = packet.get_mut(header_len..).ok_or(SrtpError::Malformed)?;
                cipher.apply(cm_counter(salt, ssrc, index), payload)?;
                Ok(header_len + payload_len)
            }
            Transform::Gcm { cipher, salt } => {
                let (header, body) = datagram
                    .split_at_mut_checked(header_len)
                    .ok_or(SrtpError::Malformed)?;
                if body.len() < gcm::TAG_LEN {
                    return Err(SrtpError::Malformed);
                }
                Ok(header_len + cipher.open(gcm_rtp_nonce(salt, ssrc, index), header, body)?)
            }
        }
    }

    /// Encrypts a compound RTCP packet and appends index and tag.
    pub(super) fn protect_rtcp(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<(), SrtpError> {
        let index_word = (index | ENCRYPTED_FLAG).to_be_bytes();
        let packet = out.get_mut(start..).ok_or(SrtpError::Malformed)?;
        let (header, rest) = packet
            .split_first_chunk_mut::<RTCP_PLAIN_LEN>()
            .ok_or(SrtpError::Malformed)?;
        match self {
            Transform::Cm {
                cipher,
                salt,
                authentication,
            } => {
                cipher.apply(cm_counter(salt, ssrc, u64::from(index)), rest)?;
                let tag = authentication.tag(packet, &index_word);
                out.extend_from_slice(&index_word);
                out.extend_from_slice(&tag);
            }
            Transform::Gcm { cipher, salt } => {
                let associated = rtcp_associated(header, index_word);
                let tag = cipher.seal(gcm_rtcp_nonce(salt, ssrc, index), &associated, rest)?;
                out.extend_from_slice(&tag);
                out.extend_from_slice(&index_word);
            }
        }
        Ok(())
    }

    /// The SRTCP index a packet claims; to be looked up before the packet is decrypted.
    pub(super) fn rtcp_index(&self, datagram: &[u8]) -> Result<u32, SrtpError> {
        let behind = match self {
            Transform::Cm { .. } => hmac_sha1::TAG_LEN,
            Transform::Gcm { .. } => 0,
        };
        let end = datagram
            .len()
            .checked_sub(behind)
            .ok_or(SrtpError::Malformed)?;
        let word = datagram
            .get(..end)
            .and_then(|bytes| bytes.last_chunk::<INDEX_LEN>());
        let word = u32::from_be_bytes(*word.ok_or(SrtpError::Malformed)?);
        if word & ENCRYPTED_FLAG == 0 {
            return Err(SrtpError::NotEncrypted);
        }
        Ok(word & !ENCRYPTED_FLAG)
    }

    /// Checks and decrypts an SRTCP packet in place; returns the length of the plain compound packet.
    pub(super) fn unprotect_rtcp(
        &self,
        datagram: &mut [u8],
        ssrc: u32,
        index: u32,
    ) -> Result<usize, SrtpError> {
        match self {
            Transform::Cm {
                cipher,
                salt,
                authentication,
            } => {
                let (authenticated, tag) = split_end(datagram, hmac_sha1::TAG_LEN)?;
                if !authentication.is_authentic(authenticated, &[], tag) {
                    return Err(SrtpError::NotAuthentic);
                }
                let (packet, _index_word) = split_end(authenticated, INDEX_LEN)?;
                let encrypted = packet
                    .get_mut(RTCP_PLAIN_LEN..)
                    .ok_or(SrtpError::Malformed)?;
                cipher.apply(cm_counter(salt, ssrc, u64::from(index)), encrypted)?;
                Ok(packet.len())
            }
            Transform::Gcm { cipher, salt } => {
                let (packet, _index_word) = split_end(datagram, INDEX_LEN)?;
                let (header, body) = packet
                    .split_first_chunk_mut::<RTCP_PLAIN_LEN>()
                    .ok_or(SrtpError::Malformed)?;
                let associated = rtcp_associated(header, (index | ENCRYPTED_FLAG).to_be_bytes());
                let plain_len =
                    cipher.open(gcm_rtcp_nonce(salt, ssrc, index), &associated, body)?;
                Ok(RTCP_PLAIN_LEN + plain_len)
            }
        }
    }
}

/// Everything but the last `len` bytes, and these.
fn split_end(bytes: &mut [u8], len: usize) -> Result<(&mut [u8], &mut [u8]), SrtpError> {
    let at = bytes.len().checked_sub(len).ok_or(SrtpError::Malformed)?;
    bytes.split_at_mut_checked(at).ok_or(SrtpError::Malformed)
}

/// The rollover counter, which SRTP authenticates but does not send (RFC 3711 §4.2).
fn rollover(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

/// IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16) (RFC 3711 §4.1.1).
fn cm_counter(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; 16] {
    let salt = salt
        .iter()
        .fold(0u128, |value, byte| value << 8 | u128::from(*byte));
    (salt << 16 ^ u128::from(ssrc) << 64 ^ u128::from(index) << 16).to_be_bytes()
}

/// 2 zero bytes, SSRC, ROC, SEQ; XOR salt (RFC 7714 §8.1).
fn gcm_rtp_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> [u8; 12] {
    low_96_bits(
        u128::from(ssrc) << 48 ^ u128::from(index & 0xffff_ffff_ffff),
        salt,
    )
}

/// 2 zero bytes, SSRC, 2 zero bytes, index; XOR salt (RFC 7714 §9.1).
fn gcm_rtcp_nonce(salt: &[u8; 12], ssrc: u32, index: u32) -> [u8; 12] {
    low_96_bits(u128::from(ssrc) << 48 ^ u128::from(index), salt)
}

fn low_96_bits(value: u128, salt: &[u8; 12]) -> [u8; 12] {
    let mut nonce = *salt;
    nonce
        .iter_mut()
        .rev()
        .zip(value.to_le_bytes())
        .for_each(|(to, byte)| *to ^= byte);
    nonce
}

/// What GCM authenticates without encrypting: header, SSRC, E flag and index (RFC 7714 §9.2).
fn rtcp_associated(header: &[u8; RTCP_PLAIN_LEN], index_word: [u8; INDEX_LEN]) -> [u8; 12] {
    let mut associated = [0; 12];
    associated
        .iter_mut()
        .zip(header.iter().chain(&index_word))
        .for_each(|(to, byte)| *to = *byte);
    associated
}
