//! What one output sent lately, a few bytes a packet: enough to make any of them again from the layer's history.

/// The same packet is sent again at most this often, and at most every half round trip.
const MIN_RESEND_INTERVAL_NS: u64 = 20_000_000;

/// Repeats may take this part of what is sent (1/2): a line that loses 20 % needs a quarter, of key frames more, and what
/// a full queue loses is kept small by the estimate, which counts repeats.
const RESEND_SHARE: u64 = 2;

/// What may be repeated at once, and by a stream that has sent little: 64 KiB is 0.1 s of 5 Mbit/s.
const RESEND_BURST_BYTES: u64 = 65_536;

/// How to make a sent packet again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Extended outgoing sequence number.
    pub sequence: u64,
    /// The incoming number in its layer; 0 for an empty packet that filled a hole.
    pub layer_sequence: u64,
    /// The outgoing timestamp.
    pub timestamp: u32,
    /// The transport-wide number it was given.
    pub transport_sequence: u16,
    /// Which run of the layer (its SSRC may change) the packet is of.
    pub generation: u32,
    /// Added to PictureID.
    pub picture_id_offset: u16,
    /// Added to TL0PICIDX.
    pub tl0_offset: u8,
    /// The layer's index in its input.
    pub layer: u8,
    /// How many of the packets before it went along.
    pub copies: u8,
    /// True if it went out without its payload.
    pub is_emptied: bool,
}

/// Why a packet is not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Never sent, or too long ago.
    Unknown,
    /// It was sent again a moment ago.
    TooSoon,
    /// The share for repeats is used up.
    OverBudget,
}

/// The ring of sent packets, indexed by outgoing sequence number, with the budget for repeats.
#[derive(Debug)]
pub struct SentLog {
    ring: Vec<(Sent, u64)>,
    budget_bytes: u64,
    owed: u64,
}

impl Default for SentLog {
    fn default() -> Self {
        SentLog {
            ring: Vec::new(),
            budget_bytes: RESEND_BURST_BYTES,
            owed: 0,
        }
    }
}

impl SentLog {
    /// Notes a packet of `bytes` that goes out for the first time. `kept` packets, a power of two, are in the history
    /// that it would be made again from: more of them are not worth remembering.
    #[inline]
    pub fn note(&mut self, sent: Sent, bytes: usize, kept: usize) {
        if self.ring.len() < kept.max(1) {
            self.widen(kept.max(1));
        }
        self.owed += bytes as u64;
        self.budget_bytes = (self.budget_bytes + self.owed / RESEND_SHARE).min(RESEND_BURST_BYTES);
        self.owed %= RESEND_SHARE;
        let index = self.index(sent.sequence);
        self.ring[index] = (sent, 0);
    }

    /// The packet with these low 16 bits, if it may be sent again now; `newest` is the highest extended number sent.
    pub fn take_for_resend(
        &mut self,
        sequence: u16,
        newest: u64,
        now_ns: u64,
        rtt_ns: u64,
    ) -> Result<Sent, Refusal> {
        let behind = (newest as u16).wrapping_sub(sequence);
        let extended = newest
            .checked_sub(u64::from(behind))
            .ok_or(Refusal::Unknown)?;
        if self.ring.is_empty() {
            return Err(Refusal::Unknown);
        }
        let index = self.index(extended);
        let (sent, resent_ns) = &mut self.ring[index];
        if sent.sequence != extended {
            return Err(Refusal::Unknown);
        }
        let interval_ns = (rtt_ns / 2).max(MIN_RESEND_INTERVAL_NS);
        if *resent_ns != 0 && now_ns.saturating_sub(*resent_ns) < interval_ns {
            return Err(Refusal::TooSoon);
        }
        if self.budget_bytes == 0 {
            return Err(Refusal::OverBudget);
        }
        *resent_ns = now_ns.max(1);
        Ok(*sent)
    }

    /// Forgets all packets: they could not be made again as they were.
    pub fn forget(&mut self) {
        self.ring.clear();
    }

    fn index(&self, sequence: u64) -> usize {
        sequence as usize & (self.ring.len() - 1)
    }

    #[cold]
    fn widen(&mut self, kept: usize) {
        let mut wider = vec![(Sent::default(), 0); kept];
        for entry in std::mem::take(&mut self.ring) {
            if entry.0.sequence != 0 {
                wider[entry.0.sequence as usize & (kept - 1)] = entry;
            }
        }
        self.ring = wider;
    }

    /// Takes a repeat of `bytes` from the budget.
    pub fn spend(&mut self, bytes: usize) {
        self.budget_bytes = self.budget_bytes.saturating_sub(bytes as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const KEPT: usize = 1024;

    fn log(first: u64, count: u64) -> SentLog {
        let mut log = SentLog::default();
        for sequence in first..first + count {
            log.note(
                Sent {
                    sequence,
                    layer_sequence: sequence + 70_000,
                    ..Sent::default()
                },
                100,
                KEPT,
            );
        }
        log
    }

    #[test]
    fn it_grows_with_the_history_and_loses_nothing_that_is_kept() {
        let mut log = SentLog::default();
        let mut note = |sequence: u64, kept: usize| {
            let sent = Sent {
                sequence,
                layer_sequence: sequence + 70_000,
                ..Sent::default()
            };
            log.note(sent, 100, kept);
        };
        for sequence in 100..228 {
            note(sequence, 64);
        }
        for sequence in 228..300 {
            note(sequence, 128);
        }
        // A layer with a shorter history takes nothing away.
        note(300, 64);
        for sequence in 173..=300 {
            let sent = log.take_for_resend(sequence, 300, 0, 0).unwrap();
            assert_eq!(sent.layer_sequence, u64::from(sequence) + 70_000);
        }
        assert_eq!(log.take_for_resend(163, 300, 0, 0), Err(Refusal::Unknown));
    }

    #[test]
    fn a_sent_packet_is_found_by_its_16_bits_at_every_wrap() {
        for first in [1u64, 127, 128, 32_767, 32_768, 65_500, 65_535, 131_000] {
            let mut log = log(first, 100);
            let newest = first + 99;
            for sequence in first..=newest {
                let sent = log.take_for_resend(sequence as u16, newest, 0, 0).unwrap();
                assert_eq!(sent.layer_sequence, sequence + 70_000);
            }
        }
    }

    #[test]
    fn what_was_never_sent_or_long_ago_is_unknown() {
        let mut log = log(1000, 2000);
        assert_eq!(log.take_for_resend(3000, 2999, 0, 0), Err(Refusal::Unknown));
        assert_eq!(log.take_for_resend(1975, 2999, 0, 0), Err(Refusal::Unknown));
        assert!(log.take_for_resend(1976, 2999, 0, 0).is_ok());
        assert_eq!(
            SentLog::default().take_for_resend(5, 100, 0, 0),
            Err(Refusal::Unknown)
        );
        assert_eq!(
            SentLog::default().take_for_resend(500, 100, 0, 0),
            Err(Refusal::Unknown)
        );
    }

    #[test]
    fn the_same_packet_is_repeated_at_most_each_half_round_trip_and_20_ms() {
        let mut log = log(1000, 10);
        assert!(log.take_for_resend(1005, 1009, 100 * MS, 0).is_ok());
        assert_eq!(
            log.take_for_resend(1005, 1009, 119 * MS, 0),
            Err(Refusal::TooSoon)
        );
        assert!(log.take_for_resend(1005, 1009, 120 * MS, 0).is_ok());
        assert_eq!(
            log.take_for_resend(1005, 1009, 160 * MS, 100 * MS),
            Err(Refusal::TooSoon)
        );
        assert!(log.take_for_resend(1005, 1009, 170 * MS, 100 * MS).is_ok());
    }

    #[test]
    fn repeats_take_at_most_half_of_what_is_sent() {
        let mut log = log(1000, 10);
        log.spend(RESEND_BURST_BYTES as usize);
        assert_eq!(
            log.take_for_resend(1005, 1009, 0, 0),
            Err(Refusal::OverBudget)
        );
        log.note(
            Sent {
                sequence: 1010,
                ..Sent::default()
            },
            1000,
            KEPT,
        );
        assert_eq!(log.budget_bytes, 500);
        for sequence in 1011..1017 {
            log.note(
                Sent {
                    sequence,
                    ..Sent::default()
                },
                3,
                KEPT,
            );
        }
        assert_eq!(log.budget_bytes, 509);
        assert!(log.take_for_resend(1005, 1016, 0, 0).is_ok());
    }
}
