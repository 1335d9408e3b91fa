//! Protects what we send to one peer (RFC 3711 §3.3, §3.4).
use super::key_derivation::MasterKey;
use super::transform::Transform;
use super::{Profile, SrtpError};

/// The SRTCP index has 31 bits; above it the key must not be used (RFC 3711 §9.2). At 100 packets/s it lasts 248
/// days, longer than a DTLS association.
const MAX_RTCP_INDEX: u32 = 0x7fff_ffff;

/// The sending half of an SRTP session.
pub struct Sender {
    rtp: Transform,
    rtcp: Transform,
    /// One index for all our SSRCs: it rises for each of them too.
    next_rtcp_index: u32,
}

impl Sender {
    /// From master key followed by master salt.
    pub fn new(profile: Profile, key_and_salt: &[u8]) -> Result<Sender, SrtpError> {
        let master = MasterKey::new(profile, key_and_salt)?;
        Ok(Sender::from_transforms(
            Transform::for_rtp(profile, &master)?,
            Transform::for_rtcp(profile, &master)?,
        ))
    }

    pub(super) fn from_transforms(rtp: Transform, rtcp: Transform) -> Sender {
        Sender {
            rtp,
            rtcp,
            next_rtcp_index: 1,
        }
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
        assert!(header_len >= 12, "an RTP header has at least 12 bytes");
        let ssrc = out
            .get(start + 8..)
            .and_then(|rest| rest.first_chunk::<4>())
            .copied();
        let ssrc = u32::from_be_bytes(ssrc.expect("a packet has an RTP header"));
        self.rtp
            .protect_rtp(out, start, header_len, ssrc, extended_sequence)
            .expect("a packet is not shorter than its header, nor longer than a datagram");
    }

    /// Encrypts the plain compound packet `out[start..]` in place and appends index and tag.
    ///
    /// When the index is used up, after 2^31 packets, the packet is removed from `out` instead.
    ///
    /// # Panics
    /// If the packet is shorter than 8 bytes: our caller's fault.
    pub fn protect_rtcp(&mut self, out: &mut Vec<u8>, start: usize) {
        if self.next_rtcp_index > MAX_RTCP_INDEX {
            out.truncate(start);
            return;
        }
        let ssrc = out
            .get(start + 4..)
            .and_then(|rest| rest.first_chunk::<4>())
            .copied();
        let ssrc = u32::from_be_bytes(ssrc.expect("a compound packet begins with header and SSRC"));
        self.rtcp
            .protect_rtcp(out, start, ssrc, self.next_rtcp_index)
            .expect("a compound packet is not longer than a datagram");
        self.next_rtcp_index += 1;
    }
}
