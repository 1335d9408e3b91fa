//! The log of one incoming stream: tells duplicates, counts, and makes report blocks (RFC 3550 §6.4.1, A.3).
use super::jitter::Jitter;
use super::missing::MissingPackets;
use super::window::SeenWindow;
use crate::rtcp::ReportBlock;

/// A jump ahead beyond this is a stream that began anew, not loss (RFC 3550 A.1, MAX_DROPOUT).
const MAX_DROPOUT: u64 = 3000;

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
pub struct ReceiveLog {
    wants_repair: bool,
    seen: Option<SeenWindow>,
    /// The lowest sequence number counted as expected.
    base: u64,
    /// Packets expected before the stream began anew.
    expected_before: u64,
    /// The cycles of the first packet, which the wire counts from 0.
    first_cycles: u64,
    received: u64,
    repaired: u64,
    duplicates: u64,
    expected_reported: u64,
    received_reported: u64,
    fraction_lost: u8,
    jitter: Jitter,
    missing: MissingPackets,
    last_sender_report: Option<LastSenderReport>,
}

#[derive(Debug)]
struct LastSenderReport {
    middle_ntp: u32,
    arrival_ns: u64,
}

impl ReceiveLog {
    /// `clock_rate_hz` is the media clock, for the jitter; `wants_repair` says if missing packets are to be
    /// asked for at all.
    pub fn new(clock_rate_hz: u32, wants_repair: bool) -> ReceiveLog {
        ReceiveLog {
            wants_repair,
            seen: None,
            base: 0,
            expected_before: 0,
            first_cycles: 0,
            received: 0,
            repaired: 0,
            duplicates: 0,
            expected_reported: 0,
            received_reported: 0,
            fraction_lost: 0,
            jitter: Jitter::new(clock_rate_hz),
            missing: MissingPackets::default(),
            last_sender_report: None,
        }
    }

    /// Notes a packet of the stream itself by its unwrapped sequence number.
    pub fn receive(&mut self, sequence: u64, rtp_timestamp: u32, arrival_ns: u64) -> Arrival {
        let Some(highest) = self.seen.as_ref().map(SeenWindow::highest) else {
            self.begin(sequence);
            self.first_cycles = sequence & !0xffff;
            self.jitter.receive(rtp_timestamp, arrival_ns);
            return Arrival::Fresh;
        };
        if sequence > highest + MAX_DROPOUT {
            self.begin(sequence);
        } else if !self.mark(sequence, arrival_ns) {
            self.duplicates += 1;
            return Arrival::Duplicate;
        } else {
            self.received += 1;
            self.base = self.base.min(sequence);
        }
        if sequence > highest {
            self.jitter.receive(rtp_timestamp, arrival_ns);
        }
        Arrival::Fresh
    }

    /// Notes a packet restored by RTX (RFC 4588): it fills a gap and counts neither as received nor for jitter.
    ///
    /// Before the first packet of the stream itself it has no place and is called a duplicate.
    pub fn receive_repair(&mut self, sequence: u64, arrival_ns: u64) -> Arrival {
        let highest = self.seen.as_ref().map(SeenWindow::highest);
        let is_near = highest.is_some_and(|highest| sequence <= highest + MAX_DROPOUT);
        if is_near && self.mark(sequence, arrival_ns) {
            self.repaired += 1;
            Arrival::Fresh
        } else {
            self.duplicates += 1;
            Arrival::Duplicate
        }
    }

    /// True if a packet of that number was not seen, and would be taken: what a copy that came along is worth.
    pub fn lacks(&self, sequence: u64) -> bool {
        self.seen.as_ref().is_some_and(|seen| {
            sequence >= self.base
                && sequence <= seen.highest() + MAX_DROPOUT
                && !seen.knows(sequence)
        })
    }

    /// Notes a sender report of the stream: its NTP time and when it arrived.
    pub fn receive_sender_report(&mut self, ntp: u64, arrival_ns: u64) {
        self.last_sender_report = Some(LastSenderReport {
            middle_ntp: (ntp >> 16) as u32,
            arrival_ns,
        });
    }

    /// The report block for now; fraction lost counts from the call before. None before the first packet.
    pub fn report_block(&mut self, ssrc: u32, now_ns: u64) -> Option<ReportBlock> {
        let highest = self.highest_sequence()?;
        let expected = self.expected();
        let expected_now = expected - self.expected_reported;
        let received_now = self.received - self.received_reported;
        (self.expected_reported, self.received_reported) = (expected, self.received);
        let lost_now = expected_now.saturating_sub(received_now);
        let fraction_lost = (lost_now * 256)
            .checked_div(expected_now)
            .unwrap_or(0)
            .min(255) as u8;
        self.fraction_lost = fraction_lost;
        let (last_sender_report, delay_since_last_sender_report) =
            self.last_sender_report.as_ref().map_or((0, 0), |last| {
                (
                    last.middle_ntp,
                    delay_65536ths(now_ns.saturating_sub(last.arrival_ns)),
                )
            });
        Some(ReportBlock {
            ssrc,
            fraction_lost,
            cumulative_lost: self.cumulative_lost().clamp(-0x80_0000, 0x7f_ffff) as i32,
            highest_sequence: highest.wrapping_sub(self.first_cycles) as u32,
            jitter_rtp_ticks: self.jitter_rtp_ticks(),
            last_sender_report,
            delay_since_last_sender_report,
        })
    }

    /// What was lost between the last two report blocks, in 1/256, repaired or not.
    pub fn fraction_lost(&self) -> u8 {
        self.fraction_lost
    }

    /// Appends to `due`, rising, the sequence numbers to ask for now; counts the attempt.
    ///
    /// `rtt_ns` is the round trip to the publisher (a guess will do): attempts are spaced by it, and there are at
    /// most 10 within a second.
    pub fn take_due_nacks(&mut self, now_ns: u64, rtt_ns: u64, due: &mut Vec<u64>) {
        self.missing.take_due(now_ns, rtt_ns, due);
    }

    /// True if something is missing that may still be asked for.
    pub fn has_missing(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Highest sequence number seen.
    pub fn highest_sequence(&self) -> Option<u64> {
        self.seen.as_ref().map(SeenWindow::highest)
    }

    /// Packets of the stream itself received, without duplicates and repairs.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Packets restored by RTX.
    pub fn repaired(&self) -> u64 {
        self.repaired
    }

    /// Packets seen before or too old.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Packets lost since the beginning by RFC 3550: repaired ones count as lost.
    pub fn cumulative_lost(&self) -> i64 {
        self.expected() as i64 - self.received as i64
    }

    /// Interarrival jitter in RTP ticks (RFC 3550 §6.4.1).
    pub fn jitter_rtp_ticks(&self) -> u32 {
        self.jitter.rtp_ticks()
    }

    /// Begins to count with this packet.
    fn begin(&mut self, sequence: u64) {
        self.expected_before = self.expected();
        self.base = sequence;
        self.seen = Some(SeenWindow::starting_with(sequence));
        self.missing.clear();
        self.received += 1;
    }

    /// Marks a number as seen and keeps the list of missing ones; false if it was seen before.
    fn mark(&mut self, sequence: u64, arrival_ns: u64) -> bool {
        let Some(seen) = &mut self.seen else {
            return false;
        };
        let highest = seen.highest();
        if !seen.mark(sequence) {
            return false;
        }
        if sequence > highest {
            if self.wants_repair {
                self.missing.note_gap(highest + 1, sequence, arrival_ns);
            }
        } else {
            self.missing.remove(sequence);
        }
        true
    }

    fn expected(&self) -> u64 {
        let since_base = self
            .highest_sequence()
            .map_or(0, |highest| highest + 1 - self.base);
        self.expected_before + since_base
    }
}

fn delay_65536ths(delay_ns: u64) -> u32 {
    let (seconds, rest_ns) = (delay_ns / 1_000_000_000, delay_ns % 1_000_000_000);
    u32::try_from((seconds << 16) | ((rest_ns << 16) / 1_000_000_000)).unwrap_or(u32::MAX)
}
