//! HMAC-SHA1 cut to 80 bits, the authentication of SRTP's counter mode (RFC 3711 §4.2.1).
use aws_lc_rs::{constant_time, hmac};

/// Bytes of the tag on the wire.
pub(super) const TAG_LEN: usize = 10;

/// Bytes of a session authentication key (RFC 3711 §5.2).
pub(super) const KEY_LEN: usize = 20;

/// A session authentication key, ready for use.
pub(super) struct HmacSha1(hmac::Key);

impl HmacSha1 {
    pub(super) fn new(key: &[u8]) -> HmacSha1 {
        HmacSha1(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key))
    }

    /// The tag of `packet` followed by `suffix` (the rollover counter of SRTP; nothing for SRTCP).
    pub(super) fn tag(&self, packet: &[u8], suffix: &[u8]) -> [u8; TAG_LEN] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(packet);
        context.update(suffix);
        let whole = context.sign();
        let mut tag = [0; TAG_LEN];
        tag.iter_mut()
            .zip(whole.as_ref())
            .for_each(|(to, from)| *to = *from);
        tag
    }

    /// True if `tag` belongs to them; takes as long for a wrong one as for the right one.
    pub(super) fn is_authentic(&self, packet: &[u8], suffix: &[u8], tag: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.tag(packet, suffix), tag).is_ok()
    }
}
