//! RFC 4571 framing: over TCP each datagram stands behind its length in two bytes.

/// The longest datagram taken from a stream. What comes over UDP is 1,500 bytes at most, and a DTLS flight of
/// Chromium's 1,200; whoever announces more speaks something else.
pub const MAX_DATAGRAM_BYTES: usize = 2_048;

/// Bytes before each datagram.
pub const HEADER_BYTES: usize = 2;

/// The stream announces a datagram that nobody who speaks to us would send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

/// The first whole datagram of what has come, if there is one; it and its header are `HEADER_BYTES` longer.
pub fn first(bytes: &[u8]) -> Result<Option<&[u8]>, TooLong> {
    let Some(([high, low], rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length > MAX_DATAGRAM_BYTES {
        return Err(TooLong);
    }
    Ok(rest.get(..length))
}

/// Appends a datagram with its header. One longer than the header can tell is left out.
pub fn write(out: &mut Vec<u8>, datagram: &[u8]) {
    if let Ok(length) = u16::try_from(datagram.len()) {
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(datagram);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_part_of_it_is_waited_for() {
        let mut bytes = Vec::new();
        write(&mut bytes, b"one");
        write(&mut bytes, b"");
        write(&mut bytes, b"three");
        assert_eq!(bytes, b"\x00\x03one\x00\x00\x00\x05three");
        assert_eq!(first(&bytes), Ok(Some(&b"one"[..])));
        assert_eq!(first(&bytes[5..]), Ok(Some(&b""[..])));
        for end in 7..bytes.len() {
            assert_eq!(first(&bytes[7..end]), Ok(None));
        }
        assert_eq!(first(&bytes[7..]), Ok(Some(&b"three"[..])));
    }

    #[test]
    fn a_length_that_no_datagram_has_is_refused_before_the_bytes_come() {
        assert_eq!(first(&[0x08, 0x01]), Err(TooLong));
        assert_eq!(first(&[0xff, 0xff]), Err(TooLong));
        assert_eq!(first(&[0x08, 0x00]), Ok(None));
    }

    #[test]
    fn what_has_no_length_in_two_bytes_is_left_out() {
        let mut bytes = Vec::new();
        write(&mut bytes, &vec![0; 70_000]);
        assert!(bytes.is_empty());
    }
}
