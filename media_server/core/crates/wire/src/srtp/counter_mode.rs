//! AES-128 in counter mode, for packets and for key derivation (RFC 3711 §4.1.1).
use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};

use super::SrtpError;

/// A session encryption key, ready for use.
pub(super) struct CounterMode(EncryptingKey);

impl CounterMode {
    pub(super) fn new(key: &[u8]) -> Result<CounterMode, SrtpError> {
        UnboundCipherKey::new(&AES_128, key)
            .and_then(EncryptingKey::ctr)
            .map(CounterMode)
            .map_err(|_| SrtpError::KeyLength)
    }

    /// XORs the key stream that begins at `counter` over `in_out`: encrypts and decrypts.
    pub(super) fn apply(&self, counter: [u8; 16], in_out: &mut [u8]) -> Result<(), SrtpError> {
        self.0
            .less_safe_encrypt(in_out, EncryptionContext::Iv128(counter.into()))
            .map(drop)
            .map_err(|_| SrtpError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::srtp::hex::hex;

    /// RFC 3711 Appendix B.2: the key stream at its beginning and around the 16-bit wrap of its counter.
    #[test]
    fn key_stream_is_that_of_rfc_3711_b2() {
        let mode = CounterMode::new(&hex("2B7E151628AED2A6ABF7158809CF4F3C")).unwrap();
        let mut stream = vec![0; 0xff02 * 16];
        let counter: [u8; 16] = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000").try_into().unwrap();
        mode.apply(counter, &mut stream).unwrap();
        for (block, expected) in [
            (0x0000, "E03EAD0935C95E80E166B16DD92B4EB4"),
            (0x0001, "D23513162B02D0F72A43A2FE4A5F97AB"),
            (0x0002, "41E95B3BB0A2E8DD477901E4FCA894C0"),
            (0xfeff, "EC8CDF7398607CB0F2D21675EA9EA1E4"),
            (0xff00, "362B7C3C6773516318A077D7FC5073AE"),
            (0xff01, "6A2CC3787889374FBEB4C81B17BA6C44"),
        ] {
            assert_eq!(
                stream[block * 16..][..16],
                hex(expected),
                "block {block:#x}"
            );
        }
    }

    #[test]
    fn key_of_another_length_is_refused() {
        assert_eq!(CounterMode::new(&[0; 32]).err(), Some(SrtpError::KeyLength));
    }
}
