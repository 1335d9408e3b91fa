//! Sound in its gap_wait: what follows a lost packet waits for its repeat, where repeats are needed often and do come.
//!
//! A repeat takes a round trip. Players keep less than that before them, and would throw it away; but they keep as much
//! as what they get is late. So what follows a gap is held back until the gap is filled or no longer worth it: players
//! learn from that how long repairs take on this line, and what was repaired goes out in order, with its copies.
//! A gap that comes rarely is not waited for: then players have no room for it, and one gap would become four.

/// A gap is waited for if this many were there before it …
const OFTEN: usize = 3;

/// … within this time. Players remember a delay for longer.
const LATELY_NS: u64 = 10_000_000_000;

/// Nothing is held back longer: two round trips of a province-wide line. Beyond it talking becomes taking turns.
const MAX_WAIT_NS: u64 = 160_000_000;

/// From a gap to the request for what is missing, and from the answer to where it is noticed: two ticks each at most.
const ASKING_NS: u64 = 30_000_000;

/// Repeats that did not come, in a row, after which no more are waited for: the publisher does not answer.
const FRUITLESS: u8 = 12;

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It goes on at once, and nothing with it.
    Now,
    /// It goes on, and all that follow it without a gap.
    Filled,
    /// It waits for one before it.
    Held,
}

/// What one stream of sound waits for.
#[derive(Debug, Clone, Default)]
pub struct GapWait {
    /// The next to go on; None before the first.
    next: Option<u64>,
    /// Since when others wait for it.
    since_ns: Option<u64>,
    /// When the last gaps were, oldest first.
    gaps_ns: [Option<u64>; OFTEN],
    fruitless: u8,
}

impl GapWait {
    /// Takes a packet that is in the layer's history now. `rtt_ns` is the round trip to the publisher.
    #[inline]
    pub fn receive(&mut self, sequence: u64, now_ns: u64, rtt_ns: u64) -> Step {
        let next = self.next.unwrap_or(sequence);
        if sequence < next {
            return Step::Now;
        }
        if sequence == next {
            self.next = Some(sequence + 1);
            if self.since_ns.is_none() {
                return Step::Now;
            }
            self.fruitless = 0;
            return Step::Filled;
        }
        if self.since_ns.is_some() {
            return Step::Held;
        }
        self.note_gap(now_ns);
        if !self.is_worth_it(now_ns, rtt_ns) {
            self.next = Some(sequence + 1);
            return Step::Now;
        }
        self.since_ns = Some(now_ns);
        Step::Held
    }

    /// The next to go on where others wait for it.
    pub fn waited_for(&self) -> Option<u64> {
        self.next.filter(|_| self.since_ns.is_some())
    }

    /// One of those that waited has gone on.
    pub fn went_past(&mut self, sequence: u64) {
        self.next = Some(sequence + 1);
    }

    /// `next` is missing; others behind it have waited since `since_ns`, if there are any.
    pub fn went_on(&mut self, next: u64, since_ns: Option<u64>) {
        self.next = Some(next);
        self.since_ns = since_ns;
        if let Some(since_ns) = since_ns {
            self.note_gap(since_ns);
        }
    }

    /// True if what is missing has been waited for long enough: `give_up` then.
    pub fn is_over(&self, now_ns: u64, rtt_ns: u64) -> bool {
        self.since_ns
            .is_some_and(|since_ns| now_ns.saturating_sub(since_ns) >= patience_ns(rtt_ns))
    }

    /// What is missing before `next` is given up.
    pub fn give_up(&mut self, next: u64) {
        self.next = Some(next);
        self.fruitless = self.fruitless.saturating_add(1);
    }

    fn note_gap(&mut self, now_ns: u64) {
        self.gaps_ns.rotate_left(1);
        self.gaps_ns[OFTEN - 1] = Some(now_ns);
    }

    fn is_worth_it(&self, now_ns: u64, rtt_ns: u64) -> bool {
        let is_often =
            self.gaps_ns[0].is_some_and(|first_ns| now_ns.saturating_sub(first_ns) < LATELY_NS);
        is_often && self.fruitless < FRUITLESS && rtt_ns + ASKING_NS <= MAX_WAIT_NS
    }
}

/// Two repeats, if there is time for them.
fn patience_ns(rtt_ns: u64) -> u64 {
    (2 * rtt_ns + 2 * ASKING_NS).min(MAX_WAIT_NS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const RTT_NS: u64 = 50 * MS;

    /// A stream in which packets 2, 4 and 6 were lost before, and 7 was the last to come.
    fn worn() -> GapWait {
        let mut gap_wait = GapWait::default();
        for (sequence, ms) in [(1, 0), (3, 40), (5, 80), (7, 120)] {
            let step = gap_wait.receive(sequence, ms * MS, RTT_NS);
            let expected = if sequence == 7 { Step::Held } else { Step::Now };
            assert_eq!(step, expected, "{sequence}");
        }
        assert_eq!(gap_wait.waited_for(), Some(6));
        assert_eq!(gap_wait.receive(6, 130 * MS, RTT_NS), Step::Filled);
        gap_wait.went_past(7);
        gap_wait.went_on(8, None);
        assert_eq!(gap_wait.waited_for(), None);
        gap_wait
    }

    #[test]
    fn what_comes_in_order_or_too_late_goes_on_at_once() {
        let mut gap_wait = GapWait::default();
        for sequence in [10, 11, 12, 11, 9, 13] {
            assert_eq!(gap_wait.receive(sequence, 0, RTT_NS), Step::Now);
            assert_eq!(gap_wait.waited_for(), None);
            assert!(!gap_wait.is_over(u64::MAX, RTT_NS));
        }
    }

    #[test]
    fn a_rare_gap_is_not_waited_for() {
        let mut gap_wait = GapWait::default();
        for gap in 0..10 {
            let now_ns = gap * LATELY_NS / (OFTEN as u64 - 1);
            assert_eq!(gap_wait.receive(gap * 2, now_ns, RTT_NS), Step::Now);
        }
    }

    #[test]
    fn where_gaps_come_often_what_follows_one_waits_until_it_is_filled() {
        let mut gap_wait = worn();
        assert_eq!(gap_wait.receive(8, 140 * MS, RTT_NS), Step::Now);
        assert_eq!(gap_wait.receive(10, 180 * MS, RTT_NS), Step::Held);
        assert_eq!(gap_wait.receive(12, 220 * MS, RTT_NS), Step::Held);
        assert_eq!(gap_wait.receive(9, 240 * MS, RTT_NS), Step::Filled);
        // 10 goes on with it; 11 is missing, and 12 has waited since it came.
        gap_wait.went_past(10);
        gap_wait.went_on(11, Some(220 * MS));
        assert_eq!(gap_wait.waited_for(), Some(11));
        assert!(!gap_wait.is_over(379 * MS, RTT_NS));
        assert!(gap_wait.is_over(380 * MS, RTT_NS));
        gap_wait.give_up(12);
        assert_eq!(gap_wait.waited_for(), Some(12));
        gap_wait.went_past(12);
        gap_wait.went_on(13, None);
        assert_eq!(gap_wait.receive(11, 390 * MS, RTT_NS), Step::Now);
    }

    #[test]
    fn a_short_way_is_waited_for_shortly_and_a_long_one_not_at_all() {
        let mut gap_wait = worn();
        assert_eq!(gap_wait.receive(9, 150 * MS, 10 * MS), Step::Held);
        assert!(gap_wait.is_over(230 * MS, 10 * MS) && !gap_wait.is_over(229 * MS, 10 * MS));
        let mut far = worn();
        assert_eq!(far.receive(9, 150 * MS, 131 * MS), Step::Now);
        assert_eq!(far.receive(11, 150 * MS, 130 * MS), Step::Held);
    }

    #[test]
    fn a_publisher_that_does_not_answer_is_waited_for_a_few_times() {
        let mut gap_wait = worn();
        let mut held = 0;
        for gap in 0..30 {
            let (sequence, now_ns) = (9 + 2 * gap, (150 + 40 * gap) * MS);
            if gap_wait.receive(sequence, now_ns, RTT_NS) == Step::Held {
                held += 1;
                gap_wait.give_up(sequence);
                gap_wait.went_past(sequence);
                gap_wait.went_on(sequence + 1, None);
            }
        }
        assert_eq!(held, u64::from(FRUITLESS));
    }
}
