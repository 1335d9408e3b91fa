//! Room for repeats of pictures: how long a player should keep them before it shows them, where repairs take long.
//!
//! Players keep pictures 40 … 90 ms and learn nothing from repeats, so that on a bad line most come too late. The header
//! extension playout-delay tells them to keep more. It holds until the next packet that has one; so when the line is good
//! again, packets say for a while that the player may decide by itself, and then nothing.

/// Loss from which there must be room, in 1/256: 3 %, a fifth of the pictures at six packets each.
const LOSSY: u16 = 8;

/// A lost packet may be asked for so many times before its picture is shown: at 20 % each way the question or its answer
/// is lost in every third try, so one of sixty is still missing.
const TRIES: u64 = 4;

/// From a loss to the question, beside the round trip: two ticks of ours, one of libwebrtc's.
const ASKING_NS: u64 = 20_000_000;

/// Less room makes no difference: players keep nearly as much by themselves.
const MIN_ROOM_NS: u64 = 100_000_000;

/// More room makes talking taking turns, as the voice is kept as long as the picture (lip synchronisation).
const MAX_ROOM_NS: u64 = 300_000_000;

/// Room is kept for so long after it was last needed: pictures that are kept longer stand still for a moment, those kept
/// shorter run; neither should happen often.
const KEPT_NS: u64 = 10_000_000_000;

/// Then packets say for so long that none is needed; after that the player has had one of them.
const ENDING_NS: u64 = 5_000_000_000;

/// The unit of the extension.
const UNIT_NS: u64 = 10_000_000;

/// The greatest delay we ever say, 10 s: players render at once, whatever the jitter, where both are 0, and so they do
/// below half a second where the least is 0.
const MAX_DELAY_UNITS: u32 = 1_000;

/// One way that packets go, and how long a repeat takes on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// Of the last report, in 1/256.
    pub fraction_lost: u8,
    /// The round trip.
    pub rtt_ns: u64,
}

/// What one player is told about one picture track.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlayoutDelay {
    /// Smoothed, of the way to us and of the way on, in 1/256 of 1/256.
    lost: [u16; 2],
    room_ns: u64,
    /// When a report last said that so much is needed.
    needed_ns: u64,
    ended_ns: Option<u64>,
    element: Option<[u8; 3]>,
}

impl PlayoutDelay {
    /// The value of the extension that packets carry now, if they do.
    #[inline]
    pub fn element(&self) -> Option<[u8; 3]> {
        self.element
    }

    /// Takes what both ways lose, about once a second.
    pub fn review(&mut self, now_ns: u64, hops: [Hop; 2]) {
        let mut wanted_ns = 0;
        for (lost, hop) in self.lost.iter_mut().zip(hops) {
            *lost = ((u32::from(*lost) * 3 + (u32::from(hop.fraction_lost) << 8)) / 4) as u16;
            if *lost >= LOSSY << 8 {
                wanted_ns += TRIES * (hop.rtt_ns + ASKING_NS);
            }
        }
        if wanted_ns > 0 {
            wanted_ns = wanted_ns.clamp(MIN_ROOM_NS, MAX_ROOM_NS);
        }
        if wanted_ns > 0 && wanted_ns >= self.room_ns {
            self.room_ns = wanted_ns;
            self.needed_ns = now_ns;
        } else if self.room_ns > 0 && now_ns.saturating_sub(self.needed_ns) >= KEPT_NS {
            self.room_ns = wanted_ns;
            self.needed_ns = now_ns;
            self.ended_ns = Some(now_ns);
        }
        let is_ending = self
            .ended_ns
            .is_some_and(|ended_ns| now_ns.saturating_sub(ended_ns) < ENDING_NS);
        self.element = (self.room_ns > 0 || is_ending).then(|| element(self.room_ns));
    }
}

/// 12 bits of the least delay and 12 of the greatest.
fn element(room_ns: u64) -> [u8; 3] {
    let [_, bytes @ ..] = ((room_ns / UNIT_NS) as u32 * 0x1000 + MAX_DELAY_UNITS).to_be_bytes();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const S: u64 = 1_000_000_000;

    fn reviewed(
        room: &mut PlayoutDelay,
        now_ns: u64,
        up: (u8, u64),
        down: (u8, u64),
    ) -> Option<u64> {
        room.review(
            now_ns,
            [up, down].map(|(fraction_lost, rtt_ms)| Hop {
                fraction_lost,
                rtt_ns: rtt_ms * MS,
            }),
        );
        room.element().map(|[high, middle, low]| {
            assert_eq!(u32::from(middle & 15) << 8 | u32::from(low), 1_000);
            (u64::from(high) << 4 | u64::from(middle) >> 4) * 10
        })
    }

    #[test]
    fn a_good_line_and_a_rare_burst_say_nothing() {
        let mut room = PlayoutDelay::default();
        for second in 0..60 {
            let burst = if second % 20 == 0 { 24 } else { 2 };
            assert_eq!(reviewed(&mut room, second * S, (0, 40), (burst, 40)), None);
        }
    }

    #[test]
    fn loss_on_either_way_asks_for_four_tries_and_on_both_for_their_sum() {
        assert_eq!(
            reviewed(&mut PlayoutDelay::default(), S, (51, 20), (0, 200)),
            Some(160)
        );
        assert_eq!(
            reviewed(&mut PlayoutDelay::default(), S, (0, 200), (51, 25)),
            Some(180)
        );
        assert_eq!(
            reviewed(&mut PlayoutDelay::default(), S, (51, 10), (51, 15)),
            Some(260)
        );
    }

    #[test]
    fn room_has_bounds() {
        assert_eq!(
            reviewed(&mut PlayoutDelay::default(), S, (0, 0), (51, 1)),
            Some(100)
        );
        assert_eq!(
            reviewed(&mut PlayoutDelay::default(), S, (51, 200), (51, 200)),
            Some(300)
        );
    }

    #[test]
    fn room_grows_at_once_and_shrinks_once_it_was_not_needed_for_10_s() {
        let mut room = PlayoutDelay::default();
        assert_eq!(reviewed(&mut room, S, (0, 20), (51, 20)), Some(160));
        assert_eq!(reviewed(&mut room, 2 * S, (0, 20), (51, 30)), Some(200));
        assert_eq!(reviewed(&mut room, 11 * S, (0, 20), (51, 20)), Some(200));
        assert_eq!(reviewed(&mut room, 12 * S, (0, 20), (51, 20)), Some(160));
    }

    #[test]
    fn a_line_that_is_good_again_says_so_for_a_while_and_then_nothing() {
        let mut room = PlayoutDelay::default();
        assert_eq!(reviewed(&mut room, S, (0, 20), (51, 20)), Some(160));
        // Smoothed, the loss goes on for another second.
        for second in 2..12 {
            let told = reviewed(&mut room, second * S, (0, 20), (0, 20));
            assert_eq!(told, Some(160), "at {second} s");
        }
        let told = (12..20).map(|second| reviewed(&mut room, second * S, (0, 20), (0, 20)));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                Some(0),
                Some(0),
                Some(0),
                Some(0),
                Some(0),
                None,
                None,
                None
            ]
        );
        assert_eq!(reviewed(&mut room, 20 * S, (0, 20), (51, 20)), Some(160));
    }
}
