//! Outgoing datagrams of one receive batch, kept together per peer so that runs of equal size leave in one send.
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

use crate::numbered::Slot;

/// A way through one of our streams (`front`): an ICE-TCP connection, or one peer address of a TURN client's.
pub type StreamId = u32;

/// The far end of a path. The same address over UDP and over a stream are two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remote {
    /// An address that the UDP socket hears and reaches.
    Udp(SocketAddr),
    /// What a stream carries; the number is given once in the life of the process.
    Stream {
        /// Which.
        id: StreamId,
        /// The address that its owner has as we see it.
        address: SocketAddr,
    },
}

impl Remote {
    /// The address, whatever leads there.
    pub fn address(&self) -> SocketAddr {
        match *self {
            Remote::Udp(address) | Remote::Stream { address, .. } => address,
        }
    }
}

impl Hash for Remote {
    /// Looked up for every packet, so no more is hashed than tells the ends apart.
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Remote::Udp(address) => address.hash(state),
            Remote::Stream { id, .. } => id.hash(state),
        }
    }
}

/// Between which two addresses datagrams travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// The peer's end.
    pub remote: Remote,
    /// Our own address it sends to, where the kernel tells: answers must leave from it on a host with several.
    pub local_ip: Option<IpAddr>,
}

/// Segments in one send: the kernel's UDP_MAX_SEGMENTS is 64 up to Linux 6.8.
const MAX_SEGMENTS: usize = 64;

/// Bytes in one send: a UDP length of 65,535 less the headers of UDP and IPv6.
const MAX_BURST_BYTES: usize = 65_000;

/// Memory a flow keeps between batches; a rare large batch does not stay with each of a thousand peers.
const KEPT_BYTES: usize = 128 << 10;

/// Datagrams to one peer, back to back.
#[derive(Debug, Default)]
struct Flow {
    path: Option<Path>,
    bytes: Vec<u8>,
    lengths: Vec<u32>,
    is_touched: bool,
}

/// A run of datagrams to one address: all of `segment_bytes`, the last one may be shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst<'a> {
    /// Where it goes.
    pub path: Path,
    /// The datagrams, back to back.
    pub bytes: &'a [u8],
    /// Length of each datagram but the last.
    pub segment_bytes: usize,
    /// How many datagrams.
    pub datagrams: usize,
}

/// What is waiting to be sent. Bounded by its user, who sends and clears it after each receive batch.
#[derive(Debug, Default)]
pub struct Egress {
    flows: Vec<Flow>,
    touched: Vec<Slot>,
    answers: Vec<(Path, usize)>,
    answer_bytes: Vec<u8>,
    byte_count: usize,
}

impl Egress {
    /// The buffer of a peer's flow: append one datagram, then call `commit`.
    #[inline]
    pub fn begin(&mut self, peer: Slot, path: Path) -> &mut Vec<u8> {
        if peer >= self.flows.len() {
            self.flows.resize_with(peer + 1, Flow::default);
        }
        let flow = &mut self.flows[peer];
        // Datagrams of a slot's former peer must not be sent to its new one, so a change of path closes the flow.
        if flow.path != Some(path) {
            if !flow.lengths.is_empty() {
                Self::move_to_answers(flow, &mut self.answers, &mut self.answer_bytes);
            }
            flow.path = Some(path);
        }
        if !flow.is_touched {
            flow.is_touched = true;
            self.touched.push(peer);
        }
        &mut flow.bytes
    }

    /// Ends the datagram that was begun at `start` in the peer's flow; its length.
    #[inline]
    pub fn commit(&mut self, peer: Slot, start: usize) -> usize {
        let flow = &mut self.flows[peer];
        let length = flow.bytes.len() - start;
        flow.lengths.push(length as u32);
        self.byte_count += length;
        length
    }

    /// Queues one datagram to a path that need not be a peer's.
    pub fn answer(&mut self, path: Path, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.answer_bytes.len();
        write(&mut self.answer_bytes);
        let length = self.answer_bytes.len() - start;
        self.answers.push((path, length));
        self.byte_count += length;
    }

    /// Queues what waits for a peer a second time, to another path, up to `max_bytes`; returns datagrams and bytes.
    pub fn duplicate(&mut self, peer: Slot, path: Path, max_bytes: usize) -> (usize, usize) {
        let (mut datagrams, mut bytes) = (0, 0);
        let Some(flow) = self.flows.get(peer) else {
            return (0, 0);
        };
        for &length in &flow.lengths {
            let length = length as usize;
            if bytes + length > max_bytes {
                break;
            }
            self.answers.push((path, length));
            datagrams += 1;
            bytes += length;
        }
        self.answer_bytes.extend_from_slice(&flow.bytes[..bytes]);
        self.byte_count += bytes;
        (datagrams, bytes)
    }

    /// Bytes waiting.
    pub fn byte_count(&self) -> usize {
        self.byte_count
    }

    /// Everything that waits, as runs to be sent in order.
    pub fn bursts(&self) -> impl Iterator<Item = Burst<'_>> {
        let mut answer_start = 0;
        let answers = self.answers.iter().map(move |&(path, length)| {
            let bytes = &self.answer_bytes[answer_start..answer_start + length];
            answer_start += length;
            Burst {
                path,
                bytes,
                segment_bytes: length,
                datagrams: 1,
            }
        });
        let flows = self.touched.iter().flat_map(|&slot| {
            let flow = &self.flows[slot];
            flow.path.into_iter().flat_map(|path| Runs {
                path,
                bytes: &flow.bytes,
                lengths: &flow.lengths,
            })
        });
        answers.chain(flows)
    }

    /// Forgets what was sent; keeps the memory.
    pub fn clear(&mut self) {
        for slot in self.touched.drain(..) {
            let flow = &mut self.flows[slot];
            flow.bytes.clear();
            flow.bytes.shrink_to(KEPT_BYTES);
            flow.lengths.clear();
            flow.is_touched = false;
        }
        self.answers.clear();
        self.answer_bytes.clear();
        self.byte_count = 0;
    }

    fn move_to_answers(
        flow: &mut Flow,
        answers: &mut Vec<(Path, usize)>,
        answer_bytes: &mut Vec<u8>,
    ) {
        if let Some(path) = flow.path {
            answers.extend(flow.lengths.iter().map(|&length| (path, length as usize)));
            answer_bytes.extend_from_slice(&flow.bytes);
        }
        flow.bytes.clear();
        flow.lengths.clear();
    }
}

/// Splits a flow into runs of equal length, where the last datagram of a run may be shorter (UDP_SEGMENT, udp(7)).
struct Runs<'a> {
    path: Path,
    bytes: &'a [u8],
    lengths: &'a [u32],
}

impl<'a> Iterator for Runs<'a> {
    type Item = Burst<'a>;

    fn next(&mut self) -> Option<Burst<'a>> {
        let segment_bytes = *self.lengths.first()? as usize;
        let (mut datagrams, mut total) = (0, 0);
        for &length in self.lengths.iter().take(MAX_SEGMENTS) {
            let length = length as usize;
            if length > segment_bytes || (total + length > MAX_BURST_BYTES && datagrams > 0) {
                break;
            }
            datagrams += 1;
            total += length;
            if length < segment_bytes {
                break;
            }
        }
        let (bytes, rest) = self.bytes.split_at(total);
        self.bytes = rest;
        self.lengths = &self.lengths[datagrams..];
        Some(Burst {
            path: self.path,
            bytes,
            segment_bytes,
            datagrams,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(port: u16) -> Path {
        Path {
            remote: Remote::Udp(SocketAddr::from(([127, 0, 0, 1], port))),
            local_ip: None,
        }
    }

    fn push(egress: &mut Egress, slot: Slot, port: u16, datagram: &[u8]) {
        let bytes = egress.begin(slot, path(port));
        let start = bytes.len();
        bytes.extend_from_slice(datagram);
        egress.commit(slot, start);
    }

    fn shapes(egress: &Egress) -> Vec<(u16, usize, usize, usize)> {
        egress
            .bursts()
            .map(|burst| {
                (
                    burst.path.remote.address().port(),
                    burst.segment_bytes,
                    burst.datagrams,
                    burst.bytes.len(),
                )
            })
            .collect()
    }

    #[test]
    fn equal_datagrams_to_one_peer_form_one_run_whose_last_may_be_shorter() {
        let mut egress = Egress::default();
        for length in [10, 10, 10, 4, 10, 12, 12] {
            push(&mut egress, 0, 1, &vec![1; length]);
        }
        assert_eq!(
            shapes(&egress),
            [(1, 10, 4, 34), (1, 10, 1, 10), (1, 12, 2, 24)]
        );
    }

    #[test]
    fn interleaved_peers_are_grouped() {
        let mut egress = Egress::default();
        for _ in 0..3 {
            push(&mut egress, 2, 2, &[1; 5]);
            push(&mut egress, 0, 1, &[2; 5]);
        }
        assert_eq!(shapes(&egress), [(2, 5, 3, 15), (1, 5, 3, 15)]);
        assert_eq!(egress.byte_count(), 30);
        egress.clear();
        assert_eq!(shapes(&egress), []);
        assert_eq!(egress.byte_count(), 0);
    }

    #[test]
    fn a_run_keeps_within_the_limits_of_one_send() {
        let mut egress = Egress::default();
        for _ in 0..100 {
            push(&mut egress, 0, 1, &[0; 10]);
        }
        for _ in 0..60 {
            push(&mut egress, 1, 2, &[0; 1200]);
        }
        assert_eq!(
            shapes(&egress),
            [
                (1, 10, 64, 640),
                (1, 10, 36, 360),
                (2, 1200, 54, 64_800),
                (2, 1200, 6, 7200)
            ]
        );
    }

    #[test]
    fn whole_datagrams_are_duplicated_up_to_a_limit() {
        let mut egress = Egress::default();
        for length in [10, 12, 5] {
            push(&mut egress, 1, 1, &vec![length as u8; length]);
        }
        assert_eq!(egress.duplicate(9, path(2), 100), (0, 0));
        assert_eq!(egress.duplicate(1, path(2), 26), (2, 22));
        assert_eq!(egress.byte_count(), 49);
        assert_eq!(
            shapes(&egress),
            [
                (2, 10, 1, 10),
                (2, 12, 1, 12),
                (1, 10, 1, 10),
                (1, 12, 2, 17)
            ]
        );
    }

    #[test]
    fn what_was_meant_for_the_old_path_goes_there() {
        let mut egress = Egress::default();
        push(&mut egress, 0, 1, b"old");
        push(&mut egress, 0, 2, b"new!");
        egress.answer(path(3), |out| out.extend_from_slice(b"stun"));
        let sent: Vec<_> = egress
            .bursts()
            .map(|burst| (burst.path.remote.address().port(), burst.bytes.to_vec()))
            .collect();
        assert_eq!(
            sent,
            [
                (1, b"old".to_vec()),
                (3, b"stun".to_vec()),
                (2, b"new!".to_vec())
            ]
        );
    }
}
