//! Streams beside the UDP socket: ICE over TCP on the media port, and the one TLS port that HTTP and TURN share.
//!
//! A thread of its own, so that neither a TLS handshake nor a page of the web client ever stands before a packet. What
//! it takes out of the streams goes to the router as datagrams whose path is a stream's (`egress::Remote`); what the
//! router sends there comes back through `outbox`. Decisions are in pure modules, each with its tests.
mod connection;
pub mod counters;
pub mod driver;
pub mod framing;
pub mod outbox;
pub mod proxy_protocol;
pub mod relay;
pub mod send_queue;
pub mod sniff;
pub mod tls;
pub mod turn;

pub use connection::Speaks;
pub use driver::{Door, Front, Streams};
