//! What arrived of one incoming RTP stream: duplicates, loss, jitter, reports, and what to ask for again.
mod jitter;
mod log;
mod missing;
#[cfg(test)]
mod tests;
mod window;

pub use log::{Arrival, ReceiveLog};
