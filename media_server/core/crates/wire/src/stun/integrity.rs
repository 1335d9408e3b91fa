//! The MESSAGE-INTEGRITY attribute: HMAC-SHA1 with the short-term password (RFC 8489 §14.5, §9.1).
use aws_lc_rs::hmac;

/// Type of the attribute.
pub(crate) const MESSAGE_INTEGRITY: u16 = 0x0008;

/// Bytes of its value.
pub(crate) const VALUE_LEN: usize = 20;

/// The attribute's value for everything before it: `before` with the header's length put to `length`,
/// which counts up to and including this attribute.
pub(crate) fn value(before: &[u8], length: u16, password: &[u8]) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password);
    let mut context = hmac::Context::with_key(&key);
    // The header's length field (bytes 2 and 3) is replaced, because FINGERPRINT may follow.
    context.update(before.get(..2).unwrap_or_default());
    context.update(&length.to_be_bytes());
    context.update(before.get(4..).unwrap_or_default());
    context.sign()
}
