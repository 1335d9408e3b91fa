//! What players of pictures are told of how long to keep them.
use lianzhen_wire::rtcp::{self, ReportBlock};

use super::world::*;
use crate::routes::RouteChange;

fn tell_loss(world: &mut World, subscriber: usize, ssrc: u32, fraction_lost: u8) {
    let block = ReportBlock {
        ssrc,
        fraction_lost,
        cumulative_lost: 0,
        highest_sequence: 0,
        jitter_rtp_ticks: 0,
        last_sender_report: 0,
        delay_since_last_sender_report: 0,
    };
    world.send_rtcp(subscriber, |out| {
        rtcp::write_receiver_report(out, 1, &[block]);
    });
}

fn told(received: &[Received]) -> Vec<Option<Vec<u8>>> {
    let element = |packet: &Received| {
        let mut elements = packet.elements.iter();
        elements
            .find(|(id, _)| *id == SUBSCRIBER_IDS.playout_delay)
            .map(|(_, value)| value.clone())
    };
    received.iter().map(element).collect()
}

/// 28 units of 10 ms at least, for four tries of 70 ms, and 1,000 at most.
const ROOM: [u8; 3] = [0x01, 0xc3, 0xe8];

/// 0 at least and 1,000 at most.
const NONE_NEEDED: [u8; 3] = [0x00, 0x03, 0xe8];

#[test]
fn a_subscriber_whose_line_loses_pictures_is_asked_to_keep_them_until_it_is_good_again() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    tell_loss(&mut world, subscriber, 50_020, 0);
    send_all(&mut world, publisher, &sender.frame(false, 1));
    let received = world.take_rtp(subscriber);
    assert_eq!(told(&received), [None, None, None]);
    tell_loss(&mut world, subscriber, 50_020, 51);
    send_all(&mut world, publisher, &sender.frame(false, 2));
    let first = received[0].sequence;
    world.send_rtcp(subscriber, |out| {
        rtcp::write_nack(out, 1, 50_020, &[u64::from(first)]);
    });
    let received = world.take_rtp(subscriber);
    assert_eq!(received[2].payload_type, OUT_VP8_RTX);
    assert_eq!(told(&received), vec![Some(ROOM.to_vec()); 3]);
    let mut course = vec![];
    for _ in 0..20 {
        world.pass(S);
        tell_loss(&mut world, subscriber, 50_020, 0);
        send_all(&mut world, publisher, &sender.frame(false, 1));
        course.extend(told(&world.take_rtp(subscriber)));
    }
    let expected = [
        vec![Some(ROOM.to_vec()); 10],
        vec![Some(NONE_NEEDED.to_vec()); 5],
        vec![None; 5],
    ];
    assert_eq!(course, expected.concat());
}

#[test]
fn the_subscriber_of_a_publisher_whose_line_loses_pictures_is_asked_too() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    let mut frame = sender.frame(true, 10);
    frame.drain(4..6);
    send_all(&mut world, publisher, &frame);
    world.pass(S);
    world.take_rtp(subscriber);
    tell_loss(&mut world, subscriber, 50_020, 0);
    send_all(&mut world, publisher, &sender.frame(false, 1));
    assert_eq!(told(&world.take_rtp(subscriber)), [Some(ROOM.to_vec())]);
}

#[test]
fn players_of_sound_and_those_without_rtx_are_told_nothing() {
    let mut world = World::new();
    let publisher = world.join(1, IDS);
    let subscriber = world.join(2, SUBSCRIBER_IDS);
    let mut picture = output(20, 10, 2);
    picture.rtx_ssrc = None;
    world.apply(vec![
        video_input(10, 1),
        audio_input(11, 1),
        RouteChange::AddOutput(picture),
        RouteChange::AddOutput(output(21, 11, 2)),
    ]);
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 1));
    let sound = |number: u16| {
        Packet::new(OPUS, 7, number, 960 * u32::from(number), b"sound").with(IDS.mid, b"a")
    };
    world.send_rtp(publisher, &sound(1).bytes());
    tell_loss(&mut world, subscriber, 50_020, 51);
    tell_loss(&mut world, subscriber, 50_021, 51);
    send_all(&mut world, publisher, &sender.frame(false, 1));
    world.send_rtp(publisher, &sound(2).bytes());
    assert_eq!(told(&world.take_rtp(subscriber)), vec![None; 4]);
}
