//! TURN for one client over one stream (RFC 8656): it relays to this server's own media port and to nothing else.
//!
//! No socket is opened for an allocation. What a client sends to one of our addresses goes straight to the router under
//! a stream of its own, and what the router answers goes back; the relayed address is a name that nobody can reach.
//! So there is no way through here into any network, whatever the peer address says (CVE-2020-26262).
use std::net::SocketAddr;
use std::sync::Arc;

use lianzhen_wire::turn::{
    self, Attribute, CHANNELS, ErrorCode, LongTermKey, Message, Method, Request, TurnError,
};
use rustc_hash::FxHashMap;

/// Relayed addresses that one name may have at once: two connections, each over two interfaces and two versions of IP,
/// and the ones before a reconnect (LiveKit allows 12).
pub const MAX_PER_NAME: usize = 12;

/// Relayed addresses at once.
pub const MAX_ALLOCATIONS: usize = 4_096;

/// Life of an allocation unless refreshed, and the longest (RFC 8656 §3.2, §7.2).
const LIFETIME_S: u32 = 600;
const MAX_LIFETIME_S: u32 = 3_600;

/// Life of a permission and of a channel (RFC 8656 §9, §12).
const PERMISSION_NS: u64 = 300 * SECOND_NS;
const CHANNEL_NS: u64 = 600 * SECOND_NS;

/// What one client may send: a publisher of a 1080p picture with all layers and repairs stays below half of it.
const BYTES_PER_SECOND: u64 = 4_000_000;

/// Our addresses are 8 at most, and each has one.
const MAX_CHANNELS: usize = 16;

/// Relayed addresses bear ports of this range, as they would if they could be reached (RFC 8656 §7.2).
const FIRST_RELAYED_PORT: u16 = 49_152;

const SECOND_NS: u64 = 1_000_000_000;

/// Whom it serves, and where they may send.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Passwords follow from names by it.
    pub secret: Vec<u8>,
    /// The realm of all names.
    pub realm: String,
    /// Our advertised media addresses.
    pub peers: Vec<SocketAddr>,
}

/// How many allocations each name has.
#[derive(Debug, Default)]
pub struct Quota {
    by_name: FxHashMap<String, usize>,
    total: usize,
}

impl Quota {
    fn refusal(&self, name: &str) -> Option<ErrorCode> {
        if self.total >= MAX_ALLOCATIONS {
            return Some(ErrorCode::InsufficientCapacity);
        }
        let is_full = self.by_name.get(name).copied().unwrap_or(0) >= MAX_PER_NAME;
        is_full.then_some(ErrorCode::QuotaReached)
    }

    fn take(&mut self, name: &str) {
        *self.by_name.entry(name.to_owned()).or_default() += 1;
        self.total += 1;
    }

    /// Gives back what an ended session had.
    pub fn give_back(&mut self, name: &str) {
        if let Some(count) = self.by_name.get_mut(name) {
            *count -= 1;
            self.total -= 1;
            if *count == 0 {
                self.by_name.remove(name);
            }
        }
    }
}

struct Channel {
    number: u16,
    peer: SocketAddr,
    expires_ns: u64,
}

struct Allocation {
    username: String,
    key: LongTermKey,
    relayed: SocketAddr,
    expires_ns: u64,
    /// Per peer: until when it may be sent to, and answer.
    permitted: Vec<(SocketAddr, u64)>,
    channels: Vec<Channel>,
}

/// When a message came.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// On the core's clock.
    pub now_ns: u64,
    /// Seconds since the Unix epoch.
    pub wall_s: u64,
}

/// What a message led to, besides the answer to it.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// Nothing.
    Done,
    /// A datagram for one of our addresses.
    Relayed {
        /// Which.
        peer: SocketAddr,
        /// The datagram.
        data: &'a [u8],
    },
    /// A datagram that goes nowhere.
    Dropped,
}

/// One client.
pub struct Session {
    policy: Arc<Policy>,
    client: SocketAddr,
    nonce: String,
    relayed_port: u16,
    allocation: Option<Allocation>,
    budget_bytes: u64,
    budget_ns: u64,
}

impl Session {
    /// A client that has nothing yet; `random` makes its nonce, `number` its relayed port.
    pub fn new(policy: Arc<Policy>, client: SocketAddr, random: [u8; 16], number: u32) -> Session {
        Session {
            policy,
            client,
            nonce: format!("{:032x}", u128::from_be_bytes(random)),
            relayed_port: FIRST_RELAYED_PORT + (number % 16_384) as u16,
            allocation: None,
            budget_bytes: BYTES_PER_SECOND,
            budget_ns: 0,
        }
    }

    /// The name that holds an allocation, to be given back to the quota.
    pub fn holder(&self) -> Option<&str> {
        Some(&self.allocation.as_ref()?.username)
    }

    /// The address that its datagrams seem to come from: a check's answer tells the client its own candidate by it.
    pub fn relayed(&self) -> Option<SocketAddr> {
        Some(self.allocation.as_ref()?.relayed)
    }

    /// When the allocation ends; None without one.
    pub fn expires_ns(&self) -> Option<u64> {
        Some(self.allocation.as_ref()?.expires_ns)
    }

    /// Takes one whole message; what is to be answered is appended to `out`.
    pub fn receive<'a>(
        &mut self,
        at: Moment,
        quota: &mut Quota,
        message: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Outcome<'a>, TurnError> {
        match turn::parse(message)? {
            Message::Request(request) => {
                self.answer(at, quota, &request, out);
                Ok(Outcome::Done)
            }
            Message::Send { peer, data } => Ok(self.relay(at.now_ns, peer, data)),
            Message::ChannelData { channel, data } => {
                let peer = self.allocation.as_ref().and_then(|allocation| {
                    let mut channels = allocation.channels.iter();
                    Some(channels.find(|known| known.number == channel)?.peer)
                });
                Ok(peer.map_or(Outcome::Dropped, |peer| self.relay(at.now_ns, peer, data)))
            }
            Message::Nothing => Ok(Outcome::Done),
        }
    }

    /// Appends what one of our addresses has sent: by its channel if it has one.
    pub fn wrap(&self, now_ns: u64, peer: SocketAddr, data: &[u8], out: &mut Vec<u8>) {
        let Some(allocation) = &self.allocation else {
            return;
        };
        let mut channels = allocation.channels.iter();
        match channels.find(|channel| channel.peer == peer && now_ns < channel.expires_ns) {
            Some(channel) => turn::write_channel_data(out, channel.number, data),
            None => turn::write_data_indication(out, [0; 12], peer, data),
        }
    }

    fn relay<'a>(&mut self, now_ns: u64, peer: SocketAddr, data: &'a [u8]) -> Outcome<'a> {
        let is_permitted = self.allocation.as_ref().is_some_and(|allocation| {
            let mut permitted = allocation.permitted.iter();
            permitted.any(|&(known, expires_ns)| known == peer && now_ns < expires_ns)
        });
        if !is_permitted || !self.spend(now_ns, data.len() as u64) {
            return Outcome::Dropped;
        }
        Outcome::Relayed { peer, data }
    }

    fn spend(&mut self, now_ns: u64, bytes: u64) -> bool {
        let elapsed_ns = now_ns.saturating_sub(self.budget_ns).min(SECOND_NS);
        self.budget_ns = now_ns;
        let earned = elapsed_ns * BYTES_PER_SECOND / SECOND_NS;
        self.budget_bytes = (self.budget_bytes + earned).min(BYTES_PER_SECOND);
        let is_enough = self.budget_bytes >= bytes;
        if is_enough {
            self.budget_bytes -= bytes;
        }
        is_enough
    }

    fn answer(&mut self, at: Moment, quota: &mut Quota, request: &Request<'_>, out: &mut Vec<u8>) {
        let method = request.method();
        if method == Method::Binding {
            let told = [Attribute::Mapped(self.client)];
            return turn::write_success(out, method, request.transaction_id, &told, None);
        }
        let (username, key) = match self.judge(at, request) {
            Ok(judged) => judged,
            Err(error) => {
                let told = [
                    Attribute::Realm(&self.policy.realm),
                    Attribute::Nonce(self.nonce.as_bytes()),
                ];
                return turn::write_error(out, method, request.transaction_id, error, &told, None);
            }
        };
        let result = match (method, request.unknown) {
            (_, Some(_)) => Err(ErrorCode::UnknownAttribute),
            (Method::Allocate, _) => self.allocate(at.now_ns, quota, request, username, &key),
            (Method::Refresh, _) => self.refresh(at.now_ns, quota, request),
            (Method::CreatePermission, _) => self.permit(at.now_ns, request),
            (Method::ChannelBind, _) => self.bind(at.now_ns, request),
            (Method::Binding, _) => Ok(Vec::new()),
        };
        let id = request.transaction_id;
        match result {
            Ok(told) => turn::write_success(out, method, id, &told, Some(&key)),
            Err(error) => {
                let told = request.unknown.map(Attribute::Unknown);
                turn::write_error(out, method, id, error, told.as_slice(), Some(&key));
            }
        }
    }

    /// Who asks, by a signature that is right (RFC 8489 §9.2.4).
    fn judge(&self, at: Moment, request: &Request<'_>) -> Result<(String, LongTermKey), ErrorCode> {
        if !request.is_signed() {
            return Err(ErrorCode::Unauthorized);
        }
        let (Some(username), Some(_), Some(nonce)) =
            (request.username, request.realm, request.nonce)
        else {
            return Err(ErrorCode::BadRequest);
        };
        if nonce != self.nonce.as_bytes() {
            return Err(ErrorCode::StaleNonce);
        }
        let key = match &self.allocation {
            // A call outlives the five minutes of the name that it began with.
            Some(allocation) if allocation.username == username => allocation.key.clone(),
            Some(_) => return Err(ErrorCode::WrongCredentials),
            None => {
                if !is_in_time(username, at.wall_s) {
                    return Err(ErrorCode::Unauthorized);
                }
                let password = turn::password_of(&self.policy.secret, username);
                LongTermKey::new(username, &self.policy.realm, &password)
            }
        };
        if request.is_authentic(&key) {
            Ok((username.to_owned(), key))
        } else {
            Err(ErrorCode::Unauthorized)
        }
    }

    fn allocate(
        &mut self,
        now_ns: u64,
        quota: &mut Quota,
        request: &Request<'_>,
        username: String,
        key: &LongTermKey,
    ) -> Result<Vec<Attribute<'static>>, ErrorCode> {
        if self.allocation.is_some() {
            return Err(ErrorCode::AllocationMismatch);
        }
        match request.wants_udp {
            None => return Err(ErrorCode::BadRequest),
            Some(false) => return Err(ErrorCode::UnsupportedTransport),
            Some(true) => {}
        }
        // Who says nothing gets IPv4 (RFC 8656 §7.2) and, where there is none, what there is: libwebrtc never says.
        let of = |is_ipv6: bool| {
            self.policy
                .peers
                .iter()
                .find(|peer| peer.is_ipv6() == is_ipv6)
        };
        let found = match request.wants_ipv6 {
            Some(is_ipv6) => of(is_ipv6),
            None => of(false).or_else(|| of(true)),
        };
        let relayed = found
            .map(|peer| SocketAddr::new(peer.ip(), self.relayed_port))
            .ok_or(ErrorCode::AddressFamilyNotSupported)?;
        if let Some(error) = quota.refusal(&username) {
            return Err(error);
        }
        quota.take(&username);
        let lifetime_s = lifetime_s(request);
        self.allocation = Some(Allocation {
            username,
            key: key.clone(),
            relayed,
            expires_ns: now_ns + u64::from(lifetime_s) * SECOND_NS,
            permitted: Vec::new(),
            channels: Vec::new(),
        });
        Ok(vec![
            Attribute::Relayed(relayed),
            Attribute::Lifetime(lifetime_s),
            Attribute::Mapped(self.client),
        ])
    }

    fn refresh(
        &mut self,
        now_ns: u64,
        quota: &mut Quota,
        request: &Request<'_>,
    ) -> Result<Vec<Attribute<'static>>, ErrorCode> {
        let allocation = self
            .allocation
            .as_mut()
            .ok_or(ErrorCode::AllocationMismatch)?;
        if request.lifetime_s == Some(0) {
            quota.give_back(&allocation.username);
            self.allocation = None;
            return Ok(vec![Attribute::Lifetime(0)]);
        }
        let lifetime_s = lifetime_s(request);
        allocation.expires_ns = now_ns + u64::from(lifetime_s) * SECOND_NS;
        Ok(vec![Attribute::Lifetime(lifetime_s)])
    }

    fn permit(
        &mut self,
        now_ns: u64,
        request: &Request<'_>,
    ) -> Result<Vec<Attribute<'static>>, ErrorCode> {
        let policy = Arc::clone(&self.policy);
        let allocation = self
            .allocation
            .as_mut()
            .ok_or(ErrorCode::AllocationMismatch)?;
        if request.peers.is_empty() {
            return Err(ErrorCode::BadRequest);
        }
        let is_ours =
            |wanted: &SocketAddr| policy.peers.iter().any(|peer| peer.ip() == wanted.ip());
        if !request.peers.iter().all(is_ours) {
            return Err(ErrorCode::Forbidden);
        }
        // A permission is for an IP address; of its ports only that of our media is ever relayed to.
        for peer in &policy.peers {
            if request.peers.iter().any(|wanted| wanted.ip() == peer.ip()) {
                allow(allocation, *peer, now_ns + PERMISSION_NS);
            }
        }
        Ok(Vec::new())
    }

    fn bind(
        &mut self,
        now_ns: u64,
        request: &Request<'_>,
    ) -> Result<Vec<Attribute<'static>>, ErrorCode> {
        let allocation = self
            .allocation
            .as_mut()
            .ok_or(ErrorCode::AllocationMismatch)?;
        let (Some(number), &[peer]) = (request.channel, request.peers.as_slice()) else {
            return Err(ErrorCode::BadRequest);
        };
        if !CHANNELS.contains(&number) {
            return Err(ErrorCode::BadRequest);
        }
        if !self.policy.peers.contains(&peer) {
            return Err(ErrorCode::Forbidden);
        }
        let channels = &mut allocation.channels;
        let is_bound_else = channels
            .iter()
            .any(|known| (known.number == number) != (known.peer == peer));
        if is_bound_else {
            return Err(ErrorCode::BadRequest);
        }
        channels.retain(|known| known.number != number);
        if channels.len() >= MAX_CHANNELS {
            return Err(ErrorCode::InsufficientCapacity);
        }
        channels.push(Channel {
            number,
            peer,
            expires_ns: now_ns + CHANNEL_NS,
        });
        allow(allocation, peer, now_ns + PERMISSION_NS);
        Ok(Vec::new())
    }
}

/// `expiry:who`, and not over yet.
fn is_in_time(username: &str, wall_s: u64) -> bool {
    let expiry = username.split_once(':').map(|(expiry, _)| expiry.parse());
    matches!(expiry, Some(Ok(expiry_s)) if wall_s < expiry_s)
}

fn lifetime_s(request: &Request<'_>) -> u32 {
    request
        .lifetime_s
        .unwrap_or(LIFETIME_S)
        .clamp(LIFETIME_S, MAX_LIFETIME_S)
}

fn allow(allocation: &mut Allocation, peer: SocketAddr, expires_ns: u64) {
    allocation.permitted.retain(|(known, _)| *known != peer);
    allocation.permitted.push((peer, expires_ns));
}

#[cfg(test)]
mod tests;
