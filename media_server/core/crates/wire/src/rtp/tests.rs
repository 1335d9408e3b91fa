//! RTP headers from literal bytes, written and read back, and damaged.
use super::*;
use crate::fuzzing::{MUTATIONS, Random};
use crate::srtp::hex::hex;

fn elements(packet: &[u8]) -> Vec<(u8, Vec<u8>)> {
    parse(packet)
        .unwrap()
        .extensions(packet)
        .map(|(id, value)| (id, value.to_vec()))
        .collect()
}

mod headers {
    use super::*;

    #[test]
    fn fixed_header_is_read_as_in_rfc_3550_5_1() {
        let packet = hex("80e00102030405060708090a616263");
        let header = parse(&packet).unwrap();
        assert_eq!(header.payload_type, 96);
        assert!(header.has_marker);
        assert_eq!(header.sequence, 0x0102);
        assert_eq!(header.timestamp, 0x0304_0506);
        assert_eq!(header.ssrc, 0x0708_090a);
        assert_eq!(header.header_len, 12);
        assert_eq!(packet[header.payload_range.clone()], *b"abc");
        assert_eq!(header.padding_len, 0);
        assert!(!header.is_padding_only());
        assert!(elements(&packet).is_empty());
    }

    #[test]
    fn csrcs_extension_and_padding_are_left_out_of_the_payload() {
        let packet = hex("b260000100000002000000030000000400000005bede000110ff000061620002");
        let header = parse(&packet).unwrap();
        assert_eq!(header.header_len, 28);
        assert_eq!(packet[header.payload_range.clone()], *b"ab");
        assert_eq!(header.padding_len, 2);
        assert_eq!(elements(&packet), [(1, vec![0xff])]);
    }

    #[test]
    fn padding_only_packets_have_no_payload() {
        let packet = hex("a060000100000002000000030000000005");
        let header = parse(&packet).unwrap();
        assert!(header.is_padding_only());
        assert_eq!(header.padding_len, 5);
    }

    #[test]
    fn what_is_shorter_than_it_claims_is_refused() {
        for (packet, error) in [
            ("", RtpError::TooShort),
            ("8060000100000002000000", RtpError::TooShort),
            ("4060000100000002000000ff", RtpError::BadVersion),
            ("8160000100000002000000ff", RtpError::TooShort),
            ("9060000100000002000000ffbede00", RtpError::TooShort),
            ("9060000100000002000000ffbede0001", RtpError::TooShort),
            ("a060000100000002000000ff", RtpError::BadPadding),
            ("a060000100000002000000ff00", RtpError::BadPadding),
            ("a060000100000002000000ff02", RtpError::BadPadding),
        ] {
            assert_eq!(parse(&hex(packet)), Err(error), "{packet}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let fields = Fields {
            payload_type: 111,
            has_marker: true,
            sequence: 65535,
            timestamp: 7,
            ssrc: u32::MAX,
        };
        let mut out = b"before".to_vec();
        write_header(&mut out, &fields);
        let header = parse(&out[6..]).unwrap();
        assert_eq!(
            (header.payload_type, header.has_marker, header.sequence),
            (111, true, 65535)
        );
        assert_eq!(
            (header.timestamp, header.ssrc, header.header_len),
            (7, u32::MAX, 12)
        );
    }

    #[test]
    fn any_bytes_are_read_without_panic() {
        let originals = [
            hex("b260000100000002000000030000000400000005bede000110ff000061620002"),
            hex("90600001000000020000000310000003010401020304050003016100616263"),
        ];
        let mut random = Random::new(4);
        for round in 0..MUTATIONS {
            let bytes = random.mutate(&originals[round % 2]);
            if let Ok(header) = parse(&bytes) {
                assert!(bytes.get(header.payload_range.clone()).is_some());
                assert!(header.extensions(&bytes).all(|(id, _)| id != 0));
            }
        }
    }
}

mod extensions {
    use super::*;

    fn packet(profile: &str, data: &str) -> Vec<u8> {
        let data = hex(data);
        let mut packet = hex("906000010000000200000003");
        packet.extend(hex(profile));
        packet.extend(((data.len() / 4) as u16).to_be_bytes());
        packet.extend(data);
        packet
    }

    #[test]
    fn one_byte_form_is_read_as_in_rfc_8285_4_2() {
        assert_eq!(
            elements(&packet("bede", "10aa21bbcc0000003301020304000000")),
            [
                (1, vec![0xaa]),
                (2, vec![0xbb, 0xcc]),
                (3, vec![1, 2, 3, 4]),
            ]
        );
    }

    #[test]
    fn one_byte_form_ends_at_id_15_or_a_cut_element() {
        assert_eq!(
            elements(&packet("bede", "10aaf0bb20cc0000")),
            [(1, vec![0xaa])]
        );
        assert_eq!(elements(&packet("bede", "10aa2f01")), [(1, vec![0xaa])]);
        assert_eq!(
            elements(&packet("bede", "10aa01bb20cc0000")),
            [(1, vec![0xaa])]
        );
    }

    #[test]
    fn two_byte_form_is_read_as_in_rfc_8285_4_3() {
        assert_eq!(
            elements(&packet("1000", "010002020a0b00001f01ff00")),
            [(1, vec![]), (2, vec![10, 11]), (31, vec![0xff]),]
        );
        assert_eq!(elements(&packet("100f", "0100020a")), [(1, vec![])]);
    }

    #[test]
    fn other_profiles_have_no_elements() {
        assert!(elements(&packet("abcd", "10aa0000")).is_empty());
    }

    #[test]
    fn written_elements_are_read_back() {
        let fields = Fields {
            payload_type: 96,
            has_marker: false,
            sequence: 1,
            timestamp: 2,
            ssrc: 3,
        };
        for lengths in [
            vec![1],
            vec![2],
            vec![3],
            vec![4],
            vec![16, 1, 5],
            vec![1, 1, 1, 1, 1],
        ] {
            let mut out = b"before".to_vec();
            write_header(&mut out, &fields);
            let mut writer = ExtensionWriter::begin(&mut out, 6);
            let expected: Vec<(u8, Vec<u8>)> = lengths
                .iter()
                .zip(1..)
                .map(|(length, id)| (id, vec![id; *length]))
                .collect();
            expected
                .iter()
                .for_each(|(id, value)| writer.add(*id, value));
            let header_len = writer.finish();
            assert_eq!(header_len, out.len() - 6);
            assert_eq!(header_len % 4, 0);
            assert_eq!(elements(&out[6..]), expected);
            assert_eq!(parse(&out[6..]).unwrap().header_len, header_len);
        }
    }

    #[test]
    fn elements_the_one_byte_form_cannot_hold_are_left_out() {
        let fields = Fields {
            payload_type: 96,
            has_marker: false,
            sequence: 1,
            timestamp: 2,
            ssrc: 3,
        };
        let mut out = Vec::new();
        write_header(&mut out, &fields);
        let mut writer = ExtensionWriter::begin(&mut out, 0);
        writer.add(0, b"x");
        writer.add(15, b"x");
        writer.add(1, b"");
        writer.add(1, &[0; 17]);
        assert_eq!(writer.finish(), 12);
        assert_eq!(out.len(), 12);
        assert_eq!(out[0], 0x80);
    }
}
