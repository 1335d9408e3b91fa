//! Which layer of a track a receiver gets: the wanted one if it lives, else the best below it, else the lowest above.

/// A layer is silent if a sibling has sent media this much later. Compared with siblings and not with the clock:
/// a still screen or a mute silences all layers alike, and then nothing better is to be had.
pub const LAYER_SILENCE_NS: u64 = 1_000_000_000;

/// What the choice needs to know of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Its RID; "" without simulcast.
    pub rid: &'a str,
    /// Width times height of its last key frame; 0 if unknown.
    pub pixels: u32,
    /// When its last media packet arrived; None if nothing has come yet.
    pub last_media_ns: Option<u64>,
}

impl Candidate<'_> {
    /// Orders layers from low to high: LiveKit's names tell, other names are ordered by picture size.
    fn rank(&self) -> (u32, u32) {
        match self.rid {
            "q" => (1, 0),
            "h" => (2, 0),
            "f" => (3, 0),
            _ => (0, self.pixels),
        }
    }
}

/// True if the layer has sent something lately, compared with `newest_ns`, the latest media packet of the track.
pub fn is_live(last_media_ns: Option<u64>, newest_ns: Option<u64>) -> bool {
    match (last_media_ns, newest_ns) {
        (Some(last_ns), Some(newest_ns)) => newest_ns.saturating_sub(last_ns) <= LAYER_SILENCE_NS,
        _ => false,
    }
}

/// The index of the layer to send, None if no layer has sent anything yet.
///
/// `wanted` is a RID, None means the best there is. A wanted RID that was never seen ranks by its name if LiveKit
/// uses it, and as the best otherwise.
pub fn choose(layers: &[Candidate<'_>], wanted: Option<&str>) -> Option<usize> {
    let newest_ns = layers.iter().filter_map(|layer| layer.last_media_ns).max();
    let mut live: Vec<usize> = (0..layers.len())
        .filter(|&index| is_live(layers[index].last_media_ns, newest_ns))
        .collect();
    live.sort_by_key(|&index| (layers[index].rank(), index));
    let Some(rid) = wanted else {
        return live.last().copied();
    };
    if let Some(index) = live.iter().copied().find(|&index| layers[index].rid == rid) {
        return Some(index);
    }
    let known = layers.iter().find(|layer| layer.rid == rid).copied();
    let wanted_rank = known
        .unwrap_or(Candidate {
            rid,
            pixels: u32::MAX,
            last_media_ns: None,
        })
        .rank();
    let below = live
        .iter()
        .copied()
        .rfind(|&index| layers[index].rank() < wanted_rank);
    below.or_else(|| live.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn layer(rid: &str, last_media_ns: Option<u64>) -> Candidate<'_> {
        Candidate {
            rid,
            pixels: 0,
            last_media_ns,
        }
    }

    #[test]
    fn nothing_is_chosen_before_a_layer_has_sent() {
        assert_eq!(choose(&[], None), None);
        assert_eq!(choose(&[layer("f", None)], Some("f")), None);
    }

    #[test]
    fn the_best_or_the_wanted_layer_is_chosen_whatever_the_order_of_arrival() {
        let layers = [
            layer("h", Some(S)),
            layer("f", Some(S)),
            layer("q", Some(S)),
        ];
        assert_eq!(choose(&layers, None), Some(1));
        assert_eq!(choose(&layers, Some("q")), Some(2));
        assert_eq!(choose(&layers, Some("h")), Some(0));
    }

    #[test]
    fn a_layer_silent_for_more_than_a_second_gives_way_to_the_best_below_it() {
        let layers = [
            layer("q", Some(5 * S)),
            layer("h", Some(5 * S)),
            layer("f", Some(4 * S - 1)),
        ];
        assert_eq!(choose(&layers, Some("f")), Some(1));
        assert_eq!(choose(&layers, None), Some(1));
        let layers = [
            layer("q", Some(5 * S)),
            layer("h", Some(5 * S)),
            layer("f", Some(4 * S)),
        ];
        assert_eq!(choose(&layers, Some("f")), Some(2));
    }

    #[test]
    fn with_nothing_below_the_lowest_above_is_chosen() {
        let layers = [layer("f", Some(S)), layer("h", Some(S))];
        assert_eq!(choose(&layers, Some("q")), Some(1));
    }

    #[test]
    fn when_all_fall_silent_together_the_wanted_one_stays() {
        let layers = [layer("q", Some(S)), layer("f", Some(S - 20))];
        assert_eq!(choose(&layers, Some("f")), Some(1));
    }

    #[test]
    fn other_names_rank_by_picture_size() {
        let layers = [
            Candidate {
                rid: "a",
                pixels: 640 * 360,
                last_media_ns: Some(S),
            },
            Candidate {
                rid: "b",
                pixels: 320 * 180,
                last_media_ns: Some(S),
            },
        ];
        assert_eq!(choose(&layers, None), Some(0));
        assert_eq!(choose(&layers, Some("b")), Some(1));
        assert_eq!(choose(&layers, Some("never seen")), Some(0));
    }

    #[test]
    fn a_track_without_simulcast_is_sent_whatever_is_wanted() {
        let layers = [layer("", Some(S))];
        for wanted in [None, Some("q"), Some("h"), Some("f"), Some("")] {
            assert_eq!(choose(&layers, wanted), Some(0));
        }
    }
}
