//! The router as a whole, with fake clients at the other end of a fake network. No socket, no sleep: time is a number.
mod allot;
mod clocks;
mod congestion;
mod forwarding;
mod hostile;
mod paths;
mod playout_delay;
mod redundancy;
mod repair;
mod reports;
mod routes;
mod simulcast;
mod taps;
mod threads;
mod world;
