//! Which input, layer and role an incoming SSRC has, learned from announcements and header extensions.
//!
//! The order follows RFC 8843 §9.2: what is bound stays bound; else MID with RID or repaired RID (RFC 8852); else SSRCs
//! announced in SDP; else a payload type that only one input of the peer uses.
use lianzhen_wire::rtp;
use rustc_hash::FxHashMap;

use crate::input::{Input, Role};
use crate::numbered::{Numbered, Slot};
use crate::peers::ExtensionIds;

/// SSRCs bound at once: ten simulcast tracks of three layers with RTX are 60.
const MAX_STREAMS: usize = 64;

/// The header extension elements this core uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Elements<'a> {
    /// Which section.
    pub mid: Option<&'a [u8]>,
    /// Which layer.
    pub rid: Option<&'a [u8]>,
    /// Which layer's retransmissions.
    pub repaired_rid: Option<&'a [u8]>,
    /// RFC 6464 byte.
    pub audio_level: Option<u8>,
    /// Transport-wide sequence number.
    pub transport_sequence: Option<u16>,
    /// Coordination of video orientation.
    pub video_orientation: Option<u8>,
}

impl<'a> Elements<'a> {
    /// Reads the elements of a packet by the peer's ids.
    #[inline]
    pub fn read(elements: rtp::Extensions<'a>, ids: &ExtensionIds) -> Elements<'a> {
        let mut read = Elements::default();
        for (id, value) in elements {
            // Id 0 never comes out of the iterator, so an extension that was not negotiated matches nothing.
            if id == ids.transport_cc {
                read.transport_sequence = value
                    .first_chunk::<2>()
                    .map(|bytes| u16::from_be_bytes(*bytes));
            } else if id == ids.audio_level {
                read.audio_level = value.first().copied();
            } else if id == ids.mid {
                read.mid = Some(value);
            } else if id == ids.rid {
                read.rid = Some(value);
            } else if id == ids.repaired_rid {
                read.repaired_rid = Some(value);
            } else if id == ids.video_orientation {
                read.video_orientation = value.first().copied();
            }
        }
        read
    }
}

/// What an SSRC is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Slot of its input.
    pub input: Slot,
    /// Index of its layer in the input.
    pub layer: usize,
    /// Media or retransmission.
    pub role: Role,
}

/// The SSRCs of one peer.
#[derive(Debug, Default)]
pub struct StreamTable {
    streams: FxHashMap<u32, Stream>,
}

/// Where a new SSRC belongs, before a layer is made for it.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    input: Slot,
    rid: String,
    role: Role,
}

impl StreamTable {
    /// What a known SSRC is.
    #[inline]
    pub fn get(&self, ssrc: u32) -> Option<Stream> {
        self.streams.get(&ssrc).copied()
    }

    /// All SSRCs.
    pub fn ssrcs(&self) -> impl Iterator<Item = u32> {
        self.streams.keys().copied()
    }

    /// Forgets the SSRCs of an input.
    pub fn forget_input(&mut self, input: Slot) {
        self.streams.retain(|_, stream| stream.input != input);
    }

    /// Finds out what a new SSRC is and binds it. Returns the stream and the layer's RID if the layer is new to the
    /// input or begins anew under this SSRC.
    pub fn learn(
        &mut self,
        own_inputs: &[Slot],
        inputs: &mut Numbered<Input>,
        header: &rtp::Header,
        elements: &Elements<'_>,
    ) -> Option<(Stream, Learned)> {
        if self.streams.len() >= MAX_STREAMS {
            return None;
        }
        let finding = find(own_inputs, inputs, header, elements)?;
        let input = inputs.get_mut(finding.input)?;
        let known = input
            .layers
            .iter()
            .position(|layer| layer.rid == finding.rid);
        let (layer, learned) = match (known, finding.role) {
            (Some(layer), Role::Media) => match input.layers[layer].ssrc {
                None => (layer, Learned::NewLayer),
                Some(old) if old == header.ssrc => (layer, Learned::Bound),
                Some(old) => {
                    self.streams.remove(&old);
                    (layer, Learned::BeganAnew)
                }
            },
            (Some(layer), Role::Repair) => {
                if let Some(old) = input.layers[layer].rtx_ssrc {
                    self.streams.remove(&old);
                }
                (layer, Learned::Bound)
            }
            (None, role) => {
                let layer = input.add_layer(&finding.rid)?;
                (
                    layer,
                    if role == Role::Media {
                        Learned::NewLayer
                    } else {
                        Learned::Bound
                    },
                )
            }
        };
        input.bind(
            layer,
            header.ssrc,
            finding.role,
            learned == Learned::BeganAnew,
        );
        let stream = Stream {
            input: finding.input,
            layer,
            role: finding.role,
        };
        self.streams.insert(header.ssrc, stream);
        Some((stream, learned))
    }
}

/// What binding an SSRC meant for its layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learned {
    /// The layer is seen for the first time.
    NewLayer,
    /// The layer goes on under another SSRC: its numbers begin anew.
    BeganAnew,
    /// A retransmission stream, or nothing new.
    Bound,
}

fn find(
    own_inputs: &[Slot],
    inputs: &Numbered<Input>,
    header: &rtp::Header,
    elements: &Elements<'_>,
) -> Option<Finding> {
    let mut own = own_inputs
        .iter()
        .filter_map(|&slot| Some((slot, inputs.get(slot)?)));
    if let Some(mid) = elements.mid {
        let (slot, input) = own.find(|(_, input)| input.mid.as_bytes() == mid)?;
        return by_rid(slot, input, header, elements);
    }
    if let Some((slot, input)) = own.clone().find(|(_, input)| input.announces(header.ssrc)) {
        return by_rid(slot, input, header, elements);
    }
    let mut candidates = own.filter(|(_, input)| input.codec_of(header.payload_type).is_some());
    let (slot, input) = candidates.next()?;
    if candidates.next().is_some() {
        return None;
    }
    by_rid(slot, input, header, elements)
}

fn by_rid(
    slot: Slot,
    input: &Input,
    header: &rtp::Header,
    elements: &Elements<'_>,
) -> Option<Finding> {
    let (_, role) = input.codec_of(header.payload_type)?;
    let told = elements.repaired_rid.or(elements.rid);
    let rid = match told {
        Some(rid) => std::str::from_utf8(rid).ok()?.to_owned(),
        None => input.rid_of_announced(header.ssrc),
    };
    // Without any RID, a second stream beside simulcast layers cannot be told apart from them.
    if told.is_none()
        && !input.announces(header.ssrc)
        && input.layers.iter().any(|layer| !layer.rid.is_empty())
    {
        return None;
    }
    Some(Finding {
        input: slot,
        rid,
        role,
    })
}
