//! Several routers on one port: what each keeps, and whom it sends what is not for it to.
use std::sync::Arc;

use super::world::*;
use crate::directory::{ADDRESS_HOLD_NS, Directory, Member};
use crate::router::Router;
use crate::routes::Misuse;

fn two_worlds() -> [World; 2] {
    let directory = Arc::new(Directory::default());
    [0, 1].map(|index| {
        let member = Member::new(Arc::clone(&directory), index);
        World::with(Router::beside(1, Some(member)))
    })
}

#[test]
fn a_router_alone_keeps_everything() {
    let mut world = World::new();
    let client = world.open(1);
    let check = world.clients[client].binding_request(true);
    let path = address(9999);
    assert_eq!(world.router.elsewhere(&path.remote, &check), None);
    assert_eq!(world.router.elsewhere(&path.remote, &[128, 96]), None);
}

#[test]
fn a_check_goes_to_whom_it_names_and_the_rest_to_who_lives_at_its_source() {
    let [mut first, mut second] = two_worlds();
    let client = first.open(1);
    second.open(2);
    let path = first.clients[client].path;
    let check = first.clients[client].binding_request(true);
    assert_eq!(second.router.elsewhere(&path.remote, &check), Some(0));
    assert_eq!(first.router.elsewhere(&path.remote, &check), None);
    // Nobody is known to live there yet.
    assert_eq!(second.router.elsewhere(&path.remote, &[22, 254]), None);
    first.check(client, true);
    assert_eq!(second.router.elsewhere(&path.remote, &[22, 254]), Some(0));
    assert_eq!(first.router.elsewhere(&path.remote, &[22, 254]), None);
    // Nobody's: judged where it came in.
    let stranger = binding_request("ufrag9", b"a password", true);
    assert_eq!(second.router.elsewhere(&path.remote, &stranger), None);
    assert_eq!(second.router.elsewhere(&path.remote, &[0, 1]), None);
    first.router.close_peer(first.now_ns, 1);
    assert_eq!(second.router.elsewhere(&path.remote, &check), None);
    assert_eq!(second.router.elsewhere(&path.remote, &[22, 254]), None);
}

#[test]
fn credentials_of_an_ice_restart_are_found_and_the_oldest_forgotten() {
    let [mut first, second] = two_worlds();
    first.open(1);
    for restart in 0..2 {
        let ufrag = format!("restart{restart}");
        first.router.add_credentials(1, &ufrag, b"new").unwrap();
    }
    let elsewhere = |ufrag: &str| {
        let check = binding_request(ufrag, b"new", true);
        second.router.elsewhere(&address(1).remote, &check)
    };
    assert_eq!(elsewhere("ufrag1"), None);
    assert_eq!(elsewhere("restart0"), Some(0));
    assert_eq!(elsewhere("restart1"), Some(0));
}

#[test]
fn a_ufrag_of_another_thread_is_in_use() {
    let [mut first, mut second] = two_worlds();
    first.open(1);
    assert_eq!(
        second.router.open_peer(2, "ufrag1", b"a password"),
        Err(Misuse::UfragInUse)
    );
}

#[test]
fn an_address_passes_to_another_threads_peer_once_it_is_left_behind() {
    let [mut first, mut second] = two_worlds();
    let left = first.join(1, Default::default());
    let came = second.open(2);
    second.clients[came].path = first.clients[left].path;
    let path = second.clients[came].path;
    second.check(came, true);
    assert_eq!(second.counters().dropped_address_taken, 1);
    assert_eq!(second.router.elsewhere(&path.remote, &[22]), Some(0));
    first.pass(ADDRESS_HOLD_NS);
    second.pass(ADDRESS_HOLD_NS);
    second.check(came, true);
    assert_eq!(second.router.elsewhere(&path.remote, &[22]), None);
    // The former owner learns of it with its next tick, and sends there no more.
    first.pass(crate::router::TICK_NS);
    assert_eq!(first.router.elsewhere(&path.remote, &[22]), Some(1));
    let taken = first.counters().rtp_received;
    first.receive_from(path, &[128; 40]);
    assert_eq!(first.counters().rtp_received, taken);
    assert_eq!(first.counters().dropped_unvalidated_source, 1);
    assert!(!first.router.snapshot(first.now_ns).peers[0].1.is_ready);
}

#[test]
fn a_moved_peers_packets_are_known_by_their_ssrc() {
    let directory = Arc::new(Directory::default());
    let (mut first, publisher, _) = video_pair_in(World::with(Router::beside(
        1,
        Some(Member::new(Arc::clone(&directory), 0)),
    )));
    let second = World::with(Router::beside(1, Some(Member::new(directory, 1))));
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut first, publisher, &sender.frame(true, 1));
    first.pass(crate::router::TICK_NS);
    let packet = sender.frame(false, 1)[0].bytes();
    let datagram = first.clients[publisher].protect_rtp(&packet);
    let moved = address(9999).remote;
    assert_eq!(second.router.elsewhere(&moved, &datagram), Some(0));
    assert_eq!(first.router.elsewhere(&moved, &datagram), None);
    let stranger = [128, 96, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9];
    assert_eq!(second.router.elsewhere(&moved, &stranger), None);
}

#[test]
fn an_address_pushed_out_by_newer_ones_is_nobodys() {
    let [mut first, second] = two_worlds();
    let client = first.open(1);
    let oldest = first.clients[client].path;
    for port in 2000..2020 {
        first.pass(1_000_000);
        first.check(client, true);
        first.clients[client].path = address(port);
    }
    assert_eq!(second.router.elsewhere(&oldest.remote, &[22]), None);
}
