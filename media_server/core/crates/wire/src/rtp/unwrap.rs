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
