//! The Wycheproof vectors, run over the very functions SRTP uses.
use serde_json::Value;

use super::gcm::Gcm;
use super::hex::hex;
use super::hmac_sha1::{HmacSha1, TAG_LEN};

fn groups(file: &str) -> Vec<Value> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../../tests/vectors/wycheproof/"
    );
    let text = std::fs::read_to_string(format!("{folder}{file}")).unwrap();
    let mut file: Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(file["testGroups"].take()).unwrap()
}

fn bytes(test: &Value, name: &str) -> Vec<u8> {
    hex(test[name].as_str().unwrap())
}

#[test]
fn aes_128_gcm_seals_and_opens_as_the_vectors_say() {
    let mut checked = 0;
    for group in groups("aes_gcm_test.json") {
        if group["keySize"] != 128 || group["ivSize"] != 96 || group["tagSize"] != 128 {
            continue; // SRTP uses none of these.
        }
        for test in group["tests"].as_array().unwrap() {
            let id = &test["tcId"];
            let key = Gcm::new(&bytes(test, "key")).unwrap();
            let nonce: [u8; 12] = bytes(test, "iv").try_into().unwrap();
            let (aad, plain) = (bytes(test, "aad"), bytes(test, "msg"));
            let sealed = [bytes(test, "ct"), bytes(test, "tag")].concat();

            let mut in_out = sealed.clone();
            let opened = key
                .open(nonce, &aad, &mut in_out)
                .map(|len| in_out[..len].to_vec());
            if test["result"] == "valid" {
                assert_eq!(opened.as_ref(), Ok(&plain), "{id}");
                let mut in_out = plain.clone();
                let tag = key.seal(nonce, &aad, &mut in_out).unwrap();
                assert_eq!([&in_out[..], &tag].concat(), sealed, "{id}");
            } else {
                assert!(opened.is_err(), "{id}");
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 67);
}

#[test]
fn hmac_sha1_of_80_bits_authenticates_as_the_vectors_say() {
    let mut checked = 0;
    for group in groups("hmac_sha1_test.json") {
        for test in group["tests"].as_array().unwrap() {
            let id = &test["tcId"];
            let key = HmacSha1::new(&bytes(test, "key"));
            let (message, tag) = (bytes(test, "msg"), bytes(test, "tag"));
            let (packet, suffix) = message.split_at(message.len() / 2);
            let is_valid = test["result"] == "valid";
            if group["tagSize"] == 80 {
                assert_eq!(key.is_authentic(packet, suffix, &tag), is_valid, "{id}");
            } else if is_valid {
                assert_eq!(key.tag(packet, suffix), tag[..TAG_LEN], "{id}");
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 170);
}
