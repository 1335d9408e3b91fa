//! Datagrams meant to harm, from strangers and from a peer with good keys: nothing panics, nothing passes, calls go on.
use super::world::*;
use crate::events::Event;
use crate::seeded::Seeded;

/// Enough to meet every length and first byte many times over.
const DATAGRAMS: usize = 100_000;

fn random_bytes(random: &mut Seeded, length: usize) -> Vec<u8> {
    (0..length).map(|_| random.next_u64() as u8).collect()
}

/// A valid datagram with a few bytes changed, cut or doubled.
fn mutated(random: &mut Seeded, valid: &[u8]) -> Vec<u8> {
    let mut datagram = valid.to_vec();
    for _ in 0..1 + random.next_u64() % 4 {
        match random.next_u64() % 4 {
            0 if !datagram.is_empty() => {
                let at = random.next_u64() as usize % datagram.len();
                datagram[at] ^= 1 << (random.next_u64() % 8);
            }
            1 => datagram.truncate(random.next_u64() as usize % (datagram.len() + 1)),
            2 => datagram
                .extend_from_slice(&valid[..valid.len().min(random.next_u64() as usize % 64)]),
            _ if datagram.len() > 4 => {
                let at = random.next_u64() as usize % (datagram.len() - 2);
                datagram[at..at + 2].copy_from_slice(&[0xff, 0xff]);
            }
            _ => {}
        }
    }
    datagram
}

#[test]
fn strangers_get_no_answer_change_nothing_and_reach_nothing() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    let packet = sender.frame(false, 1)[0].bytes();
    let seeds = [
        world.clients[publisher].protect_rtp(&packet),
        world.clients[publisher].binding_request(true),
        vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0],
        vec![21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40],
    ];
    world.take_rtp(subscriber);
    world.take_rtcp(subscriber);
    world.take_rtcp(publisher);
    world.events.clear();
    let before = world.router.snapshot(world.now_ns);
    let mut random = Seeded::new(42);
    for index in 0..DATAGRAMS {
        let mut datagram = if index % 2 == 0 {
            let length = random.next_u64() as usize % 200;
            random_bytes(&mut random, length)
        } else {
            let mut datagram = mutated(&mut random, &seeds[index / 2 % seeds.len()]);
            // The check itself, unharmed, would be authentic: that is an attacker on the path, not a stranger.
            if datagram == seeds[1] {
                datagram.truncate(30);
            }
            datagram
        };
        let path = address(20_000 + (index % 5000) as u16);
        world
            .router
            .receive_datagram(world.now_ns, world.now_ns, path, &mut datagram);
    }
    world.collect();
    let after = world.router.snapshot(world.now_ns);
    assert_eq!(world.stray, 0);
    assert_eq!(world.events, []);
    assert_eq!(
        (&before.peers, &before.tracks, &before.outputs),
        (&after.peers, &after.tracks, &after.outputs)
    );
    assert_eq!(
        before.counters.datagrams_sent,
        after.counters.datagrams_sent
    );
    send_all(&mut world, publisher, &sender.frame(false, 2));
    assert_eq!(world.take_rtp(subscriber).len(), 2);
}

#[test]
fn spoofed_sources_cannot_harm_a_call_either() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    world.take_rtp(subscriber);
    let packet = sender.frame(false, 1)[0].bytes();
    let valid = world.clients[publisher].protect_rtp(&packet);
    let path = world.clients[publisher].path;
    world.receive_from(path, &valid);
    let forwarded = world.counters().rtp_forwarded;
    let mut random = Seeded::new(43);
    for index in 0..DATAGRAMS {
        let mut datagram = if index % 2 == 0 {
            let mut datagram = random_bytes(&mut random, 12 + index % 100);
            datagram[0] = 0x80 | (datagram[0] & 0x3f);
            datagram
        } else {
            mutated(&mut random, &valid)
        };
        world
            .router
            .receive_datagram(world.now_ns, world.now_ns, path, &mut datagram);
    }
    world
        .events
        .retain(|event| !matches!(event, Event::LayerSeen { .. }));
    world.collect();
    let counters = world.counters();
    assert_eq!(counters.rtp_forwarded, forwarded);
    assert!(counters.dropped_srtp_auth > 1000 && counters.dropped_replay > 0);
    send_all(&mut world, publisher, &sender.frame(false, 2));
    assert_eq!(world.take_rtp(subscriber).len(), 3);
}

#[test]
fn a_peer_with_good_keys_that_sends_nonsense_panics_nobody() {
    let (mut world, publisher, subscriber) = video_pair();
    world.router.tap(world.now_ns, 7, 10, None).unwrap();
    let mut sender = Vp8Sender::new(5, "", 100);
    let mut random = Seeded::new(44);
    let seed_packets: Vec<Vec<u8>> = (0..8)
        .flat_map(|index| sender.frame(index == 0, 2))
        .map(|packet| packet.bytes())
        .collect();
    let mut nack = vec![];
    lianzhen_wire::rtcp::write_nack(&mut nack, 1, 50_020, &[1, 5, 9, 40]);
    lianzhen_wire::rtcp::write_pli(&mut nack, 1, 50_020);
    for index in 0..DATAGRAMS / 2 {
        let client = if index % 3 == 0 {
            subscriber
        } else {
            publisher
        };
        let (is_rtcp, plain) = if index % 5 == 0 {
            (true, mutated(&mut random, &nack))
        } else {
            (
                false,
                mutated(&mut random, &seed_packets[index % seed_packets.len()]),
            )
        };
        let path = world.clients[client].path;
        let mut datagram = if is_rtcp && plain.len() >= 8 {
            world.clients[client].protect_rtcp(&plain)
        } else if let Some(datagram) = world.clients[client].protect_anything(&plain, index as u16)
        {
            datagram
        } else {
            continue;
        };
        world
            .router
            .receive_datagram(world.now_ns, world.now_ns, path, &mut datagram);
        if index % 100 == 0 {
            world.pass(10 * MS);
        }
        world.router.sent(Default::default());
    }
    world.clients.truncate(0);
    world.collect();
    assert!(world.counters().rtp_received > 10_000);
    assert!(world.counters().rtcp_received > 1_000);
}
