//! Links as people have them, and what the estimate must be worth there; each with several seeds.
use super::link::*;
use crate::congestion::{Congestion, State};

const SEEDS: std::ops::Range<u64> = 1..9;

fn each_seed(link: &Link, check: impl Fn(&mut World)) {
    for seed in SEEDS {
        let mut world = World::new(seed, link.clone());
        check(&mut world);
    }
}

/// The mean of the estimates of the last so many seconds.
fn mean_bps(world: &World, seconds: usize) -> u64 {
    let last = &world.seconds[world.seconds.len() - seconds..];
    last.iter().map(|second| second.estimate_bps).sum::<u64>() / seconds as u64
}

#[test]
fn a_good_link_is_known_within_a_second_and_kept() {
    each_seed(&Link::default(), |world| {
        world.pass(60);
        assert!(world.seconds[1].estimate_bps > 2_500_000);
        assert!(
            world.seconds[1..]
                .iter()
                .all(|second| second.video_bytes * 8 > 1_900_000)
        );
        // What is wanted is known to be carried: no more padding.
        assert!(
            world.seconds[5..]
                .iter()
                .all(|second| second.padding_bytes == 0)
        );
        assert!(world.congestion.probes() <= 2);
    });
}

#[test]
fn what_was_sent_before_the_first_feedback_need_not_step_back() {
    each_seed(&Link::default(), |world| {
        for _ in 0..40 {
            world.pass_step();
            let available_bps = world.congestion.available_bps();
            assert!(
                available_bps.is_none_or(|bps| bps > 2_300_000),
                "{available_bps:?}"
            );
        }
    });
}

#[test]
fn from_3_mbit_to_150_kbit_and_back() {
    let narrow = Link {
        rate_bps: 150_000,
        queue_bytes: 20_000,
        ..Link::default()
    };
    each_seed(&Link::default(), |world| {
        world.pass(10);
        world.link = narrow.clone();
        world.pass(20);
        let seconds = &world.seconds[10..30];
        // Pictures give way within 2 s, and the queue they left (1.07 s of it fit) is gone after 4 s.
        assert!(
            seconds[2..].iter().all(|second| second.video_bytes == 0),
            "{seconds:?}"
        );
        assert!(
            seconds[4..].iter().all(|second| second.voice_ns < 150 * MS),
            "{seconds:?}"
        );
        // The queue is full for a moment: what voice it refuses is that of half a second at most.
        let lost: u32 = seconds
            .iter()
            .map(|second| second.voice_sent - second.voice_arrived)
            .sum();
        assert!(lost <= 25, "{lost} of voice lost");
        assert!(
            seconds[4..]
                .iter()
                .all(|second| second.voice_sent == second.voice_arrived)
        );
        assert!(
            seconds[4..]
                .iter()
                .all(|second| (80_000..180_000).contains(&second.estimate_bps)),
            "{seconds:?}"
        );
        world.link = Link::default();
        world.pass(10);
        let back = &world.seconds[30..];
        assert!(
            back[8..]
                .iter()
                .all(|second| second.video_bytes * 8 > 1_500_000),
            "{back:?}"
        );
    });
}

#[test]
fn a_link_that_is_narrow_from_the_first_packet_on() {
    let link = Link {
        rate_bps: 200_000,
        queue_bytes: 25_000,
        ..Link::default()
    };
    each_seed(&link, |world| {
        world.pass(30);
        let seconds = &world.seconds[5..];
        assert!(
            seconds
                .iter()
                .all(|second| second.voice_sent == second.voice_arrived),
            "{seconds:?}"
        );
        assert!(
            seconds.iter().all(|second| second.voice_ns < 250 * MS),
            "{seconds:?}"
        );
        assert!((100_000..240_000).contains(&mean_bps(world, 20)));
    });
}

#[test]
fn random_loss_up_to_10_percent_costs_little() {
    for (loss, loss_run, least_bps) in [
        (0.05, 1.0, 2_000_000),
        (0.10, 1.0, 1_200_000),
        (0.05, 4.0, 1_000_000),
    ] {
        let link = Link {
            loss,
            loss_run,
            ..Link::default()
        };
        each_seed(&link, |world| {
            world.pass(60);
            let mean_bps = mean_bps(world, 50);
            assert!(
                mean_bps > least_bps,
                "{loss} in runs of {loss_run}: {mean_bps}"
            );
        });
    }
}

#[test]
fn a_fifth_lost_by_chance_leaves_enough_for_voice_and_a_picture() {
    let link = Link {
        loss: 0.2,
        ..Link::default()
    };
    each_seed(&link, |world| {
        world.pass(60);
        let seconds = &world.seconds[5..];
        assert!(
            seconds.iter().all(|second| second.estimate_bps >= 200_000),
            "{:?}",
            seconds
                .iter()
                .map(|second| second.estimate_bps / 1000)
                .collect::<Vec<_>>()
        );
        assert!(mean_bps(world, 50) > 1_000_000, "{}", mean_bps(world, 50));
    });
}

#[test]
fn a_fifth_lost_by_chance_while_only_voice_flows() {
    let link = Link {
        loss: 0.2,
        ..Link::default()
    };
    each_seed(&link, |world| {
        world.video_bps = 0;
        world.pass(20);
        world.video_bps = 1_000_000;
        world.pass(15);
        assert!(mean_bps(world, 5) > 500_000, "{}", mean_bps(world, 5));
    });
}

#[test]
fn jitter_of_200_ms_is_no_queue_whether_or_not_packets_overtake_each_other() {
    for reorders in [false, true] {
        let link = Link {
            delay_ns: 100 * MS,
            jitter_ns: 200 * MS,
            loss: 0.1,
            reorders,
            ..Link::default()
        };
        each_seed(&link, |world| {
            world.pass(60);
            let mean_bps = mean_bps(world, 45);
            assert!(mean_bps > 700_000, "{reorders}: {mean_bps}");
        });
    }
}

#[test]
fn beside_a_tcp_flow_there_is_a_share() {
    let link = Link {
        has_rival: true,
        queue_bytes: 100_000,
        ..Link::default()
    };
    each_seed(&link, |world| {
        world.pass(90);
        let mean_bps = mean_bps(world, 60);
        assert!(mean_bps > 500_000, "{mean_bps}");
        let late = world.seconds[30..]
            .iter()
            .map(|second| second.voice_ns)
            .max();
        assert!(late < Some(400 * MS));
    });
}

#[test]
fn a_link_with_hardly_any_queue_is_filled_without_losing_voice() {
    let link = Link {
        rate_bps: 1_000_000,
        queue_bytes: 6_000,
        ..Link::default()
    };
    each_seed(&link, |world| {
        world.pass(60);
        assert!(
            (700_000..1_300_000).contains(&mean_bps(world, 50)),
            "{}",
            mean_bps(world, 50)
        );
        let seconds = &world.seconds[10..];
        let sent: u32 = seconds.iter().map(|second| second.voice_sent).sum();
        let arrived: u32 = seconds.iter().map(|second| second.voice_arrived).sum();
        assert!(
            f64::from(arrived) > 0.97 * f64::from(sent),
            "{arrived} of {sent}"
        );
    });
}

#[test]
fn feedback_that_is_late_and_often_lost_still_tells() {
    let link = Link {
        feedback_delay_ns: 500 * MS,
        feedback_loss: 0.3,
        ..Link::default()
    };
    each_seed(&link, |world| {
        world.pass(30);
        assert!(mean_bps(world, 20) > 2_000_000, "{}", mean_bps(world, 20));
        world.link.rate_bps = 300_000;
        world.link.queue_bytes = 40_000;
        world.pass(20);
        assert!(
            (120_000..400_000).contains(&mean_bps(world, 10)),
            "{}",
            mean_bps(world, 10)
        );
    });
}

#[test]
fn without_feedback_less_is_sent_and_after_it_returns_more_at_once() {
    each_seed(&Link::default(), |world| {
        world.pass(10);
        let before_bps = mean_bps(world, 1);
        world.link.loss = 1.0;
        world.pass(2);
        assert_eq!(world.congestion.state(), State::Silent);
        assert!(mean_bps(world, 1) <= before_bps / 2);
        world.pass(5);
        assert_eq!(mean_bps(world, 1), 64_000);
        world.link.loss = 0.0;
        world.pass(2);
        assert!(
            mean_bps(world, 1) >= before_bps / 2,
            "{}",
            mean_bps(world, 1)
        );
        world.pass(5);
        assert!(world.seconds.last().expect("passed").video_bytes * 8 > 1_500_000);
    });
}

#[test]
fn nothing_is_known_before_the_first_feedback() {
    let mut congestion = Congestion::default();
    for sequence in 0..100 {
        congestion.note_sent(sequence, u64::from(sequence) * 100 * MS, 1_100);
        assert!(!congestion.on_tick(u64::from(sequence) * 100 * MS));
        assert_eq!(
            congestion.padding_due_bytes(u64::from(sequence) * 100 * MS),
            0
        );
    }
    congestion.begin_anew(20 * S);
    assert_eq!(
        (congestion.available_bps(), congestion.acknowledged_bps()),
        (None, None)
    );
    assert_eq!(congestion.state().word(), "unknown");
    // Feedback about packets that were never sent tells nothing either.
    congestion.receive_feedback(20 * S, 7, [(5_000, Some(1)), (5_001, None)].into_iter());
    assert_eq!(congestion.available_bps(), None);
}

#[test]
fn a_peer_may_tell_its_estimate_itself() {
    let mut congestion = Congestion::default();
    congestion.receive_remb(S, 700_000);
    assert_eq!(congestion.available_bps(), Some(700_000));
    congestion.receive_remb(2 * S, 1);
    assert_eq!(congestion.available_bps(), Some(64_000));
    assert!(!congestion.on_tick(60 * S));
    assert_eq!(congestion.state().word(), "told");
}

#[test]
fn at_another_address_the_link_is_judged_anew() {
    let mut world = World::new(1, Link::default());
    world.pass(10);
    world.congestion.begin_anew(world.now_ns);
    assert_eq!(world.congestion.available_bps(), Some(1_000_000));
    assert_eq!(world.congestion.state(), State::Starting);
    // Much longer a way than before: no queue.
    world.link.delay_ns = 300 * MS;
    world.pass(5);
    assert!(mean_bps(&world, 1) > 2_000_000);
}

#[test]
fn a_silence_of_the_way_before_says_nothing_of_another_address() {
    let mut congestion = Congestion::default();
    let now_ns = told_of(&mut congestion, 0, 200, 0, |_, _| {});
    congestion.note_sent(200, now_ns, 1_100);
    for second in 1..=5 {
        congestion.on_tick(now_ns + second * S);
    }
    assert_eq!(congestion.available_bps(), Some(64_000));
    congestion.begin_anew(now_ns + 5 * S);
    assert_eq!(congestion.available_bps(), Some(1_000_000));
}

/// Sends a packet each 10 ms from `from` to `to`, and tells of them 100 ms after the last: all before `arrived_from` are
/// lost. Returns the time of that.
fn told_of(
    congestion: &mut Congestion,
    from: u16,
    to: u16,
    arrived_from: u16,
    between: impl FnOnce(&mut Congestion, u64),
) -> u64 {
    let sent_ns = |sequence: u16| u64::from(sequence) * 10 * MS;
    for sequence in from..to {
        congestion.note_sent(sequence, sent_ns(sequence), 1_100);
    }
    let now_ns = sent_ns(to - 1) + 100 * MS;
    between(congestion, now_ns);
    let statuses = (from..to).map(|sequence| {
        let arrived_ns = sent_ns(sequence) + 50 * MS;
        let ticks = (arrived_ns / 250_000) as i64;
        (sequence, (sequence >= arrived_from).then_some(ticks))
    });
    congestion.receive_feedback(now_ns, 0, statuses);
    now_ns
}

#[test]
fn what_the_other_way_lost_says_nothing_of_this_one() {
    for (has_moved, is_unharmed) in [(true, true), (false, false)] {
        let mut congestion = Congestion::default();
        told_of(&mut congestion, 0, 200, 0, |_, _| {});
        let before_bps = congestion.available_bps().unwrap();
        // Packets 200 to 259 went where nobody is any more.
        let is_seen = |congestion: &mut Congestion, _now_ns| {
            if has_moved {
                congestion.leave_out(2_595 * MS);
            }
        };
        told_of(&mut congestion, 200, 300, 260, is_seen);
        let after_bps = congestion.available_bps().unwrap();
        assert_eq!(after_bps >= before_bps, is_unharmed);
    }
}

#[test]
fn what_an_outage_lost_says_nothing_of_what_follows() {
    let mut congestion = Congestion::default();
    told_of(&mut congestion, 0, 200, 0, |_, _| {});
    let is_silent = |congestion: &mut Congestion, now_ns: u64| {
        congestion.on_tick(now_ns);
        assert_eq!(congestion.state(), State::Silent);
    };
    told_of(&mut congestion, 200, 330, 329, is_silent);
    let back_bps = congestion.available_bps().unwrap();
    assert_eq!(congestion.state(), State::Starting);
    told_of(&mut congestion, 330, 400, 330, |_, _| {});
    assert!(congestion.available_bps().unwrap() >= back_bps);
    assert_eq!(congestion.loss(), 0.0);
}

#[test]
fn the_reference_time_may_wrap_and_step_back() {
    let mut congestion = Congestion::default();
    let steps = [(0xff_ffff, -1), (0, 0), (0xff_fffe, -2), (3, 3)];
    let first = congestion.unwrap(0xff_ffff);
    for (reference, expected) in steps {
        let unwrapped = congestion.unwrap(reference) - first;
        assert_eq!(unwrapped / (64 * MS as i64), expected + 1);
    }
}

#[test]
fn a_clock_that_is_turned_at_will_misleads_nobody_but_its_owner() {
    let mut world = World::new(1, Link::default());
    world.pass(3);
    let mut sequence = 10_000u16;
    for turn in 0..100_000u32 {
        world.now_ns += MS;
        sequence = sequence.wrapping_add(1);
        let reference = turn.wrapping_mul(0x7f_fff1) & 0xff_ffff;
        world.congestion.note_sent(sequence, world.now_ns, 1_100);
        let statuses = [(sequence, Some(i64::from(turn % 7) - 3))];
        world
            .congestion
            .receive_feedback(world.now_ns, reference, statuses.into_iter());
        world.congestion.on_tick(world.now_ns);
    }
    let estimate_bps = world.congestion.available_bps().expect("known");
    assert!((64_000..=100_000_000).contains(&estimate_bps));
}

#[test]
fn data_is_measured_by_the_second() {
    let mut congestion = Congestion::default();
    for at in 0..200u64 {
        congestion.note_data(250);
        congestion.on_tick(at * 20 * MS);
    }
    assert!(
        (95_000..105_000).contains(&congestion.data_bps()),
        "{}",
        congestion.data_bps()
    );
    congestion.on_tick(6 * S);
    congestion.on_tick(8 * S);
    assert_eq!(congestion.data_bps(), 0);
}

#[test]
fn more_feedback_than_anybody_needs_is_not_read() {
    let mut congestion = Congestion::default();
    assert!(!congestion.take_turn(1));
    (0..100).for_each(|_| assert!(!congestion.on_tick(S)));
    assert!(congestion.take_turn(8_192) && congestion.take_turn(7_000));
    assert!(!congestion.take_turn(1_000) && congestion.take_turn(800));
    congestion.on_tick(S);
    assert!(congestion.take_turn(2_000) && !congestion.take_turn(9));
}

#[test]
fn each_state_has_its_word() {
    use State::*;
    let states = [Unknown, Starting, Rising, Holding, Draining, Silent, Told];
    let words: std::collections::BTreeSet<_> = states.iter().map(|state| state.word()).collect();
    assert_eq!(words.len(), states.len());
}
