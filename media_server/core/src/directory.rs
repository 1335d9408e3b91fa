//! Which of several media threads on one port has which peer: by its ufrags, by the addresses it is heard from, and by
//! the SSRCs it sends under, which tell whose a datagram is when a peer has moved.
//!
//! The kernel spreads clients over the threads' sockets by their addresses and knows nothing of rooms. A thread that is
//! given another one's datagram looks here and hands it over (`inbox`). Written when peers come, go and are checked;
//! read for messages from addresses that the reading thread does not know.
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustc_hash::FxHashMap;

use crate::egress::Remote;

/// Which media thread, counted from 0.
pub type ThreadIndex = usize;

/// Another thread's peer cannot take over an address checked so lately. Longer than the gap between two consent checks
/// (RFC 7675 §5.1: at most 6 s), so that a spoofed source cannot cut off whoever lives there.
pub const ADDRESS_HOLD_NS: u64 = 6_000_000_000;

#[derive(Debug, Clone, Copy)]
struct Holder {
    thread: ThreadIndex,
    checked_ns: u64,
}

#[derive(Debug, Default)]
struct State {
    by_ufrag: FxHashMap<String, ThreadIndex>,
    by_remote: FxHashMap<Remote, Holder>,
    by_ssrc: FxHashMap<u32, ThreadIndex>,
    lost: Vec<(ThreadIndex, Remote)>,
}

/// The directory that the media threads of one port share.
#[derive(Debug, Default)]
pub struct Directory {
    state: RwLock<State>,
}

impl Directory {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        // A panic in one of the core's threads ends the process.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One media thread's view of the directory.
#[derive(Debug, Clone)]
pub struct Member {
    directory: Arc<Directory>,
    thread: ThreadIndex,
}

impl Member {
    /// The view of thread number `thread`.
    pub fn new(directory: Arc<Directory>, thread: ThreadIndex) -> Member {
        Member { directory, thread }
    }

    /// The other thread that has this ufrag.
    pub fn elsewhere_by_ufrag(&self, ufrag: &str) -> Option<ThreadIndex> {
        let thread = self.directory.read().by_ufrag.get(ufrag).copied();
        thread.filter(|&thread| thread != self.thread)
    }

    /// The other thread whose peer is heard from there.
    pub fn elsewhere(&self, remote: &Remote) -> Option<ThreadIndex> {
        let holder = self.directory.read().by_remote.get(remote).copied();
        holder
            .map(|holder| holder.thread)
            .filter(|&thread| thread != self.thread)
    }

    /// The other thread one of whose peers sends under this SSRC.
    pub fn elsewhere_by_ssrc(&self, ssrc: u32) -> Option<ThreadIndex> {
        let thread = self.directory.read().by_ssrc.get(&ssrc).copied();
        thread.filter(|&thread| thread != self.thread)
    }

    /// The peers here send under these SSRCs, and no others. One in use elsewhere stays there.
    pub fn set_ssrcs(&self, ssrcs: impl Iterator<Item = u32>) {
        let mut state = self.directory.write();
        state.by_ssrc.retain(|_, thread| *thread != self.thread);
        for ssrc in ssrcs {
            state.by_ssrc.entry(ssrc).or_insert(self.thread);
        }
    }

    /// Checks for this ufrag belong here from now on.
    pub fn add_ufrag(&self, ufrag: &str) {
        let mut state = self.directory.write();
        state.by_ufrag.insert(ufrag.to_owned(), self.thread);
    }

    /// Nobody has this ufrag any more.
    pub fn remove_ufrag(&self, ufrag: &str) {
        self.directory.write().by_ufrag.remove(ufrag);
    }

    /// A peer here was checked at this address; false if another thread's peer holds it.
    pub fn claim(&self, now_ns: u64, remote: Remote) -> bool {
        let mut state = self.directory.write();
        let holder = Holder {
            thread: self.thread,
            checked_ns: now_ns,
        };
        match state.by_remote.get(&remote).copied() {
            Some(before) if before.thread != self.thread => {
                if now_ns.saturating_sub(before.checked_ns) < ADDRESS_HOLD_NS {
                    return false;
                }
                state.lost.push((before.thread, remote));
            }
            _ => {}
        }
        state.by_remote.insert(remote, holder);
        true
    }

    /// No peer here is at this address any more.
    pub fn release(&self, remote: &Remote) {
        let mut state = self.directory.write();
        let is_ours = state
            .by_remote
            .get(remote)
            .is_some_and(|holder| holder.thread == self.thread);
        if is_ours {
            state.by_remote.remove(remote);
        }
    }

    /// The addresses that other threads' peers have taken over since the last call.
    pub fn take_lost(&self) -> Vec<Remote> {
        if self.directory.read().lost.is_empty() {
            return Vec::new();
        }
        let mut state = self.directory.write();
        let (ours, others) = std::mem::take(&mut state.lost)
            .into_iter()
            .partition(|(thread, _)| *thread == self.thread);
        state.lost = others;
        let ours: Vec<(ThreadIndex, Remote)> = ours;
        ours.into_iter().map(|(_, remote)| remote).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn remote(port: u16) -> Remote {
        Remote::Udp(SocketAddr::from(([192, 0, 2, 1], port)))
    }

    fn members() -> (Member, Member) {
        let directory = Arc::new(Directory::default());
        (
            Member::new(Arc::clone(&directory), 0),
            Member::new(directory, 1),
        )
    }

    #[test]
    fn a_thread_finds_what_another_one_has_and_not_what_it_has_itself() {
        let (first, second) = members();
        first.add_ufrag("abcd");
        assert!(first.claim(SECOND, remote(1)));
        assert_eq!(first.elsewhere_by_ufrag("abcd"), None);
        assert_eq!(second.elsewhere_by_ufrag("abcd"), Some(0));
        assert_eq!(second.elsewhere_by_ufrag("efgh"), None);
        assert_eq!(first.elsewhere(&remote(1)), None);
        assert_eq!(second.elsewhere(&remote(1)), Some(0));
        assert_eq!(second.elsewhere(&remote(2)), None);
        first.remove_ufrag("abcd");
        first.release(&remote(1));
        assert_eq!(second.elsewhere_by_ufrag("abcd"), None);
        assert_eq!(second.elsewhere(&remote(1)), None);
    }

    #[test]
    fn ssrcs_are_found_while_they_are_in_use() {
        let (first, second) = members();
        first.set_ssrcs([1, 2].into_iter());
        second.set_ssrcs([2, 3].into_iter());
        assert_eq!(second.elsewhere_by_ssrc(2), Some(0));
        assert_eq!(first.elsewhere_by_ssrc(2), None);
        assert_eq!(first.elsewhere_by_ssrc(3), Some(1));
        first.set_ssrcs([1].into_iter());
        assert_eq!(second.elsewhere_by_ssrc(1), Some(0));
        assert_eq!(second.elsewhere_by_ssrc(2), None);
    }

    #[test]
    fn an_address_is_held_against_other_threads_while_it_is_being_checked() {
        let (first, second) = members();
        assert!(first.claim(SECOND, remote(1)));
        assert!(first.claim(5 * SECOND, remote(1)));
        assert!(!second.claim(5 * SECOND + ADDRESS_HOLD_NS - 1, remote(1)));
        assert_eq!(second.elsewhere(&remote(1)), Some(0));
        assert_eq!(first.take_lost(), []);
    }

    #[test]
    fn an_address_left_behind_is_taken_over_and_its_owner_is_told_once() {
        let (first, second) = members();
        assert!(first.claim(SECOND, remote(1)));
        assert!(second.claim(SECOND + ADDRESS_HOLD_NS, remote(1)));
        assert_eq!(first.elsewhere(&remote(1)), Some(1));
        assert_eq!(second.take_lost(), []);
        assert_eq!(first.take_lost(), [remote(1)]);
        assert_eq!(first.take_lost(), []);
        // What the former owner forgets is no longer its own to release.
        first.release(&remote(1));
        assert_eq!(first.elsewhere(&remote(1)), Some(1));
    }
}
