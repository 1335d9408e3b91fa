//! Transport-wide congestion control feedback to a publisher (draft-holmer-rmcat-transport-wide-cc-extensions-01).

/// Remembers when packets arrived and reports it, gaps between two feedbacks included.
#[derive(Debug, Default)]
pub struct Recorder {}

impl Recorder {
    /// A recorder that has seen nothing.
    pub fn new() -> Recorder {
        Recorder {}
    }
    /// Notes a packet by its transport-wide sequence number; RTX and audio packets too.
    pub fn receive(&mut self, sequence: u16, arrival_ns: u64) {
        let _ = (sequence, arrival_ns);
        todo!()
    }
    /// True if `build` has something to report.
    pub fn has_news(&self) -> bool {
        todo!()
    }
    /// Appends at most one feedback packet, which fits a datagram; false if there was nothing to report.
    ///
    /// Call it again, for another datagram, while it returns true.
    pub fn build(&mut self, out: &mut Vec<u8>, sender_ssrc: u32, media_ssrc: u32) -> bool {
        let _ = (out, sender_ssrc, media_ssrc);
        todo!()
    }
}
