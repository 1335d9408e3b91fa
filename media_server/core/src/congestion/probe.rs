//! Finding out whether a link carries more: padding for a moment, and how it arrives.
//!
//! What is sent follows the estimate, so the estimate cannot learn of more by itself; least of all while pictures are
//! paused. A cluster is a stretch of some 60 ms in which padding fills up what is sent to a higher rate.

/// How long a cluster lasts: a dozen slices at the least, and no more queue than that if the link does not carry it.
const CLUSTER_NS: u64 = 60_000_000;

/// A cluster of fewer packets tells nothing.
const MIN_PACKETS: u32 = 5;

/// A part of the rate sent below which a cluster has filled the link.
const CARRIED: f64 = 0.85;

/// The next step after a cluster that was carried.
const STEP_NS: u64 = 50_000_000;

/// After one that feedback told too little of: it showed nothing, neither for nor against.
const UNCLEAR_NS: u64 = 1_000_000_000;

/// After one that was not, or after a queue: well within the 10 s in which a paused picture shall come back.
const RETRY_NS: u64 = 4_000_000_000;

/// How much more than the estimate is tried.
const FACTOR: u64 = 2;

/// Nobody sends more to one viewer.
const MAX_BPS: u64 = 20_000_000;

/// What a cluster showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The link carries this rate.
    Carried(u64),
    /// It was full at this rate.
    Full(u64),
    /// Too little came back.
    Unclear,
}

#[derive(Debug, Clone, Copy)]
struct Cluster {
    number: u8,
    target_bps: u64,
    began_ns: u64,
    /// The peer's count of bytes sent when it began.
    bytes_before: u64,
}

/// What has arrived of a cluster.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    packets: u32,
    bytes: u64,
    first_sent_ns: u64,
    last_sent_ns: u64,
    first_slice_bytes: u64,
    last_slice_bytes: u64,
    first_arrival_ns: i64,
    last_arrival_ns: i64,
}

/// Plans clusters and judges them.
#[derive(Debug, Default)]
pub struct Prober {
    active: Option<Cluster>,
    /// The last one, until it is judged.
    judged: Option<(Cluster, Tally)>,
    number: u8,
    next_ns: u64,
    count: u64,
}

impl Prober {
    /// Begins a cluster if one is due and there is a wish for more than the estimate.
    pub fn plan(&mut self, now_ns: u64, estimate_bps: u64, wanted_bps: u64, sent_bytes: u64) {
        let is_busy = self.active.is_some() || self.judged.is_some();
        if is_busy || now_ns < self.next_ns || estimate_bps >= wanted_bps.min(MAX_BPS) {
            return;
        }
        // Rather beyond what is wanted than a little below it, over and over.
        let target_bps = (estimate_bps * FACTOR)
            .min(wanted_bps + wanted_bps / 4)
            .min(MAX_BPS);
        self.number = self.number.wrapping_add(1).max(1);
        let cluster = Cluster {
            number: self.number,
            target_bps,
            began_ns: now_ns,
            bytes_before: sent_bytes,
        };
        self.active = Some(cluster);
        self.judged = Some((cluster, Tally::default()));
        self.count += 1;
    }

    /// Bytes of padding to be sent now; 0 where no cluster runs.
    pub fn due_bytes(&mut self, now_ns: u64, sent_bytes: u64) -> u64 {
        let Some(cluster) = self.active else { return 0 };
        let lasted_ns = now_ns.saturating_sub(cluster.began_ns);
        if lasted_ns >= CLUSTER_NS {
            self.active = None;
            return 0;
        }
        // The first slice at once: it is what the others are measured against.
        let slice_ns = lasted_ns + SLICE_NS;
        let due_bytes =
            (u128::from(cluster.target_bps) * u128::from(slice_ns) / 8_000_000_000) as u64;
        due_bytes.saturating_sub(sent_bytes - cluster.bytes_before)
    }

    /// The number of the cluster that what is sent now belongs to; 0 for none.
    pub fn number(&self) -> u8 {
        self.active.map_or(0, |cluster| cluster.number)
    }

    /// Takes the arrival of a packet of a cluster.
    pub fn receive(&mut self, number: u8, sent_ns: u64, arrival_ns: i64, bytes: u32) {
        let Some((_, tally)) = self
            .judged
            .as_mut()
            .filter(|(cluster, _)| cluster.number == number)
        else {
            return;
        };
        tally.receive(sent_ns, arrival_ns, u64::from(bytes));
    }

    /// What the last cluster showed, once: when all of it has had the time to be told of. `rtt_ns` is from sending to
    /// feedback.
    pub fn take_outcome(&mut self, now_ns: u64, rtt_ns: u64) -> Option<Outcome> {
        let (cluster, tally) = self.judged?;
        let deadline_ns = cluster.began_ns + CLUSTER_NS + 2 * rtt_ns;
        let is_complete = tally.last_sent_ns + 2 * SLICE_NS >= cluster.began_ns + CLUSTER_NS;
        if self.active.is_some() || (!is_complete && now_ns < deadline_ns) {
            return None;
        }
        self.judged = None;
        let outcome = tally.outcome();
        let wait_ns = match outcome {
            Outcome::Carried(_) => STEP_NS,
            Outcome::Unclear => UNCLEAR_NS,
            Outcome::Full(_) => RETRY_NS,
        };
        self.next_ns = now_ns + wait_ns;
        Some(outcome)
    }

    /// A queue has grown: no cluster for a while.
    pub fn put_off(&mut self, now_ns: u64) {
        self.next_ns = self.next_ns.max(now_ns + RETRY_NS);
    }

    /// Forgets what ran and was put off: the link is another.
    pub fn begin_anew(&mut self) {
        (self.active, self.judged, self.next_ns) = (None, None, 0);
    }

    /// Clusters begun.
    pub fn count(&self) -> u64 {
        self.count
    }
}

/// How often padding is sent while a cluster runs.
pub const SLICE_NS: u64 = 5_000_000;

impl Tally {
    fn receive(&mut self, sent_ns: u64, arrival_ns: i64, bytes: u64) {
        if self.packets == 0 {
            (self.first_sent_ns, self.first_arrival_ns) = (sent_ns, arrival_ns);
            (self.last_sent_ns, self.last_arrival_ns) = (sent_ns, arrival_ns);
        }
        self.packets += 1;
        self.bytes += bytes;
        if sent_ns <= self.first_sent_ns {
            self.first_slice_bytes += bytes;
            self.first_arrival_ns = self.first_arrival_ns.max(arrival_ns);
        }
        if sent_ns > self.last_sent_ns {
            (self.last_sent_ns, self.last_slice_bytes) = (sent_ns, 0);
        }
        if sent_ns == self.last_sent_ns {
            self.last_slice_bytes += bytes;
        }
        self.last_arrival_ns = self.last_arrival_ns.max(arrival_ns);
    }

    /// From the first slice to the last: what left less the last slice, what came less the first.
    fn outcome(&self) -> Outcome {
        let sent_ns = self.last_sent_ns - self.first_sent_ns;
        let arrived_ns = self.last_arrival_ns - self.first_arrival_ns;
        if self.packets < MIN_PACKETS || sent_ns < CLUSTER_NS / 2 || arrived_ns <= 0 {
            return Outcome::Unclear;
        }
        let sent_bps = rate_bps(self.bytes - self.last_slice_bytes, sent_ns);
        let arrived_bps = rate_bps(self.bytes - self.first_slice_bytes, arrived_ns as u64);
        if (arrived_bps as f64) < sent_bps as f64 * CARRIED {
            Outcome::Full(arrived_bps)
        } else {
            Outcome::Carried(arrived_bps.min(sent_bps))
        }
    }
}

fn rate_bps(bytes: u64, duration_ns: u64) -> u64 {
    (u128::from(bytes) * 8_000_000_000 / u128::from(duration_ns)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Runs one cluster in packets of 250 bytes over a link of `link_bps`; the outcome and the bytes it took.
    fn run(
        prober: &mut Prober,
        start_ns: u64,
        estimate_bps: u64,
        wanted_bps: u64,
        link_bps: u64,
    ) -> (Option<Outcome>, u64) {
        let mut sent_bytes = 7_000;
        prober.plan(start_ns, estimate_bps, wanted_bps, sent_bytes);
        let mut free_ns = 0;
        for now_ns in (start_ns..start_ns + 100 * MS).step_by(SLICE_NS as usize) {
            let mut due = prober.due_bytes(now_ns, sent_bytes);
            while due > 0 {
                free_ns = free_ns.max(now_ns) + 250 * 8_000_000_000 / link_bps;
                prober.receive(
                    prober.number(),
                    now_ns,
                    free_ns as i64 - 77_000_000_000,
                    250,
                );
                sent_bytes += 250;
                due = due.saturating_sub(250);
            }
        }
        (
            prober.take_outcome(start_ns + 100 * MS, 50 * MS),
            sent_bytes - 7_000,
        )
    }

    #[test]
    fn a_wide_link_carries_what_is_tried() {
        let mut prober = Prober::default();
        let (outcome, bytes) = run(&mut prober, 1_000 * MS, 500_000, 9_000_000, 100_000_000);
        let Some(Outcome::Carried(bps)) = outcome else {
            panic!("{outcome:?}");
        };
        assert!((900_000..1_100_000).contains(&bps), "{bps}");
        assert!((7_000..8_000).contains(&bytes), "{bytes}");
        assert_eq!((prober.count(), prober.number()), (1, 0));
    }

    #[test]
    fn a_full_link_shows_its_rate() {
        let mut prober = Prober::default();
        let (outcome, _) = run(&mut prober, 1_000 * MS, 1_000_000, 9_000_000, 1_200_000);
        let Some(Outcome::Full(bps)) = outcome else {
            panic!("{outcome:?}");
        };
        assert!((1_100_000..1_300_000).contains(&bps), "{bps}");
    }

    #[test]
    fn the_next_step_comes_soon_after_success_and_late_after_failure() {
        let mut prober = Prober::default();
        let (first, _) = run(&mut prober, 1_000 * MS, 500_000, 9_000_000, 100_000_000);
        assert!(matches!(first, Some(Outcome::Carried(_))));
        let (too_soon, bytes) = run(&mut prober, 1_110 * MS, 1_000_000, 9_000_000, 1_200_000);
        assert_eq!((too_soon, bytes), (None, 0));
        let (full, _) = run(&mut prober, 1_200 * MS, 1_000_000, 9_000_000, 1_200_000);
        assert!(matches!(full, Some(Outcome::Full(_))));
        assert_eq!(
            run(&mut prober, 5_000 * MS, 1_000_000, 9_000_000, 1_200_000).0,
            None
        );
        prober.put_off(5_000 * MS);
        assert_eq!(
            run(&mut prober, 6_000 * MS, 1_000_000, 9_000_000, 1_200_000).0,
            None
        );
        assert!(
            run(&mut prober, 9_000 * MS, 1_000_000, 9_000_000, 1_200_000)
                .0
                .is_some()
        );
    }

    #[test]
    fn nothing_is_tried_beyond_what_is_wanted() {
        let mut prober = Prober::default();
        assert_eq!(
            run(&mut prober, 1_000 * MS, 500_000, 500_000, 100_000_000),
            (None, 0)
        );
        let (outcome, _) = run(&mut prober, 1_000 * MS, 500_000, 600_000, 100_000_000);
        let Some(Outcome::Carried(bps)) = outcome else {
            panic!("{outcome:?}");
        };
        assert!((700_000..800_000).contains(&bps), "{bps}");
    }

    #[test]
    fn a_cluster_of_which_too_little_comes_back_is_unclear() {
        let mut prober = Prober::default();
        prober.plan(1_000 * MS, 500_000, 900_000, 0);
        assert!(prober.due_bytes(1_000 * MS, 0) > 0);
        let number = prober.number();
        prober.receive(number, 1_000 * MS, 0, 250);
        prober.receive(number.wrapping_add(1), 1_000 * MS, 0, 250);
        assert_eq!(prober.take_outcome(1_010 * MS, 50 * MS), None);
        assert_eq!(prober.due_bytes(1_060 * MS, 0), 0);
        assert_eq!(prober.take_outcome(1_100 * MS, 50 * MS), None);
        assert_eq!(
            prober.take_outcome(1_160 * MS, 50 * MS),
            Some(Outcome::Unclear)
        );
        assert_eq!(prober.take_outcome(1_160 * MS, 50 * MS), None);
    }

    #[test]
    fn on_another_link_a_cluster_is_due_at_once() {
        let mut prober = Prober::default();
        prober.put_off(5_000 * MS);
        prober.plan(5_000 * MS, 500_000, 900_000, 0);
        assert_eq!(prober.number(), 0);
        prober.begin_anew();
        prober.plan(5_000 * MS, 500_000, 900_000, 0);
        assert_ne!(prober.number(), 0);
    }

    #[test]
    fn cluster_numbers_are_never_0() {
        let mut prober = Prober {
            number: 255,
            ..Prober::default()
        };
        prober.plan(1_000 * MS, 1, 9, 0);
        assert_eq!(prober.number(), 1);
    }
}
