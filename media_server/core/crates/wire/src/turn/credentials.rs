//! Who may ask: the long-term mechanism (RFC 8489 §9.2) with a password that follows from the name
//! (draft-uberti-behave-turn-rest), so that nothing has to be remembered of those given out.
use aws_lc_rs::{constant_time, hmac};
use md5::{Digest, Md5};

use crate::stun::HEADER_LEN;
use crate::stun::integrity;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The password of a name: HMAC-SHA1 under the server's secret, in base64.
pub fn password_of(secret: &[u8], username: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    to_base64(hmac::sign(&key, username.as_bytes()).as_ref())
}

/// MD5(username ":" realm ":" password): what both sides sign with.
#[derive(Clone)]
pub struct LongTermKey([u8; 16]);

impl LongTermKey {
    /// The key of a name and its password in a realm.
    pub fn new(username: &str, realm: &str, password: &str) -> LongTermKey {
        LongTermKey(Md5::digest(format!("{username}:{realm}:{password}")).into())
    }

    /// The value of MESSAGE-INTEGRITY behind `covered`.
    pub(super) fn sign(&self, covered: &[u8]) -> hmac::Tag {
        let length = covered.len() + 4 + integrity::VALUE_LEN - HEADER_LEN;
        integrity::value(covered, length as u16, &self.0)
    }

    /// True if `value` was made with this key (compared in constant time).
    pub(super) fn has_signed(&self, covered: &[u8], value: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(self.sign(covered).as_ref(), value).is_ok()
    }
}

fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let group = u32::from_be_bytes(group);
        for index in 0..4 {
            let six = (group >> (18 - 6 * index)) as usize & 63;
            let is_padding = index > chunk.len();
            text.push(if is_padding { '=' } else { BASE64[six] as char });
        }
    }
    text
}
