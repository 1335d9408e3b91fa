//! Finds the frames in a row of packets, and what can be decoded after a loss.
use super::Codec;
use super::depacketise::depacketise;
use super::reorder::{Packet, ReorderBuffer, Step};

/// One whole encoded frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What `data` holds: one VP8 frame, one H.264 access unit in Annex B, or one Opus packet.
    pub codec: Codec,
    /// The unwrapped RTP timestamp the packets were given with.
    pub timestamp: i64,
    /// When its first packet (by sequence) arrived.
    pub arrival_ns: u64,
    /// True if decoding may begin here; always true for Opus.
    pub is_keyframe: bool,
    /// Packets that went missing for good since the frame before.
    pub lost_packets: u32,
    /// Pixels; 0 where the frame does not tell.
    pub width: u16,
    /// Pixels; 0 where the frame does not tell.
    pub height: u16,
    /// The encoded frame.
    pub data: Vec<u8>,
}

/// Reorders and depacketises one track. Feed with `receive`, then drain with `next_frame`.
#[derive(Debug, Default)]
pub struct FrameAssembler {
    packets: ReorderBuffer,
    /// Packets given up since the last frame was delivered.
    lost_packets: u32,
    discarded_frames: u64,
    /// The codec that frames are decodable in; None before the first key frame and after a loss.
    decodable: Option<Codec>,
    /// True if the packet before the next one was received and ended its frame.
    is_at_boundary: bool,
    /// True once a marker ended a frame: from then on a frame without one was cut off.
    sender_marks_ends: bool,
    scan: Scan,
}

/// How far the frame at the front has been looked through, so that no packet is looked at twice.
#[derive(Debug, Default)]
struct Scan {
    /// The front when the scan began; another front makes it void.
    front: u64,
    at: u64,
    timestamp: Option<i64>,
}

/// A frame that is there: it ends before the sequence number.
struct Extent {
    end: u64,
    was_cut: bool,
}

impl FrameAssembler {
    /// An assembler that has seen nothing.
    pub fn new() -> FrameAssembler {
        FrameAssembler::default()
    }

    /// Takes a packet. Sequence and timestamp are unwrapped and continuous across layer switches; a padding-only
    /// packet that was not swallowed has an empty payload.
    pub fn receive(
        &mut self,
        sequence: u64,
        timestamp: i64,
        has_marker: bool,
        payload: &[u8],
        codec: Codec,
        arrival_ns: u64,
    ) {
        let payload = payload.to_vec();
        self.packets.insert(
            sequence,
            Packet {
                timestamp,
                has_marker,
                codec,
                arrival_ns,
                payload,
            },
        );
    }

    /// The next whole frame, in decoding order. Call until None after each `receive`, and now and then without one,
    /// so that a wait for missing packets ends in time.
    pub fn next_frame(&mut self, now_ns: u64) -> Option<Frame> {
        loop {
            self.skip_padding();
            if let Some(extent) = self.find_frame() {
                let frame = self.take_frame(&extent);
                if frame.is_some() {
                    return frame;
                }
                continue;
            }
            match self.packets.stalled(now_ns) {
                Step::Wait => return None,
                Step::GiveUp { missing, resume } => self.give_up(missing, resume),
            }
        }
    }

    /// True while video frames are thrown away until a key frame comes: ask the publisher for one. Means nothing
    /// for Opus.
    pub fn needs_keyframe(&self) -> bool {
        self.decodable.is_none()
    }

    /// Frames thrown away because packets of them or of what they refer to were lost.
    pub fn discarded_frames(&self) -> u64 {
        self.discarded_frames
    }

    /// Packets without payload between two frames belong to neither.
    fn skip_padding(&mut self) {
        let run = self.packets.run_from(self.packets.next());
        let padding = run.take_while(|(_, packet)| packet.payload.is_empty());
        if let Some((last, _)) = padding.last() {
            drop(self.packets.take_until(last + 1));
        }
    }

    /// The frame at the front, if it is there to its end.
    fn find_frame(&mut self) -> Option<Extent> {
        let front = self.packets.next();
        if self.scan.front != front {
            self.scan = Scan {
                front,
                at: front,
                timestamp: None,
            };
        }
        for (sequence, packet) in self.packets.run_from(self.scan.at) {
            self.scan.at = sequence + 1;
            if packet.payload.is_empty() {
                continue;
            }
            let timestamp = *self.scan.timestamp.get_or_insert(packet.timestamp);
            if packet.timestamp != timestamp {
                return Some(Extent {
                    end: sequence,
                    was_cut: self.sender_marks_ends,
                });
            }
            if packet.has_marker || packet.codec == Codec::Opus {
                return Some(Extent {
                    end: sequence + 1,
                    was_cut: false,
                });
            }
        }
        None
    }

    /// Takes the frame from the buffer; None if it is of no use.
    fn take_frame(&mut self, extent: &Extent) -> Option<Frame> {
        let mut packets: Vec<Packet> = self.packets.take_until(extent.end).collect();
        packets.retain(|packet| !packet.payload.is_empty());
        let first = packets.first()?;
        let (codec, timestamp, arrival_ns) = (first.codec, first.timestamp, first.arrival_ns);
        let has_beginning = self.is_at_boundary || codec.is_frame_start(&first.payload);
        let is_of_one_codec = packets.iter().all(|packet| packet.codec == codec);
        self.is_at_boundary = true;
        self.sender_marks_ends |= packets
            .last()
            .is_some_and(|last| last.has_marker && codec != Codec::Opus);

        let is_whole = has_beginning && is_of_one_codec && !extent.was_cut;
        let payloads = packets.iter().map(|packet| packet.payload.as_slice());
        let Some(encoded) = is_whole.then(|| depacketise(codec, payloads)).flatten() else {
            self.discarded_frames += 1;
            self.decodable = None;
            return None;
        };
        if !encoded.is_keyframe && self.decodable != Some(codec) {
            self.discarded_frames += 1;
            self.decodable = None;
            return None;
        }
        self.decodable = Some(codec);
        Some(Frame {
            codec,
            timestamp,
            arrival_ns,
            is_keyframe: encoded.is_keyframe,
            lost_packets: std::mem::take(&mut self.lost_packets),
            width: encoded.width,
            height: encoded.height,
            data: encoded.data,
        })
    }

    /// Throws away the frame that has a hole, or never ends, and goes on behind the hole.
    fn give_up(&mut self, missing: u64, resume: u64) {
        let mut damaged = self
            .packets
            .take_until(resume)
            .filter(|packet| !packet.payload.is_empty());
        if damaged.next().is_some() {
            self.discarded_frames += 1;
        }
        let lost = u32::try_from(resume - missing).unwrap_or(u32::MAX);
        self.lost_packets = self.lost_packets.saturating_add(lost);
        self.decodable = None;
        self.is_at_boundary = false;
    }
}
