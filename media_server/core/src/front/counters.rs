//! What the front has seen since the start, told in the stats beside the router's counters.
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counters, written by the front's thread and read by any.
        #[derive(Debug, Default)]
        pub struct FrontCounters { $($(#[$doc])* pub $name: AtomicU64,)* }

        impl FrontCounters {
            /// (name, value) of all.
            pub fn values(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name.load(Ordering::Relaxed)),)*]
            }
        }
    };
}

counters! {
    /// Connections accepted.
    stream_accepted,
    /// Refused at once: too many, or too many from one address.
    stream_refused,
    /// Closed because they spoke nothing we know, or it was malformed.
    stream_foreign,
    /// Closed because they said nothing for too long.
    stream_idle,
    /// Datagrams taken out of streams.
    stream_datagrams_received,
    /// Datagrams given to streams.
    stream_datagrams_sent,
    /// Datagrams of TURN clients that led to none of our addresses, or were more than one may send.
    turn_datagrams_refused,
    /// Datagrams dropped because their stream was slow or gone.
    stream_datagrams_dropped,
}

/// Counts one.
pub fn count(counter: &AtomicU64) {
    add(counter, 1);
}

/// Counts several.
pub fn add(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Ordering::Relaxed);
}
