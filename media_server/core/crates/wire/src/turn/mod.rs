//! TURN over a stream, as a server that relays to itself needs it (RFC 8656, RFC 8489): reads messages, writes answers.
mod credentials;
mod message;
#[cfg(test)]
mod tests;
mod write;

pub use credentials::{LongTermKey, password_of};
pub use message::{Message, Method, Request, TurnError, parse, whole_length};
pub use write::{
    Attribute, ErrorCode, write_channel_data, write_data_indication, write_error, write_success,
};

/// Numbers that channels may have (RFC 8656 §12).
pub const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x4fff;

/// The longest message taken from a stream: a relayed datagram of 2,048 bytes with its attributes.
pub const MAX_MESSAGE_BYTES: usize = 2_304;
