//! Transport-wide congestion control feedback to a publisher (draft-holmer-rmcat-transport-wide-cc-extensions-01).
mod chunks;
mod recorder;
#[cfg(test)]
mod tests;

pub use recorder::Recorder;
