//! One media packet of a publisher as the deciding parts see it: header facts unwrapped, payload without padding.
use lianzhen_wire::vp8;

/// What the header and the payload format say of a packet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PacketFacts {
    /// Unwrapped sequence number in its layer; never 0.
    pub sequence: u64,
    /// Unwrapped timestamp in its layer.
    pub timestamp: i64,
    /// The marker bit.
    pub has_marker: bool,
    /// Index into the input's codecs.
    pub codec: u8,
    /// True if a receiver may begin here: the first packet of a key frame, and every audio packet.
    pub is_entry: bool,
    /// Temporal layer: without it, and all above it, the rest plays on at a lower rate. 0 where none is told.
    pub temporal: u8,
    /// True if its temporal layer may be begun with this frame.
    pub is_layer_sync: bool,
    /// The RFC 6464 byte, where there was one.
    pub audio_level: Option<u8>,
    /// Coordination of video orientation (3GPP TS 26.114 §7.4.5), where there was one.
    pub video_orientation: Option<u8>,
    /// The VP8 payload descriptor, where the codec is VP8.
    pub vp8: Option<vp8::Descriptor>,
    /// When it arrived.
    pub arrival_ns: u64,
}

/// A media packet; an empty payload is padding only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaPacket<'a> {
    /// What is known of it.
    pub facts: PacketFacts,
    /// The payload without padding.
    pub payload: &'a [u8],
}

impl MediaPacket<'_> {
    /// What goes out in its place where only its number is needed.
    pub fn emptied(&self) -> MediaPacket<'static> {
        MediaPacket {
            facts: PacketFacts {
                has_marker: false,
                vp8: None,
                ..self.facts
            },
            payload: &[],
        }
    }
}
