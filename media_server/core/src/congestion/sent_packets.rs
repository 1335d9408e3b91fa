//! When each packet left for one subscriber, by transport-wide sequence number: eight bytes a packet.

/// Packets remembered at first; the ring doubles while it would forget packets younger than `WANTED_US`.
const FIRST_CAPACITY: usize = 256;

/// Packets remembered at most: 1.6 s of 5,000 packets/s, 64 kB.
const MAX_CAPACITY: usize = 8192;

/// Feedback may come this late: a round trip of 1 s and a feedback interval.
const WANTED_US: u32 = 1_500_000;

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    sent_us: u32,
    bytes: u16,
    /// 0: of none.
    cluster: u8,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Fate {
    /// No feedback told of it.
    #[default]
    Open,
    Lost,
    Arrived,
    /// It was sent again under its number: when it arrives says nothing of the first.
    Repeated,
    /// The same, and it was told lost.
    LostRepeated,
}

/// A packet that feedback tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// When it left.
    pub sent_ns: u64,
    /// Its bytes on the wire.
    pub bytes: u32,
    /// The probe cluster it was sent in.
    pub cluster: Option<u8>,
    /// True if it was told lost before.
    pub was_lost: bool,
    /// True if it was sent again under its number: then when it arrived tells nothing.
    pub was_repeated: bool,
}

/// The ring of sent packets.
#[derive(Debug, Default)]
pub struct SentPackets {
    ring: Vec<Entry>,
    /// Extended number of the last packet; 0 before the first.
    newest: u64,
    newest_us: u32,
    newest_ns: u64,
}

impl SentPackets {
    /// Notes a packet that leaves now. Sequence numbers follow each other.
    #[inline]
    pub fn note(&mut self, sequence: u16, now_ns: u64, bytes: usize, cluster: u8) {
        let sent_us = (now_ns / 1000) as u32;
        let step = sequence.wrapping_sub(self.newest as u16);
        self.newest = if self.newest == 0 {
            1 << 16 | u64::from(sequence)
        } else {
            self.newest + u64::from(step)
        };
        (self.newest_us, self.newest_ns) = (sent_us, now_ns);
        let mut index = self.index(self.newest);
        let is_young = self
            .ring
            .get(index)
            .is_none_or(|old| old.bytes != 0 && sent_us.wrapping_sub(old.sent_us) < WANTED_US);
        if is_young && self.ring.len() < MAX_CAPACITY {
            self.grow();
            index = self.index(self.newest);
        }
        self.ring[index] = Entry {
            sent_us,
            bytes: bytes as u16,
            cluster,
            fate: Fate::Open,
        };
    }

    /// Takes the news that a packet arrived; None if it is not known or that was told before.
    pub fn take_arrived(&mut self, sequence: u16) -> Option<Told> {
        let (newest_us, newest_ns) = (self.newest_us, self.newest_ns);
        let entry = self.entry(sequence)?;
        let was_lost = matches!(entry.fate, Fate::Lost | Fate::LostRepeated);
        let was_repeated = matches!(entry.fate, Fate::Repeated | Fate::LostRepeated);
        if entry.fate == Fate::Arrived {
            return None;
        }
        entry.fate = Fate::Arrived;
        Some(told(entry, newest_us, newest_ns, (was_lost, was_repeated)))
    }

    /// Takes the news that a packet has not arrived; None if it is not known or something was told of it before.
    pub fn take_lost(&mut self, sequence: u16) -> Option<Told> {
        let (newest_us, newest_ns) = (self.newest_us, self.newest_ns);
        let entry = self.entry(sequence)?;
        entry.fate = match entry.fate {
            Fate::Open => Fate::Lost,
            Fate::Repeated => Fate::LostRepeated,
            _ => return None,
        };
        Some(told(entry, newest_us, newest_ns, (false, false)))
    }

    /// Notes that a packet is sent again under its number.
    pub fn note_repeated(&mut self, sequence: u16) {
        if let Some(entry) = self.entry(sequence) {
            entry.fate = match entry.fate {
                Fate::Open => Fate::Repeated,
                Fate::Lost => Fate::LostRepeated,
                other => other,
            };
        }
    }

    /// True if a packet was told lost and has not come since.
    pub fn is_lost(&mut self, sequence: u16) -> bool {
        self.entry(sequence)
            .is_some_and(|entry| matches!(entry.fate, Fate::Lost | Fate::LostRepeated))
    }

    /// When the last packet left; None before the first.
    pub fn last_sent_ns(&self) -> Option<u64> {
        (self.newest != 0).then_some(self.newest_ns)
    }

    fn entry(&mut self, sequence: u16) -> Option<&mut Entry> {
        let behind = (self.newest as u16).wrapping_sub(sequence);
        if usize::from(behind) >= self.ring.len() || u64::from(behind) >= self.newest {
            return None;
        }
        let index = self.index(self.newest - u64::from(behind));
        self.ring.get_mut(index).filter(|entry| entry.bytes != 0)
    }

    fn index(&self, extended: u64) -> usize {
        extended as usize & self.ring.len().wrapping_sub(1)
    }

    /// Only what was sent before the newest number lies in the ring.
    #[cold]
    fn grow(&mut self) {
        let old = std::mem::take(&mut self.ring);
        let capacity = (old.len() * 2).max(FIRST_CAPACITY);
        self.ring = vec![Entry::default(); capacity];
        for behind in 1..=old.len() as u64 {
            let Some(extended) = self.newest.checked_sub(behind) else {
                return;
            };
            let index = self.index(extended);
            self.ring[index] = old[extended as usize & (old.len() - 1)];
        }
    }
}

fn told(
    entry: &Entry,
    newest_us: u32,
    newest_ns: u64,
    (was_lost, was_repeated): (bool, bool),
) -> Told {
    let age_us = newest_us.wrapping_sub(entry.sent_us);
    Told {
        sent_ns: newest_ns.saturating_sub(u64::from(age_us) * 1000),
        bytes: u32::from(entry.bytes),
        cluster: (entry.cluster != 0).then_some(entry.cluster),
        was_lost,
        was_repeated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn a_packet_is_told_once_with_when_it_left() {
        let mut sent = SentPackets::default();
        assert_eq!(sent.take_arrived(1), None);
        assert_eq!(sent.last_sent_ns(), None);
        sent.note(1, 5_000 * MS, 1_100, 0);
        sent.note(2, 5_010 * MS, 200, 7);
        assert_eq!(sent.last_sent_ns(), Some(5_010 * MS));
        let first = Told {
            sent_ns: 5_000 * MS,
            bytes: 1_100,
            cluster: None,
            was_lost: false,
            was_repeated: false,
        };
        assert_eq!(sent.take_arrived(1), Some(first));
        assert_eq!(sent.take_arrived(1), None);
        assert_eq!(sent.take_lost(1), None);
        assert_eq!(sent.take_lost(2).map(|told| told.cluster), Some(Some(7)));
        assert_eq!(sent.take_lost(2), None);
        // It came after all.
        assert_eq!(sent.take_arrived(2).map(|told| told.was_lost), Some(true));
        assert_eq!(sent.take_arrived(3), None);
        assert_eq!(sent.take_arrived(0), None);
    }

    #[test]
    fn what_comes_after_a_repeat_under_the_same_number_may_be_the_repeat() {
        let mut sent = SentPackets::default();
        sent.note_repeated(1);
        for number in 1..=4 {
            sent.note(number, 5_000 * MS, 100, 0);
        }
        assert!(sent.take_lost(2).is_some() && sent.take_arrived(3).is_some());
        for number in 1..=4 {
            sent.note_repeated(number);
        }
        assert!(sent.take_lost(4).is_some() && sent.take_lost(4).is_none());
        let lost: Vec<_> = (1..=4).map(|number| sent.is_lost(number)).collect();
        assert_eq!(lost, [false, true, false, true]);
        let mut arrived = |number| {
            let told = sent.take_arrived(number);
            told.map(|told| (told.was_lost, told.was_repeated))
        };
        assert_eq!(arrived(1), Some((false, true)));
        assert_eq!(arrived(2), Some((true, true)));
        assert_eq!(arrived(3), None);
        assert!(!sent.is_lost(2));
    }

    #[test]
    fn numbers_wrap_around() {
        for start in [0u16, 1, 127, 32_767, 65_500, 65_535] {
            let mut sent = SentPackets::default();
            for index in 0..100u16 {
                sent.note(start.wrapping_add(index), u64::from(index) * MS, 100, 0);
            }
            for index in 0..100u16 {
                let told = sent.take_arrived(start.wrapping_add(index)).unwrap();
                assert_eq!(told.sent_ns, u64::from(index) * MS);
            }
        }
    }

    #[test]
    fn it_grows_while_packets_are_young_and_no_further_than_needed() {
        let mut sent = SentPackets::default();
        for index in 0..3_000u16 {
            sent.note(index, u64::from(index) * MS, 100, 0);
        }
        assert_eq!(sent.ring.len(), 2048);
        for index in (3_000 - 1_500)..3_000u16 {
            let told = sent.take_arrived(index).unwrap();
            assert_eq!(told.sent_ns, u64::from(index) * MS);
        }
        assert_eq!(sent.take_arrived(900), None);
        // As fast as it may: the oldest go.
        for index in 0..20_000u32 {
            sent.note((3_000 + index) as u16, 3_000 * MS, 100, 0);
        }
        assert_eq!(sent.ring.len(), MAX_CAPACITY);
        assert!(sent.take_lost((3_000 + 19_999) as u16).is_some());
        assert!(sent.take_lost((3_000 + 19_999 - 8_191) as u16).is_some());
        assert!(sent.take_lost((3_000 + 19_999 - 8_192) as u16).is_none());
    }
}
