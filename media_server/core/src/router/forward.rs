//! One media packet to everybody who gets its layer, and the choice of layers behind it.
use lianzhen_wire::frame_assembler::Codec;
use lianzhen_wire::rtcp;

use super::Router;
use crate::counters::Counters;
use crate::egress::Egress;
use crate::input::MediaKind;
use crate::keyframe::Wish;
use crate::layer::Layer;
use crate::numbered::Slot;
use crate::output::{Carrier, Origin, Output};
use crate::packet::MediaPacket;
use crate::peers::PeerTable;
use crate::select;
use crate::splice::Step;
use crate::streams::Stream;
use crate::tap::{Tap, TapRecord};

impl Router {
    /// Sends a packet to all outputs and taps that take it.
    pub(super) fn forward(&mut self, now_ns: u64, stream: Stream, packet: &MediaPacket<'_>) {
        let Some(input) = self.inputs.get(stream.input) else {
            return;
        };
        let layer = &input.layers[stream.layer];
        let mut has_switched = false;
        for &slot in &input.outputs {
            let Some(output) = self.outputs.get_mut(slot) else {
                continue;
            };
            let delivery = Delivery {
                peers: &mut self.peers,
                egress: &mut self.egress,
                counters: &mut self.counters,
            };
            has_switched |= delivery.to_output(output, stream.layer, layer, packet);
        }
        for &slot in &input.taps {
            let Some(tap) = self.taps.get_mut(slot) else {
                continue;
            };
            let codec = input.codecs[usize::from(packet.facts.codec)].codec;
            has_switched |= to_tap(
                tap,
                now_ns,
                stream.layer,
                layer,
                codec,
                packet,
                &mut self.tap_records,
            );
        }
        if has_switched {
            self.after_switch(now_ns, stream, packet.facts.sequence);
        }
    }

    /// After a switch: packets of the new layer that overtook the first one of its key frame, and a sender report in
    /// the new time line at once, so that sound and picture stay together.
    fn after_switch(&mut self, now_ns: u64, stream: Stream, first: u64) {
        let Some(input) = self.inputs.get(stream.input) else {
            return;
        };
        let layer = &input.layers[stream.layer];
        let overtaken = || {
            (first + 1..=layer.history.highest()).filter_map(|sequence| layer.history.get(sequence))
        };
        let mut switched = Vec::new();
        for &slot in &input.outputs {
            let Some(output) = self.outputs.get_mut(slot) else {
                continue;
            };
            if !output.splice.take_switched() {
                continue;
            }
            self.counters.layer_switches += 1;
            switched.push(slot);
            for packet in overtaken() {
                let delivery = Delivery {
                    peers: &mut self.peers,
                    egress: &mut self.egress,
                    counters: &mut self.counters,
                };
                delivery.to_output(output, stream.layer, layer, &packet);
            }
        }
        for &slot in &input.taps {
            let Some(tap) = self.taps.get_mut(slot) else {
                continue;
            };
            if !tap.splice.take_switched() {
                continue;
            }
            self.counters.layer_switches += 1;
            for packet in overtaken() {
                let codec = input.codecs[usize::from(packet.facts.codec)].codec;
                to_tap(
                    tap,
                    now_ns,
                    stream.layer,
                    layer,
                    codec,
                    &packet,
                    &mut self.tap_records,
                );
            }
        }
        for slot in switched {
            self.send_sender_report(now_ns, slot);
        }
    }

    /// Chooses anew what every output and tap of a track is sent, and asks for the key frames that takes.
    pub(super) fn choose_layers(&mut self, now_ns: u64, input_slot: Slot) {
        for layer in self.aim(input_slot) {
            self.want_keyframe(now_ns, input_slot, layer);
        }
    }

    /// As `choose_layers`, when a layer's first packet is at hand: if that begins a key frame, none need be asked for.
    pub(super) fn choose_new_layer(&mut self, now_ns: u64, stream: Stream, is_entry: bool) {
        for layer in self.aim(stream.input) {
            if layer != stream.layer || !is_entry {
                self.want_keyframe(now_ns, stream.input, layer);
            }
        }
    }

    /// Points outputs and taps at their layers; returns the layers that somebody new waits for.
    fn aim(&mut self, input_slot: Slot) -> Vec<usize> {
        let mut awaited = Vec::new();
        let Some(input) = self.inputs.get(input_slot) else {
            return awaited;
        };
        let candidates = input.candidates();
        for &slot in &input.outputs {
            let Some(output) = self.outputs.get_mut(slot) else {
                continue;
            };
            if output.is_paused {
                output.splice.aim(None);
            } else if let Some(layer) = select::choose(&candidates, output.wanted.as_deref())
                && output.splice.aim(Some(layer))
            {
                awaited.push(layer);
            }
        }
        for &slot in &input.taps {
            let Some(tap) = self.taps.get_mut(slot) else {
                continue;
            };
            if let Some(layer) = select::choose(&candidates, tap.wanted.as_deref())
                && tap.splice.aim(Some(layer))
            {
                awaited.push(layer);
            }
        }
        awaited.sort_unstable();
        awaited.dedup();
        awaited
    }

    /// Somebody needs a key frame of a layer: asks the publisher, or leaves it to the timer.
    pub(super) fn want_keyframe(&mut self, now_ns: u64, input_slot: Slot, layer: usize) {
        let Some(input) = self.inputs.get_mut(input_slot) else {
            return;
        };
        if input.kind == MediaKind::Audio {
            return;
        }
        match input.layers[layer].keyframes.want(now_ns) {
            Wish::SendPli => self.send_pli(input_slot, layer),
            Wish::Suppressed => self.counters.pli_suppressed += 1,
        }
    }

    /// Sends a PLI to the publisher of a layer, if it can be reached.
    pub(super) fn send_pli(&mut self, input_slot: Slot, layer: usize) {
        let Some(input) = self.inputs.get(input_slot) else {
            return;
        };
        let (Some(ssrc), publisher) = (input.layers[layer].ssrc, input.peer) else {
            return;
        };
        let Some(report_ssrc) = self.peers.get(publisher).map(|peer| peer.report_ssrc) else {
            return;
        };
        if self.send_rtcp(publisher, |out| rtcp::write_pli(out, report_ssrc, ssrc)) {
            self.counters.pli_sent += 1;
        }
    }

    /// Key frames for outputs of a peer that could not take one until now.
    pub(super) fn want_keyframes_for_peer(&mut self, now_ns: u64, peer_slot: Slot) {
        let Some(peer) = self.peers.get(peer_slot) else {
            return;
        };
        if !peer.is_ready() {
            return;
        }
        let outputs: Vec<Slot> = peer.outputs.values().copied().collect();
        for slot in outputs {
            let Some(output) = self.outputs.get(slot) else {
                continue;
            };
            if let Some(layer) = output.splice.target() {
                self.want_keyframe(now_ns, output.input, layer);
            }
        }
    }

    /// A layer goes on under other numbers: whoever is on it begins there anew.
    pub(super) fn lose_layer(&mut self, stream: Stream) {
        let Some(input) = self.inputs.get(stream.input) else {
            return;
        };
        for &slot in &input.outputs {
            if let Some(output) = self.outputs.get_mut(slot) {
                output.splice.lose(stream.layer);
            }
        }
        for &slot in &input.taps {
            if let Some(tap) = self.taps.get_mut(slot) {
                tap.splice.lose(stream.layer);
            }
        }
    }

    /// Protects and queues one RTCP datagram; false where the peer cannot be reached.
    pub(super) fn send_rtcp(&mut self, peer_slot: Slot, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let Some(peer) = self.peers.get_mut(peer_slot) else {
            return false;
        };
        let (Some(path), Some(sender)) = (peer.path, peer.sender.as_mut()) else {
            return false;
        };
        let out = self.egress.begin(peer_slot, path);
        let start = out.len();
        write(out);
        if out.len() == start {
            return false;
        }
        sender.protect_rtcp(out, start);
        self.egress.commit(peer_slot, start);
        self.counters.rtcp_sent += 1;
        true
    }
}

/// What sending to a subscriber changes besides the output itself.
struct Delivery<'a> {
    peers: &'a mut PeerTable,
    egress: &'a mut Egress,
    counters: &'a mut Counters,
}

impl Delivery<'_> {
    /// Queues a packet for a subscriber if its output takes it; true if the output switched to the layer with it.
    #[inline]
    fn to_output(
        self,
        output: &mut Output,
        layer_index: usize,
        layer: &Layer,
        packet: &MediaPacket<'_>,
    ) -> bool {
        let Some(peer) = self.peers.get_mut(output.peer) else {
            return false;
        };
        let Some(path) = peer.path else { return false };
        let Some(mut subscriber) = Carrier::of(peer) else {
            return false;
        };
        let Some(types) = output.types_of(packet.facts.codec) else {
            self.counters.dropped_no_format += 1;
            return false;
        };
        let step = output.splice.place(
            layer_index,
            &packet.facts,
            packet.payload.is_empty(),
            layer.clock.as_ref(),
        );
        let placement = match step {
            Step::Pass(placement) => placement,
            Step::NotWanted | Step::Swallowed => return false,
            Step::TooLate => {
                self.counters.dropped_too_late += 1;
                return false;
            }
        };
        let origin = Origin {
            layer: layer_index as u8,
            generation: layer.generation,
        };
        let out = self.egress.begin(output.peer, path);
        let start = out.len();
        output.write(out, &mut subscriber, types, packet, &placement, origin);
        self.egress.commit(output.peer, start);
        self.counters.rtp_forwarded += 1;
        placement.is_switch
    }
}

/// Gives a packet to a tap if it takes it, and takes the frames it completes; true if the tap switched with it.
fn to_tap(
    tap: &mut Tap,
    now_ns: u64,
    layer_index: usize,
    layer: &Layer,
    codec: Codec,
    packet: &MediaPacket<'_>,
    records: &mut Vec<(u32, TapRecord)>,
) -> bool {
    let step = tap.splice.place(
        layer_index,
        &packet.facts,
        packet.payload.is_empty(),
        layer.clock.as_ref(),
    );
    let Step::Pass(placement) = step else {
        return false;
    };
    if placement.is_switch
        && let Some(clock) = &layer.clock
    {
        records.push((tap.number, tap.clock_record(clock)));
    }
    tap.receive(packet, &placement, codec);
    tap.take_frames(now_ns, records);
    placement.is_switch
}
