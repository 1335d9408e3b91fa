//! What the control plane asks for: peers, keys, routes, taps.
use lianzhen_wire::srtp::{Profile, Receiver, Sender};

use super::Router;
use crate::input::Input;
use crate::layer::Layer;
use crate::numbered::Slot;
use crate::output::{Output, OutputPlan, PayloadTypes};
use crate::peers::ExtensionIds;
use crate::routes::{
    self, Ended, Existing, InputRoute, KnownOutput, LayerSelection, Misuse, OutputRoute,
    RouteChange,
};
use crate::tap::{Tap, TapRecord};

/// Numbers remembered that ended with something else; beyond it a late removal counts as a mistake again.
const MAX_ENDED: usize = 65_536;

/// How long frames that wait for missing packets would wait: at the end nothing more comes.
const FLUSH_NS: u64 = 10_000_000_000;

impl Router {
    /// Accepts checks for a ufrag.
    pub fn open_peer(&mut self, peer: u32, ufrag: &str, password: &[u8]) -> Result<(), Misuse> {
        if self.peers.slot_of(peer).is_some() {
            return Err(Misuse::PeerInUse(peer));
        }
        let report_ssrc = self.seeded.ssrc();
        self.peers
            .open(peer, ufrag, password, report_ssrc)
            .map(|_| ())
            .ok_or(Misuse::UfragInUse)
    }

    /// Adds credentials after an ICE restart.
    pub fn add_credentials(
        &mut self,
        peer: u32,
        ufrag: &str,
        password: &[u8],
    ) -> Result<(), Misuse> {
        let slot = self.peers.slot_of(peer).ok_or(Misuse::UnknownPeer(peer))?;
        if self.peers.add_credentials(slot, ufrag, password) {
            Ok(())
        } else {
            Err(Misuse::UfragInUse)
        }
    }

    /// Forgets a peer with its inputs and outputs.
    pub fn close_peer(&mut self, now_ns: u64, peer: u32) {
        let Some(slot) = self.peers.slot_of(peer) else {
            return;
        };
        let Some(known) = self.peers.get(slot) else {
            return;
        };
        let tracks: Vec<u32> = known
            .inputs
            .iter()
            .filter_map(|&input| Some(self.inputs.get(input)?.track))
            .collect();
        let mut outputs: Vec<u32> = known
            .outputs
            .values()
            .filter_map(|&output| Some(self.outputs.get(output)?.number))
            .collect();
        outputs.sort_unstable();
        outputs.dedup();
        for track in tracks {
            self.remove_input(now_ns, track);
            self.note_ended(Ended::Track(track));
        }
        for output in outputs {
            self.remove_output(output);
            self.note_ended(Ended::Output(output));
        }
        self.peers.close(peer);
    }

    /// Sets the SRTP keys of a peer.
    pub fn set_keys(
        &mut self,
        now_ns: u64,
        peer: u32,
        profile: Profile,
        receive: &[u8],
        transmit: &[u8],
    ) -> Result<(), Misuse> {
        let slot = self.peers.slot_of(peer).ok_or(Misuse::UnknownPeer(peer))?;
        let receiver = Receiver::new(profile, receive).map_err(|_| Misuse::KeyLength)?;
        let sender = Sender::new(profile, transmit).map_err(|_| Misuse::KeyLength)?;
        let known = self.peers.get_mut(slot).ok_or(Misuse::UnknownPeer(peer))?;
        if known.transmit_key == transmit {
            return Err(Misuse::KeyUsedTwice);
        }
        known.receiver = Some(receiver);
        known.sender = Some(sender);
        known.transmit_key = transmit.to_vec();
        known.used_sequences.clear();
        self.want_keyframes_for_peer(now_ns, slot);
        Ok(())
    }

    /// Sends a DTLS datagram to a peer's selected address.
    pub fn send_datagram(&mut self, peer: u32, datagram: &[u8]) {
        let path = self
            .peers
            .slot_of(peer)
            .and_then(|slot| Some((slot, self.peers.get(slot)?.path?)));
        let Some((slot, path)) = path else {
            self.counters.dropped_no_path += 1;
            return;
        };
        let out = self.egress.begin(slot, path);
        let start = out.len();
        out.extend_from_slice(datagram);
        let length = self.egress.commit(slot, start);
        if let Some(known) = self.peers.get_mut(slot) {
            known.congestion.note_data(length);
            known.pacer.spend(length);
        }
    }

    /// Applies all changes, or none.
    pub fn apply(&mut self, now_ns: u64, changes: &[RouteChange]) -> Result<(), Misuse> {
        routes::check(self, changes)?;
        for change in changes {
            match change {
                RouteChange::SetExtensions { peer, ids } => self.set_extensions(*peer, *ids),
                RouteChange::AddInput(route) => self.add_input(route),
                RouteChange::RemoveInput { track } => self.remove_input(now_ns, *track),
                RouteChange::AddOutput(route) => self.add_output(now_ns, route),
                RouteChange::RemoveOutput { output } => self.remove_output(*output),
                RouteChange::SelectLayer(selection) => self.select_layer(now_ns, selection),
            }
        }
        Ok(())
    }

    /// Asks for a key frame of every layer of a track that somebody gets or waits for.
    pub fn request_keyframe(&mut self, now_ns: u64, track: u32) -> Result<(), Misuse> {
        let slot = self
            .inputs
            .slot_of(track)
            .ok_or(Misuse::UnknownTrack(track))?;
        let input = self.inputs.get(slot).ok_or(Misuse::UnknownTrack(track))?;
        let of_outputs = input
            .outputs
            .iter()
            .filter_map(|&output| Some(&self.outputs.get(output)?.splice));
        let of_taps = input
            .taps
            .iter()
            .filter_map(|&tap| Some(&self.taps.get(tap)?.splice));
        let mut layers: Vec<usize> = of_outputs
            .chain(of_taps)
            .filter_map(|splice| splice.target().or(splice.current()))
            .collect();
        layers.sort_unstable();
        layers.dedup();
        for layer in layers {
            self.want_keyframe(now_ns, slot, layer);
        }
        Ok(())
    }

    /// Starts a tap on a track.
    pub fn tap(
        &mut self,
        now_ns: u64,
        tap: u32,
        track: u32,
        layer: Option<String>,
    ) -> Result<(), Misuse> {
        let input_slot = self
            .inputs
            .slot_of(track)
            .ok_or(Misuse::UnknownTrack(track))?;
        let input = self
            .inputs
            .get_mut(input_slot)
            .ok_or(Misuse::UnknownTrack(track))?;
        let state = Tap::new(tap, input_slot, layer, input.clock_rate_hz);
        let slot = self.taps.insert(tap, state).ok_or(Misuse::TapInUse(tap))?;
        input.taps.push(slot);
        self.choose_layers(now_ns, input_slot);
        Ok(())
    }

    /// Ends a tap.
    pub fn untap(&mut self, tap: u32) {
        let Some((slot, state)) = self.taps.remove(tap) else {
            return;
        };
        if let Some(input) = self.inputs.get_mut(state.input) {
            input.taps.retain(|&kept| kept != slot);
        }
    }

    /// A tap's reader was slow and frames were dropped: a key frame lets it begin again.
    pub fn want_keyframe_for_tap(&mut self, now_ns: u64, tap: u32) {
        let Some(state) = self.taps.slot_of(tap).and_then(|slot| self.taps.get(slot)) else {
            return;
        };
        let input = state.input;
        if let Some(layer) = state.splice.target().or(state.splice.current()) {
            self.want_keyframe(now_ns, input, layer);
        }
    }

    fn set_extensions(&mut self, peer: u32, ids: ExtensionIds) {
        let Some(slot) = self.peers.slot_of(peer) else {
            return;
        };
        let Some(known) = self.peers.get_mut(slot) else {
            return;
        };
        if known.extensions == ids {
            return;
        }
        known.extensions = ids;
        for &output in known.outputs.values() {
            if let Some(output) = self.outputs.get_mut(output) {
                // A packet made again with other extensions would differ from the first one under the same index.
                output.log.forget();
            }
        }
    }

    fn add_input(&mut self, route: &InputRoute) {
        let Some(peer_slot) = self.peers.slot_of(route.peer) else {
            return;
        };
        self.ended.remove(&Ended::Track(route.track));
        let input = Input {
            track: route.track,
            peer: peer_slot,
            mid: route.mid.clone(),
            kind: route.kind,
            clock_rate_hz: route.clock_rate_hz,
            codecs: route.codecs.clone(),
            announced: route.ssrcs.clone(),
            layers: Vec::<Layer>::new(),
            outputs: Vec::new(),
            taps: Vec::new(),
            audio_level: Default::default(),
            offers: Vec::new(),
        };
        let slot = self.inputs.insert(route.track, input);
        if let (Some(slot), Some(peer)) = (slot, self.peers.get_mut(peer_slot)) {
            peer.inputs.push(slot);
        }
    }

    fn remove_input(&mut self, now_ns: u64, track: u32) {
        self.ended.remove(&Ended::Track(track));
        let Some(slot) = self.inputs.slot_of(track) else {
            return;
        };
        let Some(input) = self.inputs.get(slot) else {
            return;
        };
        let outputs: Vec<u32> = input
            .outputs
            .iter()
            .filter_map(|&output| Some(self.outputs.get(output)?.number))
            .collect();
        for output in outputs {
            self.note_ended(Ended::Output(output));
            self.drop_output(output);
        }
        let Some((_, input)) = self.inputs.remove(track) else {
            return;
        };
        for tap_slot in input.taps {
            let Some(number) = self.taps.get(tap_slot).map(|tap| tap.number) else {
                continue;
            };
            let Some((_, mut tap)) = self.taps.remove(number) else {
                continue;
            };
            tap.take_frames(now_ns + FLUSH_NS, &mut self.tap_records);
            self.tap_records
                .push((number, TapRecord::End { arrival_ns: now_ns }));
        }
        if let Some(peer) = self.peers.get_mut(input.peer) {
            peer.inputs.retain(|&kept| kept != slot);
            peer.streams.forget_input(slot);
        }
        self.peers.note_ssrcs();
    }

    fn add_output(&mut self, now_ns: u64, route: &OutputRoute) {
        let (Some(peer_slot), Some(input_slot)) = (
            self.peers.slot_of(route.peer),
            self.inputs.slot_of(route.track),
        ) else {
            return;
        };
        let (Some(peer), Some(input)) = (
            self.peers.get_mut(peer_slot),
            self.inputs.get_mut(input_slot),
        ) else {
            return;
        };
        self.ended.remove(&Ended::Output(route.output));
        let payload_types = input
            .codecs
            .iter()
            .map(|codec| {
                let taken = route
                    .codecs
                    .iter()
                    .find(|taken| taken.format == codec.format)?;
                Some(PayloadTypes {
                    media: taken.payload_type,
                    rtx: taken.rtx_payload_type,
                    // A repeat over RTX names one payload type, so what it repeats has one.
                    red: taken
                        .red_payload_type
                        .filter(|_| taken.rtx_payload_type.is_none()),
                })
            })
            .collect();
        let seeded = &mut self.seeded;
        let mut first = |ssrc: u32| match peer.used_sequences.remove(&ssrc) {
            Some(next) => next,
            None => seeded.first_sequence(),
        };
        let plan = OutputPlan {
            number: route.output,
            input: input_slot,
            peer: peer_slot,
            mid: route.mid.clone(),
            ssrc: route.ssrc,
            rtx_ssrc: route.rtx_ssrc,
            payload_types,
            wanted: route.layer.clone(),
            clock_rate_hz: input.clock_rate_hz,
            first_sequence: first(route.ssrc),
            first_rtx_sequence: first(route.rtx_ssrc.unwrap_or(0)),
        };
        let Some(slot) = self.outputs.insert(route.output, Output::new(plan)) else {
            return;
        };
        for ssrc in [Some(route.ssrc), route.rtx_ssrc].into_iter().flatten() {
            peer.outputs.insert(ssrc, slot);
        }
        input.outputs.push(slot);
        self.allot(now_ns, peer_slot);
        self.choose_layers(now_ns, input_slot);
    }

    fn remove_output(&mut self, output: u32) {
        self.ended.remove(&Ended::Output(output));
        self.drop_output(output);
    }

    fn drop_output(&mut self, output: u32) {
        let Some((slot, state)) = self.outputs.remove(output) else {
            return;
        };
        if let Some(input) = self.inputs.get_mut(state.input) {
            input.outputs.retain(|&kept| kept != slot);
        }
        let Some(peer) = self.peers.get_mut(state.peer) else {
            return;
        };
        peer.outputs.retain(|_, kept| *kept != slot);
        peer.used_sequences
            .insert(state.ssrc, state.splice.next_sequence());
        if let Some(rtx_ssrc) = state.rtx_ssrc {
            peer.used_sequences.insert(rtx_ssrc, state.rtx_sequence);
        }
    }

    fn select_layer(&mut self, now_ns: u64, selection: &LayerSelection) {
        let Some(state) = self.outputs.by_number_mut(selection.output) else {
            return;
        };
        state.wanted = selection.layer.clone();
        state.is_paused = selection.is_paused;
        state.priority = selection.priority;
        state.max_fps = selection.max_fps;
        let (input, peer) = (state.input, state.peer);
        self.allot(now_ns, peer);
        self.choose_layers(now_ns, input);
    }

    fn note_ended(&mut self, ended: Ended) {
        if self.ended.len() >= MAX_ENDED {
            self.ended.clear();
        }
        self.ended.insert(ended);
    }

    fn input_of(&self, track: u32) -> Option<(Slot, &Input)> {
        let slot = self.inputs.slot_of(track)?;
        Some((slot, self.inputs.get(slot)?))
    }
}

impl Existing for Router {
    fn has_peer(&self, peer: u32) -> bool {
        self.peers.slot_of(peer).is_some()
    }

    fn track(&self, track: u32) -> Option<(u32, String)> {
        let (_, input) = self.input_of(track)?;
        Some((self.peers.get(input.peer)?.number, input.mid.clone()))
    }

    fn track_in(&self, peer: u32, mid: &str) -> Option<u32> {
        let peer = self.peers.get(self.peers.slot_of(peer)?)?;
        let mut inputs = peer.inputs.iter().filter_map(|&slot| self.inputs.get(slot));
        inputs
            .find(|input| input.mid == mid)
            .map(|input| input.track)
    }

    fn output(&self, output: u32) -> Option<KnownOutput> {
        let state = self.outputs.get(self.outputs.slot_of(output)?)?;
        Some(KnownOutput {
            track: self.inputs.get(state.input)?.track,
            peer: self.peers.get(state.peer)?.number,
            ssrcs: [Some(state.ssrc), state.rtx_ssrc],
        })
    }

    fn output_with(&self, peer: u32, ssrc: u32) -> Option<u32> {
        let peer = self.peers.get(self.peers.slot_of(peer)?)?;
        Some(self.outputs.get(*peer.outputs.get(&ssrc)?)?.number)
    }

    fn outputs_of(&self, track: u32) -> Vec<u32> {
        let Some((_, input)) = self.input_of(track) else {
            return Vec::new();
        };
        input
            .outputs
            .iter()
            .filter_map(|&slot| Some(self.outputs.get(slot)?.number))
            .collect()
    }

    fn has_ended(&self, number: Ended) -> bool {
        self.ended.contains(&number)
    }
}
