//! One media packet to everybody who gets its layer.
use super::Router;
use crate::copies::Copies;
use crate::counters::Counters;
use crate::egress::Egress;
use crate::input::{Input, MediaKind};
use crate::numbered::Slot;
use crate::output::{Carrier, Origin, Output};
use crate::pacer::Waiting;
use crate::packet::MediaPacket;
use crate::peers::PeerTable;
use crate::splice::{ClockPoint, Step};
use crate::streams::Stream;
use crate::tap::{Tap, TapRecord};

impl Router {
    /// Sends a packet to all outputs and taps that take it.
    pub(super) fn forward(&mut self, now_ns: u64, stream: Stream, packet: &MediaPacket<'_>) {
        let Some(input) = self.inputs.get(stream.input) else {
            return;
        };
        let source = Source {
            input,
            layer: stream.layer,
        };
        let mut delivery = Delivery {
            now_ns,
            peers: &mut self.peers,
            egress: &mut self.egress,
            counters: &mut self.counters,
        };
        let mut has_switched = false;
        for &slot in &input.outputs {
            let Some(output) = self.outputs.get_mut(slot) else {
                continue;
            };
            has_switched |= delivery.pass_on(slot, output, source, packet);
        }
        for &slot in &input.taps {
            let Some(tap) = self.taps.get_mut(slot) else {
                continue;
            };
            has_switched |= pass_to_tap(tap, now_ns, source, packet, &mut self.tap_records);
        }
        if has_switched {
            self.after_switch(now_ns, stream, packet.facts.sequence);
        }
    }

    /// After a switch: packets of the new layer that overtook the first one of its key frame, and a sender report in
    /// the new time line at once, so that sound and picture stay together.
    #[cold]
    fn after_switch(&mut self, now_ns: u64, stream: Stream, first: u64) {
        let Some(input) = self.inputs.get(stream.input) else {
            return;
        };
        let source = Source {
            input,
            layer: stream.layer,
        };
        let history = &input.layers[stream.layer].history;
        let overtaken =
            || (first + 1..=history.highest()).filter_map(|sequence| history.get(sequence));
        let mut delivery = Delivery {
            now_ns,
            peers: &mut self.peers,
            egress: &mut self.egress,
            counters: &mut self.counters,
        };
        let mut switched = Vec::new();
        for &slot in &input.outputs {
            let Some(output) = self.outputs.get_mut(slot) else {
                continue;
            };
            if output.splice.take_switched() {
                output.begun = Some((output.splice.next_sequence().saturating_sub(1), now_ns));
                switched.push(slot);
                for packet in overtaken() {
                    delivery.pass_on(slot, output, source, &packet);
                }
            }
        }
        let mut switches = switched.len() as u64;
        for &slot in &input.taps {
            let Some(tap) = self.taps.get_mut(slot) else {
                continue;
            };
            if tap.splice.take_switched() {
                switches += 1;
                for packet in overtaken() {
                    pass_to_tap(tap, now_ns, source, &packet, &mut self.tap_records);
                }
            }
        }
        self.counters.layer_switches += switches;
        for slot in switched {
            self.send_sender_report(now_ns, slot);
        }
    }
}

/// Where a packet comes from.
#[derive(Clone, Copy)]
struct Source<'a> {
    input: &'a Input,
    layer: usize,
}

impl Source<'_> {
    fn clock_of(&self, layer: usize) -> Option<ClockPoint> {
        self.input.layers.get(layer)?.clock
    }
}

/// What sending to a subscriber changes besides the output itself.
struct Delivery<'a> {
    now_ns: u64,
    peers: &'a mut PeerTable,
    egress: &'a mut Egress,
    counters: &'a mut Counters,
}

impl Delivery<'_> {
    /// Queues a packet for a subscriber if its output takes it; true if the output switched to the layer with it.
    #[inline]
    fn pass_on(
        &mut self,
        slot: Slot,
        output: &mut Output,
        source: Source<'_>,
        packet: &MediaPacket<'_>,
    ) -> bool {
        let Some(peer) = self.peers.get_mut(output.peer) else {
            return false;
        };
        let Some(path) = peer.path else { return false };
        if !peer.is_ready() {
            return false;
        }
        let Some(types) = output.types_of(packet.facts.codec) else {
            self.counters.dropped_no_format += 1;
            return false;
        };
        let is_padding = packet.payload.is_empty();
        let step = output
            .splice
            .place(source.layer, &packet.facts, is_padding, |layer| {
                source.clock_of(layer)
            });
        let placement = match step {
            Step::Pass(placement) => placement,
            Step::NotWanted | Step::Swallowed => return false,
            Step::TooLate => {
                self.counters.dropped_too_late += 1;
                return false;
            }
        };
        let layer = &source.input.layers[source.layer];
        let origin = Origin {
            layer: source.layer as u8,
            generation: layer.generation,
            kept: layer.history.capacity(),
        };
        if source.input.kind == MediaKind::Video && !peer.pacer.is_open() {
            let waiting = Waiting {
                output: slot,
                number: output.number,
                placement,
                origin,
                layer_sequence: packet.facts.sequence,
                bytes: packet.payload.len(),
                since_ns: self.now_ns,
            };
            if peer.pacer.wait(waiting) {
                self.counters.paced += 1;
                return placement.is_switch;
            }
            self.counters.paced_too_many += 1;
        }
        let Some(mut subscriber) = Carrier::of(peer) else {
            return false;
        };
        let copies = match types.red {
            Some(_) if subscriber.depth > 0 && !placement.is_switch => Copies::before(
                packet,
                subscriber.depth,
                &source.input.layers[source.layer].history,
            ),
            _ => Copies::default(),
        };
        let out = self.egress.begin(output.peer, path);
        let start = out.len();
        output.write(
            out,
            &mut subscriber,
            types,
            packet,
            &placement,
            origin,
            &copies,
        );
        let length = self.egress.commit(output.peer, start);
        peer.note_numbered(self.now_ns, length);
        self.counters.copies_sent += u64::from(copies.len());
        self.counters.rtp_forwarded += 1;
        placement.is_switch
    }
}

/// Gives a packet to a tap if it takes it, and takes the frames it completes; true if the tap switched with it.
fn pass_to_tap(
    tap: &mut Tap,
    now_ns: u64,
    source: Source<'_>,
    packet: &MediaPacket<'_>,
    records: &mut Vec<(u32, TapRecord)>,
) -> bool {
    let is_padding = packet.payload.is_empty();
    let step = tap
        .splice
        .place(source.layer, &packet.facts, is_padding, |layer| {
            source.clock_of(layer)
        });
    let Step::Pass(placement) = step else {
        return false;
    };
    if placement.is_switch
        && let Some(clock) = source.clock_of(source.layer)
    {
        records.push((tap.number, tap.clock_record(&clock)));
    }
    let codec = source.input.codecs[usize::from(packet.facts.codec)].codec;
    tap.receive(packet, &placement, codec);
    tap.take_frames(now_ns, records);
    placement.is_switch
}
