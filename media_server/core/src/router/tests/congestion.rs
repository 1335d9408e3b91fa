//! A subscriber's feedback becomes an estimate, padding finds out about more, and key frames wait on tight links.
use lianzhen_wire::transport_feedback::Recorder;

use super::world::*;
use crate::peers::ExtensionIds;
use crate::router::PeerSnapshot;
use crate::routes::{LayerSelection, RouteChange};

/// A subscriber that gives feedback as browsers do.
struct Viewer {
    client: usize,
    recorder: Recorder,
    received: Vec<Received>,
}

impl Viewer {
    fn new(client: usize) -> Viewer {
        Viewer {
            client,
            recorder: Recorder::new(),
            received: vec![],
        }
    }

    /// Notes what has come.
    fn watch(&mut self, world: &mut World) {
        for packet in world.take_rtp(self.client) {
            let number = packet
                .elements
                .iter()
                .find(|(id, _)| *id == SUBSCRIBER_IDS.transport_cc);
            let (_, value) = number.expect("every packet is numbered");
            self.recorder
                .receive(u16::from_be_bytes([value[0], value[1]]), world.now_ns);
            self.received.push(packet);
        }
    }

    /// Tells of what has come.
    fn feed_back(&mut self, world: &mut World) {
        let mut feedback = vec![];
        while self.recorder.build(&mut feedback, 1, 50_020) {}
        if !feedback.is_empty() {
            world.send_rtcp(self.client, |out| out.extend_from_slice(&feedback));
        }
    }

    fn padding(&self) -> Vec<&Received> {
        let all = self.received.iter();
        all.filter(|packet| packet.payload.is_empty()).collect()
    }
}

/// As `video_pair`, with a subscriber whose pictures are not chosen by the estimate, nor the estimate's aim by them.
fn pair_apart() -> (World, usize, usize) {
    let (mut world, publisher, subscriber) = video_pair();
    let slot = world.router.peers.slot_of(2).expect("known");
    let peer = world.router.peers.get_mut(slot).expect("known");
    peer.assumed_bps = Some(u64::MAX);
    peer.congestion.set_wanted_bps(0);
    (world, publisher, subscriber)
}

fn peer_snapshot(world: &World, peer: u32) -> PeerSnapshot {
    let snapshot = world.router.snapshot(world.now_ns);
    let (_, found) = snapshot
        .peers
        .into_iter()
        .find(|(number, _)| *number == peer)
        .expect("known");
    found
}

fn wish(world: &mut World, peer: u32, wanted_bps: u64) {
    let slot = world.router.peers.slot_of(peer).expect("known");
    let peer = world.router.peers.get_mut(slot).expect("known");
    peer.congestion.set_wanted_bps(wanted_bps);
}

/// Frames of five packets, each 30 ms, with feedback each 60 ms.
fn play(
    world: &mut World,
    publisher: usize,
    sender: &mut Vp8Sender,
    viewer: &mut Viewer,
    frames: usize,
) {
    for frame in 0..frames {
        let packets = sender.frame(false, 5);
        send_all(world, publisher, &packets);
        for _ in 0..3 {
            viewer.watch(world);
            world.pass(10 * MS);
        }
        viewer.watch(world);
        if frame % 2 == 1 {
            viewer.feed_back(world);
        }
    }
}

#[test]
fn feedback_makes_an_estimate_that_stands_in_the_snapshot() {
    let (mut world, publisher, subscriber) = pair_apart();
    let (mut sender, mut viewer) = (Vp8Sender::new(5, "", 100), Viewer::new(subscriber));
    send_all(&mut world, publisher, &sender.frame(true, 5));
    let before = peer_snapshot(&world, 2);
    assert_eq!((before.estimate_bps, before.congestion), (None, "unknown"));
    play(&mut world, publisher, &mut sender, &mut viewer, 40);
    let after = peer_snapshot(&world, 2);
    assert_eq!(
        (after.estimate_bps, after.congestion),
        (Some(1_000_000), "starting")
    );
    let acknowledged_bps = after.acknowledged_bps.expect("feedback came");
    assert!(
        (30_000..200_000).contains(&acknowledged_bps),
        "{acknowledged_bps}"
    );
    assert_eq!((after.probes, world.counters().padding_sent), (0, 0));
    assert_eq!(peer_snapshot(&world, 1).estimate_bps, None);
}

#[test]
fn who_wants_more_is_probed_with_padding_on_the_retransmission_stream() {
    let (mut world, publisher, subscriber) = pair_apart();
    let (mut sender, mut viewer) = (Vp8Sender::new(5, "", 100), Viewer::new(subscriber));
    wish(&mut world, 2, 4_000_000);
    send_all(&mut world, publisher, &sender.frame(true, 5));
    play(&mut world, publisher, &mut sender, &mut viewer, 60);
    let after = peer_snapshot(&world, 2);
    assert!(after.estimate_bps > Some(3_500_000), "{after:?}");
    assert!((2..6).contains(&after.probes), "{after:?}");
    let padding = viewer.padding();
    assert_eq!(padding.len() as u64, world.counters().padding_sent);
    for (index, packet) in padding.iter().enumerate() {
        assert_eq!((packet.payload_type, packet.ssrc), (OUT_VP8_RTX, 60_020));
        assert_eq!(packet.padding_len, 255);
        assert_eq!(
            packet.sequence,
            padding[0].sequence.wrapping_add(index as u16)
        );
    }
    // Pictures keep their numbers.
    let mut media = viewer
        .received
        .iter()
        .filter(|packet| packet.ssrc == 50_020);
    let first = media.next().expect("pictures").sequence;
    assert!(
        media
            .enumerate()
            .all(|(index, packet)| packet.sequence == first.wrapping_add(index as u16 + 1))
    );
    // Satisfied: no more of it.
    let sent = world.counters().padding_sent;
    play(&mut world, publisher, &mut sender, &mut viewer, 150);
    assert!(world.counters().padding_sent < sent + 200);
}

#[test]
fn without_a_retransmission_stream_nothing_is_probed() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    let subscriber = world.join(2, SUBSCRIBER_IDS);
    let mut route = output(20, 10, 2);
    route.rtx_ssrc = None;
    world.apply(vec![video_input(10, 1), RouteChange::AddOutput(route)]);
    let (mut sender, mut viewer) = (Vp8Sender::new(5, "", 100), Viewer::new(subscriber));
    wish(&mut world, 2, 4_000_000);
    send_all(&mut world, publisher, &sender.frame(true, 5));
    play(&mut world, publisher, &mut sender, &mut viewer, 60);
    assert_eq!(world.counters().padding_sent, 0);
    assert_eq!(peer_snapshot(&world, 2).estimate_bps, Some(1_000_000));
}

/// A REMB of 3 × 2^18 = 786,432 bit/s.
const REMB: [u8; 24] = [
    0x8f,
    206,
    0,
    5,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    b'R',
    b'E',
    b'M',
    b'B',
    1,
    18 << 2,
    0,
    3,
    0,
    0,
    0,
    9,
];

#[test]
fn a_peer_without_transport_wide_numbers_may_tell_its_estimate_itself() {
    let mut world = World::new();
    let told = world.join(
        2,
        ExtensionIds {
            transport_cc: 0,
            ..SUBSCRIBER_IDS
        },
    );
    let better_known = world.join(3, SUBSCRIBER_IDS);
    for client in [told, better_known] {
        world.send_rtcp(client, |out| out.extend_from_slice(&REMB));
    }
    assert_eq!(peer_snapshot(&world, 2).estimate_bps, Some(786_432));
    assert_eq!(peer_snapshot(&world, 3).estimate_bps, None);
}

#[test]
fn broken_feedback_and_too_much_of_it_is_counted_and_changes_nothing() {
    let (mut world, publisher, subscriber) = pair_apart();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 5));
    world.pass(100 * MS);
    let malformed = world.counters().dropped_malformed;
    let feedback = |body: &[u8]| {
        let words = 2 + body.len() / 4;
        let mut packet = vec![0x8f, 205, 0, words as u8, 0, 0, 0, 1, 0, 0, 0, 2];
        packet.extend_from_slice(body);
        packet
    };
    let cut_off = feedback(&[0, 1, 0, 9, 0, 0, 0, 0]);
    world.send_rtcp(subscriber, |out| out.extend_from_slice(&cut_off));
    assert_eq!(world.counters().dropped_malformed, malformed + 1);
    // Each tells of 8,000 lost packets, in 12 bytes.
    let greedy = feedback(&[0, 1, 0x1f, 0x40, 0, 0, 0, 0, 0x1f, 0x40, 0, 0]);
    for _ in 0..100 {
        world.send_rtcp(subscriber, |out| out.extend_from_slice(&greedy));
    }
    assert!(world.counters().feedback_over_budget >= 98);
    assert_eq!(peer_snapshot(&world, 2).estimate_bps, None);
}

#[test]
fn at_another_address_the_link_is_judged_anew() {
    let (mut world, publisher, subscriber) = pair_apart();
    let (mut sender, mut viewer) = (Vp8Sender::new(5, "", 100), Viewer::new(subscriber));
    wish(&mut world, 2, 4_000_000);
    send_all(&mut world, publisher, &sender.frame(true, 5));
    play(&mut world, publisher, &mut sender, &mut viewer, 60);
    assert!(peer_snapshot(&world, 2).estimate_bps > Some(3_500_000));
    world.clients[subscriber].path = address(7_777);
    world.check(subscriber, true);
    let after = peer_snapshot(&world, 2);
    assert_eq!(
        (after.estimate_bps, after.congestion),
        (Some(1_000_000), "starting")
    );
}

#[test]
fn who_comes_back_from_a_silence_gets_its_picture_back_at_once() {
    let (mut world, publisher, subscriber) = video_pair();
    let (mut sender, mut viewer) = (Vp8Sender::new(5, "", 100), Viewer::new(subscriber));
    send_all(&mut world, publisher, &sender.frame(true, 5));
    play(&mut world, publisher, &mut sender, &mut viewer, 60);
    for _ in 0..50 {
        send_all(&mut world, publisher, &big_frame(&mut sender, 5));
        world.pass(100 * MS);
    }
    let silent = peer_snapshot(&world, 2);
    assert_eq!(
        (silent.estimate_bps, silent.congestion),
        (Some(64_000), "silent")
    );
    assert!(silent.allotted_bps < silent.wanted_bps, "{silent:?}");
    world.check(subscriber, true);
    world.pass(20 * MS);
    let back = peer_snapshot(&world, 2);
    assert_eq!(
        (back.estimate_bps, back.congestion),
        (Some(1_000_000), "starting")
    );
    assert_eq!(back.allotted_bps, back.wanted_bps);
}

#[test]
fn data_is_measured() {
    let mut world = World::new();
    world.join(2, SUBSCRIBER_IDS);
    for _ in 0..150 {
        world.router.send_datagram(2, &[23; 250]);
        world.collect();
        world.pass(20 * MS);
    }
    let data_bps = peer_snapshot(&world, 2).data_bps;
    assert!((95_000..105_000).contains(&data_bps), "{data_bps}");
}

/// A pair with voice beside the picture, whose link is known to carry about 1 Mbit/s.
fn tight() -> (World, usize, Vp8Sender, Viewer) {
    let (mut world, publisher, subscriber) = pair_apart();
    world.apply(vec![
        audio_input(11, 1),
        RouteChange::AddOutput(output(21, 11, 2)),
    ]);
    let (mut sender, mut viewer) = (Vp8Sender::new(5, "", 100), Viewer::new(subscriber));
    send_all(&mut world, publisher, &sender.frame(true, 5));
    play(&mut world, publisher, &mut sender, &mut viewer, 20);
    viewer.received.clear();
    (world, publisher, sender, viewer)
}

fn voice(sequence: u16) -> Packet {
    Packet::new(OPUS, 77, sequence, u32::from(sequence) * 960, &[1; 80]).with(IDS.mid, b"a")
}

/// A key frame of 1,100-byte packets.
fn big_frame(sender: &mut Vp8Sender, packets: usize) -> Vec<Packet> {
    let mut frame = sender.frame(true, packets);
    for packet in &mut frame {
        packet.payload.resize(1_100, 7);
    }
    frame
}

#[test]
fn a_key_frame_is_spread_and_voice_passes_it() {
    let (mut world, publisher, mut sender, mut viewer) = tight();
    // 66 kB: at 2.5 times 1 Mbit/s they take 0.2 s.
    send_all(&mut world, publisher, &big_frame(&mut sender, 60));
    let at_once = world.take_rtp(viewer.client);
    assert!((1..=6).contains(&at_once.len()), "{}", at_once.len());
    world.send_rtp(publisher, &voice(1).bytes());
    let passed = world.take_rtp(viewer.client);
    assert_eq!(
        passed.iter().map(|packet| packet.ssrc).collect::<Vec<_>>(),
        [50_021]
    );
    world.pass(100 * MS);
    let half = world.take_rtp(viewer.client);
    assert!((20..45).contains(&half.len()), "{}", half.len());
    assert!(peer_snapshot(&world, 2).pacer_queue_ms >= 100.0);
    world.pass(150 * MS);
    let rest = world.take_rtp(viewer.client);
    let pictures: Vec<_> = at_once.iter().chain(&half).chain(&rest).collect();
    assert_eq!(pictures.len(), 60);
    let first = pictures[0].sequence;
    for (index, packet) in pictures.iter().enumerate() {
        assert_eq!(packet.sequence, first.wrapping_add(index as u16));
        assert_eq!(packet.payload.len(), 1_100);
    }
    assert_eq!(peer_snapshot(&world, 2).pacer_queue_ms, 0.0);
    let counters = world.counters();
    assert!(
        counters.paced >= 54 && counters.paced_dropped == 0,
        "{counters:?}"
    );
    // As they leave they get their numbers: none is missing, and feedback tells of each.
    viewer.received.clear();
    play(&mut world, publisher, &mut sender, &mut viewer, 4);
    assert_eq!(world.counters().retransmit_unknown, 0);
}

#[test]
fn a_picture_that_does_not_fit_leaves_after_a_quarter_of_a_second_all_the_same() {
    let (mut world, publisher, mut sender, viewer) = tight();
    send_all(&mut world, publisher, &big_frame(&mut sender, 300));
    world.pass(260 * MS);
    assert_eq!(world.take_rtp(viewer.client).len(), 300);
    assert!(world.counters().paced_overdue > 100);
}

#[test]
fn what_waits_for_an_output_that_ends_or_pauses_is_dropped() {
    let (mut world, publisher, mut sender, viewer) = tight();
    send_all(&mut world, publisher, &big_frame(&mut sender, 60));
    world.take_rtp(viewer.client);
    world.apply(vec![RouteChange::SelectLayer(LayerSelection {
        output: 20,
        is_paused: true,
        ..LayerSelection::default()
    })]);
    world.pass(300 * MS);
    assert_eq!(world.take_rtp(viewer.client), []);
    let dropped = world.counters().paced_dropped;
    assert!(dropped >= 54);
    world.apply(vec![RouteChange::SelectLayer(LayerSelection {
        output: 20,
        is_paused: false,
        ..LayerSelection::default()
    })]);
    send_all(&mut world, publisher, &big_frame(&mut sender, 60));
    world.apply(vec![RouteChange::RemoveOutput { output: 20 }]);
    world.pass(300 * MS);
    assert!(world.counters().paced_dropped > dropped);
}
