//! Sequence numbers and timestamps unwrapped to 64 bits.

/// Unwraps 16-bit sequence numbers: each becomes the 64-bit number nearest to the highest so far.
///
/// The first number `s` becomes `1 << 16 | s`, so that packets from before the first one stay positive.
#[derive(Debug, Clone, Default)]
pub struct SequenceUnwrapper {
    highest: Option<u64>,
}

impl SequenceUnwrapper {
    /// An unwrapper that has seen nothing.
    pub const fn new() -> SequenceUnwrapper {
        SequenceUnwrapper { highest: None }
    }
    /// The 64-bit number of `sequence`; later numbers are unwrapped against it if it is the highest.
    pub fn unwrap(&mut self, sequence: u16) -> u64 {
        let extended = self.peek(sequence);
        self.highest = Some(
            self.highest
                .map_or(extended, |highest| highest.max(extended)),
        );
        extended
    }
    /// What `unwrap` would return, without remembering it.
    pub fn peek(&self, sequence: u16) -> u64 {
        let Some(highest) = self.highest else {
            return 1 << 16 | u64::from(sequence);
        };
        let distance = sequence.wrapping_sub(highest as u16) as i16;
        highest.saturating_add_signed(i64::from(distance))
    }
    /// The highest number so far.
    pub const fn highest(&self) -> Option<u64> {
        self.highest
    }
}

/// Unwraps 32-bit RTP timestamps: each becomes the 64-bit number nearest to the one before.
///
/// The first one keeps its value.
#[derive(Debug, Clone, Default)]
pub struct TimestampUnwrapper {
    last: Option<i64>,
}

impl TimestampUnwrapper {
    /// An unwrapper that has seen nothing.
    pub const fn new() -> TimestampUnwrapper {
        TimestampUnwrapper { last: None }
    }
    /// The 64-bit timestamp; later ones are unwrapped against it.
    pub fn unwrap(&mut self, timestamp: u32) -> i64 {
        let extended = self.peek(timestamp);
        self.last = Some(extended);
        extended
    }
    /// What `unwrap` would return, without remembering it.
    pub fn peek(&self, timestamp: u32) -> i64 {
        match self.last {
            None => i64::from(timestamp),
            Some(last) => {
                last.saturating_add(i64::from(timestamp.wrapping_sub(last as u32) as i32))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTS: [u16; 9] = [0, 1, 127, 128, 32767, 32768, 65000, 65534, 65535];

    #[test]
    fn sequence_rises_across_wraps_from_any_start() {
        for start in STARTS {
            let mut unwrapper = SequenceUnwrapper::new();
            assert_eq!(unwrapper.highest(), None);
            let first = unwrapper.unwrap(start);
            assert_eq!(first, 0x1_0000 + u64::from(start));
            for step in 1..200_000u64 {
                let expected = first + step;
                assert_eq!(unwrapper.unwrap(expected as u16), expected);
            }
            assert_eq!(unwrapper.highest(), Some(first + 199_999));
        }
    }

    #[test]
    fn late_packets_are_unwrapped_backwards() {
        for start in STARTS {
            let mut unwrapper = SequenceUnwrapper::new();
            let first = unwrapper.unwrap(start);
            assert_eq!(unwrapper.unwrap(start.wrapping_sub(100)), first - 100);
            assert_eq!(unwrapper.unwrap(start.wrapping_add(1)), first + 1);
            assert_eq!(unwrapper.peek(start.wrapping_add(50)), first + 50);
            assert_eq!(unwrapper.highest(), Some(first + 1));
        }
    }

    #[test]
    fn numbers_stay_positive_whatever_comes() {
        let mut random = crate::fuzzing::Random::new(5);
        let mut unwrapper = SequenceUnwrapper::new();
        for _ in 0..10_000 {
            let sequence = random.next_u64() as u16;
            let extended = unwrapper.unwrap(sequence);
            assert_eq!(extended as u16, sequence);
            assert!(extended >= 0x8000);
        }
    }

    #[test]
    fn timestamp_is_unwrapped_across_wraps_both_ways() {
        for start in [0u32, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ff00, 0xffff_ffff] {
            let mut unwrapper = TimestampUnwrapper::new();
            let first = unwrapper.unwrap(start);
            assert_eq!(first, i64::from(start));
            assert_eq!(unwrapper.peek(start.wrapping_sub(3000)), first - 3000);
            for step in 1..10i64 {
                let expected = first + step * 0x4000_0000;
                assert_eq!(unwrapper.unwrap(expected as u32), expected);
            }
        }
    }
}
