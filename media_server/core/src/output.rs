//! One subscription: a track rewritten for one subscriber.
use lianzhen_wire::rtcp::{self, ReportBlock, SenderInfo};
use lianzhen_wire::rtp;
use lianzhen_wire::srtp;

use crate::allocate::Rung;
use crate::allowance::Allowance;
use crate::copies::Copies;
use crate::keyframe::WISHES;
use crate::numbered::Slot;
use crate::outgoing_header::{MidElement, OutgoingElements, write_header};
use crate::packet::MediaPacket;
use crate::peers::{ExtensionIds, Peer};
use crate::playout_delay::PlayoutDelay;
use crate::sent_log::{Sent, SentLog};
use crate::splice::{ClockPoint, Placement, Splice};

/// Sender reports remembered to tell the round trip from reception reports: one a second and one a switch.
const REMEMBERED_REPORTS: usize = 8;

/// Bytes that a packet may grow by: header with elements, original sequence number, padding, SRTP tag.
const ADDED_BYTES: usize = 80;

/// The P bit (RFC 3550 §5.1).
const HAS_PADDING: u8 = 0x20;

/// Padding in one packet: its last octet counts it.
const PADDING_BYTES: u8 = 255;

/// The payload types under which the subscriber takes one input codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadTypes {
    /// Of the media.
    pub media: u8,
    /// Of its retransmissions, if negotiated.
    pub rtx: Option<u8>,
    /// Of packets with earlier ones in them, if negotiated.
    pub red: Option<u8>,
}

/// Which run of which layer a packet is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Index of the layer in its input.
    pub layer: u8,
    /// The layer's run.
    pub generation: u32,
    /// How many packets the layer's history keeps.
    pub kept: usize,
}

/// Counts and last reports of an output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutputStats {
    /// RTP packets sent, without repeats.
    pub packets: u64,
    /// Payload bytes of them.
    pub bytes: u64,
    /// Sequence numbers asked for.
    pub nacks: u64,
    /// Packets sent again.
    pub retransmitted: u64,
    /// PLI and FIR received.
    pub plis: u64,
    /// Layer switches.
    pub switches: u64,
    /// Of the last reception report, in 1/256.
    pub fraction_lost: u8,
    /// Of the last reception report that told it.
    pub rtt_ns: Option<u64>,
}

/// What the subscriber's link lets an output have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Grant {
    /// All that is wanted.
    #[default]
    Everything,
    /// No more than this.
    Upto(Rung),
    /// It must pause.
    Nothing,
}

impl Grant {
    /// The layer it is limited to.
    pub fn layer(self) -> Option<usize> {
        match self {
            Grant::Upto(rung) => Some(rung.layer),
            Grant::Everything | Grant::Nothing => None,
        }
    }

    /// True if `before` was more.
    pub fn is_less_than(self, before: Grant) -> bool {
        match (before, self) {
            (Grant::Nothing, _) | (_, Grant::Everything) => false,
            (Grant::Upto(before), Grant::Upto(now)) => {
                !now.is_same_as(before) && now.bps < before.bps
            }
            _ => true,
        }
    }

    /// As it stands in the stats.
    pub fn word(self) -> &'static str {
        match self {
            Grant::Everything => "everything",
            Grant::Upto(_) => "less",
            Grant::Nothing => "nothing",
        }
    }
}

/// The state of a subscription.
#[derive(Debug)]
pub struct Output {
    /// The caller's number.
    pub number: u32,
    /// Slot of the track.
    pub input: Slot,
    /// Slot of the subscriber.
    pub peer: Slot,
    /// The subscriber's section.
    pub mid: MidElement,
    /// Our media SSRC.
    pub ssrc: u32,
    /// Our retransmission SSRC.
    pub rtx_ssrc: Option<u32>,
    /// By index of the input's codecs.
    pub payload_types: Vec<Option<PayloadTypes>>,
    /// The wanted RID; None is the best.
    pub wanted: Option<String>,
    /// Wants nothing at all.
    pub is_paused: bool,
    /// More comes first where the link is tight.
    pub priority: u32,
    /// Frames a second that suffice; 0 for all.
    pub max_fps: u32,
    /// What the link lets it have.
    pub grant: Grant,
    /// Where its last switch began, and when: None once that was sent again.
    pub begun: Option<(u64, u64)>,
    /// The highest temporal layer to be sent.
    pub max_temporal: u8,
    /// When the link last made it step back.
    pub stepped_back_ns: Option<u64>,
    /// When its last trial began.
    pub tried_ns: Option<u64>,
    /// What is sent.
    pub splice: Splice,
    /// What was sent.
    pub log: SentLog,
    /// Next extended number on the retransmission SSRC.
    pub rtx_sequence: u64,
    /// How long its player should keep pictures.
    pub playout_delay: PlayoutDelay,
    /// Key frames it may still wish for.
    pub keyframe_wishes: Allowance,
    /// Counts.
    pub stats: OutputStats,
    /// When a sender report was last sent.
    pub report_sent_ns: u64,
    reports: [(u32, u64); REMEMBERED_REPORTS],
    next_report: usize,
}

/// What a new output is made of.
#[derive(Debug, Clone)]
pub struct OutputPlan {
    /// The caller's number.
    pub number: u32,
    /// Slot of the track.
    pub input: Slot,
    /// Slot of the subscriber.
    pub peer: Slot,
    /// The subscriber's section.
    pub mid: String,
    /// Our media SSRC.
    pub ssrc: u32,
    /// Our retransmission SSRC.
    pub rtx_ssrc: Option<u32>,
    /// By index of the input's codecs.
    pub payload_types: Vec<Option<PayloadTypes>>,
    /// The wanted RID; None is the best.
    pub wanted: Option<String>,
    /// RTP ticks a second.
    pub clock_rate_hz: u32,
    /// First extended number on the media SSRC.
    pub first_sequence: u64,
    /// First extended number on the retransmission SSRC.
    pub first_rtx_sequence: u64,
}

impl Output {
    /// An output that has sent nothing.
    pub fn new(plan: OutputPlan) -> Output {
        Output {
            number: plan.number,
            input: plan.input,
            peer: plan.peer,
            mid: MidElement::new(&plan.mid),
            ssrc: plan.ssrc,
            rtx_ssrc: plan.rtx_ssrc,
            payload_types: plan.payload_types,
            wanted: plan.wanted,
            is_paused: false,
            priority: 0,
            max_fps: 0,
            grant: Grant::default(),
            begun: None,
            max_temporal: u8::MAX,
            stepped_back_ns: None,
            tried_ns: None,
            splice: Splice::new(plan.clock_rate_hz, plan.first_sequence),
            log: SentLog::default(),
            rtx_sequence: plan.first_rtx_sequence,
            playout_delay: PlayoutDelay::default(),
            keyframe_wishes: Allowance::new(WISHES),
            stats: OutputStats::default(),
            report_sent_ns: 0,
            reports: [(0, 0); REMEMBERED_REPORTS],
            next_report: 0,
        }
    }

    /// The payload types for an input codec; None if the subscriber takes no such format.
    #[inline]
    pub fn types_of(&self, codec: u8) -> Option<PayloadTypes> {
        self.payload_types
            .get(usize::from(codec))
            .copied()
            .flatten()
    }

    /// Appends the packet as it goes out the first time, protected, and remembers how to make it again.
    #[inline]
    #[allow(clippy::too_many_arguments)] // All that is decided about one packet, at the end of its way.
    pub fn write(
        &mut self,
        out: &mut Vec<u8>,
        subscriber: &mut Carrier<'_>,
        types: PayloadTypes,
        packet: &MediaPacket<'_>,
        placement: &Placement,
        origin: Origin,
        copies: &Copies<'_>,
    ) {
        let start = out.len();
        let emptied = placement.is_emptied.then(|| packet.emptied());
        let packet = emptied.as_ref().unwrap_or(packet);
        let fields = rtp::Fields {
            payload_type: copies.payload_type(types),
            has_marker: packet.facts.has_marker,
            sequence: placement.sequence as u16,
            timestamp: placement.timestamp as u32,
            ssrc: self.ssrc,
        };
        let transport_sequence = subscriber.next_transport_sequence();
        let elements = OutgoingElements {
            mid: self.mid,
            transport_sequence,
            audio_level: packet.facts.audio_level,
            video_orientation: packet.facts.video_orientation,
            // Without RTX a repeat must be the same bytes, and by then it may be another value.
            playout_delay: self.playout_delay.element().filter(|_| self.has_rtx(types)),
        };
        out.reserve(packet.payload.len() + ADDED_BYTES);
        let header_len = write_header(out, &fields, subscriber.extensions, &elements);
        copies.write(out, types.media);
        write_payload(
            out,
            packet,
            placement.picture_id_offset,
            placement.tl0_offset,
        );
        if packet.payload.is_empty() {
            write_padding(out, start);
        }
        subscriber
            .sender
            .protect_rtp(out, start, header_len, placement.sequence);
        let sent = Sent {
            sequence: placement.sequence,
            layer_sequence: packet.facts.sequence,
            timestamp: fields.timestamp,
            transport_sequence,
            generation: origin.generation,
            picture_id_offset: placement.picture_id_offset,
            tl0_offset: placement.tl0_offset,
            layer: origin.layer,
            copies: copies.len(),
            is_emptied: placement.is_emptied,
        };
        self.log.note(sent, packet.payload.len(), origin.kept);
        self.stats.packets += 1;
        self.stats.bytes += packet.payload.len() as u64;
        self.stats.switches += u64::from(placement.is_switch);
    }

    /// Appends a packet that went out before: over RTX where negotiated (RFC 4588 §4), else as it was.
    pub fn write_again(
        &mut self,
        out: &mut Vec<u8>,
        subscriber: &mut Carrier<'_>,
        types: PayloadTypes,
        packet: &MediaPacket<'_>,
        sent: &Sent,
        copies: &Copies<'_>,
    ) {
        let start = out.len();
        let emptied = sent.is_emptied.then(|| packet.emptied());
        let packet = emptied.as_ref().unwrap_or(packet);
        let rtx = self.rtx_ssrc.zip(types.rtx);
        // Without RTX the SRTP index repeats, and with AES-GCM two different packets under one index give away the
        // authentication key (RFC 7714 §10.1). So the repeat equals the first packet to the byte.
        let (ssrc, payload_type, extended, transport_sequence) = match rtx {
            Some((rtx_ssrc, rtx_type)) => {
                let extended = self.rtx_sequence;
                self.rtx_sequence += 1;
                (
                    rtx_ssrc,
                    rtx_type,
                    extended,
                    subscriber.next_transport_sequence(),
                )
            }
            None => (
                self.ssrc,
                copies.payload_type(types),
                sent.sequence,
                sent.transport_sequence,
            ),
        };
        let fields = rtp::Fields {
            payload_type,
            has_marker: packet.facts.has_marker,
            sequence: extended as u16,
            timestamp: sent.timestamp,
            ssrc,
        };
        let elements = OutgoingElements {
            mid: self.mid,
            transport_sequence,
            audio_level: packet.facts.audio_level,
            video_orientation: packet.facts.video_orientation,
            playout_delay: self.playout_delay.element().filter(|_| rtx.is_some()),
        };
        out.reserve(packet.payload.len() + ADDED_BYTES);
        let header_len = write_header(out, &fields, subscriber.extensions, &elements);
        if rtx.is_some() {
            out.extend_from_slice(&(sent.sequence as u16).to_be_bytes());
        }
        copies.write(out, types.media);
        write_payload(out, packet, sent.picture_id_offset, sent.tl0_offset);
        if packet.payload.is_empty() {
            write_padding(out, start);
        }
        subscriber
            .sender
            .protect_rtp(out, start, header_len, extended);
        self.log.spend(packet.payload.len());
        self.stats.retransmitted += 1;
    }

    #[inline]
    fn has_rtx(&self, types: PayloadTypes) -> bool {
        self.rtx_ssrc.is_some() && types.rtx.is_some()
    }

    /// The payload type of retransmissions, where they are negotiated.
    pub fn repair_type(&self) -> Option<u8> {
        self.rtx_ssrc?;
        self.payload_types
            .iter()
            .flatten()
            .find_map(|types| types.rtx)
    }

    /// Appends a packet that is all padding (RFC 3550 §5.1) on the retransmission stream; false where there is none.
    pub fn write_padding_packet(
        &mut self,
        out: &mut Vec<u8>,
        subscriber: &mut Carrier<'_>,
    ) -> bool {
        let (Some(ssrc), Some(payload_type)) = (self.rtx_ssrc, self.repair_type()) else {
            return false;
        };
        let start = out.len();
        let extended = self.rtx_sequence;
        self.rtx_sequence += 1;
        let fields = rtp::Fields {
            payload_type,
            has_marker: false,
            sequence: extended as u16,
            // Nothing plays it.
            timestamp: 0,
            ssrc,
        };
        let elements = OutgoingElements {
            mid: self.mid,
            transport_sequence: subscriber.next_transport_sequence(),
            audio_level: None,
            video_orientation: None,
            playout_delay: None,
        };
        let header_len = write_header(out, &fields, subscriber.extensions, &elements);
        out[start] |= HAS_PADDING;
        out.resize(out.len() + usize::from(PADDING_BYTES) - 1, 0);
        out.push(PADDING_BYTES);
        subscriber
            .sender
            .protect_rtp(out, start, header_len, extended);
        true
    }

    /// Appends a sender report for now, translated from the layer's clock (RFC 3550 §6.4.1), and remembers it.
    pub fn write_sender_report(
        &mut self,
        out: &mut Vec<u8>,
        now_ns: u64,
        clock: &ClockPoint,
        clock_rate_hz: u32,
    ) {
        let elapsed_ns = now_ns.saturating_sub(clock.arrival_ns);
        let ntp = clock
            .ntp
            .wrapping_add(((u128::from(elapsed_ns) << 32) / 1_000_000_000) as u64);
        let elapsed_ticks =
            (u128::from(elapsed_ns) * u128::from(clock_rate_hz) / 1_000_000_000) as i64;
        let timestamp = self
            .splice
            .map_timestamp(clock.timestamp.wrapping_add(elapsed_ticks));
        let info = SenderInfo {
            ssrc: self.ssrc,
            ntp,
            rtp_timestamp: timestamp as u32,
            packets: self.stats.packets as u32,
            octets: self.stats.bytes as u32,
        };
        rtcp::write_sender_report(out, &info, &[]);
        self.reports[self.next_report] = ((ntp >> 16) as u32, now_ns);
        self.next_report = (self.next_report + 1) % REMEMBERED_REPORTS;
        self.report_sent_ns = now_ns;
    }

    /// Takes a reception report about our media SSRC; the round trip where it tells one (RFC 3550 §6.4.1).
    pub fn receive_report(&mut self, now_ns: u64, block: &ReportBlock) -> Option<u64> {
        self.stats.fraction_lost = block.fraction_lost;
        if block.last_sender_report == 0 {
            return None;
        }
        let (_, sent_ns) = self
            .reports
            .iter()
            .find(|(middle, _)| *middle == block.last_sender_report)?;
        let held_ns = (u64::from(block.delay_since_last_sender_report) * 1_000_000_000) >> 16;
        let rtt_ns = now_ns.checked_sub(*sent_ns)?.checked_sub(held_ns)?;
        self.stats.rtt_ns = Some(rtt_ns);
        Some(rtt_ns)
    }
}

/// What writing to a subscriber needs of its peer, borrowed apart from the rest.
pub struct Carrier<'a> {
    /// Protects.
    pub sender: &'a srtp::Sender,
    /// Its header extension ids.
    pub extensions: &'a ExtensionIds,
    /// The last transport-wide number given out.
    pub transport_sequence: &'a mut u16,
    /// Earlier packets of sound that go along with each.
    pub depth: u8,
}

impl<'a> Carrier<'a> {
    /// Of a peer that has keys.
    #[inline]
    pub fn of(peer: &'a mut Peer) -> Option<Carrier<'a>> {
        Some(Carrier {
            sender: peer.sender.as_ref()?,
            extensions: &peer.extensions,
            transport_sequence: &mut peer.transport_sequence,
            depth: peer.redundancy.depth(),
        })
    }

    fn next_transport_sequence(&mut self) -> u16 {
        *self.transport_sequence = self.transport_sequence.wrapping_add(1);
        *self.transport_sequence
    }
}

#[inline]
fn write_payload(
    out: &mut Vec<u8>,
    packet: &MediaPacket<'_>,
    picture_id_offset: u16,
    tl0_offset: u8,
) {
    let at = out.len();
    out.extend_from_slice(packet.payload);
    let Some(descriptor) = &packet.facts.vp8 else {
        return;
    };
    if picture_id_offset == 0 && tl0_offset == 0 {
        return;
    }
    let picture_id = descriptor
        .picture_id
        .map_or(0, |id| id.value.wrapping_add(picture_id_offset) & id.mask());
    let tl0_pic_idx = descriptor
        .tl0_pic_idx
        .map_or(0, |index| index.value.wrapping_add(tl0_offset));
    descriptor.rewrite(&mut out[at..], picture_id, tl0_pic_idx);
}

/// Makes the packet at `start` padding only (RFC 3550 §5.1: the P bit, and the last octet counts the padding).
fn write_padding(out: &mut Vec<u8>, start: usize) {
    out.extend_from_slice(&[0, 0, 0, 4]);
    out[start] |= HAS_PADDING;
}
