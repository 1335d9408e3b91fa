//! What a TURN session grants, to whom, how much of it and for how long.
use aws_lc_rs::hmac;
use md5::{Digest, Md5};

use super::*;

const WALL_S: u64 = 1_000_000;
const NAME: &str = "1000300:PA_seat";
const CHANNEL: u16 = 0x4001;
const ALLOCATE: u16 = 0x0003;
const REFRESH: u16 = 0x0004;
const CREATE_PERMISSION: u16 = 0x0008;
const CHANNEL_BIND: u16 = 0x0009;
const UDP: (u16, &[u8]) = (0x0019, &[17, 0, 0, 0]);
const V4: &str = "192.0.2.1:7882";
const V6: &str = "[2001:db8::1]:7882";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A client with its session and the quota of all.
struct World {
    session: Session,
    quota: Quota,
    name: String,
    password: String,
    now_ns: u64,
}

fn policy(peers: &[&str]) -> Arc<Policy> {
    Arc::new(Policy {
        secret: b"secret".to_vec(),
        realm: "realm".to_owned(),
        peers: peers.iter().map(|peer| address(peer)).collect(),
    })
}

impl World {
    fn new(peers: &[&str]) -> World {
        World::named(peers, NAME)
    }

    fn named(peers: &[&str], name: &str) -> World {
        World {
            session: Session::new(policy(peers), address("198.51.100.7:50000"), [9; 16], 5),
            quota: Quota::default(),
            name: name.to_owned(),
            password: turn::password_of(b"secret", name),
            now_ns: SECOND_NS,
        }
    }

    fn allocated(peers: &[&str]) -> World {
        let mut world = World::new(peers);
        assert_eq!(world.ask(ALLOCATE, &[UDP]), 0);
        world
    }

    fn receive(&mut self, message: &[u8]) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        let at = Moment {
            now_ns: self.now_ns,
            wall_s: WALL_S,
        };
        let outcome = self.session.receive(at, &mut self.quota, message, &mut out);
        let is_relayed = matches!(outcome.unwrap(), Outcome::Relayed { .. });
        (out, is_relayed)
    }

    /// Asks under the client's own name and nonce; returns the error's number, 0 for none.
    fn ask(&mut self, kind: u16, attributes: &[(u16, &[u8])]) -> u16 {
        let nonce = self.session.nonce.clone();
        self.ask_with(kind, attributes, &nonce)
    }

    fn ask_with(&mut self, kind: u16, attributes: &[(u16, &[u8])], nonce: &str) -> u16 {
        let name = self.name.clone();
        let mut all = vec![
            (0x0006, name.as_bytes()),
            (0x0014, b"realm".as_slice()),
            (0x0015, nonce.as_bytes()),
        ];
        all.extend_from_slice(attributes);
        let message = signed(kind, &all, &self.name, &self.password);
        error_of(&self.receive(&message).0)
    }

    fn permit(&mut self, peer: &str) -> u16 {
        self.ask(CREATE_PERMISSION, &[(0x0012, &xored(address(peer)))])
    }

    fn bind(&mut self, number: u16, peer: &str) -> u16 {
        let number = [number.to_be_bytes(), [0; 2]].concat();
        self.ask(
            CHANNEL_BIND,
            &[(0x000c, &number), (0x0012, &xored(address(peer)))],
        )
    }

    /// True if a datagram of so many bytes gets to the peer by a Send indication.
    fn sends(&mut self, peer: &str, bytes: usize) -> bool {
        let mut message = vec![0, 0x16, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        message.extend([7; 12]);
        append(&mut message, 0x0012, &xored(address(peer)));
        append(&mut message, 0x0013, &vec![1; bytes]);
        self.receive(&finished(message)).1
    }

    fn sends_by_channel(&mut self, number: u16) -> bool {
        let mut message = Vec::new();
        turn::write_channel_data(&mut message, number, b"data");
        self.receive(&message).1
    }
}

fn append(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn finished(mut message: Vec<u8>) -> Vec<u8> {
    let length = (message.len() as u16 - 20).to_be_bytes();
    message[2..4].copy_from_slice(&length);
    message
}

fn request(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut message = kind.to_be_bytes().to_vec();
    message.extend([0, 0, 0x21, 0x12, 0xa4, 0x42]);
    message.extend([7; 12]);
    for (kind, value) in attributes {
        append(&mut message, *kind, value);
    }
    finished(message)
}

fn signed(kind: u16, attributes: &[(u16, &[u8])], name: &str, password: &str) -> Vec<u8> {
    let mut message = request(kind, attributes);
    let covered = (message.len() as u16 + 4).to_be_bytes();
    message[2..4].copy_from_slice(&covered);
    let key = Md5::digest(format!("{name}:realm:{password}"));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &message);
    append(&mut message, 0x0008, tag.as_ref());
    finished(message)
}

/// XOR-PEER-ADDRESS of a message whose transaction is all sevens.
fn xored(peer: SocketAddr) -> Vec<u8> {
    let pad = [&[0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
    let (family, octets) = match peer.ip() {
        std::net::IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        std::net::IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let port = (peer.port() ^ 0x2112).to_be_bytes();
    let mut value = vec![0, family, port[0], port[1]];
    value.extend(octets.iter().zip(&pad).map(|(octet, pad)| octet ^ pad));
    value
}

/// The number of the error that an answer tells; 0 for success.
fn error_of(answer: &[u8]) -> u16 {
    if u16::from_be_bytes([answer[0], answer[1]]) & 0x0110 == 0x0100 {
        return 0;
    }
    let mut at = 20;
    while answer[at..at + 2] != [0, 9] {
        at += 4 + usize::from(u16::from_be_bytes([answer[at + 2], answer[at + 3]]))
            .next_multiple_of(4);
    }
    u16::from(answer[at + 6]) * 100 + u16::from(answer[at + 7])
}

#[test]
fn who_only_wants_to_know_its_address_is_told_without_a_name() {
    let mut world = World::new(&[V4]);
    assert_eq!(error_of(&world.receive(&request(0x0001, &[])).0), 0);
    assert_eq!(world.session.holder(), None);
    assert_eq!(world.receive(&request(0x0011, &[])), (Vec::new(), false));
}

#[test]
fn names_and_signatures_are_asked_for() {
    let mut world = World::new(&[V4]);
    assert_eq!(error_of(&world.receive(&request(ALLOCATE, &[UDP])).0), 401);
    let nameless = signed(ALLOCATE, &[UDP], NAME, &world.password);
    assert_eq!(error_of(&world.receive(&nameless).0), 400);
    assert_eq!(world.ask_with(ALLOCATE, &[UDP], "another nonce"), 438);
    world.password = "guessed".to_owned();
    assert_eq!(world.ask(ALLOCATE, &[UDP]), 401);
    for name in ["1000000:late", "never:seat", "1000300"] {
        assert_eq!(
            World::named(&[V4], name).ask(ALLOCATE, &[UDP]),
            401,
            "{name}"
        );
    }
}

#[test]
fn a_call_outlives_its_name_but_nobody_else_takes_it_over() {
    let mut world = World::allocated(&[V4]);
    let at = Moment {
        now_ns: 2 * SECOND_NS,
        wall_s: WALL_S + 100_000,
    };
    let nonce = world.session.nonce.clone();
    let ours: [(u16, &[u8]); 3] = [
        (0x0006, NAME.as_bytes()),
        (0x0014, b"realm"),
        (0x0015, nonce.as_bytes()),
    ];
    let message = signed(REFRESH, &ours, NAME, &world.password);
    let mut out = Vec::new();
    let outcome = world
        .session
        .receive(at, &mut world.quota, &message, &mut out);
    assert_eq!((outcome, error_of(&out)), (Ok(Outcome::Done), 0));
    world.name = "1000300:PA_other".to_owned();
    world.password = turn::password_of(b"secret", &world.name);
    assert_eq!(world.ask(REFRESH, &[]), 441);
}

#[test]
fn an_allocation_is_of_the_family_that_was_asked_for() {
    let family = |number: u8| [number, 0, 0, 0];
    for (peers, asked, relayed) in [
        (&[V6, V4][..], None, Some("192.0.2.1:49157")),
        (&[V6], None, Some("[2001:db8::1]:49157")),
        (&[V6, V4], Some(2), Some("[2001:db8::1]:49157")),
        (&[V6, V4], Some(1), Some("192.0.2.1:49157")),
        (&[V6], Some(1), None),
        (&[V4], Some(2), None),
    ] {
        let mut world = World::new(peers);
        let value = family(asked.unwrap_or(0));
        let attributes = [UDP, (0x0017, &value[..])];
        let told = &attributes[..1 + usize::from(asked.is_some())];
        assert_eq!(world.ask(ALLOCATE, told) == 0, relayed.is_some());
        assert_eq!(world.session.relayed(), relayed.map(address));
    }
}

#[test]
fn an_allocation_is_for_datagrams_and_there_is_one() {
    let mut world = World::new(&[V4]);
    assert_eq!(world.ask(ALLOCATE, &[]), 400);
    assert_eq!(world.ask(ALLOCATE, &[(0x0019, &[6, 0, 0, 0])]), 442);
    assert_eq!(world.ask(ALLOCATE, &[UDP, (0x7fff, b"what")]), 420);
    assert_eq!(world.ask(ALLOCATE, &[UDP]), 0);
    assert_eq!(world.ask(ALLOCATE, &[UDP]), 437);
    assert_eq!(world.session.holder(), Some(NAME));
}

#[test]
fn a_name_has_so_many_allocations_and_all_names_together_too() {
    let mut world = World::new(&[V4]);
    for _ in 0..MAX_PER_NAME {
        world.quota.take(NAME);
    }
    assert_eq!(world.ask(ALLOCATE, &[UDP]), 486);
    world.quota.give_back(NAME);
    assert_eq!(world.ask(ALLOCATE, &[UDP]), 0);
    world.quota.give_back("nobody");
    assert_eq!(world.quota.total, MAX_PER_NAME);
    let mut full = World::new(&[V4]);
    for number in 0..MAX_ALLOCATIONS {
        full.quota.take(&number.to_string());
    }
    assert_eq!(full.ask(ALLOCATE, &[UDP]), 508);
    full.quota.give_back("7");
    assert_eq!(full.ask(ALLOCATE, &[UDP]), 0);
}

#[test]
fn without_an_allocation_there_is_nothing_to_ask_for() {
    let mut world = World::new(&[V4]);
    assert_eq!(world.ask(REFRESH, &[]), 437);
    assert_eq!(world.permit(V4), 437);
    assert_eq!(world.bind(CHANNEL, V4), 437);
    assert!(!world.sends(V4, 10));
    assert!(!world.sends_by_channel(CHANNEL));
    let mut out = Vec::new();
    world.session.wrap(0, address(V4), b"data", &mut out);
    assert_eq!((out, world.session.expires_ns()), (Vec::new(), None));
}

#[test]
fn an_allocation_lasts_as_long_as_was_asked_for_within_limits() {
    let mut world = World::allocated(&[V4]);
    let until = |seconds: u64| Some((1 + seconds) * SECOND_NS);
    assert_eq!(world.session.expires_ns(), until(600));
    for (asked, given) in [(1, 600), (1_000, 1_000), (1 << 30, 3_600)] {
        assert_eq!(world.ask(REFRESH, &[(0x000d, &u32::to_be_bytes(asked))]), 0);
        assert_eq!(world.session.expires_ns(), until(given));
    }
    assert_eq!(world.ask(REFRESH, &[(0x000d, &[0; 4])]), 0);
    assert_eq!((world.session.holder(), world.quota.total), (None, 0));
}

#[test]
fn only_our_media_addresses_are_ever_relayed_to() {
    let mut world = World::allocated(&[V4, V6]);
    assert_eq!(world.ask(CREATE_PERMISSION, &[]), 400);
    for foreign in [
        "127.0.0.1:7882",
        "169.254.169.254:80",
        "[::1]:7882",
        "[::ffff:10.0.0.1]:7882",
    ] {
        assert_eq!(world.permit(foreign), 403, "{foreign}");
        assert_eq!(world.bind(CHANNEL, foreign), 403, "{foreign}");
        assert!(!world.sends(foreign, 10), "{foreign}");
    }
    assert!(!world.sends(V4, 10));
    // A permission is for an address, whatever its port; what is relayed goes to our port alone.
    assert_eq!(world.permit("192.0.2.1:22"), 0);
    assert!(!world.sends("192.0.2.1:22", 10));
    assert!(world.sends(V4, 10));
    assert!(!world.sends(V6, 10));
    assert_eq!(world.bind(CHANNEL, "192.0.2.1:22"), 403);
    assert_eq!(world.permit(V6), 0);
    assert!(world.sends(V6, 10));
}

#[test]
fn a_permission_ends_unless_it_is_asked_for_again() {
    let mut world = World::allocated(&[V4]);
    assert_eq!(world.permit(V4), 0);
    world.now_ns += PERMISSION_NS - 1;
    assert!(world.sends(V4, 10));
    assert_eq!(world.permit(V4), 0);
    world.now_ns += PERMISSION_NS - 1;
    assert!(world.sends(V4, 10));
    world.now_ns += 1;
    assert!(!world.sends(V4, 10));
}

#[test]
fn a_channel_is_a_number_for_one_of_our_addresses() {
    let mut world = World::allocated(&[V4, V6]);
    assert_eq!(
        world.ask(CHANNEL_BIND, &[(0x0012, &xored(address(V4)))]),
        400
    );
    assert_eq!(world.ask(CHANNEL_BIND, &[(0x000c, &[0x40, 1, 0, 0])]), 400);
    assert_eq!(world.bind(0x5000, V4), 400);
    assert!(!world.sends_by_channel(CHANNEL));
    assert_eq!(world.bind(CHANNEL, V4), 0);
    assert!(world.sends_by_channel(CHANNEL));
    // The same again is a refresh; another address for the number, or number for the address, is not.
    assert_eq!(world.bind(CHANNEL, V4), 0);
    assert_eq!(world.bind(CHANNEL, V6), 400);
    assert_eq!(world.bind(CHANNEL + 1, V4), 400);
    let (mut by_channel, mut plain) = (Vec::new(), Vec::new());
    world
        .session
        .wrap(world.now_ns, address(V4), b"data", &mut by_channel);
    assert_eq!(by_channel, [&[0x40, 1, 0, 4][..], b"data"].concat());
    world
        .session
        .wrap(world.now_ns, address(V6), b"data", &mut plain);
    assert_eq!(plain[..2], [0, 0x17]);
    let mut late = Vec::new();
    world
        .session
        .wrap(world.now_ns + CHANNEL_NS, address(V4), b"data", &mut late);
    assert_eq!(late[..2], [0, 0x17]);
}

#[test]
fn channels_are_bounded_in_number() {
    let peers: Vec<String> = (0..=MAX_CHANNELS)
        .map(|number| format!("192.0.2.{number}:7882"))
        .collect();
    let peers: Vec<&str> = peers.iter().map(String::as_str).collect();
    let mut world = World::allocated(&peers);
    let bound: Vec<u16> = (CHANNEL..)
        .zip(&peers)
        .map(|(number, peer)| world.bind(number, peer))
        .collect();
    assert_eq!(bound[..MAX_CHANNELS], [0; MAX_CHANNELS]);
    assert_eq!(bound[MAX_CHANNELS], 508);
}

#[test]
fn what_is_relayed_is_bounded_in_bytes_a_second() {
    let mut world = World::allocated(&[V4]);
    assert_eq!(world.permit(V4), 0);
    let mut relayed = 0;
    while world.sends(V4, 2_000) {
        relayed += 2_000;
    }
    assert_eq!(relayed, BYTES_PER_SECOND);
    world.now_ns += SECOND_NS / 1_000;
    assert!(world.sends(V4, 2_000) && world.sends(V4, 2_000) && !world.sends(V4, 2_000));
    world.now_ns += 100 * SECOND_NS;
    let relayed = (0..10_000).filter(|_| world.sends(V4, 2_000)).count() as u64;
    assert_eq!(relayed * 2_000, BYTES_PER_SECOND);
}

#[test]
fn what_is_no_message_of_a_client_ends_the_session() {
    let mut world = World::new(&[V4]);
    let at = Moment {
        now_ns: 0,
        wall_s: 0,
    };
    let response = finished(request(0x0101, &[]));
    let outcome = world
        .session
        .receive(at, &mut world.quota, &response, &mut Vec::new());
    assert_eq!(outcome, Err(TurnError::Unexpected));
}
