//! Taps: whole frames in one time line, clocks, ends.
use lianzhen_wire::frame_assembler::Frame;
use lianzhen_wire::rtcp::{self, SenderInfo};

use super::world::*;
use crate::routes::{Misuse, RouteChange};
use crate::tap::TapRecord;

fn frames(world: &mut World) -> Vec<Frame> {
    let records = std::mem::take(&mut world.records);
    records
        .into_iter()
        .filter_map(|(tap, record)| match record {
            TapRecord::Frame(frame) => {
                assert_eq!(tap, 7);
                Some(frame)
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_tap_gets_whole_frames_of_a_track_nobody_else_receives() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    world.apply(vec![video_input(10, 1)]);
    world.router.tap(world.now_ns, 7, 10, None).unwrap();
    assert_eq!(
        world.router.tap(world.now_ns, 7, 10, None),
        Err(Misuse::TapInUse(7))
    );
    let mut sender = Vp8Sender::new(5, "", 65_530);
    for index in 0..10 {
        send_all(&mut world, publisher, &sender.frame(index == 0, 3));
        world.pass(33 * MS);
    }
    let frames = frames(&mut world);
    assert_eq!(frames.len(), 10);
    assert!(frames[0].is_keyframe && !frames[1].is_keyframe);
    assert_eq!((frames[0].width, frames[0].height), (1280, 720));
    for pair in frames.windows(2) {
        assert_eq!(pair[1].timestamp - pair[0].timestamp, 3000);
        assert_eq!(pair[1].lost_packets, 0);
    }
    world.router.untap(7);
    world.router.untap(7);
    send_all(&mut world, publisher, &sender.frame(false, 3));
    assert_eq!(world.records, []);
}

#[test]
fn a_tap_stays_in_one_time_line_when_layers_come_and_go() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    world.apply(vec![video_input(10, 1)]);
    world.router.tap(world.now_ns, 7, 10, None).unwrap();
    let (mut q, mut f) = (Vp8Sender::new(5, "q", 100), Vp8Sender::new(6, "f", 900));
    for index in 0..300 {
        send_all(&mut world, publisher, &q.frame(index % 30 == 0, 1));
        let frame = f.frame(index % 30 == 0, 3);
        if !(60..150).contains(&index) {
            send_all(&mut world, publisher, &frame);
        }
        world.pass(33_333_333);
    }
    let frames = frames(&mut world);
    let widths: Vec<u16> = frames
        .iter()
        .map(|frame| frame.width)
        .filter(|width| *width > 0)
        .collect();
    assert_eq!(
        widths,
        [320, 1280, 1280, 320, 320, 320, 1280, 1280, 1280, 1280, 1280]
    );
    let last = frames.last().unwrap().timestamp - frames[0].timestamp;
    assert!((last - 299 * 3000).abs() < 9000, "{last}");
    for pair in frames.windows(2) {
        assert!(pair[1].timestamp > pair[0].timestamp);
        assert_eq!(pair[1].lost_packets, 0);
    }
}

#[test]
fn lost_packets_cost_their_frame_and_a_key_frame_is_asked_for() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    world.apply(vec![video_input(10, 1)]);
    world.router.tap(world.now_ns, 7, 10, None).unwrap();
    let mut sender = Vp8Sender::new(5, "", 100);
    for index in 0..60 {
        let mut frame = sender.frame(index == 0 || index == 45, 3);
        if index == 10 {
            frame.remove(1);
        }
        send_all(&mut world, publisher, &frame);
        world.pass(33 * MS);
    }
    let frames = frames(&mut world);
    let lost: Vec<_> = frames
        .iter()
        .enumerate()
        .filter(|(_, frame)| frame.lost_packets > 0)
        .collect();
    assert_eq!(lost.len(), 1);
    assert_eq!(
        (lost[0].0, lost[0].1.lost_packets, lost[0].1.is_keyframe),
        (10, 1, true)
    );
    assert_eq!(frames.len(), 10 + 15);
    assert!(world.counters().pli_sent >= 1);
    assert!(world.counters().nack_sent >= 3);
}

#[test]
fn sender_reports_become_clock_records_in_the_taps_time_line() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    world.apply(vec![audio_input(10, 1)]);
    world.router.tap(world.now_ns, 7, 10, None).unwrap();
    let sound = |index: u16| {
        Packet::new(OPUS, 77, index, 960 * u32::from(index), b"sound").with(IDS.mid, b"a")
    };
    world.send_rtp(publisher, &sound(1).bytes());
    world.records.clear();
    let ntp = (2_208_988_800 + 1_700_000_000) << 32;
    world.send_rtcp(publisher, |out| {
        let info = SenderInfo {
            ssrc: 77,
            ntp,
            rtp_timestamp: 4800,
            packets: 1,
            octets: 1,
        };
        rtcp::write_sender_report(out, &info, &[]);
    });
    let clock = TapRecord::Clock {
        rtp_timestamp: 4800,
        ntp_ns: 1_700_000_000 * S,
        arrival_ns: world.now_ns,
    };
    assert_eq!(world.records, [(7, clock)]);
}

#[test]
fn the_end_of_a_track_ends_its_taps_after_their_last_frames() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    world.apply(vec![video_input(10, 1)]);
    world.router.tap(world.now_ns, 7, 10, None).unwrap();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    world.records.clear();
    sender.frame(false, 1);
    world.apply(vec![RouteChange::RemoveInput { track: 10 }]);
    assert_eq!(
        world.records.last(),
        Some(&(
            7,
            TapRecord::End {
                arrival_ns: world.now_ns
            }
        ))
    );
    world.router.untap(7);
    world.apply(vec![video_input(10, 1)]);
    world.router.tap(world.now_ns, 7, 10, None).unwrap();
}

#[test]
fn a_tap_on_a_running_track_asks_for_a_key_frame() {
    let (mut world, publisher, _) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    world.router.tap(world.now_ns, 7, 10, None).unwrap();
    world.collect();
    assert_eq!(world.counters().pli_sent, 1);
    send_all(&mut world, publisher, &sender.frame(false, 2));
    assert_eq!(frames(&mut world).len(), 0);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    world.pass(300 * MS);
    assert_eq!(frames(&mut world).len(), 1);
    world.router.want_keyframe_for_tap(world.now_ns, 7);
    world.collect();
    world.router.request_keyframe(world.now_ns, 10).unwrap();
    assert_eq!(world.counters().pli_suppressed, 2);
}
