//! The parsers under search. Each target returns a number that tells outcomes apart, not their values.
use lianzhen_core::front::framing;
use lianzhen_wire::demux::classify;
use lianzhen_wire::rtcp::{self, Packet};
use lianzhen_wire::{h264, red, rtp, stun, transport_feedback, turn, vp8};

/// Reads an input; the number tells its outcome.
pub type Target = fn(&[u8]) -> u64;

/// By the names of their corpora.
pub const TARGETS: &[(&str, Target)] = &[
    ("stun", stun),
    ("rtp", rtp),
    ("rtcp", rtcp),
    ("framing", framing),
    ("turn", turn),
];

/// A number that depends on all before it.
fn and(outcome: u64, next: usize) -> u64 {
    outcome.wrapping_mul(0x100_0000_01b3) ^ next as u64
}

/// How long something is, roughly: exact lengths would all be new.
fn size(bytes: &[u8]) -> usize {
    (bytes.len().next_power_of_two()).trailing_zeros() as usize
}

/// As it came, and with a right FINGERPRINT behind it, which a bent one has not and without which nothing is read.
fn stun(datagram: &[u8]) -> u64 {
    let mut sealed = datagram.to_vec();
    sealed.truncate(datagram.len().saturating_sub(8) & !3);
    if let Some(length) = sealed.get_mut(2..4) {
        length.copy_from_slice(&(datagram.len().saturating_sub(20) as u16 & !3).to_be_bytes());
    }
    let crc = crc32(&sealed) ^ 0x5354_554e;
    sealed.extend_from_slice(&[0x80, 0x28, 0, 4]);
    sealed.extend_from_slice(&crc.to_be_bytes());
    and(read_stun(datagram), read_stun(&sealed) as usize)
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

fn read_stun(datagram: &[u8]) -> u64 {
    let outcome = classify(datagram) as u64;
    match stun::parse(datagram) {
        Err(error) => and(outcome, 1 + error as usize),
        Ok(request) => {
            let is_authentic = request.is_authentic(b"VOkJxbRl1RmTxUk/WvJxBt");
            let outcome = and(outcome, size(request.local_ufrag().as_bytes()));
            let outcome = and(outcome, size(request.remote_ufrag().as_bytes()));
            and(
                outcome,
                usize::from(request.use_candidate()) * 2 + usize::from(is_authentic),
            )
        }
    }
}

fn rtp(packet: &[u8]) -> u64 {
    let outcome = classify(packet) as u64;
    let header = match rtp::parse(packet) {
        Err(error) => return and(outcome, 1 + error as usize),
        Ok(header) => header,
    };
    let mut outcome = and(outcome, usize::from(header.is_padding_only()));
    for (id, value) in header.extensions(packet).take(8) {
        outcome = and(outcome, usize::from(id) * 16 + value.len() % 16);
    }
    let payload = &packet[header.payload_range.clone()];
    outcome = and(outcome, size(payload));
    if let Some(blocks) = red::parse(payload) {
        for block in blocks.redundant() {
            outcome = and(outcome, 1 + size(block.payload));
        }
    }
    if let Some(descriptor) = vp8::Descriptor::parse(payload) {
        let mut again = payload.to_vec();
        descriptor.rewrite(&mut again, 0x1234, 0x56);
        assert_eq!(again.len(), payload.len());
        let length = descriptor.header_len;
        let frame = payload.get(length..).unwrap_or_default();
        outcome = and(outcome, length * 4 + usize::from(descriptor.is_keyframe));
        outcome = and(outcome, usize::from(vp8::keyframe_size(frame).is_some()));
    }
    let mut unit = h264::AccessUnit::new();
    let pushed = unit.push(payload);
    outcome = and(
        outcome,
        usize::from(h264::is_keyframe_start(payload)) * 2 + usize::from(pushed.is_ok()),
    );
    outcome = and(outcome, usize::from(unit.size().is_some()));
    and(outcome, usize::from(unit.finish().is_ok()))
}

fn rtcp(compound: &[u8]) -> u64 {
    let mut outcome = classify(compound) as u64;
    for packet in rtcp::parse(compound) {
        outcome = match packet {
            Err(error) => and(outcome, 1 + error as usize),
            Ok(packet) => and(
                and(outcome, kind_of(&packet)),
                items_of(packet).next_power_of_two(),
            ),
        };
    }
    outcome
}

fn kind_of(packet: &Packet<'_>) -> usize {
    match packet {
        Packet::SenderReport { .. } => 10,
        Packet::ReceiverReport { .. } => 11,
        Packet::Nack { .. } => 12,
        Packet::Pli { .. } => 13,
        Packet::Fir { .. } => 14,
        Packet::TransportFeedback { .. } => 15,
        Packet::Remb { .. } => 16,
        Packet::Sdes => 17,
        Packet::Bye { .. } => 18,
        Packet::Other => 19,
    }
}

/// Reads what a packet lists, to its end.
fn items_of(packet: Packet<'_>) -> usize {
    match packet {
        Packet::SenderReport { reports, .. } | Packet::ReceiverReport { reports, .. } => {
            reports.count()
        }
        Packet::Nack { sequences, .. } => sequences.count(),
        Packet::Fir { entries, .. } => entries.count(),
        Packet::TransportFeedback { raw, .. } => {
            transport_feedback::parse(raw).map_or(0, |feedback| 1 + feedback.statuses().count())
        }
        _ => 0,
    }
}

fn framing(stream: &[u8]) -> u64 {
    let (mut rest, mut outcome) = (stream, 0);
    loop {
        match framing::first(rest) {
            Err(_) => return and(outcome, 1),
            Ok(None) => return and(outcome, 2),
            Ok(Some(datagram)) => {
                outcome = and(outcome, 3 + size(datagram));
                let taken = 2 + datagram.len();
                let mut again = vec![];
                framing::write(&mut again, datagram);
                assert_eq!(again, rest[..taken]);
                rest = &rest[taken..];
            }
        }
    }
}

fn turn(stream: &[u8]) -> u64 {
    let key = turn::LongTermKey::new("1700000000:user", "realm", "password");
    let (mut rest, mut outcome) = (stream, 0);
    loop {
        let length = match turn::whole_length(rest) {
            Err(error) => return and(outcome, 1 + error as usize),
            Ok(None) => return and(outcome, 3),
            Ok(Some(length)) => length,
        };
        assert!(length > 0, "a stream must get on");
        let Some(message) = rest.get(..length) else {
            return and(outcome, 4);
        };
        outcome = match turn::parse(message) {
            Err(error) => and(outcome, 5 + error as usize),
            Ok(turn::Message::Request(request)) => {
                let flags = usize::from(request.is_signed()) * 2
                    + usize::from(request.unknown.is_some()) * 4
                    + usize::from(request.is_authentic(&key));
                let outcome = and(outcome, 10 + request.method() as usize);
                and(and(outcome, flags), request.peers.len())
            }
            Ok(turn::Message::Send { data, .. }) => and(outcome, 20 + size(data)),
            Ok(turn::Message::ChannelData { data, .. }) => and(outcome, 40 + size(data)),
            Ok(turn::Message::Nothing) => and(outcome, 60),
        };
        rest = &rest[length..];
    }
}
