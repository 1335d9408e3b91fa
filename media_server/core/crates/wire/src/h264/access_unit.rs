//! Packets of one access unit put together as an Annex B byte stream (RFC 6184 §5.6 to §5.8, H.264 Annex B).
use std::fmt;

use super::nal::{
    FU_A, FU_END, FU_START, IDR_SLICE, LAST_SINGLE, SPS, STAP_A, TYPE_MASK, aggregated, nal_type,
};
use super::sps::sps_size;

const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Why a payload could not be added to an access unit. The access unit is to be thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum H264Error {
    /// Cut off, or lengths that contradict each other.
    Malformed,
    /// A packet type of the interleaved mode, which is never negotiated.
    Unsupported,
    /// A fragment without its beginning, or a beginning without its end.
    BrokenFragment,
}

impl fmt::Display for H264Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            H264Error::Malformed => "H.264 payload cut off or contradicting",
            H264Error::Unsupported => "H.264 packet type of the interleaved mode",
            H264Error::BrokenFragment => "H.264 fragment without its neighbours",
        })
    }
}

impl std::error::Error for H264Error {}

/// An access unit in the making. Push its payloads in order, then finish.
#[derive(Debug, Default)]
pub struct AccessUnit {
    bytes: Vec<u8>,
    is_idr: bool,
    size: Option<(u16, u16)>,
    has_open_fragment: bool,
}

impl AccessUnit {
    /// An access unit without any NAL unit.
    pub fn new() -> AccessUnit {
        AccessUnit::default()
    }

    /// Adds a payload: a single NAL unit, a STAP-A or an FU-A.
    pub fn push(&mut self, payload: &[u8]) -> Result<(), H264Error> {
        let (header, rest) = payload.split_first().ok_or(H264Error::Malformed)?;
        let kind = header & TYPE_MASK;
        if self.has_open_fragment && kind != FU_A {
            return Err(H264Error::BrokenFragment);
        }
        match kind {
            1..=LAST_SINGLE => self.push_nal_unit(payload),
            STAP_A => self.push_aggregated(rest)?,
            FU_A => self.push_fragment(*header, rest)?,
            _ => return Err(H264Error::Unsupported),
        }
        Ok(())
    }

    /// The byte stream, with a start code before each NAL unit. An error if nothing or half a NAL unit came.
    pub fn finish(self) -> Result<Vec<u8>, H264Error> {
        match (self.has_open_fragment, self.bytes.is_empty()) {
            (true, _) => Err(H264Error::BrokenFragment),
            (false, true) => Err(H264Error::Malformed),
            (false, false) => Ok(self.bytes),
        }
    }

    /// True if it has an IDR slice: decoding may begin here.
    pub fn is_idr(&self) -> bool {
        self.is_idr
    }

    /// Width and height in pixels, if an SPS came.
    pub fn size(&self) -> Option<(u16, u16)> {
        self.size
    }

    fn push_nal_unit(&mut self, nal_unit: &[u8]) {
        match nal_type(nal_unit) {
            IDR_SLICE => self.is_idr = true,
            SPS => self.size = sps_size(nal_unit).or(self.size),
            _ => {}
        }
        self.bytes.extend_from_slice(&START_CODE);
        self.bytes.extend_from_slice(nal_unit);
    }

    fn push_aggregated(&mut self, units: &[u8]) -> Result<(), H264Error> {
        let mut taken = 0;
        for nal_unit in aggregated(units) {
            self.push_nal_unit(nal_unit);
            taken += 2 + nal_unit.len();
        }
        if taken == units.len() && taken > 0 {
            Ok(())
        } else {
            Err(H264Error::Malformed)
        }
    }

    fn push_fragment(&mut self, indicator: u8, rest: &[u8]) -> Result<(), H264Error> {
        let (fu_header, fragment) = rest.split_first().ok_or(H264Error::Malformed)?;
        let is_start = fu_header & FU_START != 0;
        if is_start == self.has_open_fragment {
            return Err(H264Error::BrokenFragment);
        }
        if is_start {
            // The NAL unit's header is put together from the fragment's two (RFC 6184 §5.8).
            let header = indicator & !TYPE_MASK | fu_header & TYPE_MASK;
            self.push_nal_unit(&[header]);
        }
        self.bytes.extend_from_slice(fragment);
        self.has_open_fragment = fu_header & FU_END == 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::{MUTATIONS, Random};
    use crate::srtp::hex::hex;

    fn assemble(payloads: &[&str]) -> Result<Vec<u8>, H264Error> {
        let mut unit = AccessUnit::new();
        for payload in payloads {
            unit.push(&hex(payload))?;
        }
        unit.finish()
    }

    #[test]
    fn single_and_aggregated_nal_units_get_start_codes() {
        assert_eq!(assemble(&["41aabb"]), Ok(hex("0000000141aabb")));
        assert_eq!(
            assemble(&["780002674200", "65cc"]),
            Err(H264Error::Malformed)
        );
        assert_eq!(
            assemble(&["7800026742000268ce", "65cc"]),
            Ok(hex("000000016742000000 0168ce0000000165cc"
                .replace(' ', "")
                .as_str()))
        );
    }

    #[test]
    fn fragments_are_joined_under_the_restored_header() {
        assert_eq!(
            assemble(&["7c85aabb", "7c05cc", "7c45dd"]),
            Ok(hex("0000000165aabbccdd"))
        );
        assert_eq!(
            assemble(&["5c81aa", "5c41bb", "41cc"]),
            Ok(hex("0000000141aabb0000000141cc"))
        );
    }

    #[test]
    fn broken_fragments_are_refused() {
        assert_eq!(assemble(&["7c05cc"]), Err(H264Error::BrokenFragment));
        assert_eq!(assemble(&["7c85aa"]), Err(H264Error::BrokenFragment));
        assert_eq!(
            assemble(&["7c85aa", "7c85aa"]),
            Err(H264Error::BrokenFragment)
        );
        assert_eq!(
            assemble(&["7c85aa", "41aa"]),
            Err(H264Error::BrokenFragment)
        );
        assert_eq!(assemble(&["7c"]), Err(H264Error::Malformed));
    }

    #[test]
    fn other_packet_types_are_refused() {
        for payload in ["00", "19aa", "1aaa", "1baa", "1daa", "1eaa", "1faa"] {
            assert_eq!(
                assemble(&[payload]),
                Err(H264Error::Unsupported),
                "{payload}"
            );
        }
        assert_eq!(assemble(&[""]), Err(H264Error::Malformed));
        assert_eq!(assemble(&[]), Err(H264Error::Malformed));
        assert_eq!(assemble(&["78"]), Err(H264Error::Malformed));
        assert_eq!(assemble(&["780000"]), Err(H264Error::Malformed));
    }

    #[test]
    fn idr_slices_are_noticed_in_every_packet_type() {
        for (payload, expected) in [
            ("65cc", true),
            ("7c85cc", true),
            ("78000265cc", true),
            ("41cc", false),
        ] {
            let mut unit = AccessUnit::new();
            unit.push(&hex(payload)).unwrap();
            assert_eq!(unit.is_idr(), expected, "{payload}");
            assert_eq!(unit.size(), None);
        }
    }

    #[test]
    fn any_bytes_are_taken_without_panic() {
        let originals = [
            hex("7800026742000268ce"),
            hex("7c85aabb"),
            hex("7c45aabb"),
            hex("65aabb"),
        ];
        let mut random = Random::new(6);
        let mut unit = AccessUnit::new();
        for round in 0..MUTATIONS {
            let bytes = random.mutate(&originals[round % 4]);
            let _ = super::super::is_keyframe_start(&bytes);
            if unit.push(&bytes).is_err() || round % 10 == 0 {
                let _ = std::mem::take(&mut unit).finish();
            }
        }
    }
}
