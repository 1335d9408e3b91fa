//! The UDP socket: many datagrams a system call in both directions (recvmmsg with GRO, GSO), large buffers.
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use rustix::net::sockopt;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::egress::{Burst, Egress, Path, Remote, StreamId};
use crate::front::Streams;
use crate::router::SendReport;

/// What the kernel should buffer in each direction: 0.3 s of 100 Mbit/s, so that a late thread loses nothing.
const BUFFER_BYTES: usize = 4 << 20;

/// Messages taken by one receive call.
const MESSAGES: usize = 16;

/// The longest message: a whole UDP datagram, or as many as GRO puts together.
const MESSAGE_BYTES: usize = 65_536;

/// The bound socket with its receive buffers.
pub struct UdpSocket {
    socket: mio::net::UdpSocket,
    state: UdpSocketState,
    buffers: Vec<Vec<u8>>,
    metas: [RecvMeta; MESSAGES],
    is_wildcard: bool,
    local: SocketAddr,
}

/// Datagrams of one source, of equal length but for the last.
pub struct Message<'a> {
    /// From where, to which of our addresses.
    pub path: Path,
    /// When the kernel took it, since the Unix epoch.
    pub stamp: Option<Duration>,
    /// The datagrams, back to back; empty for one empty datagram.
    pub bytes: &'a mut [u8],
    /// Length of each but the last.
    pub stride: usize,
}

impl UdpSocket {
    /// Binds. "::" takes IPv4 as well.
    pub fn bind(address: IpAddr, port: u16) -> io::Result<UdpSocket> {
        UdpSocket::bind_one(SocketAddr::new(address, port), None)
    }

    /// Binds several to one port, among which the kernel spreads the clients (SO_REUSEPORT, socket(7)). The first one
    /// binds as if it were alone: a port that another server has is refused, however that one shares it with itself.
    pub fn bind_several(address: IpAddr, port: u16, count: usize) -> io::Result<Vec<UdpSocket>> {
        let first = UdpSocket::bind(address, port)?;
        let shared = SocketAddr::new(address, first.port());
        let mut sockets = vec![first];
        while sockets.len() < count {
            let beside = UdpSocket::bind_one(shared, sockets.first())?;
            sockets.push(beside);
        }
        Ok(sockets)
    }

    fn bind_one(address: SocketAddr, beside: Option<&UdpSocket>) -> io::Result<UdpSocket> {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::DGRAM,
            Some(Protocol::UDP),
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        if let Some(first) = beside {
            SockRef::from(&first.socket).set_reuse_port(true)?;
            socket.set_reuse_port(true)?;
        }
        socket.bind(&address.into())?;
        widen_buffers(&socket);
        let state = UdpSocketState::new((&socket).into())?;
        let socket: std::net::UdpSocket = socket.into();
        let local = socket.local_addr()?;
        Ok(UdpSocket {
            socket: mio::net::UdpSocket::from_std(socket),
            state,
            buffers: (0..MESSAGES).map(|_| vec![0; MESSAGE_BYTES]).collect(),
            metas: [RecvMeta::default(); MESSAGES],
            is_wildcard: address.ip().is_unspecified(),
            local,
        })
    }

    /// The bound port.
    pub fn port(&self) -> u16 {
        self.local.port()
    }

    /// For readiness.
    pub fn source(&mut self) -> &mut mio::net::UdpSocket {
        &mut self.socket
    }

    /// Takes what waits, at most `MESSAGES` messages; see them with `message`. Returns how many, and if more may wait.
    pub fn receive(&mut self) -> (usize, bool) {
        let mut buffers = self.buffers.iter_mut();
        let mut slices: [IoSliceMut<'_>; MESSAGES] =
            std::array::from_fn(|_| match buffers.next() {
                Some(buffer) => IoSliceMut::new(buffer),
                None => IoSliceMut::new(&mut []),
            });
        match self
            .state
            .recv((&self.socket).into(), &mut slices, &mut self.metas)
        {
            Ok(received) => (received, received == MESSAGES),
            // Nothing waits, or an error of an earlier send that belongs to nobody here.
            Err(error) => (0, error.kind() != io::ErrorKind::WouldBlock),
        }
    }

    /// A message of the last `receive`.
    pub fn message(&mut self, index: usize) -> Message<'_> {
        let meta = &self.metas[index];
        let local_ip = if self.is_wildcard { meta.dst_ip } else { None };
        Message {
            path: Path {
                remote: Remote::Udp(meta.addr),
                local_ip,
            },
            stamp: meta.timestamp,
            bytes: &mut self.buffers[index][..meta.len],
            stride: meta.stride.max(1),
        }
    }

    /// Sends everything. What the kernel refuses is counted and gone: UDP may lose, and RTP repairs.
    pub fn send(&self, egress: &Egress, streams: &Streams) -> SendReport {
        let mut report = SendReport::default();
        for burst in egress.bursts() {
            match burst.path.remote {
                Remote::Udp(_) => self.send_burst(&burst, &mut report),
                Remote::Stream { id, .. } => send_to_stream(&burst, id, streams, &mut report),
            }
        }
        report
    }

    fn send_burst(&self, burst: &Burst<'_>, report: &mut SendReport) {
        let segments = self.state.max_gso_segments().max(1);
        for part in burst.bytes.chunks(burst.segment_bytes.max(1) * segments) {
            let datagrams = part.len().div_ceil(burst.segment_bytes.max(1));
            if self.try_send(burst, part, report) {
                report.datagrams += datagrams as u64;
                report.bytes += part.len() as u64;
            } else if datagrams > 1 {
                self.send_singly(burst, part, report);
            } else {
                report.failed_datagrams += 1;
            }
        }
    }

    /// For drivers and tunnels that refuse segmentation, and so that one bad datagram does not take the run with it.
    fn send_singly(&self, burst: &Burst<'_>, part: &[u8], report: &mut SendReport) {
        for datagram in part.chunks(burst.segment_bytes) {
            if self.try_send(burst, datagram, report) {
                report.datagrams += 1;
                report.bytes += datagram.len() as u64;
            } else {
                report.failed_datagrams += 1;
            }
        }
    }

    fn try_send(&self, burst: &Burst<'_>, contents: &[u8], report: &mut SendReport) -> bool {
        let transmit = Transmit {
            destination: burst.path.remote.address(),
            ecn: None,
            contents,
            segment_size: (contents.len() > burst.segment_bytes).then_some(burst.segment_bytes),
            src_ip: burst.path.local_ip,
        };
        report.sends += 1;
        self.state
            .try_send((&self.socket).into(), &transmit)
            .is_ok()
    }
}

fn send_to_stream(burst: &Burst<'_>, id: StreamId, streams: &Streams, report: &mut SendReport) {
    if streams.put(id, burst) {
        report.datagrams += burst.datagrams as u64;
        report.bytes += burst.bytes.len() as u64;
    } else {
        report.failed_datagrams += burst.datagrams as u64;
    }
}

/// Beyond net.core.[rw]mem_max where we may (CAP_NET_ADMIN), up to it elsewhere. Smaller buffers only lose sooner, so
/// a refusal is no reason not to start.
fn widen_buffers(socket: &Socket) {
    if sockopt::set_socket_recv_buffer_size_force(socket, BUFFER_BYTES).is_err() {
        let _ = socket.set_recv_buffer_size(BUFFER_BYTES);
    }
    if sockopt::set_socket_send_buffer_size_force(socket, BUFFER_BYTES).is_err() {
        let _ = socket.set_send_buffer_size(BUFFER_BYTES);
    }
}
