//! A published track: its codecs, its layers, and who receives it.
use crate::audio_level::AudioLevel;
use crate::layer::Layer;
use crate::numbered::Slot;
use crate::rate::Rates;
use crate::select::{self, Candidate};
use lianzhen_wire::frame_assembler::Codec;

/// Layers of one track: LiveKit uses three.
const MAX_LAYERS: usize = 8;

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// Every packet can be begun with.
    Audio,
    /// Receivers begin at key frames.
    Video,
}

/// What an SSRC carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The media itself.
    Media,
    /// Retransmissions of it (RFC 4588).
    Repair,
}

/// A payload type a publisher may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputCodec {
    /// The payload format.
    pub codec: Codec,
    /// Equal text means the same bitstream.
    pub format: String,
    /// 0..=127.
    pub payload_type: u8,
    /// 0..=127.
    pub rtx_payload_type: Option<u8>,
    /// 0..=127: under which it also sends its packets with earlier ones in them (RFC 2198).
    pub red_payload_type: Option<u8>,
    /// True if it answers NACK for this codec.
    pub has_nack: bool,
}

/// What is published in one section of a peer.
#[derive(Debug)]
pub struct Input {
    /// The caller's number.
    pub track: u32,
    /// Slot of the publisher.
    pub peer: Slot,
    /// Its section.
    pub mid: String,
    /// Sound or picture.
    pub kind: MediaKind,
    /// RTP ticks a second.
    pub clock_rate_hz: u32,
    /// What it may send.
    pub codecs: Vec<InputCodec>,
    /// (media, rtx) SSRCs announced in SDP.
    pub announced: Vec<(u32, Option<u32>)>,
    /// Its layers in the order of appearance; they are never removed, so that an index stays valid.
    pub layers: Vec<Layer>,
    /// Slots of the outputs that receive it.
    pub outputs: Vec<Slot>,
    /// Slots of the taps that receive it.
    pub taps: Vec<Slot>,
    /// How loud it is.
    pub audio_level: AudioLevel,
    /// Its live layers, lowest first, and what each takes; see `measure`.
    pub offers: Vec<LayerOffer>,
}

/// A live layer and what it takes.
#[derive(Debug, Clone, Copy)]
pub struct LayerOffer {
    /// Its index.
    pub layer: usize,
    /// What it takes.
    pub rates: Rates,
}

impl Input {
    /// The codec of a payload type, and whether it is the codec itself (redundant data too) or its retransmission.
    #[inline]
    pub fn codec_of(&self, payload_type: u8) -> Option<(usize, Role)> {
        self.codecs.iter().enumerate().find_map(|(index, codec)| {
            if codec.payload_type == payload_type || codec.red_payload_type == Some(payload_type) {
                Some((index, Role::Media))
            } else if codec.rtx_payload_type == Some(payload_type) {
                Some((index, Role::Repair))
            } else {
                None
            }
        })
    }

    /// True if SDP announced this SSRC for the track.
    pub fn announces(&self, ssrc: u32) -> bool {
        self.announced
            .iter()
            .any(|&(media, rtx)| media == ssrc || rtx == Some(ssrc))
    }

    /// The layer name of an announced SSRC: "" for the first pair, "1", "2" … for further ones (simulcast by SSRC
    /// groups has no RIDs).
    pub fn rid_of_announced(&self, ssrc: u32) -> String {
        match self
            .announced
            .iter()
            .position(|&(media, rtx)| media == ssrc || rtx == Some(ssrc))
        {
            None | Some(0) => String::new(),
            Some(index) => index.to_string(),
        }
    }

    /// Adds a layer; None if there are too many.
    pub fn add_layer(&mut self, rid: &str) -> Option<usize> {
        if self.layers.len() >= MAX_LAYERS {
            return None;
        }
        self.layers
            .push(Layer::new(rid, self.clock_rate_hz, self.wants_repair()));
        Some(self.layers.len() - 1)
    }

    /// Binds an SSRC to a layer; `begins_anew` forgets all numbers of the one before.
    pub fn bind(&mut self, layer: usize, ssrc: u32, role: Role, begins_anew: bool) {
        if begins_anew {
            let repaired = self.wants_repair();
            self.layers[layer].begin_anew(self.clock_rate_hz, repaired);
        }
        match role {
            Role::Media => self.layers[layer].ssrc = Some(ssrc),
            Role::Repair => self.layers[layer].rtx_ssrc = Some(ssrc),
        }
    }

    /// Measures its layers: what is live, and what that takes.
    pub fn measure(&mut self, now_ns: u64) {
        for layer in &mut self.layers {
            layer.meter.sample(now_ns);
        }
        let candidates = self.candidates();
        let offers = select::ladder(&candidates)
            .into_iter()
            .map(|index| LayerOffer {
                layer: index,
                rates: self.layers[index].rates(now_ns, self.kind),
            })
            .collect();
        self.offers = offers;
    }

    /// The live layers up to the wanted one, lowest first.
    pub fn offers_upto(&self, wanted: Option<&str>) -> &[LayerOffer] {
        let chosen = select::choose(&self.candidates(), wanted);
        let position = self
            .offers
            .iter()
            .position(|offer| Some(offer.layer) == chosen);
        &self.offers[..position.map_or(0, |position| position + 1)]
    }

    /// What its best layer takes.
    pub fn whole_bps(&self) -> u64 {
        self.offers
            .last()
            .map_or(0, |offer| offer.rates.whole().bps)
    }

    /// What a layer takes; 0 where it is not live.
    pub fn bps_of(&self, layer: usize) -> u64 {
        let offer = self.offers.iter().find(|offer| offer.layer == layer);
        offer.map_or(0, |offer| offer.rates.whole().bps)
    }

    /// True if `layer` is known to lie below `other`.
    pub fn is_below(&self, layer: usize, other: usize) -> bool {
        let position = |layer| self.offers.iter().position(|offer| offer.layer == layer);
        position(layer)
            .zip(position(other))
            .is_some_and(|(layer, other)| layer < other)
    }

    /// What layer choice needs to know.
    pub fn candidates(&self) -> Vec<Candidate<'_>> {
        self.layers
            .iter()
            .map(|layer| Candidate {
                rid: &layer.rid,
                pixels: layer.pixels(),
                activity: layer.activity,
            })
            .collect()
    }

    /// True if missing packets are worth asking for: browsers answer NACK for video; for audio only where they say so.
    pub fn wants_repair(&self) -> bool {
        self.kind == MediaKind::Video
            || self
                .codecs
                .iter()
                .any(|codec| codec.has_nack || codec.rtx_payload_type.is_some())
    }
}
