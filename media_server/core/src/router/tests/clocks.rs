//! Which moment of its publisher's clock a subscriber's stream shows.
use super::world::*;
use crate::router::OutputClock;
use crate::routes::{LayerSelection, RouteChange};

const UNIX_S: u64 = 1_700_000_000;
const NTP: u64 = (2_208_988_800 + UNIX_S) << 32;

fn clocks(world: &World, peers: &[u32]) -> Vec<OutputClock> {
    let mut clocks = world.router.output_clocks(peers);
    clocks.sort_by_key(|clock| (clock.peer, clock.track));
    clocks
}

#[test]
fn a_report_is_told_once_for_each_output_in_its_own_time_line() {
    let (mut world, publisher, subscriber) = video_pair();
    world.join(3, SUBSCRIBER_IDS);
    world.apply(vec![RouteChange::AddOutput(output(21, 10, 3))]);
    assert_eq!(clocks(&world, &[2, 3]), []);
    let mut sender = Vp8Sender::new(5, "", 100);
    sender.timestamp = u32::MAX - 4000;
    send_all(&mut world, publisher, &sender.frame(true, 2));
    assert_eq!(clocks(&world, &[2, 3]), []);
    let shown = world.take_rtp(subscriber)[0].timestamp;
    let offset = shown.wrapping_sub(sender.timestamp);
    report(
        &mut world,
        publisher,
        5,
        NTP | 0x8000_0000,
        sender.timestamp.wrapping_add(2000),
    );
    let expected = |peer| OutputClock {
        peer,
        track: 10,
        // Past the turn of the 32 bits.
        rtp_timestamp: sender.timestamp.wrapping_add(2000).wrapping_add(offset),
        ntp_ns: UNIX_S * S + S / 2,
        arrival_ns: world.now_ns,
        clock_rate_hz: 90_000,
    };
    assert_eq!(clocks(&world, &[2, 3]), [expected(2), expected(3)]);
    assert_eq!(clocks(&world, &[3, 99, 1]), [expected(3)]);
}

#[test]
fn after_a_switch_the_new_layers_report_counts_in_the_same_time_line() {
    let (mut world, publisher, subscriber) = video_pair();
    let (mut q, mut f) = (Vp8Sender::new(5, "q", 100), Vp8Sender::new(6, "f", 900));
    send_all(&mut world, publisher, &q.frame(true, 1));
    let (q_timestamp, f_timestamp) = (q.timestamp, f.timestamp.wrapping_add(3000));
    report(&mut world, publisher, 5, NTP, q_timestamp);
    let before = clocks(&world, &[2])[0];
    send_all(&mut world, publisher, &f.frame(false, 1));
    // Both layers stood there at the same moment, one second later.
    report(&mut world, publisher, 5, NTP, q_timestamp);
    report(
        &mut world,
        publisher,
        6,
        NTP + (1 << 32),
        f_timestamp.wrapping_add(90_000),
    );
    assert_eq!(clocks(&world, &[2])[0].rtp_timestamp, before.rtp_timestamp);
    world.pass(100 * MS);
    send_all(&mut world, publisher, &f.frame(true, 1));
    assert_eq!(world.take_rtp(subscriber).len(), 2);
    let after = clocks(&world, &[2])[0];
    assert_eq!(after.ntp_ns - before.ntp_ns, S);
    assert_eq!(
        after.rtp_timestamp.wrapping_sub(before.rtp_timestamp),
        90_000
    );
}

#[test]
fn what_is_paused_ended_or_begins_anew_tells_no_clock() {
    let (mut world, publisher, _) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 1));
    report(&mut world, publisher, 5, NTP, sender.timestamp);
    assert_eq!(clocks(&world, &[2]).len(), 1);
    let select = |is_paused| {
        RouteChange::SelectLayer(LayerSelection {
            output: 20,
            layer: None,
            is_paused,
            ..LayerSelection::default()
        })
    };
    world.apply(vec![select(true)]);
    assert_eq!(clocks(&world, &[2]), []);
    world.apply(vec![select(false)]);
    send_all(&mut world, publisher, &sender.frame(true, 1));
    assert_eq!(clocks(&world, &[2]).len(), 1);
    // Another SSRC: what was reported of the one before says nothing about it.
    let mut other = Vp8Sender::new(8, "", 100);
    send_all(&mut world, publisher, &other.frame(true, 1));
    assert_eq!(clocks(&world, &[2]), []);
    world.apply(vec![RouteChange::RemoveOutput { output: 20 }]);
    assert_eq!(clocks(&world, &[2]), []);
}
