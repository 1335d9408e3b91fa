//! RTCP written and read back, read from literal bytes, and damaged.
use super::*;
use crate::fuzzing::{MUTATIONS, Random};
use crate::srtp::hex::hex;

const BLOCK: ReportBlock = ReportBlock {
    ssrc: 0x0102_0304,
    fraction_lost: 64,
    cumulative_lost: -3,
    highest_sequence: 0x0001_ffff,
    jitter_rtp_ticks: 90,
    last_sender_report: 0xaabb_ccdd,
    delay_since_last_sender_report: 65536,
};

fn only(compound: &[u8]) -> Packet<'_> {
    let mut packets = parse(compound);
    let packet = packets.next().unwrap().unwrap();
    assert!(packets.next().is_none());
    packet
}

mod reports {
    use super::*;

    #[test]
    fn sender_report_is_written_as_in_rfc_3550_6_4_1() {
        let mut out = Vec::new();
        let info = SenderInfo {
            ssrc: 1,
            ntp: 0x0000_0002_8000_0000,
            rtp_timestamp: 3,
            packets: 4,
            octets: 5,
        };
        assert_eq!(write_sender_report(&mut out, &info, &[BLOCK]), 1);
        let expected = hex(
            "81c8000c0000000100000002800000000000000300000004000000050102030440fffffd\
                            0001ffff0000005aaabbccdd00010000",
        );
        assert_eq!(out, expected);
        let Packet::SenderReport {
            ssrc: 1,
            ntp,
            rtp_timestamp: 3,
            packets: 4,
            octets: 5,
            reports,
        } = only(&out)
        else {
            panic!("{out:?}");
        };
        assert_eq!(ntp, info.ntp);
        assert_eq!(reports.collect::<Vec<_>>(), [BLOCK]);
    }

    #[test]
    fn receiver_report_is_written_as_in_rfc_3550_6_4_2() {
        let mut out = Vec::new();
        assert_eq!(write_receiver_report(&mut out, 9, &[]), 0);
        assert_eq!(out, hex("80c9000100000009"));
        out.clear();
        assert_eq!(write_receiver_report(&mut out, 9, &vec![BLOCK; 40]), 31);
        let Packet::ReceiverReport { ssrc: 9, reports } = only(&out) else {
            panic!("{out:?}")
        };
        assert_eq!(reports.collect::<Vec<_>>(), vec![BLOCK; 31]);
    }

    #[test]
    fn cumulative_loss_stays_within_24_bits() {
        for (lost, expected) in [
            (i32::MAX, 0x7f_ffff),
            (i32::MIN, -0x80_0000),
            (0, 0),
            (-1, -1),
        ] {
            let mut out = Vec::new();
            write_receiver_report(
                &mut out,
                9,
                &[ReportBlock {
                    cumulative_lost: lost,
                    ..BLOCK
                }],
            );
            let Packet::ReceiverReport { mut reports, .. } = only(&out) else {
                panic!("{out:?}")
            };
            assert_eq!(reports.next().unwrap().cumulative_lost, expected);
        }
    }
}

mod feedback {
    use super::*;

    fn round_trip(sequences: &[u64]) -> (Vec<u8>, Vec<u16>, usize) {
        let mut out = Vec::new();
        let covered = write_nack(&mut out, 1, 2, sequences);
        let Packet::Nack {
            sender: 1,
            media: 2,
            sequences,
        } = only(&out)
        else {
            panic!("{out:?}")
        };
        let read = sequences.collect();
        (out, read, covered)
    }

    #[test]
    fn nack_is_written_as_in_rfc_4585_6_2_1() {
        let (bytes, read, covered) = round_trip(&[5, 6, 21, 22]);
        assert_eq!(
            bytes,
            hex("81cd0004000000010000000200058001")
                .into_iter()
                .chain(hex("00160000"))
                .collect::<Vec<_>>()
        );
        assert_eq!(read, [5, 6, 21, 22]);
        assert_eq!(covered, 4);
    }

    #[test]
    fn nack_wraps_around() {
        for start in [
            0u64,
            1,
            127,
            128,
            0x7fff,
            0x8000,
            65530,
            65535,
            65536 + 65530,
        ] {
            let sequences: Vec<u64> = (start..start + 60)
                .filter(|sequence| sequence % 7 < 3)
                .collect();
            let (_, read, covered) = round_trip(&sequences);
            assert_eq!(
                read,
                sequences
                    .iter()
                    .map(|sequence| *sequence as u16)
                    .collect::<Vec<_>>()
            );
            assert_eq!(covered, sequences.len());
        }
    }

    #[test]
    fn nack_of_too_many_covers_the_first() {
        let sequences: Vec<u64> = (0..400).map(|n| n * 20).collect();
        let (bytes, read, covered) = round_trip(&sequences);
        assert_eq!((covered, read.len(), bytes.len()), (256, 256, 12 + 256 * 4));
    }

    #[test]
    fn nack_of_nothing_is_nothing() {
        let mut out = Vec::new();
        assert_eq!(write_nack(&mut out, 1, 2, &[]), 0);
        assert!(out.is_empty());
    }

    #[test]
    fn nack_that_does_not_rise_is_still_covered() {
        let (_, read, covered) = round_trip(&[9, 9, 3]);
        assert_eq!((read, covered), (vec![9, 9, 3], 3));
    }

    #[test]
    fn pli_is_written_as_in_rfc_4585_6_3_1() {
        let mut out = Vec::new();
        write_pli(&mut out, 1, 2);
        assert_eq!(out, hex("81ce00020000000100000002"));
        assert!(matches!(
            only(&out),
            Packet::Pli {
                sender: 1,
                media: 2
            }
        ));
    }

    #[test]
    fn fir_is_read_as_in_rfc_5104_4_3_1() {
        let bytes = hex("84ce00040000000100000000000000070b000000");
        let Packet::Fir { sender: 1, entries } = only(&bytes) else {
            panic!()
        };
        assert_eq!(entries.collect::<Vec<_>>(), [(7, 11)]);
    }

    #[test]
    fn remb_is_read_with_its_exponent() {
        let bytes = hex("8fce0005000000010000000052454d4201134a0000000007");
        let Packet::Remb {
            sender: 1,
            bps,
            ssrcs,
        } = only(&bytes)
        else {
            panic!()
        };
        assert_eq!(bps, 0x3_4a00 << 4);
        assert_eq!(ssrcs.collect::<Vec<_>>(), [7]);
        let endless = hex("8fce0004000000010000000052454d4200ffffff");
        assert!(matches!(only(&endless), Packet::Remb { bps: u64::MAX, .. }));
        let other = hex("8fce00040000000100000000414243440013ca00");
        assert!(matches!(only(&other), Packet::Other));
    }

    #[test]
    fn transport_feedback_is_not_taken_for_a_nack() {
        let bytes = hex("8fcd000400000001000000020005000100000100");
        assert!(
            matches!(only(&bytes), Packet::TransportFeedback { sender: 1, media: 2, raw } if raw.len() == 8)
        );
    }
}

mod compounds {
    use super::*;

    #[test]
    fn packets_come_one_after_another() {
        let mut out = Vec::new();
        write_receiver_report(&mut out, 9, &[BLOCK]);
        write_sdes_cname(&mut out, 9, b"lianzhen");
        write_pli(&mut out, 9, 2);
        let kinds: Vec<_> = parse(&out).map(Result::unwrap).collect();
        assert!(matches!(
            kinds[..],
            [
                Packet::ReceiverReport { .. },
                Packet::Sdes,
                Packet::Pli { .. }
            ]
        ));
    }

    #[test]
    fn cname_is_padded_and_cut() {
        for (len, words) in [(0, 3), (1, 3), (2, 4), (5, 4), (6, 5), (255, 67), (300, 67)] {
            let mut out = Vec::new();
            write_sdes_cname(&mut out, 9, &vec![b'a'; len]);
            assert_eq!(out.len(), words * 4, "{len}");
            assert_eq!(out.last(), Some(&0));
            assert!(matches!(only(&out), Packet::Sdes));
        }
    }

    #[test]
    fn bye_names_its_streams() {
        let bytes = hex("82cb00020000000100000002");
        let Packet::Bye { ssrcs } = only(&bytes) else {
            panic!()
        };
        assert_eq!(ssrcs.collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn padding_is_removed() {
        let bytes = hex("a1ce0003000000010000000200000004");
        assert!(matches!(
            only(&bytes),
            Packet::Pli {
                sender: 1,
                media: 2
            }
        ));
    }

    #[test]
    fn a_bad_body_does_not_hide_the_next_packet() {
        let bytes = [hex("81c80001000000ff"), hex("81ce00020000000100000002")].concat();
        let mut packets = parse(&bytes);
        assert_eq!(packets.next().unwrap().err(), Some(RtcpError::BadBody));
        assert!(matches!(packets.next(), Some(Ok(Packet::Pli { .. }))));
        assert!(packets.next().is_none());
    }

    #[test]
    fn a_bad_header_ends_the_compound() {
        for bad in [
            "80c9",
            "40c9000100000009",
            "80c90002ffffffff",
            "a0c9000100000009",
            "a0c90000",
            "81",
        ] {
            let bytes = hex(bad);
            let mut packets = parse(&bytes);
            assert_eq!(
                packets.next().unwrap().err(),
                Some(RtcpError::Malformed),
                "{bad}"
            );
            assert!(packets.next().is_none());
        }
        assert!(parse(&[]).next().is_none());
    }

    #[test]
    fn any_bytes_are_read_without_panic() {
        let mut original = Vec::new();
        let info = SenderInfo {
            ssrc: 1,
            ntp: 2,
            rtp_timestamp: 3,
            packets: 4,
            octets: 5,
        };
        write_sender_report(&mut original, &info, &[BLOCK, BLOCK]);
        write_receiver_report(&mut original, 9, &[BLOCK]);
        write_sdes_cname(&mut original, 9, b"lianzhen");
        write_nack(&mut original, 1, 2, &[1, 2, 3, 65535, 65536]);
        write_pli(&mut original, 1, 2);
        original.extend(hex("84ce00040000000100000000000000070b000000"));
        original.extend(hex("8fce0005000000010000000052454d420113ca0000000007"));
        original.extend(hex("8fcd000400000001000000020005000100000100"));
        original.extend(hex("82cb00020000000100000002"));
        let mut random = Random::new(2);
        for _ in 0..MUTATIONS {
            let bytes = random.mutate(&original);
            for packet in parse(&bytes).flatten() {
                match packet {
                    Packet::SenderReport { reports, .. }
                    | Packet::ReceiverReport { reports, .. } => {
                        assert!(reports.count() <= 31);
                    }
                    Packet::Nack { sequences, .. } => {
                        assert!(sequences.count() <= 17 * bytes.len() / 4)
                    }
                    Packet::Fir { entries, .. } => assert!(entries.count() <= bytes.len()),
                    Packet::Remb { ssrcs, .. } | Packet::Bye { ssrcs } => {
                        assert!(ssrcs.count() <= 255)
                    }
                    _ => {}
                }
            }
        }
    }
}
