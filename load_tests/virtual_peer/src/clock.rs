//! The two clocks: CLOCK_MONOTONIC, which the caller's `time.monotonic_ns` reads as well, and CLOCK_REALTIME.
use rustix::time::{ClockId, Timespec, clock_gettime};

/// CLOCK_MONOTONIC.
pub fn monotonic_ns() -> u64 {
    ns(clock_gettime(ClockId::Monotonic))
}

/// CLOCK_REALTIME.
pub fn wall_ns() -> u64 {
    ns(clock_gettime(ClockId::Realtime))
}

/// CPU time of this process.
pub fn cpu_ns() -> u64 {
    ns(clock_gettime(ClockId::ProcessCPUTime))
}

fn ns(time: Timespec) -> u64 {
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
