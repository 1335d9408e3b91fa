//! A peer whose packets come from an address that no check has validated yet: NATs rebind, phones change networks.
//!
//! Whoever holds the peer's keys is the peer, so what authenticates is taken at once, found by its SSRC. Where it came
//! from proves nothing yet: a captured packet can be sent from anywhere (RFC 9000 §9.3.2 has the same case). So the
//! downlink stays where it is and is only sent a second time to the new address, never more than three times what came
//! from there, until an authentic check confirms the move or the time is over.
//!
//! An address that a check has validated before needs no such limit: a client that changes between its networks, or a NAT
//! that returns to an old binding, gets the downlink twice for as long as its packets come from there.
use crate::egress::Path;

/// How long the downlink is duplicated: browsers check a quiet pair every 2.5 s, and two checks may be lost.
const DUPLICATED_NS: u64 = 6_000_000_000;

/// Bytes sent to an unconfirmed address for each byte from there (RFC 9000 §8.1).
const MAX_AMPLIFICATION: u64 = 3;

/// Packets of strangers under a peer's SSRC that are tried against its keys within `TRIALS_NS`: who sees the SSRC on the
/// wire can make us try so often, at half a microsecond each, and delay the peer's own move to its next check.
const MAX_FAILED_TRIALS: u32 = 100;

const TRIALS_NS: u64 = 1_000_000_000;

/// How often is looked from which of its validated addresses a peer sends: less than any jitter buffer holds.
const LOOK_NS: u64 = 20_000_000;

/// Where a peer's packets come from instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Elsewhere {
    path: Path,
    since_ns: u64,
    received_bytes: u64,
    duplicated_bytes: u64,
    is_validated: bool,
}

/// What is known of a peer's move.
#[derive(Debug, Default)]
pub struct Rebinding {
    elsewhere: Option<Elsewhere>,
    trials_since_ns: u64,
    failed_trials: u32,
    looked_ns: u64,
}

impl Rebinding {
    /// True if it is time to look from which address a packet has come.
    #[inline]
    pub fn is_look_due(&self, now_ns: u64) -> bool {
        now_ns.saturating_sub(self.looked_ns) >= LOOK_NS
    }

    /// Notes from which validated address a packet came; true if the downlink is to be duplicated there from now on.
    pub fn looked(&mut self, now_ns: u64, selected: &Path, path: Path) -> bool {
        self.looked_ns = now_ns;
        if selected.remote == path.remote {
            self.elsewhere = self.elsewhere.filter(|known| !known.is_validated);
            return false;
        }
        let is_known = self
            .elsewhere
            .is_some_and(|known| known.path.remote == path.remote);
        self.elsewhere = Some(Elsewhere {
            path,
            since_ns: now_ns,
            received_bytes: 0,
            duplicated_bytes: 0,
            is_validated: true,
        });
        !is_known
    }

    /// True if a packet from an unknown address may be tried against the peer's keys.
    pub fn may_try(&mut self, now_ns: u64) -> bool {
        if now_ns.saturating_sub(self.trials_since_ns) >= TRIALS_NS {
            self.trials_since_ns = now_ns;
            self.failed_trials = 0;
        }
        self.failed_trials < MAX_FAILED_TRIALS
    }

    /// Notes what became of the trial; true if the peer's packets come from this address from now on.
    pub fn tried(&mut self, now_ns: u64, path: Path, bytes: usize, is_authentic: bool) -> bool {
        if !is_authentic {
            self.failed_trials += 1;
            return false;
        }
        if let Some(known) = &mut self.elsewhere
            && known.path.remote == path.remote
        {
            known.received_bytes += bytes as u64;
            return false;
        }
        self.elsewhere = Some(Elsewhere {
            path,
            since_ns: now_ns,
            received_bytes: bytes as u64,
            duplicated_bytes: 0,
            is_validated: false,
        });
        true
    }

    /// Where the downlink is to be sent as well, and how many bytes of it at most.
    pub fn duplicate(&self, now_ns: u64) -> Option<(Path, usize)> {
        let elsewhere = self.elsewhere?;
        if now_ns.saturating_sub(elsewhere.since_ns) >= DUPLICATED_NS {
            return None;
        }
        if elsewhere.is_validated {
            return Some((elsewhere.path, usize::MAX));
        }
        let allowed = elsewhere.received_bytes * MAX_AMPLIFICATION;
        Some((
            elsewhere.path,
            allowed.saturating_sub(elsewhere.duplicated_bytes) as usize,
        ))
    }

    /// Notes that so much was sent there.
    pub fn duplicated(&mut self, bytes: usize) {
        if let Some(elsewhere) = &mut self.elsewhere {
            elsewhere.duplicated_bytes += bytes as u64;
        }
    }

    /// An authentic check came by a path: true if it confirms the move.
    pub fn confirm(&mut self, path: &Path) -> bool {
        let is_there = self
            .elsewhere
            .is_some_and(|elsewhere| elsewhere.path.remote == path.remote);
        if is_there {
            self.elsewhere = None;
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::egress::Remote;

    const S: u64 = 1_000_000_000;

    fn path(port: u16) -> Path {
        Path {
            remote: Remote::Udp(SocketAddr::from(([10, 0, 0, 1], port))),
            local_ip: None,
        }
    }

    #[test]
    fn the_downlink_follows_threefold_at_most_and_not_for_ever() {
        let mut rebinding = Rebinding::default();
        assert_eq!(rebinding.duplicate(S), None);
        rebinding.duplicated(5);
        assert!(rebinding.tried(S, path(7), 100, true));
        assert_eq!(rebinding.duplicate(S), Some((path(7), 300)));
        rebinding.duplicated(280);
        assert_eq!(rebinding.duplicate(2 * S), Some((path(7), 20)));
        assert!(!rebinding.tried(2 * S, path(7), 10, true));
        assert_eq!(rebinding.duplicate(2 * S), Some((path(7), 50)));
        rebinding.duplicated(90);
        assert_eq!(rebinding.duplicate(2 * S), Some((path(7), 0)));
        assert_eq!(rebinding.duplicate(7 * S), None);
    }

    #[test]
    fn a_second_move_begins_anew() {
        let mut rebinding = Rebinding::default();
        rebinding.tried(S, path(7), 1000, true);
        assert!(rebinding.tried(3 * S, path(8), 10, true));
        assert_eq!(rebinding.duplicate(8 * S), Some((path(8), 30)));
    }

    #[test]
    fn a_validated_address_is_followed_for_as_long_as_packets_come_from_there() {
        let mut rebinding = Rebinding::default();
        assert!(rebinding.is_look_due(S));
        assert!(!rebinding.looked(S, &path(1), path(1)));
        assert!(!rebinding.is_look_due(S + LOOK_NS - 1));
        assert!(rebinding.looked(2 * S, &path(1), path(2)));
        assert!(!rebinding.looked(3 * S, &path(1), path(2)));
        assert_eq!(rebinding.duplicate(8 * S), Some((path(2), usize::MAX)));
        assert!(!rebinding.looked(8 * S, &path(1), path(1)));
        assert_eq!(rebinding.duplicate(8 * S), None);
    }

    #[test]
    fn packets_still_coming_from_the_selected_address_do_not_end_an_unconfirmed_move() {
        let mut rebinding = Rebinding::default();
        rebinding.tried(S, path(7), 100, true);
        assert!(!rebinding.looked(S, &path(1), path(1)));
        assert_eq!(rebinding.duplicate(S), Some((path(7), 300)));
    }

    #[test]
    fn only_a_check_from_there_confirms() {
        let mut rebinding = Rebinding::default();
        assert!(!rebinding.confirm(&path(7)));
        rebinding.tried(S, path(7), 100, true);
        assert!(!rebinding.confirm(&path(8)));
        assert!(rebinding.confirm(&path(7)));
        assert_eq!(rebinding.duplicate(S), None);
    }

    #[test]
    fn failed_trials_are_few_a_second_and_authentic_ones_are_free() {
        let mut rebinding = Rebinding::default();
        for _ in 0..MAX_FAILED_TRIALS {
            assert!(rebinding.may_try(5 * S));
            rebinding.tried(5 * S, path(9), 100, false);
        }
        assert!(!rebinding.may_try(6 * S - 1));
        assert!(rebinding.may_try(6 * S));
        for _ in 0..2 * MAX_FAILED_TRIALS {
            assert!(rebinding.may_try(6 * S));
            rebinding.tried(6 * S, path(7), 100, true);
        }
    }
}
