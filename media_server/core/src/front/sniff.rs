//! Tells what a stream speaks by its first bytes, where several protocols share one port.
//!
//! TLS begins with a handshake record (RFC 8446 §5.1), HTTP with the letters of its method, ICE over TCP with the length
//! of a STUN check (RFC 4571) and TURN with the STUN message itself: the magic cookie stands two bytes further in the
//! one than in the other.
use lianzhen_wire::stun::MAGIC_COOKIE;

/// What a stream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// TLS, with another protocol inside.
    Tls,
    /// HTTP/1.1, which WebSockets begin with too.
    Http,
    /// Datagrams behind their lengths.
    Framed,
    /// TURN.
    Turn,
}

/// What the first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// It is this.
    Is(Protocol),
    /// It may be something yet.
    Unclear,
    /// Nothing that is spoken here.
    Foreign,
}

const TLS_HANDSHAKE: u8 = 22;

/// What begins with these bytes.
pub fn sniff(bytes: &[u8]) -> Sniffed {
    match bytes {
        [] => return Sniffed::Unclear,
        [TLS_HANDSHAKE, ..] => return Sniffed::Is(Protocol::Tls),
        [b'A'..=b'Z', ..] => return Sniffed::Is(Protocol::Http),
        // A STUN request, or the length of one, begins with a small byte.
        [0..=7, ..] => {}
        _ => return Sniffed::Foreign,
    }
    let cookie = MAGIC_COOKIE.to_be_bytes();
    if bytes.get(4..8) == Some(&cookie) {
        return Sniffed::Is(Protocol::Turn);
    }
    match bytes.get(6..10) {
        Some(found) if found == cookie => Sniffed::Is(Protocol::Framed),
        Some(_) => Sniffed::Foreign,
        None => Sniffed::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: [u8; 8] = [0, 1, 0, 0x58, 0x21, 0x12, 0xa4, 0x42];

    #[test]
    fn each_protocol_is_known_by_its_first_bytes() {
        assert_eq!(sniff(&[0x16, 3, 1]), Sniffed::Is(Protocol::Tls));
        for method in ["GET / HTTP/1.1", "P", "OPTIONS"] {
            assert_eq!(sniff(method.as_bytes()), Sniffed::Is(Protocol::Http));
        }
        assert_eq!(sniff(&REQUEST), Sniffed::Is(Protocol::Turn));
        let framed = [&[0, 0x6c][..], &REQUEST].concat();
        assert_eq!(sniff(&framed), Sniffed::Is(Protocol::Framed));
    }

    #[test]
    fn the_first_bytes_of_stun_are_waited_for() {
        let framed = [&[0, 0x6c][..], &REQUEST].concat();
        for end in 0..10 {
            assert_eq!(sniff(&framed[..end]), Sniffed::Unclear, "{end}");
        }
        for end in 0..8 {
            assert_eq!(sniff(&REQUEST[..end]), Sniffed::Unclear, "{end}");
        }
    }

    #[test]
    fn anything_else_is_foreign() {
        assert_eq!(sniff(b"get /"), Sniffed::Foreign);
        assert_eq!(sniff(&[0x80, 0, 0]), Sniffed::Foreign);
        assert_eq!(sniff(&[0; 10]), Sniffed::Foreign);
        assert_eq!(sniff(b"\x05\x01\x00 0123456789"), Sniffed::Foreign);
    }
}
