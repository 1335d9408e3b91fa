//! TURN messages: read as clients write them, written as they read them, and nothing else taken.
use std::net::SocketAddr;

use super::*;
use crate::fuzzing::{MUTATIONS, Random};

const ID: [u8; 12] = *b"transaction!";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A request of these attributes, signed where there is a key.
fn request(kind: u16, attributes: &[(u16, &[u8])], key: Option<&LongTermKey>) -> Vec<u8> {
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend([0, 0, 0x21, 0x12, 0xa4, 0x42]);
    bytes.extend(ID);
    for (kind, value) in attributes {
        append(&mut bytes, *kind, value);
    }
    if let Some(key) = key {
        let tag = key.sign(&bytes);
        append(&mut bytes, 0x0008, tag.as_ref());
    }
    let length = ((bytes.len() - 20) as u16).to_be_bytes();
    bytes[2..4].copy_from_slice(&length);
    bytes
}

fn append(bytes: &mut Vec<u8>, kind: u16, value: &[u8]) {
    bytes.extend(kind.to_be_bytes());
    bytes.extend((value.len() as u16).to_be_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

fn read(bytes: &[u8]) -> Request<'_> {
    match parse(bytes) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_password_follows_from_the_name_as_the_rest_draft_says() {
    // printf %s 1433065916:ninefingers | openssl dgst -sha1 -hmac north -binary | base64
    let password = password_of(b"north", "1433065916:ninefingers");
    assert_eq!(password, "SDuA3OErhfGFaxmFHH7fTICexdg=");
    assert_ne!(password, password_of(b"north", "1433065917:ninefingers"));
}

#[test]
fn a_signed_allocation_tells_all_that_it_asks() {
    let key = LongTermKey::new("user", "realm", "password");
    let attributes: [(u16, &[u8]); 6] = [
        (0x0019, &[17, 0, 0, 0]),
        (0x000d, &600u32.to_be_bytes()),
        (0x0017, &[2, 0, 0, 0]),
        (0x0006, b"user"),
        (0x0014, b"realm"),
        (0x0015, b"nonce"),
    ];
    let bytes = request(0x0003, &attributes, Some(&key));
    let request = read(&bytes);
    assert_eq!(request.method(), Method::Allocate);
    assert_eq!(
        (request.wants_udp, request.wants_ipv6),
        (Some(true), Some(true))
    );
    assert_eq!(request.lifetime_s, Some(600));
    assert_eq!(
        (request.username, request.realm),
        (Some("user"), Some("realm"))
    );
    assert_eq!(request.nonce, Some(&b"nonce"[..]));
    assert!(request.is_signed() && request.is_authentic(&key));
    assert!(!request.is_authentic(&LongTermKey::new("user", "realm", "Password")));
    assert_eq!(whole_length(&bytes), Ok(Some(bytes.len())));
}

#[test]
fn peers_of_both_versions_are_read() {
    let mut v4 = Vec::new();
    write_data_indication(&mut v4, ID, address("192.0.2.1:7882"), b"data");
    let mut v6 = Vec::new();
    write_data_indication(&mut v6, ID, address("[2001:db8::1]:7882"), b"data!");
    for (mut bytes, peer, said) in [
        (v4, "192.0.2.1:7882", &b"data"[..]),
        (v6, "[2001:db8::1]:7882", b"data!"),
    ] {
        // A Send indication differs from the Data indication in its type only.
        bytes[1] = 0x16;
        let Ok(Message::Send { peer: found, data }) = parse(&bytes) else {
            panic!("no Send indication");
        };
        assert_eq!((found, data), (address(peer), said));
    }
}

#[test]
fn channel_data_is_padded_and_read_without_its_padding() {
    let mut bytes = Vec::new();
    write_channel_data(&mut bytes, 0x4001, b"five!");
    assert_eq!(bytes.len(), 12);
    assert_eq!(whole_length(&bytes[..4]), Ok(Some(12)));
    let Ok(Message::ChannelData { channel, data }) = parse(&bytes) else {
        panic!("no ChannelData");
    };
    assert_eq!((channel, data), (0x4001, &b"five!"[..]));
}

#[test]
fn an_unknown_attribute_that_must_be_understood_is_told() {
    let bytes = request(
        0x0003,
        &[(0x0022, &[0; 8]), (0x8022, b"soft"), (0x7000, b"")],
        None,
    );
    let request = read(&bytes);
    assert_eq!(request.unknown, Some(0x0022));
    assert!(!request.is_signed());
}

#[test]
fn answers_repeat_the_transaction_and_are_signed() {
    let key = LongTermKey::new("user", "realm", "password");
    let mut bytes = Vec::new();
    let told = [
        Attribute::Mapped(address("192.0.2.1:1000")),
        Attribute::Lifetime(600),
    ];
    write_success(&mut bytes, Method::Refresh, ID, &told, Some(&key));
    assert_eq!(bytes[..2], [0x01, 0x04]);
    assert_eq!(bytes[8..20], ID);
    assert_eq!(
        usize::from(u16::from_be_bytes([bytes[2], bytes[3]])),
        bytes.len() - 20
    );
    let mut refusal = Vec::new();
    let told = [
        Attribute::Realm("realm"),
        Attribute::Nonce(b"nonce"),
        Attribute::Unknown(7),
    ];
    write_error(
        &mut refusal,
        Method::Allocate,
        ID,
        ErrorCode::StaleNonce,
        &told,
        None,
    );
    assert_eq!(refusal[..2], [0x01, 0x13]);
    assert_eq!(refusal[20..28], [0, 9, 0, 4, 0, 0, 4, 38]);
}

#[test]
fn what_is_no_message_of_a_client_is_refused() {
    assert_eq!(whole_length(&[0, 3, 0]), Ok(None));
    for head in [
        [0, 3, 0, 2],
        [0x50, 0, 0, 0],
        [0, 3, 0xff, 0xfc],
        [0x80, 0, 0, 0],
    ] {
        assert_eq!(whole_length(&head), Err(TurnError::Malformed), "{head:?}");
    }
    assert!(matches!(
        parse(&request(0x0101, &[], None)),
        Err(TurnError::Unexpected)
    ));
    assert!(matches!(
        parse(&request(0x0016, &[], None)),
        Err(TurnError::Malformed)
    ));
    assert!(matches!(
        parse(&request(0x0011, &[], None)),
        Ok(Message::Nothing)
    ));
    let many = vec![(0x8022u16, &b""[..]); 60];
    assert!(matches!(
        parse(&request(0x0003, &many, None)),
        Err(TurnError::Malformed)
    ));
    let bad_family: &[u8] = &[0, 3, 0, 0, 0, 0, 0, 0];
    let bytes = request(0x0008, &[(0x0012, bad_family)], None);
    assert!(matches!(parse(&bytes), Err(TurnError::Malformed)));
}

#[test]
fn damaged_messages_are_survived() {
    let key = LongTermKey::new("user", "realm", "password");
    let peer: &[u8] = &[0, 1, 0x3f, 0xd8, 0xe1, 0x12, 0xa6, 0x43];
    let originals = [
        request(
            0x0003,
            &[(0x0019, &[17, 0, 0, 0]), (0x0006, b"user")],
            Some(&key),
        ),
        request(0x0008, &[(0x0012, peer)], Some(&key)),
        request(0x0016, &[(0x0012, peer), (0x0013, b"data")], None),
    ];
    let mut random = Random::new(8656);
    for round in 0..MUTATIONS {
        let bytes = random.mutate(&originals[round % originals.len()]);
        let _ = whole_length(&bytes);
        if let Ok(Message::Request(request)) = parse(&bytes) {
            let _ = request.is_authentic(&key);
        }
    }
}
