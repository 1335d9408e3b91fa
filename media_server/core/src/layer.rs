//! One incoming RTP stream of a track: a simulcast layer, or the whole track without simulcast.
use lianzhen_wire::reception::{Arrival, ReceiveLog};
use lianzhen_wire::rtp::{SequenceUnwrapper, TimestampUnwrapper};

use crate::gap_wait::GapWait;
use crate::history::History;
use crate::input::MediaKind;
use crate::keyframe::KeyframeRequests;
use crate::rate::{Rate, RateMeter, Rates};
use crate::select::Activity;
use crate::splice::ClockPoint;

/// What a layer is thought to take before it was measured: what LiveKit's clients send at 180, 360 and 720 lines.
fn nominal_bps(rid: &str) -> u64 {
    match rid {
        "q" => 160_000,
        "h" => 450_000,
        _ => 1_700_000,
    }
}

/// A layer that has been silent for so long takes nothing: it is muted, or shows what does not move.
const SILENT_NS: u64 = 2_000_000_000;

/// The state of a layer.
#[derive(Debug)]
pub struct Layer {
    /// "" without simulcast.
    pub rid: String,
    /// Its media SSRC, once seen.
    pub ssrc: Option<u32>,
    /// Its retransmission SSRC, once seen.
    pub rtx_ssrc: Option<u32>,
    /// Counts the runs: numbers of different runs have nothing to do with each other.
    pub generation: u32,
    sequences: SequenceUnwrapper,
    timestamps: TimestampUnwrapper,
    /// Losses, jitter, what to ask for.
    pub log: ReceiveLog,
    /// What was received lately.
    pub history: History,
    /// What waits for repairs, where it is sound.
    pub gap_wait: GapWait,
    /// The last sender report.
    pub clock: Option<ClockPoint>,
    /// When media packets with a payload came.
    pub activity: Option<Activity>,
    /// Key frames wanted.
    pub keyframes: KeyframeRequests,
    /// Packets received, padding and duplicates included.
    pub packets: u64,
    /// Payload bytes received.
    pub bytes: u64,
    /// How much it sends.
    pub meter: RateMeter,
    /// Key frames begun.
    pub keyframe_count: u64,
    /// Pixels of the last key frame; 0 if unknown.
    pub width: u16,
    /// Pixels of the last key frame; 0 if unknown.
    pub height: u16,
}

impl Layer {
    /// A layer that has sent nothing.
    pub fn new(rid: &str, clock_rate_hz: u32, wants_repair: bool) -> Layer {
        Layer {
            rid: rid.to_owned(),
            ssrc: None,
            rtx_ssrc: None,
            generation: 0,
            sequences: SequenceUnwrapper::new(),
            timestamps: TimestampUnwrapper::new(),
            log: ReceiveLog::new(clock_rate_hz, wants_repair),
            history: History::default(),
            gap_wait: GapWait::default(),
            clock: None,
            activity: None,
            keyframes: KeyframeRequests::default(),
            packets: 0,
            bytes: 0,
            meter: RateMeter::default(),
            keyframe_count: 0,
            width: 0,
            height: 0,
        }
    }

    /// Begins another run: the publisher goes on under another SSRC.
    pub fn begin_anew(&mut self, clock_rate_hz: u32, wants_repair: bool) {
        self.generation += 1;
        self.sequences = SequenceUnwrapper::new();
        self.timestamps = TimestampUnwrapper::new();
        self.log = ReceiveLog::new(clock_rate_hz, wants_repair);
        self.history = History::default();
        self.gap_wait = GapWait::default();
        self.clock = None;
        self.rtx_ssrc = None;
    }

    /// Notes a packet of the media SSRC: its unwrapped numbers, or None for a duplicate.
    #[inline]
    pub fn receive(
        &mut self,
        sequence: u16,
        timestamp: u32,
        arrival_ns: u64,
    ) -> Option<(u64, i64)> {
        let sequence = self.sequences.unwrap(sequence);
        let arrival = self.log.receive(sequence, timestamp, arrival_ns);
        (arrival == Arrival::Fresh).then(|| (sequence, self.timestamps.unwrap(timestamp)))
    }

    /// Notes a packet restored from RTX. None for a duplicate, and before the first media packet, as nothing tells
    /// then where its number lies.
    pub fn receive_repair(
        &mut self,
        sequence: u16,
        timestamp: u32,
        arrival_ns: u64,
    ) -> Option<(u64, i64)> {
        self.sequences.highest()?;
        let sequence = self.sequences.peek(sequence);
        let arrival = self.log.receive_repair(sequence, arrival_ns);
        (arrival == Arrival::Fresh).then(|| (sequence, self.timestamps.peek(timestamp)))
    }

    /// Notes a packet that came along with a later one (RFC 2198). None where it is known, as it mostly is.
    pub fn receive_copy(
        &mut self,
        sequence: u16,
        timestamp: u32,
        arrival_ns: u64,
    ) -> Option<(u64, i64)> {
        self.log
            .lacks(self.sequences.peek(sequence))
            .then(|| self.receive_repair(sequence, timestamp, arrival_ns))
            .flatten()
    }

    /// Notes a sender report of the layer (RFC 3550 §6.4.1). None before the first media packet, as nothing tells
    /// then to which turn of the timestamp it refers.
    pub fn receive_sender_report(
        &mut self,
        ntp: u64,
        timestamp: u32,
        arrival_ns: u64,
    ) -> Option<ClockPoint> {
        self.log.receive_sender_report(ntp, arrival_ns);
        self.sequences.highest()?;
        let clock = ClockPoint {
            ntp,
            timestamp: self.timestamps.peek(timestamp),
            arrival_ns,
        };
        self.clock = Some(clock);
        Some(clock)
    }

    /// What it takes: as measured, as thought before that, or nothing while it is silent. A voice that begins is
    /// thought to take nothing, as room for it is kept anyway.
    pub fn rates(&self, now_ns: u64, kind: MediaKind) -> Rates {
        let is_silent = self
            .activity
            .is_none_or(|activity| now_ns.saturating_sub(activity.last_ns) >= SILENT_NS);
        if is_silent {
            return Rates::undivided(Rate::default());
        }
        self.meter.rates(now_ns).unwrap_or_else(|| {
            let bps = match kind {
                MediaKind::Audio => 0,
                MediaKind::Video => nominal_bps(&self.rid),
            };
            Rates::undivided(Rate { bps, fps: 0 })
        })
    }

    /// Highest sequence number so far.
    pub fn highest_sequence(&self) -> Option<u64> {
        self.sequences.highest()
    }

    /// Width times height of the last key frame.
    pub fn pixels(&self) -> u32 {
        u32::from(self.width) * u32::from(self.height)
    }
}
