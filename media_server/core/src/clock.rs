//! The two clocks of this host, and arrival times brought from one to the other.
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Kernel time stamps older than this are not believed: the wall clock was set, or the host slept.
const MAX_AGE_NS: u64 = 1_000_000_000;

/// Nanoseconds of CLOCK_MONOTONIC, the clock of Python's `time.monotonic_ns()`.
pub fn monotonic_ns() -> u64 {
    read_ns(ClockId::Monotonic)
}

/// Nanoseconds since the Unix epoch.
pub fn wall_ns() -> u64 {
    read_ns(ClockId::Realtime)
}

/// When a datagram arrived, on the monotonic clock, from the kernel's wall-clock stamp. Both `now`s are of one moment.
pub fn arrival_ns(now_ns: u64, wall_now_ns: u64, stamp: Option<Duration>) -> u64 {
    let Some(stamp) = stamp else { return now_ns };
    let stamp_ns = u64::try_from(stamp.as_nanos()).unwrap_or(u64::MAX);
    match wall_now_ns.checked_sub(stamp_ns) {
        Some(age_ns) if age_ns <= MAX_AGE_NS => now_ns.saturating_sub(age_ns),
        _ => now_ns,
    }
}

fn read_ns(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_moves_the_arrival_back_by_its_age() {
        assert_eq!(
            arrival_ns(5_000, 9_000, Some(Duration::from_nanos(8_800))),
            4_800
        );
    }

    #[test]
    fn a_missing_future_or_old_stamp_means_now() {
        assert_eq!(arrival_ns(5_000, 9_000, None), 5_000);
        assert_eq!(
            arrival_ns(5_000, 9_000, Some(Duration::from_nanos(9_001))),
            5_000
        );
        assert_eq!(
            arrival_ns(5_000, 3_000_000_000, Some(Duration::from_nanos(5))),
            5_000
        );
    }

    #[test]
    fn the_monotonic_clock_does_not_go_back() {
        let first = monotonic_ns();
        assert!(monotonic_ns() >= first);
    }
}
