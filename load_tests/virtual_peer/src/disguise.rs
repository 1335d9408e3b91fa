//! Generic NACKs of the caller's choice: str0m asks only for what it misses itself, but sends any bytes as
//! application-specific feedback. On their way into the cipher those become NACKs (RFC 4585 §6.2.1, §6.4).
use std::sync::Arc;

use str0m::crypto::{
    AeadAes128GcmCipher, CryptoError, CryptoProvider, SrtpProvider, SupportedAeadAes128Gcm,
    SupportedAeadAes256Gcm, SupportedAes128CmSha1_80, from_feature_flags,
};

/// Bytes of an RTCP packet that are not encrypted when it is the first of its datagram (RFC 3711 §3.4).
const CLEAR_BYTES: usize = 8;
const APPLICATION_FEEDBACK: [u8; 2] = [0x80 | 15, 206];
const GENERIC_NACK: [u8; 2] = [0x80 | 1, 205];

/// Profiles that the disguise does not know are left out: who cannot lie is of no use here.
pub fn provider() -> Arc<CryptoProvider> {
    static SRTP: Disguised = Disguised;
    let mut provider = from_feature_flags();
    provider.srtp_provider = &SRTP;
    Arc::new(provider)
}

#[derive(Debug)]
struct Disguised;

impl SrtpProvider for Disguised {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        from_feature_flags().srtp_provider.aes_128_cm_sha1_80()
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        static FACTORY: Factory = Factory;
        &FACTORY
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        from_feature_flags().srtp_provider.aead_aes_256_gcm()
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        let real = from_feature_flags().srtp_provider;
        real.srtp_aes_128_ecb_round(key, input, output);
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        let real = from_feature_flags().srtp_provider;
        real.srtp_aes_256_ecb_round(key, input, output);
    }
}

#[derive(Debug)]
struct Factory;

impl SupportedAeadAes128Gcm for Factory {
    fn create_cipher(&self, key: [u8; 16], encrypt: bool) -> Box<dyn AeadAes128GcmCipher> {
        let real = from_feature_flags().srtp_provider.aead_aes_128_gcm();
        Box::new(Cipher {
            real: real.create_cipher(key, encrypt),
        })
    }
}

#[derive(Debug)]
struct Cipher {
    real: Box<dyn AeadAes128GcmCipher>,
}

impl AeadAes128GcmCipher for Cipher {
    fn encrypt(
        &mut self,
        iv: &[u8; 12],
        aad: &[u8],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        match disguised(aad, input) {
            Some(plain) => self.real.encrypt(iv, aad, &plain, output),
            None => self.real.encrypt(iv, aad, input, output),
        }
    }

    fn decrypt(
        &mut self,
        iv: &[u8; 12],
        aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        self.real.decrypt(iv, aads, input, output)
    }
}

/// The plain bytes with NACKs in the place of application-specific feedback; None if there is none, or it is RTP.
fn disguised(aad: &[u8], input: &[u8]) -> Option<Vec<u8>> {
    let is_rtcp = aad.get(1).is_some_and(|kind| (192..224).contains(kind));
    let mut at = length_of(aad)
        .filter(|_| is_rtcp)?
        .checked_sub(CLEAR_BYTES)?;
    let mut plain = None;
    while let Some(length) = input.get(at..).and_then(length_of) {
        if input[at..].starts_with(&APPLICATION_FEEDBACK) {
            let plain = plain.get_or_insert_with(|| input.to_vec());
            plain[at..at + 2].copy_from_slice(&GENERIC_NACK);
        }
        at += length;
    }
    plain
}

/// How long the RTCP packet is that begins here.
fn length_of(packet: &[u8]) -> Option<usize> {
    let words = packet.get(2..4)?;
    Some(4 * (1 + usize::from(u16::from_be_bytes([words[0], words[1]]))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: [u8; 8] = [0x80, 201, 0, 1, 1, 2, 3, 4];
    const FEEDBACK: [u8; 16] = [0x8f, 206, 0, 3, 1, 1, 1, 1, 2, 2, 2, 2, 0, 7, 0xff, 0xff];

    #[test]
    fn feedback_behind_a_report_becomes_a_nack() {
        let plain = disguised(&REPORT, &FEEDBACK).unwrap();
        assert_eq!(plain[..2], [0x81, 205]);
        assert_eq!(plain[2..], FEEDBACK[2..]);
    }

    #[test]
    fn other_packets_stay_as_they_are() {
        assert_eq!(disguised(&REPORT, &REPORT), None);
        assert_eq!(disguised(&REPORT, &[]), None);
        let rtp = [0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(disguised(&rtp, &FEEDBACK), None);
        assert_eq!(disguised(&[], &FEEDBACK), None);
    }
}
