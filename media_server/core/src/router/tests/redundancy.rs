//! Sound that carries its past along (RFC 2198): missing packets restored on the way in, copies by need on the way out.
use lianzhen_wire::red;
use lianzhen_wire::rtcp::{self, ReportBlock};

use super::world::*;
use crate::routes::RouteChange;

/// Ticks of 20 ms at 48 kHz.
const FRAME_TICKS: u32 = 960;

/// Peer 1 publishes audio track 11, and peer 2 receives it as output 21.
fn audio_pair() -> (World, usize, usize) {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    let subscriber = world.join(2, SUBSCRIBER_IDS);
    let mut route = output(21, 11, 2);
    route.rtx_ssrc = None;
    route.codecs[1].red_payload_type = Some(OUT_RED);
    world.apply(vec![audio_input(11, 1), RouteChange::AddOutput(route)]);
    (world, publisher, subscriber)
}

fn voice(number: u16) -> Vec<u8> {
    format!("sound {number}").into_bytes()
}

/// Packet `number` of the publisher with so many of the packets before it.
fn packet(number: u16, copies: u16) -> Packet {
    let payloads: Vec<_> = (1..=copies)
        .rev()
        .map(|back| (back, voice(number - back)))
        .collect();
    let blocks: Vec<_> = payloads
        .iter()
        .map(|(back, payload)| red::Redundant {
            payload_type: OPUS,
            offset_ticks: u32::from(*back) * FRAME_TICKS,
            payload,
        })
        .collect();
    let mut payload = vec![];
    red::write_before_primary(&mut payload, &blocks, OPUS);
    payload.extend_from_slice(&voice(number));
    let timestamp = u32::from(number) * FRAME_TICKS;
    Packet::new(RED, 7, 1000 + number, timestamp, &payload).with(IDS.mid, b"a")
}

/// What a player makes of what came: (timestamp, sound) by age, copies counted once.
fn heard(received: &[Received]) -> Vec<(u32, Vec<u8>)> {
    let mut heard = vec![];
    for packet in received {
        if packet.payload_type == OUT_RED {
            let blocks = red::parse(&packet.payload).unwrap();
            assert_eq!(blocks.payload_type, OUT_OPUS);
            for block in blocks.redundant() {
                assert_eq!(block.payload_type, OUT_OPUS);
                heard.push((
                    packet.timestamp - block.offset_ticks,
                    block.payload.to_vec(),
                ));
            }
            heard.push((packet.timestamp, blocks.primary.to_vec()));
        } else {
            assert_eq!(packet.payload_type, OUT_OPUS);
            heard.push((packet.timestamp, packet.payload.clone()));
        }
    }
    heard.sort();
    heard.dedup();
    heard
}

fn tell_loss(world: &mut World, subscriber: usize, fraction_lost: u8) {
    let block = ReportBlock {
        ssrc: 50_021,
        fraction_lost,
        cumulative_lost: 0,
        highest_sequence: 0,
        jitter_rtp_ticks: 0,
        last_sender_report: 0,
        delay_since_last_sender_report: 0,
    };
    world.send_rtcp(subscriber, |out| {
        rtcp::write_receiver_report(out, 1, &[block]);
    });
}

fn copies_in(received: &[Received]) -> Vec<usize> {
    received
        .iter()
        .map(|packet| match packet.payload_type {
            OUT_RED => red::parse(&packet.payload).unwrap().redundant().len(),
            _ => 0,
        })
        .collect()
}

#[test]
fn a_lost_packet_is_restored_from_the_one_after_it_for_every_subscriber() {
    let (mut world, publisher, subscriber) = audio_pair();
    let plain = world.join(3, SUBSCRIBER_IDS);
    let mut route = output(22, 11, 3);
    route.rtx_ssrc = None;
    world.apply(vec![RouteChange::AddOutput(route)]);
    for number in [10, 11, 13, 14, 15, 18] {
        world.send_rtp(publisher, &packet(number, 1).bytes());
    }
    let first = packet(10, 0).timestamp;
    for client in [subscriber, plain] {
        let numbers: Vec<_> = heard(&world.take_rtp(client))
            .iter()
            .map(|(timestamp, sound)| {
                let number = 10 + timestamp.wrapping_sub(first) / FRAME_TICKS;
                assert_eq!(sound, &voice(number as u16));
                number
            })
            .collect();
        assert_eq!(numbers, [10, 11, 12, 13, 14, 15, 17, 18]);
    }
    let counters = world.counters();
    assert_eq!((counters.rtp_restored, counters.dropped_duplicate), (2, 0));
}

#[test]
fn sound_without_red_is_passed_on_with_copies_by_what_the_subscriber_loses() {
    let (mut world, publisher, subscriber) = audio_pair();
    let mut number = 10;
    let mut send = |world: &mut World, count: u16| {
        for _ in 0..count {
            let timestamp = u32::from(number) * FRAME_TICKS;
            let packet = Packet::new(OPUS, 7, 1000 + number, timestamp, &voice(number));
            world.send_rtp(publisher, &packet.with(IDS.mid, b"a").bytes());
            number += 1;
        }
        copies_in(&world.take_rtp(subscriber))
    };
    // The first packet begins the stream; what was before it is nobody's.
    assert_eq!(send(&mut world, 3), [0, 1, 1]);
    tell_loss(&mut world, subscriber, 51);
    assert_eq!(send(&mut world, 2), [2, 2]);
    world.pass(15 * S);
    tell_loss(&mut world, subscriber, 0);
    assert_eq!(send(&mut world, 2), [0, 0]);
    assert_eq!(world.counters().copies_sent, 6);
}

/// Hands a datagram to the router; what it sends in answer, not delivered.
fn answered(world: &mut World, client: usize, mut datagram: Vec<u8>) -> Vec<Vec<u8>> {
    let path = world.clients[client].path;
    world
        .router
        .receive_datagram(world.now_ns, world.now_ns, path, &mut datagram);
    let bursts = world.router.egress().bursts();
    let sent = bursts.map(|burst| burst.bytes.to_vec()).collect();
    world.router.sent(Default::default());
    sent
}

#[test]
fn a_repeat_of_sound_has_the_same_copies_or_is_not_sent() {
    let (mut world, publisher, subscriber) = audio_pair();
    let say = |world: &mut World, number: u16| {
        let datagram = world.clients[publisher].protect_rtp(&packet(number, 0).bytes());
        answered(world, publisher, datagram)
    };
    let ask = |world: &mut World, sequence: u16| {
        let mut nack = vec![];
        rtcp::write_nack(&mut nack, 1, 50_021, &[u64::from(sequence)]);
        let nack = world.clients[subscriber].protect_rtcp(&nack);
        answered(world, subscriber, nack)
    };
    world.send_rtp(publisher, &packet(10, 0).bytes());
    let first = world.take_rtp(subscriber)[0].sequence;
    let outgoing = |number: u16| first.wrapping_add(number - 10);
    let with_copy = [say(&mut world, 11), say(&mut world, 12)];
    let without = say(&mut world, 14);
    // Known only now: the packet behind it went out without it, and does so again.
    say(&mut world, 13);
    assert_eq!(ask(&mut world, outgoing(12)), with_copy[1]);
    assert_eq!(ask(&mut world, outgoing(14)), without);
    assert!(without[0].len() < with_copy[1][0].len());
    for number in 15..76 {
        world.now_ns += 20 * MS;
        say(&mut world, number);
    }
    // The history has 12 still, and 11 no more.
    assert_eq!(ask(&mut world, outgoing(12)), Vec::<Vec<u8>>::new());
    assert_eq!(world.counters().retransmit_unknown, 1);
}

#[test]
fn what_is_no_red_is_dropped_and_counted() {
    let (mut world, publisher, subscriber) = audio_pair();
    world.send_rtp(publisher, &packet(10, 1).bytes());
    let broken = Packet::new(RED, 7, 1011, 11 * FRAME_TICKS, &[0xef, 0]);
    world.send_rtp(publisher, &broken.bytes());
    assert_eq!(world.counters().dropped_malformed, 1);
    let mut foreign = packet(12, 1);
    foreign.payload[0] ^= 1;
    world.send_rtp(publisher, &foreign.bytes());
    assert_eq!(world.take_rtp(subscriber).len(), 2);
    assert_eq!(world.counters().rtp_restored, 0);
}

#[test]
fn sound_is_asked_for_again_where_its_publisher_says_that_it_answers() {
    for has_nack in [false, true] {
        let mut world = World::new();
        let publisher = world.join(1, IDS);
        let RouteChange::AddInput(mut route) = audio_input(11, 1) else {
            unreachable!()
        };
        route.codecs[0].has_nack = has_nack;
        world.apply(vec![RouteChange::AddInput(route)]);
        for number in [10, 12] {
            world.send_rtp(publisher, &packet(number, 0).bytes());
        }
        world.pass(10 * MS);
        assert_eq!(world.counters().nack_sent, u64::from(has_nack));
    }
}

#[test]
fn sound_that_is_often_repaired_waits_for_its_repeats_and_goes_out_in_order() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    let subscriber = world.join(2, SUBSCRIBER_IDS);
    let RouteChange::AddInput(mut input) = audio_input(11, 1) else {
        unreachable!()
    };
    input.codecs[0].has_nack = true;
    let mut route = output(21, 11, 2);
    route.rtx_ssrc = None;
    world.apply(vec![
        RouteChange::AddInput(input),
        RouteChange::AddOutput(route),
    ]);
    let numbers = |world: &mut World, sent: &[u16]| -> Vec<u32> {
        for &number in sent {
            world.send_rtp(publisher, &packet(number, 0).bytes());
            world.pass(20 * MS);
        }
        let received = world.take_rtp(subscriber);
        received
            .iter()
            .map(|packet| packet.timestamp / FRAME_TICKS)
            .collect()
    };
    // The first gaps are not waited for, and what comes late is passed on late.
    let first = numbers(&mut world, &[10, 12, 14, 11]);
    let from = first[0];
    let told = |numbers: Vec<u32>| -> Vec<u32> {
        numbers.iter().map(|number| number + 10 - from).collect()
    };
    assert_eq!(told(first), [10, 12, 14, 11]);
    // The third is: 17 waits for 16 … and 18 comes with it.
    assert_eq!(told(numbers(&mut world, &[15, 17, 18])), [15]);
    assert_eq!(told(numbers(&mut world, &[16])), [16, 17, 18]);
    // What does not come is given up; of those behind it another gap is waited for no longer than since they came.
    assert!(told(numbers(&mut world, &[20, 22])).is_empty());
    world.pass(120 * MS);
    assert_eq!(told(numbers(&mut world, &[])), [20]);
    world.pass(20 * MS);
    assert_eq!(told(numbers(&mut world, &[])), [22]);
    assert_eq!(told(numbers(&mut world, &[19, 23])), [19, 23]);
    assert_eq!(world.counters().rtp_held, 4);
    assert!(world.counters().nack_sent > 4);
}
