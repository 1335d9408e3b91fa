//! One TCP connection: reads, tells what it speaks, and moves bytes until nothing moves any more.
//!
//! What it takes in waits in `heard`, what it gives out in rustls or in `out`; both are bounded, and nothing is read
//! while they are full, so that a slow end slows the other down. Media does not wait for the slow: `SendQueue`.
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use lianzhen_wire::turn;
use mio::net::TcpStream;
use mio::{Registry, Token};
use rustc_hash::FxHashMap;
use rustls::{ServerConfig, ServerConnection};

use super::counters::{FrontCounters, add, count};
use super::framing;
use super::relay::{Relay, Said, is_not_now};
use super::send_queue::SendQueue;
use super::sniff::{Protocol, Sniffed, sniff};
use super::turn::{Moment, Outcome, Policy, Quota, Session};
use crate::egress::{Path, Remote, StreamId};
use crate::inbox::Batch;

/// Bytes taken in that are not understood yet: more than the longest datagram, and a good part of a page's requests.
const MAX_HEARD_BYTES: usize = 64 << 10;

/// Bytes given out that the socket has not taken: media beyond it waits where it can still be dropped.
const MAX_OUT_BYTES: usize = 16 << 10;

/// What stands before a datagram in a stream at most: a Data indication with an IPv6 address.
const ADDED_BYTES: usize = 52;

/// Read or written at once.
const CHUNK_BYTES: usize = 16 << 10;

/// Rounds of one connection before the others have theirs.
const MAX_ROUNDS: usize = 16;

/// To say what it speaks, the handshake of TLS included. Three losses on a line with a round trip of 300 ms are 8 s.
const OPENING_NS: u64 = 15_000_000_000;

/// ICE checks of consent come each 5 s (RFC 7675 §5.1), and a client that has none for 30 s has given up.
const SILENCE_NS: u64 = 60_000_000_000;

/// For a client to take the last bytes.
const FINISH_NS: u64 = 30_000_000_000;

/// What is spoken on a port.
pub enum Speaks {
    /// ICE over TCP: the media port.
    Media,
    /// TLS and what is in it, and ICE over TCP beside: the HTTPS port.
    Secure {
        /// Certificate and key.
        tls: Arc<ServerConfig>,
        /// Where the HTTP server listens.
        backend: PathBuf,
        /// Whom TURN serves.
        turn: Arc<Policy>,
    },
}

/// Where what is sent to a stream goes.
#[derive(Debug, Clone, Copy)]
pub struct Lane {
    /// The connection's place in the driver's table.
    pub connection: usize,
    /// Which of our addresses a TURN client has sent to; None of ICE over TCP.
    pub peer: Option<SocketAddr>,
}

/// What connections change outside of themselves.
pub struct World<'a> {
    /// Now.
    pub at: Moment,
    /// Datagrams for the router.
    pub batch: &'a mut Batch,
    /// Where each stream leads.
    pub lanes: &'a mut FxHashMap<StreamId, Lane>,
    /// The number of the next stream.
    pub next_stream: &'a mut StreamId,
    /// Allocations of each name.
    pub quota: &'a mut Quota,
    /// Counters.
    pub counters: &'a FrontCounters,
    /// For the way to the HTTP server.
    pub registry: &'a Registry,
}

impl World<'_> {
    fn open_lane(&mut self, lane: Lane) -> StreamId {
        let id = *self.next_stream;
        *self.next_stream = id.wrapping_add(1);
        self.lanes.insert(id, lane);
        id
    }
}

/// Why a connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// One of both said goodbye, or the line broke.
    Over,
    /// It speaks nothing that is spoken here.
    Foreign,
    /// It said nothing for too long.
    Idle,
}

/// What is left after `advance`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing moves until the poll tells something.
    Waits,
    /// Others had to have their turn.
    HasMore,
}

enum Stage {
    /// Nobody knows yet what it speaks.
    Opening,
    /// ICE over TCP.
    Framed(StreamId),
    /// TURN; for each of our addresses that it has sent to the stream it has there.
    Turn(Box<Session>, Vec<(SocketAddr, StreamId)>),
    /// Handed on.
    Http(Relay),
}

/// One connection.
pub struct Connection {
    socket: TcpStream,
    client: SocketAddr,
    speaks: Arc<Speaks>,
    place: usize,
    backend_token: Token,
    tls: Option<Box<ServerConnection>>,
    stage: Stage,
    heard: Vec<u8>,
    out: Vec<u8>,
    queue: SendQueue,
    is_readable: bool,
    is_writable: bool,
    /// The client says nothing more.
    has_ended: bool,
    /// Closed as soon as what is left is written.
    is_finishing: bool,
    deadline_ns: Option<u64>,
}

impl Connection {
    /// One that was just accepted, at a place in the driver's table.
    pub fn new(
        socket: TcpStream,
        client: SocketAddr,
        speaks: Arc<Speaks>,
        place: usize,
        backend_token: Token,
        now_ns: u64,
    ) -> Connection {
        Connection {
            socket,
            client,
            speaks,
            place,
            backend_token,
            tls: None,
            stage: Stage::Opening,
            heard: Vec::new(),
            out: Vec::new(),
            queue: SendQueue::default(),
            is_readable: true,
            is_writable: true,
            has_ended: false,
            is_finishing: false,
            deadline_ns: Some(now_ns + OPENING_NS),
        }
    }

    /// The client's address.
    pub fn client(&self) -> SocketAddr {
        self.client
    }

    /// The socket, to leave the poll.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Notes what the poll told of the client's side.
    pub fn note_client(&mut self, is_readable: bool, is_writable: bool) {
        self.is_readable |= is_readable;
        self.is_writable |= is_writable;
    }

    /// Notes what the poll told of the HTTP server's side.
    pub fn note_backend(&mut self, is_readable: bool, is_writable: bool) {
        if let Stage::Http(relay) = &mut self.stage {
            relay.note(is_readable, is_writable);
        }
    }

    /// True if its time is over.
    pub fn is_late(&self, now_ns: u64) -> bool {
        self.deadline_ns
            .is_some_and(|deadline_ns| now_ns >= deadline_ns)
    }

    /// Queues a datagram of a lane of this connection; returns how many were dropped for it.
    pub fn send(&mut self, now_ns: u64, peer: Option<SocketAddr>, datagram: &[u8]) -> u64 {
        let mut bytes = Vec::with_capacity(ADDED_BYTES + datagram.len());
        match (&self.stage, peer) {
            (Stage::Turn(session, _), Some(peer)) => {
                session.wrap(now_ns, peer, datagram, &mut bytes);
            }
            _ => framing::write(&mut bytes, datagram),
        }
        self.queue.push(now_ns, bytes)
    }

    /// Gives back what it holds of the world, at its end.
    pub fn leave(&self, lanes: &mut FxHashMap<StreamId, Lane>, quota: &mut Quota) {
        match &self.stage {
            Stage::Framed(id) => {
                lanes.remove(id);
            }
            Stage::Turn(session, streams) => {
                for (_, id) in streams {
                    lanes.remove(id);
                }
                if let Some(holder) = session.holder() {
                    quota.give_back(holder);
                }
            }
            Stage::Opening | Stage::Http(_) => {}
        }
    }

    /// Moves what can be moved.
    pub fn advance(&mut self, world: &mut World<'_>) -> Result<Progress, End> {
        for _ in 0..MAX_ROUNDS {
            let mut has_moved = self.write()?;
            has_moved |= self.read()?;
            has_moved |= self.understand(world)?;
            has_moved |= self.fill(world.at.now_ns, world.counters)?;
            if self.is_finishing && !self.has_output() {
                return Err(End::Over);
            }
            if !has_moved {
                return Ok(Progress::Waits);
            }
        }
        Ok(Progress::HasMore)
    }

    fn write(&mut self) -> Result<bool, End> {
        let mut has_moved = false;
        while self.is_writable && self.has_output() {
            let written = match &mut self.tls {
                Some(tls) => tls.write_tls(&mut self.socket),
                None => self.socket.write(&self.out).inspect(|&length| {
                    self.out.drain(..length);
                }),
            };
            match written {
                Ok(_) => has_moved = true,
                Err(error) if is_not_now(&error) => self.is_writable = false,
                Err(_) => return Err(End::Over),
            }
        }
        Ok(has_moved)
    }

    fn has_output(&self) -> bool {
        match &self.tls {
            Some(tls) => tls.wants_write(),
            None => !self.out.is_empty(),
        }
    }

    fn read(&mut self) -> Result<bool, End> {
        if !self.is_readable || self.has_ended || self.heard.len() >= MAX_HEARD_BYTES {
            return Ok(false);
        }
        let mut chunk = [0; CHUNK_BYTES];
        let result = match &mut self.tls {
            Some(tls) => tls.read_tls(&mut self.socket),
            None => self.socket.read(&mut chunk).inspect(|&length| {
                self.heard.extend_from_slice(&chunk[..length]);
            }),
        };
        match result {
            Ok(0) => self.has_ended = true,
            Ok(_) if self.tls.is_some() => self.decrypt()?,
            Ok(_) => {}
            Err(error) if is_not_now(&error) => {
                self.is_readable = false;
                return Ok(false);
            }
            Err(_) => return Err(End::Over),
        }
        Ok(true)
    }

    /// Takes over what rustls has read.
    fn decrypt(&mut self) -> Result<(), End> {
        let Some(tls) = &mut self.tls else {
            return Ok(());
        };
        let Ok(state) = tls.process_new_packets() else {
            // The alert that says why, if there is room for it.
            let _ = tls.write_tls(&mut self.socket);
            return Err(End::Foreign);
        };
        let start = self.heard.len();
        self.heard
            .resize(start + state.plaintext_bytes_to_read(), 0);
        if tls.reader().read_exact(&mut self.heard[start..]).is_err() {
            return Err(End::Over);
        }
        self.has_ended |= state.peer_has_closed();
        Ok(())
    }

    fn understand(&mut self, world: &mut World<'_>) -> Result<bool, End> {
        match self.stage {
            Stage::Opening => self.open(world),
            Stage::Framed(id) => self.take_frames(world, id),
            Stage::Turn(..) => self.take_messages(world),
            Stage::Http(_) => self.hand_on(),
        }
    }

    /// Tells what it speaks, once it has said enough.
    fn open(&mut self, world: &mut World<'_>) -> Result<bool, End> {
        let speaks = Arc::clone(&self.speaks);
        match (sniff(&self.heard), &*speaks) {
            (Sniffed::Unclear, _) if self.has_ended => return Err(End::Over),
            (Sniffed::Unclear, _) => return Ok(false),
            (Sniffed::Is(Protocol::Tls), Speaks::Secure { tls, .. }) if self.tls.is_none() => {
                self.start_tls(tls)?;
            }
            (Sniffed::Is(Protocol::Http), Speaks::Secure { backend, .. }) if self.tls.is_some() => {
                let local = self.socket.local_addr().map_err(|_| End::Over)?;
                let ends = (canonical(self.client), canonical(local));
                let token = self.backend_token;
                let relay = Relay::connect(backend, world.registry, token, ends, &mut self.heard);
                self.stage = Stage::Http(relay.map_err(|_| End::Over)?);
                self.deadline_ns = None;
            }
            (Sniffed::Is(Protocol::Framed), _) if self.tls.is_none() => {
                let connection = self.place;
                let lane = Lane {
                    connection,
                    peer: None,
                };
                self.stage = Stage::Framed(world.open_lane(lane));
            }
            (Sniffed::Is(Protocol::Turn), Speaks::Secure { tls, turn, .. }) => {
                let mut random = [0; 16];
                let source = tls.crypto_provider().secure_random;
                source.fill(&mut random).map_err(|_| End::Over)?;
                let client = canonical(self.client);
                let number = self.place as u32;
                let session = Session::new(Arc::clone(turn), client, random, number);
                self.stage = Stage::Turn(Box::new(session), Vec::new());
            }
            _ => return Err(End::Foreign),
        }
        Ok(true)
    }

    fn start_tls(&mut self, config: &Arc<ServerConfig>) -> Result<(), End> {
        let tls = ServerConnection::new(Arc::clone(config)).map_err(|_| End::Over)?;
        self.tls = Some(Box::new(tls));
        let raw = std::mem::take(&mut self.heard);
        let mut rest = raw.as_slice();
        while !rest.is_empty() {
            if let Some(tls) = &mut self.tls {
                tls.read_tls(&mut rest).map_err(|_| End::Over)?;
            }
            self.decrypt()?;
        }
        Ok(())
    }

    fn take_frames(&mut self, world: &mut World<'_>, id: StreamId) -> Result<bool, End> {
        let path = Path {
            remote: Remote::Stream {
                id,
                address: self.client,
            },
            local_ip: None,
        };
        let mut taken = 0;
        while let Some(datagram) = framing::first(&self.heard[taken..]).map_err(|_| End::Foreign)? {
            let now_ns = world.at.now_ns;
            world.batch.push(path, now_ns, datagram.len(), datagram);
            taken += framing::HEADER_BYTES + datagram.len();
        }
        self.heard.drain(..taken);
        if self.has_ended {
            return Err(End::Over);
        }
        if taken > 0 {
            self.deadline_ns = Some(world.at.now_ns + SILENCE_NS);
        }
        Ok(taken > 0)
    }

    fn take_messages(&mut self, world: &mut World<'_>) -> Result<bool, End> {
        // Answers would wait without bound where nobody reads them.
        if self.has_output() {
            return Ok(false);
        }
        let Stage::Turn(session, streams) = &mut self.stage else {
            return Ok(false);
        };
        let (mut taken, mut answers) = (0, Vec::new());
        while answers.len() < MAX_OUT_BYTES
            && let Some(length) =
                turn::whole_length(&self.heard[taken..]).map_err(|_| End::Foreign)?
            && let Some(message) = self.heard.get(taken..taken + length)
        {
            taken += length;
            let outcome = session
                .receive(world.at, world.quota, message, &mut answers)
                .map_err(|_| End::Foreign)?;
            let (peer, data) = match outcome {
                Outcome::Done => continue,
                Outcome::Dropped => {
                    count(&world.counters.turn_datagrams_refused);
                    continue;
                }
                Outcome::Relayed { peer, data } => (peer, data),
            };
            let known = streams.iter().find(|(known, _)| *known == peer);
            let id = known.map(|&(_, id)| id).unwrap_or_else(|| {
                let id = world.open_lane(Lane {
                    connection: self.place,
                    peer: Some(peer),
                });
                streams.push((peer, id));
                id
            });
            let address = session.relayed().unwrap_or(self.client);
            let remote = Remote::Stream { id, address };
            let path = Path {
                remote,
                local_ip: None,
            };
            let now_ns = world.at.now_ns;
            world.batch.push(path, now_ns, data.len(), data);
        }
        self.heard.drain(..taken);
        if self.has_ended {
            return Err(End::Over);
        }
        if let Some(expires_ns) = session.expires_ns() {
            self.deadline_ns = Some(expires_ns);
        } else if taken > 0 {
            self.deadline_ns = Some(world.at.now_ns + OPENING_NS);
        }
        if !answers.is_empty() {
            self.say(&answers)?;
        }
        Ok(taken > 0)
    }

    fn hand_on(&mut self) -> Result<bool, End> {
        let Stage::Http(relay) = &mut self.stage else {
            return Ok(false);
        };
        let has_moved = relay.give(&mut self.heard).map_err(|_| End::Over)?;
        if self.has_ended && self.heard.is_empty() {
            relay.shut();
        }
        Ok(has_moved)
    }

    /// Gives out what waits for the client, as far as the socket is to be trusted with it.
    fn fill(&mut self, now_ns: u64, counters: &FrontCounters) -> Result<bool, End> {
        let has_output = self.has_output();
        match &mut self.stage {
            Stage::Opening => Ok(false),
            Stage::Framed(_) | Stage::Turn(..) if has_output => Ok(false),
            Stage::Framed(_) | Stage::Turn(..) => {
                let late = self.queue.drop_old(now_ns);
                add(&counters.stream_datagrams_dropped, late);
                let mut bytes = Vec::new();
                while bytes.len() < MAX_OUT_BYTES
                    && let Some(datagram) = self.queue.pop()
                {
                    bytes.extend_from_slice(&datagram);
                }
                if bytes.is_empty() {
                    return Ok(false);
                }
                self.say(&bytes).map(|()| true)
            }
            Stage::Http(_) if self.is_finishing || has_output => Ok(false),
            Stage::Http(relay) => {
                let mut chunk = [0; CHUNK_BYTES];
                match relay.take(&mut chunk).map_err(|_| End::Over)? {
                    Said::Nothing => Ok(false),
                    Said::Bytes(length) => self.say(&chunk[..length]).map(|()| true),
                    Said::End => {
                        if let Some(tls) = &mut self.tls {
                            tls.send_close_notify();
                        }
                        self.is_finishing = true;
                        self.deadline_ns = Some(now_ns + FINISH_NS);
                        Ok(true)
                    }
                }
            }
        }
    }

    fn say(&mut self, bytes: &[u8]) -> Result<(), End> {
        match &mut self.tls {
            Some(tls) => tls.writer().write_all(bytes).map_err(|_| End::Over),
            None => {
                self.out.extend_from_slice(bytes);
                Ok(())
            }
        }
    }
}

/// IPv4 addresses as a dual-stack socket reports them, back in their own form (RFC 4291 §2.5.5.2).
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests;
