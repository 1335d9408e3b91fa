//! The estimate beside emulated links, faster than real time.
mod link;
mod scenarios;
