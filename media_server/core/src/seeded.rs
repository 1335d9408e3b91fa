//! Numbers that need not be secret but should differ (first sequence numbers, SSRCs of reports), from one seed.

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same seed gives the same numbers in a test.
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// From a seed.
    pub fn new(seed: u64) -> Seeded {
        Seeded(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A first sequence number: below 2^15, so that a receiver that misses the first packets cannot misjudge the
    /// rollover counter (RFC 3711 §3.3.1).
    pub fn first_sequence(&mut self) -> u64 {
        1 + self.next_u64() % 0x7fff
    }

    /// A synchronisation source; never 0.
    pub fn ssrc(&mut self) -> u32 {
        (self.next_u64() as u32).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_within_their_range() {
        let (mut first, mut second) = (Seeded::new(7), Seeded::new(7));
        for _ in 0..1000 {
            let sequence = first.first_sequence();
            assert_eq!(sequence, second.first_sequence());
            assert!((1..0x8000).contains(&sequence));
            assert_ne!(first.ssrc(), 0);
            second.ssrc();
        }
    }
}
