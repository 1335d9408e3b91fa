//! Datagrams that came in on another thread, on their way to the media thread that has their peer.
//!
//! They are handed over in batches: whoever brings them collects what one round gave him and takes the lock once; the
//! media thread takes all that waits by exchanging two buffers. It is woken only while it sleeps until something comes.
use std::sync::Mutex;

use crate::egress::Path;
use crate::locked::lock;

/// Bytes waiting at most: as much as the kernel keeps in the socket's own buffer. What comes beyond it is dropped, as
/// there: its sender repeats it, or can do without.
const MAX_BYTES: usize = 4 << 20;

/// Messages waiting at most: small ones cost more than their bytes.
const MAX_MESSAGES: usize = 16_384;

/// Memory a batch keeps when it is empty: a rare large one does not stay.
const KEPT_BYTES: usize = 256 << 10;

/// One message of a batch: datagrams of one source, of equal length but for the last.
#[derive(Debug, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// From where, to which of our addresses.
    pub path: Path,
    /// When it reached this host, on the core's clock.
    pub arrival_ns: u64,
    /// The datagrams, back to back.
    pub bytes: &'a mut [u8],
    /// Length of each but the last; at least 1.
    pub stride: usize,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    path: Path,
    arrival_ns: u64,
    length: usize,
    stride: usize,
}

/// Messages in order of arrival, in one piece of memory.
#[derive(Debug, Default)]
pub struct Batch {
    entries: Vec<Entry>,
    bytes: Vec<u8>,
}

impl Batch {
    /// Adds a message: one datagram, or a run of them of `stride` bytes each.
    pub fn push(&mut self, path: Path, arrival_ns: u64, stride: usize, bytes: &[u8]) {
        self.entries.push(Entry {
            path,
            arrival_ns,
            length: bytes.len(),
            stride: stride.max(1),
        });
        self.bytes.extend_from_slice(bytes);
    }

    /// The messages, oldest first.
    pub fn arrivals(&mut self) -> impl Iterator<Item = Arrival<'_>> {
        let mut rest = self.bytes.as_mut_slice();
        self.entries.iter().map(move |entry| {
            let (bytes, behind) = std::mem::take(&mut rest).split_at_mut(entry.length);
            rest = behind;
            Arrival {
                path: entry.path,
                arrival_ns: entry.arrival_ns,
                bytes,
                stride: entry.stride,
            }
        })
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets all; keeps the memory.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
    }

    /// Takes over what fits of another one; returns how many datagrams did not.
    fn append(&mut self, other: &mut Batch) -> u64 {
        if self.is_empty() && other.fits() {
            std::mem::swap(self, other);
            return 0;
        }
        let mut dropped = 0;
        for arrival in other.arrivals() {
            if self.bytes.len() + arrival.bytes.len() <= MAX_BYTES && self.len() < MAX_MESSAGES {
                self.push(
                    arrival.path,
                    arrival.arrival_ns,
                    arrival.stride,
                    arrival.bytes,
                );
            } else {
                dropped += arrival.bytes.len().div_ceil(arrival.stride).max(1) as u64;
            }
        }
        dropped
    }

    fn fits(&self) -> bool {
        self.bytes.len() <= MAX_BYTES && self.len() <= MAX_MESSAGES
    }
}

#[derive(Debug, Default)]
struct State {
    waiting: Batch,
    dropped: u64,
    is_asleep: bool,
}

/// The inbox of one media thread. Any thread may hand over; only its owner takes.
pub struct Inbox {
    state: Mutex<State>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Inbox {
    /// An empty one; `wake` ends its owner's sleep, and is called without any lock.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Inbox {
        Inbox {
            state: Mutex::default(),
            wake: Box::new(wake),
        }
    }

    /// Hands over all of a batch and leaves it empty. What does not fit is dropped and counted. Never waits for the
    /// owner.
    pub fn hand_over(&self, batch: &mut Batch) {
        if batch.is_empty() {
            return;
        }
        let was_asleep = {
            let mut state = lock(&self.state);
            let dropped = state.waiting.append(batch);
            state.dropped += dropped;
            std::mem::take(&mut state.is_asleep)
        };
        batch.clear();
        if was_asleep {
            (self.wake)();
        }
    }

    /// Exchanges what waits for an empty batch; returns how many datagrams were dropped since the last time.
    pub fn take(&self, empty: &mut Batch) -> u64 {
        empty.clear();
        let mut state = lock(&self.state);
        std::mem::swap(&mut state.waiting, empty);
        std::mem::take(&mut state.dropped)
    }

    /// To be asked before sleeping: false if something waits, else the next batch will wake.
    pub fn may_sleep(&self) -> bool {
        let mut state = lock(&self.state);
        state.is_asleep = state.waiting.is_empty();
        state.is_asleep
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::egress::Remote;

    fn path(port: u16) -> Path {
        Path {
            remote: Remote::Udp(SocketAddr::from(([192, 0, 2, 1], port))),
            local_ip: None,
        }
    }

    fn inbox() -> (Inbox, Arc<AtomicUsize>) {
        let woken = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&woken);
        let inbox = Inbox::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        (inbox, woken)
    }

    type Taken = Vec<(u16, u64, usize, Vec<u8>)>;

    fn taken(inbox: &Inbox) -> (Taken, u64) {
        let mut batch = Batch::default();
        let dropped = inbox.take(&mut batch);
        let arrivals = batch
            .arrivals()
            .map(|a| {
                (
                    a.path.remote.address().port(),
                    a.arrival_ns,
                    a.stride,
                    a.bytes.to_vec(),
                )
            })
            .collect();
        (arrivals, dropped)
    }

    #[test]
    fn batches_come_out_once_in_the_order_they_were_handed_over() {
        let (inbox, _) = inbox();
        let mut batch = Batch::default();
        batch.push(path(1), 10, 2, b"aabbc");
        batch.push(path(2), 11, 0, b"");
        inbox.hand_over(&mut batch);
        assert!(batch.is_empty());
        batch.push(path(3), 12, 3, b"ddd");
        inbox.hand_over(&mut batch);
        let expected = vec![
            (1, 10, 2, b"aabbc".to_vec()),
            (2, 11, 1, Vec::new()),
            (3, 12, 3, b"ddd".to_vec()),
        ];
        assert_eq!(taken(&inbox), (expected, 0));
        assert_eq!(taken(&inbox), (Vec::new(), 0));
    }

    #[test]
    fn the_owner_is_woken_once_and_only_while_it_sleeps() {
        let (inbox, woken) = inbox();
        let mut batch = Batch::default();
        inbox.hand_over(&mut batch);
        batch.push(path(1), 10, 1, b"a");
        inbox.hand_over(&mut batch);
        assert_eq!(woken.load(Ordering::Relaxed), 0);
        assert!(!inbox.may_sleep());
        taken(&inbox);
        assert!(inbox.may_sleep());
        for _ in 0..2 {
            batch.push(path(1), 10, 1, b"a");
            inbox.hand_over(&mut batch);
        }
        assert_eq!(woken.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted_by_the_datagram() {
        let (inbox, _) = inbox();
        let mut batch = Batch::default();
        batch.push(path(1), 10, 1000, &vec![1; MAX_BYTES - 10]);
        inbox.hand_over(&mut batch);
        batch.push(path(2), 11, 5, &[2; 11]);
        batch.push(path(3), 12, 10, &[3; 10]);
        batch.push(path(4), 13, 10, &[4; 1]);
        inbox.hand_over(&mut batch);
        let (arrivals, dropped) = taken(&inbox);
        let ports: Vec<u16> = arrivals.iter().map(|arrival| arrival.0).collect();
        assert_eq!(ports, [1, 3]);
        assert_eq!(dropped, 3 + 1);
        assert_eq!(taken(&inbox), (Vec::new(), 0));
    }

    #[test]
    fn a_flood_of_empty_datagrams_is_bounded_too() {
        let (inbox, _) = inbox();
        let mut batch = Batch::default();
        for _ in 0..MAX_MESSAGES + 7 {
            batch.push(path(1), 10, 1, b"");
        }
        inbox.hand_over(&mut batch);
        let (arrivals, dropped) = taken(&inbox);
        assert_eq!((arrivals.len(), dropped), (MAX_MESSAGES, 7));
    }
}
