//! Writes answers and relayed datagrams.
use std::net::{IpAddr, SocketAddr};

use super::Method;
use super::credentials::LongTermKey;
use crate::stun::integrity::{MESSAGE_INTEGRITY, VALUE_LEN};
use crate::stun::{HEADER_LEN, MAGIC_COOKIE};

const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
const LIFETIME: u16 = 0x000d;
const XOR_PEER_ADDRESS: u16 = 0x0012;
const DATA: u16 = 0x0013;
const REALM: u16 = 0x0014;
const NONCE: u16 = 0x0015;
const XOR_RELAYED_ADDRESS: u16 = 0x0016;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const DATA_INDICATION: u16 = 0x0017;
const SUCCESS: u16 = 0x0100;
const ERROR: u16 = 0x0110;

/// Why a request is refused (RFC 8489 §14.8, RFC 8656 §19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum ErrorCode {
    /// It lacks something, or says it twice.
    BadRequest = 400,
    /// It is not signed, or not by whom it says.
    Unauthorized = 401,
    /// The peer is none of ours.
    Forbidden = 403,
    /// It asks for what is not understood.
    UnknownAttribute = 420,
    /// There is no allocation, or there is one already.
    AllocationMismatch = 437,
    /// The nonce is not the one that was given.
    StaleNonce = 438,
    /// There is no address of that version.
    AddressFamilyNotSupported = 440,
    /// Signed by somebody else than who made the allocation.
    WrongCredentials = 441,
    /// Something else than datagrams.
    UnsupportedTransport = 442,
    /// This name has as many as it may.
    QuotaReached = 486,
    /// There are as many as there may be.
    InsufficientCapacity = 508,
}

/// What an answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute<'a> {
    /// How the client is seen.
    Mapped(SocketAddr),
    /// The address that was given to it.
    Relayed(SocketAddr),
    /// Seconds.
    Lifetime(u32),
    /// Where its name holds.
    Realm(&'a str),
    /// To be signed with the next requests.
    Nonce(&'a [u8]),
    /// What was not understood.
    Unknown(u16),
}

/// Appends a success response, signed if there is a key.
pub fn write_success(
    out: &mut Vec<u8>,
    method: Method,
    transaction_id: [u8; 12],
    attributes: &[Attribute<'_>],
    key: Option<&LongTermKey>,
) {
    let start = begin(out, code(method) | SUCCESS, transaction_id);
    write_attributes(out, transaction_id, attributes);
    end(out, start, key);
}

/// Appends an error response, signed if there is a key.
pub fn write_error(
    out: &mut Vec<u8>,
    method: Method,
    transaction_id: [u8; 12],
    error: ErrorCode,
    attributes: &[Attribute<'_>],
    key: Option<&LongTermKey>,
) {
    let start = begin(out, code(method) | ERROR, transaction_id);
    let number = error as u16;
    append(
        out,
        ERROR_CODE,
        &[0, 0, (number / 100) as u8, (number % 100) as u8],
    );
    write_attributes(out, transaction_id, attributes);
    end(out, start, key);
}

/// Appends a datagram from a peer that has no number.
pub fn write_data_indication(
    out: &mut Vec<u8>,
    transaction_id: [u8; 12],
    peer: SocketAddr,
    data: &[u8],
) {
    let start = begin(out, DATA_INDICATION, transaction_id);
    append_address(out, XOR_PEER_ADDRESS, transaction_id, peer);
    append(out, DATA, data);
    end(out, start, None);
}

/// Appends a datagram from the peer that has a number, padded as streams want it (RFC 8656 §12.5).
pub fn write_channel_data(out: &mut Vec<u8>, channel: u16, data: &[u8]) {
    out.extend_from_slice(&channel.to_be_bytes());
    out.extend_from_slice(&(data.len() as u16).to_be_bytes());
    out.extend_from_slice(data);
    pad(out, data.len());
}

fn code(method: Method) -> u16 {
    match method {
        Method::Binding => 1,
        Method::Allocate => 3,
        Method::Refresh => 4,
        Method::CreatePermission => 8,
        Method::ChannelBind => 9,
    }
}

fn begin(out: &mut Vec<u8>, kind: u16, transaction_id: [u8; 12]) -> usize {
    let start = out.len();
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&MAGIC_COOKIE.to_be_bytes());
    out.extend_from_slice(&transaction_id);
    start
}

fn end(out: &mut Vec<u8>, start: usize, key: Option<&LongTermKey>) {
    if let Some(key) = key {
        let tag = key.sign(out.get(start..).unwrap_or_default());
        debug_assert_eq!(tag.as_ref().len(), VALUE_LEN);
        append(out, MESSAGE_INTEGRITY, tag.as_ref());
    }
    let length = ((out.len() - start - HEADER_LEN) as u16).to_be_bytes();
    if let Some(field) = out.get_mut(start + 2..start + 4) {
        field.copy_from_slice(&length);
    }
}

fn write_attributes(out: &mut Vec<u8>, transaction_id: [u8; 12], attributes: &[Attribute<'_>]) {
    for attribute in attributes {
        match *attribute {
            Attribute::Mapped(at) => append_address(out, XOR_MAPPED_ADDRESS, transaction_id, at),
            Attribute::Relayed(at) => append_address(out, XOR_RELAYED_ADDRESS, transaction_id, at),
            Attribute::Lifetime(seconds) => append(out, LIFETIME, &seconds.to_be_bytes()),
            Attribute::Realm(realm) => append(out, REALM, realm.as_bytes()),
            Attribute::Nonce(nonce) => append(out, NONCE, nonce),
            Attribute::Unknown(kind) => append(out, UNKNOWN_ATTRIBUTES, &kind.to_be_bytes()),
        }
    }
}

fn append(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&(value.len() as u16).to_be_bytes());
    out.extend_from_slice(value);
    pad(out, value.len());
}

fn pad(out: &mut Vec<u8>, length: usize) {
    out.resize(out.len() + length.next_multiple_of(4) - length, 0);
}

fn append_address(out: &mut Vec<u8>, kind: u16, transaction_id: [u8; 12], address: SocketAddr) {
    let mut mask = [0; 16];
    mask[..4].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
    mask[4..].copy_from_slice(&transaction_id);
    let port = address.port() ^ (MAGIC_COOKIE >> 16) as u16;
    let mut value = Vec::with_capacity(20);
    let (family, octets): (u8, &[u8]) = match &address.ip() {
        IpAddr::V4(ip) => (1, &ip.octets()),
        IpAddr::V6(ip) => (2, &ip.octets()),
    };
    value.extend_from_slice(&[0, family]);
    value.extend_from_slice(&port.to_be_bytes());
    value.extend(octets.iter().zip(mask).map(|(byte, key)| byte ^ key));
    append(out, kind, &value);
}
