//! The payload formats that can be assembled.
use crate::{h264, vp8};

/// A payload format, by the names of the seam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// RFC 7741.
    Vp8,
    /// RFC 6184, single NAL unit and non-interleaved mode.
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

    /// True if the payload shows by itself that no packet of the same frame comes before it.
    pub(super) fn is_frame_start(self, payload: &[u8]) -> bool {
        match self {
            Codec::Vp8 => {
                vp8::Descriptor::parse(payload).is_some_and(|descriptor| descriptor.is_start)
            }
            Codec::H264 => h264::is_access_unit_start(payload),
            Codec::Opus => true,
        }
    }
}
