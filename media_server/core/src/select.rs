//! Which layer of a track a receiver gets: the wanted one if it lives, else the best below it, else the lowest above.

/// A layer is silent once a sibling has gone on sending for so long without it. Compared with siblings and not with
/// the clock: a still screen or a mute silences all layers alike, and then nothing better is to be had. Browsers leave
/// a layer out as soon as they think that their link does not carry it; till then its viewers see it stand still.
pub const LAYER_SILENCE_NS: u64 = 500_000_000;

/// A layer that pauses longer than this begins a new span of activity. Browsers repeat a still screen each second.
pub const SPAN_GAP_NS: u64 = 2_000_000_000;

/// What the choice needs to know of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Its RID; "" without simulcast.
    pub rid: &'a str,
    /// Width times height of its last key frame; 0 if unknown.
    pub pixels: u32,
    /// When it was last active; None if nothing has come yet.
    pub activity: Option<Activity>,
}

/// A span of time in which media packets came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// When its first packet arrived.
    pub since_ns: u64,
    /// When its last packet arrived.
    pub last_ns: u64,
}

impl Activity {
    /// The activity after a packet that arrived at `arrival_ns`.
    #[inline]
    pub fn after(before: Option<Activity>, arrival_ns: u64) -> Activity {
        match before {
            Some(Activity { since_ns, last_ns })
                if arrival_ns.saturating_sub(last_ns) <= SPAN_GAP_NS =>
            {
                Activity {
                    since_ns,
                    last_ns: last_ns.max(arrival_ns),
                }
            }
            _ => Activity {
                since_ns: arrival_ns,
                last_ns: arrival_ns,
            },
        }
    }
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

/// True if the layer has sent something, and no sibling has gone on for long without it.
pub fn is_live(layer: &Candidate<'_>, layers: &[Candidate<'_>]) -> bool {
    let Some(own) = layer.activity else {
        return false;
    };
    let goes_on_without = |sibling: Activity| {
        sibling
            .last_ns
            .saturating_sub(own.last_ns.max(sibling.since_ns))
            > LAYER_SILENCE_NS
    };
    !layers
        .iter()
        .filter_map(|sibling| sibling.activity)
        .any(goes_on_without)
}

/// The live layers, lowest first.
pub fn ladder(layers: &[Candidate<'_>]) -> Vec<usize> {
    let mut live: Vec<usize> = (0..layers.len())
        .filter(|&index| is_live(&layers[index], layers))
        .collect();
    live.sort_by_key(|&index| (layers[index].rank(), index));
    live
}

/// The index of the layer to send, None if no layer has sent anything yet.
///
/// `wanted` is a RID, None means the best there is. A wanted RID that was never seen ranks by its name if LiveKit
/// uses it, and as the best otherwise.
pub fn choose(layers: &[Candidate<'_>], wanted: Option<&str>) -> Option<usize> {
    let live = ladder(layers);
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
            activity: None,
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

    /// A layer that has sent since 0.
    fn layer(rid: &str, last_ns: Option<u64>) -> Candidate<'_> {
        let activity = last_ns.map(|last_ns| Activity {
            since_ns: 0,
            last_ns,
        });
        Candidate {
            rid,
            pixels: 0,
            activity,
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
    fn a_layer_silent_for_more_than_half_a_second_gives_way_to_the_best_below_it() {
        let layers = [
            layer("q", Some(5 * S)),
            layer("h", Some(5 * S)),
            layer("f", Some(9 * S / 2 - 1)),
        ];
        assert_eq!(choose(&layers, Some("f")), Some(1));
        assert_eq!(choose(&layers, None), Some(1));
        let layers = [
            layer("q", Some(5 * S)),
            layer("h", Some(5 * S)),
            layer("f", Some(9 * S / 2)),
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
    fn after_a_common_pause_whoever_begins_first_does_not_make_the_others_silent() {
        let before = Activity {
            since_ns: 0,
            last_ns: S,
        };
        let begins = Candidate {
            rid: "q",
            pixels: 0,
            activity: Some(Activity::after(Some(before), 9 * S)),
        };
        assert_eq!(
            begins.activity,
            Some(Activity {
                since_ns: 9 * S,
                last_ns: 9 * S
            })
        );
        let layers = [
            begins,
            Candidate {
                rid: "f",
                pixels: 0,
                activity: Some(before),
            },
        ];
        assert_eq!(choose(&layers, None), Some(1));
        let goes_on = Candidate {
            activity: Some(Activity {
                since_ns: 9 * S,
                last_ns: 10 * S + 1,
            }),
            ..begins
        };
        assert_eq!(choose(&[goes_on, layers[1]], None), Some(0));
    }

    #[test]
    fn a_still_screen_repeated_each_second_is_one_span_of_activity() {
        let mut activity = None;
        for second in 1..=5 {
            activity = Some(Activity::after(activity, second * S));
        }
        assert_eq!(
            activity,
            Some(Activity {
                since_ns: S,
                last_ns: 5 * S
            })
        );
        assert_eq!(
            Activity::after(activity, 4 * S),
            Activity {
                since_ns: S,
                last_ns: 5 * S
            }
        );
    }

    #[test]
    fn other_names_rank_by_picture_size() {
        let layers = [
            Candidate {
                rid: "a",
                pixels: 640 * 360,
                activity: Some(Activity {
                    since_ns: 0,
                    last_ns: S,
                }),
            },
            Candidate {
                rid: "b",
                pixels: 320 * 180,
                activity: Some(Activity {
                    since_ns: 0,
                    last_ns: S,
                }),
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
