//! Seeded random numbers and mutations for the property tests, the same in every run.

/// xorshift64*.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// 0..bound.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        (self.next_u64() >> 33) as u32 % bound.max(1)
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next_u64() as u8).collect()
    }

    /// A damaged copy: bytes flipped, set to extremes, cut off, repeated, inserted; sometimes all random.
    pub(crate) fn mutate(&mut self, original: &[u8]) -> Vec<u8> {
        let mut bytes = original.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() as u32) as usize;
            match self.below(8) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at.min(bytes.len()), self.next_u64() as u8),
                2 => {
                    let tail = bytes.get(at..).unwrap_or_default().to_vec();
                    bytes.extend(tail);
                    bytes.truncate(2000);
                }
                3 => {
                    let len = self.below(64) as usize;
                    bytes = self.bytes(len);
                }
                kind => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = match kind {
                            4 => 0,
                            5 => 0xff,
                            6 => *byte ^ 1 << (self.next_u64() % 8),
                            _ => self.next_u64() as u8,
                        };
                    }
                }
            }
        }
        bytes
    }
}

/// How many mutated inputs each parser must survive.
pub(crate) const MUTATIONS: usize = 100_000;
