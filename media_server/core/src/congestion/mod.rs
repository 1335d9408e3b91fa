//! What the link to one subscriber carries: told by its transport-wide feedback.
//!
//! Three things speak: how long packets take (`delay`), how many are lost (`loss`), and how more than usual arrives
//! (`probe`). The estimate falls to what arrives once a queue grows, falls by part of what is lost while sending less
//! helps, and rises while neither speaks against it; a cluster of padding lets it rise at once. Pure: feedback and
//! times in, a rate out. See docs/adr/0022.
mod arrivals;
mod delay;
mod loss;
mod missing;
mod probe;
mod sent_packets;
#[cfg(test)]
mod tests;

use arrivals::Arrivals;
use delay::Delay;
use loss::{Loss, Verdict};
use missing::Missing;
use probe::{Outcome, Prober};
use sent_packets::SentPackets;

pub use probe::SLICE_NS;

/// Where the estimate begins at least: a small picture. The first clusters raise it within a second where there is more.
const START_BPS: f64 = 1_000_000.0;

/// What was sent before anything was known has the benefit of the doubt, up to this: a picture that the link does
/// carry should not have to step back for a moment. If it does not carry it, delay says so within 300 ms.
const MAX_START_BPS: f64 = 5_000_000.0;
const BENEFIT: f64 = 1.4;
const MIN_START_NS: u64 = 50_000_000;

/// Voice with its headers and some repair, which is sent whatever the link: to estimate less would serve nobody.
const FLOOR_BPS: f64 = 64_000.0;

/// Nobody sends more to one viewer; far above what pages ask for.
const CEILING_BPS: f64 = 100_000_000.0;

/// When a queue grows, the estimate becomes this part of what arrives (draft-ietf-rmcat-gcc-02 §5.5).
const BACK_OFF: f64 = 0.85;

/// While a long queue is waited out: two fifths of the link empty it.
const DRAIN: f64 = 0.6;

/// A queue that voice hears.
const LONG_QUEUE_NS: u64 = 120_000_000;

/// A queue that no longer matters.
const SHORT_QUEUE_NS: u64 = 30_000_000;

/// A queue that sending less has not shortened after so long is not ours.
const MIN_DRAIN_NS: u64 = 3_000_000_000;

/// What arrives needs so long, and the time to be told, to show the narrow link alone.
const NARROWING_NS: u64 = 500_000_000;

/// Beside another's queue delay says nothing for so long, and loss decides alone, as it does for the other.
const RIVAL_NS: u64 = 30_000_000_000;

/// After a fall the estimate rests.
const HOLD_NS: u64 = 1_000_000_000;

/// A second of rising: by so much, and at first faster (§5.5 of the draft).
const RISE_A_SECOND: f64 = 1.08;
const FIRST_RISE_A_SECOND: f64 = 2.0;

/// Near what the link was seen to carry it rises by a packet each round trip and feedback.
const PACKET_BITS: f64 = 9_600.0;
const FEEDBACK_S: f64 = 0.1;
const NEAR: std::ops::RangeInclusive<f64> = 0.8..=1.2;

/// An estimate below this part of what the link was seen to carry is tight.
const TIGHT: f64 = 1.5;

/// Pictures leave so much faster than the estimate: on a tight link little, for what is too fast stands before voice.
const TIGHT_PACE: f64 = 1.25;
const WIDE_PACE: f64 = 2.5;

/// What is not used is not known to be carried (§5.5 of the draft).
const BEYOND_USED: f64 = 1.5;

/// Feedback is due each 50 … 250 ms: without it for so long the way is cut, there or back.
const SILENCE_NS: u64 = 1_000_000_000;
const LONG_SILENCE_NS: u64 = 3_000_000_000;

/// The unit of the reference time and of offsets.
const REFERENCE_NS: i64 = 64_000_000;
const TICK_NS: i64 = 250_000;

/// Reference times are kept below 34 years.
const MAX_REFERENCE: i64 = 1 << 34;

/// Statuses of feedback read: so many with each tick, and so many at once. An honest peer is sent a tenth of that; what
/// a hostile one can make us do is a five-hundredth of a processor.
const STATUSES_A_TICK: u32 = 2_000;
const MAX_STATUSES: u32 = 16_000;

/// Data is measured over this.
const DATA_NS: u64 = 1_000_000_000;

/// What the estimate does just now, in a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// No feedback has come: nothing is limited.
    #[default]
    Unknown,
    /// The first seconds: it rises fast until something speaks against it.
    Starting,
    /// It rises slowly, or is as high as what is used can show.
    Rising,
    /// It rests after a fall.
    Holding,
    /// A long queue is being waited out.
    Draining,
    /// Feedback has stopped.
    Silent,
    /// It is the peer's own (REMB), which negotiated no transport-wide feedback.
    Told,
}

impl State {
    /// As it stands in the stats.
    pub fn word(self) -> &'static str {
        match self {
            State::Unknown => "unknown",
            State::Starting => "starting",
            State::Rising => "rising",
            State::Holding => "holding",
            State::Draining => "draining",
            State::Silent => "silent",
            State::Told => "told",
        }
    }
}

/// What is known of the link to one peer.
#[derive(Debug, Default)]
pub struct Congestion {
    sent: SentPackets,
    sent_bytes: u64,
    arrivals: Arrivals,
    delay: Delay,
    loss: Loss,
    missing: Missing,
    prober: Prober,
    state: State,
    estimate_bps: f64,
    /// What the link carried when it was last full.
    capacity_bps: Option<f64>,
    wanted_bps: u64,
    /// Since when the estimate is in its state.
    since_ns: u64,
    /// How long a long queue may take to go.
    patience_ns: u64,
    /// Until then the queue is another's.
    rival_until_ns: u64,
    decided_ns: u64,
    may_rise: bool,
    before_silence_bps: f64,
    /// Packets that left before it went another way.
    path_since_ns: u64,
    feedback_ns: u64,
    /// From sending to being told, smoothed.
    told_after_ns: u64,
    /// The last reference time, as on the wire and unwrapped.
    reference: Option<(u32, i64)>,
    judged_bytes: (u64, u64),
    statuses_left: u32,
    data: DataMeter,
}

impl Congestion {
    /// Bits per second that may be sent to the peer, voice, pictures, repairs and data together; None: nothing is
    /// known, and nothing limits it.
    pub fn available_bps(&self) -> Option<u64> {
        (self.state != State::Unknown).then_some(self.estimate_bps as u64)
    }

    /// Bits per second that arrived lately by its feedback; None before the first.
    pub fn acknowledged_bps(&self) -> Option<u64> {
        self.arrivals.smooth_bps()
    }

    /// Bits per second of data channels (DTLS) sent to it lately: part of what `available_bps` must carry.
    pub fn data_bps(&self) -> u64 {
        self.data.bps
    }

    /// Probe clusters sent.
    pub fn probes(&self) -> u64 {
        self.prober.count()
    }

    /// True while a probe cluster runs: slices are due soon.
    pub fn is_probing(&self) -> bool {
        self.prober.number() != 0
    }

    /// True unless a queue is being waited out or nothing comes back: then a trial would only tell that again.
    pub fn can_be_tried(&self) -> bool {
        !matches!(self.state, State::Draining | State::Silent)
    }

    /// What the estimate does just now.
    pub fn state(&self) -> State {
        self.state
    }

    /// Part of the packets lost by the last judgement, 0 … 1.
    pub fn loss(&self) -> f64 {
        self.loss.last()
    }

    /// How long packets wait on the way beyond the shortest.
    pub fn queue_ns(&self) -> u64 {
        self.delay.queue_ns()
    }

    /// How much would be sent if the link carried it: up to that the estimate is probed for more.
    pub fn set_wanted_bps(&mut self, wanted_bps: u64) {
        self.wanted_bps = wanted_bps;
    }

    /// The rate at which pictures leave; None: at once. A link that was seen full is given little more than it carries,
    /// one that was not may show with a burst what it carries.
    pub fn pace_bps(&self) -> Option<u64> {
        let is_tight = self
            .capacity_bps
            .is_some_and(|capacity_bps| self.estimate_bps < TIGHT * capacity_bps);
        let factor = if is_tight { TIGHT_PACE } else { WIDE_PACE };
        (self.state != State::Unknown).then_some((self.estimate_bps * factor) as u64)
    }

    /// Notes a packet that leaves now under a transport-wide number.
    #[inline]
    pub fn note_sent(&mut self, sequence: u16, now_ns: u64, bytes: usize) {
        self.sent_bytes += bytes as u64;
        self.sent
            .note(sequence, now_ns, bytes, self.prober.number());
    }

    /// Notes that a packet is sent again under its transport-wide number, as sound is.
    pub fn note_repeated(&mut self, sequence: u16) {
        self.sent.note_repeated(sequence);
    }

    /// Notes a datagram of data channels that leaves now.
    pub fn note_data(&mut self, bytes: usize) {
        self.data.bytes += bytes as u64;
    }

    /// Bytes of padding to be sent now, besides what is sent anyway.
    pub fn padding_due_bytes(&mut self, now_ns: u64) -> u64 {
        self.prober.due_bytes(now_ns, self.sent_bytes)
    }

    /// Takes a feedback: its reference time, and of each packet its number and its arrival in ticks after that.
    pub fn receive_feedback(
        &mut self,
        now_ns: u64,
        reference: u32,
        statuses: impl Iterator<Item = (u16, Option<i64>)>,
    ) {
        let reference_ns = self.unwrap(reference);
        let mut arrived = 0;
        let (mut oldest_sent_ns, mut newest_sent_ns) = (u64::MAX, None);
        for (sequence, ticks) in statuses {
            let Some(ticks) = ticks else {
                let told = self.sent.take_lost(sequence);
                // What the other way lost, or an outage, says nothing of this way.
                if told.is_some_and(|told| told.sent_ns > self.path_since_ns) {
                    self.missing.note(now_ns, sequence);
                }
                continue;
            };
            let Some(told) = self.sent.take_arrived(sequence) else {
                continue;
            };
            arrived += 1;
            if told.was_repeated {
                self.arrivals
                    .note(reference_ns + ticks * TICK_NS, told.bytes);
                continue;
            }
            if told.was_lost {
                self.missing.came_after_all(now_ns, sequence);
            }
            let arrival_ns = reference_ns + ticks * TICK_NS;
            self.arrivals.note(arrival_ns, told.bytes);
            match told.cluster {
                // A cluster's own queue is judged with the cluster.
                Some(number) => {
                    self.prober
                        .receive(number, told.sent_ns, arrival_ns, told.bytes);
                }
                None if told.sent_ns > self.path_since_ns => {
                    self.delay.note(told.sent_ns, arrival_ns);
                }
                None => {}
            }
            oldest_sent_ns = oldest_sent_ns.min(told.sent_ns);
            newest_sent_ns = newest_sent_ns.max(Some(told.sent_ns));
        }
        let sent = &mut self.sent;
        let lost = self
            .missing
            .take_given_up(now_ns, |sequence| sent.is_lost(sequence));
        self.loss.note(lost, arrived);
        let Some(newest_sent_ns) = newest_sent_ns else {
            return;
        };
        let told_after_ns = now_ns.saturating_sub(newest_sent_ns);
        self.told_after_ns = if self.told_after_ns == 0 {
            told_after_ns
        } else {
            (self.told_after_ns * 7 + told_after_ns) / 8
        };
        self.feedback_ns = now_ns;
        if self.state == State::Silent {
            self.leave_out(newest_sent_ns);
        }
        if matches!(self.state, State::Unknown | State::Told) {
            self.start(now_ns, oldest_sent_ns);
        }
        self.decide(now_ns);
    }

    /// True if a feedback of so many statuses may be read now; it then counts as read.
    pub fn take_turn(&mut self, statuses: u16) -> bool {
        let left = self.statuses_left.checked_sub(statuses.into());
        self.statuses_left = left.unwrap_or(self.statuses_left);
        left.is_some()
    }

    /// Takes the peer's own estimate, where it gives no transport-wide feedback (draft-alvestrand-rmcat-remb-03).
    pub fn receive_remb(&mut self, now_ns: u64, bps: u64) {
        self.enter(State::Told, now_ns);
        self.set_estimate(bps as f64);
    }

    /// Time has passed: true if the estimate has changed by that.
    pub fn on_tick(&mut self, now_ns: u64) -> bool {
        self.data.on_tick(now_ns);
        self.statuses_left = (self.statuses_left + STATUSES_A_TICK).min(MAX_STATUSES);
        if matches!(self.state, State::Unknown | State::Told) {
            return false;
        }
        self.prober.plan(
            now_ns,
            self.estimate_bps as u64,
            self.wanted_bps,
            self.sent_bytes,
        );
        let has_news = self.note_silence(now_ns);
        has_news | self.take_outcome(now_ns)
    }

    /// The peer is sent to at another address now: what was known of the link no longer holds.
    pub fn begin_anew(&mut self, now_ns: u64) {
        if matches!(self.state, State::Unknown | State::Told) {
            return;
        }
        self.leave_out(now_ns);
        self.delay = Delay::default();
        self.loss = Loss::default();
        self.prober.begin_anew();
        self.capacity_bps = None;
        self.rival_until_ns = 0;
        if self.state == State::Silent {
            // The silence told of the way that is gone.
            self.estimate_bps = self.before_silence_bps;
        }
        self.set_estimate(self.estimate_bps.min(START_BPS));
        self.feedback_ns = now_ns;
        self.enter(State::Starting, now_ns);
    }

    /// The peer seems to have moved: what was sent until now says nothing of the way that what follows takes.
    pub fn leave_out(&mut self, until_ns: u64) {
        self.path_since_ns = until_ns;
        self.missing.forget();
        self.loss.leave_out();
    }

    /// The reference time wraps after 12 days, and feedbacks may overtake each other.
    fn unwrap(&mut self, reference: u32) -> i64 {
        let (last, unwrapped) = self.reference.unwrap_or((reference, MAX_REFERENCE / 2));
        let step = (reference.wrapping_sub(last) << 8) as i32 >> 8;
        // A hostile peer may turn its clock for years: then it misleads itself, and nothing overflows.
        let unwrapped = (unwrapped + i64::from(step)).rem_euclid(MAX_REFERENCE);
        self.reference = Some((reference, unwrapped));
        unwrapped * REFERENCE_NS
    }

    fn start(&mut self, now_ns: u64, oldest_sent_ns: u64) {
        let elapsed_ns = now_ns.saturating_sub(oldest_sent_ns).max(MIN_START_NS);
        let sent_bps = self.sent_bytes as f64 * 8e9 / elapsed_ns as f64;
        self.set_estimate((BENEFIT * sent_bps).clamp(START_BPS, MAX_START_BPS));
        self.judged_bytes = (0, oldest_sent_ns);
        self.enter(State::Starting, now_ns);
    }

    fn decide(&mut self, now_ns: u64) {
        match self.state {
            State::Silent => {
                // Half of what it was: what made the silence is not known.
                self.set_estimate(self.estimate_bps.max(self.before_silence_bps / 2.0));
                self.delay.begin_anew(now_ns);
                self.enter(State::Starting, now_ns);
            }
            State::Holding if now_ns.saturating_sub(self.since_ns) >= HOLD_NS => {
                self.enter(State::Rising, now_ns);
            }
            _ => {}
        }
        let elapsed_ns = now_ns.saturating_sub(self.decided_ns).min(1_000_000_000);
        self.decided_ns = now_ns;
        self.judge_loss(now_ns);
        let Some(arriving_bps) = self.arrivals.recent_bps() else {
            return;
        };
        let arriving_bps = arriving_bps as f64;
        let queue_ns = self.delay.queue_ns();
        if self.state == State::Draining {
            self.drain(now_ns, arriving_bps, queue_ns);
        } else if now_ns >= self.rival_until_ns
            && (self.delay.is_over() || queue_ns > LONG_QUEUE_NS)
        {
            self.fall(now_ns, arriving_bps, queue_ns);
        } else if self.state != State::Holding && self.may_rise {
            self.rise(elapsed_ns as f64 / 1e9, arriving_bps);
        }
        self.take_outcome(now_ns);
    }

    fn judge_loss(&mut self, now_ns: u64) {
        let (bytes, since_ns) = self.judged_bytes;
        let elapsed_ns = now_ns.saturating_sub(since_ns).max(1);
        let sent_bytes = self.sent_bytes - bytes;
        let rate_bps = (u128::from(sent_bytes) * 8_000_000_000 / u128::from(elapsed_ns)) as u64;
        let Some(verdict) = self.loss.judge(now_ns, rate_bps) else {
            return;
        };
        self.judged_bytes = (self.sent_bytes, now_ns);
        self.may_rise = verdict == Verdict::Light;
        if let Verdict::Heavy(part) = verdict {
            self.prober.put_off(now_ns);
            self.set_estimate(self.estimate_bps.min(rate_bps as f64) * part);
            if self.state != State::Draining {
                self.enter(State::Holding, now_ns);
            }
        }
    }

    /// A queue grows, or a long one stands: the link is full, and what arrives is what it carries.
    fn fall(&mut self, now_ns: u64, arriving_bps: f64, queue_ns: u64) {
        self.capacity_bps = Some(arriving_bps);
        self.delay.begin_anew(now_ns);
        self.prober.put_off(now_ns);
        if queue_ns > LONG_QUEUE_NS {
            self.set_estimate(self.estimate_bps.min(DRAIN * arriving_bps));
            self.patience_ns = MIN_DRAIN_NS.max(4 * queue_ns);
            self.enter(State::Draining, now_ns);
        } else {
            self.set_estimate(self.estimate_bps.min(BACK_OFF * arriving_bps));
            self.enter(State::Holding, now_ns);
        }
    }

    fn drain(&mut self, now_ns: u64, arriving_bps: f64, queue_ns: u64) {
        let lasted_ns = now_ns.saturating_sub(self.since_ns);
        let is_ours = lasted_ns < self.patience_ns;
        if queue_ns > LONG_QUEUE_NS && is_ours {
            // What arrives was reckoned over a time when the link was wider: it converges from above.
            if lasted_ns < NARROWING_NS + self.told_after_ns {
                let capacity_bps = self.capacity_bps.unwrap_or(arriving_bps).min(arriving_bps);
                self.capacity_bps = Some(capacity_bps);
                self.set_estimate(self.estimate_bps.min(DRAIN * capacity_bps));
            }
            return;
        }
        if !is_ours {
            self.delay.accept_queue();
            self.rival_until_ns = now_ns + RIVAL_NS;
        } else if queue_ns > SHORT_QUEUE_NS {
            return;
        }
        let capacity_bps = self.capacity_bps.unwrap_or(arriving_bps);
        self.set_estimate(self.estimate_bps.max(BACK_OFF * capacity_bps));
        self.delay.begin_anew(now_ns);
        self.prober.put_off(now_ns);
        self.enter(State::Holding, now_ns);
    }

    fn rise(&mut self, elapsed_s: f64, arriving_bps: f64) {
        let is_near = self
            .capacity_bps
            .is_some_and(|capacity_bps| NEAR.contains(&(self.estimate_bps / capacity_bps)));
        let risen_bps = if self.state == State::Starting {
            self.estimate_bps * FIRST_RISE_A_SECOND.powf(elapsed_s)
        } else if is_near {
            let response_s = self.told_after_ns as f64 / 1e9 + FEEDBACK_S;
            self.estimate_bps + PACKET_BITS / response_s * elapsed_s
        } else {
            self.estimate_bps * RISE_A_SECOND.powf(elapsed_s)
        };
        let shown_bps = BEYOND_USED * arriving_bps;
        let risen_bps = risen_bps.min(shown_bps).max(self.estimate_bps);
        // What arrives without a queue is carried, whatever was thought.
        self.set_estimate(risen_bps.max(arriving_bps));
    }

    fn take_outcome(&mut self, now_ns: u64) -> bool {
        let Some(outcome) = self.prober.take_outcome(now_ns, self.told_after_ns) else {
            return false;
        };
        let shown_bps = match outcome {
            Outcome::Carried(bps) => bps as f64,
            Outcome::Full(bps) => {
                self.capacity_bps = Some(bps as f64);
                if self.state == State::Starting {
                    self.enter(State::Rising, now_ns);
                }
                BACK_OFF * bps as f64
            }
            Outcome::Unclear => return false,
        };
        if self.state == State::Draining || shown_bps <= self.estimate_bps {
            return false;
        }
        self.set_estimate(shown_bps);
        true
    }

    fn note_silence(&mut self, now_ns: u64) -> bool {
        let expected_ns = self.sent.last_sent_ns().unwrap_or(0);
        let silent_ns = now_ns.saturating_sub(self.feedback_ns);
        if silent_ns < SILENCE_NS || expected_ns < self.feedback_ns {
            return false;
        }
        if self.state != State::Silent {
            self.before_silence_bps = self.estimate_bps;
            self.enter(State::Silent, now_ns);
            self.set_estimate(self.estimate_bps / 2.0);
            return true;
        }
        let is_long = silent_ns >= LONG_SILENCE_NS && self.estimate_bps > FLOOR_BPS;
        if is_long {
            self.set_estimate(FLOOR_BPS);
        }
        is_long
    }

    fn set_estimate(&mut self, bps: f64) {
        self.estimate_bps = bps.clamp(FLOOR_BPS, CEILING_BPS);
    }

    fn enter(&mut self, state: State, now_ns: u64) {
        self.state = state;
        self.since_ns = now_ns;
    }
}

/// Counts data, and tells its rate each second.
#[derive(Debug, Default)]
struct DataMeter {
    since_ns: u64,
    bytes: u64,
    bps: u64,
}

impl DataMeter {
    fn on_tick(&mut self, now_ns: u64) {
        let elapsed_ns = now_ns.saturating_sub(self.since_ns);
        if elapsed_ns >= DATA_NS {
            self.bps = (u128::from(self.bytes) * 8_000_000_000 / u128::from(elapsed_ns)) as u64;
            (self.bytes, self.since_ns) = (0, now_ns);
        }
    }
}
