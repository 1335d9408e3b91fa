//! AES-128-GCM with a 16-byte tag (RFC 7714 §5).
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::SrtpError;

/// Bytes of the tag.
pub(super) const TAG_LEN: usize = 16;

/// Bytes of the nonce.
pub(super) const NONCE_LEN: usize = 12;

/// A session encryption key, ready for use. SRTP's own indices make the nonces, hence "less safe".
pub(super) struct Gcm(LessSafeKey);

impl Gcm {
    pub(super) fn new(key: &[u8]) -> Result<Gcm, SrtpError> {
        UnboundKey::new(&AES_128_GCM, key)
            .map(|key| Gcm(LessSafeKey::new(key)))
            .map_err(|_| SrtpError::KeyLength)
    }

    /// Encrypts in place and returns the tag.
    pub(super) fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        associated: &[u8],
        in_out: &mut [u8],
    ) -> Result<[u8; TAG_LEN], SrtpError> {
        self.0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(associated),
                in_out,
            )
            .ok()
            .and_then(|tag| tag.as_ref().try_into().ok())
            .ok_or(SrtpError::Malformed)
    }

    /// Decrypts ciphertext followed by its tag in place; returns the length of the plain text.
    pub(super) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        associated: &[u8],
        in_out: &mut [u8],
    ) -> Result<usize, SrtpError> {
        self.0
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(associated),
                in_out,
            )
            .map(|plain| plain.len())
            .map_err(|_| SrtpError::NotAuthentic)
    }
}
