//! When a picture's packets leave for one subscriber: at once while the link has room, spread out where it has not.
//!
//! A key frame is thirty packets in one moment. On a tight link they would stand in a queue before voice; here they
//! wait themselves, and voice, data and repairs pass them. What waits is not the packets but where they lie in their
//! layer's history, so that a queue costs no copies and the packets get their transport-wide numbers as they leave.
use std::collections::VecDeque;

use crate::numbered::Slot;
use crate::output::Origin;
use crate::splice::Placement;

/// Nothing waits longer: then it leaves whatever the rate. A picture later than that is a frozen one, and who sends so
/// much more than the link carries must choose less, not queue more.
const MAX_WAIT_NS: u64 = 250_000_000;

/// What waits at most, 250 ms of 30 Mbit/s; what comes then leaves at once.
const MAX_WAITING: usize = 1024;

/// What may leave in one moment: some packets, or 10 ms of a wide link.
const MIN_BURST_BYTES: i64 = 4_800;
const BURST_NS: u64 = 10_000_000;

/// Memory a queue keeps once it is empty.
const KEPT_WAITING: usize = 32;

/// A packet that waits.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// Where it goes.
    pub output: Slot,
    /// The number of that output: its slot may be another's by then.
    pub number: u32,
    /// The numbers it goes out under.
    pub placement: Placement,
    /// Its layer.
    pub origin: Origin,
    /// Its number there.
    pub layer_sequence: u64,
    /// Its payload's bytes.
    pub bytes: usize,
    /// Since when.
    pub since_ns: u64,
}

/// The queue before one subscriber's link.
#[derive(Debug)]
pub struct Pacer {
    /// What may leave at once; below 0 pictures wait.
    budget_bytes: i64,
    rate_bps: Option<u64>,
    waiting: VecDeque<Waiting>,
    refilled_ns: u64,
}

/// Where nothing is known of the link.
const UNLIMITED: i64 = i64::MAX;

impl Default for Pacer {
    fn default() -> Self {
        Pacer {
            budget_bytes: UNLIMITED,
            rate_bps: None,
            waiting: VecDeque::new(),
            refilled_ns: 0,
        }
    }
}

impl Pacer {
    /// True if a picture's packet leaves at once.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.budget_bytes > 0 && self.waiting.is_empty()
    }

    /// Notes what leaves, in turn or not.
    #[inline]
    pub fn spend(&mut self, bytes: usize) {
        self.budget_bytes = self.budget_bytes.saturating_sub(bytes as i64);
    }

    /// Lets a packet wait; false if too many do, and it is to leave now.
    pub fn wait(&mut self, packet: Waiting) -> bool {
        let has_room = self.waiting.len() < MAX_WAITING;
        if has_room {
            self.waiting.push_back(packet);
        }
        has_room
    }

    /// Sets the rate at which pictures leave; None: at once.
    pub fn set_rate(&mut self, now_ns: u64, rate_bps: Option<u64>) {
        if self.rate_bps == rate_bps {
            return;
        }
        self.refill(now_ns);
        self.rate_bps = rate_bps;
        self.budget_bytes = match rate_bps {
            Some(rate_bps) => self.budget_bytes.min(burst_bytes(rate_bps)),
            None => UNLIMITED,
        };
    }

    /// Lets time pass.
    pub fn refill(&mut self, now_ns: u64) {
        let elapsed_ns = now_ns.saturating_sub(self.refilled_ns);
        self.refilled_ns = now_ns;
        let Some(rate_bps) = self.rate_bps else {
            return;
        };
        let earned_bytes = (u128::from(rate_bps) * u128::from(elapsed_ns) / 8_000_000_000) as i64;
        // Voice is never held back, so it may have spent long ahead: that is not owed for more than a wait.
        let least_bytes =
            -((u128::from(rate_bps) * u128::from(MAX_WAIT_NS) / 8_000_000_000) as i64);
        self.budget_bytes = self
            .budget_bytes
            .saturating_add(earned_bytes)
            .clamp(least_bytes, burst_bytes(rate_bps));
    }

    /// The next packet whose turn has come, and whether that is for its age alone.
    pub fn next_due(&mut self, now_ns: u64) -> Option<(Waiting, bool)> {
        let first = self.waiting.front()?;
        let is_overdue = now_ns.saturating_sub(first.since_ns) >= MAX_WAIT_NS;
        if self.budget_bytes <= 0 && !is_overdue {
            return None;
        }
        let is_late = self.budget_bytes <= 0;
        let due = self.waiting.pop_front();
        if self.waiting.is_empty() {
            self.waiting.shrink_to(KEPT_WAITING);
        }
        due.map(|packet| (packet, is_late))
    }

    /// True while packets wait.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How long the first of those that wait has waited.
    pub fn queue_ns(&self, now_ns: u64) -> u64 {
        self.waiting
            .front()
            .map_or(0, |first| now_ns.saturating_sub(first.since_ns))
    }
}

fn burst_bytes(rate_bps: u64) -> i64 {
    let bytes = (u128::from(rate_bps) * u128::from(BURST_NS) / 8_000_000_000) as i64;
    bytes.max(MIN_BURST_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn packet(layer_sequence: u64, since_ns: u64) -> Waiting {
        Waiting {
            output: 0,
            number: 20,
            placement: Placement {
                sequence: layer_sequence,
                timestamp: 0,
                picture_id_offset: 0,
                tl0_offset: 0,
                is_switch: false,
                is_emptied: false,
            },
            origin: Origin {
                layer: 0,
                generation: 0,
                kept: 1,
            },
            layer_sequence,
            bytes: 1_000,
            since_ns,
        }
    }

    /// Sends `count` packets of 1,000 bytes at one moment, then ticks each 5 ms; when each left.
    fn burst(pacer: &mut Pacer, start_ns: u64, count: u64) -> Vec<(u64, u64)> {
        let mut left = vec![];
        for sequence in 0..count {
            if pacer.is_open() || !pacer.wait(packet(sequence, start_ns)) {
                pacer.spend(1_000);
                left.push((0, sequence));
            }
        }
        for now_ns in (start_ns..start_ns + 3_000 * MS).step_by(5_000_000) {
            pacer.refill(now_ns);
            while let Some((packet, _)) = pacer.next_due(now_ns) {
                pacer.spend(1_000);
                left.push(((now_ns - start_ns) / MS, packet.layer_sequence));
            }
        }
        left
    }

    #[test]
    fn where_nothing_is_known_everything_leaves_at_once() {
        let mut pacer = Pacer::default();
        assert_eq!(
            burst(&mut pacer, 1_000 * MS, 5_000).last(),
            Some(&(0, 4_999))
        );
        pacer.set_rate(9_000 * MS, Some(1_000_000));
        pacer.set_rate(9_000 * MS, None);
        assert_eq!(
            burst(&mut pacer, 9_000 * MS, 5_000).last(),
            Some(&(0, 4_999))
        );
    }

    #[test]
    fn a_wide_link_lets_a_usual_picture_pass_and_a_tight_one_spreads_a_key_frame() {
        let mut pacer = Pacer::default();
        pacer.set_rate(1_000 * MS, Some(8_000_000));
        assert_eq!(burst(&mut pacer, 1_000 * MS, 10).last(), Some(&(0, 9)));
        pacer.set_rate(5_000 * MS, Some(1_000_000));
        let left = burst(&mut pacer, 5_000 * MS, 30);
        assert_eq!(left.iter().filter(|(ms, _)| *ms == 0).count(), 5);
        assert!(left.is_sorted());
        // 25,000 bytes at 1 Mbit/s.
        assert!((190..=210).contains(&left[29].0), "{left:?}");
    }

    #[test]
    fn nothing_waits_longer_than_a_quarter_of_a_second() {
        let mut pacer = Pacer::default();
        pacer.set_rate(1_000 * MS, Some(100_000));
        let left = burst(&mut pacer, 1_000 * MS, 100);
        assert_eq!(left.len(), 100);
        assert_eq!(left.iter().map(|(ms, _)| *ms).max(), Some(250));
    }

    #[test]
    fn what_is_overdue_is_told_so() {
        let mut pacer = Pacer::default();
        pacer.set_rate(1_000 * MS, Some(100_000));
        pacer.spend(100_000);
        assert!(!pacer.is_open() && pacer.wait(packet(1, 1_000 * MS)));
        assert!(pacer.has_waiting());
        pacer.refill(1_100 * MS);
        assert!(pacer.next_due(1_100 * MS).is_none());
        assert_eq!(pacer.queue_ns(1_100 * MS), 100 * MS);
        pacer.refill(1_250 * MS);
        assert!(matches!(pacer.next_due(1_250 * MS), Some((_, true))));
        assert!(!pacer.has_waiting() && pacer.next_due(1_250 * MS).is_none());
        assert_eq!(pacer.queue_ns(1_250 * MS), 0);
    }

    #[test]
    fn what_voice_took_ahead_is_owed_no_longer_than_a_wait() {
        let mut pacer = Pacer::default();
        pacer.set_rate(1_000 * MS, Some(100_000));
        pacer.spend(10_000_000);
        pacer.refill(1_000 * MS);
        pacer.refill(1_300 * MS);
        assert!(pacer.is_open());
    }

    #[test]
    fn a_queue_has_an_end_in_memory_too() {
        let mut pacer = Pacer::default();
        pacer.set_rate(1_000 * MS, Some(100_000));
        pacer.spend(100_000);
        let kept = (0..5_000).filter(|&sequence| pacer.wait(packet(sequence, 1_000 * MS)));
        assert_eq!(kept.count(), MAX_WAITING);
        let mut left = 0;
        while pacer.next_due(2_000 * MS).is_some() {
            left += 1;
        }
        assert_eq!(left, MAX_WAITING);
        assert!(pacer.waiting.capacity() <= 2 * KEPT_WAITING);
    }
}
