//! A link as bad as wished, and a sender that follows the estimate: seeded, in its own time.
use std::collections::{BTreeMap, BinaryHeap};

use crate::congestion::{Congestion, SLICE_NS};
use crate::seeded::Seeded;

pub const MS: u64 = 1_000_000;
pub const S: u64 = 1_000_000_000;

/// How the receiver's clock differs from ours.
const CLOCK_NS: u64 = 123_456 * S;

/// What the link is like; may be changed while it runs.
#[derive(Debug, Clone)]
pub struct Link {
    pub rate_bps: u64,
    /// What does not fit is dropped.
    pub queue_bytes: u64,
    pub delay_ns: u64,
    /// Each packet takes longer by up to this.
    pub jitter_ns: u64,
    /// Packets may overtake each other.
    pub reorders: bool,
    pub loss: f64,
    /// Losses come in runs of so many on average.
    pub loss_run: f64,
    /// The way back.
    pub feedback_delay_ns: u64,
    pub feedback_loss: f64,
    /// Another's traffic: grows by itself, halves when it is dropped.
    pub has_rival: bool,
}

impl Default for Link {
    fn default() -> Link {
        Link {
            rate_bps: 3_000_000,
            queue_bytes: 60_000,
            delay_ns: 25 * MS,
            jitter_ns: 0,
            reorders: false,
            loss: 0.0,
            loss_run: 1.0,
            feedback_delay_ns: 25 * MS,
            feedback_loss: 0.0,
            has_rival: false,
        }
    }
}

/// What a second was like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Second {
    pub estimate_bps: u64,
    pub voice_sent: u32,
    pub voice_arrived: u32,
    /// The longest that voice took.
    pub voice_ns: u64,
    pub video_bytes: u64,
    pub padding_bytes: u64,
}

/// Reference time, and of each packet its number and its arrival in ticks.
type Feedback = (u32, Vec<(u16, Option<i64>)>);

/// A sender, a link and a receiver.
pub struct World {
    pub now_ns: u64,
    pub congestion: Congestion,
    pub link: Link,
    /// What pictures would take; 0 for none.
    pub video_bps: u64,
    /// Below this pictures are paused, not made smaller.
    pub video_least_bps: u64,
    pub seconds: Vec<Second>,
    seeded: Seeded,
    sequence: u16,
    link_free_ns: u64,
    last_arrival_ns: u64,
    losing: bool,
    /// By arrival: extended number, is voice, sent.
    on_the_way: BinaryHeap<std::cmp::Reverse<(u64, u64)>>,
    sent: u64,
    reported: u64,
    arrivals: BTreeMap<u64, u64>,
    feedbacks: BTreeMap<u64, Feedback>,
    next_feedback_ns: u64,
    voice_debt_ns: u64,
    video_debt_bits: f64,
    rival_window_bytes: f64,
    rival_flying: BTreeMap<u64, u64>,
}

impl World {
    pub fn new(seed: u64, link: Link) -> World {
        World {
            now_ns: 1_000 * S,
            congestion: Congestion::default(),
            link,
            video_bps: 2_000_000,
            video_least_bps: 100_000,
            seconds: vec![],
            seeded: Seeded::new(seed),
            sequence: 65_000,
            link_free_ns: 0,
            last_arrival_ns: 0,
            losing: false,
            on_the_way: BinaryHeap::new(),
            sent: 0,
            reported: 0,
            arrivals: BTreeMap::new(),
            feedbacks: BTreeMap::new(),
            next_feedback_ns: 0,
            voice_debt_ns: 0,
            video_debt_bits: 0.0,
            rival_window_bytes: 6_000.0,
            rival_flying: BTreeMap::new(),
        }
    }

    /// Lets seconds pass; returns them.
    pub fn pass(&mut self, seconds: usize) -> &[Second] {
        let from = self.seconds.len();
        for _ in 0..seconds {
            self.seconds.push(Second::default());
            for _ in 0..S / SLICE_NS {
                self.step();
            }
            let estimate_bps = self.congestion.available_bps().unwrap_or(0);
            self.second().estimate_bps = estimate_bps;
        }
        &self.seconds[from..]
    }

    /// Lets the shortest time pass.
    pub fn pass_step(&mut self) {
        if self.seconds.is_empty() {
            self.seconds.push(Second::default());
        }
        self.step();
    }

    fn second(&mut self) -> &mut Second {
        self.seconds.last_mut().expect("one runs")
    }

    fn chance(&mut self) -> f64 {
        self.seeded.next_u64() as f64 / u64::MAX as f64
    }

    fn step(&mut self) {
        self.now_ns += SLICE_NS;
        self.congestion.on_tick(self.now_ns);
        self.voice_debt_ns += SLICE_NS;
        if self.voice_debt_ns >= 20 * MS {
            self.voice_debt_ns -= 20 * MS;
            self.second().voice_sent += 1;
            self.send(140, true);
        }
        self.send_video();
        let mut padding = self.congestion.padding_due_bytes(self.now_ns);
        while padding > 0 {
            self.second().padding_bytes += 285;
            self.send(285, false);
            padding = padding.saturating_sub(285);
        }
        self.send_rival();
        self.receive();
        self.feed_back();
    }

    /// Frames 30 times a second in packets of 1,100 bytes, at nine tenths of the estimate less voice.
    fn send_video(&mut self) {
        let available_bps = self.congestion.available_bps().unwrap_or(u64::MAX);
        let share_bps = (available_bps / 10 * 9).saturating_sub(56_000);
        let rate_bps = share_bps.min(self.video_bps);
        self.congestion
            .set_wanted_bps(self.video_bps + self.video_bps / 4 + 100_000);
        if rate_bps < self.video_least_bps {
            self.video_debt_bits = 0.0;
            return;
        }
        self.video_debt_bits += rate_bps as f64 * SLICE_NS as f64 / 1e9;
        let frame_bits = (rate_bps as f64 / 30.0).max(8_800.0);
        if self.video_debt_bits < frame_bits {
            return;
        }
        while self.video_debt_bits >= 8_800.0 {
            self.video_debt_bits -= 8_800.0;
            self.second().video_bytes += 1_100;
            self.send(1_100, false);
        }
    }

    fn send(&mut self, bytes: u64, is_voice: bool) {
        self.sequence = self.sequence.wrapping_add(1);
        self.congestion
            .note_sent(self.sequence, self.now_ns, bytes as usize);
        self.sent += 1;
        let number = self.sent;
        let Some(arrival_ns) = self.pass_link(bytes) else {
            return;
        };
        if is_voice {
            let took_ns = arrival_ns - self.now_ns;
            let second = self.second();
            second.voice_arrived += 1;
            second.voice_ns = second.voice_ns.max(took_ns);
        }
        self.on_the_way
            .push(std::cmp::Reverse((arrival_ns, number)));
    }

    /// When what is sent now arrives; None if it is lost.
    fn pass_link(&mut self, bytes: u64) -> Option<u64> {
        let backlog_ns = self.link_free_ns.saturating_sub(self.now_ns);
        let backlog_bytes =
            (u128::from(backlog_ns) * u128::from(self.link.rate_bps) / 8_000_000_000) as u64;
        if backlog_bytes + bytes > self.link.queue_bytes {
            return None;
        }
        let takes_ns = bytes * 8 * S / self.link.rate_bps;
        self.link_free_ns = self.link_free_ns.max(self.now_ns) + takes_ns;
        let (enter, leave) = (
            self.link.loss / (1.0 - self.link.loss).max(1e-9) / self.link.loss_run,
            1.0 / self.link.loss_run,
        );
        let chance = self.chance();
        self.losing = if self.losing {
            chance >= leave
        } else {
            chance < enter
        };
        let is_lost = if self.link.loss_run > 1.0 {
            self.losing
        } else {
            chance < self.link.loss
        };
        if is_lost {
            return None;
        }
        let jitter_ns = (self.chance() * self.link.jitter_ns as f64) as u64;
        let mut arrival_ns = self.link_free_ns + self.link.delay_ns + jitter_ns;
        if !self.link.reorders {
            arrival_ns = arrival_ns.max(self.last_arrival_ns);
        }
        self.last_arrival_ns = arrival_ns;
        Some(arrival_ns)
    }

    /// A window of packets of 1,400 bytes: one more each round trip, half as many after a drop.
    fn send_rival(&mut self) {
        if !self.link.has_rival {
            return;
        }
        let now_ns = self.now_ns;
        let acknowledged: Vec<u64> = self
            .rival_flying
            .range(..now_ns)
            .map(|(at, _)| *at)
            .collect();
        for at in acknowledged {
            let bytes = self.rival_flying.remove(&at).unwrap_or(0) as f64;
            self.rival_window_bytes += bytes * 1_400.0 / self.rival_window_bytes;
        }
        loop {
            let flying: u64 = self.rival_flying.values().sum();
            if (flying + 1_400) as f64 > self.rival_window_bytes {
                return;
            }
            match self.pass_link(1_400) {
                Some(arrival_ns) => {
                    *self
                        .rival_flying
                        .entry(arrival_ns + self.link.feedback_delay_ns)
                        .or_insert(0) += 1_400;
                }
                None => {
                    self.rival_window_bytes = (self.rival_window_bytes / 2.0).max(2_800.0);
                    return;
                }
            }
        }
    }

    fn receive(&mut self) {
        while let Some(std::cmp::Reverse((arrival_ns, number))) = self.on_the_way.peek().copied() {
            if arrival_ns > self.now_ns {
                return;
            }
            self.on_the_way.pop();
            self.arrivals.insert(number, arrival_ns + CLOCK_NS);
        }
    }

    /// Each 50 ms what arrived since, as libwebrtc does it: late ones are told with the gap before them again.
    fn feed_back(&mut self) {
        if self.now_ns >= self.next_feedback_ns && !self.arrivals.is_empty() {
            self.next_feedback_ns = self.now_ns + 50 * MS;
            let arrivals = std::mem::take(&mut self.arrivals);
            let first = *arrivals.keys().next().expect("not empty");
            let last = *arrivals.keys().next_back().expect("not empty");
            let from = if self.reported == 0 {
                first
            } else {
                first.min(self.reported + 1)
            };
            self.reported = self.reported.max(last);
            let reference = arrivals.values().min().expect("not empty") / (64 * MS);
            let statuses = (from..=last).map(|number| {
                let behind = (self.sent - number) as u16;
                let ticks = arrivals
                    .get(&number)
                    .map(|arrival_ns| (arrival_ns / 250_000) as i64 - (reference * 256) as i64);
                (self.sequence.wrapping_sub(behind), ticks)
            });
            let feedback = ((reference & 0xff_ffff) as u32, statuses.collect());
            if self.chance() >= self.link.feedback_loss {
                self.feedbacks
                    .insert(self.now_ns + self.link.feedback_delay_ns, feedback);
            }
        }
        while let Some((at_ns, _)) = self.feedbacks.first_key_value() {
            if *at_ns > self.now_ns {
                return;
            }
            let Some((_, (reference, statuses))) = self.feedbacks.pop_first() else {
                return;
            };
            self.congestion
                .receive_feedback(self.now_ns, reference, statuses.into_iter());
        }
    }
}
