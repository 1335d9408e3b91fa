//! H.264 payloads: what tells a key frame, assembly into Annex B, and the picture size (RFC 6184).

/// True if the payload begins an IDR access unit: an IDR slice or an SPS, alone, aggregated or fragmented.
pub fn is_keyframe_start(payload: &[u8]) -> bool {
    let _ = payload;
    todo!()
}

/// Why a payload could not be added to an access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum H264Error {
    /// Cut off, or lengths that contradict each other.
    Malformed,
    /// A packet type of the interleaved mode or a fragment without its start.
    Unsupported,
}

/// Width and height in pixels told by a sequence parameter set, given without its start code (H.264 §7.3.2.1.1).
pub fn sps_size(nal_unit: &[u8]) -> Option<(u16, u16)> {
    let _ = nal_unit;
    todo!()
}
