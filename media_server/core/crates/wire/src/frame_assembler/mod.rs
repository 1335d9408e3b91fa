//! Packets of one track put back into whole frames, for the recorder.
//!
//! The router gives sequence numbers and timestamps that are continuous across layer switches and swallowed padding,
//! so a hole in the sequence is a packet that is late or lost. The assembler waits for it for a bounded time, then
//! goes on behind it: Opus with the next packet, video with the next key frame, since what lies between refers to
//! what was lost.
mod assembler;
mod codec;
mod depacketise;
mod reorder;
#[cfg(test)]
mod tests;

pub use assembler::{Frame, FrameAssembler};
pub use codec::Codec;
