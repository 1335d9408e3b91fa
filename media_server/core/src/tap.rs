//! A tap: a subscription without a peer, whose packets become whole frames for the recorder.
use lianzhen_wire::frame_assembler::{Codec, Frame, FrameAssembler};

use crate::numbered::Slot;
use crate::packet::MediaPacket;
use crate::splice::{ClockPoint, Placement, Splice};

/// First sequence number of a tap: any above 0, as no receiver counts rollovers here.
const FIRST_SEQUENCE: u64 = 1 << 16;

/// What a reader of a tap finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TapRecord {
    /// One whole frame.
    Frame(Frame),
    /// A sender report in the tap's time line.
    Clock {
        /// The tap's unwrapped timestamp …
        rtp_timestamp: i64,
        /// … at which the publisher's clock read this, in nanoseconds since the Unix epoch.
        ntp_ns: u64,
        /// When the report arrived.
        arrival_ns: u64,
    },
    /// Frames dropped because the ring was full.
    Overflow {
        /// How many.
        frames: u64,
        /// When the first of them came.
        arrival_ns: u64,
    },
    /// The track has ended.
    End {
        /// When.
        arrival_ns: u64,
    },
}

/// The state of a tap.
#[derive(Debug)]
pub struct Tap {
    /// The caller's number.
    pub number: u32,
    /// Slot of the track.
    pub input: Slot,
    /// The wanted RID; None is the best.
    pub wanted: Option<String>,
    /// What passes.
    pub splice: Splice,
    /// Puts packets together.
    pub assembler: FrameAssembler,
}

impl Tap {
    /// A tap that has seen nothing.
    pub fn new(number: u32, input: Slot, wanted: Option<String>, clock_rate_hz: u32) -> Tap {
        Tap {
            number,
            input,
            wanted,
            splice: Splice::new(clock_rate_hz, FIRST_SEQUENCE),
            assembler: FrameAssembler::new(),
        }
    }

    /// Takes a packet; then take the frames.
    pub fn receive(&mut self, packet: &MediaPacket<'_>, placement: &Placement, codec: Codec) {
        self.assembler.receive(
            placement.sequence,
            placement.timestamp,
            packet.facts.has_marker,
            packet.payload,
            codec,
            packet.facts.arrival_ns,
        );
    }

    /// Appends the whole frames there are.
    pub fn take_frames(&mut self, now_ns: u64, records: &mut Vec<(u32, TapRecord)>) {
        while let Some(frame) = self.assembler.next_frame(now_ns) {
            records.push((self.number, TapRecord::Frame(frame)));
        }
    }

    /// A sender report of the current layer as a record.
    pub fn clock_record(&self, clock: &ClockPoint) -> TapRecord {
        TapRecord::Clock {
            rtp_timestamp: self.splice.map_timestamp(clock.timestamp),
            ntp_ns: clock.unix_ns(),
            arrival_ns: clock.arrival_ns,
        }
    }
}
