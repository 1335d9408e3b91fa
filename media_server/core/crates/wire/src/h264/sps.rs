//! The picture size a sequence parameter set tells (H.264 §7.3.2.1.1, §7.4.2.1.1).

/// Profiles that carry a chroma format (H.264 §7.3.2.1.1).
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// Frames in a cycle of picture order counts (H.264 §7.4.2.1.1).
const MAX_POC_CYCLE: u32 = 255;

/// An SPS is a few dozen bytes; no more is looked at.
const MAX_SPS_BYTES: usize = 512;

/// Width and height in pixels told by a sequence parameter set, given without its start code; cropping applied.
pub fn sps_size(nal_unit: &[u8]) -> Option<(u16, u16)> {
    let (_header, payload) = nal_unit.split_first()?;
    let mut bits = Bits::new(payload);
    let profile = bits.take(8)?;
    bits.take(16)?; // constraint flags and level
    bits.unsigned()?; // seq_parameter_set_id
    let mut chroma_format = 1;
    let mut has_separate_planes = false;
    if HIGH_PROFILES.contains(&profile) {
        chroma_format = bits.unsigned()?;
        if chroma_format == 3 {
            has_separate_planes = bits.flag()?;
        }
        bits.unsigned()?; // bit_depth_luma_minus8
        bits.unsigned()?; // bit_depth_chroma_minus8
        bits.flag()?; // qpprime_y_zero_transform_bypass_flag
        if bits.flag()? {
            skip_scaling_matrix(&mut bits, chroma_format)?;
        }
    }
    bits.unsigned()?; // log2_max_frame_num_minus4
    skip_picture_order_count(&mut bits)?;
    bits.unsigned()?; // max_num_ref_frames
    bits.flag()?; // gaps_in_frame_num_value_allowed_flag
    let width_in_macroblocks = bits.unsigned()?.checked_add(1)?;
    let height_in_map_units = bits.unsigned()?.checked_add(1)?;
    let is_frame_only = bits.flag()?;
    if !is_frame_only {
        bits.flag()?; // mb_adaptive_frame_field_flag
    }
    bits.flag()?; // direct_8x8_inference_flag
    let mut crop = [0; 4]; // left, right, top, bottom
    if bits.flag()? {
        for side in &mut crop {
            *side = bits.unsigned()?;
        }
    }
    let [left, right, top, bottom] = crop;
    let field_factor = if is_frame_only { 1 } else { 2 };
    let (crop_unit_x, crop_unit_y) = match (chroma_format, has_separate_planes) {
        (1, _) => (2, 2),
        (2, _) => (2, 1),
        _ => (1, 1),
    };
    let width = width_in_macroblocks
        .checked_mul(16)?
        .checked_sub(left.checked_add(right)?.checked_mul(crop_unit_x)?)?;
    let height = height_in_map_units
        .checked_mul(16 * field_factor)?
        .checked_sub(
            top.checked_add(bottom)?
                .checked_mul(crop_unit_y * field_factor)?,
        )?;
    Some((u16::try_from(width).ok()?, u16::try_from(height).ok()?))
        .filter(|(width, height)| *width > 0 && *height > 0)
}

/// H.264 §7.3.2.1.1.1.
fn skip_scaling_matrix(bits: &mut Bits, chroma_format: u32) -> Option<()> {
    let lists = if chroma_format == 3 { 12 } else { 8 };
    for list in 0..lists {
        if !bits.flag()? {
            continue;
        }
        let mut last: i32 = 8;
        let mut next: i32 = 8;
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = last.wrapping_add(bits.signed()?) & 0xff;
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}

fn skip_picture_order_count(bits: &mut Bits) -> Option<()> {
    match bits.unsigned()? {
        0 => {
            bits.unsigned()?; // log2_max_pic_order_cnt_lsb_minus4
        }
        1 => {
            bits.flag()?; // delta_pic_order_always_zero_flag
            bits.signed()?; // offset_for_non_ref_pic
            bits.signed()?; // offset_for_top_to_bottom_field
            for _ in 0..Some(bits.unsigned()?).filter(|count| *count <= MAX_POC_CYCLE)? {
                bits.signed()?; // offset_for_ref_frame
            }
        }
        _ => {}
    }
    Some(())
}

/// Bits of a NAL unit without its emulation prevention bytes (H.264 §7.4.1).
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn new(payload: &[u8]) -> Bits {
        let mut bytes = Vec::with_capacity(payload.len().min(MAX_SPS_BYTES));
        let mut zeros = 0;
        for byte in payload.iter().take(MAX_SPS_BYTES) {
            if zeros >= 2 && *byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if *byte == 0 { zeros + 1 } else { 0 };
            bytes.push(*byte);
        }
        Bits { bytes, at: 0 }
    }

    fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// An unsigned number of up to 32 bits.
    fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | u32::from(self.flag()?)))
    }

    /// Exp-Golomb, unsigned: ue(v) (H.264 §9.1).
    fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1u32 << zeros) - 1 + self.take(zeros)?)
    }

    /// Exp-Golomb, signed: se(v) (H.264 §9.1.1).
    fn signed(&mut self) -> Option<i32> {
        let code = self.unsigned()?;
        let magnitude = (code / 2 + code % 2) as i32;
        Some(if code % 2 == 1 { magnitude } else { -magnitude })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::{MUTATIONS, Random};
    use crate::srtp::hex::hex;

    #[test]
    fn any_bytes_are_read_without_panic() {
        let original = hex("6764001facd9405005bb011000000300100000030320f1831960");
        let mut random = Random::new(8);
        for _ in 0..MUTATIONS {
            let _ = sps_size(&random.mutate(&original));
        }
        assert_eq!(sps_size(&[]), None);
        assert_eq!(sps_size(&[0x67; 3]), None);
        assert_eq!(sps_size(&[0; 100]), None);
    }

    /// Made by x264 through ffmpeg (libx264) for these sizes.
    #[test]
    fn sizes_are_those_the_encoder_was_asked_for() {
        for (sps, size) in SAMPLES {
            assert_eq!(sps_size(&hex(sps)), Some(*size), "{sps}");
        }
    }

    const SAMPLES: &[(&str, (u16, u16))] = &[
        (
            "6764001facd9405005bb011000000300100000030140f1831960",
            (1280, 720),
        ),
        (
            "67640028acd940780227e5c044000003000400000300503c60c658",
            (1920, 1080),
        ),
        (
            "6742c016d900a02ff97011000003000100000300140f162e48",
            (640, 360),
        ),
        (
            "6742c00bd901519e226c0440000003004000000503c50a92",
            (322, 182),
        ),
        (
            "674d4016eca06c1ef3780880000003008000000a078b16cb",
            (854, 480),
        ),
        (
            "67f40028919b280f0044fc4e022000000300200000030281e30632c0",
            (1920, 1080),
        ),
        (
            "67640016acd940b424d80880000003008000000a0f8a14cb",
            (720, 576),
        ),
    ];
}
