//! Tells what a datagram is by its first bytes, where STUN, DTLS and SRTP share one UDP port (RFC 9443, RFC 5761).

/// What a datagram looks like. It is a guess by the first bytes: the parser of the class has the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// First byte 0..=3 (RFC 9443 §2).
    Stun,
    /// First byte 20..=63 (RFC 9443 §2).
    Dtls,
    /// First byte 128..=191 and a second byte outside the RTCP range (RFC 5761 §4).
    Rtp,
    /// First byte 128..=191 and a second byte 192..=223 (RFC 5761 §4).
    Rtcp,
    /// Nothing this port speaks; too short datagrams too.
    Unknown,
}

/// The class of a datagram.
pub fn classify(datagram: &[u8]) -> Class {
    match datagram {
        [0..=3, _, ..] => Class::Stun,
        [20..=63, _, ..] => Class::Dtls,
        [128..=191, 192..=223, ..] => Class::Rtcp,
        [128..=191, _, ..] => Class::Rtp,
        _ => Class::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_byte_has_the_class_of_rfc_9443() {
        for first in 0..=255 {
            let expected = match first {
                0..=3 => Class::Stun,
                20..=63 => Class::Dtls,
                128..=191 => Class::Rtp,
                _ => Class::Unknown,
            };
            assert_eq!(classify(&[first, 0]), expected, "{first}");
        }
    }

    #[test]
    fn second_byte_tells_rtcp_from_rtp() {
        for (second, expected) in [
            (96, Class::Rtp),
            (191, Class::Rtp),
            (192, Class::Rtcp),
            (200, Class::Rtcp),
            (206, Class::Rtcp),
            (223, Class::Rtcp),
            (224, Class::Rtp),
            (255, Class::Rtp),
        ] {
            assert_eq!(classify(&[0x80, second, 0, 0]), expected, "{second}");
        }
    }

    #[test]
    fn datagrams_below_two_bytes_are_unknown() {
        assert_eq!(classify(&[]), Class::Unknown);
        assert_eq!(classify(&[0x80]), Class::Unknown);
    }
}
