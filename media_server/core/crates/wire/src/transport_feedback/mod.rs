//! Transport-wide congestion control feedback, written to publishers and read from subscribers (draft-holmer-rmcat-transport-wide-cc-extensions-01).
mod chunks;
mod parse;
mod recorder;
#[cfg(test)]
mod tests;

pub use parse::{Feedback, Status, Statuses, parse};
pub use recorder::Recorder;
