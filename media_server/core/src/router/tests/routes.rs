//! Patches: applied whole or not at all, and what counts as a mistake of the caller.
use lianzhen_wire::srtp::Profile;

use super::world::*;
use crate::routes::{LayerSelection, Misuse, RouteChange};

fn refused(world: &mut World, changes: Vec<RouteChange>) -> Misuse {
    let before = format!("{:?}", numbers(world));
    let misuse = world.router.apply(world.now_ns, &changes).unwrap_err();
    assert_eq!(before, format!("{:?}", numbers(world)));
    misuse
}

fn numbers(world: &World) -> (Vec<u32>, Vec<u32>) {
    let snapshot = world.router.snapshot(world.now_ns);
    let tracks = snapshot.tracks.iter().map(|(number, _)| *number).collect();
    (
        tracks,
        snapshot.outputs.iter().map(|(number, _)| *number).collect(),
    )
}

fn add(route: crate::routes::OutputRoute) -> RouteChange {
    RouteChange::AddOutput(route)
}

#[test]
fn unknown_numbers_and_numbers_in_use_are_mistakes_and_nothing_is_applied() {
    let (mut world, _, _) = video_pair();
    let cases = vec![
        (vec![video_input(11, 99)], Misuse::UnknownPeer(99)),
        (
            vec![RouteChange::SetExtensions { peer: 99, ids: IDS }],
            Misuse::UnknownPeer(99),
        ),
        (vec![audio_input(10, 1)], Misuse::TrackInUse(10)),
        (vec![video_input(11, 1)], Misuse::MidInUse { track: 11 }),
        (
            vec![audio_input(11, 1), RouteChange::RemoveInput { track: 99 }],
            Misuse::UnknownTrack(99),
        ),
        (
            vec![audio_input(11, 1), add(output(21, 99, 2))],
            Misuse::UnknownTrack(99),
        ),
        (
            vec![audio_input(11, 1), add(output(21, 11, 99))],
            Misuse::UnknownPeer(99),
        ),
        (
            vec![audio_input(11, 1), add(output(20, 11, 2))],
            Misuse::OutputInUse(20),
        ),
        (
            vec![RouteChange::RemoveOutput { output: 99 }],
            Misuse::UnknownOutput(99),
        ),
        (
            vec![RouteChange::SelectLayer(LayerSelection {
                output: 99,
                layer: None,
                is_paused: false,
                ..LayerSelection::default()
            })],
            Misuse::UnknownOutput(99),
        ),
        (
            vec![
                RouteChange::RemoveOutput { output: 20 },
                RouteChange::RemoveOutput { output: 20 },
            ],
            Misuse::UnknownOutput(20),
        ),
        (
            vec![audio_input(11, 1), audio_input(12, 1)],
            Misuse::MidInUse { track: 12 },
        ),
    ];
    for (changes, misuse) in cases {
        assert_eq!(refused(&mut world, changes), misuse);
    }
}

#[test]
fn two_outputs_of_a_peer_must_not_share_an_ssrc() {
    let (mut world, _, _) = video_pair();
    let mut taken = output(21, 10, 2);
    taken.ssrc = 60_020;
    assert_eq!(
        refused(&mut world, vec![add(taken)]),
        Misuse::SsrcInUse { output: 21 }
    );
    let mut same = output(21, 10, 2);
    same.rtx_ssrc = Some(same.ssrc);
    assert_eq!(
        refused(&mut world, vec![add(same)]),
        Misuse::SsrcInUse { output: 21 }
    );
    let (first, mut second) = (output(21, 10, 2), output(22, 10, 2));
    second.rtx_ssrc = Some(first.ssrc);
    assert_eq!(
        refused(&mut world, vec![add(first), add(second)]),
        Misuse::SsrcInUse { output: 22 }
    );
    // Another peer may be sent the same SSRC, and so may this one after the output has gone.
    let mut elsewhere = output(23, 10, 1);
    elsewhere.ssrc = 50_020;
    world.apply(vec![
        add(elsewhere),
        RouteChange::RemoveOutput { output: 20 },
        add(output(20, 10, 2)),
    ]);
}

#[test]
fn numbers_may_be_used_again_within_one_patch() {
    let (mut world, _, _) = video_pair();
    world.apply(vec![
        RouteChange::RemoveInput { track: 10 },
        video_input(10, 1),
        add(output(20, 10, 2)),
        RouteChange::SelectLayer(LayerSelection {
            output: 20,
            layer: Some("q".into()),
            is_paused: true,
            ..LayerSelection::default()
        }),
    ]);
    assert_eq!(numbers(&world), (vec![10], vec![20]));
}

#[test]
fn removing_what_ended_with_something_else_is_no_mistake() {
    let (mut world, _, _) = video_pair();
    world.apply(vec![RouteChange::RemoveInput { track: 10 }]);
    world.apply(vec![RouteChange::SelectLayer(LayerSelection {
        output: 20,
        layer: None,
        is_paused: true,
        ..LayerSelection::default()
    })]);
    world.apply(vec![RouteChange::RemoveOutput { output: 20 }]);
    assert_eq!(
        refused(&mut world, vec![RouteChange::RemoveOutput { output: 20 }]),
        Misuse::UnknownOutput(20)
    );
    world.apply(vec![video_input(10, 1), add(output(20, 10, 2))]);
    world.apply(vec![
        RouteChange::RemoveInput { track: 10 },
        RouteChange::RemoveOutput { output: 20 },
    ]);
    world.apply(vec![video_input(10, 1), add(output(20, 10, 2))]);
    world.router.close_peer(world.now_ns, 1);
    world.apply(vec![
        RouteChange::RemoveOutput { output: 20 },
        RouteChange::RemoveInput { track: 10 },
    ]);
}

#[test]
fn peers_ufrags_and_keys_are_judged() {
    let mut world = World::new();
    world.open(1);
    assert_eq!(
        world.router.open_peer(1, "other", b"p"),
        Err(Misuse::PeerInUse(1))
    );
    assert_eq!(
        world.router.open_peer(2, "ufrag1", b"p"),
        Err(Misuse::UfragInUse)
    );
    assert_eq!(
        world.router.add_credentials(9, "other", b"p"),
        Err(Misuse::UnknownPeer(9))
    );
    assert_eq!(
        world.router.add_credentials(1, "ufrag1", b"p"),
        Err(Misuse::UfragInUse)
    );
    let gcm = Profile::AeadAes128Gcm;
    assert_eq!(
        world.router.set_keys(0, 9, gcm, &[1; 28], &[2; 28]),
        Err(Misuse::UnknownPeer(9))
    );
    assert_eq!(
        world.router.set_keys(0, 1, gcm, &[1; 30], &[2; 28]),
        Err(Misuse::KeyLength)
    );
    assert_eq!(
        world.router.set_keys(0, 1, gcm, &[1; 28], &[2; 30]),
        Err(Misuse::KeyLength)
    );
    assert_eq!(
        world
            .router
            .set_keys(0, 1, Profile::Aes128CmSha1_80, &[1; 30], &[2; 30]),
        Ok(())
    );
    assert_eq!(
        world
            .router
            .set_keys(0, 1, Profile::Aes128CmSha1_80, &[1; 30], &[2; 30]),
        Err(Misuse::KeyUsedTwice)
    );
    assert_eq!(
        world.router.request_keyframe(0, 9),
        Err(Misuse::UnknownTrack(9))
    );
    assert_eq!(
        world.router.tap(0, 1, 9, None),
        Err(Misuse::UnknownTrack(9))
    );
}

#[test]
fn an_ssrc_used_again_with_the_same_keys_goes_on_counting() {
    let (mut world, publisher, subscriber) = video_pair();
    let mut sender = Vp8Sender::new(5, "", 100);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    let before = world.take_rtp(subscriber);
    world.apply(vec![RouteChange::RemoveOutput { output: 20 }]);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    assert_eq!(world.take_rtp(subscriber), []);
    world.apply(vec![add(output(20, 10, 2))]);
    send_all(&mut world, publisher, &sender.frame(true, 2));
    let after = world.take_rtp(subscriber);
    assert_eq!(after[0].sequence, before[1].sequence.wrapping_add(1));
}
