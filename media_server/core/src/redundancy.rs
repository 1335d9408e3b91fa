//! How many earlier packets of sound go along with each one to a subscriber (RFC 2198), by what its line loses.
//!
//! A packet of Opus is small beside its own headers, and a copy that rides along is there 20 ms later, where a repeat
//! that was asked for takes a round trip. So sound is repaired by copies, and copies are sent where something is lost:
//! a line that loses nothing carries none.

/// Redundancy that a subscriber gets before its first report: what clients send by themselves.
const FIRST_DEPTH: u8 = 1;

/// Most that is sent: at 20 % of random loss two copies leave 0.8 % missing, three would save 0.6 % more.
pub const MAX_DEPTH: u8 = 2;

/// Loss from which one copy goes along, in 1/256: 1 %, which one copy makes 0.01 %.
const ONE_COPY_FROM: u8 = 3;

/// Loss from which two go along, in 1/256: 8 %, of which one copy would leave 0.6 %, every other second a gap.
const TWO_COPIES_FROM: u8 = 20;

/// What was sent because of a loss is sent this much longer after the loss has ended.
const KEPT_NS: u64 = 15_000_000_000;

/// The redundancy of one subscriber.
#[derive(Debug, Clone, Copy)]
pub struct Redundancy {
    depth: u8,
    /// When a report last said that so much is needed.
    needed_ns: Option<u64>,
}

impl Default for Redundancy {
    fn default() -> Redundancy {
        Redundancy {
            depth: FIRST_DEPTH,
            needed_ns: None,
        }
    }
}

impl Redundancy {
    /// Earlier packets that go along with each one now.
    #[inline]
    pub fn depth(&self) -> u8 {
        self.depth
    }

    /// Takes what a reception report of any of the subscriber's streams says was lost, in 1/256.
    pub fn receive_report(&mut self, now_ns: u64, fraction_lost: u8) {
        let wanted = match fraction_lost {
            TWO_COPIES_FROM.. => 2,
            ONE_COPY_FROM.. => 1,
            _ => 0,
        };
        let is_over = self
            .needed_ns
            .is_none_or(|needed_ns| now_ns.saturating_sub(needed_ns) >= KEPT_NS);
        if wanted >= self.depth && wanted > 0 {
            self.needed_ns = Some(now_ns);
            self.depth = wanted;
        } else if is_over {
            self.depth = wanted;
            self.needed_ns = Some(now_ns).filter(|_| wanted > 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    #[test]
    fn before_any_report_one_copy_goes_along_and_a_clean_line_ends_it() {
        let mut redundancy = Redundancy::default();
        assert_eq!(redundancy.depth(), 1);
        redundancy.receive_report(S, 2);
        assert_eq!(redundancy.depth(), 0);
    }

    #[test]
    fn loss_brings_copies_at_once_and_their_end_takes_15_s() {
        let mut redundancy = Redundancy::default();
        redundancy.receive_report(S, 0);
        redundancy.receive_report(2 * S, 3);
        assert_eq!(redundancy.depth(), 1);
        redundancy.receive_report(3 * S, 20);
        assert_eq!(redundancy.depth(), 2);
        redundancy.receive_report(4 * S, 255);
        for second in 5..19 {
            redundancy.receive_report(second * S, if second % 2 == 0 { 3 } else { 0 });
            assert_eq!(redundancy.depth(), 2, "at {second} s");
        }
        redundancy.receive_report(19 * S, 3);
        assert_eq!(redundancy.depth(), 1);
        redundancy.receive_report(33 * S, 0);
        assert_eq!(redundancy.depth(), 1);
        redundancy.receive_report(34 * S, 0);
        assert_eq!(redundancy.depth(), 0);
        redundancy.receive_report(35 * S, 0);
        assert_eq!(redundancy.depth(), 0);
    }
}
