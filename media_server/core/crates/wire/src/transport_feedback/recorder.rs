//! Remembers when packets arrived and reports it once, gaps between two feedbacks included.
//!
//! ```text
//! |V=2|P|  FMT=15 |    PT=205     |            length             |
//! |                     SSRC of packet sender                     |
//! |                      SSRC of media source                     |
//! |      base sequence number     |      packet status count      |
//! |                 reference time                | fb pkt. count |
//! |          packet chunk         |  ...          | receive deltas
//! ```
use std::collections::VecDeque;

use super::chunks::{Symbol, write_chunks};
use crate::rtcp::{TRANSPORT_FEEDBACK, TRANSPORT_WIDE};
use crate::rtp::SequenceUnwrapper;

/// The unit of receive deltas.
const DELTA_TICK_NS: u64 = 250_000;

/// The unit of the reference time, 64 ms, in delta ticks.
const REFERENCE_TICKS: u64 = 256;

/// Packets remembered, reported ones included: 4096 are 50 ms at 80,000 packets/s, and 32 kB.
const MAX_REMEMBERED: u64 = 4096;

/// Reported packets kept for the case that one between them comes late: 512 are 100 ms at 40 Mbit/s.
const MAX_LATE: u64 = 512;

/// With 1000 statuses, 400 of them received, a feedback has at most 20 + 2·1000/7 + 2·400 bytes: one datagram.
const MAX_STATUSES: u64 = 1000;
const MAX_RECEIVED: usize = 400;

/// Lost packets reported before the first one that came. A longer gap is an outage, and the sender has given
/// these up; half of a feedback tells it well enough.
const MAX_LEADING_GAP: u64 = MAX_STATUSES / 2;

/// Stands for "not received".
const NEVER: u64 = u64::MAX;

/// The arrival times of one publisher's packets, by transport-wide sequence number.
#[derive(Debug, Default)]
pub struct Recorder {
    unwrapper: SequenceUnwrapper,
    /// Arrival in delta ticks of the packets from `start` on, or `NEVER`.
    arrivals: VecDeque<u64>,
    start: u64,
    /// The first packet the next feedback tells of.
    next_report: u64,
    feedback_count: u8,
}

impl Recorder {
    /// A recorder that has seen nothing.
    pub fn new() -> Recorder {
        Recorder::default()
    }

    /// Notes a packet by its transport-wide sequence number; RTX, audio and padding packets too.
    pub fn receive(&mut self, sequence: u16, arrival_ns: u64) {
        let sequence = self.unwrapper.unwrap(sequence);
        let tick = arrival_ns / DELTA_TICK_NS;
        if self.arrivals.is_empty() || sequence >= self.end() + MAX_REMEMBERED {
            self.arrivals.clear();
            self.start = sequence;
            self.next_report = sequence;
        }
        if sequence < self.start {
            self.receive_before_start(sequence, tick);
            return;
        }
        while self.end() <= sequence {
            self.arrivals.push_back(NEVER);
        }
        if let Some(arrival) = self.arrivals.get_mut((sequence - self.start) as usize)
            && *arrival == NEVER
        {
            *arrival = tick;
            self.next_report = self.next_report.min(sequence);
        }
        self.forget_before(self.end().saturating_sub(MAX_REMEMBERED));
    }

    /// The very first packets may come in a wrong order; later, what is before `start` is forgotten.
    fn receive_before_start(&mut self, sequence: u64, tick: u64) {
        let is_first_report = self.next_report == self.start;
        if !is_first_report || self.end() - sequence > MAX_LATE {
            return;
        }
        while self.start > sequence {
            self.arrivals.push_front(NEVER);
            self.start -= 1;
        }
        if let Some(arrival) = self.arrivals.front_mut() {
            *arrival = tick;
        }
        self.next_report = sequence;
    }

    /// True if `build` has something to report.
    pub fn has_news(&self) -> bool {
        self.next_report < self.end()
    }

    /// Appends at most one feedback packet, which fits a datagram; false if there was nothing to report.
    ///
    /// Call it again, for another datagram, while it returns true. `sender_ssrc` is ours, `media_ssrc` any stream
    /// of the publisher.
    pub fn build(&mut self, out: &mut Vec<u8>, sender_ssrc: u32, media_ssrc: u32) -> bool {
        let Some(summary) = self.summarise() else {
            return false;
        };
        let start = out.len();
        out.extend_from_slice(&[0x80 | TRANSPORT_WIDE, TRANSPORT_FEEDBACK, 0, 0]);
        out.extend_from_slice(&sender_ssrc.to_be_bytes());
        out.extend_from_slice(&media_ssrc.to_be_bytes());
        out.extend_from_slice(&(summary.base as u16).to_be_bytes());
        out.extend_from_slice(&(summary.symbols.len() as u16).to_be_bytes());
        // The reference time has 24 bits and wraps after 12 days.
        let reference_and_count = (summary.reference as u32) << 8 | u32::from(self.feedback_count);
        out.extend_from_slice(&reference_and_count.to_be_bytes());
        write_chunks(out, &summary.symbols);
        out.extend_from_slice(&summary.deltas);
        let len = (out.len() - start).next_multiple_of(4);
        out.resize(start + len, 0);
        if let Some([_, _, l0, l1, ..]) = out.get_mut(start..) {
            [*l0, *l1] = ((len / 4 - 1) as u16).to_be_bytes();
        }

        self.feedback_count = self.feedback_count.wrapping_add(1);
        self.next_report = summary.base + summary.symbols.len() as u64;
        self.forget_before(self.next_report.saturating_sub(MAX_LATE));
        true
    }

    /// What the next feedback tells. It ends with a received packet, and where a delta does not fit 16 bits.
    fn summarise(&self) -> Option<Summary> {
        let skipped = (self.next_report - self.start) as usize;
        let waiting = self.arrivals.iter().skip(skipped);
        let leading_gap = waiting.clone().position(|arrival| *arrival != NEVER)? as u64;
        let omitted = leading_gap.saturating_sub(MAX_LEADING_GAP);
        let mut waiting = waiting.skip(omitted as usize).take(MAX_STATUSES as usize);

        let first = *waiting.clone().find(|arrival| **arrival != NEVER)?;
        let mut summary = Summary {
            base: self.next_report + omitted,
            reference: first / REFERENCE_TICKS,
            symbols: Vec::new(),
            deltas: Vec::new(),
        };
        let mut last = summary.reference * REFERENCE_TICKS;
        let mut lost = 0;
        let mut received = 0;
        while let Some(arrival) = waiting.next().filter(|_| received < MAX_RECEIVED) {
            if *arrival == NEVER {
                lost += 1;
                continue;
            }
            let delta = arrival.wrapping_sub(last) as i64;
            let symbol = if let Ok(small) = u8::try_from(delta) {
                summary.deltas.push(small);
                Symbol::SmallDelta
            } else if let Ok(large) = i16::try_from(delta) {
                summary.deltas.extend_from_slice(&large.to_be_bytes());
                Symbol::LargeDelta
            } else {
                break;
            };
            summary
                .symbols
                .resize(summary.symbols.len() + lost, Symbol::NotReceived);
            summary.symbols.push(symbol);
            last = *arrival;
            lost = 0;
            received += 1;
        }
        Some(summary)
    }

    /// One behind the last packet remembered.
    fn end(&self) -> u64 {
        self.start + self.arrivals.len() as u64
    }

    fn forget_before(&mut self, sequence: u64) {
        let count = sequence
            .saturating_sub(self.start)
            .min(self.arrivals.len() as u64);
        self.arrivals.drain(..count as usize);
        self.start += count;
        self.next_report = self.next_report.max(self.start);
    }
}

struct Summary {
    base: u64,
    /// In units of 64 ms.
    reference: u64,
    symbols: Vec<Symbol>,
    deltas: Vec<u8>,
}
