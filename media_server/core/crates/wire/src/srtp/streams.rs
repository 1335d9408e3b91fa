//! The receive state of each SSRC a peer sends with, bounded.

/// How many SSRCs of one peer are remembered. Three simulcast layers with RTX and an audio stream are 7, a camera
/// and a screen 13; the rest is for streams published again during a long session.
pub(super) const MAX_STREAMS: usize = 64;

/// States by SSRC; when full, the one used longest ago makes room.
///
/// Packets captured from a stream forgotten in that way could be replayed. Its peer has sent authentic packets
/// from 64 other SSRCs since, so the router no longer has a route for it.
pub(super) struct Streams<T> {
    /// Apart from the states, so that the search runs over few cache lines.
    ssrcs: Vec<u32>,
    entries: Vec<Entry<T>>,
    clock: u64,
}

struct Entry<T> {
    state: T,
    last_used: u64,
}

impl<T> Streams<T> {
    pub(super) fn new() -> Streams<T> {
        Streams {
            ssrcs: Vec::new(),
            entries: Vec::new(),
            clock: 0,
        }
    }

    /// The state of an SSRC; looking at it does not count as use.
    pub(super) fn get(&self, ssrc: u32) -> Option<&T> {
        let at = self.ssrcs.iter().position(|known| *known == ssrc)?;
        self.entries.get(at).map(|entry| &entry.state)
    }

    /// Changes the state of an SSRC after an authentic packet, or makes its first state.
    pub(super) fn update(
        &mut self,
        ssrc: u32,
        change: impl FnOnce(&mut T),
        first: impl FnOnce() -> T,
    ) {
        self.clock += 1;
        let last_used = self.clock;
        if let Some(at) = self.ssrcs.iter().position(|known| *known == ssrc) {
            if let Some(entry) = self.entries.get_mut(at) {
                entry.last_used = last_used;
                change(&mut entry.state);
            }
            return;
        }
        if self.entries.len() >= MAX_STREAMS {
            let oldest = self
                .entries
                .iter()
                .enumerate()
                .min_by_key(|(_, entry)| entry.last_used);
            if let Some((at, _)) = oldest {
                self.ssrcs.swap_remove(at);
                self.entries.swap_remove(at);
            }
        }
        self.ssrcs.push(ssrc);
        self.entries.push(Entry {
            state: first(),
            last_used,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_used_longest_ago_makes_room() {
        let mut streams = Streams::new();
        for ssrc in 0..MAX_STREAMS as u32 {
            streams.update(ssrc, |_| {}, || ssrc);
        }
        streams.update(0, |state| *state += 1000, || 0);
        streams.update(99, |_| {}, || 99);
        assert_eq!(streams.get(0), Some(&1000));
        assert_eq!(streams.get(1), None);
        assert_eq!(streams.get(2), Some(&2));
        assert_eq!(streams.get(99), Some(&99));
        assert_eq!(streams.entries.len(), MAX_STREAMS);
        assert_eq!(streams.ssrcs.len(), MAX_STREAMS);
    }
}
