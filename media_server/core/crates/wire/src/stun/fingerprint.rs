//! The FINGERPRINT attribute: CRC-32 of the message before it, XOR 0x5354554e (RFC 8489 §14.7).

/// Type of the attribute.
pub(super) const FINGERPRINT: u16 = 0x8028;

const XOR: u32 = 0x5354_554e;

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 8 {
            // The reflected polynomial of ITU-T V.42.
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

/// The attribute's value for everything before it; the header's length must already count it.
pub(super) fn value(before: &[u8]) -> u32 {
    let crc = before.iter().fold(u32::MAX, |crc, byte| {
        crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)]
    });
    !crc ^ XOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_matches_the_check_value_of_crc_32() {
        assert_eq!(value(b"123456789") ^ XOR, 0xcbf4_3926);
    }
}
