//! Reads what a TURN client says: requests, Send indications, ChannelData.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::credentials::LongTermKey;
use super::{CHANNELS, MAX_MESSAGE_BYTES};
use crate::stun::integrity::MESSAGE_INTEGRITY;
use crate::stun::request::Attributes;
use crate::stun::{HEADER_LEN, MAGIC_COOKIE};

const CHANNEL_NUMBER: u16 = 0x000c;
const LIFETIME: u16 = 0x000d;
const XOR_PEER_ADDRESS: u16 = 0x0012;
const DATA: u16 = 0x0013;
const USERNAME: u16 = 0x0006;
const REALM: u16 = 0x0014;
const NONCE: u16 = 0x0015;
const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
const REQUESTED_TRANSPORT: u16 = 0x0019;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001c;
/// May be left aside by who does not know them (RFC 8489 §14).
const COMPREHENSION_OPTIONAL: u16 = 0x8000;

/// A client makes a permission for each of our addresses, and we have 8 at most.
const MAX_PEERS: usize = 16;
/// More than any client sends, and a loop over them must end soon.
const MAX_ATTRIBUTES: usize = 48;
const CHANNEL_HEADER: usize = 4;
const UDP: u8 = 17;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// How it is seen from here.
    Binding,
    /// A relayed address.
    Allocate,
    /// To keep it or give it back.
    Refresh,
    /// That a peer may answer.
    CreatePermission,
    /// A number for a peer.
    ChannelBind,
}

/// The stream speaks no TURN, or nothing that a client would say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnError {
    /// Lengths that contradict each other or are beyond any message.
    Malformed,
    /// A message of another kind, as responses are.
    Unexpected,
}

/// A request. Nothing in it is to be trusted before `is_authentic`.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    method: Option<Method>,
    /// What the answer must repeat.
    pub transaction_id: [u8; 12],
    /// Who asks.
    pub username: Option<&'a str>,
    /// Where, as we said it.
    pub realm: Option<&'a str>,
    /// The nonce that we gave.
    pub nonce: Option<&'a [u8]>,
    /// For how long, in seconds.
    pub lifetime_s: Option<u32>,
    /// True if datagrams are to be relayed.
    pub wants_udp: Option<bool>,
    /// True for an IPv6 address; None where it says nothing.
    pub wants_ipv6: Option<bool>,
    /// About whom.
    pub peers: Vec<SocketAddr>,
    /// Which number.
    pub channel: Option<u16>,
    /// The first attribute that must be understood, and is not.
    pub unknown: Option<u16>,
    signed: Option<(&'a [u8], &'a [u8])>,
}

impl Request<'_> {
    /// What it asks for.
    pub fn method(&self) -> Method {
        self.method.unwrap_or(Method::Binding)
    }

    /// True if it is signed at all.
    pub fn is_signed(&self) -> bool {
        self.signed.is_some()
    }

    /// True if MESSAGE-INTEGRITY was made with this key.
    pub fn is_authentic(&self, key: &LongTermKey) -> bool {
        self.signed
            .is_some_and(|(covered, value)| key.has_signed(covered, value))
    }
}

/// One message of a client.
#[derive(Debug, Clone)]
pub enum Message<'a> {
    /// To be answered.
    Request(Request<'a>),
    /// A datagram for a peer.
    Send {
        /// The peer.
        peer: SocketAddr,
        /// The datagram.
        data: &'a [u8],
    },
    /// A datagram for the peer that has a number.
    ChannelData {
        /// The number.
        channel: u16,
        /// The datagram.
        data: &'a [u8],
    },
    /// An indication that asks for nothing.
    Nothing,
}

/// Bytes of the first message of a stream, its padding included (RFC 8656 §12.5); None before that can be told.
pub fn whole_length(bytes: &[u8]) -> Result<Option<usize>, TurnError> {
    let [k0, k1, l0, l1, ..] = *bytes else {
        return Ok(None);
    };
    let kind = u16::from_be_bytes([k0, k1]);
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let whole = match kind {
        0..0x4000 if length % 4 == 0 => HEADER_LEN + length,
        kind if CHANNELS.contains(&kind) => CHANNEL_HEADER + length.next_multiple_of(4),
        _ => return Err(TurnError::Malformed),
    };
    if whole > MAX_MESSAGE_BYTES {
        return Err(TurnError::Malformed);
    }
    Ok(Some(whole))
}

/// Reads one whole message.
pub fn parse(message: &[u8]) -> Result<Message<'_>, TurnError> {
    let [k0, k1, l0, l1, ..] = *message else {
        return Err(TurnError::Malformed);
    };
    let kind = u16::from_be_bytes([k0, k1]);
    if CHANNELS.contains(&kind) {
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let data = message.get(CHANNEL_HEADER..CHANNEL_HEADER + length);
        return Ok(Message::ChannelData {
            channel: kind,
            data: data.ok_or(TurnError::Malformed)?,
        });
    }
    let (header, attributes) = message
        .split_first_chunk::<HEADER_LEN>()
        .ok_or(TurnError::Malformed)?;
    let [_, _, _, _, c0, c1, c2, c3, transaction_id @ ..] = *header;
    let is_stun = u32::from_be_bytes([c0, c1, c2, c3]) == MAGIC_COOKIE
        && usize::from(u16::from_be_bytes([l0, l1])) == attributes.len();
    if !is_stun {
        return Err(TurnError::Malformed);
    }
    match kind {
        0x0001 => request(Method::Binding, transaction_id, message),
        0x0003 => request(Method::Allocate, transaction_id, message),
        0x0004 => request(Method::Refresh, transaction_id, message),
        0x0008 => request(Method::CreatePermission, transaction_id, message),
        0x0009 => request(Method::ChannelBind, transaction_id, message),
        0x0016 => send_indication(transaction_id, attributes),
        // A Binding indication keeps a stream alive (RFC 8489 §10).
        0x0011 => Ok(Message::Nothing),
        _ => Err(TurnError::Unexpected),
    }
}

fn request(
    method: Method,
    transaction_id: [u8; 12],
    message: &[u8],
) -> Result<Message<'_>, TurnError> {
    let mut request = Request {
        method: Some(method),
        transaction_id,
        ..Request::default()
    };
    let mut walk = Attributes {
        rest: message.get(HEADER_LEN..).unwrap_or_default(),
    };
    for _ in 0..MAX_ATTRIBUTES {
        let at = message.len() - walk.rest.len();
        if walk.rest.is_empty() {
            return Ok(Message::Request(request));
        }
        let (kind, value) = walk.next().ok_or(TurnError::Malformed)?;
        // What follows MESSAGE-INTEGRITY is ignored (RFC 8489 §14.5).
        if request.signed.is_some() {
            continue;
        }
        match kind {
            MESSAGE_INTEGRITY => request.signed = message.get(..at).zip(Some(value)),
            USERNAME => request.username = std::str::from_utf8(value).ok(),
            REALM => request.realm = std::str::from_utf8(value).ok(),
            NONCE => request.nonce = Some(value),
            LIFETIME => request.lifetime_s = value.try_into().ok().map(u32::from_be_bytes),
            REQUESTED_TRANSPORT => request.wants_udp = value.first().map(|&number| number == UDP),
            REQUESTED_ADDRESS_FAMILY => request.wants_ipv6 = Some(value.first() == Some(&2)),
            CHANNEL_NUMBER => {
                request.channel = value
                    .first_chunk::<2>()
                    .map(|&number| u16::from_be_bytes(number));
            }
            XOR_PEER_ADDRESS => {
                if request.peers.len() == MAX_PEERS {
                    return Err(TurnError::Malformed);
                }
                let peer = xor_address(value, transaction_id).ok_or(TurnError::Malformed)?;
                request.peers.push(peer);
            }
            MESSAGE_INTEGRITY_SHA256 => {}
            0..COMPREHENSION_OPTIONAL => request.unknown = request.unknown.or(Some(kind)),
            _ => {}
        }
    }
    Err(TurnError::Malformed)
}

fn send_indication(transaction_id: [u8; 12], attributes: &[u8]) -> Result<Message<'_>, TurnError> {
    let (mut peer, mut data) = (None, None);
    for (kind, value) in (Attributes { rest: attributes }).take(MAX_ATTRIBUTES) {
        match kind {
            XOR_PEER_ADDRESS => peer = xor_address(value, transaction_id),
            DATA => data = Some(value),
            _ => {}
        }
    }
    let (peer, data) = peer.zip(data).ok_or(TurnError::Malformed)?;
    Ok(Message::Send { peer, data })
}

/// An address as XOR-MAPPED-ADDRESS writes it (RFC 8489 §14.2).
fn xor_address(value: &[u8], transaction_id: [u8; 12]) -> Option<SocketAddr> {
    let (&[_, family, p0, p1], ip) = value.split_first_chunk::<4>()?;
    let port = u16::from_be_bytes([p0, p1]) ^ (MAGIC_COOKIE >> 16) as u16;
    let mut mask = [0; 16];
    mask[..4].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
    mask[4..].copy_from_slice(&transaction_id);
    let ip = match family {
        1 => {
            let octets: [u8; 4] = ip.try_into().ok()?;
            IpAddr::from(Ipv4Addr::from(std::array::from_fn(|i| octets[i] ^ mask[i])))
        }
        2 => {
            let octets: [u8; 16] = ip.try_into().ok()?;
            let plain: [u8; 16] = std::array::from_fn(|i| octets[i] ^ mask[i]);
            IpAddr::from(Ipv6Addr::from(plain)).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}
