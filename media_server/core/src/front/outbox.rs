//! From the media thread to the streams' thread: datagrams in one bounded buffer, taken all at once.
use std::io;
use std::sync::{Mutex, PoisonError};

use mio::{Registry, Token, Waker};

use crate::egress::{Burst, StreamId};

/// Bytes that may wait: 0.3 s of 100 Mbit/s. The streams' thread takes them within a millisecond unless it is starved.
const MAX_BYTES: usize = 4 << 20;

/// Datagrams back to back, with the stream and length of each.
#[derive(Debug, Default)]
pub struct Parcel {
    bytes: Vec<u8>,
    items: Vec<(StreamId, usize)>,
}

impl Parcel {
    /// Each datagram with its stream.
    pub fn iter(&self) -> impl Iterator<Item = (StreamId, &[u8])> {
        let mut start = 0;
        self.items.iter().map(move |&(id, length)| {
            let datagram = &self.bytes[start..start + length];
            start += length;
            (id, datagram)
        })
    }

    /// Puts a run of datagrams of equal length (but for the last) in; false, and nothing, where there is no room.
    fn put(&mut self, id: StreamId, run: &[u8], segment_bytes: usize) -> bool {
        if self.bytes.len() + run.len() > MAX_BYTES {
            return false;
        }
        self.bytes.extend_from_slice(run);
        let datagrams = run.chunks(segment_bytes.max(1));
        self.items
            .extend(datagrams.map(|datagram| (id, datagram.len())));
        true
    }

    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.items.clear();
    }
}

/// The one parcel that waits, and the bell that says so.
pub struct Outbox {
    waiting: Mutex<Parcel>,
    waker: Waker,
}

impl Outbox {
    /// An empty one that wakes a poll.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Outbox> {
        Ok(Outbox {
            waiting: Mutex::default(),
            waker: Waker::new(registry, token)?,
        })
    }

    /// Puts a burst in; false if it was dropped for want of room. Called on a media thread; the lock is never held over
    /// input or output.
    pub fn put(&self, id: StreamId, burst: &Burst<'_>) -> bool {
        let (is_first, is_taken) = {
            let mut parcel = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let is_first = parcel.items.is_empty();
            (is_first, parcel.put(id, burst.bytes, burst.segment_bytes))
        };
        if is_first {
            self.wake();
        }
        is_taken
    }

    /// Wakes the streams' thread.
    pub fn wake(&self) {
        // It fails only without the poll, whose thread is gone then.
        let _ = self.waker.wake();
    }

    /// Takes what waits and leaves `empty` for it, which must be so.
    pub fn take(&self, empty: &mut Parcel) {
        let mut parcel = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut *parcel, empty);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_apart_into_the_datagrams_they_were_made_of() {
        let mut parcel = Parcel::default();
        assert!(parcel.put(7, b"aabbc", 2));
        assert!(parcel.put(9, b"d", 1));
        let found: Vec<_> = parcel.iter().collect();
        assert_eq!(found, [(7, &b"aa"[..]), (7, b"bb"), (7, b"c"), (9, b"d")]);
        parcel.clear();
        assert_eq!(parcel.iter().count(), 0);
    }

    #[test]
    fn without_room_a_run_is_refused_whole() {
        let mut parcel = Parcel::default();
        assert!(parcel.put(1, &vec![0; MAX_BYTES - 1], 1_200));
        assert!(!parcel.put(1, b"ab", 1));
        assert!(parcel.put(1, b"a", 1));
    }
}
