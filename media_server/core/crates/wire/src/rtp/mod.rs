//! RTP packets: fixed header, header extensions, and numbers unwrapped to 64 bits (RFC 3550 §5, RFC 8285).
mod extensions;
mod header;
#[cfg(test)]
mod tests;
mod unwrap;

pub use extensions::{ExtensionWriter, Extensions};
pub use header::{FIXED_HEADER_LEN, Fields, Header, RtpError, parse, write_header};
pub use unwrap::{SequenceUnwrapper, TimestampUnwrapper};
