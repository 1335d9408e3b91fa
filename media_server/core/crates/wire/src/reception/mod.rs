//! What arrived of one incoming RTP stream: duplicates, loss, jitter, reports, and what to ask for again.
use crate::rtcp::ReportBlock;

/// What a packet is to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// First seen now.
    Fresh,
    /// Seen before, or too old to tell: drop it.
    Duplicate,
}

/// The log of one incoming stream (one simulcast layer).
#[derive(Debug)]
pub struct ReceiveLog {}

impl ReceiveLog {
    /// `clock_rate_hz` is the media clock, for the jitter; `wants_repair` says if missing packets are to be
    /// asked for at all.
    pub fn new(clock_rate_hz: u32, wants_repair: bool) -> ReceiveLog {
        let _ = (clock_rate_hz, wants_repair);
        todo!()
    }
    /// Notes a packet of the stream itself by its unwrapped sequence number.
    pub fn receive(&mut self, sequence: u64, rtp_timestamp: u32, arrival_ns: u64) -> Arrival {
        let _ = (sequence, rtp_timestamp, arrival_ns);
        todo!()
    }
    /// Notes a packet restored by RTX (RFC 4588): it fills a gap and counts neither as received nor for jitter.
    pub fn receive_repair(&mut self, sequence: u64) -> Arrival {
        let _ = sequence;
        todo!()
    }
    /// Notes a sender report of the stream: its NTP time and when it arrived.
    pub fn receive_sender_report(&mut self, ntp: u64, arrival_ns: u64) {
        let _ = (ntp, arrival_ns);
        todo!()
    }
    /// The report block for now; fraction lost counts from the call before. None before the first packet.
    pub fn report_block(&mut self, ssrc: u32, now_ns: u64) -> Option<ReportBlock> {
        let _ = (ssrc, now_ns);
        todo!()
    }
    /// Appends to `due`, rising, the sequence numbers to ask for now; counts the attempt.
    ///
    /// `rtt_ns` is the round trip to the publisher (a guess will do): attempts are spaced by it.
    pub fn take_due_nacks(&mut self, now_ns: u64, rtt_ns: u64, due: &mut Vec<u64>) {
        let _ = (now_ns, rtt_ns, due);
        todo!()
    }
    /// True if something is missing that may still be asked for.
    pub fn has_missing(&self) -> bool {
        todo!()
    }
    /// Highest sequence number received.
    pub fn highest_sequence(&self) -> Option<u64> {
        todo!()
    }
    /// Packets lost since the beginning by RFC 3550 (repaired ones count as lost); negative with duplicates.
    pub fn cumulative_lost(&self) -> i64 {
        todo!()
    }
    /// Interarrival jitter in RTP ticks (RFC 3550 §6.4.1).
    pub fn jitter_rtp_ticks(&self) -> u32 {
        todo!()
    }
}
