//! What happens by itself as time passes: reports, feedback, requests, silence, loudness.
use lianzhen_wire::rtcp;

use super::Router;
use super::control::DEFAULT_RTT_NS;
use crate::congestion;
use crate::events::Event;
use crate::input::MediaKind;
use crate::numbered::Slot;

/// How often `on_tick` is to be called while media flows. A gap in sequence numbers is asked about at the next tick, which also leaves
/// reordered packets that long to arrive.
pub const TICK_NS: u64 = 10_000_000;

/// How often without media: only silence, choices and reports are due then, and a thousand idle peers should cost little.
const IDLE_TICK_NS: u64 = 50_000_000;

/// After the last media packet, what it left to do (repairs, feedback) is done within this.
const MEDIA_TAIL_NS: u64 = 1_000_000_000;

/// Layers are chosen anew this often: a fallback takes at most 1 s of silence and this.
const CHOICE_INTERVAL_NS: u64 = 100_000_000;

/// Receiver reports to publishers, sender reports to subscribers.
const REPORT_INTERVAL_NS: u64 = 1_000_000_000;

/// Transport-wide feedback at a good rate: what libwebrtc's estimator was tuned with (50 … 250 ms).
const FEEDBACK_INTERVAL_NS: u64 = 50_000_000;

/// Transport-wide feedback at a low rate.
const SLOW_FEEDBACK_INTERVAL_NS: u64 = 100_000_000;

/// Packets in `FEEDBACK_INTERVAL_NS` that make the rate a good one.
const FEEDBACK_WORTH_PACKETS: u32 = 10;

/// Loudness is told this often.
const LOUDNESS_INTERVAL_NS: u64 = 500_000_000;

/// A peer from which nothing authentic came for so long is reported: browsers check every 2.5 s at the latest.
pub const PEER_SILENCE_NS: u64 = 3_000_000_000;

/// Report blocks in one packet (RFC 3550 §6.4.2).
const MAX_REPORT_BLOCKS: usize = 31;

/// When what was done last.
#[derive(Debug, Default)]
pub(super) struct Timers {
    chosen_ns: u64,
    loudness_ns: u64,
    media_ns: u64,
}

impl Router {
    /// Does what is due; returns when to call again. Calling later or more often is harmless.
    pub fn on_tick(&mut self, now_ns: u64) -> u64 {
        self.peers.forget_lost();
        self.tick_inputs(now_ns);
        let is_soon = self.tick_peers(now_ns);
        self.tick_outputs(now_ns);
        self.tick_taps(now_ns);
        if now_ns.saturating_sub(self.timers.chosen_ns) >= CHOICE_INTERVAL_NS {
            self.timers.chosen_ns = now_ns;
            self.review_allotments(now_ns);
            self.review_choices(now_ns);
        }
        if now_ns.saturating_sub(self.timers.loudness_ns) >= LOUDNESS_INTERVAL_NS {
            self.timers.loudness_ns = now_ns;
            self.report_loudness();
            self.peers.index_ssrcs();
        }
        let has_media = now_ns.saturating_sub(self.timers.media_ns) < MEDIA_TAIL_NS;
        now_ns
            + match (is_soon, has_media) {
                (true, _) => congestion::SLICE_NS,
                (false, true) => TICK_NS,
                (false, false) => IDLE_TICK_NS,
            }
    }

    /// Notes that media came, so that ticks come often.
    #[inline]
    pub(super) fn note_media(&mut self, now_ns: u64) {
        self.timers.media_ns = now_ns;
    }

    fn tick_inputs(&mut self, now_ns: u64) {
        for slot in 0..self.inputs.slot_count() {
            let layer_count = self.inputs.get(slot).map_or(0, |input| input.layers.len());
            for layer in 0..layer_count {
                self.send_due_nacks(now_ns, slot, layer);
                self.end_wait(now_ns, slot, layer);
                let Some(input) = self.inputs.get_mut(slot) else {
                    continue;
                };
                let is_watched = !input.outputs.is_empty() || !input.taps.is_empty();
                if input.kind == MediaKind::Video
                    && is_watched
                    && input.layers[layer].keyframes.poll(now_ns)
                {
                    self.send_pli(slot, layer);
                }
            }
        }
    }

    fn send_due_nacks(&mut self, now_ns: u64, slot: Slot, layer: usize) {
        let Some(input) = self.inputs.get_mut(slot) else {
            return;
        };
        let publisher = input.peer;
        let layer = &mut input.layers[layer];
        if !layer.log.has_missing() {
            return;
        }
        let Some(peer) = self.peers.get(publisher) else {
            return;
        };
        let rtt_ns = peer.rtt_ns.unwrap_or(DEFAULT_RTT_NS);
        let (Some(media), report_ssrc) = (layer.ssrc, peer.report_ssrc) else {
            return;
        };
        let mut due = std::mem::take(&mut self.due_nacks);
        due.clear();
        layer.log.take_due_nacks(now_ns, rtt_ns, &mut due);
        if !due.is_empty() {
            let mut covered = 0;
            if self.send_rtcp(publisher, |out| {
                covered = rtcp::write_nack(out, report_ssrc, media, &due)
            }) {
                self.counters.nack_sent += covered as u64;
            }
        }
        self.due_nacks = due;
    }

    /// True if one of them wants to be asked again soon.
    fn tick_peers(&mut self, now_ns: u64) -> bool {
        let mut is_soon = false;
        for slot in 0..self.peers.slot_count() {
            is_soon |= self.tick_congestion(now_ns, slot);
            self.note_silence(now_ns, slot);
            self.attend_to_returned(now_ns, slot);
            self.send_feedback(now_ns, slot);
            self.send_receiver_reports(now_ns, slot);
        }
        is_soon
    }

    fn note_silence(&mut self, now_ns: u64, slot: Slot) {
        let Some(peer) = self.peers.get_mut(slot) else {
            return;
        };
        let Some(heard_ns) = peer.last_heard_ns else {
            return;
        };
        let silent_ns = now_ns.saturating_sub(heard_ns);
        if !peer.is_silent && silent_ns >= PEER_SILENCE_NS {
            peer.is_silent = true;
            self.events.push(Event::PeerSilent {
                peer: peer.number,
                silent_ms: silent_ns / 1_000_000,
            });
        }
    }

    fn send_feedback(&mut self, now_ns: u64, slot: Slot) {
        let Some(peer) = self.peers.get_mut(slot) else {
            return;
        };
        let interval_ns = if peer.feedback_pending >= FEEDBACK_WORTH_PACKETS {
            FEEDBACK_INTERVAL_NS
        } else {
            SLOW_FEEDBACK_INTERVAL_NS
        };
        if peer.feedback_pending == 0 || now_ns.saturating_sub(peer.feedback_sent_ns) < interval_ns
        {
            return;
        }
        let media = self.a_media_ssrc(slot);
        let Some(peer) = self.peers.get_mut(slot) else {
            return;
        };
        peer.feedback_sent_ns = now_ns;
        peer.feedback_pending = 0;
        let report_ssrc = peer.report_ssrc;
        let (Some(path), Some(sender)) = (peer.path, peer.sender.as_mut()) else {
            return;
        };
        loop {
            let out = self.egress.begin(slot, path);
            let start = out.len();
            if !peer.feedback.build(out, report_ssrc, media) {
                return;
            }
            sender.protect_rtcp(out, start);
            self.egress.commit(slot, start);
            self.counters.rtcp_sent += 1;
            self.counters.feedback_sent += 1;
        }
    }

    /// Feedback names some stream of the publisher, it does not matter which.
    fn a_media_ssrc(&self, peer: Slot) -> u32 {
        let Some(peer) = self.peers.get(peer) else {
            return 0;
        };
        let inputs = peer.inputs.iter().filter_map(|&slot| self.inputs.get(slot));
        inputs
            .flat_map(|input| &input.layers)
            .find_map(|layer| layer.ssrc)
            .unwrap_or(0)
    }

    fn send_receiver_reports(&mut self, now_ns: u64, slot: Slot) {
        let Some(peer) = self.peers.get_mut(slot) else {
            return;
        };
        if now_ns.saturating_sub(peer.reports_sent_ns) < REPORT_INTERVAL_NS || !peer.is_ready() {
            return;
        }
        peer.reports_sent_ns = now_ns;
        let report_ssrc = peer.report_ssrc;
        let mut blocks = Vec::new();
        for &input in &peer.inputs {
            let Some(input) = self.inputs.get_mut(input) else {
                continue;
            };
            for layer in &mut input.layers {
                let Some(ssrc) = layer.ssrc else { continue };
                blocks.extend(layer.log.report_block(ssrc, now_ns));
            }
        }
        let cname = format!("lianzhen-{report_ssrc:08x}");
        for part in blocks.chunks(MAX_REPORT_BLOCKS) {
            let is_sent = self.send_rtcp(slot, |out| {
                rtcp::write_receiver_report(out, report_ssrc, part);
                rtcp::write_sdes_cname(out, report_ssrc, cname.as_bytes());
            });
            self.counters.receiver_reports_sent += u64::from(is_sent);
        }
    }

    fn tick_outputs(&mut self, now_ns: u64) {
        for slot in 0..self.outputs.slot_count() {
            let Some(output) = self.outputs.get(slot) else {
                continue;
            };
            if now_ns.saturating_sub(output.report_sent_ns) >= REPORT_INTERVAL_NS
                && output.splice.current().is_some()
            {
                self.send_sender_report(now_ns, slot);
            }
        }
    }

    fn tick_taps(&mut self, now_ns: u64) {
        for slot in 0..self.taps.slot_count() {
            let Some(tap) = self.taps.get_mut(slot) else {
                continue;
            };
            tap.take_frames(now_ns, &mut self.tap_records);
            if tap.assembler.needs_keyframe()
                && let Some(layer) = tap.splice.current()
            {
                let input = tap.input;
                self.want_keyframe_again(now_ns, input, layer);
            }
        }
    }

    /// Wants a key frame unless one is being waited for: for those who ask at every tick.
    fn want_keyframe_again(&mut self, now_ns: u64, input_slot: Slot, layer: usize) {
        let Some(input) = self.inputs.get(input_slot) else {
            return;
        };
        if !input.layers[layer].keyframes.is_wanted() {
            self.want_keyframe(now_ns, input_slot, layer);
        }
    }

    /// Chooses layers by who is live now, and keeps key frames wanted for everybody who still waits for one.
    fn review_choices(&mut self, now_ns: u64) {
        for slot in 0..self.inputs.slot_count() {
            self.choose_layers(now_ns, slot);
            let Some(input) = self.inputs.get(slot) else {
                continue;
            };
            let ready = |output: &Slot| {
                let output = self.outputs.get(*output)?;
                self.peers
                    .get(output.peer)?
                    .is_ready()
                    .then(|| output.splice.target())?
            };
            let of_outputs = input.outputs.iter().filter_map(ready);
            let of_taps = input
                .taps
                .iter()
                .filter_map(|&tap| self.taps.get(tap)?.splice.target());
            let mut waiting: Vec<usize> = of_outputs.chain(of_taps).collect();
            waiting.sort_unstable();
            waiting.dedup();
            for layer in waiting {
                self.want_keyframe_again(now_ns, slot, layer);
            }
        }
    }

    fn report_loudness(&mut self) {
        let levels: Vec<(u32, u8)> = self
            .inputs
            .iter_mut()
            .filter_map(|(_, input)| Some((input.track, input.audio_level.take_level()?)))
            .collect();
        if !levels.is_empty() {
            self.events.push(Event::AudioLevels { levels });
        }
    }
}
