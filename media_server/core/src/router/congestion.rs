//! The estimates of what subscribers' links carry: what they are told, whom they tell, and the padding that probes.
use lianzhen_wire::transport_feedback;

use super::Router;
use super::allot::available_bps;
use crate::copies::Copies;
use crate::numbered::Slot;
use crate::output::Carrier;
use crate::pacer::Waiting;

impl Router {
    /// The estimate of what a peer's link carries (`peer.congestion.available_bps()`) has changed.
    ///
    /// A link that no longer carries what it was given is shared out anew at once; more is given by the timer.
    pub(super) fn on_estimate(&mut self, now_ns: u64, peer: Slot) {
        let falls_short = self.peers.get(peer).is_some_and(|peer| {
            available_bps(peer).is_some_and(|available_bps| available_bps < peer.allotted_bps)
        });
        if falls_short {
            self.allot(now_ns, peer);
        }
    }

    pub(super) fn receive_feedback(&mut self, now_ns: u64, slot: Slot, raw: &[u8]) {
        let Some(feedback) = transport_feedback::parse(raw) else {
            self.counters.dropped_malformed += 1;
            return;
        };
        let Some(peer) = self.peers.get_mut(slot) else {
            return;
        };
        if !peer.congestion.take_turn(feedback.count) {
            self.counters.feedback_over_budget += 1;
            return;
        }
        let statuses = feedback
            .statuses()
            .map(|status| (status.sequence, status.arrival_ticks));
        peer.congestion
            .receive_feedback(now_ns, feedback.reference, statuses);
        self.on_estimate(now_ns, slot);
    }

    /// A peer is sent to at another address now, or is there again after a silence: neither its estimate nor what its
    /// pictures stepped back for holds any longer.
    pub(super) fn link_changed(&mut self, now_ns: u64, slot: Slot) {
        let Some(peer) = self.peers.get_mut(slot) else {
            return;
        };
        peer.congestion.begin_anew(now_ns);
        for output in peer.outputs.values() {
            if let Some(output) = self.outputs.get_mut(*output) {
                output.stepped_back_ns = None;
            }
        }
        self.on_estimate(now_ns, slot);
    }

    pub(super) fn receive_remb(&mut self, now_ns: u64, slot: Slot, bps: u64) {
        let Some(peer) = self.peers.get_mut(slot) else {
            return;
        };
        // Beside transport-wide feedback it says nothing that is not known better.
        if peer.extensions.transport_cc == 0 {
            peer.congestion.receive_remb(now_ns, bps);
            self.on_estimate(now_ns, slot);
        }
    }

    /// Lets time pass for a peer's estimate; true if it wants to be asked again soon.
    pub(super) fn tick_congestion(&mut self, now_ns: u64, slot: Slot) -> bool {
        let Some(peer) = self.peers.get_mut(slot) else {
            return false;
        };
        let has_news = peer.congestion.on_tick(now_ns);
        peer.pacer.set_rate(now_ns, peer.congestion.pace_bps());
        let is_probing = peer.congestion.is_probing();
        let has_waiting = peer.pacer.has_waiting();
        peer.pacer.refill(now_ns);
        if has_waiting {
            self.send_paced(now_ns, slot);
        }
        if is_probing {
            self.send_padding(now_ns, slot);
        }
        if has_news {
            self.on_estimate(now_ns, slot);
        }
        is_probing || has_waiting
    }

    /// Sends the pictures whose turn has come.
    fn send_paced(&mut self, now_ns: u64, slot: Slot) {
        while let Some(peer) = self.peers.get_mut(slot)
            && let Some((waiting, is_overdue)) = peer.pacer.next_due(now_ns)
        {
            self.counters.paced_overdue += u64::from(is_overdue);
            if !self.send_waiting(now_ns, slot, &waiting) {
                self.counters.paced_dropped += 1;
            }
        }
    }

    /// False if its output, its layer or its place in the history is gone, or nothing of it is wanted any more.
    fn send_waiting(&mut self, now_ns: u64, slot: Slot, waiting: &Waiting) -> bool {
        let Some(peer) = self.peers.get_mut(slot) else {
            return false;
        };
        let Some(output) = self
            .outputs
            .get_mut(waiting.output)
            .filter(|output| output.number == waiting.number && output.splice.current().is_some())
        else {
            return false;
        };
        let stored = self
            .inputs
            .get(output.input)
            .and_then(|input| input.layers.get(usize::from(waiting.origin.layer)))
            .filter(|layer| layer.generation == waiting.origin.generation)
            .and_then(|layer| layer.history.get(waiting.layer_sequence));
        let types = stored
            .as_ref()
            .and_then(|packet| output.types_of(packet.facts.codec));
        let path = peer.path;
        let (Some(packet), Some(types), Some(path), Some(mut subscriber)) =
            (stored, types, path, Carrier::of(peer))
        else {
            return false;
        };
        let out = self.egress.begin(slot, path);
        let start = out.len();
        output.write(
            out,
            &mut subscriber,
            types,
            &packet,
            &waiting.placement,
            waiting.origin,
            &Copies::default(),
        );
        let length = self.egress.commit(slot, start);
        peer.note_numbered(now_ns, length);
        self.counters.rtp_forwarded += 1;
        true
    }

    /// Sends the padding that a probe cluster is due: on a retransmission stream, where it disturbs no numbering.
    fn send_padding(&mut self, now_ns: u64, slot: Slot) {
        let Some(peer) = self.peers.get_mut(slot) else {
            return;
        };
        if peer.congestion.padding_due_bytes(now_ns) == 0 {
            return;
        }
        let Some(path) = peer.path else { return };
        let of_repairs = peer.outputs.values().copied().min_by_key(|&output| {
            let carries = self
                .outputs
                .get(output)
                .is_some_and(|output| output.repair_type().is_some());
            (!carries, output)
        });
        let Some(output) = of_repairs.and_then(|output| self.outputs.get_mut(output)) else {
            return;
        };
        while peer.congestion.padding_due_bytes(now_ns) > 0 {
            let Some(mut subscriber) = Carrier::of(peer) else {
                return;
            };
            let out = self.egress.begin(slot, path);
            let start = out.len();
            if !output.write_padding_packet(out, &mut subscriber) {
                return;
            }
            let length = self.egress.commit(slot, start);
            peer.note_numbered(now_ns, length);
            self.counters.padding_sent += 1;
        }
    }
}
