//! What stands on the wire: STUN, SRTP, RTP, RTCP and payload formats as pure functions of bytes and time.
#![forbid(unsafe_code)]
