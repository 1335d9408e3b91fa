//! Peers, the addresses that authentic STUN checks have validated for them, and who an address belongs to.
//!
//! ICE-lite (RFC 8445 §2.5): we never send checks, we answer them. A check names its peer by ufrag; if it is authentic,
//! its source address becomes one of the peer's. From other addresses nothing is taken but STUN, and what authenticates
//! as a peer's that has moved (`rebinding`).
use std::collections::VecDeque;

use lianzhen_wire::srtp;
use lianzhen_wire::stun::BindingRequest;
use lianzhen_wire::transport_feedback::Recorder;
use rustc_hash::FxHashMap;

use crate::allowance::{Allowance, Terms};
use crate::congestion::Congestion;
use crate::directory::{ADDRESS_HOLD_NS, Member, ThreadIndex};
use crate::egress::{Path, Remote};
use crate::numbered::{Numbered, Slot};
use crate::pacer::Pacer;
use crate::rebinding::Rebinding;
use crate::redundancy::Redundancy;
use crate::streams::StreamTable;

/// Addresses a peer may have at once: a phone tries each of its interfaces, each over IPv4 and IPv6, before and after
/// a move.
const MAX_ADDRESSES: usize = 16;

/// Credential pairs valid at once: those before an ICE restart are still in use while the new ones spread.
const MAX_CREDENTIALS: usize = 2;

/// Sequence numbers looked up for one peer: 1,000/s is every third packet of ten pictures at 300 packets/s each, asked
/// for once. What is refused is asked for again; looking them up is what a flood would cost.
const NACKS: Terms = Terms::per_s(1000, 1000);

/// Not heard for so long, a peer was without a network: its own reports and media come many times a second while it
/// watches or shows a picture. What was sent meanwhile is gone, and too much to be repeated.
const ABSENCE_NS: u64 = 1_000_000_000;

/// What a datagram takes on the line beside itself: UDP and IPv4. A fifth of what voice takes.
const LINE_BYTES: usize = 28;

/// Header extension ids of a peer's BUNDLE group; 0 means not negotiated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtensionIds {
    /// urn:ietf:params:rtp-hdrext:sdes:mid
    pub mid: u8,
    /// urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
    pub rid: u8,
    /// urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
    pub repaired_rid: u8,
    /// urn:ietf:params:rtp-hdrext:ssrc-audio-level
    pub audio_level: u8,
    /// draft-holmer-rmcat-transport-wide-cc-extensions-01
    pub transport_cc: u8,
    /// urn:3gpp:video-orientation
    pub video_orientation: u8,
    /// http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
    pub playout_delay: u8,
}

#[derive(Debug)]
struct Credentials {
    ufrag: String,
    password: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct ValidatedAddress {
    path: Path,
    checked_ns: u64,
}

/// One peer.
pub struct Peer {
    /// The caller's number.
    pub number: u32,
    credentials: VecDeque<Credentials>,
    addresses: Vec<ValidatedAddress>,
    /// Where its packets are sent: set by the first check, moved by a nominating one.
    pub path: Option<Path>,
    /// Unprotects what it sends.
    pub receiver: Option<srtp::Receiver>,
    /// Protects what it is sent.
    pub sender: Option<srtp::Sender>,
    /// The key material behind `sender`: the same must not be set again, as its packet indices would repeat.
    pub transmit_key: Vec<u8>,
    /// Its header extension ids.
    pub extensions: ExtensionIds,
    /// Which of its SSRCs belong to what.
    pub streams: StreamTable,
    /// Slots of its inputs.
    pub inputs: Vec<Slot>,
    /// Slots of its outputs by SSRC.
    pub outputs: FxHashMap<u32, Slot>,
    /// Next extended sequence numbers of SSRCs no longer in use: with the same key they must not repeat.
    pub used_sequences: FxHashMap<u32, u64>,
    /// Our SSRC in reports and feedback to it.
    pub report_ssrc: u32,
    /// Arrival times to be fed back.
    pub feedback: Recorder,
    /// When feedback was last sent.
    pub feedback_sent_ns: u64,
    /// Packets noted since then.
    pub feedback_pending: u32,
    /// The last transport-wide sequence number given out to it.
    pub transport_sequence: u16,
    /// When receiver reports were last sent.
    pub reports_sent_ns: u64,
    /// When something authentic last came.
    pub last_heard_ns: Option<u64>,
    /// Heard again after an absence, and not attended to yet.
    pub has_returned: bool,
    /// The same after a silence, during which the estimate has learnt nothing but that.
    pub has_new_link: bool,
    /// True while it is reported silent.
    pub is_silent: bool,
    /// Round trip by its reports, smoothed.
    pub rtt_ns: Option<u64>,
    /// What the link to it carries.
    pub congestion: Congestion,
    /// Pictures that wait for their turn on it.
    pub pacer: Pacer,
    /// Whether its packets come from somewhere else.
    pub rebinding: Rebinding,
    /// Packets it may still ask for again.
    pub nacks: Allowance,
    /// How many copies of sound its line needs.
    pub redundancy: Redundancy,
    /// Bits a second that all it wants would take.
    pub wanted_bps: u64,
    /// Bits a second that all it may have takes.
    pub allotted_bps: u64,
    /// What its link is to carry in a test.
    #[cfg(test)]
    pub assumed_bps: Option<u64>,
}

impl Peer {
    fn new(number: u32, report_ssrc: u32) -> Peer {
        Peer {
            number,
            credentials: VecDeque::new(),
            addresses: Vec::new(),
            path: None,
            receiver: None,
            sender: None,
            transmit_key: Vec::new(),
            extensions: ExtensionIds::default(),
            streams: StreamTable::default(),
            inputs: Vec::new(),
            outputs: FxHashMap::default(),
            used_sequences: FxHashMap::default(),
            report_ssrc,
            feedback: Recorder::new(),
            feedback_sent_ns: 0,
            feedback_pending: 0,
            transport_sequence: 0,
            reports_sent_ns: 0,
            last_heard_ns: None,
            is_silent: false,
            rtt_ns: None,
            congestion: Congestion::default(),
            pacer: Pacer::default(),
            rebinding: Rebinding::default(),
            nacks: Allowance::new(NACKS),
            has_returned: false,
            has_new_link: false,
            redundancy: Redundancy::default(),
            wanted_bps: 0,
            allotted_bps: 0,
            #[cfg(test)]
            assumed_bps: None,
        }
    }

    /// Notes that something authentic came; true if the peer had been reported silent.
    #[inline]
    pub fn heard(&mut self, now_ns: u64) -> bool {
        let before_ns = self.last_heard_ns.replace(now_ns);
        self.has_returned |=
            before_ns.is_some_and(|before_ns| now_ns.saturating_sub(before_ns) >= ABSENCE_NS);
        let was_silent = std::mem::take(&mut self.is_silent);
        self.has_new_link |= was_silent;
        was_silent
    }

    /// Notes that a packet leaves now under the last transport-wide number.
    #[inline]
    pub fn note_numbered(&mut self, now_ns: u64, bytes: usize) {
        let bytes = bytes + LINE_BYTES;
        self.pacer.spend(bytes);
        if self.extensions.transport_cc != 0 {
            self.congestion
                .note_sent(self.transport_sequence, now_ns, bytes);
        }
    }

    /// True if media can be sent to it.
    pub fn is_ready(&self) -> bool {
        self.path.is_some() && self.sender.is_some()
    }
}

/// Why an otherwise well-formed check was met with silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckRefusal {
    /// Nobody has this ufrag.
    UnknownUfrag,
    /// The password is wrong.
    NotAuthentic,
    /// Another peer lives at this address.
    AddressTaken,
}

/// What an authentic check changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathChange {
    /// Nothing is sent elsewhere than before.
    None,
    /// The peer has its first address.
    First,
    /// The peer is sent to at another address now.
    Moved,
}

/// All peers.
#[derive(Default)]
pub struct PeerTable {
    peers: Numbered<Peer>,
    by_ufrag: FxHashMap<String, Slot>,
    by_address: FxHashMap<Remote, Slot>,
    member: Option<Member>,
    by_ssrc: FxHashMap<u32, Slot>,
    /// SSRCs have come or gone since `by_ssrc` was made.
    has_other_ssrcs: bool,
}

impl PeerTable {
    /// No peers yet; `member` is this thread's view of the others', where there are others.
    pub fn new(member: Option<Member>) -> PeerTable {
        PeerTable {
            member,
            ..PeerTable::default()
        }
    }

    /// The other thread that has the ufrag's peer.
    pub fn elsewhere_by_ufrag(&self, ufrag: &str) -> Option<ThreadIndex> {
        self.member.as_ref()?.elsewhere_by_ufrag(ufrag)
    }

    /// The other thread whose peer lives at an address where nobody here lives, or else sends under the SSRC.
    #[inline]
    pub fn elsewhere(
        &self,
        remote: &Remote,
        ssrc: impl FnOnce() -> Option<u32>,
    ) -> Option<ThreadIndex> {
        let member = self.member.as_ref()?;
        if self.at_address(remote).is_some() {
            return None;
        }
        member.elsewhere(remote).or_else(|| {
            let ssrc = ssrc()?;
            match self.sending(ssrc) {
                Some(_) => None,
                None => member.elsewhere_by_ssrc(ssrc),
            }
        })
    }

    /// True if there are other threads.
    #[inline]
    pub fn has_others(&self) -> bool {
        self.member.is_some()
    }

    fn has_ufrag(&self, ufrag: &str) -> bool {
        self.by_ufrag.contains_key(ufrag) || self.elsewhere_by_ufrag(ufrag).is_some()
    }

    /// Opens a peer with its first credentials; None if the number or the ufrag is in use.
    pub fn open(
        &mut self,
        number: u32,
        ufrag: &str,
        password: &[u8],
        report_ssrc: u32,
    ) -> Option<Slot> {
        if self.has_ufrag(ufrag) {
            return None;
        }
        let slot = self.peers.insert(number, Peer::new(number, report_ssrc))?;
        self.add_credentials(slot, ufrag, password);
        Some(slot)
    }

    /// Adds credentials and forgets all but the last two pairs; false if the ufrag is in use.
    pub fn add_credentials(&mut self, slot: Slot, ufrag: &str, password: &[u8]) -> bool {
        if self.has_ufrag(ufrag) {
            return false;
        }
        let Some(peer) = self.peers.get_mut(slot) else {
            return false;
        };
        peer.credentials.push_back(Credentials {
            ufrag: ufrag.to_owned(),
            password: password.to_vec(),
        });
        self.by_ufrag.insert(ufrag.to_owned(), slot);
        if let Some(member) = &self.member {
            member.add_ufrag(ufrag);
        }
        if peer.credentials.len() > MAX_CREDENTIALS
            && let Some(old) = peer.credentials.pop_front()
        {
            self.by_ufrag.remove(&old.ufrag);
            if let Some(member) = &self.member {
                member.remove_ufrag(&old.ufrag);
            }
        }
        true
    }

    /// Takes a peer out with all that leads to it.
    pub fn close(&mut self, number: u32) -> Option<(Slot, Peer)> {
        let (slot, peer) = self.peers.remove(number)?;
        for credentials in &peer.credentials {
            self.by_ufrag.remove(&credentials.ufrag);
        }
        for address in &peer.addresses {
            self.by_address.remove(&address.path.remote);
        }
        if let Some(member) = &self.member {
            for credentials in &peer.credentials {
                member.remove_ufrag(&credentials.ufrag);
            }
            for address in &peer.addresses {
                member.release(&address.path.remote);
            }
        }
        Some((slot, peer))
    }

    /// The peer that lives at an address.
    #[inline]
    pub fn at_address(&self, remote: &Remote) -> Option<Slot> {
        self.by_address.get(remote).copied()
    }

    /// Judges a binding request. Authentic: the address is the peer's from now on, and the password to answer with is
    /// returned. Otherwise nothing changes.
    pub fn receive_check(
        &mut self,
        now_ns: u64,
        path: Path,
        request: &BindingRequest<'_>,
    ) -> Result<(Slot, PathChange, &[u8]), CheckRefusal> {
        let ufrag = request.local_ufrag();
        let slot = *self.by_ufrag.get(ufrag).ok_or(CheckRefusal::UnknownUfrag)?;
        let peer = self.peers.get(slot).ok_or(CheckRefusal::UnknownUfrag)?;
        let index = peer
            .credentials
            .iter()
            .position(|credentials| credentials.ufrag == ufrag)
            .ok_or(CheckRefusal::UnknownUfrag)?;
        if !request.is_authentic(&peer.credentials[index].password) {
            return Err(CheckRefusal::NotAuthentic);
        }
        self.claim_address(now_ns, slot, path)?;
        let peer = self.peers.get_mut(slot).ok_or(CheckRefusal::UnknownUfrag)?;
        let has_moved = peer.rebinding.confirm(&path);
        let change = match peer.path {
            None => PathChange::First,
            Some(selected)
                if selected.remote != path.remote && (has_moved || request.use_candidate()) =>
            {
                PathChange::Moved
            }
            Some(_) => PathChange::None,
        };
        if change != PathChange::None {
            peer.path = Some(path);
        }
        Ok((slot, change, &peer.credentials[index].password))
    }

    fn claim_address(&mut self, now_ns: u64, slot: Slot, path: Path) -> Result<(), CheckRefusal> {
        if let Some(owner) = self.at_address(&path.remote)
            && owner != slot
        {
            self.release_address(now_ns, owner, &path.remote)?;
        }
        if let Some(member) = &self.member
            && !member.claim(now_ns, path.remote)
        {
            return Err(CheckRefusal::AddressTaken);
        }
        let Some(peer) = self.peers.get_mut(slot) else {
            return Ok(());
        };
        if let Some(known) = peer
            .addresses
            .iter_mut()
            .find(|known| known.path.remote == path.remote)
        {
            *known = ValidatedAddress {
                path,
                checked_ns: now_ns,
            };
            return Ok(());
        }
        if peer.addresses.len() >= MAX_ADDRESSES {
            let selected = peer.path.map(|path| path.remote);
            let oldest = (0..peer.addresses.len())
                .filter(|&index| Some(peer.addresses[index].path.remote) != selected)
                .min_by_key(|&index| peer.addresses[index].checked_ns);
            if let Some(index) = oldest {
                let gone = peer.addresses.swap_remove(index);
                self.by_address.remove(&gone.path.remote);
                if let Some(member) = &self.member {
                    member.release(&gone.path.remote);
                }
            }
        }
        peer.addresses.push(ValidatedAddress {
            path,
            checked_ns: now_ns,
        });
        self.by_address.insert(path.remote, slot);
        Ok(())
    }

    fn release_address(
        &mut self,
        now_ns: u64,
        owner: Slot,
        remote: &Remote,
    ) -> Result<(), CheckRefusal> {
        let Some(peer) = self.peers.get_mut(owner) else {
            return Ok(());
        };
        let is_held = peer.addresses.iter().any(|held| {
            held.path.remote == *remote && now_ns.saturating_sub(held.checked_ns) < ADDRESS_HOLD_NS
        });
        if is_held {
            return Err(CheckRefusal::AddressTaken);
        }
        self.forget_address(owner, remote);
        Ok(())
    }

    /// Forgets the addresses that peers of other threads have taken over.
    pub fn forget_lost(&mut self) {
        let lost = self
            .member
            .as_ref()
            .map_or_else(Vec::new, Member::take_lost);
        for remote in lost {
            if let Some(owner) = self.at_address(&remote) {
                self.forget_address(owner, &remote);
            }
        }
    }

    fn forget_address(&mut self, owner: Slot, remote: &Remote) {
        if let Some(peer) = self.peers.get_mut(owner) {
            peer.addresses.retain(|held| held.path.remote != *remote);
            if peer.path.is_some_and(|path| path.remote == *remote) {
                peer.path = None;
            }
        }
        self.by_address.remove(remote);
    }

    /// The peer that sends under an SSRC, as of the last `index_ssrcs`.
    pub fn sending(&self, ssrc: u32) -> Option<Slot> {
        let slot = *self.by_ssrc.get(&ssrc)?;
        self.peers.get(slot)?.streams.get(ssrc).map(|_| slot)
    }

    /// Notes that some peer's SSRCs have changed.
    pub fn note_ssrcs(&mut self) {
        self.has_other_ssrcs = true;
    }

    /// Makes the index of `sending` anew if it is stale.
    pub fn index_ssrcs(&mut self) {
        if !std::mem::take(&mut self.has_other_ssrcs) {
            return;
        }
        self.by_ssrc.clear();
        for (slot, peer) in self.peers.iter() {
            for ssrc in peer.streams.ssrcs() {
                self.by_ssrc.entry(ssrc).or_insert(slot);
            }
        }
        if let Some(member) = &self.member {
            member.set_ssrcs(self.by_ssrc.keys().copied());
        }
    }

    /// The slot of a peer's number.
    pub fn slot_of(&self, number: u32) -> Option<Slot> {
        self.peers.slot_of(number)
    }

    /// A peer by its slot.
    #[inline]
    pub fn get(&self, slot: Slot) -> Option<&Peer> {
        self.peers.get(slot)
    }

    /// A peer by its slot, to be changed.
    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut Peer> {
        self.peers.get_mut(slot)
    }

    /// All peers.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &Peer)> {
        self.peers.iter()
    }

    /// All peers, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Slot, &mut Peer)> {
        self.peers.iter_mut()
    }

    /// True without any peer.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// One past the highest slot.
    pub fn slot_count(&self) -> usize {
        self.peers.slot_count()
    }
}
