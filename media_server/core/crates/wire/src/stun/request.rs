//! Reads ICE binding requests: header, attributes, FINGERPRINT; and checks MESSAGE-INTEGRITY.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |0 0|     STUN Message Type     |         Message Length        |
//! |                         Magic Cookie                          |
//! |                     Transaction ID (96 bits)                  |
//! |             Type              |            Length             | attribute, padded to 4 bytes
//! ```
use aws_lc_rs::constant_time;

use super::fingerprint::{self, FINGERPRINT};
use super::integrity::{self, MESSAGE_INTEGRITY};
use super::{HEADER_LEN, LONGEST_RESPONSE_BYTES, MAGIC_COOKIE, StunError};

const BINDING_REQUEST: u16 = 0x0001;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001c;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
/// Types from here on may be ignored by who does not know them (RFC 8489 §14).
const COMPREHENSION_OPTIONAL: u16 = 0x8000;

/// RFC 8489 §14.3: USERNAME holds at most 509 bytes.
const MAX_USERNAME_BYTES: usize = 509;

/// An ICE check is below 200 bytes; nothing needs more attributes, and a loop over them must end soon.
const MAX_ATTRIBUTES: usize = 32;

/// A well-formed binding request with a good FINGERPRINT. Nothing in it is to be trusted before `is_authentic`.
#[derive(Debug, Clone, Copy)]
pub struct BindingRequest<'a> {
    transaction_id: [u8; 12],
    local_ufrag: &'a str,
    remote_ufrag: &'a str,
    use_candidate: bool,
    /// Everything before MESSAGE-INTEGRITY.
    covered: &'a [u8],
    integrity: &'a [u8; integrity::VALUE_LEN],
}

/// Reads a binding request.
///
/// Of an attribute given twice the first one counts (RFC 8489 §14), and what follows MESSAGE-INTEGRITY is
/// ignored except FINGERPRINT (§14.5), which must be the last.
pub fn parse(datagram: &[u8]) -> Result<BindingRequest<'_>, StunError> {
    if datagram.len() < LONGEST_RESPONSE_BYTES {
        return Err(StunError::TooShort);
    }
    let (transaction_id, attributes) = split_header(datagram)?;
    let mut walk = Attributes { rest: attributes };
    let mut username = None;
    let mut use_candidate = false;
    let mut integrity = None;
    for _ in 0..MAX_ATTRIBUTES {
        let at = datagram.len() - walk.rest.len();
        let (kind, value) = walk.next().ok_or(StunError::BadFingerprint)?;
        match kind {
            FINGERPRINT => {
                check_fingerprint(datagram, at, value, walk.rest)?;
                let (covered, integrity) = integrity.ok_or(StunError::MissingAttribute)?;
                let (local_ufrag, remote_ufrag) = username.ok_or(StunError::MissingAttribute)?;
                return Ok(BindingRequest {
                    transaction_id,
                    local_ufrag,
                    remote_ufrag,
                    use_candidate,
                    covered,
                    integrity,
                });
            }
            _ if integrity.is_some() => {}
            MESSAGE_INTEGRITY => {
                let value = value.try_into().map_err(|_| StunError::MissingAttribute)?;
                let covered = datagram.get(..at).ok_or(StunError::Malformed)?;
                integrity = Some((covered, value));
            }
            USERNAME if username.is_none() => username = Some(split_username(value)?),
            USE_CANDIDATE => use_candidate = true,
            USERNAME | PRIORITY | MESSAGE_INTEGRITY_SHA256 => {}
            // RFC 8489 §6.3.1 answers these with error 420; an ICE check has none, so silence is enough.
            0..COMPREHENSION_OPTIONAL => return Err(StunError::UnknownAttribute),
            _ => {}
        }
    }
    Err(StunError::Malformed)
}

impl BindingRequest<'_> {
    /// The part of USERNAME before the colon: which of our peers is meant (RFC 8445 §7.2.2). Behind a + a client may
    /// name a generation of its own: to us they are one, and no ufrag of ours has a +.
    pub fn local_ufrag(&self) -> &str {
        self.local_ufrag
            .split_once('+')
            .map_or(self.local_ufrag, |(ufrag, _)| ufrag)
    }

    /// The part of USERNAME after the colon: the sender's own ufrag.
    pub fn remote_ufrag(&self) -> &str {
        self.remote_ufrag
    }

    /// What the response must repeat.
    pub fn transaction_id(&self) -> [u8; 12] {
        self.transaction_id
    }

    /// True if the request nominates its pair (RFC 8445 §7.3.1.5).
    pub fn use_candidate(&self) -> bool {
        self.use_candidate
    }

    /// True if MESSAGE-INTEGRITY was made with this password (compared in constant time).
    pub fn is_authentic(&self, password: &[u8]) -> bool {
        // A datagram is at most 64 kB, so the sum fits whenever `parse` accepted it.
        let length = self.covered.len() + 4 + integrity::VALUE_LEN - HEADER_LEN;
        let expected = integrity::value(self.covered, length as u16, password);
        constant_time::verify_slices_are_equal(expected.as_ref(), self.integrity).is_ok()
    }
}

/// The transaction id and everything behind the header of a binding request.
fn split_header(datagram: &[u8]) -> Result<([u8; 12], &[u8]), StunError> {
    let (header, attributes) = datagram
        .split_first_chunk::<HEADER_LEN>()
        .ok_or(StunError::TooShort)?;
    let [k0, k1, l0, l1, c0, c1, c2, c3, transaction_id @ ..] = *header;
    let is_ours = u16::from_be_bytes([k0, k1]) == BINDING_REQUEST
        && u32::from_be_bytes([c0, c1, c2, c3]) == MAGIC_COOKIE
        && usize::from(u16::from_be_bytes([l0, l1])) == attributes.len()
        && attributes.len() % 4 == 0;
    if is_ours {
        Ok((transaction_id, attributes))
    } else {
        Err(StunError::Malformed)
    }
}

fn check_fingerprint(
    datagram: &[u8],
    at: usize,
    value: &[u8],
    rest: &[u8],
) -> Result<(), StunError> {
    let before = datagram.get(..at).ok_or(StunError::Malformed)?;
    let is_good = rest.is_empty() && value == fingerprint::value(before).to_be_bytes();
    if is_good {
        Ok(())
    } else {
        Err(StunError::BadFingerprint)
    }
}

/// USERNAME is our ufrag, a colon, theirs; each of 4 to 256 ice-char (RFC 8445 §7.2.2, RFC 8839 §5.4).
fn split_username(value: &[u8]) -> Result<(&str, &str), StunError> {
    if value.len() > MAX_USERNAME_BYTES {
        return Err(StunError::BadUsername);
    }
    let text = std::str::from_utf8(value).map_err(|_| StunError::BadUsername)?;
    let (local, remote) = text.split_once(':').ok_or(StunError::BadUsername)?;
    if is_ufrag(local) && is_ufrag(remote) {
        Ok((local, remote))
    } else {
        Err(StunError::BadUsername)
    }
}

fn is_ufrag(text: &str) -> bool {
    (4..=256).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// Walks over (type, value); ends at the end or where an attribute is cut off.
pub(crate) struct Attributes<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let ([k0, k1, l0, l1], rest) = self.rest.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        let value = rest.get(..length)?;
        self.rest = rest.get(length.next_multiple_of(4)..)?;
        Some((u16::from_be_bytes([*k0, *k1]), value))
    }
}
