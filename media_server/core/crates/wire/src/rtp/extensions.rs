//! Header extension elements: both forms read, the one-byte form written (RFC 8285).

/// Iterates over (id, value) of the extension elements; ends at the first malformed one.
#[derive(Debug, Clone)]
pub struct Extensions<'a> {
    #[allow(dead_code)]
    rest: &'a [u8],
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        todo!()
    }
}

/// Writes one-byte-form elements behind the fixed header that was just written.
///
/// ```text
/// let start = out.len();
/// rtp::write_header(&mut out, &fields);
/// let mut writer = ExtensionWriter::begin(&mut out, start);
/// writer.add(mid_id, b"0");
/// let header_len = writer.finish();
/// ```
pub struct ExtensionWriter<'a> {
    #[allow(dead_code)]
    out: &'a mut Vec<u8>,
}

impl<'a> ExtensionWriter<'a> {
    /// `start` is where the RTP packet begins in `out`; the fixed header of 12 bytes must be the end of `out`.
    pub fn begin(out: &'a mut Vec<u8>, start: usize) -> ExtensionWriter<'a> {
        let _ = start;
        let _ = out;
        todo!()
    }
    /// Appends an element. An id outside 1..=14 or a value outside 1..=16 bytes is left out
    /// (id 0 is how the seam says "not negotiated").
    pub fn add(&mut self, id: u8, value: &[u8]) {
        let _ = (id, value);
        todo!()
    }
    /// Pads and completes the extension; returns the header length. Without elements there is no extension: 12.
    pub fn finish(self) -> usize {
        todo!()
    }
}
