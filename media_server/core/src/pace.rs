//! How soon after one receive round the next may begin: what comes fast is taken together.
//!
//! Waking for an arrival costs more than the packets it brings: the switch to the thread, cold caches, a receive call,
//! and a send call for each subscriber. A network card holds its interrupts back for the same reason. While little
//! comes, every arrival is taken at once; while much comes, rounds begin `ROUND_NS` apart, and nothing waits longer.

/// From the beginning of one round to the next while much comes. With the work of a round behind it a packet still
/// leaves within 2 ms, a tenth of the sound in one Opus packet; and transport-wide feedback does not see the wait, as
/// it tells the kernel's time stamps.
pub const ROUND_NS: u64 = 1_500_000;

/// How long arrivals are counted before it is decided anew.
const WINDOW_NS: u64 = 10_000_000;

/// Messages in a window that are many (a burst that the kernel put together is one): more than two a round. With
/// fewer, rounds would often find nothing, and cost more than they save. Three calls with a picture stay below it.
const MANY_MESSAGES: usize = 15;

/// Counts arrivals and spaces rounds.
#[derive(Debug, Default)]
pub struct Pace {
    window_ns: u64,
    messages: usize,
    is_fast: bool,
    next_round_ns: Option<u64>,
}

impl Pace {
    /// Notes that a round began at `now_ns` and took `messages`.
    pub fn note_round(&mut self, now_ns: u64, messages: usize) {
        let elapsed_ns = now_ns.saturating_sub(self.window_ns);
        if elapsed_ns >= WINDOW_NS {
            // A window that lasted twice as long had no round towards its end: it was a quiet one.
            self.is_fast = elapsed_ns < 2 * WINDOW_NS && self.messages >= MANY_MESSAGES;
            self.window_ns = now_ns;
            self.messages = 0;
        }
        self.messages += messages;
        self.next_round_ns = (self.is_fast && messages > 0).then_some(now_ns + ROUND_NS);
    }

    /// When the next round begins, whatever has come by then; None if it begins with the next arrival.
    pub fn next_round_ns(&self) -> Option<u64> {
        self.next_round_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Rounds of `messages` each, `interval_ns` apart, until `end_ns`.
    fn rounds(pace: &mut Pace, messages: usize, interval_ns: u64, start_ns: u64, end_ns: u64) {
        let mut now_ns = start_ns;
        while now_ns < end_ns {
            pace.note_round(now_ns, messages);
            now_ns += interval_ns;
        }
    }

    #[test]
    fn while_little_comes_every_arrival_is_taken_at_once() {
        let mut pace = Pace::default();
        assert_eq!(pace.next_round_ns(), None);
        for ms in 1_000..2_000 {
            pace.note_round(ms * MS, 1);
            assert_eq!(pace.next_round_ns(), None);
        }
    }

    #[test]
    fn while_much_comes_rounds_begin_a_fixed_time_apart() {
        let mut pace = Pace::default();
        rounds(&mut pace, 1, MS / 2, 1_000 * MS, 1_020 * MS);
        pace.note_round(1_020 * MS, 3);
        assert_eq!(pace.next_round_ns(), Some(1_020 * MS + ROUND_NS));
        // Fewer rounds with as many messages: it stays so.
        rounds(&mut pace, 3, ROUND_NS, 1_020 * MS + ROUND_NS, 1_050 * MS);
        pace.note_round(1_050 * MS, 1);
        assert_eq!(pace.next_round_ns(), Some(1_050 * MS + ROUND_NS));
    }

    #[test]
    fn after_an_empty_round_the_next_arrival_is_waited_for() {
        let mut pace = Pace::default();
        rounds(&mut pace, 5, MS, 1_000 * MS, 1_020 * MS);
        pace.note_round(1_020 * MS, 0);
        assert_eq!(pace.next_round_ns(), None);
        pace.note_round(1_023 * MS, 1);
        assert_eq!(pace.next_round_ns(), Some(1_023 * MS + ROUND_NS));
    }

    #[test]
    fn a_window_with_little_in_it_ends_the_spacing() {
        let mut pace = Pace::default();
        rounds(&mut pace, 5, MS, 1_000 * MS, 1_020 * MS);
        rounds(&mut pace, 1, MS, 1_020 * MS, 1_041 * MS);
        pace.note_round(1_041 * MS, 1);
        assert_eq!(pace.next_round_ns(), None);
    }

    #[test]
    fn a_pause_ends_the_spacing_whatever_came_before_it() {
        let mut pace = Pace::default();
        rounds(&mut pace, 50, MS, 1_000 * MS, 1_025 * MS);
        pace.note_round(5_000 * MS, 1);
        assert_eq!(pace.next_round_ns(), None);
    }
}
