//! NAL unit types, and what a payload begins with (RFC 6184 §5.2, §5.4).

pub(super) const IDR_SLICE: u8 = 5;
pub(super) const SPS: u8 = 7;
const ACCESS_UNIT_DELIMITER: u8 = 9;
/// Highest type of a single NAL unit packet.
pub(super) const LAST_SINGLE: u8 = 23;
/// Several NAL units in one packet (RFC 6184 §5.7.1).
pub(super) const STAP_A: u8 = 24;
/// A fragment of a NAL unit (RFC 6184 §5.8).
pub(super) const FU_A: u8 = 28;

/// FU header: first fragment.
pub(super) const FU_START: u8 = 0x80;
/// FU header: last fragment.
pub(super) const FU_END: u8 = 0x40;
pub(super) const TYPE_MASK: u8 = 0x1f;
const REFERENCE_MASK: u8 = 0x60;

/// The type of a NAL unit, from its first byte.
pub(super) fn nal_type(nal_unit: &[u8]) -> u8 {
    nal_unit.first().map_or(0, |header| header & TYPE_MASK)
}

/// Iterates over the NAL units of a STAP-A behind its header; ends at the first that is empty or cut off.
pub(super) fn aggregated(units: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = units;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (nal_unit, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        rest = after;
        (!nal_unit.is_empty()).then_some(nal_unit)
    })
}

/// True if the payload begins an IDR access unit: an IDR slice or an SPS, alone, aggregated or fragmented.
///
/// It is true for every slice of a picture of several IDR slices, and for the IDR slice behind its SPS.
pub fn is_keyframe_start(payload: &[u8]) -> bool {
    let is_key = |kind: u8| kind == IDR_SLICE || kind == SPS;
    match payload {
        [header, rest @ ..] if header & TYPE_MASK == STAP_A => {
            aggregated(rest).any(|unit| is_key(nal_type(unit)))
        }
        [header, fu, ..] if header & TYPE_MASK == FU_A => {
            fu & FU_START != 0 && is_key(fu & TYPE_MASK)
        }
        _ => is_key(nal_type(payload)),
    }
}

/// True if the payload is part of a picture that no other picture needs: its nal_ref_idc is 0 (H.264 §7.4.1).
pub fn is_disposable(payload: &[u8]) -> bool {
    let is_slice = |kind: u8| (1..=4).contains(&kind);
    match payload {
        [header, ..] if header & REFERENCE_MASK != 0 => false,
        // The highest nal_ref_idc of what is in it (RFC 6184 §5.7).
        [header, rest @ ..] if header & TYPE_MASK == STAP_A => {
            aggregated(rest).any(|unit| is_slice(nal_type(unit)))
        }
        [header, fu, ..] if header & TYPE_MASK == FU_A => is_slice(fu & TYPE_MASK),
        _ => is_slice(nal_type(payload)),
    }
}

/// True if nothing of the same access unit can come before this payload: it begins with an SPS or a delimiter.
pub fn is_access_unit_start(payload: &[u8]) -> bool {
    let is_first = |kind: u8| kind == SPS || kind == ACCESS_UNIT_DELIMITER;
    match payload {
        [header, rest @ ..] if header & TYPE_MASK == STAP_A => aggregated(rest)
            .next()
            .is_some_and(|unit| is_first(nal_type(unit))),
        _ => is_first(nal_type(payload)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::srtp::hex::hex;

    #[test]
    fn only_slices_that_nothing_refers_to_are_disposable() {
        for (payload, expected) in [
            ("01e0", true),
            ("41e0", false),
            ("61e0", false),
            ("0910", false),
            ("0605", false),
            ("65b8", false),
            ("1c8141", true),
            ("1c0141", true),
            ("5c8141", false),
            ("1c8641", false),
            ("18000201e0", true),
            ("1800020605", false),
            ("38000201e0", false),
            ("1c", false),
            ("", false),
        ] {
            assert_eq!(is_disposable(&hex(payload)), expected, "{payload}");
        }
    }

    #[test]
    fn key_frames_begin_with_sps_or_idr_in_any_packet_type() {
        for (payload, is_key, is_start) in [
            ("6742", true, true),
            ("65b8", true, false),
            ("68ce", false, false),
            ("41e0", false, false),
            ("0910", false, true),
            ("7c85b8", true, false),
            ("7c05b8", false, false),
            ("7c81b8", false, false),
            ("780002674200 0268ce", true, true),
            ("78000268ce00026742", true, false),
            ("7800020910000241e0", false, true),
            ("78", false, false),
            ("7800ff67", false, false),
            ("7c", false, false),
            ("", false, false),
        ] {
            let payload = hex(&payload.replace(' ', ""));
            assert_eq!(is_keyframe_start(&payload), is_key, "{payload:02x?}");
            assert_eq!(is_access_unit_start(&payload), is_start, "{payload:02x?}");
        }
    }
}
