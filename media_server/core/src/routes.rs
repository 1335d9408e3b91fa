//! Route changes, and the check that a whole patch of them keeps the contract before any of it is applied.
use rustc_hash::FxHashMap;

use crate::input::{InputCodec, MediaKind};
use crate::peers::ExtensionIds;

/// One change of routes, by the caller's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteChange {
    /// Header extension ids of a peer.
    SetExtensions {
        /// Whose.
        peer: u32,
        /// The ids.
        ids: ExtensionIds,
    },
    /// A published track.
    AddInput(InputRoute),
    /// Its end.
    RemoveInput {
        /// Which.
        track: u32,
    },
    /// A subscription.
    AddOutput(OutputRoute),
    /// Its end.
    RemoveOutput {
        /// Which.
        output: u32,
    },
    /// What a subscription wants.
    SelectLayer(LayerSelection),
}

/// What a subscription wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LayerSelection {
    /// Which.
    pub output: u32,
    /// The wanted RID; None is the best.
    pub layer: Option<String>,
    /// Nothing at all.
    pub is_paused: bool,
    /// More comes first where the link is tight.
    pub priority: u32,
    /// Frames a second that suffice; 0 for all.
    pub max_fps: u32,
}

/// A track to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputRoute {
    /// Its number.
    pub track: u32,
    /// The publisher.
    pub peer: u32,
    /// Its section.
    pub mid: String,
    /// Sound or picture.
    pub kind: MediaKind,
    /// RTP ticks a second.
    pub clock_rate_hz: u32,
    /// What it may send.
    pub codecs: Vec<InputCodec>,
    /// (media, rtx) SSRCs announced in SDP.
    pub ssrcs: Vec<(u32, Option<u32>)>,
}

/// A payload type a subscriber takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputCodec {
    /// Equal text means the same bitstream.
    pub format: String,
    /// 0..=127.
    pub payload_type: u8,
    /// 0..=127.
    pub rtx_payload_type: Option<u8>,
    /// 0..=127: under which it takes packets with earlier ones in them (RFC 2198).
    pub red_payload_type: Option<u8>,
}

/// A subscription to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputRoute {
    /// Its number.
    pub output: u32,
    /// The track.
    pub track: u32,
    /// The subscriber.
    pub peer: u32,
    /// The subscriber's section.
    pub mid: String,
    /// What it takes.
    pub codecs: Vec<OutputCodec>,
    /// Our media SSRC.
    pub ssrc: u32,
    /// Our retransmission SSRC.
    pub rtx_ssrc: Option<u32>,
    /// The wanted RID; None is the best.
    pub layer: Option<String>,
}

/// How the caller broke the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misuse {
    /// No peer has this number.
    UnknownPeer(u32),
    /// No track has this number.
    UnknownTrack(u32),
    /// No output has this number.
    UnknownOutput(u32),
    /// A peer with this number is open.
    PeerInUse(u32),
    /// Somebody has this ufrag.
    UfragInUse,
    /// A track with this number exists.
    TrackInUse(u32),
    /// An output with this number exists.
    OutputInUse(u32),
    /// A tap with this number exists.
    TapInUse(u32),
    /// No tap has this number.
    UnknownTap(u32),
    /// The peer publishes another track in this section.
    MidInUse {
        /// The track that would take it.
        track: u32,
    },
    /// The peer is sent something else under this SSRC.
    SsrcInUse {
        /// The output that would use it.
        output: u32,
    },
    /// Key and salt are not as long as the profile says.
    KeyLength,
    /// The peer has this transmit key already: packet indices would repeat under it.
    KeyUsedTwice,
}

impl std::fmt::Display for Misuse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Misuse::UnknownPeer(number) => write!(f, "no peer has number {number}"),
            Misuse::UnknownTrack(number) => write!(f, "no track has number {number}"),
            Misuse::UnknownOutput(number) => write!(f, "no output has number {number}"),
            Misuse::PeerInUse(number) => write!(f, "peer number {number} is in use"),
            Misuse::UfragInUse => write!(f, "the ufrag is in use"),
            Misuse::TrackInUse(number) => write!(f, "track number {number} is in use"),
            Misuse::OutputInUse(number) => write!(f, "output number {number} is in use"),
            Misuse::TapInUse(number) => write!(f, "tap number {number} is in use"),
            Misuse::UnknownTap(number) => write!(f, "no tap has number {number}"),
            Misuse::MidInUse { track } => {
                write!(f, "the section of track {track} carries another track")
            }
            Misuse::SsrcInUse { output } => {
                write!(f, "an SSRC of output {output} is in use with that peer")
            }
            Misuse::KeyLength => write!(f, "key and salt are not as long as the profile says"),
            Misuse::KeyUsedTwice => write!(f, "the transmit key was set before"),
        }
    }
}

/// What exists now, as far as the check asks.
pub trait Existing {
    /// True if the peer is open.
    fn has_peer(&self, peer: u32) -> bool;
    /// (peer, mid) of a track.
    fn track(&self, track: u32) -> Option<(u32, String)>;
    /// The track that a peer publishes in a section.
    fn track_in(&self, peer: u32, mid: &str) -> Option<u32>;
    /// What is known of an output.
    fn output(&self, output: u32) -> Option<KnownOutput>;
    /// The output that uses an SSRC with a peer.
    fn output_with(&self, peer: u32, ssrc: u32) -> Option<u32>;
    /// Numbers of the outputs of a track.
    fn outputs_of(&self, track: u32) -> Vec<u32>;
    /// True if the track or output ended with a peer or a track, without a word from the caller.
    fn has_ended(&self, number: Ended) -> bool;
}

/// An output as the check sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownOutput {
    /// Its track.
    pub track: u32,
    /// Its subscriber.
    pub peer: u32,
    /// Its SSRCs.
    pub ssrcs: [Option<u32>; 2],
}

/// A number whose thing ended together with something else: ending it once more is no mistake of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ended {
    /// A track.
    Track(u32),
    /// An output.
    Output(u32),
}

/// Existing things with the changes of a patch laid over them.
struct Overlay<'a, E: Existing> {
    existing: &'a E,
    tracks: FxHashMap<u32, Option<(u32, String)>>,
    outputs: FxHashMap<u32, Option<KnownOutput>>,
}

/// Checks a patch as if it were applied change by change.
pub fn check(existing: &impl Existing, changes: &[RouteChange]) -> Result<(), Misuse> {
    let mut overlay = Overlay {
        existing,
        tracks: FxHashMap::default(),
        outputs: FxHashMap::default(),
    };
    changes.iter().try_for_each(|change| overlay.check(change))
}

impl<E: Existing> Overlay<'_, E> {
    fn check(&mut self, change: &RouteChange) -> Result<(), Misuse> {
        match change {
            RouteChange::SetExtensions { peer, .. } => self.known_peer(*peer),
            RouteChange::AddInput(route) => self.add_input(route),
            RouteChange::RemoveInput { track } => self.remove_input(*track),
            RouteChange::AddOutput(route) => self.add_output(route),
            RouteChange::RemoveOutput { output } => {
                self.known_output(*output)?;
                self.outputs.insert(*output, None);
                Ok(())
            }
            RouteChange::SelectLayer(selection) => self.known_output(selection.output),
        }
    }

    fn known_peer(&self, peer: u32) -> Result<(), Misuse> {
        if self.existing.has_peer(peer) {
            Ok(())
        } else {
            Err(Misuse::UnknownPeer(peer))
        }
    }

    fn track(&self, track: u32) -> Option<(u32, String)> {
        self.tracks
            .get(&track)
            .cloned()
            .unwrap_or_else(|| self.existing.track(track))
    }

    fn output(&self, output: u32) -> Option<KnownOutput> {
        self.outputs
            .get(&output)
            .cloned()
            .unwrap_or_else(|| self.existing.output(output))
    }

    fn known_output(&self, output: u32) -> Result<(), Misuse> {
        let has_ended =
            !self.outputs.contains_key(&output) && self.existing.has_ended(Ended::Output(output));
        let ended_here = self.outputs.get(&output).is_some_and(Option::is_none);
        if self.output(output).is_some()
            || has_ended
            || (ended_here && self.ended_with_its_track(output))
        {
            return Ok(());
        }
        Err(Misuse::UnknownOutput(output))
    }

    /// True if the patch itself ended the output by removing its track.
    fn ended_with_its_track(&self, output: u32) -> bool {
        let track = self.existing.output(output).map(|known| known.track);
        track.is_some_and(|track| self.tracks.get(&track).is_some_and(Option::is_none))
    }

    fn add_input(&mut self, route: &InputRoute) -> Result<(), Misuse> {
        self.known_peer(route.peer)?;
        if self.track(route.track).is_some() {
            return Err(Misuse::TrackInUse(route.track));
        }
        let place = (route.peer, route.mid.clone());
        let is_taken_here = self.tracks.values().flatten().any(|taken| *taken == place);
        let holder = self
            .existing
            .track_in(route.peer, &route.mid)
            .filter(|track| !self.tracks.contains_key(track));
        if is_taken_here || holder.is_some() {
            return Err(Misuse::MidInUse { track: route.track });
        }
        self.tracks.insert(route.track, Some(place));
        Ok(())
    }

    fn remove_input(&mut self, track: u32) -> Result<(), Misuse> {
        if self.track(track).is_none() {
            let has_ended =
                !self.tracks.contains_key(&track) && self.existing.has_ended(Ended::Track(track));
            return if has_ended {
                Ok(())
            } else {
                Err(Misuse::UnknownTrack(track))
            };
        }
        for output in self.existing.outputs_of(track) {
            self.outputs.insert(output, None);
        }
        for known in self.outputs.values_mut() {
            if known.as_ref().is_some_and(|known| known.track == track) {
                *known = None;
            }
        }
        self.tracks.insert(track, None);
        Ok(())
    }

    fn add_output(&mut self, route: &OutputRoute) -> Result<(), Misuse> {
        self.known_peer(route.peer)?;
        if self.track(route.track).is_none() {
            return Err(Misuse::UnknownTrack(route.track));
        }
        if self.output(route.output).is_some() {
            return Err(Misuse::OutputInUse(route.output));
        }
        let ssrcs = [Some(route.ssrc), route.rtx_ssrc];
        if route.rtx_ssrc == Some(route.ssrc)
            || ssrcs
                .iter()
                .flatten()
                .any(|ssrc| self.is_used(route.peer, *ssrc))
        {
            return Err(Misuse::SsrcInUse {
                output: route.output,
            });
        }
        self.outputs.insert(
            route.output,
            Some(KnownOutput {
                track: route.track,
                peer: route.peer,
                ssrcs,
            }),
        );
        Ok(())
    }

    fn is_used(&self, peer: u32, ssrc: u32) -> bool {
        let here = self.outputs.values().flatten();
        let is_used_here = here
            .clone()
            .any(|known| known.peer == peer && known.ssrcs.contains(&Some(ssrc)));
        let holder = self
            .existing
            .output_with(peer, ssrc)
            .filter(|output| !self.outputs.contains_key(output));
        is_used_here || holder.is_some()
    }
}
