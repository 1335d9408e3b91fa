//! STUN: the vectors of RFC 5769, and what must be refused.
use std::net::SocketAddr;

use super::fingerprint::{self, FINGERPRINT};
use super::integrity;
use super::{StunError, parse, write_success};
use crate::fuzzing::{MUTATIONS, Random};
use crate::srtp::hex::hex;

const PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

/// RFC 5769 §2.1; its padding bytes are spaces.
const REQUEST: &str = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e740024\
                       00046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70c\
                       bfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";
/// RFC 5769 §2.2.
const RESPONSE_V4: &str = "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f722000200008\
                           0001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";
/// RFC 5769 §2.3.
const RESPONSE_V6: &str = "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f722000200014\
                           0002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275\
                           bfe3ed4180280004c8fb0b4c";

fn transaction_id() -> [u8; 12] {
    hex("b7e7a701bc34d686fa87dfae").try_into().unwrap()
}

/// A message of these attributes, its lengths and FINGERPRINT right; `None` stands for a right MESSAGE-INTEGRITY.
fn message(attributes: &[Option<(u16, &[u8])>]) -> Vec<u8> {
    let mut bytes = hex("000100002112a442b7e7a701bc34d686fa87dfae");
    for attribute in attributes {
        match attribute {
            Some((kind, value)) => append(&mut bytes, *kind, value),
            None => {
                let tag = integrity::value(&bytes, (bytes.len() + 24 - 20) as u16, PASSWORD);
                append(&mut bytes, 8, tag.as_ref());
            }
        }
    }
    let length = ((bytes.len() + 8 - 20) as u16).to_be_bytes();
    bytes[2..4].copy_from_slice(&length);
    let crc = fingerprint::value(&bytes);
    append(&mut bytes, FINGERPRINT, &crc.to_be_bytes());
    bytes
}

fn append(bytes: &mut Vec<u8>, kind: u16, value: &[u8]) {
    bytes.extend(kind.to_be_bytes());
    bytes.extend((value.len() as u16).to_be_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

const USER: Option<(u16, &[u8])> = Some((6, b"evtj:h6vY"));
const PRIORITY: Option<(u16, &[u8])> = Some((0x24, &[0x6e, 0, 1, 0xff]));
const CONTROLLING: Option<(u16, &[u8])> = Some((0x802a, &[1; 8]));
const NOMINATES: Option<(u16, &[u8])> = Some((0x25, &[]));
const INTEGRITY: Option<(u16, &[u8])> = None;

mod requests {
    use super::*;

    #[test]
    fn sample_of_rfc_5769_2_1_is_read_and_authentic() {
        let datagram = hex(REQUEST);
        let request = parse(&datagram).unwrap();
        assert_eq!(request.local_ufrag(), "evtj");
        assert_eq!(request.remote_ufrag(), "h6vY");
        assert_eq!(request.transaction_id(), transaction_id());
        assert!(!request.use_candidate());
        assert!(request.is_authentic(PASSWORD));
        assert!(!request.is_authentic(b"VOkJxbRl1RmTxUk/WvJxBT"));
        assert!(!request.is_authentic(b""));
    }

    #[test]
    fn a_generation_behind_our_ufrag_is_not_part_of_it() {
        for name in ["evtj+1:h6vY", "evtj+12+3:h6vY"] {
            let user = Some((6, name.as_bytes()));
            let datagram = message(&[user, PRIORITY, CONTROLLING, INTEGRITY]);
            let request = parse(&datagram).unwrap();
            assert_eq!(request.local_ufrag(), "evtj");
            assert_eq!(request.remote_ufrag(), "h6vY");
            assert!(request.is_authentic(PASSWORD));
        }
    }

    #[test]
    fn use_candidate_is_seen() {
        let datagram = message(&[USER, PRIORITY, CONTROLLING, NOMINATES, INTEGRITY]);
        assert!(parse(&datagram).unwrap().use_candidate());
        assert!(parse(&datagram).unwrap().is_authentic(PASSWORD));
    }

    #[test]
    fn what_follows_message_integrity_is_ignored() {
        let datagram = message(&[
            PRIORITY,
            CONTROLLING,
            USER,
            INTEGRITY,
            Some((6, b"evil:evil")),
            NOMINATES,
            Some((8, b"x")),
        ]);
        let request = parse(&datagram).unwrap();
        assert_eq!(request.local_ufrag(), "evtj");
        assert!(!request.use_candidate());
        assert!(request.is_authentic(PASSWORD));

        let datagram = message(&[PRIORITY, CONTROLLING, INTEGRITY, USER]);
        assert_eq!(parse(&datagram).err(), Some(StunError::MissingAttribute));
    }

    #[test]
    fn the_first_of_two_equal_attributes_counts() {
        let datagram = message(&[
            PRIORITY,
            CONTROLLING,
            USER,
            Some((6, b"evil:evil")),
            INTEGRITY,
            INTEGRITY,
        ]);
        let request = parse(&datagram).unwrap();
        assert_eq!(request.local_ufrag(), "evtj");
        assert!(request.is_authentic(PASSWORD));
    }

    #[test]
    fn each_required_attribute_is_missed() {
        for (attributes, error) in [
            (
                vec![PRIORITY, CONTROLLING, NOMINATES, INTEGRITY],
                StunError::MissingAttribute,
            ),
            (
                vec![PRIORITY, CONTROLLING, USER, Some((0x802a, &[0; 20]))],
                StunError::MissingAttribute,
            ),
            (
                vec![PRIORITY, CONTROLLING, USER, Some((8, &[0; 16]))],
                StunError::MissingAttribute,
            ),
            (
                vec![
                    PRIORITY,
                    CONTROLLING,
                    Some((0x14, b"realm")),
                    USER,
                    INTEGRITY,
                ],
                StunError::UnknownAttribute,
            ),
        ] {
            assert_eq!(parse(&message(&attributes)).err(), Some(error));
        }
    }

    #[test]
    fn user_names_that_are_no_pair_of_ufrags_are_refused() {
        for name in [
            "evtj",
            "evtj:",
            ":h6vY",
            "evt:h6vY",
            "evtj:h6v:Y",
            "ev j:h6vY",
            "evtj:h6v\u{e9}",
            "",
        ] {
            let datagram = message(&[
                PRIORITY,
                CONTROLLING,
                NOMINATES,
                Some((6, name.as_bytes())),
                INTEGRITY,
            ]);
            assert_eq!(
                parse(&datagram).err(),
                Some(StunError::BadUsername),
                "{name}"
            );
        }
        let datagram = message(&[Some((6, &[b'a'; 600])), INTEGRITY]);
        assert_eq!(parse(&datagram).err(), Some(StunError::BadUsername));
        let datagram = message(&[
            PRIORITY,
            CONTROLLING,
            Some((6, b"ab\xff\xfe:abcd")),
            INTEGRITY,
        ]);
        assert_eq!(parse(&datagram).err(), Some(StunError::BadUsername));
    }

    #[test]
    fn fingerprint_must_be_right_and_last() {
        let mut datagram = hex(REQUEST);
        *datagram.last_mut().unwrap() ^= 1;
        assert_eq!(parse(&datagram).err(), Some(StunError::BadFingerprint));

        let mut without = hex(REQUEST);
        without.truncate(100);
        without[3] -= 8;
        assert_eq!(parse(&without).err(), Some(StunError::BadFingerprint));

        let mut behind = message(&[USER, PRIORITY, INTEGRITY]);
        append(&mut behind, 0x8022, b"more");
        behind[3] += 8;
        assert_eq!(parse(&behind).err(), Some(StunError::BadFingerprint));
    }

    #[test]
    fn other_messages_are_refused() {
        for (at, byte) in [(0, 1), (1, 0x11), (3, 0x54), (4, 0x22)] {
            let mut datagram = hex(REQUEST);
            datagram[at] = byte;
            assert_eq!(
                parse(&datagram).err(),
                Some(StunError::Malformed),
                "byte {at}"
            );
        }
        assert_eq!(parse(&hex(RESPONSE_V4)).err(), Some(StunError::Malformed));
        assert_eq!(parse(&[]).err(), Some(StunError::TooShort));
        assert_eq!(parse(&[0; 75]).err(), Some(StunError::TooShort));
        assert_eq!(parse(&[0; 76]).err(), Some(StunError::Malformed));
    }

    #[test]
    fn a_train_of_attributes_is_cut() {
        let many = vec![Some((0x8022, &b""[..])); 10_000];
        assert_eq!(parse(&message(&many)).err(), Some(StunError::Malformed));
    }

    #[test]
    fn damaged_requests_are_refused_without_panic() {
        let original = hex(REQUEST);
        let mut random = Random::new(1);
        for _ in 0..MUTATIONS {
            let mut bytes = random.mutate(&original);
            // A right FINGERPRINT half of the time, so that the attributes behind the check are met.
            if random.below(2) == 0 && bytes.len() >= 28 {
                let at = bytes.len() - 8;
                let length = ((bytes.len() - 20) as u16).to_be_bytes();
                bytes[2..4].copy_from_slice(&length);
                let crc = fingerprint::value(&bytes[..at]);
                bytes.truncate(at);
                append(&mut bytes, FINGERPRINT, &crc.to_be_bytes());
            }
            if let Ok(request) = parse(&bytes) {
                let is_authentic = request.is_authentic(PASSWORD);
                assert!(!is_authentic || request.local_ufrag() == "evtj");
            }
        }
    }
}

mod responses {
    use super::*;

    fn assert_integrity_and_fingerprint(message: &[u8]) {
        let (rest, crc) = message.split_at(message.len() - 8);
        assert_eq!(crc[..4], [0x80, 0x28, 0, 4]);
        assert_eq!(crc[4..], fingerprint::value(rest).to_be_bytes());
        let (covered, attribute) = rest.split_at(rest.len() - 24);
        let tag = integrity::value(covered, (rest.len() - 20) as u16, PASSWORD);
        assert_eq!(attribute[..4], [0, 8, 0, 20]);
        assert_eq!(&attribute[4..], tag.as_ref());
    }

    #[test]
    fn samples_of_rfc_5769_2_2_and_2_3_have_our_integrity_and_fingerprint() {
        assert_integrity_and_fingerprint(&hex(RESPONSE_V4));
        assert_integrity_and_fingerprint(&hex(RESPONSE_V6));
    }

    #[test]
    fn mapped_addresses_are_written_as_in_rfc_5769() {
        let v6 = "[2001:db8:1234:5678:11:2233:4455:6677]:32853";
        for (address, sample, len) in [("192.0.2.1:32853", RESPONSE_V4, 12), (v6, RESPONSE_V6, 24)]
        {
            let mut out = b"before".to_vec();
            write_success(
                &mut out,
                transaction_id(),
                address.parse::<SocketAddr>().unwrap(),
                PASSWORD,
            );
            let written = &out[6..];
            assert_integrity_and_fingerprint(written);
            assert_eq!(written.len(), 20 + len + 24 + 8);
            assert_eq!(written[2..4], ((written.len() - 20) as u16).to_be_bytes());
            assert_eq!(written[4..20], hex(sample)[4..20]);
            // Behind SOFTWARE, which we don't send.
            assert_eq!(written[20..20 + len], hex(sample)[36..36 + len]);
        }
    }

    #[test]
    fn no_accepted_request_is_shorter_than_the_longest_response() {
        let mut response = Vec::new();
        write_success(
            &mut response,
            transaction_id(),
            "[::1]:1".parse().unwrap(),
            PASSWORD,
        );
        let shortest = message(&[Some((6, b"abcd:abcd")), INTEGRITY]);
        assert!(shortest.len() < response.len());
        assert_eq!(parse(&shortest).err(), Some(StunError::TooShort));
        assert!(parse(&message(&[Some((6, b"abcd:abcd")), PRIORITY, INTEGRITY])).is_ok());
    }
}
