//! RTCP that the core writes by itself: sender and receiver reports, feedback; and what it reads from reports.
use lianzhen_wire::rtcp::{self, Packet as Control, ReportBlock};

use super::world::*;
use crate::events::Event;
use crate::routes::RouteChange;

const NTP: u64 = 3_900_000_000 << 32;

fn sender_reports(compounds: &[Vec<u8>]) -> Vec<(u32, u64, u32, u32)> {
    let packets = compounds.iter().flat_map(|compound| rtcp::parse(compound));
    packets
        .filter_map(|packet| match packet {
            Ok(Control::SenderReport {
                ssrc,
                ntp,
                rtp_timestamp,
                packets,
                ..
            }) => Some((ssrc, ntp, rtp_timestamp, packets)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_sender_report_is_translated_at_once_and_repeated_each_second_as_time_goes_on() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    let received = world.take_rtp(subscriber);
    let offset = received[0].timestamp.wrapping_sub(sender.timestamp);
    report(
        &mut world,
        publisher,
        5,
        NTP,
        sender.timestamp.wrapping_add(900),
    );
    let compounds = world.take_rtcp(subscriber);
    let expected = sender.timestamp.wrapping_add(900).wrapping_add(offset);
    assert_eq!(sender_reports(&compounds), [(50_020, NTP, expected, 2)]);
    assert!(matches!(
        rtcp::parse(&compounds[0]).nth(1),
        Some(Ok(Control::Sdes))
    ));
    world.pass(3 * S);
    let later = sender_reports(&world.take_rtcp(subscriber));
    assert_eq!(later.len(), 3);
    for (index, (_, ntp, timestamp, _)) in later.iter().enumerate() {
        let seconds = index as u32 + 1;
        assert_eq!(ntp - NTP, u64::from(seconds) << 32);
        assert_eq!(timestamp.wrapping_sub(expected), seconds * 90_000);
    }
}

#[test]
fn a_switch_is_followed_by_a_sender_report_in_the_new_time_line() {
    let (mut world, publisher, subscriber) = video_pair();
    let (mut q, mut f) = (Vp8Sender::new(5, "q", 100), Vp8Sender::new(6, "f", 900));
    send_all(&mut world, publisher, &q.frame(true, 1));
    let (q_timestamp, f_timestamp) = (q.timestamp, f.timestamp.wrapping_add(3000));
    report(&mut world, publisher, 5, NTP, q_timestamp);
    send_all(&mut world, publisher, &f.frame(false, 1));
    report(&mut world, publisher, 6, NTP, f_timestamp);
    world.take_rtcp(subscriber);
    world.pass(100 * MS);
    send_all(&mut world, publisher, &f.frame(true, 1));
    let received = world.take_rtp(subscriber);
    let reports = sender_reports(&world.take_rtcp(subscriber));
    assert_eq!(reports.len(), 1);
    // f was at `f_timestamp` at NTP, and its key frame is 3,000 ticks later; the report is 100 ms = 9,000 ticks later.
    let (_, ntp, timestamp, _) = reports[0];
    assert!((ntp - NTP).abs_diff((1 << 32) / 10) < 10);
    assert_eq!(timestamp.wrapping_sub(received[1].timestamp), 6000);
    assert_eq!(
        received[1].timestamp.wrapping_sub(received[0].timestamp),
        3000
    );
}

#[test]
fn what_subscribers_report_tells_loss_and_round_trip() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    report(&mut world, publisher, 5, NTP, sender.timestamp);
    world.pass(80 * MS);
    let block = ReportBlock {
        ssrc: 50_020,
        fraction_lost: 64,
        last_sender_report: (NTP >> 16) as u32,
        delay_since_last_sender_report: 65_536 / 20,
        ..ReportBlock::default()
    };
    world.send_rtcp(subscriber, |out| {
        rtcp::write_receiver_report(out, 1, &[block]);
    });
    let snapshot = world.router.snapshot(world.now_ns);
    assert_eq!(snapshot.outputs[0].1.fraction_lost, 0.25);
    let rtt_ms = snapshot.outputs[0].1.rtt_ms.unwrap();
    assert!((rtt_ms - 30.0).abs() < 0.1, "{rtt_ms}");
    assert!(
        (snapshot
            .peers
            .iter()
            .find(|(peer, _)| *peer == 2)
            .unwrap()
            .1
            .rtt_ms
            .unwrap()
            - 30.0)
            .abs()
            < 0.1
    );
    // A block about a report that was never sent, or impossibly early, tells no round trip.
    for last_sender_report in [1, (NTP >> 16) as u32] {
        let delay_since_last_sender_report = u32::MAX;
        let block = ReportBlock {
            ssrc: 50_020,
            last_sender_report,
            delay_since_last_sender_report,
            ..block
        };
        world.send_rtcp(subscriber, |out| {
            rtcp::write_receiver_report(out, 1, &[block]);
        });
    }
    assert_eq!(
        world.router.snapshot(world.now_ns).outputs[0].1.rtt_ms,
        Some(rtt_ms)
    );
}

#[test]
fn publishers_are_told_what_was_lost_each_second() {
    let (mut world, publisher, _) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    let mut frame = sender.frame(true, 10);
    frame.remove(4);
    send_all(&mut world, publisher, &frame);
    world.pass(1100 * MS);
    let compounds = world.take_rtcp(publisher);
    let blocks: Vec<ReportBlock> = compounds
        .iter()
        .flat_map(|compound| rtcp::parse(compound))
        .filter_map(|packet| match packet {
            Ok(Control::ReceiverReport { reports, .. }) => Some(reports.collect::<Vec<_>>()),
            _ => None,
        })
        .flatten()
        .collect();
    assert!((1..=2).contains(&blocks.len()));
    let last = blocks.iter().find(|block| block.fraction_lost > 0).unwrap();
    assert_eq!(
        (last.ssrc, last.fraction_lost, last.cumulative_lost),
        (5, 25, 1)
    );
}

#[test]
fn transport_wide_feedback_goes_out_each_50_ms_and_each_100_ms_at_a_low_rate() {
    let feedback = |world: &mut World, client: usize| {
        let compounds = world.take_rtcp(client);
        compounds
            .iter()
            .filter(|packet| packet[1] == 205 && packet[0] & 31 == 15)
            .count()
    };
    let (mut world, publisher, _) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    for index in 0..100 {
        send_all(&mut world, publisher, &sender.frame(index == 0, 5));
        world.pass(10 * MS);
    }
    let fast = feedback(&mut world, publisher);
    assert!((18..=21).contains(&fast), "{fast}");
    for _ in 0..50 {
        send_all(&mut world, publisher, &sender.frame(false, 1));
        world.pass(20 * MS);
    }
    let slow = feedback(&mut world, publisher);
    assert!((9..=12).contains(&slow), "{slow}");
    world.pass(S);
    assert!(feedback(&mut world, publisher) <= 1);
}

#[test]
fn loudness_is_told_twice_a_second_for_tracks_that_send() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    world.apply(vec![audio_input(10, 1), video_input(11, 1)]);
    world.pass(500 * MS);
    world.events.clear();
    for index in 0..100u16 {
        let packet = Packet::new(OPUS, 77, index, 960 * u32::from(index), b"sound")
            .with(IDS.mid, b"a")
            .with(IDS.audio_level, &[if index < 50 { 20 } else { 127 }]);
        world.send_rtp(publisher, &packet.bytes());
        world.pass(20 * MS);
    }
    world.pass(2 * S);
    let levels: Vec<_> = world
        .events
        .iter()
        .filter_map(|event| match event {
            Event::AudioLevels { levels } => Some(levels.clone()),
            _ => None,
        })
        .collect();
    assert!((4..=5).contains(&levels.len()), "{levels:?}");
    assert_eq!(levels[0], [(10, 20)]);
    assert!(levels.last().unwrap()[0].1 > 23);
}

#[test]
fn nothing_is_sent_to_a_peer_without_keys() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    let subscriber = world.open(2);
    world.check(subscriber, true);
    world.apply(vec![
        video_input(10, 1),
        RouteChange::AddOutput(output(20, 10, 2)),
    ]);
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    report(&mut world, publisher, 5, NTP, sender.timestamp);
    world.pass(5 * S);
    assert_eq!(
        (
            world.take_rtp(subscriber).len(),
            world.take_rtcp(subscriber).len()
        ),
        (0, 0)
    );
}
