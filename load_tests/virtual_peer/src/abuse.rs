//! What a subscriber may do to others: ask without end, talk without end, and take hardly anything.
use std::collections::VecDeque;

use crate::orders::Misdeed;

const NS_PER_S: u64 = 1_000_000_000;

/// Who is late by more gives up what was due.
const MAX_LATE_NS: u64 = 100_000_000;

/// NACK entries (RFC 4585 §6.2.1) of a datagram: what fits into the shortest usual one. Each asks for 17 packets.
pub const NACK_ENTRIES: usize = 256;
const NACK_SPAN: u16 = 17;

/// A narrow line keeps what it can carry in a quarter of a second: as mobile networks do at the least.
const QUEUE_NS: u64 = 250_000_000;

/// Something done at a steady rate.
#[derive(Debug)]
pub struct Abuse {
    /// What is done each time.
    pub misdeed: Misdeed,
    interval_ns: u64,
    due_ns: u64,
    /// How often it was done.
    pub done: u64,
}

impl Abuse {
    /// Begins now; None for what has no rate.
    pub fn new(misdeed: Misdeed, now_ns: u64) -> Option<Abuse> {
        let per_s = match &misdeed {
            Misdeed::Pictures { per_s } | Misdeed::Repeats { per_s } => *per_s,
            Misdeed::Talk { per_s, .. } => *per_s,
            Misdeed::Narrow { .. } | Misdeed::Nothing {} => 0,
        };
        Some(Abuse {
            interval_ns: NS_PER_S.checked_div(u64::from(per_s))?.max(1),
            misdeed,
            due_ns: now_ns,
            done: 0,
        })
    }

    /// When it is to be done next.
    pub fn next_ns(&self) -> u64 {
        self.due_ns
    }

    /// How often it is to be done now.
    pub fn take_due(&mut self, now_ns: u64) -> u64 {
        if now_ns.saturating_sub(self.due_ns) > MAX_LATE_NS {
            self.due_ns = now_ns;
        }
        if self.due_ns > now_ns {
            return 0;
        }
        let times = (now_ns - self.due_ns) / self.interval_ns + 1;
        self.due_ns += times * self.interval_ns;
        self.done += times;
        times
    }
}

/// NACK entries for everything up to a number, as often as they fit.
pub fn nack_entries(newest: u16) -> Vec<u8> {
    (1..=NACK_ENTRIES as u16)
        .flat_map(|place| {
            let first = newest
                .wrapping_sub(place.wrapping_mul(NACK_SPAN))
                .to_be_bytes();
            [first[0], first[1], 0xff, 0xff]
        })
        .collect()
}

/// A line that carries so many bits a second, with a short queue before it.
#[derive(Debug)]
pub struct NarrowLine<T> {
    bps: u64,
    free_ns: u64,
    queue: VecDeque<(u64, T)>,
    /// Datagrams for which there was no room.
    pub dropped: u64,
}

impl<T> NarrowLine<T> {
    /// An empty one.
    pub fn new(bps: u64) -> NarrowLine<T> {
        NarrowLine {
            bps: bps.max(1),
            free_ns: 0,
            queue: VecDeque::new(),
            dropped: 0,
        }
    }

    /// Takes a datagram in, or drops it.
    pub fn push(&mut self, now_ns: u64, bytes: usize, datagram: T) {
        let begins_ns = self.free_ns.max(now_ns);
        if begins_ns - now_ns > QUEUE_NS {
            self.dropped += 1;
            return;
        }
        self.free_ns = begins_ns + bytes as u64 * 8 * NS_PER_S / self.bps;
        self.queue.push_back((self.free_ns, datagram));
    }

    /// When the next datagram comes out.
    pub fn next_ns(&self) -> Option<u64> {
        self.queue.front().map(|(due_ns, _)| *due_ns)
    }

    /// The next datagram that has come out.
    pub fn pop(&mut self, now_ns: u64) -> Option<T> {
        self.next_ns().filter(|&due_ns| due_ns <= now_ns)?;
        self.queue.pop_front().map(|(_, datagram)| datagram)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn it_is_done_as_often_as_was_ordered() {
        let mut abuse = Abuse::new(Misdeed::Pictures { per_s: 5_000 }, 0).unwrap();
        let done: u64 = (0..1_000).map(|at| abuse.take_due(at * MS)).sum();
        assert!((4_995..=5_000).contains(&done), "{done}");
        assert_eq!(abuse.done, done);
        assert_eq!(abuse.take_due(0), 0);
        // Who has slept does not make up for it.
        assert_eq!(abuse.take_due(20_000 * MS), 1);
    }

    #[test]
    fn what_has_no_rate_is_no_abuse() {
        assert!(Abuse::new(Misdeed::Narrow { bps: 1 }, 0).is_none());
        assert!(Abuse::new(Misdeed::Nothing {}, 0).is_none());
        assert!(Abuse::new(Misdeed::Repeats { per_s: 0 }, 0).is_none());
    }

    #[test]
    fn entries_ask_for_what_went_before() {
        let entries = nack_entries(20);
        assert_eq!(entries.len(), NACK_ENTRIES * 4);
        assert_eq!(entries[..8], [0, 3, 0xff, 0xff, 0xff, 0xf2, 0xff, 0xff]);
    }

    #[test]
    fn a_narrow_line_delays_and_then_drops() {
        // 1,000 bytes take 80 ms.
        let mut line = NarrowLine::new(100_000);
        for number in 0..6 {
            line.push(0, 1_000, number);
        }
        assert_eq!((line.dropped, line.next_ns()), (2, Some(80 * MS)));
        assert_eq!(line.pop(79 * MS), None);
        let out: Vec<i32> = std::iter::from_fn(|| line.pop(320 * MS)).collect();
        assert_eq!(out, [0, 1, 2, 3]);
        assert_eq!((line.pop(320 * MS), line.next_ns()), (None, None));
        line.push(1_000 * MS, 1_000, 9);
        assert_eq!(line.next_ns(), Some(1_080 * MS));
    }
}
