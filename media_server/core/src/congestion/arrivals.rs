//! How much arrived lately, by the receiver's own clock.

/// Time is cut into pieces of this length.
const BUCKET_NS: i64 = 25_000_000;

/// Pieces kept: 1.6 s.
const BUCKETS: usize = 64;

/// The shortest time a rate is told of: several pictures, and several feedbacks' worth.
const SHORT_BUCKETS: usize = 8;

/// Packets that make a rate one: below it a longer time is taken.
const ENOUGH_PACKETS: u32 = 10;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Which piece of time; others with the same place were before it.
    number: i64,
    bytes: u32,
    packets: u32,
}

impl Bucket {
    fn beginning(number: i64) -> Bucket {
        Bucket {
            number,
            bytes: 0,
            packets: 0,
        }
    }
}

/// What arrived in each piece of time.
#[derive(Debug)]
pub struct Arrivals {
    ring: [Bucket; BUCKETS],
    first: Option<i64>,
    last: i64,
}

impl Default for Arrivals {
    fn default() -> Self {
        Arrivals {
            ring: [Bucket::beginning(i64::MIN); BUCKETS],
            first: None,
            last: i64::MIN,
        }
    }
}

impl Arrivals {
    /// Notes a packet; one that arrived longer ago than is kept is left out.
    pub fn note(&mut self, arrival_ns: i64, bytes: u32) {
        let number = arrival_ns.div_euclid(BUCKET_NS);
        let bucket = &mut self.ring[number.rem_euclid(BUCKETS as i64) as usize];
        if bucket.number > number {
            return;
        }
        if bucket.number != number {
            *bucket = Bucket::beginning(number);
        }
        bucket.bytes += bytes;
        bucket.packets += 1;
        self.first = Some(self.first.map_or(number, |first| first.min(number)));
        self.last = self.last.max(number);
    }

    /// Bits per second over the shortest time that tells: 200 ms to 1.6 s before the last arrival. None before 200 ms.
    pub fn recent_bps(&self) -> Option<u64> {
        let lasted = (self.last - self.first? + 1) as usize;
        let mut buckets = SHORT_BUCKETS;
        loop {
            let (bytes, packets) = self.sum(buckets);
            if lasted < buckets {
                return None;
            }
            if packets >= ENOUGH_PACKETS || buckets * 2 > lasted.min(BUCKETS) {
                return Some(rate_bps(bytes, buckets));
            }
            buckets *= 2;
        }
    }

    /// Bits per second over the last second, or since the first arrival.
    pub fn smooth_bps(&self) -> Option<u64> {
        let lasted = (self.last - self.first? + 1) as usize;
        let buckets = lasted.min(40);
        (buckets >= SHORT_BUCKETS).then(|| rate_bps(self.sum(buckets).0, buckets))
    }

    /// Bytes and packets in the last so many pieces.
    fn sum(&self, buckets: usize) -> (u64, u32) {
        let from = self.last - buckets as i64;
        let recent = self.ring.iter().filter(|bucket| bucket.number > from);
        recent.fold((0, 0), |(bytes, packets), bucket| {
            (bytes + u64::from(bucket.bytes), packets + bucket.packets)
        })
    }
}

fn rate_bps(bytes: u64, buckets: usize) -> u64 {
    bytes * 8 * 1_000_000_000 / (buckets as u64 * BUCKET_NS as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn a_steady_stream_is_told_at_its_rate() {
        for (bytes, interval_ms) in [(1_100, 5), (150, 20), (1_100, 60)] {
            let mut arrivals = Arrivals::default();
            assert_eq!((arrivals.recent_bps(), arrivals.smooth_bps()), (None, None));
            for index in 0..200 {
                arrivals.note(index * interval_ms * MS - 500 * MS, bytes);
            }
            let expected = f64::from(bytes) * 8e3 / interval_ms as f64;
            for told in [arrivals.recent_bps(), arrivals.smooth_bps()] {
                let ratio = told.unwrap() as f64 / expected;
                assert!((0.85..1.15).contains(&ratio), "{ratio}");
            }
        }
    }

    #[test]
    fn a_change_shows_after_200_ms() {
        let mut arrivals = Arrivals::default();
        for index in 0..1_000 {
            arrivals.note(index * MS, 1_000);
        }
        for index in 0..50 {
            arrivals.note((1_000 + index * 10) * MS, 125);
        }
        let told = arrivals.recent_bps().unwrap();
        assert!((90_000..115_000).contains(&told), "{told}");
    }

    #[test]
    fn what_comes_too_late_is_left_out() {
        let mut arrivals = Arrivals::default();
        arrivals.note(0, 100);
        arrivals.note(1_600 * MS, 100);
        arrivals.note(0, 1_000_000);
        assert_eq!(arrivals.smooth_bps(), Some(800));
    }

    #[test]
    fn a_single_moment_tells_no_rate() {
        let mut arrivals = Arrivals::default();
        for _ in 0..100 {
            arrivals.note(7, 1_000);
        }
        assert_eq!((arrivals.recent_bps(), arrivals.smooth_bps()), (None, None));
    }
}
