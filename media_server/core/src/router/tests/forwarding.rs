//! What a subscriber gets of what a publisher sends.
use super::world::*;
use crate::events::Event;
use crate::routes::{LayerSelection, RouteChange};

#[test]
fn an_audio_packet_is_rewritten_for_each_subscriber_from_the_first_one_on() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    let subscribers = [world.join(2, SUBSCRIBER_IDS), world.join(3, IDS)];
    world.apply(vec![
        audio_input(10, 1),
        RouteChange::AddOutput(output(20, 10, 2)),
        RouteChange::AddOutput(output(21, 10, 3)),
    ]);
    for index in 0..3u8 {
        let packet = Packet::new(
            OPUS,
            77,
            65_534u16.wrapping_add(index.into()),
            960 * u32::from(index),
            &[index; 40],
        )
        .with(IDS.mid, b"a")
        .with(IDS.audio_level, &[0x80 | 30])
        .with(IDS.transport_cc, &[0, index]);
        world.send_rtp(publisher, &packet.marked().bytes());
    }
    let first = world.take_rtp(subscribers[0]);
    assert_eq!(first.len(), 3);
    for (index, packet) in first.iter().enumerate() {
        assert_eq!(packet.payload_type, OUT_OPUS);
        assert!(packet.has_marker);
        assert_eq!(packet.ssrc, 50_020);
        assert_eq!(
            packet.sequence,
            first[0].sequence.wrapping_add(index as u16)
        );
        assert_eq!(packet.timestamp, 960 * index as u32);
        assert_eq!(packet.payload, [index as u8; 40]);
        assert_eq!(
            packet.elements,
            [
                (SUBSCRIBER_IDS.mid, b"s20".to_vec()),
                (SUBSCRIBER_IDS.transport_cc, vec![0, index as u8 + 1]),
                (SUBSCRIBER_IDS.audio_level, vec![0x80 | 30]),
            ]
        );
    }
    let second = world.take_rtp(subscribers[1]);
    assert_eq!(second.len(), 3);
    assert_eq!(second[0].ssrc, 50_021);
    assert_eq!(second[0].elements[0], (IDS.mid, b"s21".to_vec()));
    assert_eq!(world.take_rtp(publisher), []);
    assert_eq!(
        world.events,
        [Event::LayerSeen {
            track: 10,
            rid: String::new()
        }]
    );
    assert_eq!(world.counters().rtp_forwarded, 6);
}

#[test]
fn video_begins_at_a_key_frame_and_asks_for_one() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(false, 2));
    assert_eq!(world.take_rtp(subscriber), []);
    let pli: Vec<_> = world
        .take_rtcp(publisher)
        .into_iter()
        .filter(|packet| packet[1] == 206)
        .collect();
    assert_eq!(pli.len(), 1);
    assert_eq!(pli[0][8..12], 5u32.to_be_bytes());
    let keyframe = sender.frame(true, 3);
    send_all(&mut world, publisher, &keyframe);
    let received = world.take_rtp(subscriber);
    assert_eq!(received.len(), 3);
    assert_eq!(received[0].payload, keyframe[0].payload);
    assert_eq!(
        received
            .iter()
            .map(|packet| packet.has_marker)
            .collect::<Vec<_>>(),
        [false, false, true]
    );
}

#[test]
fn a_stream_that_begins_with_a_key_frame_needs_no_pli() {
    let (mut world, publisher, subscriber) = video_pair();
    send_all(
        &mut world,
        publisher,
        &Vp8Sender::new(5, "", 100).frame(true, 2),
    );
    assert_eq!(world.take_rtp(subscriber).len(), 2);
    assert_eq!(world.counters().pli_sent, 0);
}

#[test]
fn a_key_frame_is_asked_for_until_one_comes_and_at_most_each_500_ms() {
    let (mut world, publisher, _) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(false, 1));
    world.pass(3600 * MS);
    assert_eq!(world.counters().pli_sent, 4);
    send_all(&mut world, publisher, &sender.frame(true, 1));
    world.pass(10 * S);
    assert_eq!(world.counters().pli_sent, 4);
}

#[test]
fn a_subscribers_wishes_for_key_frames_reach_the_publisher_twice_a_second_at_first_and_then_every_2_s()
 {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 1));
    let mut answered = 0;
    for _ in 0..5000 {
        world.send_rtcp(subscriber, |out| {
            lianzhen_wire::rtcp::write_pli(out, 1, 50_020)
        });
        world.pass(MS);
        if world.counters().pli_sent > answered {
            answered = world.counters().pli_sent;
            send_all(&mut world, publisher, &sender.frame(true, 1));
        }
    }
    let counters = world.counters();
    assert_eq!(counters.pli_received, 5000);
    // At 0, 0.5, 1, 2 and 4 s.
    assert_eq!(counters.pli_sent, 5);
    assert!(counters.pli_over_budget > 0);
}

#[test]
fn a_wish_for_a_stream_of_somebody_else_is_ignored() {
    let (mut world, publisher, _) = video_pair();
    let stranger = world.join(3, IDS);
    send_all(
        &mut world,
        publisher,
        &Vp8Sender::new(5, "", 100).frame(true, 1),
    );
    world.send_rtcp(stranger, |out| {
        lianzhen_wire::rtcp::write_pli(out, 1, 50_020);
        lianzhen_wire::rtcp::write_nack(out, 1, 50_020, &[1, 2, 3]);
    });
    assert_eq!(world.counters().pli_received, 0);
    assert_eq!(world.counters().nack_received, 0);
}

#[test]
fn padding_of_a_publisher_without_rtx_is_swallowed_without_a_gap() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 65_530);
    let mut expected = vec![];
    for round in 0..20 {
        let frame = sender.frame(round == 0, 2);
        expected.extend(frame.iter().map(|packet| packet.payload.clone()));
        send_all(&mut world, publisher, &frame);
        for _ in 0..round % 5 {
            sender.sequence = sender.sequence.wrapping_add(1);
            let padding = Packet::new(VP8, 5, sender.sequence, sender.timestamp, &[]).padded(200);
            world.send_rtp(publisher, &padding.bytes());
        }
    }
    let received = world.take_rtp(subscriber);
    assert_eq!(
        received
            .iter()
            .map(|packet| packet.payload.clone())
            .collect::<Vec<_>>()
            .len(),
        expected.len()
    );
    for (index, packet) in received.iter().enumerate() {
        assert_eq!(
            packet.sequence,
            received[0].sequence.wrapping_add(index as u16)
        );
        assert_eq!(packet.payload, expected[index]);
    }
    assert_eq!(world.counters().padding_received, 40);
}

#[test]
fn padding_that_arrives_late_fills_its_hole_with_an_empty_packet() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 1));
    sender.sequence += 1;
    let padding = Packet::new(VP8, 5, sender.sequence, sender.timestamp, &[]).padded(100);
    send_all(&mut world, publisher, &sender.frame(false, 1));
    world.send_rtp(publisher, &padding.bytes());
    let received = world.take_rtp(subscriber);
    let first = received[0].sequence;
    assert_eq!(
        received
            .iter()
            .map(|packet| packet.sequence - first)
            .collect::<Vec<_>>(),
        [0, 2, 1]
    );
    assert_eq!((received[2].payload.len(), received[2].padding_len), (0, 4));
}

#[test]
fn probing_over_rtx_with_packets_already_received_is_dropped() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 3));
    assert_eq!(world.take_rtp(subscriber).len(), 3);
    for sequence in [101, 102, 103, 101] {
        let repeat = sender.repeat(sequence);
        world.send_rtp(publisher, &repeat.bytes());
    }
    let empty_probe = Packet::new(VP8_RTX, sender.rtx_ssrc, 99, 0, &[]).padded(255);
    world.send_rtp(publisher, &empty_probe.bytes());
    assert_eq!(world.take_rtp(subscriber), []);
    assert_eq!(world.counters().dropped_duplicate, 4);
}

#[test]
fn a_paused_output_is_sent_nothing_and_resumes_at_a_key_frame_without_a_gap() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    let before = world.take_rtp(subscriber);
    let select = |is_paused| {
        RouteChange::SelectLayer(LayerSelection {
            output: 20,
            layer: None,
            is_paused,
            ..LayerSelection::default()
        })
    };
    world.apply(vec![select(true)]);
    for _ in 0..30 {
        world.pass(33 * MS);
        send_all(&mut world, publisher, &sender.frame(true, 2));
    }
    assert_eq!(world.take_rtp(subscriber), []);
    world.apply(vec![select(false)]);
    send_all(&mut world, publisher, &sender.frame(false, 2));
    assert_eq!(world.take_rtp(subscriber), []);
    assert_eq!(world.counters().pli_sent, 1);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    let after = world.take_rtp(subscriber);
    assert_eq!(after[0].sequence, before[1].sequence.wrapping_add(1));
    let step = after[0].timestamp.wrapping_sub(before[1].timestamp);
    assert_eq!(step, 30 * 33 * 90);
}

#[test]
fn a_subscriber_whose_keys_come_late_is_given_a_key_frame_then() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    let subscriber = world.open(2);
    world.apply(vec![
        video_input(10, 1),
        RouteChange::AddOutput(output(20, 10, 2)),
    ]);
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    world.check(subscriber, true);
    send_all(&mut world, publisher, &sender.frame(false, 2));
    let before = world.counters().pli_sent;
    world.set_keys(subscriber);
    assert_eq!(world.counters().pli_sent, before + 1);
    assert_eq!(world.take_rtp(subscriber), []);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    assert_eq!(world.take_rtp(subscriber).len(), 2);
}

#[test]
fn who_cannot_take_a_key_frame_yet_does_not_spend_the_wish_for_one() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    let subscriber = world.open(2);
    world.apply(vec![video_input(10, 1)]);
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    world.apply(vec![RouteChange::AddOutput(output(20, 10, 2))]);
    world.check(subscriber, true);
    world.pass(100 * MS);
    assert_eq!(world.counters().pli_sent, 0);
    world.set_keys(subscriber);
    assert_eq!(world.counters().pli_sent, 1);
}

#[test]
fn the_first_packets_of_a_picture_that_has_just_begun_are_sent_again_instead_of_another_key_frame()
{
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 6));
    assert_eq!(world.take_rtp(subscriber).len(), 6);
    world.pass(200 * MS);
    let wish = |world: &mut World| {
        world.send_rtcp(subscriber, |out| {
            lianzhen_wire::rtcp::write_pli(out, 1, 50_020)
        });
    };
    wish(&mut world);
    assert_eq!(world.take_rtp(subscriber).len(), 4);
    assert_eq!(
        (world.counters().retransmitted, world.counters().pli_sent),
        (4, 0)
    );
    // Once: whoever asks again is not helped by that.
    wish(&mut world);
    assert_eq!(world.take_rtp(subscriber), []);
    assert_eq!(world.counters().pli_sent, 1);
}

#[test]
fn a_format_the_subscriber_does_not_take_is_not_sent() {
    let (mut world, publisher, _) = video_pair();
    let other = world.join(3, IDS);
    let mut route = output(21, 10, 3);
    route.codecs.remove(0);
    world.apply(vec![RouteChange::AddOutput(route)]);
    send_all(
        &mut world,
        publisher,
        &Vp8Sender::new(5, "", 100).frame(true, 2),
    );
    assert_eq!(world.take_rtp(other), []);
    assert_eq!(world.counters().dropped_no_format, 2);
}

#[test]
fn a_stream_that_goes_on_under_another_ssrc_continues_at_its_key_frame() {
    let (mut world, publisher, subscriber) = video_pair();
    send_all(
        &mut world,
        publisher,
        &Vp8Sender::new(5, "", 100).frame(true, 2),
    );
    let before = world.take_rtp(subscriber);
    world.pass(100 * MS);
    let mut sender = Vp8Sender::new(6, "", 40_000);
    send_all(&mut world, publisher, &sender.frame(false, 1));
    assert_eq!(world.take_rtp(subscriber), []);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    let after = world.take_rtp(subscriber);
    assert_eq!(after.len(), 2);
    assert_eq!(after[0].sequence, before[1].sequence.wrapping_add(1));
    assert_eq!(after[0].timestamp.wrapping_sub(before[1].timestamp), 9000);
    assert!(
        !world
            .events
            .iter()
            .skip(1)
            .any(|event| matches!(event, Event::LayerSeen { .. }))
    );
}
