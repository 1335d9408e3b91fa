//! How much a layer sends: bytes and frames of the last two seconds, apart for each temporal layer.

/// Temporal layers told apart: VP8's TID has two bits (RFC 7741 §4.2).
pub const TEMPORAL_LAYERS: usize = 4;

/// What a packet costs on the line beside its payload: UDP, IPv4, RTP header with its elements, SRTP tag.
const PACKET_OVERHEAD_BYTES: u64 = 28 + 12 + 16 + 16;

/// Between two samples.
const SAMPLE_INTERVAL_NS: u64 = 200_000_000;

/// Samples kept: two seconds, so that one key frame does not look like a new rate.
const SAMPLES: usize = 10;

/// A rate of less than this says little: one key frame fills it.
const MIN_SPAN_NS: u64 = 400_000_000;

/// What came since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    bytes: u64,
    frames: u64,
}

/// The rate of a layer up to one temporal layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    /// Bits a second on the line.
    pub bps: u64,
    /// Frames a second.
    pub fps: u64,
}

/// Counts what a layer sends.
#[derive(Debug, Clone, Default)]
pub struct RateMeter {
    tallies: [Tally; TEMPORAL_LAYERS],
    samples: [(u64, [Tally; TEMPORAL_LAYERS]); SAMPLES],
    next: usize,
    count: usize,
}

impl RateMeter {
    /// Counts one packet of `payload_bytes`.
    #[inline]
    pub fn note(&mut self, temporal: u8, payload_bytes: usize, ends_frame: bool) {
        let tally = &mut self.tallies[usize::from(temporal) & (TEMPORAL_LAYERS - 1)];
        tally.bytes += payload_bytes as u64 + PACKET_OVERHEAD_BYTES;
        tally.frames += u64::from(ends_frame);
    }

    /// Call now and then: samples, where the last sample is old enough.
    pub fn sample(&mut self, now_ns: u64) {
        let newest = (self.next + SAMPLES - 1) % SAMPLES;
        if self.count > 0 && now_ns.saturating_sub(self.samples[newest].0) < SAMPLE_INTERVAL_NS {
            return;
        }
        self.samples[self.next] = (now_ns, self.tallies);
        self.next = (self.next + 1) % SAMPLES;
        self.count = (self.count + 1).min(SAMPLES);
    }

    /// The rate up to each temporal layer, the highest that came last; None while too little was seen.
    pub fn rates(&self, now_ns: u64) -> Option<Rates> {
        let oldest = (self.next + SAMPLES - self.count) % SAMPLES;
        let (since_ns, before) = self.samples[oldest];
        let span_ns = now_ns.saturating_sub(since_ns);
        if self.count == 0 || span_ns < MIN_SPAN_NS {
            return None;
        }
        let per_second =
            |amount: u64| (u128::from(amount) * 1_000_000_000 / u128::from(span_ns)) as u64;
        let mut rates = Rates::default();
        let (mut bytes, mut frames) = (0, 0);
        for (temporal, (now, before)) in self.tallies.iter().zip(before).enumerate() {
            if now.bytes == before.bytes {
                continue;
            }
            bytes += now.bytes - before.bytes;
            frames += now.frames - before.frames;
            rates.steps[rates.len] = (
                temporal as u8,
                Rate {
                    bps: per_second(bytes * 8),
                    fps: per_second(frames),
                },
            );
            rates.len += 1;
        }
        (rates.len > 0).then_some(rates)
    }
}

/// The rates of a layer by temporal layer, in rising order; never empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    steps: [(u8, Rate); TEMPORAL_LAYERS],
    len: usize,
}

impl Rates {
    /// A layer that is not told apart by temporal layers.
    pub fn undivided(rate: Rate) -> Rates {
        let mut rates = Rates::default();
        rates.steps[0] = (u8::MAX, rate);
        rates.len = 1;
        rates
    }

    /// (temporal layer, rate up to and with it), in rising order.
    pub fn steps(&self) -> &[(u8, Rate)] {
        &self.steps[..self.len]
    }

    /// The rate of the whole.
    pub fn whole(&self) -> Rate {
        self.steps().last().map_or(Rate::default(), |step| step.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// 30 frames a second of 1,000 bytes each on the line, in the order of temporal layers given.
    fn fed(pattern: &[u8], ms: u64) -> RateMeter {
        let mut meter = RateMeter::default();
        for frame in 0..ms * 30 / 1000 {
            meter.sample(frame * 1000 * MS / 30);
            let temporal = pattern[frame as usize % pattern.len()];
            meter.note(temporal, 400 - PACKET_OVERHEAD_BYTES as usize, false);
            meter.note(temporal, 600 - PACKET_OVERHEAD_BYTES as usize, true);
        }
        meter
    }

    #[test]
    fn nothing_is_told_before_enough_was_seen() {
        assert!(RateMeter::default().rates(5_000 * MS).is_none());
        let mut meter = RateMeter::default();
        meter.sample(0);
        meter.note(0, 1000, true);
        assert!(meter.rates(399 * MS).is_none());
        assert!(meter.rates(400 * MS).is_some());
    }

    #[test]
    fn the_rate_of_the_last_two_seconds_is_told_by_temporal_layer() {
        let rates = fed(&[0, 2, 1, 2], 10_000).rates(10_000 * MS).unwrap();
        let steps: Vec<_> = rates.steps().iter().map(|step| step.0).collect();
        assert_eq!(steps, [0, 1, 2]);
        for ((_, rate), share) in rates.steps().iter().zip([1, 2, 4]) {
            assert!(rate.bps.abs_diff(60_000 * share) < 6_000, "{rates:?}");
            assert!(rate.fps.abs_diff(30 * share / 4) <= 1, "{rates:?}");
        }
        assert_eq!(rates.whole(), rates.steps()[2].1);
    }

    #[test]
    fn what_has_stopped_fades_within_two_seconds() {
        let mut meter = fed(&[0], 3_000);
        assert!(meter.rates(3_000 * MS).is_some());
        for step in 0..20 {
            meter.sample((3_000 + step * 200) * MS);
        }
        assert!(meter.rates(7_000 * MS).is_none());
        assert_eq!(Rates::default().whole(), Rate::default());
        let rate = Rate { bps: 5, fps: 6 };
        assert_eq!(Rates::undivided(rate).steps(), [(u8::MAX, rate)]);
    }
}
