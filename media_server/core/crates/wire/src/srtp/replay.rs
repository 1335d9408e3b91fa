//! The sliding window that refuses packets received before (RFC 3711 §3.3.2).

/// How many indices back a packet may come late. RFC 3711 asks for at least 64; at 5,000 packets/s, a 1080p key
/// frame burst, 1024 are 200 ms of reordering, and libwebrtc uses the same.
pub(super) const WINDOW: u64 = 1024;

const WORDS: usize = (WINDOW / 64) as usize;

/// Which of the last `WINDOW` indices were received. Check first, record only what was authenticated.
#[derive(Debug, Clone)]
pub(super) struct ReplayWindow {
    highest: u64,
    /// Bit `index % WINDOW` stands for `index`.
    seen: [u64; WORDS],
}

impl ReplayWindow {
    /// A window whose first packet was `index`.
    pub(super) fn starting_with(index: u64) -> ReplayWindow {
        let mut window = ReplayWindow {
            highest: index,
            seen: [0; WORDS],
        };
        window.set(index);
        window
    }

    /// The highest index recorded.
    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// True if the index was not recorded and is not too old to tell.
    pub(super) fn is_fresh(&self, index: u64) -> bool {
        if index > self.highest {
            return true;
        }
        self.highest - index < WINDOW && self.seen[Self::word(index)] & Self::bit(index) == 0
    }

    /// Records an authenticated index that is fresh.
    pub(super) fn record(&mut self, index: u64) {
        if index > self.highest {
            let advance = index - self.highest;
            if advance >= WINDOW {
                self.seen = [0; WORDS];
            } else {
                (self.highest + 1..index)
                    .for_each(|skipped| self.seen[Self::word(skipped)] &= !Self::bit(skipped));
            }
            self.highest = index;
        }
        self.set(index);
    }

    fn set(&mut self, index: u64) {
        self.seen[Self::word(index)] |= Self::bit(index);
    }

    fn word(index: u64) -> usize {
        (index / 64) as usize % WORDS
    }

    fn bit(index: u64) -> u64 {
        1 << (index % 64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTS: [u64; 9] = [0, 1, 63, 64, 1023, 1024, 65535, 65536, (1 << 48) - 3000];

    #[test]
    fn each_index_is_fresh_once() {
        for start in STARTS {
            let mut window = ReplayWindow::starting_with(start);
            assert!(!window.is_fresh(start));
            for index in start + 1..start + 3000 {
                assert!(window.is_fresh(index), "{index}");
                window.record(index);
                assert!(!window.is_fresh(index), "{index}");
            }
        }
    }

    #[test]
    fn late_packets_are_fresh_within_the_window_only() {
        for start in STARTS {
            for gap in [2, 64, 500, 1023, 1024, 2048, 100_000] {
                let mut window = ReplayWindow::starting_with(start);
                let highest = start + gap;
                window.record(highest);
                for index in start..highest {
                    let expected = index != start && highest - index < WINDOW;
                    assert_eq!(window.is_fresh(index), expected, "{start} {gap} {index}");
                }
            }
        }
    }

    #[test]
    fn a_stale_bit_does_not_survive_a_jump() {
        let mut window = ReplayWindow::starting_with(10);
        window.record(10 + WINDOW + 5);
        assert!(window.is_fresh(10 + WINDOW));
        window.record(10 + WINDOW);
        assert!(!window.is_fresh(10 + WINDOW));
    }

    #[test]
    fn agrees_with_a_set_of_all_indices() {
        let mut random = crate::fuzzing::Random::new(7);
        let mut window = ReplayWindow::starting_with(5000);
        let mut all = std::collections::HashSet::from([5000u64]);
        let mut highest = 5000u64;
        for _ in 0..200_000 {
            let index = (highest + u64::from(random.below(40)))
                .saturating_sub(u64::from(random.below(1100)));
            let expected = !all.contains(&index) && (index > highest || highest - index < WINDOW);
            assert_eq!(window.is_fresh(index), expected);
            if expected {
                window.record(index);
                all.insert(index);
                highest = highest.max(index);
            }
        }
    }
}
