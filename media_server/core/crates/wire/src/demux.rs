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
