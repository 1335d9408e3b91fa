//! The packet core of Lianzhen: one UDP socket, one thread, its peers. Several of them may share a port (`directory`).
//!
//! The deciding parts are pure: they take bytes and a time and return values (`router` composes them). `thread` drives
//! them on a socket, and `binding` is the Python module. docs/ARCHITECTURE.md shows the way of a packet.
#![forbid(unsafe_code)]

pub mod allocate;
pub mod allowance;
pub mod audio_level;
#[cfg(feature = "python")]
mod binding;
pub mod clock;
pub mod congestion;
pub mod copies;
pub mod counters;
pub mod directory;
pub mod egress;
pub mod events;
pub mod front;
pub mod gap_wait;
pub mod history;
pub mod inbox;
pub mod input;
pub mod keyframe;
pub mod layer;
mod locked;
pub mod numbered;
pub mod outgoing_header;
pub mod output;
pub mod pace;
pub mod pacer;
pub mod packet;
pub mod peers;
pub mod playout_delay;
pub mod rate;
pub mod rebinding;
pub mod redundancy;
pub mod router;
pub mod routes;
pub mod seeded;
pub mod select;
pub mod sent_log;
pub mod socket;
pub mod splice;
pub mod streams;
pub mod tap;
pub mod tap_ring;
pub mod thread;
