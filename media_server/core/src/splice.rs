//! One continuous outgoing stream spliced from the layers of a track: which packets pass, and under which numbers.
//!
//! A splice sends at most one layer at a time (`current`) and moves to another one (`target`) only at an entry: the
//! first packet of a key frame, or any audio packet. Within one layer, outgoing numbers are incoming numbers less an
//! offset, so that losses and reordering on the way in show as they are. Swallowed padding moves the offset by one.
//! So do frames of temporal layers above the limit, which close up the same way, PictureIDs too: else a decoder would
//! wait for them.
//! Both a subscriber's output and a tap are built on this.
use std::collections::VecDeque;

use crate::packet::PacketFacts;

/// Changes of offset remembered for late packets; a packet older than all of them is dropped.
const MAX_SHIFTS: usize = 256;

/// Seconds from the NTP epoch (1900) to the Unix epoch (1970).
const NTP_TO_UNIX_S: u64 = 2_208_988_800;

/// A layer's clock against the publisher's wall clock, from a sender report (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockPoint {
    /// 32.32 fixed-point seconds since 1900.
    pub ntp: u64,
    /// The same instant as an unwrapped timestamp of the layer.
    pub timestamp: i64,
    /// When the report arrived.
    pub arrival_ns: u64,
}

impl ClockPoint {
    /// The publisher's clock in nanoseconds since the Unix epoch; 0 for times before it.
    pub fn unix_ns(&self) -> u64 {
        let seconds = (self.ntp >> 32).saturating_sub(NTP_TO_UNIX_S);
        seconds * 1_000_000_000 + (((self.ntp & 0xffff_ffff) * 1_000_000_000) >> 32)
    }

    /// Where the publisher's wall clock stood at an unwrapped timestamp of the layer, in RTP ticks since 1900.
    fn wall_ticks(&self, timestamp: i64, clock_rate_hz: u32) -> i128 {
        let seconds_ticks = (i128::from(self.ntp) * i128::from(clock_rate_hz)) >> 32;
        seconds_ticks + i128::from(timestamp - self.timestamp)
    }
}

/// Under which numbers a packet goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Extended outgoing sequence number.
    pub sequence: u64,
    /// Unwrapped outgoing timestamp.
    pub timestamp: i64,
    /// To be added to the VP8 PictureID (modulo its width).
    pub picture_id_offset: u16,
    /// To be added to TL0PICIDX.
    pub tl0_offset: u8,
    /// True for the first packet of another layer than before.
    pub is_switch: bool,
    /// True if the packet goes out without its payload: it is not sent, but its number could not be closed up.
    pub is_emptied: bool,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is of another layer, or no entry where one is needed.
    NotWanted,
    /// It is older than what this splice can still place.
    TooLate,
    /// Padding, or a temporal layer above the limit, that closed up without a gap.
    Swallowed,
    /// It goes out under these numbers; what could not be closed up goes out as an empty packet.
    Pass(Placement),
}

#[derive(Debug, Clone, Copy)]
struct Shift {
    /// Incoming numbers from here on …
    from: u64,
    /// … go out less this (wrapping).
    offset: u64,
    /// Added to their PictureIDs.
    picture_id_offset: u16,
}

/// Which temporal layers pass.
#[derive(Debug, Clone, Copy)]
struct Temporal {
    /// The highest that passes now.
    now: u8,
    /// What it becomes at the next frame where that can be.
    wanted: u8,
    /// What it becomes at the next switch.
    after_switch: u8,
    /// The newest frame that did not pass.
    shed_timestamp: i64,
}

impl Default for Temporal {
    fn default() -> Self {
        Temporal {
            now: u8::MAX,
            wanted: u8::MAX,
            after_switch: u8::MAX,
            shed_timestamp: i64::MIN,
        }
    }
}

/// The state of one spliced stream.
#[derive(Debug, Clone)]
pub struct Splice {
    clock_rate_hz: u32,
    current: Option<usize>,
    target: Option<usize>,
    shifts: VecDeque<Shift>,
    temporal: Temporal,
    timestamp_offset: i64,
    picture_id_offset: u16,
    tl0_offset: u8,
    next_sequence: u64,
    last: Option<Last>,
    has_switched: bool,
}

/// The newest packet that went out.
#[derive(Debug, Clone, Copy)]
struct Last {
    timestamp: i64,
    arrival_ns: u64,
    /// Its layer, as long as that goes on under the same numbers, and its timestamp there.
    origin: Option<(usize, i64)>,
    picture_id: Option<u16>,
    tl0_pic_idx: Option<u8>,
}

impl Splice {
    /// A splice whose first packet will get `first_sequence`; below 65536, as receivers begin with a rollover
    /// counter of 0 (RFC 3711 §3.3.1).
    pub fn new(clock_rate_hz: u32, first_sequence: u64) -> Splice {
        Splice {
            clock_rate_hz,
            current: None,
            target: None,
            shifts: VecDeque::new(),
            temporal: Temporal::default(),
            timestamp_offset: 0,
            picture_id_offset: 0,
            tl0_offset: 0,
            next_sequence: first_sequence,
            last: None,
            has_switched: false,
        }
    }

    /// True once after each switch.
    pub fn take_switched(&mut self) -> bool {
        std::mem::take(&mut self.has_switched)
    }

    /// The layer being sent.
    pub fn current(&self) -> Option<usize> {
        self.current
    }

    /// The layer to be sent from its next entry on, where it is not the current one.
    pub fn target(&self) -> Option<usize> {
        self.target
    }

    /// Points the splice at a layer; None stops it. True if an entry (a key frame) of that layer is now needed.
    pub fn aim(&mut self, layer: Option<usize>) -> bool {
        match layer {
            None => {
                self.current = None;
                self.target = None;
                false
            }
            Some(layer) if self.current == Some(layer) => {
                self.target = None;
                false
            }
            Some(layer) => {
                let is_news = self.target != Some(layer);
                self.target = Some(layer);
                is_news
            }
        }
    }

    /// Limits the temporal layers: of the current layer from its next frame on (for more, from the next that allows
    /// it; None leaves it as it is), and of the next one from its switch on.
    pub fn limit_temporal(&mut self, current: Option<u8>, after_switch: u8) {
        self.temporal.wanted = current.unwrap_or(self.temporal.wanted);
        self.temporal.after_switch = after_switch;
    }

    /// Forgets that `layer` is current: its numbers begin anew (another SSRC).
    pub fn lose(&mut self, layer: usize) {
        if let Some(last) = &mut self.last {
            last.origin = last.origin.filter(|(of, _)| *of != layer);
        }
        if self.current == Some(layer) {
            self.current = None;
            self.target = Some(layer);
        }
    }

    /// The outgoing timestamp that stands for `timestamp` of the current layer.
    pub fn map_timestamp(&self, timestamp: i64) -> i64 {
        timestamp - self.timestamp_offset
    }

    /// The extended sequence number the next new packet will get.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Decides on one packet of `layer`. `is_padding` says that its payload is empty; `clock_of` tells what sender
    /// reports of a layer said, and is asked at a switch only.
    #[inline]
    pub fn place(
        &mut self,
        layer: usize,
        facts: &PacketFacts,
        is_padding: bool,
        clock_of: impl Fn(usize) -> Option<ClockPoint>,
    ) -> Step {
        if self.current != Some(layer) {
            if self.target != Some(layer) || !facts.is_entry || is_padding {
                return Step::NotWanted;
            }
            self.switch(layer, facts, clock_of);
            return Step::Pass(self.pass(
                layer,
                facts,
                self.next_sequence,
                self.picture_id_offset,
                true,
            ));
        }
        let Some(shift) = self.shift_at(facts.sequence) else {
            return Step::TooLate;
        };
        let sequence = facts.sequence.wrapping_sub(shift.offset);
        if self.temporal.now != self.temporal.wanted && !is_padding {
            self.turn_temporal(facts);
        }
        if facts.temporal > self.temporal.now && !is_padding {
            return self.shed(layer, facts, sequence, shift);
        }
        if is_padding && sequence == self.next_sequence {
            self.shift_after(facts.sequence, shift.offset.wrapping_add(1));
            return Step::Swallowed;
        }
        Step::Pass(self.pass(layer, facts, sequence, shift.picture_id_offset, false))
    }

    #[inline]
    fn shift_at(&self, sequence: u64) -> Option<Shift> {
        self.shifts
            .iter()
            .rev()
            .find(|shift| shift.from <= sequence)
            .copied()
    }

    /// True for the first packet that comes of a frame newer than all before.
    fn begins_frame(&self, facts: &PacketFacts) -> bool {
        let newest = self
            .last
            .and_then(|last| last.origin)
            .map_or(i64::MIN, |(_, timestamp)| timestamp);
        facts.timestamp > newest.max(self.temporal.shed_timestamp)
    }

    /// Moves the limit where it may move: never within a frame, and up one layer at a time, with a frame that needs
    /// nothing of what did not pass.
    #[cold]
    fn turn_temporal(&mut self, facts: &PacketFacts) {
        if !self.begins_frame(facts) {
            return;
        }
        let Temporal { now, wanted, .. } = self.temporal;
        if wanted < now {
            self.temporal.now = wanted;
        } else if facts.temporal == now + 1 && facts.is_layer_sync {
            self.temporal.now = facts.temporal;
        }
    }

    /// Leaves out a packet of a temporal layer above the limit.
    #[cold]
    fn shed(&mut self, layer: usize, facts: &PacketFacts, sequence: u64, shift: Shift) -> Step {
        if self.begins_frame(facts) {
            self.temporal.shed_timestamp = facts.timestamp;
            self.picture_id_offset = self.picture_id_offset.wrapping_sub(1);
        }
        if sequence == self.next_sequence {
            self.shift_after(facts.sequence, shift.offset.wrapping_add(1));
            return Step::Swallowed;
        }
        if sequence > self.next_sequence {
            self.shift_after(facts.sequence, shift.offset);
        }
        let without_picture = PacketFacts {
            vp8: None,
            ..*facts
        };
        let mut placement = self.pass(layer, &without_picture, sequence, 0, false);
        placement.is_emptied = true;
        Step::Pass(placement)
    }

    /// From behind `sequence` on numbers go out less `offset`, and pictures under the newest offset.
    fn shift_after(&mut self, sequence: u64, offset: u64) {
        // Nothing lies between two shifts in a row, so one will do.
        if self.shifts.len() > 1
            && self
                .shifts
                .back()
                .is_some_and(|shift| shift.from == sequence)
        {
            self.shifts.pop_back();
        }
        if self.shifts.len() == MAX_SHIFTS {
            self.shifts.pop_front();
        }
        self.shifts.push_back(Shift {
            from: sequence + 1,
            offset,
            picture_id_offset: self.picture_id_offset,
        });
    }

    #[inline]
    fn pass(
        &mut self,
        layer: usize,
        facts: &PacketFacts,
        sequence: u64,
        picture_id_offset: u16,
        is_switch: bool,
    ) -> Placement {
        let timestamp = self.map_timestamp(facts.timestamp);
        if sequence >= self.next_sequence {
            self.next_sequence = sequence + 1;
            let descriptor = facts.vp8.as_ref();
            let picture_id = descriptor
                .and_then(|vp8| vp8.picture_id)
                .map(|id| id.value.wrapping_add(picture_id_offset) & id.mask());
            let tl0_pic_idx = descriptor
                .and_then(|vp8| vp8.tl0_pic_idx)
                .map(|index| index.value.wrapping_add(self.tl0_offset));
            let last = self.last.as_ref();
            self.last = Some(Last {
                timestamp,
                arrival_ns: facts.arrival_ns,
                origin: Some((layer, facts.timestamp)),
                picture_id: picture_id.or(last.and_then(|last| last.picture_id)),
                tl0_pic_idx: tl0_pic_idx.or(last.and_then(|last| last.tl0_pic_idx)),
            });
        }
        Placement {
            sequence,
            timestamp,
            picture_id_offset,
            tl0_offset: self.tl0_offset,
            is_switch,
            is_emptied: false,
        }
    }

    fn switch(
        &mut self,
        layer: usize,
        facts: &PacketFacts,
        clock_of: impl Fn(usize) -> Option<ClockPoint>,
    ) {
        self.current = Some(layer);
        self.target = None;
        self.has_switched = true;
        self.shifts.clear();
        self.temporal.now = self.temporal.after_switch;
        self.temporal.wanted = self.temporal.after_switch;
        self.temporal.shed_timestamp = i64::MIN;
        self.renumber(layer, facts, clock_of);
        self.shifts.push_back(Shift {
            from: facts.sequence,
            offset: facts.sequence.wrapping_sub(self.next_sequence),
            picture_id_offset: self.picture_id_offset,
        });
    }

    /// Lets timestamps and picture numbers go on from the last packet that went out.
    fn renumber(
        &mut self,
        layer: usize,
        facts: &PacketFacts,
        clock_of: impl Fn(usize) -> Option<ClockPoint>,
    ) {
        let Some(last) = self.last else { return };
        let clocks = last
            .origin
            .and_then(|(old, timestamp)| Some((clock_of(old)?, timestamp, clock_of(layer)?)));
        let by_wall = clocks.map(|(old, timestamp, new)| {
            new.wall_ticks(facts.timestamp, self.clock_rate_hz)
                - old.wall_ticks(timestamp, self.clock_rate_hz)
        });
        let elapsed_ticks = self.elapsed_ticks(last.arrival_ns, facts.arrival_ns, by_wall);
        self.timestamp_offset = facts.timestamp - (last.timestamp + elapsed_ticks);
        if let Some(vp8) = &facts.vp8 {
            if let (Some(id), Some(last_id)) = (vp8.picture_id, last.picture_id) {
                self.picture_id_offset = last_id.wrapping_add(1).wrapping_sub(id.value);
            }
            if let (Some(index), Some(last_index)) = (vp8.tl0_pic_idx, last.tl0_pic_idx) {
                self.tl0_offset = last_index.wrapping_add(1).wrapping_sub(index.value);
            }
        }
    }

    /// RTP ticks from the last packet of the old layer to the first of the new one: by the publisher's wall clock
    /// where sender reports of both layers told it, else by arrival. At least 1, as timestamps must rise.
    fn elapsed_ticks(&self, last_ns: u64, first_ns: u64, by_wall: Option<i128>) -> i64 {
        let arrival_ns = i128::from(first_ns) - i128::from(last_ns);
        let by_arrival = arrival_ns * i128::from(self.clock_rate_hz) / 1_000_000_000;
        by_wall
            // A clock that jumped (or reports that lie) must not tear the time line: both agree within a second.
            .filter(|by_wall| (by_wall - by_arrival).abs() < i128::from(self.clock_rate_hz))
            .unwrap_or(by_arrival)
            .clamp(1, i128::from(i64::MAX >> 1)) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lianzhen_wire::vp8::{Descriptor, PictureId, Tl0PicIdx};

    const MS: u64 = 1_000_000;

    #[test]
    fn ntp_time_becomes_unix_time() {
        let unix_ns = |ntp| {
            ClockPoint {
                ntp,
                timestamp: 0,
                arrival_ns: 0,
            }
            .unix_ns()
        };
        assert_eq!(unix_ns(NTP_TO_UNIX_S << 32), 0);
        assert_eq!(
            unix_ns((NTP_TO_UNIX_S + 1) << 32 | 0x8000_0000),
            1_500_000_000
        );
        assert_eq!(unix_ns(5), 1);
    }

    fn facts(sequence: u64, timestamp: i64, arrival_ms: u64, is_entry: bool) -> PacketFacts {
        PacketFacts {
            sequence,
            timestamp,
            is_entry,
            arrival_ns: arrival_ms * MS,
            ..PacketFacts::default()
        }
    }

    fn vp8(sequence: u64, picture_id: u16, tl0: u8, is_entry: bool) -> PacketFacts {
        let descriptor = Descriptor {
            header_len: 5,
            picture_id: Some(PictureId {
                offset: 2,
                len: 2,
                value: picture_id,
            }),
            tl0_pic_idx: Some(Tl0PicIdx {
                offset: 4,
                value: tl0,
            }),
            temporal_id: 0,
            is_layer_sync: false,
            is_start: true,
            is_keyframe: is_entry,
        };
        PacketFacts {
            vp8: Some(descriptor),
            ..facts(sequence, sequence as i64 * 3000, sequence * 33, is_entry)
        }
    }

    fn numbers(step: Step) -> Option<(u64, i64)> {
        match step {
            Step::Pass(placement) => Some((placement.sequence, placement.timestamp)),
            _ => None,
        }
    }

    fn started(first_sequence: u64) -> Splice {
        let mut splice = Splice::new(90_000, first_sequence);
        assert!(splice.aim(Some(0)));
        splice
    }

    #[test]
    fn nothing_passes_before_an_entry_of_the_target_layer() {
        let mut splice = started(100);
        assert_eq!(
            splice.place(0, &facts(70_000, 0, 0, false), false, |_| None),
            Step::NotWanted
        );
        assert_eq!(
            splice.place(1, &facts(70_000, 0, 0, true), false, |_| None),
            Step::NotWanted
        );
        assert_eq!(
            splice.place(0, &facts(70_001, 0, 0, true), true, |_| None),
            Step::NotWanted
        );
        assert_eq!(
            numbers(splice.place(0, &facts(70_002, 7, 0, true), false, |_| None)),
            Some((100, 7))
        );
        assert_eq!(splice.current(), Some(0));
        assert_eq!(splice.target(), None);
    }

    #[test]
    fn loss_and_reordering_on_the_way_in_show_as_they_are_at_every_wrap() {
        for first in [1u64, 127, 128, 32_767, 32_768, 65_534, 65_535] {
            let mut splice = started(first);
            let base = 65_536 + 65_530;
            let out: Vec<_> = [0, 1, 4, 3, 9, 2]
                .iter()
                .map(|step| splice.place(0, &facts(base + step, 0, 0, true), false, |_| None))
                .map(|step| numbers(step).unwrap().0 - first)
                .collect();
            assert_eq!(out, [0, 1, 4, 3, 9, 2]);
            assert_eq!(splice.next_sequence(), first + 10);
        }
    }

    #[test]
    fn a_packet_from_before_the_splice_is_too_late() {
        let mut splice = started(5);
        splice.place(0, &facts(70_000, 0, 0, true), false, |_| None);
        assert_eq!(
            splice.place(0, &facts(69_999, 0, 0, false), false, |_| None),
            Step::TooLate
        );
    }

    #[test]
    fn padding_in_order_is_swallowed_and_the_gap_closed() {
        let mut splice = started(5);
        let mut out = vec![];
        for (sequence, is_padding) in [
            (1000, false),
            (1001, true),
            (1002, true),
            (1003, false),
            (1004, true),
            (1005, false),
        ] {
            let step = splice.place(0, &facts(sequence, 0, 0, true), is_padding, |_| None);
            out.push(numbers(step).map(|(sequence, _)| sequence));
        }
        assert_eq!(out, [Some(5), None, None, Some(6), None, Some(7)]);
    }

    #[test]
    fn a_late_packet_keeps_the_offset_of_its_place() {
        let mut splice = started(5);
        for (sequence, is_padding) in [(1000, false), (1002, false), (1003, true), (1004, false)] {
            splice.place(0, &facts(sequence, 0, 0, true), is_padding, |_| None);
        }
        assert_eq!(
            numbers(splice.place(0, &facts(1001, 0, 0, false), false, |_| None)),
            Some((6, 0))
        );
        assert_eq!(
            numbers(splice.place(0, &facts(1005, 0, 0, false), false, |_| None)),
            Some((9, 0))
        );
    }

    /// One packet of a VP8 frame; the frame's number tells its PictureID and its timestamp.
    fn temporal(sequence: u64, frame: u16, temporal: u8, is_sync: bool) -> PacketFacts {
        PacketFacts {
            timestamp: i64::from(frame) * 3000,
            temporal,
            is_layer_sync: is_sync,
            ..vp8(sequence, frame, 0, sequence == 1000)
        }
    }

    /// (sequence, PictureID) of what passes whole.
    fn pictured(splice: &mut Splice, facts: &PacketFacts) -> Option<(u64, u16)> {
        match splice.place(0, facts, false, |_| None) {
            Step::Pass(placement) if !placement.is_emptied => {
                let id = facts.vp8.and_then(|vp8| vp8.picture_id).unwrap();
                let shown = id.value.wrapping_add(placement.picture_id_offset) & id.mask();
                Some((placement.sequence, shown))
            }
            _ => None,
        }
    }

    #[test]
    fn temporal_layers_above_the_limit_close_up_from_a_frame_on_and_return_with_a_sync_frame() {
        let mut splice = started(5);
        let mut out = vec![];
        // Frames of two packets, temporal layers 0 2 1 2; the limit falls within frame 5, and is lifted within 12.
        let mut sequence = 1000;
        for frame in 0..24u16 {
            for packet in 0..2 {
                if (frame, packet) == (5, 1) {
                    splice.limit_temporal(Some(1), 1);
                }
                if (frame, packet) == (12, 1) {
                    splice.limit_temporal(Some(u8::MAX), u8::MAX);
                }
                let layer = [0, 2, 1, 2][usize::from(frame % 4)];
                // Only every second group begins its layers anew.
                let is_sync = layer > 0 && frame % 8 < 3;
                let facts = temporal(sequence, frame, layer, is_sync);
                out.push((frame, pictured(&mut splice, &facts)));
                sequence += 1;
            }
        }
        let passed: Vec<_> = out.iter().filter(|(_, shown)| shown.is_some()).collect();
        let mut frames: Vec<u16> = passed.iter().map(|(frame, _)| *frame).collect();
        frames.dedup();
        // 7 … 15 lack layer 2; it returns with frame 17, which needs nothing of it.
        assert_eq!(
            frames,
            [
                0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 17, 18, 19, 20, 21, 22, 23
            ]
        );
        for (index, (_, shown)) in passed.iter().enumerate() {
            let index = index as u64;
            assert_eq!(shown.unwrap(), (5 + index, (index / 2) as u16));
        }
    }

    #[test]
    fn temporal_layers_return_one_at_a_time() {
        let mut splice = started(5);
        pictured(&mut splice, &temporal(1000, 0, 0, false));
        splice.limit_temporal(Some(0), 0);
        assert!(pictured(&mut splice, &temporal(1001, 1, 0, false)).is_some());
        splice.limit_temporal(Some(2), 2);
        for (sequence, (layer, is_sync, passes)) in (1002..).zip([
            (2, true, false),
            (1, false, false),
            (1, true, true),
            (2, false, false),
            (2, true, true),
            (1, false, true),
            (2, false, true),
        ]) {
            let facts = temporal(sequence, sequence as u16, layer, is_sync);
            assert_eq!(
                pictured(&mut splice, &facts).is_some(),
                passes,
                "{sequence}"
            );
        }
    }

    #[test]
    fn what_is_left_out_behind_a_loss_goes_out_empty_and_its_picture_closes_up() {
        let mut splice = started(5);
        pictured(&mut splice, &temporal(1000, 0, 0, false));
        splice.limit_temporal(Some(0), 0);
        assert_eq!(
            pictured(&mut splice, &temporal(1001, 1, 0, false)),
            Some((6, 1))
        );
        let empty = |splice: &mut Splice, sequence, frame| {
            let facts = temporal(sequence, frame, 2, true);
            match splice.place(0, &facts, false, |_| None) {
                Step::Pass(placement) if placement.is_emptied => Some(placement.sequence),
                _ => None,
            }
        };
        // 1002 is missing; 1003 and 1004 are of a frame that is left out.
        assert_eq!(empty(&mut splice, 1003, 2), Some(8));
        assert_eq!(empty(&mut splice, 1004, 2), None);
        assert_eq!(
            pictured(&mut splice, &temporal(1005, 3, 0, false)),
            Some((9, 2))
        );
        // What comes late keeps the numbers of its place.
        assert_eq!(empty(&mut splice, 1002, 2), Some(7));
        assert_eq!(
            pictured(&mut splice, &temporal(1006, 4, 0, false)),
            Some((10, 3))
        );
    }

    #[test]
    fn a_switch_takes_the_limit_that_was_told_for_it() {
        let mut splice = started(5);
        splice.limit_temporal(None, 0);
        assert!(pictured(&mut splice, &temporal(1000, 0, 0, false)).is_some());
        assert!(pictured(&mut splice, &temporal(1001, 1, 1, false)).is_none());
        splice.aim(Some(1));
        splice.limit_temporal(Some(0), 1);
        let step = splice.place(1, &temporal(1000, 40, 0, false), false, |_| None);
        assert!(matches!(step, Step::Pass(placement) if placement.is_switch));
        let step = splice.place(1, &temporal(1001, 41, 1, false), false, |_| None);
        assert!(matches!(step, Step::Pass(placement) if !placement.is_emptied));
    }

    #[test]
    fn padding_that_comes_late_goes_out_empty_so_that_no_hole_stays() {
        let mut splice = started(5);
        splice.place(0, &facts(1000, 0, 0, true), false, |_| None);
        splice.place(0, &facts(1002, 0, 0, false), false, |_| None);
        assert_eq!(
            numbers(splice.place(0, &facts(1001, 0, 0, false), true, |_| None)),
            Some((6, 0))
        );
    }

    #[test]
    fn without_end_padding_stays_bounded_and_forgets_the_oldest_offsets() {
        let mut splice = started(5);
        splice.place(0, &facts(1000, 0, 0, true), false, |_| None);
        for sequence in (1001..3001).step_by(2) {
            splice.place(0, &facts(sequence, 0, 0, false), true, |_| None);
            splice.place(0, &facts(sequence + 1, 0, 0, false), false, |_| None);
        }
        assert_eq!(splice.shifts.len(), MAX_SHIFTS);
        assert_eq!(
            splice.place(0, &facts(1002, 0, 0, false), false, |_| None),
            Step::TooLate
        );
        assert_eq!(splice.next_sequence(), 5 + 1 + 1000);
    }

    #[test]
    fn a_switch_waits_for_an_entry_and_goes_on_without_a_gap() {
        let mut splice = started(100);
        splice.place(0, &facts(70_000, 9_000, 0, true), false, |_| None);
        assert!(splice.aim(Some(1)));
        assert!(!splice.aim(Some(1)));
        assert_eq!(
            splice.place(1, &facts(90_000, 500_000, 20, false), false, |_| None),
            Step::NotWanted
        );
        assert_eq!(
            numbers(splice.place(0, &facts(70_001, 12_000, 33, false), false, |_| None)),
            Some((101, 12_000))
        );
        let step = splice.place(1, &facts(90_001, 503_000, 66, true), false, |_| None);
        let Step::Pass(placement) = step else {
            panic!("{step:?}")
        };
        assert!(placement.is_switch);
        assert_eq!(
            (placement.sequence, placement.timestamp),
            (102, 12_000 + 33 * 90)
        );
        assert_eq!(
            splice.place(0, &facts(70_002, 15_000, 67, true), false, |_| None),
            Step::NotWanted
        );
        assert_eq!(
            splice.map_timestamp(503_000 + 3_000),
            12_000 + 33 * 90 + 3_000
        );
    }

    #[test]
    fn aiming_back_at_the_current_layer_calls_the_switch_off() {
        let mut splice = started(100);
        splice.place(0, &facts(70_000, 0, 0, true), false, |_| None);
        splice.aim(Some(1));
        assert!(!splice.aim(Some(0)));
        assert_eq!(
            splice.place(1, &facts(90_000, 0, 0, true), false, |_| None),
            Step::NotWanted
        );
    }

    #[test]
    fn with_sender_reports_of_both_layers_the_wall_clock_gives_the_step() {
        let mut splice = started(100);
        let old = ClockPoint {
            ntp: 1000 << 32,
            timestamp: 0,
            arrival_ns: 0,
        };
        let new = ClockPoint {
            ntp: 1000 << 32,
            timestamp: 1_000_000,
            arrival_ns: 0,
        };
        splice.place(0, &facts(70_000, 9_000, 100, true), false, |_| Some(old));
        splice.aim(Some(1));
        // Captured 100 ms later, but 250 ms later on the wire.
        let step = splice.place(1, &facts(90_000, 1_018_000, 350, true), false, |layer| {
            Some(if layer == 0 { old } else { new })
        });
        assert_eq!(numbers(step), Some((101, 18_000)));
    }

    #[test]
    fn a_wall_clock_that_jumped_is_not_believed_and_timestamps_still_rise() {
        let mut splice = started(100);
        let old = ClockPoint {
            ntp: 1000 << 32,
            timestamp: 0,
            arrival_ns: 0,
        };
        let new = ClockPoint {
            ntp: 5000 << 32,
            timestamp: 0,
            arrival_ns: 0,
        };
        splice.place(0, &facts(70_000, 9_000, 100, true), false, |_| Some(old));
        splice.aim(Some(1));
        let step = splice.place(1, &facts(90_000, 0, 100, true), false, |layer| {
            Some(if layer == 0 { old } else { new })
        });
        assert_eq!(numbers(step), Some((101, 9_001)));
    }

    #[test]
    fn vp8_numbers_go_on_by_one_at_a_switch_and_wrap() {
        let mut splice = started(100);
        let Step::Pass(first) = splice.place(0, &vp8(70_000, 0x7fff, 255, true), false, |_| None)
        else {
            panic!()
        };
        assert_eq!((first.picture_id_offset, first.tl0_offset), (0, 0));
        splice.aim(Some(1));
        let Step::Pass(second) = splice.place(1, &vp8(90_000, 500, 7, true), false, |_| None)
        else {
            panic!()
        };
        assert_eq!(500u16.wrapping_add(second.picture_id_offset) & 0x7fff, 0);
        assert_eq!(7u8.wrapping_add(second.tl0_offset), 0);
        let Step::Pass(third) = splice.place(1, &vp8(90_001, 501, 8, false), false, |_| None)
        else {
            panic!()
        };
        assert_eq!(501u16.wrapping_add(third.picture_id_offset) & 0x7fff, 1);
    }

    #[test]
    fn a_pause_keeps_the_numbers_and_needs_an_entry_again() {
        let mut splice = started(100);
        splice.place(0, &facts(70_000, 0, 0, true), false, |_| None);
        assert!(!splice.aim(None));
        assert_eq!(
            splice.place(0, &facts(70_001, 0, 10, true), false, |_| None),
            Step::NotWanted
        );
        assert!(splice.aim(Some(0)));
        assert_eq!(
            splice.place(0, &facts(70_050, 90_000, 1000, false), false, |_| None),
            Step::NotWanted
        );
        assert_eq!(
            numbers(splice.place(0, &facts(70_051, 90_000, 1000, true), false, |_| None)),
            Some((101, 90_000))
        );
    }

    #[test]
    fn a_layer_that_begins_anew_needs_an_entry_and_continues() {
        let mut splice = started(100);
        splice.place(0, &facts(70_000, 0, 0, true), false, |_| None);
        splice.lose(1);
        assert_eq!(splice.current(), Some(0));
        splice.lose(0);
        assert_eq!((splice.current(), splice.target()), (None, Some(0)));
        assert_eq!(
            numbers(splice.place(0, &facts(65_600, 5, 40, true), false, |_| None)),
            Some((101, 3600))
        );
    }
}
