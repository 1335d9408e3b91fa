//! Addresses: validated by authentic checks, moved by nominating ones, kept from others.
use super::world::*;
use crate::events::Event;
use crate::routes::{LayerSelection, RouteChange};

#[test]
fn an_authentic_check_is_answered_and_selects_the_first_path() {
    let mut world = World::new();
    let client = world.open(1);
    world.check(client, false);
    assert_eq!(
        world.events,
        [Event::PathSelected {
            peer: 1,
            is_first: true
        }]
    );
    let answer = &world.clients[client].stun[0];
    assert_eq!(answer[..2], [0x01, 0x01]);
    assert_eq!(&answer[8..20], b"transaction!");
    world.check(client, true);
    assert_eq!(world.events.len(), 1);
}

#[test]
fn bad_checks_meet_silence() {
    let mut world = World::new();
    let client = world.open(1);
    let path = world.clients[client].path;
    let good = world.clients[client].binding_request(true);
    let wrong_password = binding_request("ufrag1", b"a password of nobody", true);
    let wrong_ufrag = binding_request("ufrag9", b"a password of peer 1", true);
    let mut wrong_fingerprint = good.clone();
    *wrong_fingerprint.last_mut().unwrap() ^= 1;
    let mut response = good.clone();
    response[0] = 0x01;
    for datagram in [
        &wrong_password,
        &wrong_ufrag,
        &wrong_fingerprint,
        &response,
        &good[..40].to_vec(),
    ] {
        world.receive_from(path, datagram);
    }
    assert_eq!(world.events, []);
    assert_eq!(world.clients[client].stun.len(), 0);
    let counters = world.counters();
    assert_eq!(
        (
            counters.dropped_stun_auth,
            counters.dropped_unknown_ufrag,
            counters.dropped_bad_stun
        ),
        (1, 1, 3)
    );
    assert_eq!(counters.datagrams_sent, 0);
}

#[test]
fn nothing_but_stun_is_taken_from_an_address_that_was_not_validated() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 1));
    world.pass(S);
    world.take_rtp(subscriber);
    let before = world.router.snapshot(world.now_ns);
    let packet = sender.frame(false, 1)[0].bytes();
    let datagram = world.clients[publisher].protect_rtp(&packet);
    let mut forged = datagram.clone();
    *forged.last_mut().unwrap() ^= 1;
    let mut of_nobody = datagram.clone();
    of_nobody[8] ^= 1;
    for stranger in [
        &forged[..],
        &of_nobody,
        &datagram[..10],
        &[22, 254, 253, 0, 0],
        &[255, 1, 2, 3],
        &[],
    ] {
        world.receive_from(address(9999), stranger);
    }
    assert_eq!(world.take_rtp(subscriber), []);
    let after = world.router.snapshot(world.now_ns);
    assert_eq!(before.tracks, after.tracks);
    assert_eq!(after.counters.dropped_srtp_auth, 1);
    assert_eq!(after.counters.dropped_unvalidated_source, 4);
    assert_eq!(after.counters.dropped_empty, 1);
    assert_eq!(after.counters.uplinks_rebound, 0);
    // From the right address the very same datagram passes.
    let path = world.clients[publisher].path;
    world.receive_from(path, &datagram);
    assert_eq!(world.take_rtp(subscriber).len(), 1);
}

/// Both publish, and both receive: peer 1 the track 11 of peer 2, peer 2 the track 10 of peer 1.
fn conversation() -> (World, usize, usize, Vp8Sender, Vp8Sender) {
    let (mut world, near, far) = video_pair();
    world.apply(vec![
        RouteChange::SetExtensions { peer: 2, ids: IDS },
        video_input(11, 2),
        RouteChange::AddOutput(output(21, 11, 1)),
    ]);
    let (mut own, mut other) = (Vp8Sender::new(5, "", 100), Vp8Sender::new(6, "", 100));
    send_all(&mut world, near, &own.frame(true, 1));
    send_all(&mut world, far, &other.frame(true, 1));
    world.pass(S);
    for client in [near, far] {
        world.take_rtp(client);
        world.take_rtcp(client);
    }
    (world, near, far, own, other)
}

#[test]
fn a_rebound_uplink_is_taken_at_once_and_the_downlink_follows_twofold_until_a_check() {
    let (mut world, near, far, mut own, mut other) = conversation();
    let old = world.clients[near].path;
    world.clients[near].path = address(7777);
    send_all(&mut world, near, &own.frame(false, 1));
    assert_eq!(world.take_rtp(far).len(), 1);
    assert_eq!(world.counters().uplinks_rebound, 1);
    let stray = world.stray;
    send_all(&mut world, far, &other.frame(false, 1));
    assert_eq!(
        (world.take_rtp(near).len(), world.stray - stray),
        (1, 1),
        "to the new address and to the old one"
    );
    assert!(
        world.events.is_empty()
            || world
                .events
                .iter()
                .all(|event| !matches!(event, Event::PathSelected { .. }))
    );
    // The check need not nominate: media comes from there.
    world.check(near, false);
    assert_eq!(world.counters().paths_moved, 1);
    let (stray, duplicated) = (world.stray, world.counters().downlink_duplicated);
    send_all(&mut world, far, &other.frame(false, 1));
    assert_eq!((world.take_rtp(near).len(), world.stray - stray), (1, 0));
    assert_eq!(world.counters().downlink_duplicated, duplicated);
    // What was on the way from the old address still counts.
    let late = own.frame(false, 1)[0].bytes();
    let late = world.clients[near].protect_rtp(&late);
    world.receive_from(old, &late);
    assert_eq!(world.take_rtp(far).len(), 1);
}

#[test]
fn a_return_to_an_address_of_before_is_followed_at_once() {
    let (mut world, near, far, mut own, mut other) = conversation();
    let old = world.clients[near].path;
    world.clients[near].path = address(7777);
    world.check(near, true);
    // Back where it was, before any check says so.
    world.clients[near].path = old;
    world.pass(100 * MS);
    send_all(&mut world, near, &own.frame(false, 1));
    world.take_rtp(far);
    send_all(&mut world, far, &other.frame(false, 1));
    assert_eq!(world.take_rtp(near).len(), 1);
    assert_eq!(world.counters().paths_moved, 1);
    world.check(near, false);
    assert_eq!(world.counters().paths_moved, 2);
    let duplicated = world.counters().downlink_duplicated;
    send_all(&mut world, far, &other.frame(false, 1));
    assert_eq!(world.take_rtp(near).len(), 1);
    assert_eq!(world.counters().downlink_duplicated, duplicated);
}

#[test]
fn a_receivers_reports_tell_that_it_has_moved() {
    let (mut world, near, _far, _own, _other) = conversation();
    world.clients[near].path = address(7777);
    report(&mut world, near, 5, 1 << 32, 1000);
    assert_eq!(world.counters().uplinks_rebound, 1);
}

#[test]
fn a_captured_packet_draws_three_times_its_bytes_at_most_and_moves_nothing() {
    let (mut world, near, far, mut own, mut other) = conversation();
    let captured = own.frame(false, 1)[0].bytes();
    let captured = world.clients[near].protect_rtp(&captured);
    world.receive_from(address(6666), &captured);
    world.receive_from(address(6666), &captured);
    assert_eq!(world.counters().dropped_replay, 1);
    let stray = world.stray;
    let sent = world.counters().bytes_sent;
    for _ in 0..50 {
        send_all(&mut world, far, &other.frame(false, 1));
    }
    let to_peer: usize = 50;
    assert_eq!(world.take_rtp(near).len(), to_peer);
    assert!(world.stray - stray <= 3);
    assert!(world.counters().bytes_sent > sent);
    assert_eq!(world.counters().paths_moved, 0);
}

#[test]
fn trials_of_strangers_are_counted_out_and_the_peer_itself_goes_on() {
    let (mut world, near, far, mut own, _other) = conversation();
    let packet = own.frame(false, 1)[0].bytes();
    let mut forged = world.clients[near].protect_rtp(&packet);
    *forged.last_mut().unwrap() ^= 1;
    for port in 0..1000 {
        world.receive_from(address(10_000 + port), &forged);
    }
    let counters = world.counters();
    assert_eq!(
        (
            counters.dropped_srtp_auth,
            counters.dropped_unvalidated_source
        ),
        (100, 900)
    );
    send_all(&mut world, near, &own.frame(false, 1));
    assert_eq!(world.take_rtp(far).len(), 1);
}

#[test]
fn a_closed_peer_is_not_found_by_its_ssrcs() {
    let (mut world, near, _far, mut own, _other) = conversation();
    let packet = own.frame(false, 1)[0].bytes();
    let datagram = world.clients[near].protect_rtp(&packet);
    world.receive_from(address(6666), &datagram);
    world.router.close_peer(world.now_ns, 1);
    let packet = own.frame(false, 1)[0].bytes();
    let datagram = world.clients[near].protect_rtp(&packet);
    world.receive_from(address(6666), &datagram);
    world.pass(S);
    world.receive_from(address(6666), &datagram);
    assert_eq!(world.counters().dropped_unvalidated_source, 2);
}

#[test]
fn a_nominating_check_from_a_new_address_moves_the_downlink_and_the_uplink_needs_none() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 1));
    // The subscriber roams; a check that does not nominate validates only.
    let old = world.clients[subscriber].path;
    world.take_rtp(subscriber);
    world.clients[subscriber].path = address(7777);
    world.check(subscriber, false);
    send_all(&mut world, publisher, &sender.frame(false, 1));
    assert_eq!((world.take_rtp(subscriber).len(), world.stray), (0, 1));
    world.check(subscriber, true);
    assert_eq!(
        world.events.last(),
        Some(&Event::PathSelected {
            peer: 2,
            is_first: false
        })
    );
    send_all(&mut world, publisher, &sender.frame(false, 1));
    assert_eq!((world.take_rtp(subscriber).len(), world.stray), (1, 1));
    assert_eq!(world.counters().paths_moved, 1);
    // The old address is still validated: packets on the way from there count.
    world.receive_from(old, &[22, 254, 253]);
    assert!(matches!(
        world.events.last(),
        Some(Event::Dtls { peer: 2, .. })
    ));
}

#[test]
fn a_peer_keeps_its_selected_address_and_the_16_checked_last() {
    let mut world = World::new();
    let client = world.open(1);
    world.check(client, true);
    let home = world.clients[client].path;
    for port in 0..100 {
        world.pass(MS);
        let request = world.clients[client].binding_request(false);
        world.receive_from(address(2000 + port), &request);
    }
    world.events.clear();
    for port in 0..100 {
        world.receive_from(address(2000 + port), &[22, 0]);
    }
    assert_eq!(world.events.len(), 15);
    world.receive_from(home, &[22, 0]);
    assert_eq!(world.events.len(), 16);
}

#[test]
fn the_credentials_before_a_restart_stay_valid_and_those_before_them_do_not() {
    let mut world = World::new();
    let client = world.open(1);
    let path = world.clients[client].path;
    world
        .router
        .add_credentials(1, "second", b"password two")
        .unwrap();
    world.receive_from(path, &binding_request("second", b"password two", true));
    world.check(client, true);
    assert_eq!(world.clients[client].stun.len(), 2);
    world
        .router
        .add_credentials(1, "third", b"password three")
        .unwrap();
    world.check(client, true);
    assert_eq!(world.clients[client].stun.len(), 2);
    assert_eq!(world.counters().dropped_unknown_ufrag, 1);
    world.receive_from(path, &binding_request("second", b"password two", true));
    world.receive_from(path, &binding_request("third", b"password three", true));
    assert_eq!(world.clients[client].stun.len(), 4);
}

#[test]
fn an_address_in_use_cannot_be_taken_by_another_peer_with_a_spoofed_check() {
    let (mut world, publisher, subscriber) = video_pair();
    let attacker = world.join(3, IDS);
    let spoofed = world.clients[attacker].binding_request(true);
    let victim = world.clients[publisher].path;
    world.receive_from(victim, &spoofed);
    assert_eq!(world.counters().dropped_address_taken, 1);
    send_all(
        &mut world,
        publisher,
        &Vp8Sender::new(5, "", 100).frame(true, 1),
    );
    assert_eq!(world.take_rtp(subscriber).len(), 1);
    // Long after the victim's last check somebody else may have that address.
    world.pass(7 * S);
    world.receive_from(victim, &spoofed);
    assert_eq!(world.counters().dropped_address_taken, 1);
}

#[test]
fn a_silent_peer_is_reported_once_and_again_when_heard() {
    let mut world = World::new();
    let client = world.open(1);
    world.pass(10 * S);
    assert_eq!(world.events, []);
    world.check(client, true);
    world.events.clear();
    world.pass(2990 * MS);
    assert_eq!(world.events, []);
    world.pass(20 * S);
    assert_eq!(
        world.events,
        [Event::PeerSilent {
            peer: 1,
            silent_ms: 3000
        }]
    );
    world.check(client, true);
    assert_eq!(world.events.last(), Some(&Event::PeerHeard { peer: 1 }));
    world.check(client, true);
    assert_eq!(world.events.len(), 2);
}

/// A picture that flows for a second, both people heard all the time.
fn watched(world: &mut World, publisher: usize, subscriber: usize, sender: &mut Vp8Sender) {
    for frame in 0..10 {
        send_all(world, publisher, &sender.frame(frame == 0, 1));
        world.check(subscriber, true);
        world.pass(100 * MS);
    }
    world.take_rtcp(publisher);
}

#[test]
fn who_comes_back_from_an_outage_gets_a_key_frame() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    watched(&mut world, publisher, subscriber, &mut sender);
    let asked = world.counters().pli_sent;
    for _ in 0..15 {
        send_all(&mut world, publisher, &sender.frame(false, 1));
        world.pass(100 * MS);
    }
    assert_eq!(world.counters().pli_sent, asked);
    world.check(subscriber, true);
    world.pass(50 * MS);
    assert_eq!(world.counters().pli_sent, asked + 1);
    // Once.
    watched(&mut world, publisher, subscriber, &mut sender);
    assert_eq!(world.counters().pli_sent, asked + 1);
}

#[test]
fn whose_picture_comes_back_from_an_outage_is_asked_for_a_key_frame() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    watched(&mut world, publisher, subscriber, &mut sender);
    let asked = world.counters().pli_sent;
    for _ in 0..15 {
        sender.frame(false, 1);
        world.check(subscriber, true);
        world.pass(100 * MS);
    }
    assert_eq!(world.counters().pli_sent, asked);
    send_all(&mut world, publisher, &sender.frame(false, 1));
    assert_eq!(world.counters().pli_sent, asked + 1);
}

#[test]
fn who_comes_back_to_a_picture_that_is_paused_asks_for_nothing() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    watched(&mut world, publisher, subscriber, &mut sender);
    world.apply(vec![RouteChange::SelectLayer(LayerSelection {
        output: 20,
        layer: None,
        is_paused: true,
        ..LayerSelection::default()
    })]);
    let asked = world.counters().pli_sent;
    world.pass(2 * S);
    world.check(subscriber, true);
    send_all(&mut world, publisher, &sender.frame(false, 1));
    world.pass(50 * MS);
    assert_eq!(world.counters().pli_sent, asked);
}

#[test]
fn what_does_not_authenticate_does_not_count_as_heard() {
    let (mut world, publisher, _) = video_pair();
    for _ in 0..40 {
        world.pass(100 * MS);
        let path = world.clients[publisher].path;
        world.receive_from(
            path,
            &[
                0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
                14, 15, 16,
            ],
        );
        world.receive_from(path, &[22, 254, 253]);
    }
    assert!(
        world
            .events
            .iter()
            .any(|event| matches!(event, Event::PeerSilent { peer: 1, .. }))
    );
}

#[test]
fn dtls_goes_up_from_validated_addresses_and_down_to_the_selected_one() {
    let mut world = World::new();
    let client = world.open(1);
    world.router.send_datagram(1, b"too early");
    world.collect();
    assert_eq!(world.counters().dropped_no_path, 1);
    world.check(client, true);
    let path = world.clients[client].path;
    world.receive_from(path, &[22, 1, 2]);
    assert_eq!(
        world.events.last(),
        Some(&Event::Dtls {
            peer: 1,
            datagram: vec![22, 1, 2]
        })
    );
    world.router.send_datagram(1, &[23, 9]);
    world.collect();
    assert_eq!(world.clients[client].other, [vec![23, 9]]);
}

#[test]
fn a_closed_peer_is_forgotten_with_all_it_had() {
    let (mut world, publisher, subscriber) = video_pair();
    send_all(
        &mut world,
        publisher,
        &Vp8Sender::new(5, "", 100).frame(true, 1),
    );
    world.take_rtp(subscriber);
    world.router.close_peer(world.now_ns, 1);
    world.router.close_peer(world.now_ns, 1);
    let snapshot = world.router.snapshot(world.now_ns);
    assert_eq!(
        (
            snapshot.peers.len(),
            snapshot.tracks.len(),
            snapshot.outputs.len()
        ),
        (1, 0, 0)
    );
    let path = world.clients[publisher].path;
    world.receive_from(path, &[22, 1]);
    assert_eq!(world.counters().dropped_unvalidated_source, 1);
    world.check(publisher, true);
    assert_eq!(world.counters().dropped_unknown_ufrag, 1);
    // Both numbers and the ufrag may be used again.
    world.router.open_peer(1, "ufrag1", b"another").unwrap();
    world.apply(vec![
        video_input(10, 1),
        RouteChange::AddOutput(output(20, 10, 2)),
    ]);
}
