//! What the core can tell about itself: counters, peers, tracks with their layers, outputs. No address, no key.
use super::Router;
use crate::counters::Counters;
use crate::select;

/// Everything, as of one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Counts since the start.
    pub counters: Counters,
    /// By number.
    pub peers: Vec<(u32, PeerSnapshot)>,
    /// By number.
    pub tracks: Vec<(u32, TrackSnapshot)>,
    /// By number.
    pub outputs: Vec<(u32, OutputSnapshot)>,
}

/// A peer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PeerSnapshot {
    /// True while nothing authentic comes.
    pub is_silent: bool,
    /// True if media can be sent to it.
    pub is_ready: bool,
    /// Milliseconds since something authentic came; None before the first.
    pub last_heard_ms_ago: Option<u64>,
    /// Round trip by its reports.
    pub rtt_ms: Option<f64>,
    /// Bits a second that all it wants would take.
    pub wanted_bps: u64,
    /// Bits a second that all it may have takes.
    pub allotted_bps: u64,
    /// What its link is thought to carry; None where nothing is known.
    pub estimate_bps: Option<u64>,
    /// What lately arrived by its feedback.
    pub acknowledged_bps: Option<u64>,
    /// Data channels sent to it lately.
    pub data_bps: u64,
    /// How long the oldest packet that waits for its turn has waited.
    pub pacer_queue_ms: f64,
    /// Probe clusters sent to it.
    pub probes: u64,
    /// What the estimate does just now.
    pub congestion: &'static str,
}

/// A track.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrackSnapshot {
    /// By RID.
    pub layers: Vec<(String, LayerSnapshot)>,
}

/// A layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LayerSnapshot {
    /// Packets received, padding and duplicates included.
    pub packets: u64,
    /// Payload bytes received.
    pub bytes: u64,
    /// Packets lost on the way in (RFC 3550: repaired ones count).
    pub lost: i64,
    /// Interarrival jitter.
    pub jitter_ms: f64,
    /// True if it sends, compared with its siblings.
    pub is_live: bool,
    /// Key frames begun.
    pub keyframes: u64,
    /// Bits a second on the line; 0 while it is silent.
    pub bps: u64,
    /// Pixels of the last key frame; 0 if unknown.
    pub width: u16,
    /// Pixels of the last key frame; 0 if unknown.
    pub height: u16,
}

/// An output.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutputSnapshot {
    /// The subscriber's number.
    pub peer: u32,
    /// The track's number.
    pub track: u32,
    /// The RID being sent; None while nothing is.
    pub layer: Option<String>,
    /// The RID it will switch to at its next key frame.
    pub target_layer: Option<String>,
    /// Wants nothing.
    pub is_paused: bool,
    /// What its link lets it have, in a word.
    pub grant: &'static str,
    /// The highest temporal layer sent; None for all.
    pub max_temporal: Option<u8>,
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
    /// Lost on the way out by the last report, 0 … 1.
    pub fraction_lost: f64,
    /// Round trip by the last report.
    pub rtt_ms: Option<f64>,
}

impl Router {
    /// Everything as of now.
    pub fn snapshot(&self, now_ns: u64) -> Snapshot {
        Snapshot {
            counters: self.counters,
            peers: self
                .peers
                .iter()
                .map(|(_, peer)| (peer.number, self.peer_snapshot(now_ns, peer)))
                .collect(),
            tracks: self
                .inputs
                .iter()
                .map(|(_, input)| (input.track, track_snapshot(input)))
                .collect(),
            outputs: self
                .outputs
                .iter()
                .map(|(_, output)| (output.number, self.output_snapshot(output)))
                .collect(),
        }
    }

    /// How many milliseconds ago something authentic came from these peers; nothing of one never heard, or unknown.
    pub fn last_heard_ms_ago(&self, now_ns: u64, peers: &[u32]) -> Vec<(u32, u64)> {
        peers
            .iter()
            .filter_map(|&number| {
                let peer = self.peers.get(self.peers.slot_of(number)?)?;
                Some((number, heard_ms_ago(now_ns, peer)?))
            })
            .collect()
    }

    fn peer_snapshot(&self, now_ns: u64, peer: &crate::peers::Peer) -> PeerSnapshot {
        PeerSnapshot {
            is_silent: peer.is_silent,
            is_ready: peer.is_ready(),
            last_heard_ms_ago: heard_ms_ago(now_ns, peer),
            rtt_ms: peer.rtt_ns.map(as_ms),
            // Nothing is shared out anew for whom nothing is sent: what was is over.
            wanted_bps: if peer.outputs.is_empty() {
                0
            } else {
                peer.wanted_bps
            },
            allotted_bps: if peer.outputs.is_empty() {
                0
            } else {
                peer.allotted_bps
            },
            estimate_bps: peer.congestion.available_bps(),
            acknowledged_bps: peer.congestion.acknowledged_bps(),
            data_bps: peer.congestion.data_bps(),
            pacer_queue_ms: as_ms(peer.pacer.queue_ns(now_ns)),
            probes: peer.congestion.probes(),
            congestion: peer.congestion.state().word(),
        }
    }

    fn output_snapshot(&self, output: &crate::output::Output) -> OutputSnapshot {
        let rid = |layer: usize| {
            Some(
                self.inputs
                    .get(output.input)?
                    .layers
                    .get(layer)?
                    .rid
                    .clone(),
            )
        };
        OutputSnapshot {
            peer: self.peers.get(output.peer).map_or(0, |peer| peer.number),
            track: self.inputs.get(output.input).map_or(0, |input| input.track),
            layer: output.splice.current().and_then(rid),
            target_layer: output.splice.target().and_then(rid),
            is_paused: output.is_paused,
            grant: output.grant.word(),
            max_temporal: (output.max_temporal != u8::MAX).then_some(output.max_temporal),
            packets: output.stats.packets,
            bytes: output.stats.bytes,
            nacks: output.stats.nacks,
            retransmitted: output.stats.retransmitted,
            plis: output.stats.plis,
            switches: output.stats.switches,
            fraction_lost: f64::from(output.stats.fraction_lost) / 256.0,
            rtt_ms: output.stats.rtt_ns.map(as_ms),
        }
    }
}

fn heard_ms_ago(now_ns: u64, peer: &crate::peers::Peer) -> Option<u64> {
    peer.last_heard_ns
        .map(|heard_ns| now_ns.saturating_sub(heard_ns) / 1_000_000)
}

fn track_snapshot(input: &crate::input::Input) -> TrackSnapshot {
    let candidates = input.candidates();
    let layers =
        input
            .layers
            .iter()
            .zip(&candidates)
            .enumerate()
            .map(|(index, (layer, candidate))| {
                let snapshot = LayerSnapshot {
                    packets: layer.packets,
                    bytes: layer.bytes,
                    lost: layer.log.cumulative_lost(),
                    jitter_ms: f64::from(layer.log.jitter_rtp_ticks()) * 1000.0
                        / f64::from(input.clock_rate_hz.max(1)),
                    is_live: select::is_live(candidate, &candidates),
                    keyframes: layer.keyframe_count,
                    bps: input.bps_of(index),
                    width: layer.width,
                    height: layer.height,
                };
                (layer.rid.clone(), snapshot)
            });
    TrackSnapshot {
        layers: layers.collect(),
    }
}

fn as_ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}
