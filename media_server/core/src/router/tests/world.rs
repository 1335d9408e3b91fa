//! The fake network and the fake clients that all router tests use.
use std::net::SocketAddr;

use aws_lc_rs::hmac;
use lianzhen_wire::frame_assembler::Codec;
use lianzhen_wire::rtcp::{self, SenderInfo};
use lianzhen_wire::rtp::{self, ExtensionWriter, SequenceUnwrapper};
use lianzhen_wire::srtp::{Profile, Receiver, Sender};

use crate::egress::{Path, Remote};
use crate::events::Event;
use crate::input::{InputCodec, MediaKind};
use crate::peers::ExtensionIds;
use crate::router::{Router, SendReport, TICK_NS};
use crate::routes::{InputRoute, OutputCodec, OutputRoute, RouteChange};
use crate::tap::TapRecord;

pub const MS: u64 = 1_000_000;
pub const S: u64 = 1_000_000_000;

/// Header extension ids of publishers.
pub const IDS: ExtensionIds = ExtensionIds {
    mid: 1,
    rid: 2,
    repaired_rid: 3,
    audio_level: 4,
    transport_cc: 5,
    video_orientation: 6,
    playout_delay: 11,
};

/// Other ids of subscribers, so that a mix-up shows.
pub const SUBSCRIBER_IDS: ExtensionIds = ExtensionIds {
    mid: 9,
    rid: 0,
    repaired_rid: 0,
    audio_level: 8,
    transport_cc: 7,
    video_orientation: 10,
    playout_delay: 12,
};

pub const VP8: u8 = 96;
pub const VP8_RTX: u8 = 97;
pub const OPUS: u8 = 111;
pub const RED: u8 = 61;
pub const OUT_VP8: u8 = 100;
pub const OUT_VP8_RTX: u8 = 101;
pub const OUT_OPUS: u8 = 63;
pub const OUT_RED: u8 = 62;

/// A received RTP packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub payload_type: u8,
    pub has_marker: bool,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub elements: Vec<(u8, Vec<u8>)>,
    pub payload: Vec<u8>,
    pub padding_len: u8,
}

/// One end that the core knows as a peer.
pub struct Client {
    pub peer: u32,
    pub path: Path,
    pub ufrag: String,
    pub password: String,
    to_core: Sender,
    from_core: Receiver,
    sent: std::collections::HashMap<u32, SequenceUnwrapper>,
    pub rtp: Vec<Received>,
    pub rtcp: Vec<Vec<u8>>,
    pub stun: Vec<Vec<u8>>,
    pub other: Vec<Vec<u8>>,
}

pub struct World {
    pub router: Router,
    pub now_ns: u64,
    pub clients: Vec<Client>,
    pub events: Vec<Event>,
    pub records: Vec<(u32, TapRecord)>,
    /// Datagrams to addresses where no client listens.
    pub stray: usize,
}

pub fn address(port: u16) -> Path {
    Path {
        remote: Remote::Udp(SocketAddr::from(([10, 0, 0, 1], port))),
        local_ip: None,
    }
}

impl World {
    pub fn new() -> World {
        World::with(Router::new(1))
    }

    pub fn with(router: Router) -> World {
        World {
            router,
            now_ns: 1000 * S,
            clients: vec![],
            events: vec![],
            records: vec![],
            stray: 0,
        }
    }

    /// Opens a peer without validating an address or setting keys; returns its index.
    pub fn open(&mut self, peer: u32) -> usize {
        let ufrag = format!("ufrag{peer}");
        let password = format!("a password of peer {peer}");
        self.router
            .open_peer(peer, &ufrag, password.as_bytes())
            .unwrap();
        let keys = keys_of(peer);
        self.clients.push(Client {
            peer,
            path: address(1000 + peer as u16),
            ufrag,
            password,
            to_core: Sender::new(Profile::AeadAes128Gcm, &keys.0).unwrap(),
            from_core: Receiver::new(Profile::AeadAes128Gcm, &keys.1).unwrap(),
            sent: Default::default(),
            rtp: vec![],
            rtcp: vec![],
            stun: vec![],
            other: vec![],
        });
        self.clients.len() - 1
    }

    pub fn set_keys(&mut self, client: usize) {
        let peer = self.clients[client].peer;
        let keys = keys_of(peer);
        self.router
            .set_keys(self.now_ns, peer, Profile::AeadAes128Gcm, &keys.0, &keys.1)
            .unwrap();
        self.collect();
    }

    /// A peer with a validated address and keys.
    pub fn join(&mut self, peer: u32, ids: ExtensionIds) -> usize {
        let client = self.open(peer);
        self.check(client, true);
        self.set_keys(client);
        self.apply(vec![RouteChange::SetExtensions { peer, ids }]);
        self.clients[client].stun.clear();
        self.events.clear();
        client
    }

    pub fn apply(&mut self, changes: Vec<RouteChange>) {
        self.router.apply(self.now_ns, &changes).unwrap();
        self.collect();
    }

    /// The client sends an authentic check from where it is.
    pub fn check(&mut self, client: usize, nominate: bool) {
        let request = self.clients[client].binding_request(nominate);
        let path = self.clients[client].path;
        self.receive_from(path, &request);
    }

    pub fn receive_from(&mut self, path: Path, datagram: &[u8]) {
        let mut datagram = datagram.to_vec();
        self.router
            .receive_datagram(self.now_ns, self.now_ns, path, &mut datagram);
        self.collect();
    }

    /// The client sends a plain RTP packet, protected on the way.
    pub fn send_rtp(&mut self, client: usize, packet: &[u8]) {
        let datagram = self.clients[client].protect_rtp(packet);
        let path = self.clients[client].path;
        self.receive_from(path, &datagram);
    }

    /// The client sends a plain RTCP compound, protected on the way.
    pub fn send_rtcp(&mut self, client: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let mut datagram = vec![];
        write(&mut datagram);
        self.clients[client].to_core.protect_rtcp(&mut datagram, 0);
        let path = self.clients[client].path;
        self.receive_from(path, &datagram);
    }

    /// Time passes, with its ticks.
    pub fn pass(&mut self, duration_ns: u64) {
        let end_ns = self.now_ns + duration_ns;
        while self.now_ns < end_ns {
            self.now_ns = (self.now_ns + TICK_NS).min(end_ns);
            self.router.on_tick(self.now_ns);
            self.collect();
        }
    }

    pub fn counters(&mut self) -> crate::counters::Counters {
        *self.router.counters_mut()
    }

    /// Delivers what the router wants sent, and takes what it tells.
    pub fn collect(&mut self) {
        let mut report = SendReport::default();
        let mut datagrams = vec![];
        for burst in self.router.outgoing(self.now_ns).bursts() {
            report.sends += 1;
            for datagram in burst.bytes.chunks(burst.segment_bytes) {
                report.datagrams += 1;
                report.bytes += datagram.len() as u64;
                datagrams.push((burst.path, datagram.to_vec()));
            }
        }
        self.router.sent(report);
        for (path, datagram) in datagrams {
            match self
                .clients
                .iter_mut()
                .find(|client| client.path.remote == path.remote)
            {
                Some(client) => client.receive(&datagram),
                None => self.stray += 1,
            }
        }
        self.events.extend(self.router.drain_events());
        self.records.extend(self.router.drain_tap_records());
    }

    pub fn take_rtp(&mut self, client: usize) -> Vec<Received> {
        std::mem::take(&mut self.clients[client].rtp)
    }

    pub fn take_rtcp(&mut self, client: usize) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.clients[client].rtcp)
    }
}

fn keys_of(peer: u32) -> (Vec<u8>, Vec<u8>) {
    let key = |salt: u8| {
        (0..28)
            .map(|index| index ^ salt ^ (peer as u8).rotate_left(3))
            .collect()
    };
    (key(0x11), key(0xa5))
}

impl Client {
    pub fn binding_request(&self, nominate: bool) -> Vec<u8> {
        binding_request(&self.ufrag, self.password.as_bytes(), nominate)
    }

    pub fn protect_rtp(&mut self, packet: &[u8]) -> Vec<u8> {
        let header = rtp::parse(packet).unwrap();
        let extended = self
            .sent
            .entry(header.ssrc)
            .or_default()
            .unwrap(header.sequence);
        let mut datagram = packet.to_vec();
        self.to_core
            .protect_rtp(&mut datagram, 0, header.header_len, extended - (1 << 16));
        datagram
    }

    pub fn protect_rtcp(&mut self, compound: &[u8]) -> Vec<u8> {
        let mut datagram = compound.to_vec();
        self.to_core.protect_rtcp(&mut datagram, 0);
        datagram
    }

    /// Protects bytes that need not be RTP, as far as SRTP can, under a fresh sequence number.
    pub fn protect_anything(&mut self, plain: &[u8], sequence: u16) -> Option<Vec<u8>> {
        let mut datagram = plain.to_vec();
        // SRTP needs to find the header's end.
        let header = rtp::parse(plain).ok()?;
        datagram[2..4].copy_from_slice(&sequence.to_be_bytes());
        self.to_core
            .protect_rtp(&mut datagram, 0, header.header_len, sequence.into());
        Some(datagram)
    }

    fn receive(&mut self, datagram: &[u8]) {
        let mut plain = datagram.to_vec();
        match lianzhen_wire::demux::classify(datagram) {
            lianzhen_wire::demux::Class::Rtp => {
                let length = self
                    .from_core
                    .unprotect_rtp(&mut plain)
                    .expect("authentic and not sent twice");
                let plain = &plain[..length];
                let header = rtp::parse(plain).unwrap();
                self.rtp.push(Received {
                    payload_type: header.payload_type,
                    has_marker: header.has_marker,
                    sequence: header.sequence,
                    timestamp: header.timestamp,
                    ssrc: header.ssrc,
                    elements: header
                        .extensions(plain)
                        .map(|(id, value)| (id, value.to_vec()))
                        .collect(),
                    payload: plain[header.payload_range.clone()].to_vec(),
                    padding_len: header.padding_len,
                });
            }
            lianzhen_wire::demux::Class::Rtcp => {
                let length = self
                    .from_core
                    .unprotect_rtcp(&mut plain)
                    .expect("authentic");
                self.rtcp.push(plain[..length].to_vec());
            }
            lianzhen_wire::demux::Class::Stun => self.stun.push(plain),
            _ => self.other.push(plain),
        }
    }
}

/// A STUN binding request as browsers send it (RFC 8445 §7.2.2).
pub fn binding_request(ufrag: &str, password: &[u8], nominate: bool) -> Vec<u8> {
    let username = format!("{ufrag}:theirs");
    let mut out = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    out.extend_from_slice(b"transaction!");
    let attribute = |out: &mut Vec<u8>, kind: u16, value: &[u8]| {
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&(value.len() as u16).to_be_bytes());
        out.extend_from_slice(value);
        out.resize(out.len().next_multiple_of(4), 0);
    };
    attribute(&mut out, 0x0006, username.as_bytes());
    attribute(&mut out, 0x0024, &[0x6e, 0x7f, 0, 0xff]);
    attribute(&mut out, 0x802a, &[7; 8]);
    if nominate {
        attribute(&mut out, 0x0025, &[]);
    }
    let set_length = |out: &mut Vec<u8>, more: usize| {
        let length = (out.len() - 20 + more) as u16;
        out[2..4].copy_from_slice(&length.to_be_bytes());
    };
    set_length(&mut out, 24);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password);
    let tag = hmac::sign(&key, &out);
    attribute(&mut out, 0x0008, tag.as_ref());
    set_length(&mut out, 8);
    let crc = crc32(&out) ^ 0x5354_554e;
    attribute(&mut out, 0x8028, &crc.to_be_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// A plain RTP packet to be sent by a client.
#[derive(Debug, Clone)]
pub struct Packet {
    pub payload_type: u8,
    pub has_marker: bool,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub elements: Vec<(u8, Vec<u8>)>,
    pub payload: Vec<u8>,
    pub padding_len: u8,
}

impl Packet {
    pub fn new(
        payload_type: u8,
        ssrc: u32,
        sequence: u16,
        timestamp: u32,
        payload: &[u8],
    ) -> Packet {
        Packet {
            payload_type,
            has_marker: false,
            sequence,
            timestamp,
            ssrc,
            elements: vec![],
            payload: payload.to_vec(),
            padding_len: 0,
        }
    }

    pub fn with(mut self, id: u8, value: &[u8]) -> Packet {
        self.elements.push((id, value.to_vec()));
        self
    }

    pub fn marked(mut self) -> Packet {
        self.has_marker = true;
        self
    }

    pub fn padded(mut self, padding_len: u8) -> Packet {
        self.padding_len = padding_len;
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![];
        rtp::write_header(
            &mut out,
            &rtp::Fields {
                payload_type: self.payload_type,
                has_marker: self.has_marker,
                sequence: self.sequence,
                timestamp: self.timestamp,
                ssrc: self.ssrc,
            },
        );
        let mut writer = ExtensionWriter::begin(&mut out, 0);
        for (id, value) in &self.elements {
            writer.add(*id, value);
        }
        writer.finish();
        out.extend_from_slice(&self.payload);
        if self.padding_len > 0 {
            out[0] |= 0x20;
            out.resize(out.len() + usize::from(self.padding_len) - 1, 0);
            out.push(self.padding_len);
        }
        out
    }
}

/// A VP8 payload with 15-bit PictureID and TL0PICIDX; key frames tell their size.
pub fn vp8_payload(
    picture_id: u16,
    tl0: u8,
    is_keyframe: bool,
    is_start: bool,
    size: (u16, u16),
) -> Vec<u8> {
    let mut payload = vec![0x80 | if is_start { 0x10 } else { 0 }, 0xc0];
    payload.extend_from_slice(&(0x8000 | picture_id).to_be_bytes());
    payload.push(tl0);
    if is_start {
        payload.push(u8::from(!is_keyframe));
        payload.extend_from_slice(&[0x42, 0x42]);
        if is_keyframe {
            payload.extend_from_slice(&[0x9d, 0x01, 0x2a]);
            payload.extend_from_slice(&size.0.to_le_bytes());
            payload.extend_from_slice(&size.1.to_le_bytes());
        }
    }
    payload.extend_from_slice(b"picture data");
    payload
}

/// A simulcast layer as a publisher sends it: each call of `frame` is the next frame.
#[derive(Debug, Clone)]
pub struct Vp8Sender {
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    pub rid: &'static str,
    pub sequence: u16,
    pub rtx_sequence: u16,
    pub timestamp: u32,
    pub picture_id: u16,
    pub tl0: u8,
    pub packets: Vec<Packet>,
}

impl Vp8Sender {
    pub fn new(ssrc: u32, rid: &'static str, sequence: u16) -> Vp8Sender {
        Vp8Sender {
            ssrc,
            rtx_ssrc: ssrc + 1000,
            rid,
            sequence,
            rtx_sequence: 7,
            timestamp: ssrc.wrapping_mul(0x1234_5678),
            picture_id: ssrc as u16 & 0x7fff,
            tl0: ssrc as u8,
            packets: vec![],
        }
    }

    /// The packets of the next frame, 1/30 s after the one before.
    pub fn frame(&mut self, is_keyframe: bool, packets: usize) -> Vec<Packet> {
        self.timestamp = self.timestamp.wrapping_add(3000);
        self.picture_id = (self.picture_id + 1) & 0x7fff;
        self.tl0 = self.tl0.wrapping_add(1);
        let size = if self.rid == "q" {
            (320, 180)
        } else {
            (1280, 720)
        };
        let frame: Vec<Packet> = (0..packets)
            .map(|index| {
                self.sequence = self.sequence.wrapping_add(1);
                let payload = vp8_payload(self.picture_id, self.tl0, is_keyframe, index == 0, size);
                let mut packet =
                    Packet::new(VP8, self.ssrc, self.sequence, self.timestamp, &payload)
                        .with(IDS.mid, b"v")
                        .with(IDS.transport_cc, &self.sequence.to_be_bytes());
                if !self.rid.is_empty() {
                    packet = packet.with(IDS.rid, self.rid.as_bytes());
                }
                packet.has_marker = index + 1 == packets;
                packet
            })
            .collect();
        self.packets.extend(frame.iter().cloned());
        frame
    }

    /// The RTX packet that repeats one sent before.
    pub fn repeat(&mut self, sequence: u16) -> Packet {
        let original = self
            .packets
            .iter()
            .rfind(|packet| packet.sequence == sequence)
            .unwrap()
            .clone();
        self.rtx_sequence = self.rtx_sequence.wrapping_add(1);
        let mut payload = sequence.to_be_bytes().to_vec();
        payload.extend_from_slice(&original.payload);
        let mut packet = Packet::new(
            VP8_RTX,
            self.rtx_ssrc,
            self.rtx_sequence,
            original.timestamp,
            &payload,
        )
        .with(IDS.mid, b"v");
        if !self.rid.is_empty() {
            packet = packet.with(IDS.repaired_rid, self.rid.as_bytes());
        }
        packet.has_marker = original.has_marker;
        packet
    }
}

pub fn video_input(track: u32, peer: u32) -> RouteChange {
    RouteChange::AddInput(InputRoute {
        track,
        peer,
        mid: "v".into(),
        kind: MediaKind::Video,
        clock_rate_hz: 90_000,
        codecs: vec![InputCodec {
            codec: Codec::Vp8,
            format: "VP8".into(),
            payload_type: VP8,
            rtx_payload_type: Some(VP8_RTX),
            red_payload_type: None,
            has_nack: true,
        }],
        ssrcs: vec![],
    })
}

pub fn audio_input(track: u32, peer: u32) -> RouteChange {
    RouteChange::AddInput(InputRoute {
        track,
        peer,
        mid: "a".into(),
        kind: MediaKind::Audio,
        clock_rate_hz: 48_000,
        codecs: vec![InputCodec {
            codec: Codec::Opus,
            format: "opus".into(),
            payload_type: OPUS,
            rtx_payload_type: None,
            red_payload_type: Some(RED),
            has_nack: false,
        }],
        ssrcs: vec![],
    })
}

pub fn output(output: u32, track: u32, peer: u32) -> OutputRoute {
    OutputRoute {
        output,
        track,
        peer,
        mid: format!("s{output}"),
        codecs: vec![
            OutputCodec {
                format: "VP8".into(),
                payload_type: OUT_VP8,
                rtx_payload_type: Some(OUT_VP8_RTX),
                red_payload_type: None,
            },
            OutputCodec {
                format: "opus".into(),
                payload_type: OUT_OPUS,
                rtx_payload_type: None,
                red_payload_type: None,
            },
        ],
        ssrc: 50_000 + output,
        rtx_ssrc: Some(60_000 + output),
        layer: None,
    }
}

/// Peer 1 publishes video track 10, and peer 2 receives it as output 20. Returns (world, publisher, subscriber).
pub fn video_pair() -> (World, usize, usize) {
    video_pair_in(World::new())
}

pub fn video_pair_in(mut world: World) -> (World, usize, usize) {
    let publisher = world.join(1, IDS);
    let subscriber = world.join(2, SUBSCRIBER_IDS);
    world.apply(vec![
        video_input(10, 1),
        RouteChange::AddOutput(output(20, 10, 2)),
    ]);
    (world, publisher, subscriber)
}

/// Sends all packets.
pub fn send_all(world: &mut World, client: usize, packets: &[Packet]) {
    for packet in packets {
        world.send_rtp(client, &packet.bytes());
    }
}

/// A sender report as a publisher sends it.
pub fn report(world: &mut World, client: usize, ssrc: u32, ntp: u64, rtp_timestamp: u32) {
    world.send_rtcp(client, |out| {
        rtcp::write_sender_report(
            out,
            &SenderInfo {
                ssrc,
                ntp,
                rtp_timestamp,
                packets: 1,
                octets: 1,
            },
            &[],
        );
    });
}
