//! The VP8 payload descriptor: read, rewritten in place, and what tells a key frame (RFC 7741).

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
    /// Bits of the value that count: add offsets modulo this mask plus one.
    pub const fn mask(&self) -> u16 {
        if self.len == 1 { 0x7f } else { 0x7fff }
    }
}

impl Descriptor {
    /// Reads the descriptor of a payload; None if it is cut off or nothing follows it.
    pub fn parse(payload: &[u8]) -> Option<Descriptor> {
        let _ = payload;
        todo!()
    }
    /// Writes other numbers over PictureID and TL0PICIDX of the payload this descriptor was read from
    /// (a copy of it will do). The widths stay; values are cut to them; absent fields stay absent.
    pub fn rewrite(&self, payload: &mut [u8], picture_id: u16, tl0_pic_idx: u8) {
        let _ = (payload, picture_id, tl0_pic_idx);
        todo!()
    }
}

/// Width and height in pixels of a whole key frame, or of the first bytes of one (RFC 6386 §9.1).
pub fn keyframe_size(frame: &[u8]) -> Option<(u16, u16)> {
    let _ = frame;
    todo!()
}
