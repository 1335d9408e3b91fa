//! Packets of one track put back into whole frames, for the recorder.

/// The payload formats that can be assembled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// RFC 7741.
    Vp8,
    /// RFC 6184, non-interleaved mode.
    H264,
    /// RFC 7587: each packet is a frame.
    Opus,
}

impl Codec {
    /// By the name of the seam: "VP8", "H264", "opus".
    pub fn from_name(name: &str) -> Option<Codec> {
        match name {
            "VP8" => Some(Codec::Vp8),
            "H264" => Some(Codec::H264),
            "opus" => Some(Codec::Opus),
            _ => None,
        }
    }
    /// The name of the seam.
    pub const fn name(self) -> &'static str {
        match self {
            Codec::Vp8 => "VP8",
            Codec::H264 => "H264",
            Codec::Opus => "opus",
        }
    }
}

/// One whole encoded frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What `data` holds: one VP8 frame, one H.264 access unit in Annex B, or one Opus packet.
    pub codec: Codec,
    /// The unwrapped RTP timestamp the packets were given with.
    pub timestamp: i64,
    /// When its first packet (by sequence) arrived.
    pub arrival_ns: u64,
    /// True if decoding may begin here; always true for Opus.
    pub is_keyframe: bool,
    /// Packets that went missing for good since the frame before.
    pub lost_packets: u32,
    /// Pixels; 0 where the frame does not tell.
    pub width: u16,
    /// Pixels; 0 where the frame does not tell.
    pub height: u16,
    /// The encoded frame.
    pub data: Vec<u8>,
}

/// Reorders and depacketises one track. Feed with `receive`, then drain with `next_frame`.
#[derive(Debug, Default)]
pub struct FrameAssembler {}

impl FrameAssembler {
    /// An assembler that has seen nothing.
    pub fn new() -> FrameAssembler {
        FrameAssembler {}
    }
    /// Takes a packet. Sequence and timestamp are unwrapped and continuous across layer switches; a padding-only
    /// packet that was not swallowed has an empty payload.
    pub fn receive(
        &mut self,
        sequence: u64,
        timestamp: i64,
        has_marker: bool,
        payload: &[u8],
        codec: Codec,
        arrival_ns: u64,
    ) {
        let _ = (sequence, timestamp, has_marker, payload, codec, arrival_ns);
        todo!()
    }
    /// The next whole frame, in decoding order. Call until None after each `receive`, and now and then without one,
    /// so that a wait for missing packets ends in time.
    pub fn next_frame(&mut self, now_ns: u64) -> Option<Frame> {
        let _ = now_ns;
        todo!()
    }
    /// True while video frames are thrown away until a key frame comes: ask the publisher for one.
    pub fn needs_keyframe(&self) -> bool {
        todo!()
    }
}
