//! Reads compound RTCP packets without copying.
use super::ReportBlock;

/// Why the rest of a compound packet could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtcpError {
    /// A header that is cut off, not version 2, or longer than what is left. Ends the iteration.
    Malformed,
    /// One packet whose body is too short for its type. The iteration goes on behind it.
    BadBody,
}

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
pub struct ReportBlocks<'a>(pub(super) &'a [u8]);

/// Iterates over the sequence numbers of a NACK.
#[derive(Debug, Clone)]
pub struct NackSequences<'a> {
    #[allow(dead_code)]
    entries: &'a [u8],
}

/// Iterates over (ssrc, command sequence number) of a FIR.
#[derive(Debug, Clone)]
pub struct FirEntries<'a>(pub(super) &'a [u8]);

/// Iterates over SSRCs.
#[derive(Debug, Clone)]
pub struct Ssrcs<'a>(pub(super) &'a [u8]);

/// Iterates over the packets of a compound.
#[derive(Debug, Clone)]
pub struct Packets<'a> {
    #[allow(dead_code)]
    rest: &'a [u8],
}

/// Reads a plain (unprotected) compound packet. Reduced-size RTCP (RFC 5506) is accepted.
pub fn parse(compound: &[u8]) -> Packets<'_> {
    Packets { rest: compound }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, RtcpError>;
    fn next(&mut self) -> Option<Self::Item> {
        todo!()
    }
}
impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;
    fn next(&mut self) -> Option<ReportBlock> {
        todo!()
    }
}
impl Iterator for NackSequences<'_> {
    type Item = u16;
    fn next(&mut self) -> Option<u16> {
        todo!()
    }
}
impl Iterator for FirEntries<'_> {
    type Item = (u32, u8);
    fn next(&mut self) -> Option<(u32, u8)> {
        todo!()
    }
}
impl Iterator for Ssrcs<'_> {
    type Item = u32;
    fn next(&mut self) -> Option<u32> {
        todo!()
    }
}
