//! What came of one stream: how many packets of how many, how late, with what holes in time.
use serde::Serialize;

const NS_PER_MS: u64 = 1_000_000;

/// Upper bounds of the classes of delay in microseconds: each a quarter above the last, from 0.1 ms to about 9 s.
const CLASSES: usize = 52;
const FIRST_BOUND_US: f64 = 100.0;
const GROWTH: f64 = 1.25;

/// A stream without a packet for so long stands still: a picture that is frozen, a voice that is gone.
const STILL_NS: u64 = 1_000 * NS_PER_MS;

/// Counts of one stream as it is received.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Received {
    /// Packets, each counted once.
    pub packets: u64,
    /// Payload bytes.
    pub bytes: u64,
    /// When the first came (CLOCK_MONOTONIC).
    pub first_ns: u64,
    /// When the last came.
    pub last_ns: u64,
    /// The longest time between two.
    pub longest_gap_ns: u64,
    /// Gaps of a second or more.
    pub stills: u64,
    /// Numbers from the first to the last, both counted.
    pub spanned: u64,
    /// Stamped packets by how long they were under way; see [`bound_us`].
    pub delays: Vec<u64>,
    #[serde(skip)]
    lowest: u64,
    #[serde(skip)]
    highest: u64,
}

impl Received {
    /// The highest extended sequence number.
    pub fn newest(&self) -> u64 {
        self.highest
    }

    /// Takes a packet by its extended sequence number. `delay_ns`: if it was stamped.
    pub fn take(&mut self, now_ns: u64, sequence: u64, bytes: usize, delay_ns: Option<u64>) {
        if self.packets == 0 {
            (self.first_ns, self.last_ns) = (now_ns, now_ns);
            (self.lowest, self.highest) = (sequence, sequence);
        }
        let gap_ns = now_ns.saturating_sub(self.last_ns);
        self.longest_gap_ns = self.longest_gap_ns.max(gap_ns);
        self.stills += u64::from(gap_ns >= STILL_NS);
        self.last_ns = self.last_ns.max(now_ns);
        self.lowest = self.lowest.min(sequence);
        self.highest = self.highest.max(sequence);
        self.spanned = self.highest - self.lowest + 1;
        self.packets += 1;
        self.bytes += bytes as u64;
        if let Some(delay_ns) = delay_ns {
            self.delays.resize(CLASSES, 0);
            self.delays[class_of(delay_ns)] += 1;
        }
    }
}

/// The class of a delay.
fn class_of(delay_ns: u64) -> usize {
    let times = delay_ns as f64 / 1_000.0 / FIRST_BOUND_US;
    if times <= 1.0 {
        return 0;
    }
    (times.log(GROWTH).ceil() as usize).min(CLASSES - 1)
}

/// The upper bounds of the classes in microseconds, the last without one.
pub fn bounds_us() -> Vec<f64> {
    (0..CLASSES - 1)
        .map(|class| FIRST_BOUND_US * GROWTH.powi(class as i32))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_in_the_numbers_is_what_was_spanned_but_did_not_come() {
        let mut received = Received::default();
        for sequence in [65_535, 65_536, 65_539, 65_534] {
            received.take(5 * NS_PER_MS, sequence, 10, None);
        }
        assert_eq!(
            (received.packets, received.spanned, received.bytes),
            (4, 6, 40)
        );
        assert!(received.delays.is_empty());
    }

    #[test]
    fn the_longest_gap_and_stills_are_told() {
        let mut received = Received::default();
        for (at_ms, sequence) in [(100, 1), (120, 2), (1_119, 3), (2_119, 4), (2_100, 5)] {
            received.take(at_ms * NS_PER_MS, sequence, 10, None);
        }
        assert_eq!(received.longest_gap_ns, 1_000 * NS_PER_MS);
        assert_eq!(received.stills, 1);
        assert_eq!(
            (received.first_ns, received.last_ns),
            (100 * NS_PER_MS, 2_119 * NS_PER_MS)
        );
    }

    #[test]
    fn delays_fall_into_classes_up_to_their_bounds() {
        let mut received = Received::default();
        for delay_us in [0, 100, 101, 125, 126, 1_000_000_000] {
            received.take(1, 1, 10, Some(delay_us * 1_000));
        }
        assert_eq!(received.delays[..3], [2, 2, 1]);
        assert_eq!(received.delays[CLASSES - 1], 1);
        assert_eq!(bounds_us()[..2], [100.0, 125.0]);
        assert_eq!(bounds_us().len(), CLASSES - 1);
    }
}
