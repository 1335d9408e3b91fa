//! The VP8 payload descriptor: read, rewritten in place, and what tells a key frame (RFC 7741, RFC 6386).
//!
//! ```text
//!      0 1 2 3 4 5 6 7
//!     |X|R|N|S|R| PID |
//! X:  |I|L|T|K| RSV   |
//! I:  |M| PictureID   |
//!     |   PictureID   | if M
//! L:  |   TL0PICIDX   |
//! T/K:|TID|Y| KEYIDX  |
//! ```

/// What the payload descriptor says. Offsets count from the beginning of the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// Bytes of the descriptor.
    pub header_len: usize,
    /// PictureID, where there is one.
    pub picture_id: Option<PictureId>,
    /// TL0PICIDX, where there is one.
    pub tl0_pic_idx: Option<Tl0PicIdx>,
    /// Temporal layer; 0 where it is not told.
    pub temporal_id: u8,
    /// True in frames that need nothing above temporal layer 0 (the Y bit): their layer may be begun with them.
    pub is_layer_sync: bool,
    /// True in the first packet of a frame (S set, partition 0).
    pub is_start: bool,
    /// True in the first packet of a key frame.
    pub is_keyframe: bool,
}

/// PictureID: where it lies, its width in bytes (1: 7 bits, 2: 15 bits) and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureId {
    /// Offset from the beginning of the payload.
    pub offset: usize,
    /// 1 or 2.
    pub len: usize,
    /// 0..=127 or 0..=32767.
    pub value: u16,
}

/// TL0PICIDX: where it lies and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tl0PicIdx {
    /// Offset from the beginning of the payload.
    pub offset: usize,
    /// 0..=255.
    pub value: u8,
}

impl PictureId {
    /// Bits of the value that count: numbers are added modulo this mask plus one.
    pub const fn mask(&self) -> u16 {
        if self.len == 1 { 0x7f } else { 0x7fff }
    }
}

const EXTENDED: u8 = 0x80;
const START: u8 = 0x10;
const PARTITION: u8 = 0x07;
const HAS_PICTURE_ID: u8 = 0x80;
const HAS_TL0_PIC_IDX: u8 = 0x40;
const HAS_TID: u8 = 0x20;
const HAS_KEY_IDX: u8 = 0x10;
const LAYER_SYNC: u8 = 0x20;
const WIDE_PICTURE_ID: u8 = 0x80;

/// First byte of the payload header: inverse key frame flag (RFC 6386 §9.1).
const INTER_FRAME: u8 = 0x01;
const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];

impl Descriptor {
    /// Reads the descriptor of a payload; None if it is cut off or nothing follows it.
    pub fn parse(payload: &[u8]) -> Option<Descriptor> {
        let (&first, mut rest) = payload.split_first()?;
        let mut flags = 0;
        if first & EXTENDED != 0 {
            (flags, rest) = split_byte(rest)?;
        }
        let offset = |rest: &[u8]| payload.len() - rest.len();
        let mut picture_id = None;
        if flags & HAS_PICTURE_ID != 0 {
            let at = offset(rest);
            let (high, after) = split_byte(rest)?;
            rest = after;
            let mut id = PictureId {
                offset: at,
                len: 1,
                value: u16::from(high & 0x7f),
            };
            if high & WIDE_PICTURE_ID != 0 {
                let (low, after) = split_byte(rest)?;
                rest = after;
                id.len = 2;
                id.value = id.value << 8 | u16::from(low);
            }
            picture_id = Some(id);
        }
        let mut tl0_pic_idx = None;
        if flags & HAS_TL0_PIC_IDX != 0 {
            let at = offset(rest);
            let (value, after) = split_byte(rest)?;
            rest = after;
            tl0_pic_idx = Some(Tl0PicIdx { offset: at, value });
        }
        let mut temporal_id = 0;
        let mut is_layer_sync = false;
        if flags & (HAS_TID | HAS_KEY_IDX) != 0 {
            let (byte, after) = split_byte(rest)?;
            rest = after;
            if flags & HAS_TID != 0 {
                temporal_id = byte >> 6;
                is_layer_sync = byte & LAYER_SYNC != 0;
            }
        }
        let is_start = first & START != 0 && first & PARTITION == 0;
        Some(Descriptor {
            header_len: offset(rest),
            picture_id,
            tl0_pic_idx,
            temporal_id,
            is_layer_sync,
            is_start,
            is_keyframe: is_start && rest.first()? & INTER_FRAME == 0,
        })
        .filter(|_| !rest.is_empty())
    }

    /// Writes other numbers over PictureID and TL0PICIDX of the payload this descriptor was read from
    /// (a copy of it will do). The widths stay; values are cut to them; absent fields stay absent.
    pub fn rewrite(&self, payload: &mut [u8], picture_id: u16, tl0_pic_idx: u8) {
        if let Some(id) = &self.picture_id {
            let value = picture_id & id.mask();
            match payload.get_mut(id.offset..id.offset + id.len) {
                Some([byte]) => *byte = value as u8,
                Some([high, low]) => {
                    *high = WIDE_PICTURE_ID | (value >> 8) as u8;
                    *low = value as u8;
                }
                _ => {}
            }
        }
        if let Some(index) = &self.tl0_pic_idx
            && let Some(byte) = payload.get_mut(index.offset)
        {
            *byte = tl0_pic_idx;
        }
    }
}

fn split_byte(bytes: &[u8]) -> Option<(u8, &[u8])> {
    bytes.split_first().map(|(byte, rest)| (*byte, rest))
}

/// True if the frame, without descriptors, is a key frame.
pub fn is_keyframe(frame: &[u8]) -> bool {
    frame.first().is_some_and(|byte| byte & INTER_FRAME == 0)
}

/// Width and height in pixels of a whole key frame, or of the first bytes of one (RFC 6386 §9.1).
pub fn keyframe_size(frame: &[u8]) -> Option<(u16, u16)> {
    let &[tag, _, _, c0, c1, c2, w0, w1, h0, h1] = frame.first_chunk::<10>()?;
    // The upper two bits are the scale, a wish to the player.
    let size = |low, high| u16::from_le_bytes([low, high]) & 0x3fff;
    let is_key = tag & INTER_FRAME == 0 && [c0, c1, c2] == START_CODE;
    is_key.then(|| (size(w0, w1), size(h0, h1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::{MUTATIONS, Random};
    use crate::srtp::hex::hex;

    #[test]
    fn shortest_descriptor_has_one_byte() {
        let descriptor = Descriptor::parse(&hex("1000")).unwrap();
        assert_eq!(descriptor.header_len, 1);
        assert!(descriptor.is_start && descriptor.is_keyframe);
        assert_eq!(
            (
                descriptor.picture_id,
                descriptor.tl0_pic_idx,
                descriptor.temporal_id
            ),
            (None, None, 0)
        );
    }

    #[test]
    fn all_fields_are_read_as_in_rfc_7741_4_2() {
        let descriptor = Descriptor::parse(&hex("90f09234568001")).unwrap();
        assert_eq!(descriptor.header_len, 6);
        assert_eq!(
            descriptor.picture_id,
            Some(PictureId {
                offset: 2,
                len: 2,
                value: 0x1234
            })
        );
        assert_eq!(
            descriptor.tl0_pic_idx,
            Some(Tl0PicIdx {
                offset: 4,
                value: 0x56
            })
        );
        assert_eq!(descriptor.temporal_id, 2);
        assert!(descriptor.is_start && !descriptor.is_keyframe);
    }

    #[test]
    fn narrow_picture_id_has_7_bits() {
        let descriptor = Descriptor::parse(&hex("80807f00")).unwrap();
        assert_eq!(
            descriptor.picture_id,
            Some(PictureId {
                offset: 2,
                len: 1,
                value: 0x7f
            })
        );
        assert!(!descriptor.is_start && !descriptor.is_keyframe);
    }

    #[test]
    fn key_index_without_temporal_layer_is_skipped() {
        let descriptor = Descriptor::parse(&hex("9010ff00")).unwrap();
        assert_eq!((descriptor.header_len, descriptor.temporal_id), (3, 0));
    }

    #[test]
    fn later_partitions_and_packets_do_not_start_a_frame() {
        assert!(!Descriptor::parse(&hex("1100")).unwrap().is_start);
        assert!(!Descriptor::parse(&hex("0000")).unwrap().is_start);
    }

    #[test]
    fn descriptors_cut_off_or_without_payload_are_refused() {
        for payload in [
            "", "10", "90", "9080", "908080", "90808001", "9040", "904001", "9020", "902001",
            "90f081",
        ] {
            assert_eq!(Descriptor::parse(&hex(payload)), None, "{payload}");
        }
    }

    #[test]
    fn numbers_are_rewritten_in_place() {
        let mut payload = hex("90f09234568001");
        Descriptor::parse(&payload)
            .unwrap()
            .rewrite(&mut payload, 0xfffe, 0x99);
        assert_eq!(payload, hex("90f0fffe998001"));
        let mut payload = hex("90807f01");
        Descriptor::parse(&payload)
            .unwrap()
            .rewrite(&mut payload, 0x81, 0x99);
        assert_eq!(payload, hex("90800101"));
        let mut payload = hex("1001");
        Descriptor::parse(&payload)
            .unwrap()
            .rewrite(&mut payload, 1, 1);
        assert_eq!(payload, hex("1001"));
    }

    #[test]
    fn rewriting_another_shorter_payload_is_harmless() {
        let descriptor = Descriptor::parse(&hex("90f09234568001")).unwrap();
        descriptor.rewrite(&mut [], 1, 1);
        descriptor.rewrite(&mut [0; 3], 1, 1);
    }

    #[test]
    fn key_frame_tells_its_size() {
        assert_eq!(
            keyframe_size(&hex("5009009d012a0005d002")),
            Some((1280, 720))
        );
        assert_eq!(
            keyframe_size(&hex("5009009d012a0045d042")),
            Some((1280, 720)),
            "scale bits"
        );
        assert_eq!(
            keyframe_size(&hex("5109009d012a0005d002")),
            None,
            "inter frame"
        );
        assert_eq!(
            keyframe_size(&hex("5009009d012b0005d002")),
            None,
            "start code"
        );
        assert_eq!(keyframe_size(&hex("5009009d012a0005d0")), None, "cut off");
        assert!(is_keyframe(&[0x50]) && !is_keyframe(&[0x51]) && !is_keyframe(&[]));
    }

    #[test]
    fn any_bytes_are_read_without_panic() {
        let original = hex("90f092345680015009009d012a0005d002");
        let mut random = Random::new(3);
        for _ in 0..MUTATIONS {
            let mut bytes = random.mutate(&original);
            if let Some(descriptor) = Descriptor::parse(&bytes) {
                assert!(descriptor.header_len < bytes.len());
                descriptor.rewrite(&mut bytes, random.next_u64() as u16, 1);
                let again = Descriptor::parse(&bytes).unwrap();
                assert_eq!(again.header_len, descriptor.header_len);
            }
            let _ = keyframe_size(&bytes);
        }
    }
}
