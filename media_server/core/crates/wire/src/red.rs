//! Redundant audio data (RFC 2198): a packet that carries the ones before it as well, read and written.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |1|   block PT  |  timestamp offset         |   block length    |  for each redundant block, oldest first
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |0|   block PT  |  the primary block, up to the end
//! +-+-+-+-+-+-+-+-+
//! ```
//!
//! The header gives no sequence numbers. libwebrtc puts in the packets sent just before, without a gap, so the last
//! redundant block of packet `n` is packet `n - 1`.

/// Redundant blocks in one packet: libwebrtc sends one, and at most 9 by a field trial. More than four would be longer
/// than the time a player waits.
pub const MAX_BLOCKS: usize = 4;

/// A redundant block is this long at most: its length has 10 bits.
pub const MAX_BLOCK_BYTES: usize = (1 << 10) - 1;

/// A redundant block is this much older at most, in RTP ticks: the offset has 14 bits (341 ms at 48 kHz).
pub const MAX_OFFSET_TICKS: u32 = (1 << 14) - 1;

const HEADER_BYTES: usize = 4;

/// A block that repeats an earlier packet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Redundant<'a> {
    /// 0..=127.
    pub payload_type: u8,
    /// How much earlier than the packet's timestamp, in RTP ticks.
    pub offset_ticks: u32,
    /// What the earlier packet carried.
    pub payload: &'a [u8],
}

/// What one packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks<'a> {
    redundant: [Redundant<'a>; MAX_BLOCKS],
    count: usize,
    /// Of the primary block, 0..=127.
    pub payload_type: u8,
    /// The primary block: what belongs to the packet's own timestamp.
    pub primary: &'a [u8],
}

impl<'a> Blocks<'a> {
    /// The redundant blocks, oldest first.
    pub fn redundant(&self) -> &[Redundant<'a>] {
        &self.redundant[..self.count]
    }
}

/// Reads a payload. None: cut off, or more blocks than anybody sends.
pub fn parse(payload: &[u8]) -> Option<Blocks<'_>> {
    let mut redundant = [Redundant::default(); MAX_BLOCKS];
    let mut lengths = [0; MAX_BLOCKS];
    let mut count = 0;
    let mut rest = payload;
    let payload_type = loop {
        let first = *rest.first()?;
        if first & 0x80 == 0 {
            rest = &rest[1..];
            break first;
        }
        let (header, after) = rest.split_first_chunk::<HEADER_BYTES>()?;
        let fields = u32::from_be_bytes(*header);
        let block = redundant.get_mut(count)?;
        block.payload_type = (fields >> 24) as u8 & 0x7f;
        block.offset_ticks = fields >> 10 & MAX_OFFSET_TICKS;
        lengths[count] = fields as usize & MAX_BLOCK_BYTES;
        count += 1;
        rest = after;
    };
    for (block, length) in redundant.iter_mut().zip(lengths).take(count) {
        (block.payload, rest) = rest.split_at_checked(length)?;
    }
    Some(Blocks {
        redundant,
        count,
        payload_type,
        primary: rest,
    })
}

/// Appends all but the primary block's bytes, which follow. The caller has kept the limits above.
pub fn write_before_primary(out: &mut Vec<u8>, redundant: &[Redundant<'_>], payload_type: u8) {
    for block in redundant {
        debug_assert!(block.payload.len() <= MAX_BLOCK_BYTES);
        debug_assert!(block.offset_ticks <= MAX_OFFSET_TICKS);
        let fields = 1 << 31
            | u32::from(block.payload_type) << 24
            | block.offset_ticks << 10
            | block.payload.len() as u32;
        out.extend_from_slice(&fields.to_be_bytes());
    }
    out.push(payload_type & 0x7f);
    for block in redundant {
        out.extend_from_slice(block.payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::{MUTATIONS, Random};

    fn written(redundant: &[Redundant<'_>], primary: &[u8]) -> Vec<u8> {
        let mut out = vec![];
        write_before_primary(&mut out, redundant, 111);
        out.extend_from_slice(primary);
        out
    }

    fn block(offset_ticks: u32, payload: &[u8]) -> Redundant<'_> {
        Redundant {
            payload_type: 111,
            offset_ticks,
            payload,
        }
    }

    #[test]
    fn a_packet_of_libwebrtc_is_read_byte_by_byte() {
        // F=1 PT=111, offset 960, length 3; F=0 PT=111; the block; the primary one.
        let payload = [
            0xef, 0x0f, 0x00, 0x03, 0x6f, b'o', b'l', b'd', b'n', b'e', b'w',
        ];
        let blocks = parse(&payload).unwrap();
        assert_eq!(blocks.redundant(), [block(960, b"old")]);
        assert_eq!((blocks.payload_type, blocks.primary), (111, &b"new"[..]));
        assert_eq!(written(&[block(960, b"old")], b"new"), payload);
    }

    #[test]
    fn what_is_written_is_read_again_up_to_every_limit() {
        let longest = [7; MAX_BLOCK_BYTES];
        let all = [
            block(MAX_OFFSET_TICKS, &longest),
            block(2880, b""),
            block(1920, b"b"),
            block(0, b"c"),
        ];
        for count in 0..=all.len() {
            let payload = written(&all[..count], b"primary");
            let blocks = parse(&payload).unwrap();
            assert_eq!(blocks.redundant(), &all[..count]);
            assert_eq!(blocks.primary, b"primary");
        }
        let five = [block(1, b""); MAX_BLOCKS + 1];
        assert_eq!(parse(&written(&five, b"")), None);
    }

    #[test]
    fn a_packet_cut_off_anywhere_before_its_primary_block_is_none() {
        let payload = written(&[block(1920, b"older"), block(960, b"old")], b"");
        for length in 0..payload.len() {
            assert_eq!(parse(&payload[..length]), None, "{length}");
        }
        assert_eq!(parse(&payload).unwrap().primary, b"");
    }

    #[test]
    fn whatever_comes_is_read_or_refused() {
        let good = written(&[block(1920, b"older"), block(960, b"old")], b"new");
        let mut random = Random::new(2198);
        for _ in 0..MUTATIONS {
            let payload = random.mutate(&good);
            if let Some(blocks) = parse(&payload) {
                let mut again = vec![];
                write_before_primary(&mut again, blocks.redundant(), blocks.payload_type);
                again.extend_from_slice(blocks.primary);
                assert_eq!(again, payload);
            }
        }
    }
}
