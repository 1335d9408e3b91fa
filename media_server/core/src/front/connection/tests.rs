//! One connection over a real socket: what it takes for what, what it hands on, and when it ends.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream as Client};
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use mio::Poll;
use rustls::crypto::aws_lc_rs;
use rustls::server::ResolvesServerCertUsingSni;

use super::*;
use crate::front::send_queue::{MAX_AGE_NS, MAX_BYTES};

const HANG: Duration = Duration::from_secs(60);
const SECOND_NS: u64 = 1_000_000_000;
const PLACE: usize = 3;
const OURS: &str = "192.0.2.1:7882";

/// A STUN header of a binding request without attributes.
const CHECK: [u8; 20] = [
    0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];

/// A connection, its client, and the world around them.
struct Scene {
    connection: Connection,
    client: Client,
    now_ns: u64,
    batch: Batch,
    lanes: FxHashMap<StreamId, Lane>,
    next_stream: StreamId,
    quota: Quota,
    counters: FrontCounters,
    poll: Poll,
}

impl Scene {
    fn new(speaks: Speaks) -> Scene {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = Client::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(HANG)).unwrap();
        let (accepted, from) = listener.accept().unwrap();
        accepted.set_nonblocking(true).unwrap();
        let socket = TcpStream::from_std(accepted);
        let connection = Connection::new(socket, from, Arc::new(speaks), PLACE, Token(9), 0);
        Scene {
            connection,
            client,
            now_ns: 0,
            batch: Batch::default(),
            lanes: FxHashMap::default(),
            next_stream: 40,
            quota: Quota::default(),
            counters: FrontCounters::default(),
            poll: Poll::new().unwrap(),
        }
    }

    fn says(speaks: Speaks, bytes: &[u8]) -> Scene {
        let mut scene = Scene::new(speaks);
        scene.client.write_all(bytes).unwrap();
        scene
    }

    fn advance(&mut self) -> Result<Progress, End> {
        self.connection.note_client(true, true);
        self.connection.note_backend(true, true);
        let mut world = World {
            at: Moment {
                now_ns: self.now_ns,
                wall_s: 1_000_000,
            },
            batch: &mut self.batch,
            lanes: &mut self.lanes,
            next_stream: &mut self.next_stream,
            quota: &mut self.quota,
            counters: &self.counters,
            registry: self.poll.registry(),
        };
        self.connection.advance(&mut world)
    }

    /// Moves on until it is so; the kernel takes its time even within one machine.
    fn until(&mut self, is_so: impl Fn(&Scene) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            assert!(began.elapsed() < HANG, "it never came to be");
            assert!(self.advance().is_ok());
            std::thread::yield_now();
        }
    }

    fn end(&mut self) -> End {
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < HANG, "it never ended");
            if let Err(end) = self.advance() {
                return end;
            }
            std::thread::yield_now();
        }
    }

    /// What the router is given: of which stream, from which address.
    fn taken(&mut self) -> Vec<(StreamId, SocketAddr, Vec<u8>)> {
        let arrivals = self
            .batch
            .arrivals()
            .map(|arrival| match arrival.path.remote {
                Remote::Stream { id, address } => (id, address, arrival.bytes.to_vec()),
                Remote::Udp(_) => panic!("no stream"),
            });
        arrivals.collect()
    }

    fn heard_by_client(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.client.read_exact(&mut bytes).unwrap();
        bytes
    }
}

fn secure(backend: &str) -> Speaks {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
    let turn = Policy {
        secret: b"secret".to_vec(),
        realm: "realm".to_owned(),
        peers: vec![OURS.parse().unwrap()],
    };
    Speaks::Secure {
        tls: Arc::new(tls),
        backend: PathBuf::from(backend),
        turn: Arc::new(turn),
    }
}

fn framed(datagram: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    framing::write(&mut bytes, datagram);
    bytes
}

#[test]
fn framed_datagrams_go_to_the_router_whole_however_they_come() {
    let mut scene = Scene::says(Speaks::Media, &framed(&CHECK));
    scene.until(|scene| scene.batch.len() == 1);
    let bytes = framed(b"a second one");
    scene.client.write_all(&bytes[..5]).unwrap();
    assert_eq!(scene.advance(), Ok(Progress::Waits));
    assert_eq!(scene.batch.len(), 1);
    scene.client.write_all(&bytes[5..]).unwrap();
    scene.until(|scene| scene.batch.len() == 2);
    let from = scene.client.local_addr().unwrap();
    let expected = vec![
        (40, from, CHECK.to_vec()),
        (40, from, b"a second one".to_vec()),
    ];
    assert_eq!(scene.taken(), expected);
    let lane = scene.lanes[&40];
    assert_eq!((lane.connection, lane.peer), (PLACE, None));
    scene.connection.leave(&mut scene.lanes, &mut scene.quota);
    assert!(scene.lanes.is_empty());
}

#[test]
fn what_is_sent_to_a_framed_stream_comes_out_behind_its_length() {
    let mut scene = Scene::says(Speaks::Media, &framed(&CHECK));
    scene.until(|scene| !scene.lanes.is_empty());
    assert_eq!(scene.connection.send(0, None, b"answer"), 0);
    scene.advance().unwrap();
    assert_eq!(scene.heard_by_client(8), b"\x00\x06answer");
}

#[test]
fn foreign_speech_ends_a_connection_at_once() {
    let too_long = [&framed(&CHECK)[..], &[0xff, 0xff]].concat();
    for bytes in [
        &b"\x80nonsense"[..],
        b"GET / HTTP/1.1\r\n",
        &[22, 3, 1, 0, 5],
        &too_long,
        &CHECK,
    ] {
        assert_eq!(
            Scene::says(Speaks::Media, bytes).end(),
            End::Foreign,
            "{bytes:?}"
        );
    }
    let broken_tls = [&[22, 3, 1, 0, 5][..], b"nonsense that is no handshake"].concat();
    let broken_turn = [&CHECK[..], &[0x80; 30]].concat();
    for bytes in [
        &b"\x80nonsense"[..],
        b"GET / HTTP/1.1\r\n",
        &broken_tls,
        &broken_turn,
    ] {
        assert_eq!(
            Scene::says(secure("/"), bytes).end(),
            End::Foreign,
            "{bytes:?}"
        );
    }
}

#[test]
fn who_goes_before_or_after_saying_anything_is_gone() {
    for bytes in [Vec::new(), vec![0, 20], framed(&CHECK), CHECK.to_vec()] {
        let scene = Scene::says(secure("/"), &bytes);
        scene.client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut scene = scene;
        assert_eq!(scene.end(), End::Over, "{bytes:?}");
    }
}

#[test]
fn who_says_too_little_is_late() {
    let mut scene = Scene::says(Speaks::Media, &[0]);
    scene.advance().unwrap();
    assert!(!scene.connection.is_late(OPENING_NS - 1));
    assert!(scene.connection.is_late(OPENING_NS));
    scene.client.write_all(&framed(&CHECK)[1..]).unwrap();
    scene.now_ns = SECOND_NS;
    scene.until(|scene| !scene.batch.is_empty());
    assert!(!scene.connection.is_late(SECOND_NS + SILENCE_NS - 1));
    assert!(scene.connection.is_late(SECOND_NS + SILENCE_NS));
}

#[test]
fn a_stream_that_nobody_reads_drops_what_is_old_and_what_has_no_room() {
    let mut scene = Scene::says(Speaks::Media, &framed(&CHECK));
    scene.until(|scene| !scene.lanes.is_empty());
    let datagram = vec![7; 1_000];
    let mut sent = 0_u64;
    // The kernel's buffers first, then ours.
    let mut dropped = 0;
    while dropped == 0 {
        dropped = scene.connection.send(0, None, &datagram);
        sent += 1;
        if sent.is_multiple_of(64) {
            scene.advance().unwrap();
        }
        assert!(sent < 100_000, "it is not bounded");
    }
    assert_eq!(dropped, 1);
    let waiting = (MAX_BYTES / 1_002) as u64;
    assert_eq!(
        scene.connection.send(MAX_AGE_NS + 1, None, &datagram),
        waiting
    );
}

#[test]
fn a_turn_client_is_told_its_address_and_outlives_its_opening_only_with_an_allocation() {
    let mut scene = Scene::says(secure("/"), &CHECK);
    scene.now_ns = SECOND_NS;
    scene.until(|scene| !scene.connection.is_late(OPENING_NS));
    assert!(scene.connection.is_late(SECOND_NS + OPENING_NS));
    let answer = scene.heard_by_client(32);
    assert_eq!(answer[..2], [1, 1]);
    assert_eq!(answer[8..20], CHECK[8..]);
    let port = scene.client.local_addr().unwrap().port();
    assert_eq!(u16::from_be_bytes([answer[26], answer[27]]) ^ 0x2112, port);
    assert!(scene.batch.is_empty());
    // Nothing was allocated: what it would have relayed goes nowhere, and is counted.
    let mut data = Vec::new();
    turn::write_channel_data(&mut data, 0x4001, b"data");
    scene.client.write_all(&data).unwrap();
    scene.until(|scene| {
        scene
            .counters
            .values()
            .contains(&("turn_datagrams_refused", 1))
    });
    assert!(scene.batch.is_empty());
    scene.connection.leave(&mut scene.lanes, &mut scene.quota);
}

#[test]
fn a_handshake_that_has_no_certificate_to_show_ends() {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = "example.org".try_into().unwrap();
    let mut tls = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut hello = Vec::new();
    tls.write_tls(&mut hello).unwrap();
    let mut scene = Scene::says(secure("/"), &hello[..10]);
    assert_eq!(scene.advance(), Ok(Progress::Waits));
    scene.client.write_all(&hello[10..]).unwrap();
    assert_eq!(scene.end(), End::Foreign);
    // The alert says why before the connection ends.
    assert_eq!(scene.heard_by_client(1), [21]);
}

#[test]
fn bytes_are_not_read_while_nobody_takes_them() {
    let folder = std::env::temp_dir().join(format!("lianzhen-relay-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let backend = folder.join("http");
    let _listener = UnixListener::bind(&backend).unwrap();
    let mut scene = Scene::new(Speaks::Media);
    let mut heard = Vec::new();
    let ends = (scene.connection.client(), scene.connection.client());
    let registry = scene.poll.registry();
    let relay = Relay::connect(&backend, registry, Token(9), ends, &mut heard).unwrap();
    scene.connection.stage = Stage::Http(relay);
    scene.client.set_nonblocking(true).unwrap();
    let chunk = vec![1; CHUNK_BYTES];
    // Both the kernel's and our buffers fill, and the client has to wait.
    let began = Instant::now();
    let mut refused = 0;
    while refused < 3 {
        assert!(began.elapsed() < HANG, "it is not bounded");
        match scene.client.write(&chunk) {
            Ok(_) => refused = 0,
            Err(_) => refused += 1,
        }
        scene.advance().unwrap();
    }
    assert!(scene.connection.heard.len() <= MAX_HEARD_BYTES + CHUNK_BYTES);
    std::fs::remove_dir_all(&folder).unwrap();
}
