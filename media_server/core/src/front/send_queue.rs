//! Datagrams that wait for a slow stream: bounded in bytes and in age, as media that comes late is no use.
use std::collections::VecDeque;

/// How long a datagram may wait. Over UDP a router's queue drops about as late; a retransmission would have been asked
/// for by then, and a picture that is older than that is better made anew.
pub const MAX_AGE_NS: u64 = 500_000_000;

/// Bytes that may wait: 0.5 s of 4 Mbit/s.
pub const MAX_BYTES: usize = 256 << 10;

/// What waits for one stream.
#[derive(Debug, Default)]
pub struct SendQueue {
    waiting: VecDeque<(u64, Vec<u8>)>,
    bytes: usize,
}

impl SendQueue {
    /// Takes a datagram that came at `now_ns`; drops what has waited too long, then it itself where there is no room.
    /// Returns how many were dropped.
    pub fn push(&mut self, now_ns: u64, datagram: Vec<u8>) -> u64 {
        let dropped = self.drop_old(now_ns);
        if self.bytes + datagram.len() > MAX_BYTES {
            return dropped + 1;
        }
        self.bytes += datagram.len();
        self.waiting.push_back((now_ns, datagram));
        dropped
    }

    /// The datagram that has waited longest.
    pub fn pop(&mut self) -> Option<Vec<u8>> {
        let (_, datagram) = self.waiting.pop_front()?;
        self.bytes -= datagram.len();
        Some(datagram)
    }

    /// Drops what has waited too long; returns how many.
    pub fn drop_old(&mut self, now_ns: u64) -> u64 {
        let mut dropped = 0;
        while let Some((since_ns, _)) = self.waiting.front()
            && now_ns.saturating_sub(*since_ns) > MAX_AGE_NS
        {
            self.pop();
            dropped += 1;
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_leave_in_order() {
        let mut queue = SendQueue::default();
        assert_eq!(queue.push(0, vec![1]), 0);
        assert_eq!(queue.push(1, vec![2]), 0);
        assert_eq!((queue.pop(), queue.pop()), (Some(vec![1]), Some(vec![2])));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn what_waited_too_long_makes_room_first() {
        let mut queue = SendQueue::default();
        queue.push(0, vec![1; MAX_BYTES]);
        assert_eq!(queue.push(MAX_AGE_NS, vec![2]), 1);
        assert_eq!(queue.push(MAX_AGE_NS + 1, vec![3]), 1);
        assert_eq!(queue.pop(), Some(vec![3]));
        queue.push(0, vec![4]);
        assert_eq!(queue.drop_old(MAX_AGE_NS + 1), 1);
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn bytes_are_bounded_and_counted_back() {
        let mut queue = SendQueue::default();
        queue.push(0, vec![1; MAX_BYTES - 1]);
        assert_eq!(queue.push(0, vec![2; 2]), 1);
        assert_eq!(queue.push(0, vec![3]), 0);
        queue.pop();
        assert_eq!(queue.push(0, vec![4; MAX_BYTES - 1]), 0);
    }
}
