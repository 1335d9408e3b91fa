//! The packet core as one deciding object: datagrams and times in; datagrams, events and tap records out.
//!
//! Pure composition: no socket, clock or thread. After each input the driver takes what has come out: it sends
//! `egress`, and drains `events` and `tap_records`. Rejecting anything changes nothing but a counter.
mod allot;
mod choose;
mod clocks;
mod commands;
mod congestion;
mod control;
mod forward;
mod media;
mod rebound;
mod snapshot;
#[cfg(test)]
mod tests;
mod timers;

use std::net::{IpAddr, SocketAddr};

use lianzhen_wire::demux::{Class, classify};
use lianzhen_wire::srtp::SrtpError;
use lianzhen_wire::stun;
use rustc_hash::FxHashSet;

pub use clocks::OutputClock;
pub use snapshot::{LayerSnapshot, OutputSnapshot, PeerSnapshot, Snapshot, TrackSnapshot};

use crate::counters::Counters;
use crate::directory::{Member, ThreadIndex};
use crate::egress::{Egress, Path, Remote};
use crate::events::Event;
use crate::input::Input;
use crate::numbered::{Numbered, Slot};
use crate::output::Output;
use crate::peers::{CheckRefusal, PathChange, PeerTable};
use crate::routes::Ended;
use crate::seeded::Seeded;
use crate::tap::{Tap, TapRecord};
use timers::Timers;
pub use timers::{PEER_SILENCE_NS, TICK_NS};

/// All peers, tracks, outputs and taps of one socket.
pub struct Router {
    peers: PeerTable,
    inputs: Numbered<Input>,
    outputs: Numbered<Output>,
    taps: Numbered<Tap>,
    ended: FxHashSet<Ended>,
    egress: Egress,
    events: Vec<Event>,
    tap_records: Vec<(u32, TapRecord)>,
    counters: Counters,
    seeded: Seeded,
    timers: Timers,
    due_nacks: Vec<u64>,
    rebound: Vec<Slot>,
}

impl Router {
    /// An empty core; `seed` decides first sequence numbers and report SSRCs.
    pub fn new(seed: u64) -> Router {
        Router::beside(seed, None)
    }

    /// An empty core beside others on the same port, as one of whom it is `member`.
    pub fn beside(seed: u64, member: Option<Member>) -> Router {
        Router {
            peers: PeerTable::new(member),
            inputs: Numbered::default(),
            outputs: Numbered::default(),
            taps: Numbered::default(),
            ended: FxHashSet::default(),
            egress: Egress::default(),
            events: Vec::new(),
            tap_records: Vec::new(),
            counters: Counters::default(),
            seeded: Seeded::new(seed),
            timers: Timers::default(),
            due_nacks: Vec::new(),
            rebound: Vec::new(),
        }
    }

    /// Takes one datagram; SRTP is decrypted in place. `arrival_ns` is when it reached this host, `now_ns` the time.
    pub fn receive_datagram(
        &mut self,
        now_ns: u64,
        arrival_ns: u64,
        path: Path,
        datagram: &mut [u8],
    ) {
        self.counters.datagrams_received += 1;
        self.counters.bytes_received += datagram.len() as u64;
        let class = classify(datagram);
        if class == Class::Stun {
            return self.receive_stun(now_ns, path, datagram);
        }
        let Some(slot) = self.peers.at_address(&path.remote) else {
            return self.receive_from_elsewhere(now_ns, arrival_ns, path, class, datagram);
        };
        match class {
            Class::Rtp => {
                if self.receive_rtp(now_ns, arrival_ns, slot, datagram) {
                    self.follow(now_ns, slot, path);
                }
            }
            Class::Rtcp => {
                self.receive_rtcp(now_ns, slot, datagram);
            }
            Class::Dtls => self.receive_dtls(slot, datagram),
            Class::Stun | Class::Unknown if datagram.is_empty() => self.counters.dropped_empty += 1,
            Class::Stun | Class::Unknown => self.counters.dropped_unknown_class += 1,
        }
    }

    /// The other thread that a message is for, to be told by its first datagram: a check by whom it names, anything
    /// else by where it comes from or whose it seems to be. None if it is for this one, or for nobody.
    #[inline]
    pub fn elsewhere(&self, remote: &Remote, first_datagram: &[u8]) -> Option<ThreadIndex> {
        if !self.peers.has_others() {
            return None;
        }
        if classify(first_datagram) == Class::Stun {
            let request = stun::parse(first_datagram).ok()?;
            return self.peers.elsewhere_by_ufrag(request.local_ufrag());
        }
        self.peers
            .elsewhere(remote, || rebound::sender_of(first_datagram))
    }

    /// What waits to be sent, made complete: send it now, then call `sent`.
    pub fn outgoing(&mut self, now_ns: u64) -> &Egress {
        self.duplicate_to_rebound(now_ns);
        &self.egress
    }

    /// What waits to be sent so far.
    pub fn egress(&self) -> &Egress {
        &self.egress
    }

    /// Notes what became of the datagrams in `egress`, and clears it.
    pub fn sent(&mut self, report: SendReport) {
        self.counters.sends += report.sends;
        self.counters.datagrams_sent += report.datagrams;
        self.counters.bytes_sent += report.bytes;
        self.counters.send_failed += report.failed_datagrams;
        self.egress.clear();
    }

    /// The events since the last call, oldest first.
    pub fn drain_events(&mut self) -> std::vec::Drain<'_, Event> {
        self.events.drain(..)
    }

    /// True while there is no peer: then no time need pass.
    pub fn is_idle(&self) -> bool {
        self.peers.is_empty()
    }

    /// True if there are events to drain.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// True if there are tap records to drain.
    pub fn has_tap_records(&self) -> bool {
        !self.tap_records.is_empty()
    }

    /// The tap records since the last call, oldest first, each with its tap's number.
    pub fn drain_tap_records(&mut self) -> std::vec::Drain<'_, (u32, TapRecord)> {
        self.tap_records.drain(..)
    }

    /// The counters, for the driver to add what only it sees.
    pub fn counters_mut(&mut self) -> &mut Counters {
        &mut self.counters
    }

    fn receive_stun(&mut self, now_ns: u64, path: Path, datagram: &[u8]) {
        let Ok(request) = stun::parse(datagram) else {
            self.counters.dropped_bad_stun += 1;
            return;
        };
        let (slot, change, password) = match self.peers.receive_check(now_ns, path, &request) {
            Ok(accepted) => accepted,
            Err(refusal) => {
                let counter = match refusal {
                    CheckRefusal::UnknownUfrag => &mut self.counters.dropped_unknown_ufrag,
                    CheckRefusal::NotAuthentic => &mut self.counters.dropped_stun_auth,
                    CheckRefusal::AddressTaken => &mut self.counters.dropped_address_taken,
                };
                *counter += 1;
                return;
            }
        };
        let mapped = canonical(path.remote.address());
        self.egress.answer(path, |out| {
            stun::write_success(out, request.transaction_id(), mapped, password)
        });
        self.counters.stun_answered += 1;
        self.heard(now_ns, slot);
        self.note_path_change(now_ns, slot, change);
    }

    fn note_path_change(&mut self, now_ns: u64, slot: Slot, change: PathChange) {
        let Some(peer) = self.peers.get(slot) else {
            return;
        };
        let peer_number = peer.number;
        match change {
            PathChange::None => return,
            PathChange::First => self.want_keyframes_for_peer(now_ns, slot),
            PathChange::Moved => {
                self.counters.paths_moved += 1;
                self.link_changed(now_ns, slot);
            }
        }
        self.events.push(Event::PathSelected {
            peer: peer_number,
            is_first: change == PathChange::First,
        });
    }

    fn receive_dtls(&mut self, slot: Slot, datagram: &[u8]) {
        let Some(peer) = self.peers.get(slot) else {
            return;
        };
        self.counters.dtls_received += 1;
        self.events.push(Event::Dtls {
            peer: peer.number,
            datagram: datagram.to_vec(),
        });
    }

    #[inline]
    fn heard(&mut self, now_ns: u64, slot: Slot) {
        if let Some(peer) = self.peers.get_mut(slot)
            && peer.heard(now_ns)
        {
            self.events.push(Event::PeerHeard { peer: peer.number });
        }
    }

    fn count_srtp_error(&mut self, error: SrtpError) {
        let counter = match error {
            SrtpError::Replayed => &mut self.counters.dropped_replay,
            SrtpError::NotAuthentic => &mut self.counters.dropped_srtp_auth,
            SrtpError::Malformed | SrtpError::NotEncrypted | SrtpError::KeyLength => {
                &mut self.counters.dropped_malformed
            }
        };
        *counter += 1;
    }
}

/// What became of the datagrams handed to the socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SendReport {
    /// Send calls.
    pub sends: u64,
    /// Datagrams sent.
    pub datagrams: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// Datagrams the kernel refused.
    pub failed_datagrams: u64,
}

/// IPv4 addresses as a dual-stack socket reports them, back in their own form (RFC 4291 §2.5.5.2).
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => SocketAddr::new(IpAddr::V4(ip), address.port()),
            None => address,
        },
        IpAddr::V4(_) => address,
    }
}
