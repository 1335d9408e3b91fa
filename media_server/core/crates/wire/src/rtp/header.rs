//! The RTP header, read and written (RFC 3550 §5.1).
use std::ops::Range;

use super::Extensions;

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
    pub(super) extension_profile: u16,
    pub(super) extension_range: Range<usize>,
}

/// Reads the header of a plain (unprotected) packet.
pub fn parse(packet: &[u8]) -> Result<Header, RtpError> {
    let _ = packet;
    todo!()
}

impl Header {
    /// The header extension elements of the packet this header was read from.
    pub fn extensions<'a>(&self, packet: &'a [u8]) -> Extensions<'a> {
        let _ = packet;
        todo!()
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
    let _ = (out, fields);
    todo!()
}
