//! RTCP: sender reports from publishers, reception reports and wishes from subscribers.
use lianzhen_wire::rtcp::{self, Packet, ReportBlocks};

use super::Router;
use crate::copies::Copies;
use crate::input::{MediaKind, Role};
use crate::keyframe::PLI_INTERVAL_NS;
use crate::numbered::Slot;
use crate::output::Carrier;
use crate::playout_delay::Hop;
use crate::sent_log::Refusal;

/// Round trip assumed before reports tell it: a typical province-wide one.
pub(super) const DEFAULT_RTT_NS: u64 = 50_000_000;

/// Sequence numbers answered of one RTCP datagram: what 1,200 bytes of honest NACK rarely exceed.
const MAX_NACKED: usize = 512;

/// Who asks for a key frame so soon after one has begun lacks part of that: encoders ignore what comes sooner, too.
const BEGINNING_NS: u64 = PLI_INTERVAL_NS;

/// What comes first of it: at 20 % loss all of these are lost once in six hundred times.
const FIRST_PACKETS: u64 = 4;

impl Router {
    /// Takes what should be SRTCP of a peer; true if it was.
    pub(super) fn receive_rtcp(&mut self, now_ns: u64, slot: Slot, datagram: &mut [u8]) -> bool {
        let Some(peer) = self.peers.get_mut(slot) else {
            return false;
        };
        let Some(receiver) = &mut peer.receiver else {
            self.counters.dropped_no_keys += 1;
            return false;
        };
        let plain = match receiver.unprotect_rtcp(datagram) {
            Ok(length) => &datagram[..length],
            Err(error) => {
                self.count_srtp_error(error);
                return false;
            }
        };
        self.counters.rtcp_received += 1;
        self.heard(now_ns, slot);
        let mut nacked = 0;
        for packet in rtcp::parse(plain) {
            match packet {
                Ok(packet) => self.receive_control(now_ns, slot, packet, &mut nacked),
                Err(_) => self.counters.dropped_malformed += 1,
            }
        }
        true
    }

    fn receive_control(&mut self, now_ns: u64, slot: Slot, packet: Packet<'_>, nacked: &mut usize) {
        match packet {
            Packet::SenderReport {
                ssrc,
                ntp,
                rtp_timestamp,
                reports,
                ..
            } => {
                self.receive_sender_report(now_ns, slot, ssrc, ntp, rtp_timestamp);
                self.receive_reports(now_ns, slot, reports);
            }
            Packet::ReceiverReport { reports, .. } => self.receive_reports(now_ns, slot, reports),
            Packet::Nack {
                media, sequences, ..
            } => {
                let Some(output) = self.output_of(slot, media) else {
                    return;
                };
                for sequence in sequences {
                    *nacked += 1;
                    if *nacked > MAX_NACKED || !self.may_ask(now_ns, slot) {
                        return;
                    }
                    self.resend(now_ns, output, sequence);
                }
            }
            Packet::Pli { media, .. } => self.receive_keyframe_wish(now_ns, slot, media),
            Packet::Fir { entries, .. } => {
                for (media, _) in entries {
                    self.receive_keyframe_wish(now_ns, slot, media);
                }
            }
            Packet::TransportFeedback { raw, .. } => {
                self.counters.feedback_received += 1;
                self.receive_feedback(now_ns, slot, raw);
            }
            Packet::Remb { bps, .. } => self.receive_remb(now_ns, slot, bps),
            Packet::Sdes | Packet::Bye { .. } | Packet::Other => {}
        }
    }

    fn may_ask(&mut self, now_ns: u64, slot: Slot) -> bool {
        let Some(peer) = self.peers.get_mut(slot) else {
            return false;
        };
        let may_ask = peer.nacks.take(now_ns);
        self.counters.nack_over_budget += u64::from(!may_ask);
        may_ask
    }

    fn output_of(&self, peer: Slot, ssrc: u32) -> Option<Slot> {
        let output = *self.peers.get(peer)?.outputs.get(&ssrc)?;
        (self.outputs.get(output)?.ssrc == ssrc).then_some(output)
    }

    fn receive_sender_report(
        &mut self,
        now_ns: u64,
        slot: Slot,
        ssrc: u32,
        ntp: u64,
        rtp_timestamp: u32,
    ) {
        let Some(stream) = self.peers.get(slot).and_then(|peer| peer.streams.get(ssrc)) else {
            return;
        };
        if stream.role != Role::Media {
            return;
        }
        let Some(input) = self.inputs.get_mut(stream.input) else {
            return;
        };
        let Some(clock) =
            input.layers[stream.layer].receive_sender_report(ntp, rtp_timestamp, now_ns)
        else {
            return;
        };
        for &tap_slot in &input.taps {
            if let Some(tap) = self.taps.get(tap_slot)
                && tap.splice.current() == Some(stream.layer)
            {
                self.tap_records
                    .push((tap.number, tap.clock_record(&clock)));
            }
        }
        for slot in input.outputs.clone() {
            let is_current = self
                .outputs
                .get(slot)
                .is_some_and(|output| output.splice.current() == Some(stream.layer));
            if is_current {
                self.send_sender_report(now_ns, slot);
            }
        }
    }

    /// Sends an output's sender report, if its layer's clock is known.
    pub(super) fn send_sender_report(&mut self, now_ns: u64, slot: Slot) {
        let Some(output) = self.outputs.get(slot) else {
            return;
        };
        let Some(input) = self.inputs.get(output.input) else {
            return;
        };
        let Some(clock) = output
            .splice
            .current()
            .and_then(|layer| input.layers[layer].clock)
        else {
            return;
        };
        let (clock_rate_hz, publisher, subscriber) = (input.clock_rate_hz, input.peer, output.peer);
        // One name for all that a participant publishes, so that players keep its sound and picture together
        // (RFC 3550 §6.5.1).
        let cname = self
            .peers
            .get(publisher)
            .map(|peer| format!("lianzhen-{:08x}", peer.report_ssrc));
        if !self
            .peers
            .get(subscriber)
            .is_some_and(|peer| peer.is_ready())
        {
            return;
        }
        let mut report = Vec::with_capacity(64);
        let Some(output) = self.outputs.get_mut(slot) else {
            return;
        };
        output.write_sender_report(&mut report, now_ns, &clock, clock_rate_hz);
        rtcp::write_sdes_cname(
            &mut report,
            output.ssrc,
            cname.unwrap_or_default().as_bytes(),
        );
        if self.send_rtcp(subscriber, |out| out.extend_from_slice(&report)) {
            self.counters.sender_reports_sent += 1;
        }
    }

    fn receive_reports(&mut self, now_ns: u64, slot: Slot, reports: ReportBlocks<'_>) {
        for block in reports {
            let Some(output_slot) = self.output_of(slot, block.ssrc) else {
                continue;
            };
            let Some(output) = self.outputs.get_mut(output_slot) else {
                continue;
            };
            let rtt_ns = output.receive_report(now_ns, &block);
            let Some(peer) = self.peers.get_mut(slot) else {
                continue;
            };
            peer.redundancy.receive_report(now_ns, block.fraction_lost);
            if let Some(rtt_ns) = rtt_ns {
                // RFC 6298 §2: one eighth of each new sample.
                peer.rtt_ns = Some(
                    peer.rtt_ns
                        .map_or(rtt_ns, |smoothed| (smoothed * 7 + rtt_ns) / 8),
                );
            }
            self.review_room(now_ns, output_slot);
        }
    }

    /// Tells players of pictures how long to keep them, by what both ways lose.
    fn review_room(&mut self, now_ns: u64, slot: Slot) {
        let Some(output) = self.outputs.get_mut(slot) else {
            return;
        };
        let (Some(input), Some(layer)) = (self.inputs.get(output.input), output.splice.current())
        else {
            return;
        };
        if input.kind != MediaKind::Video {
            return;
        }
        let rtt_ns = |peer| {
            let rtt_ns = self.peers.get(peer).and_then(|peer| peer.rtt_ns);
            rtt_ns.unwrap_or(DEFAULT_RTT_NS)
        };
        let hops = [
            Hop {
                fraction_lost: input.layers[layer].log.fraction_lost(),
                rtt_ns: rtt_ns(input.peer),
            },
            Hop {
                fraction_lost: output.stats.fraction_lost,
                rtt_ns: rtt_ns(output.peer),
            },
        ];
        output.playout_delay.review(now_ns, hops);
    }

    fn receive_keyframe_wish(&mut self, now_ns: u64, slot: Slot, media: u32) {
        let Some(output_slot) = self.output_of(slot, media) else {
            return;
        };
        let Some(output) = self.outputs.get_mut(output_slot) else {
            return;
        };
        self.counters.pli_received += 1;
        output.stats.plis += 1;
        if output.splice.target().is_none()
            && let Some((first, at_ns)) = output.begun.take()
            && now_ns.saturating_sub(at_ns) < BEGINNING_NS
        {
            // It knows of no packet before the first that came, and can't name it: sooner than another key frame.
            let end = output.splice.next_sequence().min(first + FIRST_PACKETS);
            for sequence in first..end {
                self.send_again(now_ns, output_slot, sequence as u16);
            }
            return;
        }
        let Some(layer) = output.splice.target().or(output.splice.current()) else {
            return;
        };
        let slot = output.input;
        let Some(input) = self.inputs.get(slot) else {
            return;
        };
        // A key frame that is being waited for anyway costs nothing more.
        if !input.layers[layer].keyframes.is_wanted() && !output.keyframe_wishes.take(now_ns) {
            self.counters.pli_over_budget += 1;
            return;
        }
        self.want_keyframe(now_ns, slot, layer);
    }

    fn resend(&mut self, now_ns: u64, slot: Slot, sequence: u16) {
        self.counters.nack_received += 1;
        if let Some(output) = self.outputs.get_mut(slot) {
            output.stats.nacks += 1;
            self.send_again(now_ns, slot, sequence);
        }
    }

    fn send_again(&mut self, now_ns: u64, slot: Slot, sequence: u16) {
        let Some(output) = self.outputs.get_mut(slot) else {
            return;
        };
        let Some(peer) = self.peers.get_mut(output.peer) else {
            return;
        };
        let rtt_ns = peer.rtt_ns.unwrap_or(DEFAULT_RTT_NS);
        let Some(path) = peer.path else { return };
        let newest = output.splice.next_sequence().saturating_sub(1);
        let sent = match output.log.take_for_resend(sequence, newest, now_ns, rtt_ns) {
            Ok(sent) => sent,
            Err(refusal) => {
                let counter = match refusal {
                    Refusal::Unknown => &mut self.counters.retransmit_unknown,
                    Refusal::TooSoon => &mut self.counters.retransmit_too_soon,
                    Refusal::OverBudget => &mut self.counters.retransmit_over_budget,
                };
                *counter += 1;
                return;
            }
        };
        let stored = self
            .inputs
            .get(output.input)
            .map(|input| &input.layers[usize::from(sent.layer)])
            .filter(|layer| layer.generation == sent.generation)
            .and_then(|layer| layer.history.get(sent.layer_sequence));
        let types = stored
            .as_ref()
            .and_then(|packet| output.types_of(packet.facts.codec));
        let copies = (self.inputs.get(output.input))
            .zip(stored)
            .map(|(input, packet)| {
                let history = &input.layers[usize::from(sent.layer)].history;
                Copies::before(&packet, sent.copies, history)
            })
            // The same bytes or none: a packet that has become known since may not go along the second time.
            .filter(|copies| copies.len() == sent.copies);
        let (Some(packet), Some(types), Some(copies), Some(mut subscriber)) =
            (stored, types, copies, Carrier::of(peer))
        else {
            self.counters.retransmit_unknown += 1;
            return;
        };
        let out = self.egress.begin(output.peer, path);
        let start = out.len();
        let before = *subscriber.transport_sequence;
        output.write_again(out, &mut subscriber, types, &packet, &sent, &copies);
        let is_numbered_anew = *subscriber.transport_sequence != before;
        let length = self.egress.commit(output.peer, start);
        if is_numbered_anew {
            peer.note_numbered(now_ns, length);
        } else {
            peer.pacer.spend(length);
            peer.congestion.note_repeated(sent.transport_sequence);
        }
        self.counters.retransmitted += 1;
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
