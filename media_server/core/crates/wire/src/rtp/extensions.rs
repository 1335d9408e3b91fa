//! Header extension elements: both forms read, the one-byte form written (RFC 8285 §4).
use super::header::FIXED_HEADER_LEN;

const ONE_BYTE_PROFILE: u16 = 0xbede;
const TWO_BYTE_PROFILE: u16 = 0x1000;
/// The low four bits of the two-byte profile are "appbits" (RFC 8285 §4.3).
const TWO_BYTE_PROFILE_MASK: u16 = 0xfff0;
/// One-byte form: id 15 ends the extension (RFC 8285 §4.2).
const ONE_BYTE_STOP: u8 = 15;
const X_BIT: u8 = 0x10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    OneByte,
    TwoByte,
}

impl Form {
    /// (id, value length, what follows) of the element at the beginning of `bytes`.
    fn split_head(self, bytes: &[u8]) -> Option<(u8, usize, &[u8])> {
        match self {
            Form::OneByte => {
                let (head, rest) = bytes.split_first()?;
                let id = head >> 4;
                // Id 0 with a length is as final as id 15 (RFC 8285 §4.2).
                (id != 0 && id != ONE_BYTE_STOP).then_some((id, usize::from(head & 0x0f) + 1, rest))
            }
            Form::TwoByte => {
                let ([id, length], rest) = bytes.split_first_chunk::<2>()?;
                Some((*id, usize::from(*length), rest))
            }
        }
    }
}

/// Iterates over (id, value) of the extension elements; ends at the first malformed one. Id 0 never comes.
#[derive(Debug, Clone)]
pub struct Extensions<'a> {
    form: Form,
    rest: &'a [u8],
}

impl<'a> Extensions<'a> {
    pub(super) fn new(profile: u16, bytes: &'a [u8]) -> Extensions<'a> {
        if profile == ONE_BYTE_PROFILE {
            Extensions {
                form: Form::OneByte,
                rest: bytes,
            }
        } else if profile & TWO_BYTE_PROFILE_MASK == TWO_BYTE_PROFILE {
            Extensions {
                form: Form::TwoByte,
                rest: bytes,
            }
        } else {
            Extensions {
                form: Form::OneByte,
                rest: &[],
            }
        }
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((0, rest)) = self.rest.split_first() {
            // A zero byte between elements is padding.
            self.rest = rest;
        }
        let (id, length, after) = self.form.split_head(std::mem::take(&mut self.rest))?;
        let (value, rest) = after.split_at_checked(length)?;
        self.rest = rest;
        Some((id, value))
    }
}

/// Writes one-byte-form elements behind the fixed header that was just written.
///
/// ```
/// use lianzhen_wire::rtp::{self, ExtensionWriter, Fields};
/// let fields = Fields { payload_type: 96, has_marker: false, sequence: 1, timestamp: 2, ssrc: 3 };
/// let mut out = Vec::new();
/// rtp::write_header(&mut out, &fields);
/// let mut writer = ExtensionWriter::begin(&mut out, 0);
/// writer.add(4, b"0");
/// let header_len = writer.finish();
/// assert_eq!(header_len, 20);
/// ```
pub struct ExtensionWriter<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> ExtensionWriter<'a> {
    /// `start` is where the RTP packet begins in `out`; its fixed header of 12 bytes must be the end of `out`.
    pub fn begin(out: &'a mut Vec<u8>, start: usize) -> ExtensionWriter<'a> {
        debug_assert_eq!(out.len(), start + FIXED_HEADER_LEN);
        ExtensionWriter { out, start }
    }

    /// Appends an element. An id outside 1..=14 or a value outside 1..=16 bytes is left out
    /// (id 0 is how the seam says "not negotiated").
    pub fn add(&mut self, id: u8, value: &[u8]) {
        if !(1..=14).contains(&id) || !(1..=16).contains(&value.len()) {
            return;
        }
        if self.is_empty() {
            let [p0, p1] = ONE_BYTE_PROFILE.to_be_bytes();
            self.out.extend_from_slice(&[p0, p1, 0, 0]);
        }
        self.out.push(id << 4 | (value.len() - 1) as u8);
        self.out.extend_from_slice(value);
    }

    /// Pads and completes the extension; returns the header length. Without elements there is no extension: 12.
    pub fn finish(self) -> usize {
        if self.is_empty() {
            return FIXED_HEADER_LEN;
        }
        let data_len = (self.out.len() - self.start - FIXED_HEADER_LEN - 4).next_multiple_of(4);
        let header_len = FIXED_HEADER_LEN + 4 + data_len;
        self.out.resize(self.start + header_len, 0);
        let words = ((data_len / 4) as u16).to_be_bytes();
        if let Some(header) = self.out.get_mut(self.start..) {
            if let [b0, ..] = header {
                *b0 |= X_BIT;
            }
            if let Some(length) = header.get_mut(FIXED_HEADER_LEN + 2..FIXED_HEADER_LEN + 4) {
                length.copy_from_slice(&words);
            }
        }
        header_len
    }

    fn is_empty(&self) -> bool {
        self.out.len() == self.start + FIXED_HEADER_LEN
    }
}
