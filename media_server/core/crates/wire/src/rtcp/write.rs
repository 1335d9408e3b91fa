//! Appends the RTCP packets we send.
use super::ReportBlock;
use super::packet_type::{
    GENERIC_NACK, PAYLOAD_FEEDBACK, PICTURE_LOSS, RECEIVER_REPORT, SENDER_REPORT,
    SOURCE_DESCRIPTION, TRANSPORT_FEEDBACK,
};

/// The count field has 5 bits (RFC 3550 §6.4.1).
const MAX_REPORT_BLOCKS: usize = 31;

/// 256 entries are 1 kB and cover at least 256 lost packets: more than one datagram should ask for.
const MAX_NACK_ENTRIES: usize = 256;

/// Item type of the canonical name (RFC 3550 §6.5.1).
const CNAME: u8 = 1;

/// A sender report without its blocks (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderInfo {
    /// The stream.
    pub ssrc: u32,
    /// 32.32 fixed-point seconds since 1900.
    pub ntp: u64,
    /// The same instant on the media clock.
    pub rtp_timestamp: u32,
    /// Packets sent since the beginning.
    pub packets: u32,
    /// Payload octets sent since the beginning.
    pub octets: u32,
}

/// Appends a sender report; at most 31 blocks are written (RFC 3550 §6.4.1). Returns how many blocks.
pub fn write_sender_report(out: &mut Vec<u8>, info: &SenderInfo, reports: &[ReportBlock]) -> usize {
    let reports = reports.get(..MAX_REPORT_BLOCKS).unwrap_or(reports);
    let start = begin(out, reports.len() as u8, SENDER_REPORT);
    out.extend_from_slice(&info.ssrc.to_be_bytes());
    out.extend_from_slice(&info.ntp.to_be_bytes());
    out.extend_from_slice(&info.rtp_timestamp.to_be_bytes());
    out.extend_from_slice(&info.packets.to_be_bytes());
    out.extend_from_slice(&info.octets.to_be_bytes());
    reports
        .iter()
        .for_each(|block| write_report_block(out, block));
    finish(out, start);
    reports.len()
}

/// Appends a receiver report; at most 31 blocks are written (RFC 3550 §6.4.2). Returns how many blocks.
pub fn write_receiver_report(out: &mut Vec<u8>, ssrc: u32, reports: &[ReportBlock]) -> usize {
    let reports = reports.get(..MAX_REPORT_BLOCKS).unwrap_or(reports);
    let start = begin(out, reports.len() as u8, RECEIVER_REPORT);
    out.extend_from_slice(&ssrc.to_be_bytes());
    reports
        .iter()
        .for_each(|block| write_report_block(out, block));
    finish(out, start);
    reports.len()
}

/// Appends one generic NACK for rising extended sequence numbers (RFC 4585 §6.2.1); nothing for none.
///
/// At most 256 entries of up to 17 numbers are written, so that it fits a datagram. Returns how many numbers it
/// covers: the first so many of `sequences`.
pub fn write_nack(out: &mut Vec<u8>, sender: u32, media: u32, sequences: &[u64]) -> usize {
    if sequences.is_empty() {
        return 0;
    }
    let start = begin(out, GENERIC_NACK, TRANSPORT_FEEDBACK);
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&media.to_be_bytes());
    let mut rest = sequences.iter().copied().peekable();
    let mut covered = 0;
    for _ in 0..MAX_NACK_ENTRIES {
        let Some(packet_id) = rest.next() else { break };
        covered += 1;
        let mut following = 0u16;
        while let Some(sequence) =
            rest.next_if(|next| (1..=16).contains(&next.wrapping_sub(packet_id)))
        {
            following |= 1 << (sequence - packet_id - 1);
            covered += 1;
        }
        out.extend_from_slice(&(packet_id as u16).to_be_bytes());
        out.extend_from_slice(&following.to_be_bytes());
    }
    finish(out, start);
    covered
}

/// Appends a picture loss indication (RFC 4585 §6.3.1).
pub fn write_pli(out: &mut Vec<u8>, sender: u32, media: u32) {
    let start = begin(out, PICTURE_LOSS, PAYLOAD_FEEDBACK);
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&media.to_be_bytes());
    finish(out, start);
}

/// Appends a source description with a CNAME (RFC 3550 §6.5.1); the name is cut at 255 bytes.
pub fn write_sdes_cname(out: &mut Vec<u8>, ssrc: u32, cname: &[u8]) {
    let cname = cname.get(..255).unwrap_or(cname);
    let start = begin(out, 1, SOURCE_DESCRIPTION);
    out.extend_from_slice(&ssrc.to_be_bytes());
    out.extend_from_slice(&[CNAME, cname.len() as u8]);
    out.extend_from_slice(cname);
    // The list of items ends with at least one zero byte, up to the next word.
    out.push(0);
    out.resize(start + (out.len() - start).next_multiple_of(4), 0);
    finish(out, start);
}

/// Appends a header without its length; returns where the packet begins.
fn begin(out: &mut Vec<u8>, count: u8, packet_type: u8) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0x80 | count, packet_type, 0, 0]);
    start
}

/// Puts in the length of the packet that began at `start`, in words minus 1.
fn finish(out: &mut [u8], start: usize) {
    let words = (out.len() - start) / 4 - 1;
    if let Some([_, _, l0, l1, ..]) = out.get_mut(start..) {
        [*l0, *l1] = (words as u16).to_be_bytes();
    }
}

fn write_report_block(out: &mut Vec<u8>, block: &ReportBlock) {
    let lost = block.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
    for word in [
        block.ssrc,
        u32::from(block.fraction_lost) << 24 | lost,
        block.highest_sequence,
        block.jitter_rtp_ticks,
        block.last_sender_report,
        block.delay_since_last_sender_report,
    ] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}
