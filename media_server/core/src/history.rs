//! The last media packets of one layer, each payload stored once: what retransmission to every subscriber draws from.
use crate::packet::{MediaPacket, PacketFacts};

/// Packets kept at first; the ring doubles while it would forget packets younger than `WANTED_NS`.
const FIRST_CAPACITY: usize = 64;

/// Packets kept at most: 1 s of 10 Mbit/s in packets of 1,200 bytes.
const MAX_CAPACITY: usize = 1024;

/// How far back a packet should be found: players give up on a frame after about a second.
const WANTED_NS: u64 = 1_000_000_000;

#[derive(Debug, Default)]
struct Stored {
    facts: PacketFacts,
    payload: Vec<u8>,
}

/// The ring of stored packets, indexed by sequence number.
#[derive(Debug, Default)]
pub struct History {
    ring: Vec<Stored>,
    highest: u64,
}

impl History {
    /// Stores a copy of a packet; one older than the ring reaches is left out.
    pub fn store(&mut self, packet: &MediaPacket<'_>) {
        let sequence = packet.facts.sequence;
        if self.ring.is_empty() {
            self.ring.resize_with(FIRST_CAPACITY, Stored::default);
        }
        if sequence + self.ring.len() as u64 <= self.highest {
            return;
        }
        self.grow_if_young_would_go(sequence, packet.facts.arrival_ns);
        self.highest = self.highest.max(sequence);
        let index = self.index(sequence);
        let slot = &mut self.ring[index];
        slot.facts = packet.facts;
        slot.payload.clear();
        slot.payload.extend_from_slice(packet.payload);
    }

    /// The packet of that sequence number, if it is still kept.
    pub fn get(&self, sequence: u64) -> Option<MediaPacket<'_>> {
        if self.ring.is_empty() || sequence == 0 {
            return None;
        }
        let slot = &self.ring[self.index(sequence)];
        (slot.facts.sequence == sequence).then_some(MediaPacket {
            facts: slot.facts,
            payload: &slot.payload,
        })
    }

    /// How many packets are kept: a power of two, 0 before the first.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.ring.len()
    }

    /// The highest sequence number stored; 0 if none.
    pub fn highest(&self) -> u64 {
        self.highest
    }

    fn index(&self, sequence: u64) -> usize {
        sequence as usize & (self.ring.len() - 1)
    }

    fn grow_if_young_would_go(&mut self, sequence: u64, now_ns: u64) {
        let victim = &self.ring[self.index(sequence)].facts;
        let is_old = victim.sequence == 0 || now_ns.saturating_sub(victim.arrival_ns) >= WANTED_NS;
        if is_old || self.ring.len() >= MAX_CAPACITY {
            return;
        }
        let mut wider = Vec::new();
        wider.resize_with(self.ring.len() * 2, Stored::default);
        for stored in std::mem::take(&mut self.ring) {
            let index = stored.facts.sequence as usize & (wider.len() - 1);
            wider[index] = stored;
        }
        self.ring = wider;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(history: &mut History, sequence: u64, arrival_ns: u64) {
        let payload = sequence.to_be_bytes();
        let facts = PacketFacts {
            sequence,
            arrival_ns,
            ..PacketFacts::default()
        };
        history.store(&MediaPacket {
            facts,
            payload: &payload,
        });
    }

    fn kept(history: &History, from: u64, to: u64) -> Vec<u64> {
        (from..=to)
            .filter(|&sequence| history.get(sequence).is_some())
            .collect()
    }

    #[test]
    fn an_empty_history_finds_nothing() {
        assert_eq!(History::default().get(0), None);
        assert_eq!(History::default().get(1 << 16), None);
    }

    #[test]
    fn at_a_slow_rate_the_first_capacity_suffices() {
        let mut history = History::default();
        for sequence in 1000..1200 {
            store(&mut history, sequence, sequence * 20_000_000);
        }
        assert_eq!(kept(&history, 1000, 1200), (1136..1200).collect::<Vec<_>>());
        assert_eq!(history.get(1199).unwrap().payload, 1199u64.to_be_bytes());
    }

    #[test]
    fn at_a_fast_rate_it_grows_to_a_second_and_no_further_than_its_bound() {
        let mut history = History::default();
        for sequence in 65_000..70_000 {
            store(&mut history, sequence, sequence * 1_000_000);
        }
        assert_eq!(
            kept(&history, 65_000, 70_000),
            (70_000 - 1024..70_000).collect::<Vec<_>>()
        );
        let mut history = History::default();
        for sequence in 65_000..70_000 {
            store(&mut history, sequence, sequence * 4_000_000);
        }
        assert_eq!(kept(&history, 65_000, 70_000).len(), 256);
    }

    #[test]
    fn a_late_packet_finds_its_place_and_a_much_too_late_one_is_left_out() {
        let mut history = History::default();
        for sequence in (100..150).filter(|sequence| *sequence != 120) {
            store(&mut history, sequence, sequence * 20_000_000);
        }
        store(&mut history, 120, 3_000_000_000);
        store(&mut history, 149 - 64, 3_000_000_000);
        assert_eq!(kept(&history, 0, 200), (100..150).collect::<Vec<_>>());
        assert_eq!(history.highest(), 149);
    }
}
