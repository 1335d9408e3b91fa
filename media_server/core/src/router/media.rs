//! RTP from publishers: authenticated, bound to a layer, logged, unwrapped from RTX, and passed on for forwarding.
use lianzhen_wire::frame_assembler::Codec;
use lianzhen_wire::{h264, red, rtp, vp8};

use super::Router;
use super::control::DEFAULT_RTT_NS;
use crate::events::Event;
use crate::gap_wait;
use crate::input::{Input, MediaKind, Role};
use crate::numbered::Slot;
use crate::packet::{MediaPacket, PacketFacts};
use crate::select::Activity;
use crate::streams::{Elements, Learned, Stream};

/// Bytes of the original sequence number that begin an RTX payload (RFC 4588 §4).
const OSN_BYTES: usize = 2;

/// A layer that comes after so long a pause may have been chosen away from, or left holes behind.
const RETURN_NS: u64 = 1_000_000_000;

impl Router {
    /// Takes what should be SRTP of a peer; true if it was.
    pub(super) fn receive_rtp(
        &mut self,
        now_ns: u64,
        arrival_ns: u64,
        slot: Slot,
        datagram: &mut [u8],
    ) -> bool {
        let Some(peer) = self.peers.get_mut(slot) else {
            return false;
        };
        let Some(receiver) = &mut peer.receiver else {
            self.counters.dropped_no_keys += 1;
            return false;
        };
        let plain = match receiver.unprotect_rtp(datagram) {
            Ok(length) => &datagram[..length],
            Err(error) => {
                self.count_srtp_error(error);
                return false;
            }
        };
        self.counters.rtp_received += 1;
        if peer.heard(now_ns) {
            self.events.push(Event::PeerHeard { peer: peer.number });
        }
        let Ok(header) = rtp::parse(plain) else {
            self.counters.dropped_malformed += 1;
            return true;
        };
        let elements = Elements::read(header.extensions(plain), &peer.extensions);
        if let Some(sequence) = elements.transport_sequence {
            // RTX, padding and streams nobody knows count too: the sender's estimate covers the whole transport.
            peer.feedback.receive(sequence, arrival_ns);
            peer.feedback_pending += 1;
        }
        let stream = match peer.streams.get(header.ssrc) {
            Some(stream) => stream,
            None => match self.learn(slot, &header, &elements) {
                Some(stream) => stream,
                None => {
                    self.counters.dropped_unknown_ssrc += 1;
                    return true;
                }
            },
        };
        self.note_media(now_ns);
        self.receive_stream(now_ns, arrival_ns, stream, &header, &elements, plain);
        true
    }

    fn learn(
        &mut self,
        slot: Slot,
        header: &rtp::Header,
        elements: &Elements<'_>,
    ) -> Option<Stream> {
        self.peers.note_ssrcs();
        let peer = self.peers.get_mut(slot)?;
        let (stream, learned) =
            peer.streams
                .learn(&peer.inputs, &mut self.inputs, header, elements)?;
        if learned != Learned::Bound {
            let input = self.inputs.get(stream.input)?;
            let rid = input.layers[stream.layer].rid.clone();
            let track = input.track;
            if learned == Learned::BeganAnew {
                self.lose_layer(stream);
            } else {
                self.events.push(Event::LayerSeen { track, rid });
            }
        }
        Some(stream)
    }

    fn receive_stream(
        &mut self,
        now_ns: u64,
        arrival_ns: u64,
        stream: Stream,
        header: &rtp::Header,
        elements: &Elements<'_>,
        plain: &[u8],
    ) {
        let Some(input) = self.inputs.get_mut(stream.input) else {
            return;
        };
        let Some((codec, role)) = input.codec_of(header.payload_type) else {
            self.counters.dropped_unknown_payload_type += 1;
            return;
        };
        let layer = &mut input.layers[stream.layer];
        layer.packets += 1;
        let payload = &plain[header.payload_range.clone()];
        let (layer, payload) = if input.codecs[codec].red_payload_type == Some(header.payload_type)
        {
            let own = self.restore(now_ns, arrival_ns, stream, codec, header, payload);
            let Some(payload) = own else {
                return;
            };
            let Some(input) = self.inputs.get_mut(stream.input) else {
                return;
            };
            (&mut input.layers[stream.layer], payload)
        } else {
            (layer, payload)
        };
        let (numbers, payload) = match (stream.role, role) {
            (Role::Media, Role::Media) => (
                layer.receive(header.sequence, header.timestamp, arrival_ns),
                payload,
            ),
            (Role::Repair, Role::Repair) => {
                let Some((original, payload)) = payload.split_first_chunk::<OSN_BYTES>() else {
                    self.counters.padding_received += 1;
                    return;
                };
                (
                    layer.receive_repair(
                        u16::from_be_bytes(*original),
                        header.timestamp,
                        arrival_ns,
                    ),
                    payload,
                )
            }
            // A payload type on the wrong kind of SSRC: nothing says what it would mean.
            _ => {
                self.counters.dropped_unknown_payload_type += 1;
                return;
            }
        };
        let Some((sequence, timestamp)) = numbers else {
            self.counters.dropped_duplicate += 1;
            return;
        };
        self.counters.rtp_repaired += u64::from(role == Role::Repair);
        self.counters.padding_received += u64::from(payload.is_empty());
        let facts = PacketFacts {
            sequence,
            timestamp,
            has_marker: header.has_marker,
            codec: codec as u8,
            audio_level: elements.audio_level,
            video_orientation: elements.video_orientation,
            arrival_ns,
            is_entry: false,
            temporal: 0,
            is_layer_sync: false,
            vp8: None,
        };
        self.take_media(now_ns, stream, MediaPacket { facts, payload });
    }

    /// Of a packet of sound that carries earlier ones (RFC 2198) takes those that are missing; returns its own payload,
    /// or None where it is not such a packet.
    fn restore<'a>(
        &mut self,
        now_ns: u64,
        arrival_ns: u64,
        stream: Stream,
        codec: usize,
        header: &rtp::Header,
        payload: &'a [u8],
    ) -> Option<&'a [u8]> {
        if stream.role != Role::Media {
            self.counters.dropped_unknown_payload_type += 1;
            return None;
        }
        let Some(blocks) = red::parse(payload) else {
            self.counters.dropped_malformed += 1;
            return None;
        };
        let all = blocks.redundant();
        for (place, block) in all.iter().enumerate() {
            let input = self.inputs.get_mut(stream.input)?;
            // An empty block stands for a packet that was left out; another codec's has no place here.
            if block.payload.is_empty() || block.payload_type != input.codecs[codec].payload_type {
                continue;
            }
            let behind = (all.len() - place) as u16;
            let numbers = input.layers[stream.layer].receive_copy(
                header.sequence.wrapping_sub(behind),
                header.timestamp.wrapping_sub(block.offset_ticks),
                arrival_ns,
            );
            let Some((sequence, timestamp)) = numbers else {
                continue;
            };
            self.counters.rtp_restored += 1;
            let facts = PacketFacts {
                sequence,
                timestamp,
                codec: codec as u8,
                arrival_ns,
                ..PacketFacts::default()
            };
            let payload = block.payload;
            self.take_media(now_ns, stream, MediaPacket { facts, payload });
        }
        Some(blocks.primary)
    }

    /// Takes one media packet, however it came: notes what it tells, keeps it, and passes it on.
    fn take_media(&mut self, now_ns: u64, stream: Stream, mut packet: MediaPacket<'_>) {
        let Some(input) = self.inputs.get_mut(stream.input) else {
            return;
        };
        let (payload, arrival_ns) = (packet.payload, packet.facts.arrival_ns);
        let mut is_return = false;
        if !payload.is_empty() {
            let before = input.layers[stream.layer].activity;
            is_return = before.is_none_or(|before| before.last_ns + RETURN_NS < arrival_ns);
            note_media(input, stream.layer, &mut packet);
        }
        if input.outputs.is_empty() && input.taps.is_empty() && payload.is_empty() {
            return;
        }
        let layer = &mut input.layers[stream.layer];
        // Padding is kept too: it may have gone out empty, to fill a hole, and be asked for again.
        layer.history.store(&packet);
        if is_return {
            // Seen for the first time, or again: chosen now, so that the key frame at hand can be begun with.
            self.choose_new_layer(now_ns, stream, packet.facts.is_entry);
        }
        match self.gap_step(now_ns, stream, packet.facts.sequence) {
            gap_wait::Step::Now => self.forward(now_ns, stream, &packet),
            gap_wait::Step::Filled => {
                self.forward(now_ns, stream, &packet);
                self.pass_on_waiting(now_ns, stream);
            }
            gap_wait::Step::Held => self.counters.rtp_held += 1,
        }
    }

    /// Whether a packet goes on at once: sound that is repaired keeps its order, pictures are put in order by players.
    #[inline]
    fn gap_step(&mut self, now_ns: u64, stream: Stream, sequence: u64) -> gap_wait::Step {
        let Some(input) = self.inputs.get_mut(stream.input) else {
            return gap_wait::Step::Now;
        };
        if input.kind != MediaKind::Audio || !input.wants_repair() {
            return gap_wait::Step::Now;
        }
        let rtt_ns = self.peers.get(input.peer).and_then(|peer| peer.rtt_ns);
        let rtt_ns = rtt_ns.unwrap_or(DEFAULT_RTT_NS);
        input.layers[stream.layer]
            .gap_wait
            .receive(sequence, now_ns, rtt_ns)
    }

    /// Passes on what has waited, as far as nothing is missing.
    #[cold]
    fn pass_on_waiting(&mut self, now_ns: u64, stream: Stream) {
        loop {
            let Some(input) = self.inputs.get_mut(stream.input) else {
                return;
            };
            let layer = &mut input.layers[stream.layer];
            let Some(next) = layer.gap_wait.waited_for() else {
                return;
            };
            let Some(packet) = layer.history.get(next) else {
                let waiting =
                    (next..=layer.history.highest()).find_map(|later| layer.history.get(later));
                let since_ns = waiting.map(|packet| packet.facts.arrival_ns);
                return layer.gap_wait.went_on(next, since_ns);
            };
            let (facts, payload) = (packet.facts, packet.payload.to_vec());
            layer.gap_wait.went_past(next);
            let payload = &payload;
            self.forward(now_ns, stream, &MediaPacket { facts, payload });
        }
    }

    /// Gives up what has been waited for long enough, and passes on what waited.
    pub(super) fn end_wait(&mut self, now_ns: u64, input_slot: Slot, layer_index: usize) {
        let Some(input) = self.inputs.get_mut(input_slot) else {
            return;
        };
        let layer = &mut input.layers[layer_index];
        let Some(next) = layer.gap_wait.waited_for() else {
            return;
        };
        let rtt_ns = self.peers.get(input.peer).and_then(|peer| peer.rtt_ns);
        if layer
            .gap_wait
            .is_over(now_ns, rtt_ns.unwrap_or(DEFAULT_RTT_NS))
        {
            let present =
                (next..=layer.history.highest()).find(|&later| layer.history.get(later).is_some());
            layer.gap_wait.give_up(present.unwrap_or(next));
            let stream = Stream {
                input: input_slot,
                layer: layer_index,
                role: Role::Media,
            };
            self.pass_on_waiting(now_ns, stream);
        }
    }
}

/// Looks into the payload format, and notes what the layer and the track are known by.
fn note_media(input: &mut Input, layer: usize, packet: &mut MediaPacket<'_>) {
    let format = input.codecs[usize::from(packet.facts.codec)].codec;
    let mut size = None;
    match format {
        Codec::Vp8 => {
            packet.facts.vp8 = vp8::Descriptor::parse(packet.payload);
            if let Some(descriptor) = &packet.facts.vp8 {
                packet.facts.is_entry = descriptor.is_keyframe;
                packet.facts.temporal = descriptor.temporal_id;
                packet.facts.is_layer_sync = descriptor.is_layer_sync;
                if descriptor.is_keyframe {
                    size = vp8::keyframe_size(&packet.payload[descriptor.header_len..]);
                }
            }
        }
        Codec::H264 => {
            packet.facts.is_entry = h264::is_keyframe_start(packet.payload);
            packet.facts.is_layer_sync = h264::is_disposable(packet.payload);
            packet.facts.temporal = u8::from(packet.facts.is_layer_sync);
            if packet.facts.is_entry {
                let mut unit = h264::AccessUnit::new();
                // A payload that cannot be added tells no size.
                let _ = unit.push(packet.payload);
                size = unit.size();
            }
        }
        Codec::Opus => packet.facts.is_entry = true,
    }
    if input.kind == MediaKind::Audio {
        packet.facts.is_entry = true;
        if let Some(level) = packet.facts.audio_level {
            input.audio_level.receive(level);
        }
    }
    let layer = &mut input.layers[layer];
    layer.bytes += packet.payload.len() as u64;
    layer.meter.note(
        packet.facts.temporal,
        packet.payload.len(),
        packet.facts.has_marker,
    );
    layer.activity = Some(Activity::after(layer.activity, packet.facts.arrival_ns));
    if packet.facts.is_entry && input.kind == MediaKind::Video {
        layer.keyframes.keyframe_came();
        layer.keyframe_count += 1;
        if let Some((width, height)) = size {
            (layer.width, layer.height) = (width, height);
        }
    }
}
