//! Whether a queue grows on the way, by how long packets take.
//!
//! The clocks of both ends differ by an unknown amount, so only changes tell. Packets are put together by when they
//! left, and of each group the fastest counts: what one packet is late by is jitter, what all are late by is a queue.
//! A line through the last groups rises where a queue grows; how far the groups lie off that line says how much of a
//! rise is chance. (draft-ietf-rmcat-gcc-02 §5 judges single differences; by those a radio link's jitter looks like
//! a queue, or a queue like its jitter.)
use std::collections::VecDeque;

/// Packets that left within this make a group: a picture's burst, a packet of sound.
const GROUP_NS: u64 = 20_000_000;

/// Groups older than this no longer count.
const WINDOW_NS: u64 = 600_000_000;

/// With fewer groups no line is drawn.
const MIN_GROUPS: usize = 5;

/// With so many, a rise of `SURE` standard errors is none by chance; with fewer it takes twice as many.
const MANY_GROUPS: usize = 12;
const SURE: f64 = 4.0;

/// A rise below this is no queue. It adapts (§5.4 of the draft): a stubborn small rise, as beside a TCP flow, is got
/// used to quickly, and slowly got unused to.
const FIRST_THRESHOLD_MS: f64 = 12.5;
const THRESHOLD_RANGE_MS: std::ops::RangeInclusive<f64> = 6.0..=300.0;
const THRESHOLD_UP: f64 = 0.0087;
const THRESHOLD_DOWN: f64 = 0.00018;

/// A rise so far beyond the threshold is an event, not a habit.
const EVENT_MS: f64 = 15.0;

/// The fastest packet of between one and two such times is what an empty queue takes.
const BASE_NS: u64 = 10_000_000_000;

/// The queue is what the fastest of the last groups waited.
const QUEUE_NS: u64 = 250_000_000;

#[derive(Debug, Clone, Copy)]
struct Group {
    first_sent_ns: u64,
    /// Arrival less departure, on two clocks.
    transit_ns: i64,
}

/// What the delays say.
#[derive(Debug)]
pub struct Delay {
    open: Option<Group>,
    groups: VecDeque<Group>,
    threshold_ms: f64,
    judged_ns: u64,
    overs: u32,
    /// Groups that left before this say nothing of the line: it was sent otherwise then.
    not_before_ns: u64,
    base: [Option<i64>; 2],
    base_since_ns: u64,
}

impl Default for Delay {
    fn default() -> Self {
        Delay {
            open: None,
            groups: VecDeque::new(),
            threshold_ms: FIRST_THRESHOLD_MS,
            judged_ns: 0,
            overs: 0,
            not_before_ns: 0,
            base: [None; 2],
            base_since_ns: 0,
        }
    }
}

impl Delay {
    /// Notes a packet that arrived; in the order in which they left.
    pub fn note(&mut self, sent_ns: u64, arrival_ns: i64) {
        let transit_ns = arrival_ns - sent_ns as i64;
        let Some(open) = &mut self.open else {
            self.open = Some(Group {
                first_sent_ns: sent_ns,
                transit_ns,
            });
            return;
        };
        // One that was overtaken by a whole group: its group is judged already.
        let Some(after_ns) = sent_ns.checked_sub(open.first_sent_ns) else {
            return;
        };
        if after_ns < GROUP_NS {
            open.transit_ns = open.transit_ns.min(transit_ns);
            return;
        }
        let closed = *open;
        *open = Group {
            first_sent_ns: sent_ns,
            transit_ns,
        };
        self.close(closed);
    }

    fn close(&mut self, group: Group) {
        let now_ns = group.first_sent_ns;
        self.groups.push_back(group);
        while self
            .groups
            .front()
            .is_some_and(|old| old.first_sent_ns + WINDOW_NS < now_ns)
        {
            self.groups.pop_front();
        }
        if now_ns.saturating_sub(self.base_since_ns) >= BASE_NS {
            self.base = [None, self.base[0]];
            self.base_since_ns = now_ns;
        }
        let lowest = self.base[0].map_or(group.transit_ns, |base| base.min(group.transit_ns));
        self.base[0] = Some(lowest);
        self.judge(now_ns);
    }

    fn judge(&mut self, now_ns: u64) {
        let elapsed_ms = now_ns.saturating_sub(self.judged_ns).min(100_000_000) as f64 / 1e6;
        self.judged_ns = now_ns;
        let Some(line) = self.line() else {
            self.overs = 0;
            return;
        };
        let is_sure = line.rise_ms > line.surely_above_ms;
        if is_sure && line.rise_ms > self.threshold_ms {
            self.overs += 1;
        } else {
            self.overs = 0;
        }
        let beyond_ms = line.rise_ms.abs() - self.threshold_ms;
        if is_sure && beyond_ms < EVENT_MS || beyond_ms < 0.0 {
            let speed = if beyond_ms > 0.0 {
                THRESHOLD_UP
            } else {
                THRESHOLD_DOWN
            };
            let (low, high) = THRESHOLD_RANGE_MS.into_inner();
            self.threshold_ms =
                (self.threshold_ms + speed * beyond_ms * elapsed_ms).clamp(low, high);
        }
    }

    /// The line through the groups that count.
    fn line(&self) -> Option<Line> {
        let counting = || {
            self.groups
                .iter()
                .filter(|group| group.first_sent_ns >= self.not_before_ns)
        };
        let count = counting().count();
        if count < MIN_GROUPS {
            return None;
        }
        let origin = *counting().next()?;
        let points = || {
            counting().map(|group| {
                let after_ns = group.first_sent_ns - origin.first_sent_ns;
                let late_ns = group.transit_ns - origin.transit_ns;
                (after_ns as f64 / 1e6, late_ns as f64 / 1e6)
            })
        };
        let n = count as f64;
        let (sum_x, sum_y) = points().fold((0.0, 0.0), |(xs, ys), (x, y)| (xs + x, ys + y));
        let (mean_x, mean_y) = (sum_x / n, sum_y / n);
        let (sxx, sxy, syy) = points().fold((0.0, 0.0, 0.0), |(sxx, sxy, syy), (x, y)| {
            let (x, y) = (x - mean_x, y - mean_y);
            (sxx + x * x, sxy + x * y, syy + y * y)
        });
        let span_ms = points().next_back()?.0;
        let slope = sxy / sxx.max(1.0);
        let residual = ((syy - slope * sxy) / (n - 2.0)).max(0.0);
        let error_ms = (residual / sxx.max(1.0)).sqrt() * span_ms;
        let sure = if count < MANY_GROUPS {
            2.0 * SURE
        } else {
            SURE
        };
        Some(Line {
            rise_ms: slope * span_ms,
            surely_above_ms: sure * error_ms,
        })
    }

    /// True if a queue grows: twice in a row, so that one group cannot say it.
    pub fn is_over(&self) -> bool {
        self.overs >= 2
    }

    /// How much longer than with an empty queue the last packets took at least.
    pub fn queue_ns(&self) -> u64 {
        let base_ns = self.base.iter().flatten().min();
        let waited = base_ns.zip(self.fastest_ns());
        waited.map_or(0, |(base_ns, fastest_ns)| {
            (fastest_ns - base_ns).max(0) as u64
        })
    }

    fn fastest_ns(&self) -> Option<i64> {
        let from_ns = self.groups.back()?.first_sent_ns.saturating_sub(QUEUE_NS);
        let recent = self
            .groups
            .iter()
            .filter(|group| group.first_sent_ns >= from_ns);
        recent.map(|group| group.transit_ns).min()
    }

    /// Judges anew by what leaves from now on: less is sent.
    pub fn begin_anew(&mut self, now_ns: u64) {
        self.not_before_ns = now_ns;
        self.overs = 0;
    }

    /// Takes the delay as it is for that of an empty queue: sending less has not shortened it.
    pub fn accept_queue(&mut self) {
        self.base = [self.fastest_ns(), None];
        self.base_since_ns = self.judged_ns;
    }
}

struct Line {
    rise_ms: f64,
    surely_above_ms: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded::Seeded;

    const MS: u64 = 1_000_000;

    /// A packet every `interval_ms` from `start_ms` on; `late_ms` says by how much each is late. True if it was ever
    /// judged over.
    fn run(
        delay: &mut Delay,
        start_ms: u64,
        packets: u64,
        interval_ms: u64,
        mut late_ms: impl FnMut(u64) -> f64,
    ) -> bool {
        let mut is_over = false;
        for index in 0..packets {
            let sent_ms = start_ms + index * interval_ms;
            let arrival_ns = (sent_ms * MS) as i64 + 1_000_000_000 + (late_ms(index) * 1e6) as i64;
            delay.note(sent_ms * MS, arrival_ns);
            is_over |= delay.is_over();
        }
        is_over
    }

    fn uniform(seeded: &mut Seeded, range_ms: f64) -> f64 {
        seeded.next_u64() as f64 / u64::MAX as f64 * range_ms
    }

    #[test]
    fn an_even_line_is_no_queue() {
        let mut delay = Delay::default();
        assert!(!run(&mut delay, 0, 1_000, 10, |_| 0.0));
        assert_eq!(delay.queue_ns(), 0);
    }

    #[test]
    fn a_growing_queue_is_seen_within_200_ms_and_told_in_length() {
        let mut delay = Delay::default();
        assert!(!run(&mut delay, 0, 200, 10, |_| 0.0));
        assert!(run(&mut delay, 2_000, 20, 10, |index| index as f64 * 5.0));
        let mut delay = Delay::default();
        run(&mut delay, 0, 200, 10, |_| 0.0);
        run(&mut delay, 2_000, 100, 10, |_| 300.0);
        assert_eq!(delay.queue_ns() / MS, 300);
    }

    #[test]
    fn jitter_is_no_queue_and_does_not_hide_one() {
        for seed in 0..20 {
            let mut seeded = Seeded::new(seed);
            let mut delay = Delay::default();
            let overs = (0..20).filter(|second| {
                run(&mut delay, second * 1_000, 200, 5, |_| {
                    uniform(&mut seeded, 200.0)
                })
            });
            assert!(overs.count() <= 1, "seed {seed}");
            assert!(delay.queue_ns() / MS < 60, "seed {seed}");
            assert!(
                run(&mut delay, 20_000, 300, 5, |index| index as f64 * 2.0
                    + uniform(&mut seeded, 200.0)),
                "seed {seed}"
            );
        }
    }

    #[test]
    fn a_picture_sent_in_one_burst_is_no_queue() {
        let mut delay = Delay::default();
        // 20 packets each 33 ms, each 0.5 ms behind the one before on the link.
        let mut is_over = false;
        for picture in 0..300u64 {
            for packet in 0..20u64 {
                let sent_ns = picture * 33 * MS;
                delay.note(sent_ns, (sent_ns + packet * MS / 2) as i64);
                is_over |= delay.is_over();
            }
        }
        assert!(!is_over);
        assert_eq!(delay.queue_ns(), 0);
    }

    #[test]
    fn what_left_before_a_change_says_nothing_of_it() {
        let mut delay = Delay::default();
        run(&mut delay, 0, 100, 10, |_| 0.0);
        assert!(run(&mut delay, 1_000, 40, 10, |index| index as f64 * 5.0));
        delay.begin_anew(1_400 * MS);
        assert!(!delay.is_over());
        assert!(!run(&mut delay, 1_400, 40, 10, |_| 200.0));
        assert_eq!(delay.queue_ns() / MS, 200);
        delay.accept_queue();
        run(&mut delay, 1_800, 4, 10, |_| 200.0);
        assert_eq!(delay.queue_ns(), 0);
    }

    #[test]
    fn a_longer_way_is_got_used_to_after_20_s() {
        let mut delay = Delay::default();
        run(&mut delay, 10_000, 100, 10, |_| 0.0);
        run(&mut delay, 11_000, 2_200, 10, |_| 150.0);
        assert_eq!(delay.queue_ns(), 0);
    }

    #[test]
    fn one_that_a_whole_group_overtook_is_left_out() {
        let mut delay = Delay::default();
        run(&mut delay, 0, 100, 10, |_| 0.0);
        delay.note(0, -5_000_000_000);
        run(&mut delay, 1_000, 100, 10, |_| 0.0);
        assert_eq!(delay.queue_ns(), 0);
    }
}
