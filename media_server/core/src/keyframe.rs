//! When to ask the publisher of one layer for a key frame (PLI): at once, then again until one comes.
use crate::allowance::Terms;

/// At most one PLI per layer in this time: encoders answer each with a frame several times as large, and browsers
/// ignore what comes sooner.
pub const PLI_INTERVAL_NS: u64 = 500_000_000;

/// An unanswered PLI is repeated at growing intervals up to this: a publisher that cannot send does not get flooded.
const MAX_RETRY_INTERVAL_NS: u64 = 4_000_000_000;

/// What one subscriber may wish for: a few in a row, as when its line goes bad, then one in 2 s. One that asks without
/// end would have every key frame made for it at the cost of everybody's picture; an honest one that is refused asks
/// again.
pub const WISHES: Terms = Terms {
    at_once: 3,
    one_each_ns: 2_000_000_000,
};

/// What becomes of a wish for a key frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Send a PLI now.
    SendPli,
    /// One was asked for a moment ago; `poll` will repeat it if need be.
    Suppressed,
}

/// The key frames wanted of one layer.
#[derive(Debug, Clone, Default)]
pub struct KeyframeRequests {
    is_wanted: bool,
    last_pli_ns: Option<u64>,
    unanswered: u32,
}

impl KeyframeRequests {
    /// Somebody needs a key frame.
    pub fn want(&mut self, now_ns: u64) -> Wish {
        self.is_wanted = true;
        match self.last_pli_ns {
            Some(last_ns) if now_ns.saturating_sub(last_ns) < PLI_INTERVAL_NS => Wish::Suppressed,
            _ => {
                self.note_pli(now_ns);
                Wish::SendPli
            }
        }
    }

    /// True if a PLI is due because the ones before were not answered. Call now and then.
    pub fn poll(&mut self, now_ns: u64) -> bool {
        let is_due = self.is_wanted
            && self
                .last_pli_ns
                .is_none_or(|last_ns| now_ns.saturating_sub(last_ns) >= self.retry_interval_ns());
        if is_due {
            self.note_pli(now_ns);
        }
        is_due
    }

    /// A key frame has begun.
    pub fn keyframe_came(&mut self) {
        self.is_wanted = false;
        self.unanswered = 0;
    }

    /// True while a key frame is being waited for.
    pub fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    fn note_pli(&mut self, now_ns: u64) {
        self.last_pli_ns = Some(now_ns);
        self.unanswered = self.unanswered.saturating_add(1);
    }

    fn retry_interval_ns(&self) -> u64 {
        let doublings = self.unanswered.saturating_sub(1).min(8);
        (PLI_INTERVAL_NS << doublings).min(MAX_RETRY_INTERVAL_NS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn the_first_wish_sends_and_the_next_within_500_ms_does_not() {
        let mut requests = KeyframeRequests::default();
        assert_eq!(requests.want(0), Wish::SendPli);
        assert_eq!(requests.want(499 * MS), Wish::Suppressed);
        assert_eq!(requests.want(500 * MS), Wish::SendPli);
    }

    #[test]
    fn an_unanswered_wish_is_repeated_at_growing_intervals() {
        let mut requests = KeyframeRequests::default();
        requests.want(0);
        let mut sent_at_ms = vec![];
        for now_ms in (0..12_000).step_by(10) {
            if requests.poll(now_ms * MS) {
                sent_at_ms.push(now_ms);
            }
        }
        assert_eq!(sent_at_ms, [500, 1500, 3500, 7500, 11_500]);
    }

    #[test]
    fn a_key_frame_ends_the_wish_and_the_limit_stays() {
        let mut requests = KeyframeRequests::default();
        requests.want(0);
        requests.keyframe_came();
        assert!(!requests.poll(10_000 * MS));
        requests.want(10_000 * MS);
        requests.keyframe_came();
        assert_eq!(requests.want(10_100 * MS), Wish::Suppressed);
        assert!(requests.is_wanted());
        assert!(requests.poll(10_500 * MS));
    }
}
