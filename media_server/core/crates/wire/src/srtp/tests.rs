//! SRTP as a whole: the vectors of RFC 7714, packets made by libsrtp, and what a session must refuse.
use super::gcm::Gcm;
use super::hex::hex;
use super::streams::MAX_STREAMS;
use super::transform::Transform;
use super::{Profile, Receiver, Sender, SrtpError};
use crate::fuzzing::{MUTATIONS, Random};

const PROFILES: [Profile; 2] = [Profile::Aes128CmSha1_80, Profile::AeadAes128Gcm];

fn key(profile: Profile) -> Vec<u8> {
    (0x10..)
        .take(profile.key_len() + profile.salt_len())
        .collect()
}

fn pair(profile: Profile) -> (Sender, Receiver) {
    (
        Sender::new(profile, &key(profile)).unwrap(),
        Receiver::new(profile, &key(profile)).unwrap(),
    )
}

fn rtp(ssrc: u32, sequence: u16) -> Vec<u8> {
    let mut packet = hex("8060000001020304");
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(format!("payload {sequence}").bytes());
    packet
}

fn protect(sender: &Sender, ssrc: u32, extended_sequence: u64) -> Vec<u8> {
    let mut out = rtp(ssrc, extended_sequence as u16);
    sender.protect_rtp(&mut out, 0, 12, extended_sequence);
    out
}

mod rfc_7714 {
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f";
    const SALT: &str = "517569642070726f2071756f";
    const RTP: &str = "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e20706172746573207472\
                       6573";
    const SRTP: &str = "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf\
                        8833899d7f27beb16a9152cf765ee4390cce";
    const RTCP: &str = "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeef\
                        deadbeef";
    const SRTCP: &str = "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded\
                         0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4";
    const SRTCP_TAGGED_ONLY: &str = "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeef\
                                     deadbeef841dd9683dd78ec92ae58790125f62b3000005d4";

    fn transform() -> Transform {
        Transform::Gcm {
            cipher: Gcm::new(&hex(KEY)).unwrap(),
            salt: hex(SALT).try_into().unwrap(),
        }
    }

    /// §16.1.1 and §16.1.2.
    #[test]
    fn rtp_is_protected_and_unprotected_as_in_section_16() {
        let mut out = b"before".to_vec();
        out.extend(hex(RTP));
        Sender::from_transforms(transform(), transform()).protect_rtp(&mut out, 6, 12, 0xf17b);
        assert_eq!(out[6..], hex(SRTP));
        assert_eq!(&out[..6], b"before");

        let mut datagram = hex(SRTP);
        let len = Receiver::from_transforms(transform(), transform())
            .unprotect_rtp(&mut datagram)
            .unwrap();
        assert_eq!(datagram[..len], hex(RTP));
    }

    /// §17.1 and §17.2.
    #[test]
    fn rtcp_is_protected_and_unprotected_as_in_section_17() {
        let mut out = hex(RTCP);
        transform()
            .protect_rtcp(&mut out, 0, 0x4d61_7273, 0x5d4)
            .unwrap();
        assert_eq!(out, hex(SRTCP));

        let mut datagram = hex(SRTCP);
        let len = Receiver::from_transforms(transform(), transform())
            .unprotect_rtcp(&mut datagram)
            .unwrap();
        assert_eq!(datagram[..len], hex(RTCP));
    }

    /// §17.3: allowed by the RFC, never used by WebRTC, so refused here.
    #[test]
    fn rtcp_that_is_tagged_only_is_refused() {
        let mut receiver = Receiver::from_transforms(transform(), transform());
        assert_eq!(
            receiver.unprotect_rtcp(&mut hex(SRTCP_TAGGED_ONLY)),
            Err(SrtpError::NotEncrypted)
        );
    }
}

/// Made by pylibsrtp 1.0.0 (libsrtp 2) with the key 10 11 12 …: extended sequence numbers 65534 to 65537, with a
/// CSRC and a header extension, then SRTCP 1 and 2.
mod libsrtp {
    use super::*;

    const HEADER_LEN: usize = 24;
    const RTP: [&str; 4] = [
        "9160fffe01020304cafebabe00000007bede000110ff00007061796c6f6164203635353334",
        "9160ffff01020304cafebabe00000007bede000110ff00007061796c6f6164203635353335",
        "9160000001020304cafebabe00000007bede000110ff00007061796c6f61642030",
        "9160000101020304cafebabe00000007bede000110ff00007061796c6f61642031",
    ];
    const RTCP: &str = "80c90001cafebabe81ce0002cafebabe12345678";
    const CM_RTP: [&str; 4] = [
        "9160fffe01020304cafebabe00000007bede000110ff0000c78994f96994be399d7590e981272d42630eca729daa26",
        "9160ffff01020304cafebabe00000007bede000110ff00006c2f31893efb6b678baa7a681f6f9494e04abaa177405b",
        "9160000001020304cafebabe00000007bede000110ff0000a92f9b2df40b9c18778fadd1de664bd0462098",
        "9160000101020304cafebabe00000007bede000110ff0000592b8eede998ae32c1307992d5ced827167292",
    ];
    const CM_RTCP: [&str; 2] = [
        "80c90001cafebabeea27f5f6ad8c3271cec1b146800000015b35c0d974410b767eb0",
        "80c90001cafebabe85844e572ce78f617ecc359d800000029f05f29fc01fda06cc09",
    ];
    const GCM_RTP: [&str; 4] = [
        "9160fffe01020304cafebabe00000007bede000110ff0000848577a7b582970cb89f279559458584e93ab753eb1207979411d7e300",
        "9160ffff01020304cafebabe00000007bede000110ff0000381d8d12f697142e0f1968bb832b1ef23ef5fb43e0c985fc63d21c5f62",
        "9160000001020304cafebabe00000007bede000110ff0000614de0bce93ab7fb208fea17343a700fcd33ad332c8d42e8db",
        "9160000101020304cafebabe00000007bede000110ff0000f8b8acc0e5caca249d6c19a8cbbade0a84526f91c1a2afe8f3",
    ];
    const GCM_RTCP: [&str; 2] = [
        "80c90001cafebabe2f519cbbb73643d001d0f466da5d57725403be92b3f1ede951560c0280000001",
        "80c90001cafebabe01f686577f17d1fe8f5719a8619f8704e6d26e98d5afc5953f9acf9f80000002",
    ];

    fn check(profile: Profile, protected_rtp: [&str; 4], protected_rtcp: [&str; 2]) {
        let (mut sender, mut receiver) = pair(profile);
        for (extended_sequence, (plain, protected)) in (65534..).zip(RTP.iter().zip(protected_rtp))
        {
            let mut out = hex(plain);
            sender.protect_rtp(&mut out, 0, HEADER_LEN, extended_sequence);
            assert_eq!(out, hex(protected), "{extended_sequence}");
            let len = receiver.unprotect_rtp(&mut out).unwrap();
            assert_eq!(out[..len], hex(plain), "{extended_sequence}");
            assert_eq!(hex(protected).len() - len, profile.rtp_overhead());
        }
        for protected in protected_rtcp {
            let mut out = hex(RTCP);
            sender.protect_rtcp(&mut out, 0);
            assert_eq!(out, hex(protected));
            let len = receiver.unprotect_rtcp(&mut out).unwrap();
            assert_eq!(out[..len], hex(RTCP));
            assert_eq!(hex(protected).len() - len, profile.rtcp_overhead());
        }
    }

    #[test]
    fn agrees_on_aes_cm_across_a_rollover() {
        check(Profile::Aes128CmSha1_80, CM_RTP, CM_RTCP);
    }

    #[test]
    fn agrees_on_aes_gcm_across_a_rollover() {
        check(Profile::AeadAes128Gcm, GCM_RTP, GCM_RTCP);
    }
}

#[test]
fn a_packet_is_taken_once() {
    for profile in PROFILES {
        let (mut sender, mut receiver) = pair(profile);
        let packet = protect(&sender, 1, 5);
        assert!(receiver.unprotect_rtp(&mut packet.clone()).is_ok());
        assert_eq!(
            receiver.unprotect_rtp(&mut packet.clone()),
            Err(SrtpError::Replayed)
        );

        let mut compound = hex("80c90001cafebabe");
        sender.protect_rtcp(&mut compound, 0);
        assert_eq!(receiver.unprotect_rtcp(&mut compound.clone()), Ok(8));
        assert_eq!(
            receiver.unprotect_rtcp(&mut compound.clone()),
            Err(SrtpError::Replayed)
        );
    }
}

#[test]
fn a_packet_with_one_bit_changed_is_refused_and_changes_nothing() {
    for profile in PROFILES {
        let (mut sender, mut receiver) = pair(profile);
        assert!(receiver.unprotect_rtp(&mut protect(&sender, 1, 5)).is_ok());
        let good = protect(&sender, 1, 6);
        let mut compound = hex("80c90001cafebabe81ce0002cafebabe12345678");
        sender.protect_rtcp(&mut compound, 0);
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(
                receiver.unprotect_rtp(&mut bad).is_err(),
                "{profile:?} bit {bit}"
            );
        }
        for bit in 0..compound.len() * 8 {
            let mut bad = compound.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(
                receiver.unprotect_rtcp(&mut bad).is_err(),
                "{profile:?} bit {bit}"
            );
        }
        assert!(receiver.unprotect_rtp(&mut good.clone()).is_ok());
        assert!(receiver.unprotect_rtcp(&mut compound.clone()).is_ok());
    }
}

#[test]
fn rollover_is_followed_from_any_start() {
    for profile in PROFILES {
        for start in [0u64, 1, 127, 128, 32767, 32768, 65000, 65534, 65535] {
            let (sender, mut receiver) = pair(profile);
            for extended in (start..start + 140_000).step_by(997) {
                let mut packet = protect(&sender, 9, extended);
                let len = receiver.unprotect_rtp(&mut packet);
                assert_eq!(
                    len.map(|len| packet[..len].to_vec()),
                    Ok(rtp(9, extended as u16)),
                    "{start} {extended}"
                );
            }
        }
    }
}

#[test]
fn packets_swapped_around_a_rollover_are_taken() {
    for profile in PROFILES {
        let (sender, mut receiver) = pair(profile);
        for extended in [65530, 65537, 65535, 65536, 65534, 65538] {
            assert!(
                receiver
                    .unprotect_rtp(&mut protect(&sender, 9, extended))
                    .is_ok(),
                "{extended}"
            );
        }
    }
}

#[test]
fn more_streams_than_the_bound_are_taken_one_after_another() {
    let (sender, mut receiver) = pair(Profile::AeadAes128Gcm);
    for ssrc in 0..3 * MAX_STREAMS as u32 {
        assert!(
            receiver
                .unprotect_rtp(&mut protect(&sender, ssrc, 70))
                .is_ok()
        );
        assert!(
            receiver
                .unprotect_rtp(&mut protect(&sender, 0, 71 + u64::from(ssrc)))
                .is_ok()
        );
    }
}

#[test]
fn forged_packets_from_many_ssrcs_push_no_stream_out() {
    let (sender, mut receiver) = pair(Profile::Aes128CmSha1_80);
    let captured = protect(&sender, 7, 70);
    assert!(receiver.unprotect_rtp(&mut captured.clone()).is_ok());
    let mut random = Random::new(3);
    for ssrc in 100..1000 {
        let mut forged = rtp(ssrc, 1);
        forged.extend(random.bytes(10));
        assert_eq!(
            receiver.unprotect_rtp(&mut forged),
            Err(SrtpError::NotAuthentic)
        );
    }
    assert_eq!(
        receiver.unprotect_rtp(&mut captured.clone()),
        Err(SrtpError::Replayed)
    );
}

#[test]
fn directions_and_kinds_have_their_own_keys() {
    for profile in PROFILES {
        let (sender, mut receiver) = pair(profile);
        // An RTP packet shaped like RTCP must not pass as RTCP.
        let mut packet = protect(&sender, 9, 5);
        packet[1] = 200;
        assert!(receiver.unprotect_rtcp(&mut packet).is_err());
    }
}

#[test]
fn any_bytes_are_refused_without_panic() {
    for profile in PROFILES {
        let (mut sender, mut receiver) = pair(profile);
        let packet = protect(&sender, 9, 5);
        let mut compound = hex("80c90001cafebabe81ce0002cafebabe12345678");
        sender.protect_rtcp(&mut compound, 0);
        let mut random = Random::new(11);
        for _ in 0..MUTATIONS / 4 {
            let mut bad = random.mutate(&packet);
            if bad != packet {
                assert!(receiver.unprotect_rtp(&mut bad).is_err());
            }
            let mut bad = random.mutate(&compound);
            if bad != compound {
                assert!(receiver.unprotect_rtcp(&mut bad).is_err());
            }
        }
        for len in 0..40 {
            assert!(receiver.unprotect_rtp(&mut vec![0x80; len]).is_err());
            assert!(receiver.unprotect_rtcp(&mut vec![0x80; len]).is_err());
            assert!(receiver.unprotect_rtp(&mut vec![0xff; len]).is_err());
            assert!(receiver.unprotect_rtp(&mut vec![0x9f; len]).is_err());
        }
    }
}

#[test]
fn keys_of_a_wrong_length_are_refused() {
    for profile in PROFILES {
        assert_eq!(
            Receiver::new(profile, &[0; 29]).err(),
            Some(SrtpError::KeyLength)
        );
        assert_eq!(Sender::new(profile, &[]).err(), Some(SrtpError::KeyLength));
    }
}
