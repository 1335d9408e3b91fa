//! Reads compound RTCP packets without copying.
//!
//! ```text
//! |V=2|P|  count  |  packet type  |    length in words, minus 1   |
//! ```
use std::fmt;

use super::ReportBlock;
use super::packet_type::{
    APPLICATION_LAYER, FULL_INTRA, GENERIC_NACK, GOODBYE, PAYLOAD_FEEDBACK, PICTURE_LOSS,
    RECEIVER_REPORT, REPORT_BLOCK_LEN, SENDER_REPORT, SOURCE_DESCRIPTION, TRANSPORT_FEEDBACK,
    TRANSPORT_WIDE,
};

/// Why the rest of a compound packet could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtcpError {
    /// A header that is cut off, not version 2, or longer than what is left. Ends the iteration.
    Malformed,
    /// One packet whose body is too short for its type. The iteration goes on behind it.
    BadBody,
}

impl fmt::Display for RtcpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RtcpError::Malformed => "RTCP header cut off or contradicting",
            RtcpError::BadBody => "RTCP packet too short for its type",
        })
    }
}

impl std::error::Error for RtcpError {}

/// One packet of a compound.
#[derive(Debug, Clone)]
pub enum Packet<'a> {
    /// RFC 3550 §6.4.1.
    SenderReport {
        /// The sender.
        ssrc: u32,
        /// 32.32 fixed-point seconds since 1900.
        ntp: u64,
        /// The same instant on the media clock.
        rtp_timestamp: u32,
        /// Packets sent since the beginning.
        packets: u32,
        /// Payload octets sent since the beginning.
        octets: u32,
        /// What it received.
        reports: ReportBlocks<'a>,
    },
    /// RFC 3550 §6.4.2.
    ReceiverReport {
        /// The receiver.
        ssrc: u32,
        /// What it received.
        reports: ReportBlocks<'a>,
    },
    /// Generic NACK (RFC 4585 §6.2.1).
    Nack {
        /// Who asks.
        sender: u32,
        /// About which of our streams.
        media: u32,
        /// The missing sequence numbers, as sent.
        sequences: NackSequences<'a>,
    },
    /// Picture loss indication (RFC 4585 §6.3.1).
    Pli {
        /// Who asks.
        sender: u32,
        /// For a key frame of which of our streams.
        media: u32,
    },
    /// Full intra request (RFC 5104 §4.3.1).
    Fir {
        /// Who asks.
        sender: u32,
        /// (ssrc, command sequence number) pairs.
        entries: FirEntries<'a>,
    },
    /// Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
    TransportFeedback {
        /// Who reports.
        sender: u32,
        /// A stream it reports about.
        media: u32,
        /// From the base sequence number on.
        raw: &'a [u8],
    },
    /// Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03).
    Remb {
        /// Who reports.
        sender: u32,
        /// The estimate, in bits per second.
        bps: u64,
        /// The streams it holds for.
        ssrcs: Ssrcs<'a>,
    },
    /// Source description (RFC 3550 §6.5), not read further.
    Sdes,
    /// RFC 3550 §6.6.
    Bye {
        /// The streams that end.
        ssrcs: Ssrcs<'a>,
    },
    /// Well-formed, of a type not used here.
    Other,
}

/// Iterates over report blocks.
#[derive(Debug, Clone)]
pub struct ReportBlocks<'a>(&'a [u8]);

/// Iterates over the sequence numbers of a NACK.
#[derive(Debug, Clone)]
pub struct NackSequences<'a> {
    /// Entries of PID and BLP not begun.
    rest: &'a [u8],
    packet_id: u16,
    /// Bit 0 stands for `packet_id` itself, bit n for the n-th number behind it.
    pending: u32,
}

/// Iterates over (ssrc, command sequence number) of a FIR.
#[derive(Debug, Clone)]
pub struct FirEntries<'a>(&'a [u8]);

/// Iterates over SSRCs.
#[derive(Debug, Clone)]
pub struct Ssrcs<'a>(&'a [u8]);

/// Iterates over the packets of a compound.
#[derive(Debug, Clone)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

/// Reads a plain (unprotected) compound packet. Reduced-size RTCP (RFC 5506) is accepted.
pub fn parse(compound: &[u8]) -> Packets<'_> {
    Packets { rest: compound }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, RtcpError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((head, body, rest)) = split_packet(self.rest) else {
            self.rest = &[];
            return Some(Err(RtcpError::Malformed));
        };
        self.rest = rest;
        Some(read_packet(head, body).ok_or(RtcpError::BadBody))
    }
}

/// The first two bytes of a packet that are not its length.
#[derive(Debug, Clone, Copy)]
struct Head {
    /// Report count, source count or feedback message type, by the packet type.
    count: u8,
    packet_type: u8,
}

/// Head, body without padding, and what follows.
fn split_packet(bytes: &[u8]) -> Option<(Head, &[u8], &[u8])> {
    let (&[b0, packet_type, l0, l1], rest) = bytes.split_first_chunk::<4>()?;
    if b0 >> 6 != 2 {
        return None;
    }
    let (body, rest) = rest.split_at_checked(4 * usize::from(u16::from_be_bytes([l0, l1])))?;
    let padding = if b0 & 0x20 == 0 {
        0
    } else {
        usize::from(*body.last()?)
    };
    let body = body.get(..body.len().checked_sub(padding)?)?;
    Some((
        Head {
            count: b0 & 0x1f,
            packet_type,
        },
        body,
        rest,
    ))
}

/// None if the body is too short for its type.
fn read_packet<'a>(head: Head, body: &'a [u8]) -> Option<Packet<'a>> {
    let count = usize::from(head.count);
    Some(match (head.packet_type, head.count) {
        (SENDER_REPORT, _) => {
            let (ssrc, rest) = split_u32(body)?;
            let (ntp, rest) = rest.split_first_chunk::<8>()?;
            let (rtp_timestamp, rest) = split_u32(rest)?;
            let (packets, rest) = split_u32(rest)?;
            let (octets, rest) = split_u32(rest)?;
            let reports = ReportBlocks(rest.get(..count * REPORT_BLOCK_LEN)?);
            let ntp = u64::from_be_bytes(*ntp);
            Packet::SenderReport {
                ssrc,
                ntp,
                rtp_timestamp,
                packets,
                octets,
                reports,
            }
        }
        (RECEIVER_REPORT, _) => {
            let (ssrc, rest) = split_u32(body)?;
            Packet::ReceiverReport {
                ssrc,
                reports: ReportBlocks(rest.get(..count * REPORT_BLOCK_LEN)?),
            }
        }
        (SOURCE_DESCRIPTION, _) => Packet::Sdes,
        (GOODBYE, _) => Packet::Bye {
            ssrcs: Ssrcs(body.get(..count * 4)?),
        },
        (TRANSPORT_FEEDBACK, GENERIC_NACK) => {
            let (sender, media, rest) = split_feedback(body)?;
            Packet::Nack {
                sender,
                media,
                sequences: NackSequences {
                    rest,
                    packet_id: 0,
                    pending: 0,
                },
            }
        }
        (TRANSPORT_FEEDBACK, TRANSPORT_WIDE) => {
            let (sender, media, raw) = split_feedback(body)?;
            Packet::TransportFeedback { sender, media, raw }
        }
        (PAYLOAD_FEEDBACK, PICTURE_LOSS) => {
            let (sender, media, _) = split_feedback(body)?;
            Packet::Pli { sender, media }
        }
        (PAYLOAD_FEEDBACK, FULL_INTRA) => {
            let (sender, _, rest) = split_feedback(body)?;
            Packet::Fir {
                sender,
                entries: FirEntries(rest),
            }
        }
        (PAYLOAD_FEEDBACK, APPLICATION_LAYER) => {
            let (sender, _, rest) = split_feedback(body)?;
            read_remb(sender, rest).unwrap_or(Packet::Other)
        }
        _ => Packet::Other,
    })
}

/// ```text
/// |  'R'    |  'E'    |  'M'    |  'B'    |
/// | Num SSRC | BR Exp (6) | BR Mantissa (18) |
/// | SSRC feedback ...                      |
/// ```
fn read_remb<'a>(sender: u32, body: &'a [u8]) -> Option<Packet<'a>> {
    let (name, rest) = body.split_first_chunk::<4>()?;
    let (&[count, m0, m1, m2], rest) = rest.split_first_chunk::<4>()?;
    let ssrcs = Ssrcs(rest.get(..usize::from(count) * 4)?);
    let exponent = u32::from(m0 >> 2);
    let mantissa = u64::from(u32::from_be_bytes([0, m0 & 3, m1, m2]));
    // An estimate beyond 64 bits means "no limit".
    let bps = if exponent > mantissa.leading_zeros() {
        u64::MAX
    } else {
        mantissa << exponent
    };
    (name == b"REMB").then_some(Packet::Remb { sender, bps, ssrcs })
}

fn split_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (value, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*value), rest))
}

/// Sender SSRC, media SSRC, feedback control information (RFC 4585 §6.1).
fn split_feedback(body: &[u8]) -> Option<(u32, u32, &[u8])> {
    let (sender, rest) = split_u32(body)?;
    let (media, rest) = split_u32(rest)?;
    Some((sender, media, rest))
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (ssrc, rest) = split_u32(self.0)?;
        let (loss, rest) = split_u32(rest)?;
        let (highest_sequence, rest) = split_u32(rest)?;
        let (jitter_rtp_ticks, rest) = split_u32(rest)?;
        let (last_sender_report, rest) = split_u32(rest)?;
        let (delay_since_last_sender_report, rest) = split_u32(rest)?;
        self.0 = rest;
        Some(ReportBlock {
            ssrc,
            fraction_lost: (loss >> 24) as u8,
            // 24 bits, sign-extended.
            cumulative_lost: (loss << 8) as i32 >> 8,
            highest_sequence,
            jitter_rtp_ticks,
            last_sender_report,
            delay_since_last_sender_report,
        })
    }
}

impl Iterator for NackSequences<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.pending == 0 {
            let (&[p0, p1, b0, b1], rest) = self.rest.split_first_chunk::<4>()?;
            self.rest = rest;
            self.packet_id = u16::from_be_bytes([p0, p1]);
            self.pending = u32::from(u16::from_be_bytes([b0, b1])) << 1 | 1;
        }
        let distance = self.pending.trailing_zeros();
        self.pending &= self.pending - 1;
        Some(self.packet_id.wrapping_add(distance as u16))
    }
}

impl Iterator for FirEntries<'_> {
    type Item = (u32, u8);

    fn next(&mut self) -> Option<(u32, u8)> {
        let (ssrc, rest) = split_u32(self.0)?;
        let (&[command, ..], rest) = rest.split_first_chunk::<4>()?;
        self.0 = rest;
        Some((ssrc, command))
    }
}

impl Iterator for Ssrcs<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (ssrc, rest) = split_u32(self.0)?;
        self.0 = rest;
        Some(ssrc)
    }
}
