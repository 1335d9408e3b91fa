//! What the core tells the control plane, and the bounded queue it waits in.
use std::collections::VecDeque;

use rustc_hash::FxHashMap;

/// Events waiting at most: 4,096 datagrams of a handshake are 6 MB.
const MAX_EVENTS: usize = 4096;

/// DTLS datagrams waiting of one peer: a handshake flight is 3 to 6, a data-channel burst some dozens.
const MAX_DTLS_PER_PEER: usize = 64;

/// What has happened. Peers and tracks are the caller's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A DTLS datagram from a validated address.
    Dtls {
        /// Whose.
        peer: u32,
        /// The datagram.
        datagram: Vec<u8>,
    },
    /// The peer has a (new) address to send to.
    PathSelected {
        /// Whose.
        peer: u32,
        /// True for the first one.
        is_first: bool,
    },
    /// Nothing authentic has come for a while.
    PeerSilent {
        /// From whom.
        peer: u32,
        /// For how long.
        silent_ms: u64,
    },
    /// A silent peer is heard again.
    PeerHeard {
        /// Who.
        peer: u32,
    },
    /// First packet of a layer.
    LayerSeen {
        /// Of which track.
        track: u32,
        /// Its RID, "" without simulcast.
        rid: String,
    },
    /// (track, level) of the audio tracks heard lately, 0 loudest … 127 silent.
    AudioLevels {
        /// One pair a track.
        levels: Vec<(u32, u8)>,
    },
    /// The subscriber's link carries this picture no longer, and it pauses.
    StreamPaused {
        /// The subscriber.
        peer: u32,
        /// Which.
        output: u32,
    },
    /// A picture that the link made pause goes on.
    StreamResumed {
        /// The subscriber.
        peer: u32,
        /// Which.
        output: u32,
    },
    /// So many events were dropped since the last one that got through.
    Lost {
        /// How many.
        count: u64,
    },
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It waits.
    Queued,
    /// It, or an older DTLS datagram in its place, was dropped.
    DtlsDropped,
    /// It was dropped.
    EventDropped,
}

/// Events in order of occurrence. When full, DTLS datagrams go first: their sender repeats them.
#[derive(Debug, Default)]
pub struct EventQueue {
    events: VecDeque<Event>,
    dtls_per_peer: FxHashMap<u32, usize>,
    lost: u64,
}

impl EventQueue {
    /// Queues an event or drops one by the policy.
    pub fn push(&mut self, event: Event) -> Pushed {
        if let Event::Dtls { peer, .. } = &event {
            let waiting = self.dtls_per_peer.entry(*peer).or_default();
            if *waiting >= MAX_DTLS_PER_PEER || self.events.len() >= MAX_EVENTS {
                self.lost += 1;
                return Pushed::DtlsDropped;
            }
            *waiting += 1;
            self.events.push_back(event);
            return Pushed::Queued;
        }
        if self.events.len() < MAX_EVENTS {
            self.events.push_back(event);
            return Pushed::Queued;
        }
        self.lost += 1;
        let Some(index) = self
            .events
            .iter()
            .rposition(|waiting| matches!(waiting, Event::Dtls { .. }))
        else {
            return Pushed::EventDropped;
        };
        if let Some(Event::Dtls { peer, .. }) = self.events.remove(index)
            && let Some(waiting) = self.dtls_per_peer.get_mut(&peer)
        {
            *waiting -= 1;
        }
        self.events.push_back(event);
        Pushed::DtlsDropped
    }

    /// All waiting events, oldest first; `Event::Lost` comes last where some were dropped.
    pub fn drain(&mut self) -> Vec<Event> {
        self.dtls_per_peer.clear();
        let mut events: Vec<Event> = self.events.drain(..).collect();
        if self.lost > 0 {
            events.push(Event::Lost {
                count: std::mem::take(&mut self.lost),
            });
        }
        events
    }

    /// True if `drain` would return nothing.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.lost == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dtls(peer: u32, byte: u8) -> Event {
        Event::Dtls {
            peer,
            datagram: vec![byte],
        }
    }

    #[test]
    fn events_come_out_in_order_once() {
        let mut queue = EventQueue::default();
        assert!(queue.is_empty());
        queue.push(dtls(1, 20));
        queue.push(Event::PeerHeard { peer: 2 });
        assert_eq!(queue.drain(), [dtls(1, 20), Event::PeerHeard { peer: 2 }]);
        assert_eq!(queue.drain(), []);
    }

    #[test]
    fn one_peers_flood_of_dtls_leaves_the_others_their_share() {
        let mut queue = EventQueue::default();
        for _ in 0..MAX_DTLS_PER_PEER {
            assert_eq!(queue.push(dtls(1, 20)), Pushed::Queued);
        }
        assert_eq!(queue.push(dtls(1, 21)), Pushed::DtlsDropped);
        assert_eq!(queue.push(dtls(2, 22)), Pushed::Queued);
        let events = queue.drain();
        assert_eq!(events.len(), MAX_DTLS_PER_PEER + 2);
        assert_eq!(events.last(), Some(&Event::Lost { count: 1 }));
        assert_eq!(queue.push(dtls(1, 23)), Pushed::Queued);
    }

    #[test]
    fn when_full_the_newest_dtls_datagram_makes_room_for_an_event() {
        let mut queue = EventQueue::default();
        for index in 0..MAX_EVENTS {
            queue.push(dtls((index / MAX_DTLS_PER_PEER) as u32, 20));
        }
        assert_eq!(queue.push(dtls(9999, 20)), Pushed::DtlsDropped);
        assert_eq!(
            queue.push(Event::PeerHeard { peer: 5 }),
            Pushed::DtlsDropped
        );
        let events = queue.drain();
        assert_eq!(events.len(), MAX_EVENTS + 1);
        assert_eq!(events[MAX_EVENTS - 1], Event::PeerHeard { peer: 5 });
        assert_eq!(events[MAX_EVENTS], Event::Lost { count: 2 });
    }

    #[test]
    fn when_full_of_events_the_newest_is_dropped() {
        let mut queue = EventQueue::default();
        for _ in 0..MAX_EVENTS {
            queue.push(Event::PeerHeard { peer: 1 });
        }
        assert_eq!(
            queue.push(Event::PeerHeard { peer: 2 }),
            Pushed::EventDropped
        );
        assert_eq!(queue.drain().last(), Some(&Event::Lost { count: 1 }));
    }
}
