//! Layers: learned, chosen, switched at key frames, left when they fall silent, and taken again.
use super::world::*;
use crate::events::Event;
use crate::routes::{LayerSelection, RouteChange};

struct Stage {
    world: World,
    publisher: usize,
    subscriber: usize,
    q: Vp8Sender,
    f: Vp8Sender,
}

fn stage() -> Stage {
    let (world, publisher, subscriber) = video_pair();
    Stage {
        world,
        publisher,
        subscriber,
        q: Vp8Sender::new(5, "q", 65_000),
        f: Vp8Sender::new(6, "f", 300),
    }
}

impl Stage {
    /// Sends one frame of each layer given, then lets a frame time pass.
    fn frames(&mut self, count: usize, with_q: bool, with_f: bool, is_keyframe: bool) {
        for _ in 0..count {
            let (q, f) = (self.q.frame(is_keyframe, 1), self.f.frame(is_keyframe, 3));
            if with_q {
                send_all(&mut self.world, self.publisher, &q);
            }
            if with_f {
                send_all(&mut self.world, self.publisher, &f);
            }
            self.world.pass(33 * MS);
        }
    }

    fn received(&mut self) -> Vec<Received> {
        self.world.take_rtp(self.subscriber)
    }

    fn layer(&self) -> Option<String> {
        self.world.router.snapshot(self.world.now_ns).outputs[0]
            .1
            .layer
            .clone()
    }

    fn select(&mut self, layer: Option<&str>) {
        let layer = layer.map(str::to_owned);
        self.world
            .apply(vec![RouteChange::SelectLayer(LayerSelection {
                output: 20,
                layer,
                is_paused: false,
                ..LayerSelection::default()
            })]);
    }
}

/// Sequence numbers without a gap, timestamps that rise, VP8 numbers that go on by one a frame.
fn assert_continuous(packets: &[Received]) {
    for pair in packets.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        let id =
            |packet: &Received| u16::from_be_bytes([packet.payload[2], packet.payload[3]]) & 0x7fff;
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp) as i32;
        if pair[0].has_marker {
            assert!((1..=9000).contains(&step), "timestamp step {step}");
            assert_eq!(id(&pair[1]), (id(&pair[0]) + 1) & 0x7fff);
            assert_eq!(pair[1].payload[4], pair[0].payload[4].wrapping_add(1));
        } else {
            assert_eq!((step, id(&pair[1])), (0, id(&pair[0])));
        }
    }
}

#[test]
fn each_layer_is_told_once_and_the_best_is_sent() {
    let mut stage = stage();
    stage.frames(3, true, true, true);
    let seen: Vec<_> = stage
        .world
        .events
        .iter()
        .filter(|event| matches!(event, Event::LayerSeen { .. }))
        .collect();
    assert_eq!(
        seen,
        [
            &Event::LayerSeen {
                track: 10,
                rid: "q".into()
            },
            &Event::LayerSeen {
                track: 10,
                rid: "f".into()
            }
        ]
    );
    assert_eq!(stage.layer().as_deref(), Some("f"));
    // The first frame of q went out before f was seen.
    let received = stage.received();
    assert_eq!(received.len(), 1 + 3 * 3);
    assert_continuous(&received);
}

#[test]
fn a_chosen_layer_is_switched_to_at_its_next_key_frame_only() {
    let mut stage = stage();
    stage.frames(2, true, true, true);
    stage.received();
    stage.select(Some("q"));
    stage.frames(5, true, true, false);
    assert_eq!(stage.layer().as_deref(), Some("f"));
    stage.frames(1, true, true, true);
    assert_eq!(stage.layer().as_deref(), Some("q"));
    stage.frames(5, true, true, false);
    let received = stage.received();
    // In the frame of the switch q comes first; f is no longer wanted then.
    assert_eq!(received.len(), 5 * 3 + 1 + 5);
    assert_continuous(&received);
}

#[test]
fn a_layer_wanted_before_it_exists_is_replaced_by_the_best_below_it() {
    let mut stage = stage();
    stage.select(Some("h"));
    stage.frames(2, true, true, true);
    assert_eq!(stage.layer().as_deref(), Some("q"));
}

#[test]
fn a_silent_layer_is_left_and_taken_again_when_it_lives() {
    let mut stage = stage();
    stage.frames(30, true, true, true);
    assert_eq!(stage.layer().as_deref(), Some("f"));
    // The publisher is congested and switches f off.
    stage.frames(60, true, false, true);
    assert_eq!(stage.layer().as_deref(), Some("q"));
    // f comes back, first with frames nobody can begin with.
    stage.frames(10, true, true, false);
    assert_eq!(stage.layer().as_deref(), Some("q"));
    stage.frames(10, true, true, true);
    assert_eq!(stage.layer().as_deref(), Some("f"));
    let switches = stage.world.router.snapshot(stage.world.now_ns).outputs[0]
        .1
        .switches;
    assert_eq!(switches, 4);
}

#[test]
fn the_way_to_a_lower_layer_takes_less_than_a_second() {
    let mut stage = stage();
    stage.frames(30, true, true, true);
    stage.received();
    let stopped_ns = stage.world.now_ns;
    while stage.layer().as_deref() == Some("f") {
        stage.frames(1, true, false, true);
    }
    assert!(stage.world.now_ns - stopped_ns < 800 * MS);
}

#[test]
fn when_all_layers_pause_together_nothing_is_switched() {
    let mut stage = stage();
    stage.frames(30, true, true, true);
    stage.world.pass(5 * S);
    stage.frames(1, true, true, false);
    assert_eq!(stage.layer().as_deref(), Some("f"));
    assert_eq!(stage.world.counters().pli_sent, 0);
}

#[test]
fn a_key_frame_that_overtook_its_first_packet_is_sent_whole() {
    let mut stage = stage();
    stage.frames(2, true, false, true);
    stage.received();
    let delta = stage.f.frame(false, 1);
    send_all(&mut stage.world, stage.publisher, &delta);
    let mut keyframe = stage.f.frame(true, 4);
    let first = keyframe.remove(0);
    send_all(&mut stage.world, stage.publisher, &keyframe);
    assert_eq!(stage.received(), []);
    send_all(&mut stage.world, stage.publisher, &[first]);
    let received = stage.received();
    assert_eq!(received.len(), 4);
    assert_continuous(&received);
    assert!(received[3].has_marker);
}

#[test]
fn simulcast_announced_by_ssrc_alone_gets_numbered_layers() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    let RouteChange::AddInput(mut route) = video_input(10, 1) else {
        unreachable!()
    };
    route.ssrcs = vec![(5, Some(1005)), (6, Some(1006))];
    world.apply(vec![RouteChange::AddInput(route)]);
    for ssrc in [5, 6] {
        let packet = Packet::new(VP8, ssrc, 1, 0, &vp8_payload(1, 1, true, true, (320, 180)));
        world.send_rtp(publisher, &packet.bytes());
    }
    let snapshot = world.router.snapshot(world.now_ns);
    let rids: Vec<_> = snapshot.tracks[0]
        .1
        .layers
        .iter()
        .map(|(rid, _)| rid.as_str())
        .collect();
    assert_eq!(rids, ["", "1"]);
    assert_eq!(
        (
            snapshot.tracks[0].1.layers[0].1.width,
            snapshot.tracks[0].1.layers[0].1.height
        ),
        (320, 180)
    );
}

#[test]
fn a_second_stream_without_rid_beside_simulcast_layers_is_not_taken_for_one() {
    let mut stage = stage();
    stage.frames(1, true, true, true);
    let packet =
        Packet::new(VP8, 99, 1, 0, &vp8_payload(1, 1, true, true, (320, 180))).with(IDS.mid, b"v");
    stage.world.send_rtp(stage.publisher, &packet.bytes());
    assert_eq!(stage.world.counters().dropped_unknown_ssrc, 1);
}

#[test]
fn an_ssrc_without_any_sign_belongs_to_the_only_track_with_its_payload_type() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    world.apply(vec![video_input(10, 1), audio_input(11, 1)]);
    world.send_rtp(publisher, &Packet::new(OPUS, 99, 1, 0, b"sound").bytes());
    assert_eq!(
        world.events,
        [Event::LayerSeen {
            track: 11,
            rid: String::new()
        }]
    );
    world.send_rtp(publisher, &Packet::new(55, 98, 1, 0, b"what").bytes());
    world.send_rtp(
        publisher,
        &Packet::new(OPUS, 97, 1, 0, b"sound")
            .with(IDS.mid, b"nobody")
            .bytes(),
    );
    assert_eq!(world.counters().dropped_unknown_ssrc, 2);
}

#[test]
fn a_publisher_cannot_fill_the_table_of_ssrcs() {
    let (mut world, publisher, _) = video_pair();
    for ssrc in 0..1000 {
        let rid = format!("r{ssrc}");
        let packet = Packet::new(
            VP8,
            100 + ssrc,
            1,
            0,
            &vp8_payload(1, 1, true, true, (2, 2)),
        )
        .with(IDS.mid, b"v")
        .with(IDS.rid, rid.as_bytes());
        world.send_rtp(publisher, &packet.bytes());
    }
    let snapshot = world.router.snapshot(world.now_ns);
    assert_eq!(snapshot.tracks[0].1.layers.len(), 8);
    assert_eq!(world.counters().dropped_unknown_ssrc, 992);
}
