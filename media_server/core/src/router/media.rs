//! RTP from publishers: authenticated, bound to a layer, logged, unwrapped from RTX, and passed on for forwarding.
use lianzhen_wire::frame_assembler::Codec;
use lianzhen_wire::{h264, rtp, vp8};

use super::Router;
use crate::events::Event;
use crate::input::{Input, MediaKind, Role};
use crate::numbered::Slot;
use crate::packet::{MediaPacket, PacketFacts};
use crate::select::{Activity, LAYER_SILENCE_NS};
use crate::streams::{Elements, Learned, Stream};

/// Bytes of the original sequence number that begin an RTX payload (RFC 4588 §4).
const OSN_BYTES: usize = 2;

impl Router {
    pub(super) fn receive_rtp(
        &mut self,
        now_ns: u64,
        arrival_ns: u64,
        slot: Slot,
        datagram: &mut [u8],
    ) {
        let Some(peer) = self.peers.get_mut(slot) else {
            return;
        };
        let Some(receiver) = &mut peer.receiver else {
            self.counters.dropped_no_keys += 1;
            return;
        };
        let plain = match receiver.unprotect_rtp(datagram) {
            Ok(length) => &datagram[..length],
            Err(error) => return self.count_srtp_error(error),
        };
        self.counters.rtp_received += 1;
        if peer.heard(now_ns) {
            self.events.push(Event::PeerHeard { peer: peer.number });
        }
        let Ok(header) = rtp::parse(plain) else {
            self.counters.dropped_malformed += 1;
            return;
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
                    return;
                }
            },
        };
        self.note_media(now_ns);
        self.receive_stream(now_ns, arrival_ns, stream, &header, &elements, plain);
    }

    fn learn(
        &mut self,
        slot: Slot,
        header: &rtp::Header,
        elements: &Elements<'_>,
    ) -> Option<Stream> {
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
            vp8: None,
        };
        let mut packet = MediaPacket { facts, payload };
        let mut is_return = false;
        if !payload.is_empty() {
            let before = input.layers[stream.layer].activity;
            is_return = before.is_none_or(|before| before.last_ns + LAYER_SILENCE_NS < arrival_ns);
            note_media(input, stream.layer, codec, &mut packet);
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
        self.forward(now_ns, stream, &packet);
    }
}

/// Looks into the payload format, and notes what the layer and the track are known by.
fn note_media(input: &mut Input, layer: usize, codec: usize, packet: &mut MediaPacket<'_>) {
    let format = input.codecs[codec].codec;
    let mut size = None;
    match format {
        Codec::Vp8 => {
            packet.facts.vp8 = vp8::Descriptor::parse(packet.payload);
            if let Some(descriptor) = &packet.facts.vp8 {
                packet.facts.is_entry = descriptor.is_keyframe;
                if descriptor.is_keyframe {
                    size = vp8::keyframe_size(&packet.payload[descriptor.header_len..]);
                }
            }
        }
        Codec::H264 => {
            packet.facts.is_entry = h264::is_keyframe_start(packet.payload);
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
    layer.activity = Some(Activity::after(layer.activity, packet.facts.arrival_ns));
    if packet.facts.is_entry && input.kind == MediaKind::Video {
        layer.keyframes.keyframe_came();
        layer.keyframe_count += 1;
        if let Some((width, height)) = size {
            (layer.width, layer.height) = (width, height);
        }
    }
}
