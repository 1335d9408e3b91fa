//! The bounded ring between a tap and its reader.
use std::collections::VecDeque;

use crate::tap::TapRecord;

/// Records waiting at most: 10 s of sound at 50 packets/s, 17 s of video at 30 frames/s.
const MAX_RECORDS: usize = 512;

/// Payload bytes waiting at most: about 10 s of 6 Mbit/s.
const MAX_BYTES: usize = 8 << 20;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It waits.
    Kept,
    /// The ring is full: it was dropped. The reader will find an overflow record in its place.
    Dropped,
    /// As `Dropped`, and the frames before were kept: the first of a run of dropped ones.
    FirstDropped,
}

/// Records in order. When full, new frames are dropped until there is room and, for video, a key frame.
#[derive(Debug, Default)]
pub struct TapRing {
    records: VecDeque<TapRecord>,
    bytes: usize,
    dropped_frames: u64,
    dropped_since_ns: u64,
}

impl TapRing {
    /// Stores a record or drops it. The end of the track is always stored.
    pub fn push(&mut self, record: TapRecord) -> Stored {
        let (bytes, is_entry) = match &record {
            TapRecord::Frame(frame) => (frame.data.len(), frame.is_keyframe),
            TapRecord::End { .. } => {
                self.flush_overflow();
                self.records.push_back(record);
                return Stored::Kept;
            }
            TapRecord::Clock { .. } | TapRecord::Overflow { .. } => (0, false),
        };
        let has_room = self.records.len() < MAX_RECORDS && self.bytes + bytes <= MAX_BYTES;
        let TapRecord::Frame(frame) = &record else {
            if has_room && self.dropped_frames == 0 {
                self.records.push_back(record);
                return Stored::Kept;
            }
            return Stored::Dropped;
        };
        if has_room && (self.dropped_frames == 0 || is_entry) {
            self.flush_overflow();
            self.bytes += bytes;
            self.records.push_back(record);
            return Stored::Kept;
        }
        self.dropped_frames += 1;
        if self.dropped_frames == 1 {
            self.dropped_since_ns = frame.arrival_ns;
            return Stored::FirstDropped;
        }
        Stored::Dropped
    }

    /// Takes out up to `max_records`, oldest first.
    pub fn take(&mut self, max_records: usize) -> Vec<TapRecord> {
        let count = max_records.min(self.records.len());
        let taken: Vec<_> = self.records.drain(..count).collect();
        for record in &taken {
            if let TapRecord::Frame(frame) = record {
                self.bytes -= frame.data.len();
            }
        }
        taken
    }

    /// True while frames are being dropped and a key frame would end it.
    pub fn needs_keyframe(&self) -> bool {
        self.dropped_frames > 0 && self.records.len() < MAX_RECORDS / 2
    }

    fn flush_overflow(&mut self) {
        if self.dropped_frames > 0 {
            let frames = std::mem::take(&mut self.dropped_frames);
            self.records.push_back(TapRecord::Overflow {
                frames,
                arrival_ns: self.dropped_since_ns,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lianzhen_wire::frame_assembler::{Codec, Frame};

    fn frame(arrival_ns: u64, is_keyframe: bool, bytes: usize) -> TapRecord {
        TapRecord::Frame(Frame {
            codec: Codec::Vp8,
            timestamp: 0,
            arrival_ns,
            is_keyframe,
            lost_packets: 0,
            width: 0,
            height: 0,
            data: vec![0; bytes],
        })
    }

    #[test]
    fn records_come_out_in_order_and_in_batches() {
        let mut ring = TapRing::default();
        for at in 0..5 {
            assert_eq!(ring.push(frame(at, false, 10)), Stored::Kept);
        }
        assert_eq!(ring.take(2), [frame(0, false, 10), frame(1, false, 10)]);
        assert_eq!(ring.take(100).len(), 3);
        assert_eq!(ring.take(100), []);
        assert_eq!(ring.bytes, 0);
    }

    #[test]
    fn a_full_ring_drops_until_there_is_room_and_a_key_frame_and_tells() {
        let mut ring = TapRing::default();
        for at in 0..MAX_RECORDS as u64 {
            ring.push(frame(at, true, 1));
        }
        assert_eq!(ring.push(frame(1000, true, 1)), Stored::FirstDropped);
        assert_eq!(
            ring.push(TapRecord::Clock {
                rtp_timestamp: 0,
                ntp_ns: 0,
                arrival_ns: 0
            }),
            Stored::Dropped
        );
        assert!(!ring.needs_keyframe());
        ring.take(MAX_RECORDS);
        assert!(ring.needs_keyframe());
        assert_eq!(ring.push(frame(1001, false, 1)), Stored::Dropped);
        assert_eq!(ring.push(frame(1002, true, 1)), Stored::Kept);
        assert!(!ring.needs_keyframe());
        assert_eq!(
            ring.take(9),
            [
                TapRecord::Overflow {
                    frames: 2,
                    arrival_ns: 1000
                },
                frame(1002, true, 1)
            ]
        );
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut ring = TapRing::default();
        for at in 0..8 {
            assert_eq!(ring.push(frame(at, true, 1 << 20)), Stored::Kept);
        }
        assert_eq!(ring.push(frame(9, true, 1)), Stored::FirstDropped);
    }

    #[test]
    fn the_end_is_always_kept_behind_what_was_lost() {
        let mut ring = TapRing::default();
        for at in 0..MAX_RECORDS as u64 {
            ring.push(frame(at, true, 1));
        }
        ring.push(frame(7, true, 1));
        assert_eq!(ring.push(TapRecord::End { arrival_ns: 8 }), Stored::Kept);
        let records = ring.take(MAX_RECORDS + 2);
        assert_eq!(
            records[MAX_RECORDS..],
            [
                TapRecord::Overflow {
                    frames: 1,
                    arrival_ns: 7
                },
                TapRecord::End { arrival_ns: 8 }
            ]
        );
    }
}
