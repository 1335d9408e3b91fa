//! What is lost on the way, and whether sending less would help.
//!
//! A full queue drops, and so does a bad radio. The draft (draft-ietf-rmcat-gcc-02 §6) takes both for a full queue,
//! and at 20 % random loss gives up nearly everything. Here sending less is tried, and where that lessens no loss,
//! the loss is the link's own and is got used to.

/// A judgement takes so many packets.
const MIN_PACKETS: u32 = 25;

/// And so long.
const MIN_NS: u64 = 400_000_000;

/// Loss beyond the link's own that makes less be sent (§6 of the draft).
const HEAVY: f64 = 0.10;

/// Of few packets some more may be lost by chance: so many standard errors, or a line that loses 20 % by itself is
/// misjudged each half minute, and its picture pauses. Over several judgements it must not be.
const SURE: f64 = 2.5;
const STEADY_MARGIN: f64 = 0.05;

/// Loss beyond the link's own at which more may be sent.
const LIGHT: f64 = 0.02;

/// What was tried counts as an answer once so much less is sent.
const TRIED: f64 = 0.75;

/// No link that people can talk over loses more by itself.
const MOST_OWN: f64 = 0.4;

/// Loss so high is a queue's: what arrives is what is left to send.
const OVERRUN: f64 = 0.5;

/// Voice alone, which cannot be made less: no answer can be waited for.
const LEAST_BPS: u64 = 100_000;

/// What loss says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// More may be sent.
    Light,
    /// Nothing to change.
    Some,
    /// Less is to be sent: this part of it.
    Heavy(f64),
}

#[derive(Debug, Clone, Copy)]
struct Trial {
    loss: f64,
    rate_bps: u64,
}

impl Trial {
    /// True if less is sent now and as much is lost as before, rather than as little as a full queue would drop.
    fn has_no_answer(&self, loss: f64, rate_bps: u64) -> bool {
        if rate_bps < LEAST_BPS {
            return true;
        }
        let part = rate_bps as f64 / self.rate_bps.max(1) as f64;
        let of_queue = (1.0 - (1.0 - self.loss) / part).max(0.0);
        part < TRIED && loss > (self.loss + of_queue) / 2.0
    }
}

/// What was lost, and what of it is the link's own.
#[derive(Debug, Default)]
pub struct Loss {
    lost: u32,
    total: u32,
    since_ns: u64,
    own: f64,
    /// What was got used to: `own` follows what is lost, up to this.
    accepted: f64,
    /// Over some judgements.
    steady: f64,
    last: f64,
    lights: u32,
    was_low: bool,
    trial: Option<Trial>,
}

impl Loss {
    /// Counts packets that feedback told of.
    pub fn note(&mut self, lost: u32, arrived: u32) {
        self.lost += lost;
        self.total += lost + arrived;
    }

    /// Judges what has come since the last verdict; None while that is too little. `rate_bps` is what was sent.
    pub fn judge(&mut self, now_ns: u64, rate_bps: u64) -> Option<Verdict> {
        if self.total < MIN_PACKETS || now_ns.saturating_sub(self.since_ns) < MIN_NS {
            return None;
        }
        let packets = f64::from(self.total);
        let loss = f64::from(self.lost) / packets;
        self.last = loss;
        (self.lost, self.total, self.since_ns) = (0, 0, now_ns);
        // A link that got well is believed at the second judgement, one good moment is not.
        let own_by_chance = SURE * (self.own * (1.0 - self.own) / packets).sqrt();
        let is_low = loss < self.own - own_by_chance;
        if is_low && self.was_low {
            self.accepted = self.steady.min(loss);
        }
        self.was_low = is_low;
        self.own = (self.own + (loss - self.own) / 8.0).min(self.accepted);
        let beyond = loss - self.own;
        let by_chance = SURE * (loss * (1.0 - loss) / packets).sqrt();
        self.steady += (loss - self.steady) / 4.0;
        let is_steady = self.steady.min(loss) - self.own > HEAVY + STEADY_MARGIN;
        if beyond <= HEAVY + by_chance && !is_steady {
            let is_light = beyond <= LIGHT;
            self.lights = if is_light { self.lights + 1 } else { 0 };
            if self.lights > 1 {
                self.trial = None;
            }
            return Some(if is_light {
                Verdict::Light
            } else {
                Verdict::Some
            });
        }
        self.lights = 0;
        let trial = *self.trial.get_or_insert(Trial { loss, rate_bps });
        if trial.has_no_answer(loss, rate_bps) && loss < MOST_OWN {
            self.own = (loss + trial.loss.min(MOST_OWN)) / 2.0;
            self.accepted = self.own;
            self.trial = None;
            return Some(Verdict::Some);
        }
        Some(Verdict::Heavy(if beyond > OVERRUN {
            1.0 - beyond
        } else {
            1.0 - beyond / 2.0
        }))
    }

    /// Leaves out what was counted since the last verdict: an outage.
    pub fn leave_out(&mut self) {
        (self.lost, self.total) = (0, 0);
    }

    /// The last judged loss, 0 … 1.
    pub fn last(&self) -> f64 {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn judge(loss: &mut Loss, at: u64, lost: u32, rate_bps: u64) -> Verdict {
        loss.note(lost, 100 - lost);
        loss.judge(at * 400 * MS, rate_bps).unwrap()
    }

    #[test]
    fn few_packets_or_a_short_time_tell_nothing() {
        let mut loss = Loss::default();
        loss.note(0, 24);
        assert_eq!(loss.judge(500 * MS, 1), None);
        loss.note(0, 1);
        assert_eq!(loss.judge(399 * MS, 1), None);
        assert_eq!(loss.judge(400 * MS, 1), Some(Verdict::Light));
        loss.note(0, 100);
        assert_eq!(loss.judge(799 * MS, 1), None);
    }

    #[test]
    fn little_loss_lets_more_be_sent_and_medium_loss_nothing_change() {
        let mut loss = Loss::default();
        assert_eq!(judge(&mut loss, 1, 2, 1_000_000), Verdict::Light);
        assert_eq!(judge(&mut loss, 2, 5, 1_000_000), Verdict::Some);
        assert_eq!(judge(&mut loss, 3, 10, 1_000_000), Verdict::Some);
        assert_eq!(loss.last(), 0.10);
        // 19 of 100 can be 10 % by chance; 22 cannot.
        assert_eq!(judge(&mut loss, 4, 19, 1_000_000), Verdict::Some);
        assert_eq!(judge(&mut loss, 5, 22, 1_000_000), Verdict::Heavy(0.89));
    }

    #[test]
    fn a_full_queue_makes_less_be_sent_until_it_drops_no_more() {
        let mut loss = Loss::default();
        assert_eq!(judge(&mut loss, 1, 50, 3_000_000), Verdict::Heavy(0.75));
        assert_eq!(judge(&mut loss, 2, 34, 2_260_000), Verdict::Heavy(0.83));
        assert_eq!(judge(&mut loss, 3, 20, 1_900_000), Verdict::Heavy(0.9));
        assert_eq!(judge(&mut loss, 4, 0, 1_500_000), Verdict::Light);
        // It fills again: no part of that loss has been taken for the link's own.
        assert_eq!(judge(&mut loss, 5, 20, 1_900_000), Verdict::Heavy(0.9));
    }

    #[test]
    fn a_bad_radio_is_got_used_to_after_one_try() {
        let mut loss = Loss::default();
        let mut rate_bps = 1_000_000.0;
        let mut verdicts = vec![];
        for at in 1..20 {
            let verdict = judge(&mut loss, at, 20, rate_bps as u64);
            if let Verdict::Heavy(part) = verdict {
                rate_bps *= part;
            }
            verdicts.push(verdict);
        }
        assert!(rate_bps > 650_000.0, "{rate_bps}");
        assert_eq!(verdicts[18], Verdict::Light);
        // A queue that fills on top of it is seen; and once it gets well, what was got used to goes in seconds.
        assert!(matches!(
            judge(&mut loss, 20, 50, 2_000_000),
            Verdict::Heavy(_)
        ));
        for at in 21..50 {
            judge(&mut loss, at, 0, 1_000_000);
        }
        assert!(matches!(
            judge(&mut loss, 51, 22, 2_000_000),
            Verdict::Heavy(_)
        ));
    }

    #[test]
    fn a_link_that_became_much_narrower_is_never_taken_for_a_bad_radio() {
        let mut loss = Loss::default();
        let mut rate_bps = 2_000_000.0f64;
        for at in 1..20 {
            let lost = (100.0 - 100.0 * 150_000.0 / rate_bps).max(0.0);
            if let Verdict::Heavy(part) = judge(&mut loss, at, lost as u32, rate_bps as u64) {
                rate_bps *= part;
            }
        }
        assert!((120_000.0..190_000.0).contains(&rate_bps), "{rate_bps}");
    }

    #[test]
    fn voice_alone_gets_used_to_it_without_a_try() {
        let mut loss = Loss::default();
        assert_eq!(judge(&mut loss, 1, 25, 56_000), Verdict::Some);
        assert_eq!(judge(&mut loss, 2, 25, 56_000), Verdict::Light);
    }
}
