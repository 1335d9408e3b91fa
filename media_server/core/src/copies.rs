//! The packets that go along with a later one (RFC 2198), taken from the layer's history.
use lianzhen_wire::red::{self, MAX_BLOCK_BYTES, MAX_OFFSET_TICKS, Redundant};

use crate::history::History;
use crate::output::PayloadTypes;
use crate::packet::MediaPacket;
use crate::redundancy::MAX_DEPTH;

/// What the payload of one packet may grow to: with headers and tag it stays below the 1,200 bytes that clients send.
const MAX_PAYLOAD_BYTES: usize = 1_100;

/// Earlier packets, without a gap up to the one they go along with.
#[derive(Debug, Default, Clone, Copy)]
pub struct Copies<'a> {
    /// Newest first.
    packets: [Redundant<'a>; MAX_DEPTH as usize],
    count: u8,
}

impl<'a> Copies<'a> {
    /// Up to `depth` packets before this one: as far as the history has them, they fit, and are of the same codec.
    pub fn before(packet: &MediaPacket<'_>, depth: u8, history: &'a History) -> Copies<'a> {
        let mut copies = Copies::default();
        let mut bytes = packet.payload.len();
        if packet.payload.is_empty() {
            return copies;
        }
        for (place, sequence) in (1..=u64::from(depth.min(MAX_DEPTH))).enumerate() {
            let Some(earlier) = history.get(packet.facts.sequence - sequence) else {
                break;
            };
            let offset_ticks =
                u32::try_from(packet.facts.timestamp - earlier.facts.timestamp).unwrap_or(u32::MAX);
            bytes += earlier.payload.len();
            if !(1..=MAX_OFFSET_TICKS).contains(&offset_ticks)
                || !(1..=MAX_BLOCK_BYTES).contains(&earlier.payload.len())
                || bytes > MAX_PAYLOAD_BYTES
                || earlier.facts.codec != packet.facts.codec
            {
                break;
            }
            copies.packets[place] = Redundant {
                payload_type: 0,
                offset_ticks,
                payload: earlier.payload,
            };
            copies.count += 1;
        }
        copies
    }

    /// How many.
    #[inline]
    pub fn len(&self) -> u8 {
        self.count
    }

    /// True if the packet goes alone.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Under which payload type the whole goes out.
    #[inline]
    pub fn payload_type(&self, types: PayloadTypes) -> u8 {
        types
            .red
            .filter(|_| !self.is_empty())
            .unwrap_or(types.media)
    }

    /// Appends what stands before the packet's own payload; nothing where it goes alone.
    #[inline]
    pub fn write(&self, out: &mut Vec<u8>, payload_type: u8) {
        if self.is_empty() {
            return;
        }
        let mut oldest_first = self.packets;
        let blocks = &mut oldest_first[..usize::from(self.count)];
        blocks.reverse();
        blocks
            .iter_mut()
            .for_each(|block| block.payload_type = payload_type);
        red::write_before_primary(out, blocks, payload_type);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::PacketFacts;

    const TYPES: PayloadTypes = PayloadTypes {
        media: 111,
        rtx: None,
        red: Some(63),
    };

    fn packet(sequence: u64, timestamp: i64, payload: &[u8]) -> MediaPacket<'_> {
        let facts = PacketFacts {
            sequence,
            timestamp,
            ..PacketFacts::default()
        };
        MediaPacket { facts, payload }
    }

    fn history(packets: &[MediaPacket<'_>]) -> History {
        let mut history = History::default();
        packets.iter().for_each(|packet| history.store(packet));
        history
    }

    #[test]
    fn the_packets_before_go_along_oldest_first() {
        let (a, b, c) = (
            packet(70, 960, b"a"),
            packet(71, 1920, b"bb"),
            packet(72, 2880, b"ccc"),
        );
        let history = history(&[a, b, c]);
        let copies = Copies::before(&c, 2, &history);
        assert_eq!((copies.len(), copies.payload_type(TYPES)), (2, 63));
        let mut out = vec![];
        copies.write(&mut out, 111);
        out.extend_from_slice(c.payload);
        let blocks = red::parse(&out).unwrap();
        let read: Vec<_> = blocks
            .redundant()
            .iter()
            .map(|block| (block.payload_type, block.offset_ticks, block.payload))
            .collect();
        assert_eq!(read, [(111, 1920, &b"a"[..]), (111, 960, &b"bb"[..])]);
        assert_eq!((blocks.payload_type, blocks.primary), (111, &b"ccc"[..]));
        assert_eq!(Copies::before(&c, 1, &history).len(), 1);
        assert_eq!(Copies::before(&c, 9, &history).len(), MAX_DEPTH);
    }

    #[test]
    fn a_packet_alone_goes_as_it_is() {
        let alone = packet(70, 960, b"a");
        let only = history(&[alone]);
        let copies = Copies::before(&alone, 2, &only);
        let mut out = vec![];
        copies.write(&mut out, 111);
        assert!(copies.is_empty() && out.is_empty());
        assert_eq!(copies.payload_type(TYPES), 111);
        let padding = packet(71, 1920, b"");
        assert!(Copies::before(&padding, 2, &history(&[alone, padding])).is_empty());
    }

    #[test]
    fn behind_what_cannot_go_along_nothing_does() {
        let now = packet(72, 100_000, b"now");
        let long = [1; 1000];
        let of_other_codec = MediaPacket {
            facts: PacketFacts {
                codec: 1,
                ..packet(71, 99_040, b"").facts
            },
            payload: b"b",
        };
        let longest = [2; MAX_BLOCK_BYTES + 1];
        for before in [
            packet(71, 100_000, b"not earlier"),
            packet(71, 101_000, b"later"),
            packet(71, 100_000 - i64::from(MAX_OFFSET_TICKS) - 1, b"long ago"),
            packet(71, 99_040, b""),
            packet(71, 99_040, &longest),
            packet(69, 97_120, b"behind a gap"),
            of_other_codec,
        ] {
            let history = history(&[packet(70, 98_080, b"a"), before, now]);
            assert!(Copies::before(&now, 2, &history).is_empty(), "{before:?}");
        }
        let history = history(&[packet(70, 98_080, &long), packet(71, 99_040, &long), now]);
        assert_eq!(Copies::before(&now, 2, &history).len(), 1);
    }
}
