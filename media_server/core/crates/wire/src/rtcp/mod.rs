//! RTCP: compound packets read as an iterator, the packets we send written (RFC 3550 §6, RFC 4585, RFC 5104).
mod packet_type;
mod parse;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use packet_type::{TRANSPORT_FEEDBACK, TRANSPORT_WIDE};

pub use parse::{
    FirEntries, NackSequences, Packet, Packets, ReportBlocks, RtcpError, Ssrcs, parse,
};
pub use write::{
    SenderInfo, write_nack, write_pli, write_receiver_report, write_sdes_cname, write_sender_report,
};

/// One reception report block (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReportBlock {
    /// The source this block is about.
    pub ssrc: u32,
    /// Packets lost since the report before, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the beginning, 24 bits signed: -0x80_0000..=0x7f_ffff.
    pub cumulative_lost: i32,
    /// The highest sequence number received, with 16 bits of cycles above.
    pub highest_sequence: u32,
    /// Interarrival jitter in RTP ticks.
    pub jitter_rtp_ticks: u32,
    /// The middle 32 bits of the NTP time of the last sender report; 0 if none.
    pub last_sender_report: u32,
    /// From receiving that report to sending this block, in 1/65536 s.
    pub delay_since_last_sender_report: u32,
}
