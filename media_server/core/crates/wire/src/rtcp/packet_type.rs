//! The numbers that name RTCP packets (RFC 3550 §12.1, RFC 4585 §6, RFC 5104 §4.3, draft-holmer-rmcat-twcc-01 §3.1).

pub(super) const SENDER_REPORT: u8 = 200;
pub(super) const RECEIVER_REPORT: u8 = 201;
pub(super) const SOURCE_DESCRIPTION: u8 = 202;
pub(super) const GOODBYE: u8 = 203;
/// RTPFB.
pub(crate) const TRANSPORT_FEEDBACK: u8 = 205;
/// PSFB.
pub(super) const PAYLOAD_FEEDBACK: u8 = 206;

/// Feedback message type of RTPFB: generic NACK.
pub(super) const GENERIC_NACK: u8 = 1;
/// Feedback message type of RTPFB: transport-wide feedback.
pub(crate) const TRANSPORT_WIDE: u8 = 15;
/// Feedback message type of PSFB: PLI.
pub(super) const PICTURE_LOSS: u8 = 1;
/// Feedback message type of PSFB: FIR.
pub(super) const FULL_INTRA: u8 = 4;
/// Feedback message type of PSFB: AFB, of which REMB is one.
pub(super) const APPLICATION_LAYER: u8 = 15;

/// Bytes of a report block (RFC 3550 §6.4.1).
pub(super) const REPORT_BLOCK_LEN: usize = 24;
