//! Writes binding success responses (RFC 8489 §6.3.3, §14.2).
use std::net::{IpAddr, SocketAddr};

use super::fingerprint::{self, FINGERPRINT};
use super::integrity::{self, MESSAGE_INTEGRITY};
use super::{HEADER_LEN, MAGIC_COOKIE};

const BINDING_SUCCESS: u16 = 0x0101;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const FAMILY_IPV4: u8 = 1;
const FAMILY_IPV6: u8 = 2;

/// Appends a binding success response with XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY and FINGERPRINT.
///
/// 64 bytes for IPv4, 76 for IPv6: never longer than a request that `parse` accepts.
pub fn write_success(
    out: &mut Vec<u8>,
    transaction_id: [u8; 12],
    mapped: SocketAddr,
    password: &[u8],
) {
    let start = out.len();
    let mut xor = [0; 16];
    let (cookie, rest) = xor.split_at_mut(4);
    cookie.copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
    rest.copy_from_slice(&transaction_id);

    let address_len: u16 = if mapped.is_ipv4() { 4 } else { 16 };
    let integrity_end = 4 + 4 + address_len + 4 + integrity::VALUE_LEN as u16;
    let total = integrity_end + 8;

    out.extend_from_slice(&BINDING_SUCCESS.to_be_bytes());
    out.extend_from_slice(&total.to_be_bytes());
    out.extend_from_slice(&xor);

    out.extend_from_slice(&XOR_MAPPED_ADDRESS.to_be_bytes());
    out.extend_from_slice(&(4 + address_len).to_be_bytes());
    let port = mapped.port() ^ (MAGIC_COOKIE >> 16) as u16;
    match mapped.ip() {
        IpAddr::V4(ip) => {
            out.extend_from_slice(&[0, FAMILY_IPV4]);
            out.extend_from_slice(&port.to_be_bytes());
            out.extend(ip.octets().iter().zip(xor).map(|(byte, key)| byte ^ key));
        }
        IpAddr::V6(ip) => {
            out.extend_from_slice(&[0, FAMILY_IPV6]);
            out.extend_from_slice(&port.to_be_bytes());
            out.extend(ip.octets().iter().zip(xor).map(|(byte, key)| byte ^ key));
        }
    }

    let tag = integrity::value(
        out.get(start..).unwrap_or_default(),
        integrity_end,
        password,
    );
    out.extend_from_slice(&MESSAGE_INTEGRITY.to_be_bytes());
    out.extend_from_slice(&(integrity::VALUE_LEN as u16).to_be_bytes());
    out.extend_from_slice(tag.as_ref());

    let crc = fingerprint::value(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&FINGERPRINT.to_be_bytes());
    out.extend_from_slice(&4u16.to_be_bytes());
    out.extend_from_slice(&crc.to_be_bytes());
    debug_assert_eq!(out.len() - start, HEADER_LEN + usize::from(total));
}
