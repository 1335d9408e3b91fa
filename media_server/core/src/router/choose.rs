//! Which layers outputs and taps are sent, and the key frames that takes.
use lianzhen_wire::rtcp;

use super::Router;
use crate::input::MediaKind;
use crate::keyframe::Wish;
use crate::numbered::Slot;
use crate::output::Grant;
use crate::peers::Peer;
use crate::select;
use crate::splice::Splice;
use crate::streams::Stream;

impl Router {
    /// Chooses anew what every output and tap of a track is sent, and asks for the key frames that takes.
    pub(super) fn choose_layers(&mut self, now_ns: u64, input_slot: Slot) {
        for layer in self.aim(input_slot) {
            self.want_keyframe(now_ns, input_slot, layer);
        }
    }

    /// As `choose_layers`, when the first packet of a layer, or the first after a silence, is at hand: if that begins a key frame, none need be asked for.
    pub(super) fn choose_new_layer(&mut self, now_ns: u64, stream: Stream, is_entry: bool) {
        self.allot_for_input(now_ns, stream.input);
        for layer in self.aim(stream.input) {
            if layer != stream.layer || !is_entry {
                self.want_keyframe(now_ns, stream.input, layer);
            }
        }
        if !is_entry && self.has_holes(stream) {
            self.want_keyframe(now_ns, stream.input, stream.layer);
        }
    }

    /// Somebody is on a layer of which something is missing: after a silence that was an outage of the publisher's
    /// network, what came before is too far behind to be repeated.
    fn has_holes(&self, stream: Stream) -> bool {
        let Some(input) = self.inputs.get(stream.input) else {
            return false;
        };
        if !input.layers[stream.layer].log.has_missing() {
            return false;
        }
        let mut outputs = input.outputs.iter();
        outputs.any(|&slot| {
            let output = self.outputs.get(slot);
            output.is_some_and(|output| output.splice.current() == Some(stream.layer))
        })
    }

    /// A peer that was without a network has missed what its pictures build on.
    pub(super) fn attend_to_returned(&mut self, now_ns: u64, peer_slot: Slot) {
        let Some(peer) = self.peers.get_mut(peer_slot) else {
            return;
        };
        if !std::mem::take(&mut peer.has_returned) {
            return;
        }
        if std::mem::take(&mut peer.has_new_link) {
            self.link_changed(now_ns, peer_slot);
        }
        self.want_keyframes(now_ns, peer_slot, Splice::current);
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
            let wanted = match output.grant {
                Grant::Everything => output.wanted.as_deref(),
                Grant::Upto(rung) => Some(candidates[rung.layer].rid),
                Grant::Nothing => None,
            };
            if output.is_paused || output.grant == Grant::Nothing {
                output.splice.aim(None);
            } else if let Some(layer) = select::choose(&candidates, wanted) {
                // Who cannot take one yet asks once it can: one that came before would only make that wish wait, as
                // encoders ignore what comes sooner.
                let is_new = output.splice.aim(Some(layer));
                if is_new && self.peers.get(output.peer).is_some_and(Peer::is_ready) {
                    awaited.push(layer);
                }
                let is_on_its_way = output.splice.target().is_some();
                let current = match output.splice.current() {
                    // On the way down nothing but what the picture cannot do without.
                    Some(current) if is_on_its_way => input.is_below(layer, current).then_some(0),
                    _ => Some(output.max_temporal),
                };
                output.splice.limit_temporal(current, output.max_temporal);
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
        if self.peers.get(peer_slot).is_some_and(Peer::is_ready) {
            self.want_keyframes(now_ns, peer_slot, Splice::target);
        }
    }

    fn want_keyframes(
        &mut self,
        now_ns: u64,
        peer_slot: Slot,
        layer: fn(&Splice) -> Option<usize>,
    ) {
        let Some(peer) = self.peers.get(peer_slot) else {
            return;
        };
        let outputs: Vec<Slot> = peer.outputs.values().copied().collect();
        for slot in outputs {
            let Some(output) = self.outputs.get(slot) else {
                continue;
            };
            if let Some(layer) = layer(&output.splice) {
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
}
