//! The RTP header, read and written (RFC 3550 §5.1, §5.3.1).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//! |                           timestamp                           |
//! |           synchronization source (SSRC) identifier            |
//! |            contributing source (CSRC) identifiers             |
//! |      defined by profile       |           length              | if X
//! |                        header extension                       |
//! ```
use std::fmt;
use std::ops::Range;

use super::Extensions;

/// Bytes of the header without CSRCs and extension.
pub const FIXED_HEADER_LEN: usize = 12;

const VERSION: u8 = 2;

/// Why a packet is not RTP. It is to be dropped and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtpError {
    /// Shorter than its header claims.
    TooShort,
    /// Not version 2.
    BadVersion,
    /// The padding count is 0 or covers more than the payload.
    BadPadding,
}

impl fmt::Display for RtpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RtpError::TooShort => "shorter than its RTP header claims",
            RtpError::BadVersion => "not RTP version 2",
            RtpError::BadPadding => "RTP padding count out of range",
        })
    }
}

impl std::error::Error for RtpError {}

/// Where the parts of a plain RTP packet lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// 0..=127.
    pub payload_type: u8,
    /// The marker bit.
    pub has_marker: bool,
    /// The sequence number as sent.
    pub sequence: u16,
    /// The RTP timestamp as sent, in units of the codec's clock rate.
    pub timestamp: u32,
    /// The synchronisation source.
    pub ssrc: u32,
    /// Bytes before the payload: fixed header, CSRCs and extension.
    pub header_len: usize,
    /// The payload within the packet, padding removed; empty for padding-only packets.
    pub payload_range: Range<usize>,
    /// Bytes of padding after the payload, its count byte included.
    pub padding_len: u8,
    extension_profile: u16,
    extension_range: Range<usize>,
}

/// Reads the header of a plain (unprotected) packet.
pub fn parse(packet: &[u8]) -> Result<Header, RtpError> {
    let &[b0, b1, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = packet
        .first_chunk::<FIXED_HEADER_LEN>()
        .ok_or(RtpError::TooShort)?;
    if b0 >> 6 != VERSION {
        return Err(RtpError::BadVersion);
    }
    let after_csrcs = FIXED_HEADER_LEN + 4 * usize::from(b0 & 0x0f);
    let (extension_profile, extension_range) = if b0 & 0x10 == 0 {
        (0, after_csrcs..after_csrcs)
    } else {
        let &[p0, p1, l0, l1] = packet
            .get(after_csrcs..)
            .and_then(|rest| rest.first_chunk::<4>())
            .ok_or(RtpError::TooShort)?;
        let start = after_csrcs + 4;
        let length = 4 * usize::from(u16::from_be_bytes([l0, l1]));
        (u16::from_be_bytes([p0, p1]), start..start + length)
    };
    let header_len = extension_range.end;
    let body = packet.get(header_len..).ok_or(RtpError::TooShort)?;
    let padding_len = if b0 & 0x20 == 0 {
        0
    } else {
        match body.last() {
            Some(&count) if count > 0 && usize::from(count) <= body.len() => count,
            _ => return Err(RtpError::BadPadding),
        }
    };
    Ok(Header {
        payload_type: b1 & 0x7f,
        has_marker: b1 & 0x80 != 0,
        sequence: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
        header_len,
        payload_range: header_len..packet.len() - usize::from(padding_len),
        padding_len,
        extension_profile,
        extension_range,
    })
}

impl Header {
    /// The header extension elements of the packet this header was read from.
    pub fn extensions<'a>(&self, packet: &'a [u8]) -> Extensions<'a> {
        let bytes = packet.get(self.extension_range.clone()).unwrap_or_default();
        Extensions::new(self.extension_profile, bytes)
    }

    /// True if the packet carries nothing but padding (bandwidth probes).
    pub fn is_padding_only(&self) -> bool {
        self.payload_range.is_empty()
    }
}

/// What `write_header` puts into the fixed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fields {
    /// 0..=127.
    pub payload_type: u8,
    /// The marker bit.
    pub has_marker: bool,
    /// The sequence number.
    pub sequence: u16,
    /// In units of the codec's clock rate.
    pub timestamp: u32,
    /// The synchronisation source.
    pub ssrc: u32,
}

/// Appends a fixed header of 12 bytes, without CSRCs and extension. `ExtensionWriter` may follow.
pub fn write_header(out: &mut Vec<u8>, fields: &Fields) {
    let [s0, s1] = fields.sequence.to_be_bytes();
    let [t0, t1, t2, t3] = fields.timestamp.to_be_bytes();
    let [c0, c1, c2, c3] = fields.ssrc.to_be_bytes();
    let b1 = fields.payload_type & 0x7f | u8::from(fields.has_marker) << 7;
    out.extend_from_slice(&[VERSION << 6, b1, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3]);
}
