//! Who gets what of a receiver's link: voice, then ECG and other data, then its pictures by their priority.
//!
//! Voice and data are never refused here: what they take is set aside, and pictures share the rest. A picture that
//! ranks higher is served to the full before the next one gets anything; equals rise together, step by step. What a
//! picture holds it keeps as long as it fits; for more than that there must be room to spare, and some time must have
//! passed since it last had to step back. So a link that wavers around a step does not make the picture waver.

/// Voice is set aside at least this: someone who is silent now may speak at once (Opus at 24 kbit/s and its headers,
/// 50 packets a second).
pub const VOICE_FLOOR_BPS: u64 = 54_000;

/// What data takes is set aside with a quarter more: frames of an ECG come in bursts.
const DATA_PERCENT: u64 = 125;

/// To rise a step, that step must fit with a quarter to spare.
pub const RISE_PERCENT: u64 = 125;

/// A picture that had to step back does not rise again before this. A picture must be back within 10 s of a recovery.
pub const RISE_PATIENCE_NS: u64 = 3_000_000_000;

/// A picture that has paused so long is tried in its smallest form: where only voice is sent, and padding can't probe (no
/// retransmission stream) or a busy receiver spoils it, nothing else would ever show that the link carries more.
pub const TRIAL_AFTER_NS: u64 = 20_000_000_000;

/// A trial lasts so long: by then delay and loss have spoken, and the estimate stands at what arrived.
pub const TRIAL_NS: u64 = 3_000_000_000;

/// A picture below this is a row of stills; it is paused instead, and the reader is told so.
pub const MIN_FPS: u64 = 10;

/// One way in which a picture can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// Index of the layer in its input.
    pub layer: usize,
    /// The highest temporal layer sent.
    pub temporal: u8,
    /// Bits a second on the line.
    pub bps: u64,
}

impl Rung {
    /// True if the same layers are sent, whatever they take.
    pub fn is_same_as(self, other: Rung) -> bool {
        (self.layer, self.temporal) == (other.layer, other.temporal)
    }
}

/// What a picture was granted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It is new, or was not limited.
    Everything,
    /// It was paused.
    Nothing,
    /// It was sent as this.
    Upto(Rung),
}

/// A picture that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// More comes first.
    pub priority: u32,
    /// What it can be sent as, from little to all that is wanted; see `rungs`.
    pub rungs: Vec<Rung>,
    /// What it had.
    pub held: Held,
    /// False soon after it had to step back.
    pub may_rise: bool,
    /// True while it is tried: it has its smallest rung, whatever is thought of the link.
    pub is_tried: bool,
}

/// What a receiver's link must carry before its pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SetAside {
    /// What its voices take now.
    pub voice_bps: u64,
    /// True if it hears anybody.
    pub has_voice: bool,
    /// What its data takes now.
    pub data_bps: u64,
}

impl SetAside {
    /// Bits a second that pictures must leave alone.
    pub fn bps(&self) -> u64 {
        let floor_bps = if self.has_voice { VOICE_FLOOR_BPS } else { 0 };
        self.voice_bps.max(floor_bps) + self.data_bps * DATA_PERCENT / 100
    }
}

/// For each picture the index of its rung; None where it must pause.
pub fn allocate(
    available_bps: u64,
    set_aside: SetAside,
    pictures: &[Picture],
) -> Vec<Option<usize>> {
    let mut left_bps = available_bps.saturating_sub(set_aside.bps());
    let mut granted = vec![None; pictures.len()];
    let mut order: Vec<usize> = (0..pictures.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(pictures[index].priority));
    for equals in order.chunk_by(|&a, &b| pictures[a].priority == pictures[b].priority) {
        share(&mut left_bps, equals, pictures, &mut granted);
    }
    granted
}

/// Raises pictures of equal priority step by step until nothing more fits.
fn share(
    left_bps: &mut u64,
    equals: &[usize],
    pictures: &[Picture],
    granted: &mut [Option<usize>],
) {
    let mut rising = equals.to_vec();
    while !rising.is_empty() {
        rising.retain(|&index| {
            let picture = &pictures[index];
            let has_bps = granted[index].map_or(0, |rung| picture.rungs[rung].bps);
            let next = granted[index].map_or(0, |rung| rung + 1);
            let Some(rung) = picture.rungs.get(next) else {
                return false;
            };
            let Some(needed_bps) = picture.needed_bps(next) else {
                return false;
            };
            let is_for_trial = picture.is_tried && next == 0;
            if needed_bps > *left_bps + has_bps && !is_for_trial {
                return false;
            }
            *left_bps = (*left_bps + has_bps).saturating_sub(rung.bps);
            granted[index] = Some(next);
            true
        });
    }
}

impl Picture {
    /// What must be free for the rung at `index`; None where the picture may not have it yet.
    fn needed_bps(&self, index: usize) -> Option<u64> {
        let bps = self.rungs[index].bps;
        let is_rise = match self.held {
            Held::Everything => false,
            Held::Nothing => true,
            // What it takes wavers: the rung is known by its layers, and by its rate where those are gone.
            Held::Upto(held) => match self.rungs.iter().position(|rung| rung.is_same_as(held)) {
                Some(held_index) => index > held_index,
                None => bps > held.bps,
            },
        };
        if !is_rise {
            Some(bps)
        } else if self.may_rise {
            Some(bps * RISE_PERCENT / 100)
        } else {
            None
        }
    }
}

/// A layer that may be sent, lowest first, and what it takes by temporal layer: (temporal layer, bits, frames a
/// second), in rising order.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// Its index in its input.
    pub layer: usize,
    /// What it takes.
    pub steps: &'a [(u8, crate::rate::Rate)],
}

/// The rungs of a picture, each dearer than the one before: the layers that may be sent, lowest first, each by its
/// temporal layers. `max_fps` is what the viewer asked for, 0 for all.
pub fn rungs<'a>(offers: impl Iterator<Item = Offer<'a>>, max_fps: u64) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = Vec::new();
    for offer in offers {
        let last = offer.steps.len().saturating_sub(1);
        // The wanted rate, or the next above it.
        let enough = (0..last)
            .find(|&step| max_fps > 0 && offer.steps[step].1.fps + 1 >= max_fps)
            .unwrap_or(last);
        for (step, (temporal, rate)) in offer.steps.iter().enumerate().take(enough + 1) {
            if step < enough && rate.fps < MIN_FPS {
                continue;
            }
            // A sharper picture for as much is better.
            while rungs.last().is_some_and(|lower| lower.bps >= rate.bps) {
                rungs.pop();
            }
            rungs.push(Rung {
                layer: offer.layer,
                temporal: *temporal,
                bps: rate.bps,
            });
        }
    }
    rungs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::Rate;

    const K: u64 = 1000;

    const VOICE: SetAside = SetAside {
        voice_bps: 40 * K,
        has_voice: true,
        data_bps: 0,
    };

    /// A picture of rungs that take so many kbit/s.
    fn picture(priority: u32, kbps: &[u64], held: Held) -> Picture {
        let rungs = kbps.iter().enumerate().map(|(layer, kbps)| Rung {
            layer,
            temporal: 0,
            bps: kbps * K,
        });
        Picture {
            priority,
            rungs: rungs.collect(),
            held,
            may_rise: true,
            is_tried: false,
        }
    }

    const LAYERS: [u64; 3] = [150, 500, 1700];

    /// Of a picture of `LAYERS`, sent as that layer.
    fn upto(layer: usize) -> Held {
        Held::Upto(picture(0, &LAYERS, Held::Everything).rungs[layer])
    }

    #[test]
    fn voice_and_data_are_set_aside_before_any_picture() {
        assert_eq!(SetAside::default().bps(), 0);
        assert_eq!(VOICE.bps(), VOICE_FLOOR_BPS);
        let loud = SetAside {
            voice_bps: 90 * K,
            ..VOICE
        };
        assert_eq!(loud.bps(), 90 * K);
        let ecg = SetAside {
            data_bps: 80 * K,
            ..VOICE
        };
        assert_eq!(ecg.bps(), VOICE_FLOOR_BPS + 100 * K);
        let one = [picture(1, &LAYERS, Held::Everything)];
        for (available, expected) in [(0, None), (303 * K, None), (304 * K, Some(0))] {
            assert_eq!(allocate(available, ecg, &one), [expected], "{available}");
        }
    }

    #[test]
    fn the_marked_picture_is_served_to_the_full_before_the_rest_gets_anything() {
        let pictures = [
            picture(0, &LAYERS, Held::Everything),
            picture(1, &LAYERS, Held::Everything),
            picture(0, &LAYERS, Held::Everything),
        ];
        let none = SetAside::default();
        let by_available = [
            (149, [None, None, None]),
            (499, [Some(0), Some(0), Some(0)]),
            (500, [None, Some(1), None]),
            (800, [Some(0), Some(1), Some(0)]),
            (1699, [Some(1), Some(1), Some(1)]),
            (1700, [None, Some(2), None]),
            (1850, [Some(0), Some(2), None]),
            (5100, [Some(2), Some(2), Some(2)]),
        ];
        for (available, expected) in by_available {
            assert_eq!(
                allocate(available * K, none, &pictures),
                expected,
                "{available}"
            );
        }
    }

    #[test]
    fn equals_rise_together_and_the_first_has_the_odd_step() {
        let pictures = [
            picture(0, &LAYERS, Held::Everything),
            picture(0, &LAYERS, Held::Everything),
        ];
        let none = SetAside::default();
        assert_eq!(allocate(160 * K, none, &pictures), [Some(0), None]);
        assert_eq!(allocate(700 * K, none, &pictures), [Some(1), Some(0)]);
        assert_eq!(allocate(1000 * K, none, &pictures), [Some(1), Some(1)]);
        assert_eq!(allocate(2200 * K, none, &pictures), [Some(2), Some(1)]);
    }

    #[test]
    fn what_is_held_is_kept_while_it_fits_and_more_needs_a_quarter_to_spare() {
        let none = SetAside::default();
        let held = |layer| [picture(0, &LAYERS, upto(layer))];
        assert_eq!(allocate(500 * K, none, &held(1)), [Some(1)]);
        assert_eq!(allocate(499 * K, none, &held(1)), [Some(0)]);
        assert_eq!(allocate(624 * K, none, &held(0)), [Some(0)]);
        assert_eq!(allocate(625 * K, none, &held(0)), [Some(1)]);
        // Its rate has grown, or its layer is gone.
        let mut grown = held(1);
        grown[0].rungs[1].bps = 590 * K;
        assert_eq!(allocate(590 * K, none, &grown), [Some(1)]);
        let mut gone = held(1);
        gone[0].rungs.remove(1);
        assert_eq!(allocate(1800 * K, none, &gone), [Some(0)]);
        assert_eq!(allocate(2125 * K, none, &gone), [Some(1)]);
        let paused = [picture(0, &LAYERS, Held::Nothing)];
        assert_eq!(allocate(187 * K, none, &paused), [None]);
        assert_eq!(allocate(188 * K, none, &paused), [Some(0)]);
    }

    #[test]
    fn soon_after_a_step_back_nothing_rises_but_the_fall_goes_on() {
        let none = SetAside::default();
        let mut pictures = [
            picture(1, &LAYERS, upto(1)),
            picture(0, &LAYERS, Held::Nothing),
        ];
        pictures[0].may_rise = false;
        pictures[1].may_rise = false;
        assert_eq!(allocate(9000 * K, none, &pictures), [Some(1), None]);
        assert_eq!(allocate(200 * K, none, &pictures), [Some(0), None]);
        assert_eq!(allocate(100 * K, none, &pictures), [None, None]);
    }

    #[test]
    fn a_picture_on_trial_has_its_smallest_rung_whatever_the_link() {
        let mut paused = picture(1, &LAYERS, Held::Nothing);
        paused.is_tried = true;
        let other = picture(0, &LAYERS, upto(0));
        assert_eq!(allocate(0, VOICE, &[paused.clone()]), [Some(0)]);
        assert_eq!(allocate(64 * K, VOICE, &[paused, other]), [Some(0), None]);
    }

    #[test]
    fn a_picture_of_which_nothing_is_known_pauses() {
        let nothing = [picture(0, &[], Held::Everything)];
        assert_eq!(allocate(u64::MAX, VOICE, &nothing), [None]);
        assert_eq!(allocate(u64::MAX, VOICE, &[]), []);
    }

    #[test]
    fn over_a_wavering_link_a_picture_changes_at_most_once_in_the_patience() {
        // 100 ms steps, the link swings by 20 % around the middle layer.
        let mut held = Held::Everything;
        let mut stepped_back_ms = None;
        let mut changes = 0;
        for step in 0..600u64 {
            let now_ms = step * 100;
            let available = if step % 7 < 3 { 400 } else { 600 } * K;
            let mut one = picture(0, &LAYERS, held);
            one.may_rise = stepped_back_ms
                .is_none_or(|back_ms| now_ms - back_ms >= RISE_PATIENCE_NS / 1_000_000);
            let [granted] = allocate(available, SetAside::default(), &[one.clone()])[..] else {
                unreachable!()
            };
            let next = granted.map_or(Held::Nothing, |rung| Held::Upto(one.rungs[rung]));
            if next != held {
                changes += 1;
                stepped_back_ms = Some(now_ms);
            }
            held = next;
        }
        assert_eq!(changes, 1);
        assert_eq!(held, upto(0));
    }

    fn steps(of: &[(u8, u64, u64)]) -> Vec<(u8, Rate)> {
        of.iter()
            .map(|&(temporal, kbps, fps)| (temporal, Rate { bps: kbps * K, fps }))
            .collect()
    }

    fn plain(rungs: &[Rung]) -> Vec<(usize, u8)> {
        rungs
            .iter()
            .map(|rung| (rung.layer, rung.temporal))
            .collect()
    }

    #[test]
    fn temporal_layers_lie_between_the_layers_unless_they_are_too_slow() {
        let low = steps(&[(0, 60, 7), (1, 100, 15), (2, 150, 30)]);
        let high = steps(&[(0, 200, 7), (1, 330, 15), (2, 500, 30)]);
        let offers = || {
            [(4, &low), (2, &high)]
                .into_iter()
                .map(|(layer, steps)| Offer { layer, steps })
        };
        assert_eq!(plain(&rungs(offers(), 0)), [(4, 1), (4, 2), (2, 1), (2, 2)]);
        assert_eq!(plain(&rungs(offers(), 15)), [(4, 1), (2, 1)]);
        assert_eq!(
            plain(&rungs(offers(), 20)),
            [(4, 1), (4, 2), (2, 1), (2, 2)]
        );
        assert_eq!(plain(&rungs(offers(), 5)), [(4, 0), (2, 0)]);
        assert_eq!(rungs(std::iter::empty(), 0), []);
    }

    #[test]
    fn a_sharper_picture_for_as_much_takes_the_place_of_the_other() {
        let low = steps(&[(0, 60, 15), (1, 100, 30)]);
        let high = steps(&[(0, 90, 15), (1, 300, 30)]);
        let offers = [(0, &low), (1, &high)]
            .into_iter()
            .map(|(layer, steps)| Offer { layer, steps });
        assert_eq!(plain(&rungs(offers, 0)), [(0, 0), (1, 0), (1, 1)]);
    }

    #[test]
    fn a_slow_camera_is_sent_whole_or_not_at_all() {
        let slow = steps(&[(0, 60, 2), (1, 100, 5)]);
        let offer = Offer {
            layer: 0,
            steps: &slow,
        };
        assert_eq!(plain(&rungs([offer].into_iter(), 0)), [(0, 1)]);
        let nothing = Offer {
            layer: 0,
            steps: &[],
        };
        assert_eq!(rungs([nothing].into_iter(), 0), []);
    }
}
