//! H.264 payloads: what tells a key frame, assembly into Annex B, and the picture size (RFC 6184).
mod access_unit;
mod nal;
mod sps;

pub use access_unit::{AccessUnit, H264Error};
pub use nal::{is_access_unit_start, is_disposable, is_keyframe_start};
pub use sps::sps_size;
