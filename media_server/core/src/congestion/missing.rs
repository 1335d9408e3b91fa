//! Packets that feedback left out: given up for lost once nothing that late has come lately.
use std::collections::VecDeque;

/// On a line that keeps the order nothing is waited for; on others as long as the latest was late, and at most so long.
const MAX_WAIT_NS: u64 = 400_000_000;

/// More is an outage, in which none comes late.
const MAX_MISSING: usize = 2048;

/// With each packet given up the wait shrinks by this part: more would be too fast on a line that loses much.
const FORGET: u64 = 64;

/// Sequence numbers with when they were first left out.
#[derive(Debug, Default)]
pub struct Missing {
    waiting: VecDeque<(u64, u16)>,
    wait_ns: u64,
}

impl Missing {
    /// Notes a packet that was left out.
    pub fn note(&mut self, now_ns: u64, sequence: u16) {
        if self.waiting.len() < MAX_MISSING {
            self.waiting.push_back((now_ns, sequence));
        }
    }

    /// One came after all.
    pub fn came_after_all(&mut self, now_ns: u64, sequence: u16) {
        let noted = self
            .waiting
            .iter()
            .find(|(_, missing)| *missing == sequence);
        // Those given up were waited for too shortly.
        let late_ns = noted.map_or(self.wait_ns * 2 + 50_000_000, |(at_ns, _)| {
            now_ns.saturating_sub(*at_ns)
        });
        self.wait_ns = self.wait_ns.max(late_ns + late_ns / 4).min(MAX_WAIT_NS);
    }

    /// Waits for none of them any more, nor gives them up.
    pub fn forget(&mut self) {
        self.waiting.clear();
    }

    /// How many are given up now, of those that `is_lost` still says of.
    pub fn take_given_up(&mut self, now_ns: u64, mut is_lost: impl FnMut(u16) -> bool) -> u32 {
        let mut given_up = 0;
        while let Some((at_ns, sequence)) = self.waiting.front().copied() {
            if now_ns.saturating_sub(at_ns) < self.wait_ns {
                break;
            }
            self.waiting.pop_front();
            if is_lost(sequence) {
                given_up += 1;
                self.wait_ns -= self.wait_ns / FORGET;
            }
        }
        given_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn on_a_line_that_keeps_the_order_what_is_left_out_is_lost_at_once() {
        let mut missing = Missing::default();
        missing.note(1_000 * MS, 7);
        missing.note(1_000 * MS, 8);
        assert_eq!(missing.take_given_up(1_000 * MS, |_| true), 2);
        assert_eq!(missing.take_given_up(1_000 * MS, |_| true), 0);
    }

    #[test]
    fn once_some_come_late_others_are_waited_for_as_long() {
        let mut missing = Missing::default();
        missing.note(1_000 * MS, 7);
        missing.came_after_all(1_100 * MS, 7);
        missing.note(1_100 * MS, 8);
        missing.note(1_100 * MS, 9);
        assert_eq!(
            missing.take_given_up(1_200 * MS, |sequence| sequence != 7),
            0
        );
        assert_eq!(
            missing.take_given_up(1_225 * MS, |sequence| sequence != 9),
            1
        );
        // One that had been given up: longer still, up to a limit.
        for _ in 0..10 {
            missing.came_after_all(1_300 * MS, 10_000);
        }
        missing.note(2_000 * MS, 11);
        assert_eq!(missing.take_given_up(2_399 * MS, |_| true), 0);
        assert_eq!(missing.take_given_up(2_400 * MS, |_| true), 1);
    }

    #[test]
    fn what_no_longer_comes_late_is_no_longer_waited_for() {
        let mut missing = Missing::default();
        missing.note(1_000 * MS, 7);
        missing.came_after_all(1_100 * MS, 7);
        for at in 0..1_000 {
            missing.note((2_000 + at) * MS, 8);
            missing.take_given_up((2_000 + at) * MS, |_| true);
        }
        missing.take_given_up(9_000 * MS, |_| true);
        missing.note(9_000 * MS, 9);
        assert_eq!(missing.take_given_up(9_001 * MS, |_| true), 1);
    }

    #[test]
    fn an_outage_takes_bounded_memory() {
        let mut missing = Missing::default();
        for sequence in 0..60_000 {
            missing.note(0, sequence);
        }
        assert_eq!(missing.take_given_up(0, |_| true), MAX_MISSING as u32);
    }
}
