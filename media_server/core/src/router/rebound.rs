//! Packets from addresses that no check has validated: dropped, unless they authenticate as a peer's that has moved.
use lianzhen_wire::demux::{Class, classify};

use super::Router;
use crate::egress::Path;
use crate::numbered::Slot;

/// Where RTP tells its SSRC (RFC 3550 §5.1).
const RTP_SSRC_AT: usize = 8;

/// Where RTCP tells its sender's (RFC 3550 §6.4.1).
const RTCP_SSRC_AT: usize = 4;

impl Router {
    pub(super) fn receive_from_elsewhere(
        &mut self,
        now_ns: u64,
        arrival_ns: u64,
        path: Path,
        class: Class,
        datagram: &mut [u8],
    ) {
        if datagram.is_empty() {
            self.counters.dropped_empty += 1;
            return;
        }
        // Behind this look-up nobody gets who does not see a peer's packets: a stranger guesses one SSRC of 2^32.
        let slot = sender_of(datagram)
            .and_then(|ssrc| self.peers.sending(ssrc))
            .filter(|&slot| {
                let peer = self.peers.get_mut(slot);
                peer.is_some_and(|peer| peer.path.is_some() && peer.rebinding.may_try(now_ns))
            });
        let Some(slot) = slot else {
            self.counters.dropped_unvalidated_source += 1;
            return;
        };
        let bytes = datagram.len();
        let is_authentic = match class {
            Class::Rtp => self.receive_rtp(now_ns, arrival_ns, slot, datagram),
            _ => self.receive_rtcp(now_ns, slot, datagram),
        };
        if let Some(peer) = self.peers.get_mut(slot)
            && peer.rebinding.tried(now_ns, path, bytes, is_authentic)
        {
            self.counters.uplinks_rebound += 1;
            peer.congestion.leave_out(now_ns);
            if !self.rebound.contains(&slot) {
                self.rebound.push(slot);
            }
        }
    }

    /// Notes where an authentic packet from one of a peer's addresses came from.
    #[inline]
    pub(super) fn follow(&mut self, now_ns: u64, slot: Slot, path: Path) {
        let Some(peer) = self.peers.get_mut(slot) else {
            return;
        };
        if peer.rebinding.is_look_due(now_ns)
            && let Some(selected) = &peer.path
            && peer.rebinding.looked(now_ns, selected, path)
        {
            peer.congestion.leave_out(now_ns);
            if !self.rebound.contains(&slot) {
                self.rebound.push(slot);
            }
        }
    }

    /// Sends to peers that seem to have moved where they seem to be, too.
    pub(super) fn duplicate_to_rebound(&mut self, now_ns: u64) {
        let (peers, egress, counters) = (&mut self.peers, &mut self.egress, &mut self.counters);
        self.rebound.retain(|&slot| {
            let Some(peer) = peers.get_mut(slot) else {
                return false;
            };
            let Some((path, max_bytes)) = peer.rebinding.duplicate(now_ns) else {
                return false;
            };
            let (datagrams, bytes) = egress.duplicate(slot, path, max_bytes);
            counters.downlink_duplicated += datagrams as u64;
            peer.rebinding.duplicated(bytes);
            true
        });
    }
}

/// The SSRC that a datagram of RTP or RTCP says it is from.
pub(super) fn sender_of(datagram: &[u8]) -> Option<u32> {
    match classify(datagram) {
        Class::Rtp => ssrc_at(datagram, RTP_SSRC_AT),
        Class::Rtcp => ssrc_at(datagram, RTCP_SSRC_AT),
        Class::Stun | Class::Dtls | Class::Unknown => None,
    }
}

fn ssrc_at(datagram: &[u8], at: usize) -> Option<u32> {
    let bytes = datagram.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*bytes))
}
