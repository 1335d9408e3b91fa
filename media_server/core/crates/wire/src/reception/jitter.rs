//! Interarrival jitter (RFC 3550 §6.4.1, Appendix A.8).

/// A change of transit time above this many seconds is a new beginning (a pause, another clock), not jitter;
/// libwebrtc draws the line at the same place.
const MAX_CHANGE_S: u32 = 5;

/// The estimate of one stream.
#[derive(Debug)]
pub(super) struct Jitter {
    clock_rate_hz: u32,
    last: Option<Last>,
    /// Sixteen times the estimate, so that integers lose nothing.
    scaled_rtp_ticks: u32,
}

#[derive(Debug)]
struct Last {
    rtp_timestamp: u32,
    transit_rtp_ticks: u32,
}

impl Jitter {
    pub(super) fn new(clock_rate_hz: u32) -> Jitter {
        Jitter {
            clock_rate_hz,
            last: None,
            scaled_rtp_ticks: 0,
        }
    }

    /// Takes a packet that came in order. Only the first of each timestamp counts: the other packets of a video
    /// frame wait in the sender's pacer, which is not the network's doing (libwebrtc does the same).
    pub(super) fn receive(&mut self, rtp_timestamp: u32, arrival_ns: u64) {
        if self
            .last
            .as_ref()
            .is_some_and(|last| last.rtp_timestamp == rtp_timestamp)
        {
            return;
        }
        let transit_rtp_ticks = self.ticks(arrival_ns).wrapping_sub(rtp_timestamp);
        if let Some(last) = &self.last {
            let change =
                (transit_rtp_ticks.wrapping_sub(last.transit_rtp_ticks) as i32).unsigned_abs();
            if change < MAX_CHANGE_S.saturating_mul(self.clock_rate_hz) {
                self.scaled_rtp_ticks += change;
                self.scaled_rtp_ticks -= (self.scaled_rtp_ticks - change + 8) >> 4;
            }
        }
        self.last = Some(Last {
            rtp_timestamp,
            transit_rtp_ticks,
        });
    }

    /// The estimate in RTP ticks.
    pub(super) fn rtp_ticks(&self) -> u32 {
        self.scaled_rtp_ticks >> 4
    }

    /// A time on the media clock, modulo 2^32.
    fn ticks(&self, time_ns: u64) -> u32 {
        let rate = u64::from(self.clock_rate_hz);
        let (seconds, rest_ns) = (time_ns / 1_000_000_000, time_ns % 1_000_000_000);
        seconds
            .wrapping_mul(rate)
            .wrapping_add(rest_ns * rate / 1_000_000_000) as u32
    }
}
