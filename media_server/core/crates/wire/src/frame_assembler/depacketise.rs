//! The payloads of one frame made into the encoded frame.
use super::Codec;
use crate::{h264, vp8};

/// A frame larger than this is refused: ten times a 4K key frame at high quality.
const MAX_FRAME_BYTES: usize = 16 << 20;

/// An encoded frame and what it tells about itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) is_keyframe: bool,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) data: Vec<u8>,
}

/// None if the payloads are not one whole frame of the codec.
pub(super) fn depacketise<'a>(
    codec: Codec,
    payloads: impl Iterator<Item = &'a [u8]>,
) -> Option<Encoded> {
    let encoded = match codec {
        Codec::Vp8 => vp8_frame(payloads),
        Codec::H264 => h264_frame(payloads),
        Codec::Opus => opus_frame(payloads),
    };
    encoded.filter(|encoded| encoded.data.len() <= MAX_FRAME_BYTES)
}

fn vp8_frame<'a>(payloads: impl Iterator<Item = &'a [u8]>) -> Option<Encoded> {
    let mut data = Vec::new();
    for (place, payload) in payloads.enumerate() {
        let descriptor = vp8::Descriptor::parse(payload)?;
        if descriptor.is_start != (place == 0) {
            return None;
        }
        data.extend_from_slice(payload.get(descriptor.header_len..)?);
    }
    let is_keyframe = vp8::is_keyframe(&data);
    let (width, height) = if is_keyframe {
        vp8::keyframe_size(&data)?
    } else {
        (0, 0)
    };
    Some(Encoded {
        is_keyframe,
        width,
        height,
        data,
    })
}

fn h264_frame<'a>(payloads: impl Iterator<Item = &'a [u8]>) -> Option<Encoded> {
    let mut unit = h264::AccessUnit::new();
    for payload in payloads {
        unit.push(payload).ok()?;
    }
    let is_keyframe = unit.is_idr();
    let (width, height) = unit.size().unwrap_or_default();
    unit.finish().ok().map(|data| Encoded {
        is_keyframe,
        width,
        height,
        data,
    })
}

fn opus_frame<'a>(mut payloads: impl Iterator<Item = &'a [u8]>) -> Option<Encoded> {
    let data = payloads.next()?.to_vec();
    payloads.next().is_none().then_some(Encoded {
        is_keyframe: true,
        width: 0,
        height: 0,
        data,
    })
}
