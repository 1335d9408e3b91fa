//! Appends the RTCP packets we send.
use super::ReportBlock;

/// Appends a sender report; at most 31 blocks are written (RFC 3550 §6.4.1). Returns how many blocks.
pub fn write_sender_report(
    out: &mut Vec<u8>,
    ssrc: u32,
    ntp: u64,
    rtp_timestamp: u32,
    packets: u32,
    octets: u32,
    reports: &[ReportBlock],
) -> usize {
    let _ = (out, ssrc, ntp, rtp_timestamp, packets, octets, reports);
    todo!()
}

/// Appends a receiver report; at most 31 blocks are written (RFC 3550 §6.4.2). Returns how many blocks.
pub fn write_receiver_report(out: &mut Vec<u8>, ssrc: u32, reports: &[ReportBlock]) -> usize {
    let _ = (out, ssrc, reports);
    todo!()
}

/// Appends one generic NACK for rising extended sequence numbers (RFC 4585 §6.2.1); nothing for none.
///
/// At most 256 entries of 17 numbers are written, so that it fits a datagram. Returns how many numbers it covers.
pub fn write_nack(out: &mut Vec<u8>, sender: u32, media: u32, sequences: &[u64]) -> usize {
    let _ = (out, sender, media, sequences);
    todo!()
}

/// Appends a picture loss indication (RFC 4585 §6.3.1).
pub fn write_pli(out: &mut Vec<u8>, sender: u32, media: u32) {
    let _ = (out, sender, media);
    todo!()
}

/// Appends a source description with a CNAME (RFC 3550 §6.5.1); the name is cut at 255 bytes.
pub fn write_sdes_cname(out: &mut Vec<u8>, ssrc: u32, cname: &[u8]) {
    let _ = (out, ssrc, cname);
    todo!()
}
