//! What stands on the wire: STUN, SRTP, RTP, RTCP and payload formats as pure functions of bytes and time.
//!
//! Nothing here opens a socket, asks for the time or keeps a thread. Times are nanoseconds of one monotonic clock,
//! given by the caller. Parsers accept any bytes: they return a documented error or a value, and never panic.
#![forbid(unsafe_code)]

pub mod demux;
pub mod frame_assembler;
#[cfg(test)]
mod fuzzing;
pub mod h264;
pub mod reception;
pub mod red;
pub mod rtcp;
pub mod rtp;
pub mod srtp;
pub mod stun;
pub mod transport_feedback;
pub mod turn;
pub mod vp8;
