//! Losses: asked for upward, answered downward, within bounds.
use std::collections::{BTreeMap, BTreeSet};

use lianzhen_wire::rtcp::{self, Packet as Control};

use super::world::*;
use crate::routes::RouteChange;
use crate::seeded::Seeded;

/// The sequence numbers asked for in compounds, in order.
fn nacked(compounds: &[Vec<u8>]) -> Vec<u16> {
    let packets = compounds.iter().flat_map(|compound| rtcp::parse(compound));
    let sequences = packets.filter_map(|packet| match packet {
        Ok(Control::Nack { sequences, .. }) => Some(sequences.collect::<Vec<_>>()),
        _ => None,
    });
    sequences.flatten().collect()
}

/// What an RTX packet repeats: the original sequence number and the payload.
fn unwrap_rtx(packet: &Received) -> (u16, Vec<u8>) {
    (
        u16::from_be_bytes([packet.payload[0], packet.payload[1]]),
        packet.payload[2..].to_vec(),
    )
}

#[test]
fn a_gap_is_asked_about_at_the_next_tick_and_its_repair_is_forwarded() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 65_534);
    let mut frame = sender.frame(true, 5);
    let lost = frame.remove(2);
    send_all(&mut world, publisher, &frame);
    world.take_rtcp(publisher);
    world.pass(10 * MS);
    assert_eq!(nacked(&world.take_rtcp(publisher)), [lost.sequence]);
    let repeat = sender.repeat(lost.sequence);
    world.send_rtp(publisher, &repeat.bytes());
    let received = world.take_rtp(subscriber);
    let first = received[0].sequence;
    let order: Vec<_> = received
        .iter()
        .map(|packet| packet.sequence.wrapping_sub(first))
        .collect();
    assert_eq!(order, [0, 1, 3, 4, 2]);
    assert_eq!(received[4].payload, lost.payload);
    assert_eq!(received[4].timestamp, received[0].timestamp);
    world.pass(S);
    assert!(nacked(&world.take_rtcp(publisher)).is_empty());
    assert_eq!(world.counters().rtp_repaired, 1);
}

#[test]
fn a_subscribers_nack_is_answered_over_rtx_from_the_shared_history() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 5));
    let sent = world.take_rtp(subscriber);
    let wanted = [sent[1].clone(), sent[3].clone()];
    let sequences: Vec<u64> = wanted
        .iter()
        .map(|packet| u64::from(packet.sequence))
        .collect();
    world.send_rtcp(subscriber, |out| {
        rtcp::write_nack(out, 1, 50_020, &sequences);
    });
    let repeated = world.take_rtp(subscriber);
    assert_eq!(repeated.len(), 2);
    for (index, (repeat, original)) in repeated.iter().zip(&wanted).enumerate() {
        assert_eq!((repeat.payload_type, repeat.ssrc), (OUT_VP8_RTX, 60_020));
        assert_eq!(repeat.sequence, repeated[0].sequence + index as u16);
        assert_eq!(repeat.timestamp, original.timestamp);
        assert_eq!(
            unwrap_rtx(repeat),
            (original.sequence, original.payload.clone())
        );
    }
    let snapshot = world.router.snapshot(world.now_ns);
    assert_eq!(
        (
            snapshot.outputs[0].1.nacks,
            snapshot.outputs[0].1.retransmitted
        ),
        (2, 2)
    );
}

#[test]
fn a_packet_sent_before_a_switch_is_repeated_with_the_numbers_it_had() {
    let (mut world, publisher, subscriber) = video_pair();
    let (mut q, mut f) = (Vp8Sender::new(5, "q", 100), Vp8Sender::new(6, "f", 900));
    send_all(&mut world, publisher, &q.frame(true, 2));
    send_all(&mut world, publisher, &f.frame(true, 2));
    world.pass(33 * MS);
    send_all(&mut world, publisher, &f.frame(false, 2));
    let sent = world.take_rtp(subscriber);
    assert_eq!(sent.len(), 6);
    let sequences: Vec<u64> = sent
        .iter()
        .map(|packet| u64::from(packet.sequence))
        .collect();
    world.send_rtcp(subscriber, |out| {
        rtcp::write_nack(out, 1, 50_020, &sequences);
    });
    let repeated: Vec<_> = world.take_rtp(subscriber).iter().map(unwrap_rtx).collect();
    let originals: Vec<_> = sent
        .iter()
        .map(|packet| (packet.sequence, packet.payload.clone()))
        .collect();
    assert_eq!(repeated, originals);
}

#[test]
fn without_rtx_the_very_same_packet_is_sent_again() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    let subscriber = world.join(2, SUBSCRIBER_IDS);
    let mut route = output(20, 10, 2);
    route.rtx_ssrc = None;
    world.apply(vec![video_input(10, 1), RouteChange::AddOutput(route)]);
    let datagrams = |world: &World| -> Vec<Vec<u8>> {
        let bursts = world.router.egress().bursts();
        bursts
            .flat_map(|burst| {
                burst
                    .bytes
                    .chunks(burst.segment_bytes)
                    .map(<[u8]>::to_vec)
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let mut sender = Vp8Sender::new(5, "", 100);
    let mut first = vec![];
    for packet in sender.frame(true, 3) {
        let mut datagram = world.clients[publisher].protect_rtp(&packet.bytes());
        let path = world.clients[publisher].path;
        world
            .router
            .receive_datagram(world.now_ns, world.now_ns, path, &mut datagram);
        first.extend(datagrams(&world));
        world.collect();
    }
    let wanted = world.take_rtp(subscriber)[1].sequence;
    world.pass(MS);
    let mut nack = vec![];
    rtcp::write_nack(&mut nack, 1, 50_020, &[u64::from(wanted)]);
    let path = world.clients[subscriber].path;
    let mut nack = world.clients[subscriber].protect_rtcp(&nack);
    world
        .router
        .receive_datagram(world.now_ns, world.now_ns, path, &mut nack);
    // Same SRTP index, same bytes: anything else would give away the authentication key of AES-GCM.
    assert_eq!(datagrams(&world), [first[1].clone()]);
    world.router.sent(Default::default());
    // With other extension ids it could not be the same, so it is not sent.
    world.apply(vec![RouteChange::SetExtensions { peer: 2, ids: IDS }]);
    world.pass(100 * MS);
    world.send_rtcp(subscriber, |out| {
        rtcp::write_nack(out, 1, 50_020, &[u64::from(wanted)]);
    });
    assert_eq!(world.take_rtp(subscriber), []);
    assert_eq!(world.counters().retransmit_unknown, 1);
}

#[test]
fn a_flood_of_nacks_costs_at_most_its_share() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    for index in 0..300 {
        send_all(&mut world, publisher, &sender.frame(index == 0, 10));
        let sent = world.take_rtp(subscriber);
        let sequences: Vec<u64> = sent
            .iter()
            .filter(|p| p.ssrc == 50_020)
            .map(|p| u64::from(p.sequence))
            .collect();
        for _ in 0..10 {
            world.send_rtcp(subscriber, |out| {
                rtcp::write_nack(out, 1, 50_020, &sequences);
            });
            world.pass(3 * MS);
        }
    }
    let snapshot = world.router.snapshot(world.now_ns).outputs[0].1.clone();
    let share = snapshot.retransmitted as f64 / snapshot.packets as f64;
    let burst =
        65_536.0 / (snapshot.bytes as f64 / snapshot.packets as f64) / snapshot.packets as f64;
    assert!(
        share <= 0.2 + burst + 0.01,
        "{share} with a burst of {burst}"
    );
    let counters = world.counters();
    assert!(counters.retransmit_too_soon > 0);
    assert_eq!(counters.rtp_forwarded, 3000);
}

#[test]
fn one_datagram_of_nacks_is_read_no_further_than_its_bound() {
    let (mut world, publisher, subscriber) = video_pair();
    send_all(
        &mut world,
        publisher,
        &Vp8Sender::new(5, "", 100).frame(true, 1),
    );
    let everything: Vec<u64> = (0..4000).collect();
    world.send_rtcp(subscriber, |out| {
        for _ in 0..20 {
            rtcp::write_nack(out, 1, 50_020, &everything);
        }
    });
    assert_eq!(world.counters().nack_received, 512);
}

/// A subscriber that puts packets in order and asks for what is missing, on a link that loses.
struct Player {
    got: BTreeMap<u16, Vec<u8>>,
    lost_down: u32,
}

#[test]
fn five_percent_loss_each_way_is_repaired() {
    for seed in 1..=3 {
        let (mut world, publisher, subscriber) = video_pair();
        let mut random = Seeded::new(seed);
        let mut lose = move || random.next_u64().is_multiple_of(20);
        let mut sender = Vp8Sender::new(5, "", 65_300);
        let mut player = Player {
            got: BTreeMap::new(),
            lost_down: 0,
        };
        let mut sent_payloads = vec![];
        for index in 0..400 {
            let frame = sender.frame(index == 0, 3);
            for packet in &frame {
                sent_payloads.push(packet.payload.clone());
                // The very first packet arrives: before it nobody can know what is missing.
                if sent_payloads.len() == 1 || !lose() {
                    world.send_rtp(publisher, &packet.bytes());
                }
            }
            for _ in 0..3 {
                world.pass(11 * MS);
                for sequence in nacked(&world.take_rtcp(publisher)) {
                    if !lose() {
                        let repeat = sender.repeat(sequence);
                        world.send_rtp(publisher, &repeat.bytes());
                    }
                }
                player.play(&mut world, subscriber, &mut lose);
            }
        }
        for _ in 0..40 {
            world.pass(11 * MS);
            for sequence in nacked(&world.take_rtcp(publisher)) {
                let repeat = sender.repeat(sequence);
                world.send_rtp(publisher, &repeat.bytes());
            }
            player.play(&mut world, subscriber, &mut || false);
        }
        assert!(player.lost_down > 20);
        let first = *player.got.keys().next().unwrap();
        assert!(
            first < 0x8000 && player.got.len() == sent_payloads.len(),
            "seed {seed}: {}",
            player.got.len()
        );
        for (index, payload) in sent_payloads.iter().enumerate() {
            assert_eq!(
                &player.got[&(first + index as u16)],
                payload,
                "seed {seed}, packet {index}"
            );
        }
        assert_eq!(world.counters().dropped_too_late, 0);
    }
}

impl Player {
    fn play(&mut self, world: &mut World, subscriber: usize, lose: &mut impl FnMut() -> bool) {
        for packet in world.take_rtp(subscriber) {
            if !self.got.is_empty() && lose() {
                self.lost_down += 1;
                continue;
            }
            let (sequence, payload) = match packet.payload_type {
                OUT_VP8_RTX => unwrap_rtx(&packet),
                _ => (packet.sequence, packet.payload.clone()),
            };
            if let Some(before) = self.got.insert(sequence, payload.clone()) {
                assert_eq!(before, payload);
            }
        }
        world.take_rtcp(subscriber);
        let (Some(&first), Some(&last)) = (self.got.keys().next(), self.got.keys().last()) else {
            return;
        };
        let have: BTreeSet<u16> = self.got.keys().copied().collect();
        let missing: Vec<u64> = (first..last)
            .filter(|s| !have.contains(s))
            .map(u64::from)
            .collect();
        if !missing.is_empty() {
            world.send_rtcp(subscriber, |out| {
                rtcp::write_nack(out, 1, 50_020, &missing);
            });
        }
    }
}
