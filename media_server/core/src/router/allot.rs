//! What each receiver's link carries: shared out among its outputs ten times a second, and told where one must pause.
use super::Router;
use crate::allocate::{self, Held, Offer, Picture, RISE_PERCENT, Rung, SetAside};
use crate::events::Event;
use crate::input::MediaKind;
use crate::numbered::Slot;
use crate::output::Grant;
use crate::peers::Peer;

impl Router {
    /// Measures all layers, and shares every link out anew.
    pub(super) fn review_allotments(&mut self, now_ns: u64) {
        for slot in 0..self.inputs.slot_count() {
            if let Some(input) = self.inputs.get_mut(slot) {
                input.measure(now_ns);
            }
        }
        for slot in 0..self.peers.slot_count() {
            self.allot(now_ns, slot);
        }
    }

    /// A layer of a track came or came back: those who receive it may have it, or may not.
    pub(super) fn allot_for_input(&mut self, now_ns: u64, input_slot: Slot) {
        let Some(input) = self.inputs.get_mut(input_slot) else {
            return;
        };
        input.measure(now_ns);
        let outputs = input.outputs.clone();
        for slot in outputs {
            if let Some(peer) = self.outputs.get(slot).map(|output| output.peer) {
                self.allot(now_ns, peer);
            }
        }
    }

    /// Shares one receiver's link out among its outputs.
    pub(super) fn allot(&mut self, now_ns: u64, peer_slot: Slot) {
        let Some(peer) = self.peers.get(peer_slot) else {
            return;
        };
        if peer.outputs.is_empty() {
            return;
        }
        let available_bps = available_bps(peer);
        let mut set_aside = SetAside {
            data_bps: peer.congestion.data_bps(),
            ..SetAside::default()
        };
        let outputs = peer.outputs.iter().filter_map(|(&ssrc, &slot)| {
            let output = self.outputs.get(slot)?;
            (output.ssrc == ssrc && !output.is_paused).then_some((
                output.number,
                slot,
                output.input,
            ))
        });
        let mut slots: Vec<(u32, Slot)> = Vec::with_capacity(peer.outputs.len());
        for (number, slot, input_slot) in outputs {
            let Some(input) = self.inputs.get(input_slot) else {
                continue;
            };
            match input.kind {
                MediaKind::Video => slots.push((number, slot)),
                MediaKind::Audio => {
                    set_aside.has_voice = true;
                    set_aside.voice_bps += input.whole_bps();
                }
            }
        }
        // Which of two equals comes first must not change from one time to the next.
        slots.sort_unstable();
        let can_be_tried = peer.congestion.can_be_tried();
        self.begin_trial(now_ns, &slots, can_be_tried);
        let pictures: Vec<Picture> = slots
            .iter()
            .map(|&(_, slot)| self.picture(now_ns, slot, can_be_tried))
            .collect();
        let granted = match available_bps {
            Some(available_bps) => allocate::allocate(available_bps, set_aside, &pictures),
            None => pictures.iter().map(top).collect(),
        };
        let wanted_bps = pictures
            .iter()
            .filter_map(|picture| Some(picture.rungs.last()?.bps));
        let wanted_bps = set_aside.bps() + wanted_bps.sum::<u64>();
        let mut allotted_bps = set_aside.bps();
        for ((&(_, slot), picture), granted) in slots.iter().zip(&pictures).zip(granted) {
            let rung = granted.map(|index| picture.rungs[index]);
            allotted_bps += rung.map_or(0, |rung| rung.bps);
            // Of what has sent nothing yet nothing is known, and nothing need be held back.
            if !picture.rungs.is_empty() {
                self.grant(now_ns, slot, rung, granted == top(picture));
            }
        }
        if let Some(peer) = self.peers.get_mut(peer_slot) {
            peer.wanted_bps = wanted_bps;
            #[cfg(test)]
            if peer.assumed_bps.is_some() {
                return;
            }
            // To rise, a picture needs some room to spare: the estimate must be able to show it.
            peer.congestion
                .set_wanted_bps(wanted_bps * RISE_PERCENT / 100);
            peer.allotted_bps = allotted_bps;
        }
    }

    /// Puts the foremost of the pictures that have paused long enough on trial: one, so that they do not spoil each
    /// other's.
    fn begin_trial(&mut self, now_ns: u64, slots: &[(u32, Slot)], can_be_tried: bool) {
        let is_long = |since_ns: Option<u64>| {
            since_ns
                .is_none_or(|since_ns| now_ns.saturating_sub(since_ns) >= allocate::TRIAL_AFTER_NS)
        };
        let is_on_trial = |&(_, slot): &(u32, Slot)| {
            let tried_ns = self.outputs.get(slot).and_then(|output| output.tried_ns);
            tried_ns.is_some_and(|tried_ns| now_ns.saturating_sub(tried_ns) < allocate::TRIAL_NS)
        };
        if slots.iter().any(is_on_trial) {
            return;
        }
        let due = slots.iter().filter_map(|&(_, slot)| {
            let output = self.outputs.get(slot)?;
            let is_due = output.grant == Grant::Nothing
                && is_long(output.stepped_back_ns)
                && is_long(output.tried_ns);
            is_due.then_some((std::cmp::Reverse(output.priority), slot))
        });
        let foremost = due.min_by_key(|&(rank, _)| rank).filter(|_| can_be_tried);
        if let Some((_, slot)) = foremost
            && let Some(output) = self.outputs.get_mut(slot)
        {
            output.tried_ns = Some(now_ns);
        }
    }

    fn picture(&self, now_ns: u64, slot: Slot, can_be_tried: bool) -> Picture {
        let nothing = Picture {
            priority: 0,
            rungs: Vec::new(),
            held: Held::Everything,
            may_rise: true,
            is_tried: false,
        };
        let Some(output) = self.outputs.get(slot) else {
            return nothing;
        };
        let Some(input) = self.inputs.get(output.input) else {
            return nothing;
        };
        let offers = input
            .offers_upto(output.wanted.as_deref())
            .iter()
            .map(|offer| Offer {
                layer: offer.layer,
                steps: offer.rates.steps(),
            });
        Picture {
            priority: output.priority,
            rungs: allocate::rungs(offers, u64::from(output.max_fps)),
            held: match output.grant {
                Grant::Everything => Held::Everything,
                Grant::Upto(rung) => Held::Upto(rung),
                Grant::Nothing => Held::Nothing,
            },
            may_rise: output
                .stepped_back_ns
                .is_none_or(|back_ns| now_ns.saturating_sub(back_ns) >= allocate::RISE_PATIENCE_NS),
            is_tried: can_be_tried
                && output
                    .tried_ns
                    .is_some_and(|tried_ns| now_ns.saturating_sub(tried_ns) < allocate::TRIAL_NS),
        }
    }

    /// Notes what an output may have; says so where it pauses or resumes by that, and points it at its layer where
    /// that is another one now.
    fn grant(&mut self, now_ns: u64, slot: Slot, rung: Option<Rung>, is_everything: bool) {
        let Some(output) = self.outputs.get_mut(slot) else {
            return;
        };
        let before = output.grant;
        let after = match rung {
            _ if is_everything => Grant::Everything,
            Some(rung) => Grant::Upto(rung),
            None => Grant::Nothing,
        };
        if after.is_less_than(before) && output.stats.packets > 0 {
            output.stepped_back_ns = Some(now_ns);
        }
        output.grant = after;
        output.max_temporal = match rung {
            Some(_) if is_everything && output.max_fps == 0 => u8::MAX,
            Some(rung) => rung.temporal,
            None => 0,
        };
        let (number, input) = (output.number, output.input);
        let peer = self.peers.get(output.peer).map_or(0, |peer| peer.number);
        match (before == Grant::Nothing, after == Grant::Nothing) {
            (false, true) => self.events.push(Event::StreamPaused {
                peer,
                output: number,
            }),
            (true, false) => self.events.push(Event::StreamResumed {
                peer,
                output: number,
            }),
            _ => {}
        }
        if before.layer() != after.layer() {
            self.choose_layers(now_ns, input);
        }
    }
}

fn top(picture: &Picture) -> Option<usize> {
    picture.rungs.len().checked_sub(1)
}

/// What a peer's link carries; None where nothing limits it.
pub(super) fn available_bps(peer: &Peer) -> Option<u64> {
    #[cfg(test)]
    if peer.assumed_bps.is_some() {
        return peer.assumed_bps;
    }
    peer.congestion.available_bps()
}
