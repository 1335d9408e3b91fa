//! Which of the latest sequence numbers were seen.

/// How many numbers back a packet may come: half a second at 4,000 packets/s, far longer than a retransmission
/// is asked for.
pub(super) const WINDOW: u64 = 2048;

const WORDS: usize = (WINDOW / 64) as usize;

/// A sliding bitmap below the highest number seen.
#[derive(Debug)]
pub(super) struct SeenWindow {
    highest: u64,
    bits: [u64; WORDS],
}

impl SeenWindow {
    pub(super) fn starting_with(sequence: u64) -> SeenWindow {
        let mut window = SeenWindow {
            highest: sequence,
            bits: [0; WORDS],
        };
        window.set(sequence);
        window
    }

    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Marks a number; false if it was seen before or is too old to tell.
    pub(super) fn mark(&mut self, sequence: u64) -> bool {
        if sequence > self.highest {
            if sequence - self.highest >= WINDOW {
                self.bits = [0; WORDS];
            } else {
                (self.highest + 1..sequence).for_each(|skipped| self.clear(skipped));
            }
            self.highest = sequence;
        } else if self.knows(sequence) {
            return false;
        }
        self.set(sequence);
        true
    }

    /// True if a number was seen or is too old to tell.
    pub(super) fn knows(&self, sequence: u64) -> bool {
        sequence <= self.highest && (self.highest - sequence >= WINDOW || self.has(sequence))
    }

    fn has(&self, sequence: u64) -> bool {
        self.bits[Self::word(sequence)] & Self::bit(sequence) != 0
    }

    fn set(&mut self, sequence: u64) {
        self.bits[Self::word(sequence)] |= Self::bit(sequence);
    }

    fn clear(&mut self, sequence: u64) {
        self.bits[Self::word(sequence)] &= !Self::bit(sequence);
    }

    fn word(sequence: u64) -> usize {
        (sequence / 64) as usize % WORDS
    }

    fn bit(sequence: u64) -> u64 {
        1 << (sequence % 64)
    }
}
