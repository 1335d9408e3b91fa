//! Links that carry less than all that is wanted: who gives way, who is told, and how it comes back.
use super::world::*;
use crate::events::Event;
use crate::routes::{LayerSelection, RouteChange};

/// A publisher of voice (track 9) and of two simulcast pictures (tracks 10 and 11), and one who receives all three.
struct Call {
    world: World,
    publisher: usize,
    subscriber: usize,
    senders: Vec<(Vp8Sender, usize)>,
    voice: u16,
    /// True if frames are of temporal layers 0 2 1 2.
    is_temporal: bool,
    frame: usize,
}

const Q: usize = 1;
const F: usize = 6;

fn call() -> Call {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    let subscriber = world.join(2, SUBSCRIBER_IDS);
    let mut second = video_input(11, 1);
    if let RouteChange::AddInput(route) = &mut second {
        route.mid = "w".into();
    }
    world.apply(vec![
        audio_input(9, 1),
        video_input(10, 1),
        second,
        RouteChange::AddOutput(output(19, 9, 2)),
        RouteChange::AddOutput(output(20, 10, 2)),
        RouteChange::AddOutput(output(21, 11, 2)),
    ]);
    let mut senders = vec![];
    for (ssrc, rid, packets) in [(5, "q", Q), (6, "f", F), (7, "q", Q), (8, "f", F)] {
        senders.push((Vp8Sender::new(ssrc, rid, 100), packets));
    }
    Call {
        world,
        publisher,
        subscriber,
        senders,
        voice: 0,
        is_temporal: false,
        frame: 0,
    }
}

impl Call {
    /// So many frames of each layer at 30 a second, each third a key frame, and two voice packets with each.
    fn frames(&mut self, count: usize) {
        for _ in 0..count {
            for index in 0..self.senders.len() {
                let (sender, packets) = &mut self.senders[index];
                let mut frame = sender.frame(self.frame.is_multiple_of(12), *packets);
                for packet in &mut frame {
                    if index >= 2 {
                        *packet = std::mem::replace(packet, Packet::new(VP8, 0, 0, 0, &[]))
                            .with(IDS.mid, b"w");
                    }
                    if self.is_temporal {
                        let temporal = [0u8, 2, 1, 2][self.frame % 4];
                        packet.payload[1] |= 0x20;
                        packet.payload.insert(5, temporal << 6 | 0x20);
                    }
                }
                send_all(&mut self.world, self.publisher, &frame);
            }
            for _ in 0..2 {
                self.voice += 1;
                let voice = Packet::new(OPUS, 3, self.voice, u32::from(self.voice) * 960, &[0; 80])
                    .with(IDS.mid, b"a");
                self.world.send_rtp(self.publisher, &voice.bytes());
            }
            self.frame += 1;
            self.world.pass(33 * MS);
        }
    }

    fn link(&mut self, bps: Option<u64>) {
        let slot = self.world.router.peers.slot_of(2).unwrap();
        let now_ns = self.world.now_ns;
        self.world.router.peers.get_mut(slot).unwrap().assumed_bps = bps;
        self.world.router.on_estimate(now_ns, slot);
    }

    fn select(&mut self, selection: LayerSelection) {
        self.world.apply(vec![RouteChange::SelectLayer(selection)]);
    }

    /// (layer sent, word of the grant) of an output.
    fn state(&self, output: u32) -> (Option<String>, &'static str) {
        let snapshot = self.world.router.snapshot(self.world.now_ns);
        let (_, found) = snapshot
            .outputs
            .iter()
            .find(|(number, _)| *number == output)
            .unwrap();
        (found.layer.clone(), found.grant)
    }

    fn wanted_bps(&self) -> u64 {
        let snapshot = self.world.router.snapshot(self.world.now_ns);
        snapshot
            .peers
            .iter()
            .find(|peer| peer.0 == 2)
            .unwrap()
            .1
            .wanted_bps
    }

    fn told(&mut self) -> Vec<Event> {
        self.world
            .events
            .drain(..)
            .filter(|event| {
                matches!(
                    event,
                    Event::StreamPaused { .. } | Event::StreamResumed { .. }
                )
            })
            .collect()
    }

    fn voices_received(&mut self) -> usize {
        let received = self.world.take_rtp(self.subscriber);
        received
            .iter()
            .filter(|packet| packet.payload_type == OUT_OPUS)
            .count()
    }
}

fn sent(layer: &str, grant: &'static str) -> (Option<String>, &'static str) {
    (Some(layer.to_owned()), grant)
}

#[test]
fn without_an_estimate_everybody_gets_the_best() {
    let mut call = call();
    call.frames(40);
    assert_eq!(call.state(20), sent("f", "everything"));
    assert_eq!(call.state(21), sent("f", "everything"));
    assert_eq!(call.state(19).1, "everything");
    assert_eq!(call.told(), []);
    // Two pictures of 6 packets a frame, and the voice.
    let wanted_bps = call.wanted_bps();
    assert!((300_000..500_000).contains(&wanted_bps), "{wanted_bps}");
}

#[test]
fn a_voice_that_begins_takes_no_picture_away() {
    let mut call = call();
    // What an estimate begins at: less than an unmeasured picture of the best layer may take.
    call.link(Some(1_000_000));
    call.frames(12);
    assert_eq!(call.told(), []);
    // It falls silent, and speaks again.
    for _ in 0..90 {
        call.voice -= 2;
        call.frames(1);
    }
    call.frames(12);
    assert_eq!(call.told(), []);
}

#[test]
fn a_tight_link_takes_from_the_unmarked_picture_first_and_never_from_voice() {
    let mut call = call();
    call.select(LayerSelection {
        output: 21,
        priority: 1,
        ..LayerSelection::default()
    });
    call.frames(60);
    let wanted_bps = call.wanted_bps();
    // Enough for the marked picture and the small layer of the other one.
    call.link(Some(wanted_bps * 8 / 10));
    call.frames(20);
    assert_eq!(call.state(20), sent("q", "less"));
    assert_eq!(call.state(21), sent("f", "everything"));
    assert_eq!(call.told(), []);
    call.link(Some(wanted_bps * 66 / 100));
    call.frames(20);
    assert_eq!(call.state(20), (None, "nothing"));
    assert_eq!(call.state(21), sent("f", "everything"));
    assert_eq!(
        call.told(),
        [Event::StreamPaused {
            peer: 2,
            output: 20
        }]
    );
    call.link(Some(0));
    call.voices_received();
    call.frames(20);
    assert_eq!(call.state(21), (None, "nothing"));
    assert_eq!(
        call.told(),
        [Event::StreamPaused {
            peer: 2,
            output: 21
        }]
    );
    assert_eq!(call.voices_received(), 40);
}

#[test]
fn what_paused_comes_back_after_its_patience_the_marked_picture_whole() {
    let mut call = call();
    call.select(LayerSelection {
        output: 21,
        priority: 1,
        ..LayerSelection::default()
    });
    call.frames(60);
    let wanted_bps = call.wanted_bps();
    call.link(Some(20_000));
    call.frames(10);
    assert_eq!(call.told().len(), 2);
    call.link(Some(wanted_bps * 8 / 10));
    // Less than three seconds after it paused.
    call.frames(70);
    assert_eq!(call.told(), []);
    call.frames(40);
    assert_eq!(
        call.told(),
        [
            Event::StreamResumed {
                peer: 2,
                output: 20
            },
            Event::StreamResumed {
                peer: 2,
                output: 21
            }
        ]
    );
    assert_eq!(call.state(20).0.as_deref(), Some("q"));
    assert_eq!(call.state(21).0.as_deref(), Some("f"));
    call.link(Some(wanted_bps * 2));
    call.frames(40);
    assert_eq!(call.state(20), sent("f", "everything"));
    assert_eq!(call.state(21), sent("f", "everything"));
    call.link(None);
    call.frames(4);
    assert_eq!(call.state(20).1, "everything");
}

#[test]
fn before_a_smaller_layer_temporal_layers_go() {
    let mut call = call();
    call.is_temporal = true;
    call.select(LayerSelection {
        output: 20,
        is_paused: true,
        ..LayerSelection::default()
    });
    call.frames(70);
    let wanted_bps = call.wanted_bps();
    assert_eq!(call.told(), []);
    call.link(Some(wanted_bps * 8 / 10));
    call.world.take_rtp(call.subscriber);
    call.frames(8);
    assert_eq!(call.state(21), sent("f", "less"));
    call.world.take_rtp(call.subscriber);
    call.frames(24);
    let received = call.world.take_rtp(call.subscriber);
    let pictures: Vec<&Received> = received
        .iter()
        .filter(|packet| packet.payload_type == OUT_VP8)
        .collect();
    assert_eq!(pictures.len(), 12 * F);
    for pair in pictures.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        let id =
            |packet: &Received| u16::from_be_bytes([packet.payload[2], packet.payload[3]]) & 0x7fff;
        let step = u16::from(pair[0].has_marker);
        assert_eq!(id(pair[1]), (id(pair[0]) + step) & 0x7fff);
    }
    // Fewer frames a second are also what a viewer may ask for.
    call.link(None);
    call.frames(30);
    call.world.take_rtp(call.subscriber);
    call.select(LayerSelection {
        output: 21,
        max_fps: 8,
        ..LayerSelection::default()
    });
    call.frames(4);
    call.world.take_rtp(call.subscriber);
    call.frames(24);
    let received = call.world.take_rtp(call.subscriber);
    let frames = received
        .iter()
        .filter(|packet| packet.payload_type == OUT_VP8 && packet.has_marker);
    assert_eq!(frames.count(), 6);
}

#[test]
fn a_picture_that_no_estimate_lets_back_is_tried_for_a_moment_one_at_a_time() {
    let mut call = call();
    call.frames(60);
    call.link(Some(60_000));
    call.frames(30);
    assert_eq!((call.state(20).1, call.state(21).1), ("nothing", "nothing"));
    call.frames(620);
    assert_eq!((call.state(20).1, call.state(21).1), ("less", "nothing"));
    assert_eq!(call.state(20).0.as_deref(), Some("q"));
    // The first has had its three seconds, and the link is as it was.
    call.frames(90);
    assert_eq!((call.state(20).1, call.state(21).1), ("nothing", "less"));
}
