//! Holds packets until those before them have come, or have been waited for long enough.
use std::collections::BTreeMap;

use super::Codec;

/// How long a missing packet is waited for: three requests over a 60 ms round trip, and well below the half second
/// that a recording may lag.
pub const MAX_WAIT_NS: u64 = 250_000_000;

/// Packets held at most: one second at 20 Mbit/s, 3 MB. When it is full, what is missing is given up at once.
pub const MAX_HELD_PACKETS: usize = 2048;

#[derive(Debug)]
pub(super) struct Packet {
    pub(super) timestamp: i64,
    pub(super) has_marker: bool,
    pub(super) codec: Codec,
    pub(super) arrival_ns: u64,
    pub(super) payload: Vec<u8>,
}

/// What the assembler may do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing before something else comes or time passes.
    Wait,
    /// The packets `next..missing` are there; those from `missing` to before `resume` are given up.
    GiveUp { missing: u64, resume: u64 },
}

/// Packets by sequence number, from `next` on.
#[derive(Debug, Default)]
pub(super) struct ReorderBuffer {
    held: BTreeMap<u64, Packet>,
    /// The first packet not taken yet; None before the first packet came.
    next: Option<u64>,
    has_taken: bool,
    /// One behind the last of the packets that are there without a hole from `next` on.
    run_end: u64,
}

impl ReorderBuffer {
    /// Holds a packet, unless it is a duplicate, too late, or there is no room.
    pub(super) fn insert(&mut self, sequence: u64, packet: Packet) {
        let next = *self.next.get_or_insert(sequence);
        if sequence < next && self.has_taken || self.held.len() >= MAX_HELD_PACKETS {
            return;
        }
        self.held.entry(sequence).or_insert(packet);
        if sequence < next || self.run_end < next {
            // The very first packets may come in a wrong order.
            self.next = Some(sequence.min(next));
            self.run_end = sequence;
        }
        self.extend_run();
    }

    /// The first packet not taken yet, there or not.
    pub(super) fn next(&self) -> u64 {
        self.next.unwrap_or_default()
    }

    /// The packets that are there without a hole, from `from` on, which is among them or right behind.
    pub(super) fn run_from(&self, from: u64) -> impl Iterator<Item = (u64, &Packet)> {
        self.held
            .range(from..self.run_end.max(from))
            .map(|(sequence, packet)| (*sequence, packet))
    }

    /// Takes the packets before `end`.
    pub(super) fn take_until(&mut self, end: u64) -> impl Iterator<Item = Packet> + use<> {
        let rest = self.held.split_off(&end);
        self.next = Some(end);
        self.has_taken = true;
        let taken = std::mem::replace(&mut self.held, rest);
        self.run_end = self.run_end.max(end);
        self.extend_run();
        taken.into_values()
    }

    /// What to do when the packets that are there make no frame.
    pub(super) fn stalled(&self, now_ns: u64) -> Step {
        let missing = self.run_end;
        let is_full = self.held.len() >= MAX_HELD_PACKETS;
        let mut behind = self.held.range(missing..);
        let Some((resume, first)) = behind.next() else {
            // A frame that fills the buffer and does not end is given up without a loss.
            return if is_full {
                Step::GiveUp {
                    missing,
                    resume: missing,
                }
            } else {
                Step::Wait
            };
        };
        let waiting_since_ns = behind
            .map(|(_, packet)| packet.arrival_ns)
            .fold(first.arrival_ns, u64::min);
        if is_full || now_ns.saturating_sub(waiting_since_ns) >= MAX_WAIT_NS {
            Step::GiveUp {
                missing,
                resume: *resume,
            }
        } else {
            Step::Wait
        }
    }

    fn extend_run(&mut self) {
        let behind = self
            .held
            .range(self.run_end..)
            .map(|(sequence, _)| *sequence);
        let run = (self.run_end..)
            .zip(behind)
            .take_while(|(expected, sequence)| expected == sequence)
            .count();
        self.run_end += run as u64;
    }
}
