//! Datagrams on their way out: neighbours of one size to one address leave in one system call (UDP GSO).
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};

/// What the kernel takes in one call (UDP_MAX_SEGMENTS is 64 or 128, 64 kB with headers).
const MAX_SEGMENTS: usize = 50;
const MAX_BYTES: usize = 60_000;

/// A run of datagrams of one size, and where to.
#[derive(Debug)]
pub struct Outbox {
    bytes: Vec<u8>,
    size: usize,
    destination: SocketAddr,
    /// Datagrams that the kernel refused.
    pub refused: u64,
}

impl Default for Outbox {
    fn default() -> Outbox {
        let destination = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
        Outbox {
            bytes: Vec::new(),
            size: 0,
            destination,
            refused: 0,
        }
    }
}

impl Outbox {
    /// Takes a datagram; sends what it does not fit to.
    pub fn push(
        &mut self,
        socket: UdpSockRef<'_>,
        state: &UdpSocketState,
        destination: SocketAddr,
        datagram: &[u8],
    ) {
        let is_fitting = destination == self.destination
            && datagram.len() == self.size
            && self.bytes.len() / self.size < MAX_SEGMENTS
            && self.bytes.len() + datagram.len() <= MAX_BYTES;
        if !is_fitting {
            self.flush(socket, state);
            (self.size, self.destination) = (datagram.len(), destination);
        }
        self.bytes.extend_from_slice(datagram);
    }

    /// Sends what waits.
    pub fn flush(&mut self, socket: UdpSockRef<'_>, state: &UdpSocketState) {
        if self.bytes.is_empty() {
            return;
        }
        let segments = self.bytes.len() / self.size;
        let transmit = Transmit {
            destination: self.destination,
            ecn: None,
            contents: &self.bytes,
            segment_size: (segments > 1).then_some(self.size),
            src_ip: None,
        };
        let sent: io::Result<()> = state.try_send(socket, &transmit);
        if sent.is_err() {
            self.refused += segments as u64;
        }
        self.bytes.clear();
    }
}
