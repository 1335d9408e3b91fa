//! The driver: one thread that waits, feeds the router, and carries out what it decided. It decides nothing itself.
use std::io;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token, Waker};
use rustc_hash::FxHashMap;
use rustix::event::{EventfdFlags, eventfd};

use crate::clock::{arrival_ns, monotonic_ns, wall_ns};
use crate::directory::{Directory, Member, ThreadIndex};
use crate::events::{Event, EventQueue, Pushed};
use crate::front::{Door, Front, Speaks, Streams};
use crate::inbox::{Arrival, Batch, Inbox};
use crate::locked::lock;
use crate::pace::Pace;
use crate::router::Router;
use crate::socket::UdpSocket;
use crate::tap::TapRecord;
use crate::tap_ring::{Stored, TapRing};

const SOCKET: Token = Token(0);
const WAKER: Token = Token(1);

/// Commands waiting at most; callers wait beyond it, as they do for their answers anyway.
const MAX_COMMANDS: usize = 256;

/// Receive calls between two looks at the commands and the clock.
const MAX_RECEIVES: usize = 8;

/// The socket is looked at this often without being told to: an error on it can end a receive call early.
const UNASKED_RECEIVE_NS: u64 = 100_000_000;

/// Bytes collected for sending before they are sent within a receive batch: they still lie in the processor's cache.
const EGRESS_BYTES: usize = 1 << 20;

/// Without peers nothing is due; a command wakes the thread at once.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

type Command = Box<dyn FnOnce(&mut Router, u64) + Send>;

/// The core is closed: its thread has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

/// What the thread and its callers share.
struct Shared {
    events: Mutex<EventQueue>,
    event_fd: OwnedFd,
    rings: Mutex<FxHashMap<u32, TapRing>>,
    is_closing: AtomicBool,
    commands_dropped: AtomicU64,
}

/// The running core.
pub struct CoreThread {
    commands: SyncSender<Command>,
    waker: Arc<Waker>,
    inbox: Arc<Inbox>,
    front: Arc<Front>,
    index: ThreadIndex,
    shared: Arc<Shared>,
    port: u16,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl CoreThread {
    /// Binds the port and starts one thread.
    pub fn start(address: IpAddr, port: u16) -> io::Result<CoreThread> {
        let mut threads = CoreThread::start_several(address, port, NonZeroUsize::MIN)?;
        Ok(threads.remove(0))
    }

    /// Binds the port for `count` threads and starts them. Each has its own peers, and hands over what the kernel
    /// gives it of the others'.
    pub fn start_several(
        address: IpAddr,
        port: u16,
        count: NonZeroUsize,
    ) -> io::Result<Vec<CoreThread>> {
        let (sockets, door) = bind(address, port, count.get())?;
        let prepared = sockets
            .into_iter()
            .map(Prepared::new)
            .collect::<io::Result<Vec<_>>>()?;
        let inboxes: Vec<Arc<Inbox>> = prepared
            .iter()
            .map(|thread| Arc::clone(&thread.inbox))
            .collect();
        let front = Arc::new(Front::start(Arc::clone(&inboxes[0]))?);
        front.open(door);
        let is_alone = count == NonZeroUsize::MIN;
        let directory = Arc::new(Directory::default());
        let start = |(index, thread): (usize, Prepared)| {
            let front = Arc::clone(&front);
            if is_alone {
                return thread.start(None, Vec::new(), index, front);
            }
            let member = Member::new(Arc::clone(&directory), index);
            thread.start(Some(member), inboxes.clone(), index, front)
        };
        prepared.into_iter().enumerate().map(start).collect()
    }

    /// The bound port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where other threads put datagrams that came in on them; they are received as those of the socket are.
    pub fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.inbox)
    }

    /// The streams beside the socket, the same for all threads of a port.
    pub fn front(&self) -> &Front {
        &self.front
    }

    /// The counters of the streams, told by the first thread for all.
    pub fn stream_counters(&self) -> Vec<(&'static str, u64)> {
        if self.index == 0 {
            return self.front.counters();
        }
        Vec::new()
    }

    /// Polls readable while events wait.
    pub fn event_fd(&self) -> BorrowedFd<'_> {
        self.shared.event_fd.as_fd()
    }

    /// Runs `command` on the core thread between two packets and waits for its result.
    pub fn call<R: Send + 'static>(
        &self,
        command: impl FnOnce(&mut Router, u64) -> R + Send + 'static,
    ) -> Result<R, Closed> {
        let (reply, result) = sync_channel(1);
        let command: Command = Box::new(move |router, now_ns| {
            // The caller waits for it and does not go away.
            let _ = reply.send(command(router, now_ns));
        });
        self.commands.send(command).map_err(|_| Closed)?;
        wake(&self.waker);
        result.recv().map_err(|_| Closed)
    }

    /// Runs `command` on the core thread soon; dropped and counted if too many wait.
    pub fn post(
        &self,
        command: impl FnOnce(&mut Router, u64) + Send + 'static,
    ) -> Result<(), Closed> {
        match self.commands.try_send(Box::new(command)) {
            Ok(()) => {
                wake(&self.waker);
                Ok(())
            }
            Err(TrySendError::Full(_)) => {
                self.shared.commands_dropped.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(TrySendError::Disconnected(_)) => Err(Closed),
        }
    }

    /// All waiting events; clears the descriptor.
    pub fn drain_events(&self) -> Vec<Event> {
        let mut count = [0; 8];
        // It may be clear already (EAGAIN): the events count, not the descriptor.
        let _ = rustix::io::read(&self.shared.event_fd, &mut count);
        lock(&self.shared.events).drain()
    }

    /// Makes the ring of a tap; false if the number is in use.
    pub fn open_ring(&self, tap: u32) -> bool {
        let mut rings = lock(&self.shared.rings);
        let is_free = !rings.contains_key(&tap);
        if is_free {
            rings.insert(tap, TapRing::default());
        }
        is_free
    }

    /// Drops the ring of a tap with what was not read.
    pub fn close_ring(&self, tap: u32) {
        lock(&self.shared.rings).remove(&tap);
    }

    /// Takes records from a tap's ring; None if there is no such tap.
    pub fn read_ring(&self, tap: u32, max_records: usize) -> Option<Vec<TapRecord>> {
        Some(lock(&self.shared.rings).get_mut(&tap)?.take(max_records))
    }

    /// Verbs dropped because too many waited.
    pub fn commands_dropped(&self) -> u64 {
        self.shared.commands_dropped.load(Ordering::Relaxed)
    }

    /// Ends the thread and waits for it. Closing twice is harmless.
    pub fn close(&self) {
        self.front.close();
        self.shared.is_closing.store(true, Ordering::Release);
        wake(&self.waker);
        if let Some(thread) = lock(&self.thread).take() {
            // A panic there has ended the process before.
            let _ = thread.join();
        }
    }
}

impl Drop for CoreThread {
    fn drop(&mut self) {
        self.close();
    }
}

/// Tries for a number that is free over UDP and TCP, where any will do.
const BIND_ATTEMPTS: usize = 16;

/// The media port: one number, over UDP for each thread and over TCP once.
fn bind(address: IpAddr, port: u16, count: usize) -> io::Result<(Vec<UdpSocket>, Door)> {
    let mut attempt = 1;
    loop {
        let sockets = UdpSocket::bind_several(address, port, count)?;
        match Door::bind(address, sockets[0].port(), Speaks::Media) {
            Ok(door) => return Ok((sockets, door)),
            Err(error) if port != 0 || attempt == BIND_ATTEMPTS => return Err(error),
            Err(_) => attempt += 1,
        }
    }
}

fn wake(waker: &Waker) {
    // It fails only without the poll, whose thread is gone then.
    let _ = waker.wake();
}

/// A thread with all that others need to know of it, before it runs.
struct Prepared {
    socket: UdpSocket,
    poll: Poll,
    waker: Arc<Waker>,
    inbox: Arc<Inbox>,
}

impl Prepared {
    fn new(mut socket: UdpSocket) -> io::Result<Prepared> {
        let poll = Poll::new()?;
        poll.registry()
            .register(socket.source(), SOCKET, Interest::READABLE)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let of_inbox = Arc::clone(&waker);
        Ok(Prepared {
            socket,
            poll,
            waker,
            inbox: Arc::new(Inbox::new(move || wake(&of_inbox))),
        })
    }

    /// Starts it as thread number `index` of those that `inboxes` belong to.
    fn start(
        self,
        member: Option<Member>,
        inboxes: Vec<Arc<Inbox>>,
        index: ThreadIndex,
        front: Arc<Front>,
    ) -> io::Result<CoreThread> {
        let (commands, waiting) = sync_channel(MAX_COMMANDS);
        let shared = Arc::new(Shared {
            events: Mutex::default(),
            event_fd: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            rings: Mutex::default(),
            is_closing: AtomicBool::new(false),
            commands_dropped: AtomicU64::new(0),
        });
        let port = self.socket.port();
        let seed = monotonic_ns() ^ wall_ns().rotate_left(32) ^ (index as u64).rotate_right(8);
        let driver = Driver {
            router: Router::beside(seed, member),
            socket: self.socket,
            poll: self.poll,
            ready: Events::with_capacity(8),
            pace: Pace::default(),
            commands: waiting,
            inbox: Arc::clone(&self.inbox),
            handed: Batch::default(),
            outboxes: inboxes.into_iter().map(Outbox::new).collect(),
            streams: front.streams(),
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new()
            .name(format!("lianzhen-core-{index}"))
            .spawn(move || {
                let _loudly = AbortOnPanic;
                driver.run();
            })?;
        Ok(CoreThread {
            commands,
            waker: self.waker,
            inbox: self.inbox,
            front,
            index,
            shared,
            port,
            thread: Mutex::new(Some(thread)),
        })
    }
}

/// What one round has for another thread.
struct Outbox {
    inbox: Arc<Inbox>,
    batch: Batch,
}

impl Outbox {
    fn new(inbox: Arc<Inbox>) -> Outbox {
        Outbox {
            inbox,
            batch: Batch::default(),
        }
    }
}

/// A half-dead media server would look alive: a panic ends the process, in builds that unwind too.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

struct Driver {
    router: Router,
    socket: UdpSocket,
    poll: Poll,
    ready: Events,
    pace: Pace,
    commands: Receiver<Command>,
    inbox: Arc<Inbox>,
    handed: Batch,
    outboxes: Vec<Outbox>,
    streams: Arc<Streams>,
    shared: Arc<Shared>,
}

impl Driver {
    fn run(mut self) {
        let mut next_tick_ns = 0;
        let mut next_receive_ns = 0;
        let mut has_more = false;
        while !self.shared.is_closing.load(Ordering::Acquire) {
            let is_readable = has_more || self.wait(next_tick_ns);
            has_more = self.run_commands();
            let round_ns = monotonic_ns();
            let mut taken = self.take_handed(round_ns);
            let is_due = is_readable || round_ns >= next_receive_ns;
            if is_due {
                let (messages, may_have_more) = self.receive();
                taken += messages;
                has_more |= may_have_more;
                next_receive_ns = round_ns + UNASKED_RECEIVE_NS;
            }
            if is_due || taken > 0 {
                self.pace.note_round(round_ns, taken);
                self.hand_over();
            }
            let now_ns = monotonic_ns();
            if now_ns >= next_tick_ns {
                next_tick_ns = self.router.on_tick(now_ns);
            }
            self.carry_out(now_ns);
        }
    }

    /// Waits for something to do; true if the socket is to be looked at. While packets come fast it only lets time
    /// pass: they, commands and ticks can wait for so long, and a readiness not asked for is not told later.
    fn wait(&mut self, next_tick_ns: u64) -> bool {
        if let Some(round_ns) = self.pace.next_round_ns() {
            let rest_ns = round_ns.saturating_sub(monotonic_ns());
            std::thread::sleep(Duration::from_nanos(rest_ns));
            return true;
        }
        if !self.inbox.may_sleep() {
            return false;
        }
        let timeout = self.timeout(next_tick_ns);
        // An interrupted wait is as good as an ended one.
        let _ = self.poll.poll(&mut self.ready, Some(timeout));
        self.ready.iter().any(|event| event.token() == SOCKET)
    }

    fn timeout(&self, next_tick_ns: u64) -> Duration {
        if self.router.is_idle() {
            return IDLE_TIMEOUT;
        }
        Duration::from_nanos(next_tick_ns.saturating_sub(monotonic_ns()))
    }

    fn run_commands(&mut self) -> bool {
        for _ in 0..MAX_COMMANDS {
            let Ok(command) = self.commands.try_recv() else {
                return false;
            };
            command(&mut self.router, monotonic_ns());
        }
        true
    }

    /// Takes what other threads have handed over; returns how many messages.
    fn take_handed(&mut self, now_ns: u64) -> usize {
        let mut handed = std::mem::take(&mut self.handed);
        let dropped = self.inbox.take(&mut handed);
        self.router.counters_mut().dropped_inbox_full += dropped;
        for arrival in handed.arrivals() {
            receive_message(&mut self.router, &mut self.outboxes, now_ns, arrival);
            if self.router.egress().byte_count() >= EGRESS_BYTES {
                self.send();
            }
        }
        let messages = handed.len();
        self.handed = handed;
        messages
    }

    /// Gives the other threads what came for them.
    fn hand_over(&mut self) {
        for outbox in &mut self.outboxes {
            outbox.inbox.hand_over(&mut outbox.batch);
        }
    }

    /// Takes what waits. Readiness is told once per arrival (edge-triggered), and a call that takes less than it could
    /// has emptied the socket. Returns how many messages, and if more may wait.
    fn receive(&mut self) -> (usize, bool) {
        let mut taken = 0;
        let mut has_more = true;
        for _ in 0..MAX_RECEIVES {
            let now_ns = monotonic_ns();
            let wall_now_ns = wall_ns();
            let (messages, is_full) = self.socket.receive();
            for index in 0..messages {
                let message = self.socket.message(index);
                let arrival = Arrival {
                    path: message.path,
                    arrival_ns: arrival_ns(now_ns, wall_now_ns, message.stamp),
                    bytes: message.bytes,
                    stride: message.stride,
                };
                receive_message(&mut self.router, &mut self.outboxes, now_ns, arrival);
                if self.router.egress().byte_count() >= EGRESS_BYTES {
                    self.send();
                }
            }
            taken += messages;
            has_more = is_full;
            if !has_more {
                break;
            }
        }
        (taken, has_more)
    }

    fn carry_out(&mut self, now_ns: u64) {
        self.store_tap_records(now_ns);
        self.send();
        self.queue_events();
    }

    fn send(&mut self) {
        if self.router.egress().byte_count() > 0 {
            let outgoing = self.router.outgoing(monotonic_ns());
            let report = self.socket.send(outgoing, &self.streams);
            self.router.sent(report);
        }
    }

    fn queue_events(&mut self) {
        if !self.router.has_events() {
            return;
        }
        let (mut dtls_dropped, mut events_dropped) = (0, 0);
        let was_empty = {
            let mut queue = lock(&self.shared.events);
            let was_empty = queue.is_empty();
            for event in self.router.drain_events() {
                match queue.push(event) {
                    Pushed::Queued => {}
                    Pushed::DtlsDropped => dtls_dropped += 1,
                    Pushed::EventDropped => events_dropped += 1,
                }
            }
            was_empty
        };
        self.router.counters_mut().dtls_dropped += dtls_dropped;
        self.router.counters_mut().events_dropped += events_dropped;
        if was_empty {
            // It fails only when the count is full, and then the descriptor is readable already.
            let _ = rustix::io::write(&self.shared.event_fd, &1u64.to_ne_bytes());
        }
    }

    fn store_tap_records(&mut self, now_ns: u64) {
        if !self.router.has_tap_records() {
            return;
        }
        let (mut frames, mut dropped, mut wanting) = (0, 0, Vec::new());
        {
            let mut rings = lock(&self.shared.rings);
            for (tap, record) in self.router.drain_tap_records() {
                let Some(ring) = rings.get_mut(&tap) else {
                    continue;
                };
                let is_frame = matches!(record, TapRecord::Frame(_));
                let stored = ring.push(record);
                frames += u64::from(is_frame && stored == Stored::Kept);
                dropped += u64::from(is_frame && stored != Stored::Kept);
                if stored == Stored::FirstDropped || ring.needs_keyframe() {
                    wanting.push(tap);
                }
            }
        }
        self.router.counters_mut().tap_frames += frames;
        self.router.counters_mut().tap_frames_dropped += dropped;
        for tap in wanting {
            self.router.want_keyframe_for_tap(now_ns, tap);
        }
    }
}

/// Gives the router the datagrams of one message, one by one, or those of another thread's peer to its outbox.
fn receive_message(
    router: &mut Router,
    outboxes: &mut [Outbox],
    now_ns: u64,
    message: Arrival<'_>,
) {
    let Arrival {
        path,
        arrival_ns,
        bytes,
        stride,
    } = message;
    let first = &bytes[..stride.min(bytes.len())];
    if let Some(thread) = router.elsewhere(&path.remote, first) {
        outboxes[thread].batch.push(path, arrival_ns, stride, bytes);
        router.counters_mut().datagrams_handed_over += bytes.len().div_ceil(stride).max(1) as u64;
        return;
    }
    if bytes.is_empty() {
        router.receive_datagram(now_ns, arrival_ns, path, &mut []);
    }
    for datagram in bytes.chunks_mut(stride) {
        router.receive_datagram(now_ns, arrival_ns, path, datagram);
    }
}
