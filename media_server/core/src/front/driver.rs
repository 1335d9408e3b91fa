//! The driver: one thread that accepts, polls, and moves each connection on. It decides nothing itself.
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use rustc_hash::FxHashMap;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::connection::{Connection, End, Lane, Progress, Speaks, World};
use super::counters::{FrontCounters, add, count};
use super::outbox::{Outbox, Parcel};
use super::tls::Shown;
use super::turn::{Moment, Quota};
use crate::clock::{monotonic_ns, wall_ns};
use crate::egress::{Burst, StreamId};
use crate::inbox::{Batch, Inbox};
use crate::locked::lock;

const WAKER: Token = Token(0);
const FIRST_CONNECTION: usize = 16;

/// Ports at most: there are two.
const MAX_DOORS: usize = FIRST_CONNECTION - 1;

/// Connections at once. Each page has a few and each call one or two; beyond it new ones are closed, and old ones live.
const MAX_CONNECTIONS: usize = 8_192;

/// Of one address: a hospital's pages and calls may all come from behind one.
const MAX_PER_ADDRESS: usize = 1_024;

/// Waiting to be accepted.
const BACKLOG: i32 = 1_024;

/// Unsent bytes that the kernel may hold of one connection: what it holds cannot be dropped when it is late.
const UNSENT_BYTES: u32 = 16 << 10;

/// Between two looks at who is late, and at a port whose connections could not be accepted for want of descriptors.
const SWEEP_NS: u64 = 1_000_000_000;

/// A bound port, and what is spoken there.
pub struct Door {
    listener: TcpListener,
    speaks: Arc<Speaks>,
}

impl Door {
    /// Binds a port. "::" takes IPv4 as well.
    pub fn bind(address: IpAddr, port: u16, speaks: Speaks) -> io::Result<Door> {
        let address = SocketAddr::new(address, port);
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(Door {
            listener: TcpListener::from_std(socket.into()),
            speaks: Arc::new(speaks),
        })
    }

    /// The bound port.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }
}

/// What the thread and its callers share.
pub struct Streams {
    outbox: Outbox,
    doors: Mutex<Vec<Door>>,
    counters: FrontCounters,
    is_closing: AtomicBool,
}

impl Streams {
    /// Gives a burst to its stream; false if it was dropped. Called on a media thread, and never waits for the stream.
    pub fn put(&self, id: StreamId, burst: &Burst<'_>) -> bool {
        self.outbox.put(id, burst)
    }
}

/// The running front.
pub struct Front {
    shared: Arc<Streams>,
    shown: Mutex<Option<Arc<Shown>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Front {
    /// Starts the thread; what it takes out of streams goes to `inbox`.
    pub fn start(inbox: Arc<Inbox>) -> io::Result<Front> {
        let poll = Poll::new()?;
        let shared = Arc::new(Streams {
            outbox: Outbox::new(poll.registry(), WAKER)?,
            doors: Mutex::default(),
            counters: FrontCounters::default(),
            is_closing: AtomicBool::new(false),
        });
        let driver = Driver {
            poll,
            shared: Arc::clone(&shared),
            inbox,
            doors: Vec::new(),
            connections: Vec::new(),
            free: Vec::new(),
            per_address: FxHashMap::default(),
            lanes: FxHashMap::default(),
            next_stream: 1,
            quota: Quota::default(),
            parcel: Parcel::default(),
            batch: Batch::default(),
            due: Vec::new(),
        };
        let thread = std::thread::Builder::new()
            .name("lianzhen-front".to_owned())
            .spawn(move || driver.run())?;
        Ok(Front {
            shared,
            shown: Mutex::default(),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// The part that media threads use.
    pub fn streams(&self) -> Arc<Streams> {
        Arc::clone(&self.shared)
    }

    /// Accepts from a door from now on.
    pub fn open(&self, door: Door) {
        lock(&self.shared.doors).push(door);
        self.shared.outbox.wake();
    }

    /// Accepts from a door within TLS from now on, whose certificate can be exchanged.
    pub fn open_secure(&self, door: Door, shown: Arc<Shown>) {
        *lock(&self.shown) = Some(shown);
        self.open(door);
    }

    /// Shows new connections another certificate; the error is a sentence without any secret.
    pub fn exchange_certificate(
        &self,
        certificate_pem: &[u8],
        private_key_pem: &[u8],
    ) -> Result<(), String> {
        match &*lock(&self.shown) {
            Some(shown) => shown.exchange(certificate_pem, private_key_pem),
            None => Err("there is no TLS port".to_owned()),
        }
    }

    /// Counters since the start.
    pub fn counters(&self) -> Vec<(&'static str, u64)> {
        self.shared.counters.values()
    }

    /// Ends the thread with all connections and waits for it. Closing twice is harmless.
    pub fn close(&self) {
        self.shared.is_closing.store(true, Ordering::Release);
        self.shared.outbox.wake();
        if let Some(thread) = lock(&self.thread).take() {
            // If it panicked, its streams are gone and the rest lives: media over UDP does not need it.
            let _ = thread.join();
        }
        // Those that it had no time to take keep their ports no longer either.
        lock(&self.shared.doors).clear();
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.close();
    }
}

struct Driver {
    poll: Poll,
    shared: Arc<Streams>,
    inbox: Arc<Inbox>,
    doors: Vec<Door>,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    per_address: FxHashMap<IpAddr, usize>,
    lanes: FxHashMap<StreamId, Lane>,
    next_stream: StreamId,
    quota: Quota,
    parcel: Parcel,
    batch: Batch,
    /// Places of connections that can move.
    due: Vec<usize>,
}

impl Driver {
    fn run(mut self) {
        let mut ready = Events::with_capacity(256);
        let mut next_sweep_ns = 0;
        while !self.shared.is_closing.load(Ordering::Acquire) {
            let timeout = if self.due.is_empty() {
                Duration::from_nanos(SWEEP_NS)
            } else {
                Duration::ZERO
            };
            // An interrupted wait is as good as an ended one.
            let _ = self.poll.poll(&mut ready, Some(timeout));
            for event in &ready {
                self.note(event);
            }
            let now_ns = monotonic_ns();
            self.add_doors();
            self.take_outbox(now_ns);
            if now_ns >= next_sweep_ns {
                next_sweep_ns = now_ns + SWEEP_NS;
                self.sweep(now_ns);
                (0..self.doors.len()).for_each(|index| self.accept(index, now_ns));
            }
            self.advance(now_ns);
            add(
                &self.shared.counters.stream_datagrams_received,
                self.batch.len() as u64,
            );
            self.inbox.hand_over(&mut self.batch);
        }
    }

    fn note(&mut self, event: &Event) {
        let is_readable = event.is_readable() || event.is_read_closed() || event.is_error();
        let is_writable = event.is_writable() || event.is_write_closed() || event.is_error();
        let Token(token) = event.token();
        let Some(number) = token.checked_sub(FIRST_CONNECTION) else {
            if let Some(index) = token.checked_sub(1) {
                self.accept(index, monotonic_ns());
            }
            return;
        };
        let place = number / 2;
        if let Some(Some(connection)) = self.connections.get_mut(place) {
            if number % 2 == 0 {
                connection.note_client(is_readable, is_writable);
            } else {
                connection.note_backend(is_readable, is_writable);
            }
            self.due.push(place);
        }
    }

    fn add_doors(&mut self) {
        for mut door in lock(&self.shared.doors).drain(..) {
            let token = Token(1 + self.doors.len());
            let registered =
                self.poll
                    .registry()
                    .register(&mut door.listener, token, Interest::READABLE);
            if registered.is_ok() && self.doors.len() < MAX_DOORS {
                self.doors.push(door);
            }
        }
    }

    fn accept(&mut self, index: usize, now_ns: u64) {
        while let Some(door) = self.doors.get(index) {
            // Without descriptors the sweep tries again, as readiness is told once.
            let Ok((socket, client)) = door.listener.accept() else {
                return;
            };
            let speaks = Arc::clone(&door.speaks);
            if self.take_in(socket, client, speaks, now_ns).is_none() {
                count(&self.shared.counters.stream_refused);
            }
        }
    }

    fn take_in(
        &mut self,
        mut socket: TcpStream,
        client: SocketAddr,
        speaks: Arc<Speaks>,
        now_ns: u64,
    ) -> Option<()> {
        let of_address = self
            .per_address
            .get(&site_of(client.ip()))
            .copied()
            .unwrap_or(0);
        let open = self.connections.len() - self.free.len();
        if open >= MAX_CONNECTIONS || of_address >= MAX_PER_ADDRESS {
            return None;
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.connections.push(None);
            self.connections.len() - 1
        });
        let token = FIRST_CONNECTION + 2 * place;
        // Media is never held back to fill a segment, and what the kernel holds cannot be dropped when it is late. A
        // refusal costs time only.
        let _ = socket.set_nodelay(true);
        let _ = SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT_BYTES);
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self
            .poll
            .registry()
            .register(&mut socket, Token(token), interest)
            .is_err()
        {
            self.free.push(place);
            return None;
        }
        let backend = Token(token + 1);
        self.connections[place] = Some(Connection::new(
            socket, client, speaks, place, backend, now_ns,
        ));
        *self.per_address.entry(site_of(client.ip())).or_default() += 1;
        self.due.push(place);
        count(&self.shared.counters.stream_accepted);
        Some(())
    }

    fn take_outbox(&mut self, now_ns: u64) {
        let mut parcel = std::mem::take(&mut self.parcel);
        self.shared.outbox.take(&mut parcel);
        let (mut sent, mut dropped) = (0, 0);
        for (id, datagram) in parcel.iter() {
            let Some(&Lane {
                connection: place,
                peer,
            }) = self.lanes.get(&id)
            else {
                dropped += 1;
                continue;
            };
            let Some(Some(connection)) = self.connections.get_mut(place) else {
                dropped += 1;
                continue;
            };
            sent += 1;
            dropped += connection.send(now_ns, peer, datagram);
            if self.due.last() != Some(&place) {
                self.due.push(place);
            }
        }
        parcel.clear();
        self.parcel = parcel;
        add(&self.shared.counters.stream_datagrams_sent, sent);
        add(&self.shared.counters.stream_datagrams_dropped, dropped);
    }

    fn advance(&mut self, now_ns: u64) {
        let mut due = std::mem::take(&mut self.due);
        due.sort_unstable();
        due.dedup();
        for place in due.drain(..) {
            let Some(Some(connection)) = self.connections.get_mut(place) else {
                continue;
            };
            let mut world = World {
                at: Moment {
                    now_ns,
                    wall_s: wall_ns() / 1_000_000_000,
                },
                batch: &mut self.batch,
                lanes: &mut self.lanes,
                next_stream: &mut self.next_stream,
                quota: &mut self.quota,
                counters: &self.shared.counters,
                registry: self.poll.registry(),
            };
            match connection.advance(&mut world) {
                Ok(Progress::Waits) => {}
                Ok(Progress::HasMore) => self.due.push(place),
                Err(end) => self.close(place, end),
            }
        }
    }

    fn sweep(&mut self, now_ns: u64) {
        for place in 0..self.connections.len() {
            let connection = self.connections[place].as_ref();
            if connection.is_some_and(|connection| connection.is_late(now_ns)) {
                self.close(place, End::Idle);
            }
        }
    }

    fn close(&mut self, place: usize, end: End) {
        match end {
            End::Over => {}
            End::Foreign => count(&self.shared.counters.stream_foreign),
            End::Idle => count(&self.shared.counters.stream_idle),
        }
        let Some(mut connection) = self.connections.get_mut(place).and_then(Option::take) else {
            return;
        };
        // It leaves the poll with its descriptor in any case.
        let _ = self.poll.registry().deregister(connection.socket());
        connection.leave(&mut self.lanes, &mut self.quota);
        let site = site_of(connection.client().ip());
        if let Some(of_address) = self.per_address.get_mut(&site) {
            *of_address -= 1;
            if *of_address == 0 {
                self.per_address.remove(&site);
            }
        }
        self.free.push(place);
    }
}

/// What a client's connections are counted by: its address, and of IPv6 its /64, as who has one there has them all.
fn site_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_an_address_or_a_network_of_64_bits() {
        let site = |text: &str| site_of(text.parse().unwrap()).to_string();
        assert_eq!(site("192.0.2.7"), "192.0.2.7");
        assert_eq!(site("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(site("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
