//! Session keys from the master key and salt, key derivation rate 0 (RFC 3711 §4.3, RFC 7714 §11).
use super::counter_mode::CounterMode;
use super::{Profile, SrtpError};

/// What a derived key is for (RFC 3711 §4.3.1, §4.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Label {
    RtpEncryption = 0,
    RtpAuthentication = 1,
    RtpSalt = 2,
    RtcpEncryption = 3,
    RtcpAuthentication = 4,
    RtcpSalt = 5,
}

/// Where the label is added to the 14-byte salt: behind it lies the 48-bit packet index, which is 0.
const LABEL_AT: usize = 7;

/// A master key and salt, ready to derive from.
pub(super) struct MasterKey {
    key: CounterMode,
    /// The salt in the upper 14 bytes, a shorter one filled with zeros on the right (RFC 7714 §11).
    salt: [u8; 16],
}

impl MasterKey {
    /// From master key followed by master salt.
    pub(super) fn new(profile: Profile, key_and_salt: &[u8]) -> Result<MasterKey, SrtpError> {
        let (key, master_salt) = key_and_salt
            .split_at_checked(profile.key_len())
            .filter(|(_, salt)| salt.len() == profile.salt_len())
            .ok_or(SrtpError::KeyLength)?;
        let mut salt = [0; 16];
        salt.iter_mut()
            .zip(master_salt)
            .for_each(|(to, from)| *to = *from);
        Ok(MasterKey {
            key: CounterMode::new(key)?,
            salt,
        })
    }

    /// The first `N` bytes derived for `label`.
    pub(super) fn derive<const N: usize>(&self, label: Label) -> Result<[u8; N], SrtpError> {
        let mut counter = self.salt;
        counter[LABEL_AT] ^= label as u8;
        let mut derived = [0; N];
        self.key.apply(counter, &mut derived)?;
        Ok(derived)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::srtp::hex::hex;

    /// RFC 3711 Appendix B.3.
    #[test]
    fn session_keys_are_those_of_rfc_3711_b3() {
        let key_and_salt = hex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6");
        let master = MasterKey::new(Profile::Aes128CmSha1_80, &key_and_salt).unwrap();
        assert_eq!(
            master.derive::<16>(Label::RtpEncryption).unwrap()[..],
            hex("C61E7A93744F39EE10734AFE3FF7A087")
        );
        assert_eq!(
            master.derive::<14>(Label::RtpSalt).unwrap()[..],
            hex("30CBBC08863D8C85D49DB34A9AE1")
        );
        assert_eq!(
            master.derive::<94>(Label::RtpAuthentication).unwrap()[..],
            hex("CEBE321F6FF7716B6FD4AB49AF256A15\
                 6D38BAA48F0A0ACF3C34E2359E6CDBCE\
                 E049646C43D9327AD175578EF7227098\
                 6371C10C9A369AC2F94A8C5FBCDDDC25\
                 6D6E919A48B610EF17C2041E47403576\
                 6B68642C59BBFC2F34DB60DBDFB2")
        );
    }

    #[test]
    fn key_material_of_another_profile_is_refused() {
        for (profile, wrong) in [
            (Profile::Aes128CmSha1_80, 28),
            (Profile::AeadAes128Gcm, 30),
            (Profile::AeadAes128Gcm, 5),
        ] {
            assert_eq!(
                MasterKey::new(profile, &vec![0; wrong]).err(),
                Some(SrtpError::KeyLength)
            );
        }
    }
}
