//! The packets that are missing, and when to ask for them (RFC 4585 §6.2.1).
use std::collections::VecDeque;

/// More missing packets than this are an outage: a key frame mends it sooner. Older ones are given up.
const MAX_MISSING: usize = 512;

/// Requests for one packet. Ten lost in a row at 30 % loss happen once in 170,000 packets; libwebrtc's limit too.
const MAX_TRIES: u8 = 10;

/// A packet late by less than this is probably only reordered; shorter than one frame at 60 frames/s.
const FIRST_REQUEST_DELAY_NS: u64 = 10_000_000;

/// Requests come no closer than this, whatever the round trip: the publisher's pacer needs a moment too.
const MIN_SPACING_NS: u64 = 20_000_000;

/// After a second no viewer and no recorder waits for the packet any more.
const MAX_AGE_NS: u64 = 1_000_000_000;

#[derive(Debug)]
struct Missing {
    sequence: u64,
    noticed_ns: u64,
    next_request_ns: u64,
    tries: u8,
}

/// Rising by sequence number.
#[derive(Debug, Default)]
pub(super) struct MissingPackets(VecDeque<Missing>);

impl MissingPackets {
    /// Notes that `from..to` did not come before `to`; `from` is above all noted before.
    pub(super) fn note_gap(&mut self, from: u64, to: u64, now_ns: u64) {
        let from = from.max(to.saturating_sub(MAX_MISSING as u64));
        self.0.extend((from..to).map(|sequence| Missing {
            sequence,
            noticed_ns: now_ns,
            next_request_ns: now_ns + FIRST_REQUEST_DELAY_NS,
            tries: 0,
        }));
        let excess = self.0.len().saturating_sub(MAX_MISSING);
        self.0.drain(..excess);
    }

    /// Notes that a packet came after all.
    pub(super) fn remove(&mut self, sequence: u64) {
        if let Ok(at) = self
            .0
            .binary_search_by_key(&sequence, |missing| missing.sequence)
        {
            self.0.remove(at);
        }
    }

    /// Gives all of them up.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Appends what to ask for now, rising, and forgets what is not worth asking for.
    pub(super) fn take_due(&mut self, now_ns: u64, rtt_ns: u64, due: &mut Vec<u64>) {
        let spacing_ns = rtt_ns.max(MIN_SPACING_NS);
        self.0.retain_mut(|missing| {
            if now_ns.saturating_sub(missing.noticed_ns) >= MAX_AGE_NS {
                return false;
            }
            if now_ns >= missing.next_request_ns {
                if missing.tries == MAX_TRIES {
                    return false;
                }
                missing.tries += 1;
                missing.next_request_ns = now_ns.saturating_add(spacing_ns);
                due.push(missing.sequence);
            }
            true
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
