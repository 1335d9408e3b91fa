//! Light WebRTC peers for load tests: real ICE, DTLS and SRTP, no codec. Hundreds in one process, one thread.
//!
//! Standard input: one order a line (src/orders.rs). Standard output: one answer a line, `{"id": …, "ok": {…}}` or
//! `{"id": …, "error": "…"}`. It ends with its input.
mod abuse;
mod clock;
mod disguise;
mod orders;
mod outbox;
mod peer;
mod received;
mod rtpdump;
mod source;
mod stamp;

use std::io::{BufRead, Write, stdin, stdout};
use std::os::fd::AsRawFd;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Instant;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use quinn_udp::{BATCH_SIZE, RecvMeta};
use rustc_hash::FxHashMap;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use serde_json::{Value, json};

use clock::{cpu_ns, monotonic_ns};
use orders::{Line, Order};
use peer::Peer;

const INPUT: Token = Token(0);
const TIMER: Token = Token(1);
const FIRST_PEER: usize = 2;

/// Orders that wait at most.
const MAX_ORDERS: usize = 1_024;
const MAX_EVENTS: usize = 1_024;
const DATAGRAMS_BYTES: usize = 65_536;
const NS_PER_S: u64 = 1_000_000_000;

fn main() -> std::io::Result<()> {
    let mut poll = Poll::new()?;
    let waker = Waker::new(poll.registry(), INPUT)?;
    let (sender, orders) = sync_channel(MAX_ORDERS);
    std::thread::spawn(move || {
        for line in stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() || waker.wake().is_err() {
                return;
            }
        }
        drop(sender);
        // The thread may be gone already.
        let _ = waker.wake();
    });
    // Epoll counts in milliseconds; bursts are due more exactly.
    let timer = timerfd_create(
        TimerfdClockId::Monotonic,
        TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
    )?;
    poll.registry()
        .register(&mut SourceFd(&timer.as_raw_fd()), TIMER, Interest::READABLE)?;
    let mut crowd = Crowd::default();
    let mut buffers = vec![vec![0; DATAGRAMS_BYTES]; BATCH_SIZE];
    let mut metas = vec![RecvMeta::default(); BATCH_SIZE];
    let mut events = Events::with_capacity(MAX_EVENTS);
    let mut armed_ns = 0;
    loop {
        let next_ns = crowd.wake_due();
        if next_ns != armed_ns {
            let at = Timespec {
                tv_sec: (next_ns / NS_PER_S) as i64,
                tv_nsec: (next_ns % NS_PER_S) as i64,
            };
            let once = Itimerspec {
                it_interval: Timespec {
                    tv_sec: 0,
                    tv_nsec: 0,
                },
                it_value: at,
            };
            timerfd_settime(&timer, TimerfdTimerFlags::ABSTIME, &once)?;
            armed_ns = next_ns;
        }
        if let Err(error) = poll.poll(&mut events, None)
            && error.kind() != std::io::ErrorKind::Interrupted
        {
            return Err(error);
        }
        for event in &events {
            match event.token() {
                INPUT => {
                    if !crowd.obey(&orders, &poll)? {
                        return Ok(());
                    }
                }
                TIMER => armed_ns = 0,
                Token(number) => {
                    if let Some(peer) = crowd.peers.get_mut(&number) {
                        peer.receive(&mut buffers, &mut metas);
                    }
                }
            }
        }
    }
}

/// All peers of this process.
#[derive(Default)]
struct Crowd {
    peers: FxHashMap<usize, Peer>,
    numbers: FxHashMap<String, usize>,
    opened: usize,
}

impl Crowd {
    /// Does what is due and returns when the next is (CLOCK_MONOTONIC).
    fn wake_due(&mut self) -> u64 {
        let (now_ns, now) = (monotonic_ns(), Instant::now());
        let mut next_ns = now_ns + NS_PER_S;
        for peer in self.peers.values_mut() {
            if peer.next_ns(now_ns, now) <= now_ns {
                peer.wake(now_ns, now);
            }
            next_ns = next_ns.min(peer.next_ns(now_ns, now));
        }
        next_ns
    }

    /// Carries out what was ordered; false when the input has ended.
    fn obey(&mut self, orders: &Receiver<String>, poll: &Poll) -> std::io::Result<bool> {
        loop {
            let text = match orders.try_recv() {
                Ok(text) => text,
                Err(TryRecvError::Empty) => return Ok(true),
                Err(TryRecvError::Disconnected) => return Ok(false),
            };
            let answer = match serde_json::from_str::<Line>(&text) {
                Ok(line) => match self.carry_out(line.order, poll) {
                    Ok(result) => json!({"id": line.id, "ok": result}),
                    Err(sentence) => json!({"id": line.id, "error": sentence}),
                },
                Err(error) => json!({"error": error.to_string()}),
            };
            let mut out = stdout().lock();
            writeln!(out, "{answer}")?;
            out.flush()?;
        }
    }

    fn carry_out(&mut self, order: Order, poll: &Poll) -> Result<Value, String> {
        match order {
            Order::Open {
                peer: name,
                address,
            } => {
                if self.numbers.contains_key(&name) {
                    return Err("there is such a peer".into());
                }
                let mut peer = Peer::open(address)?;
                let number = FIRST_PEER + self.opened;
                poll.registry()
                    .register(peer.socket(), Token(number), Interest::READABLE)
                    .map_err(|error| error.to_string())?;
                self.opened += 1;
                self.peers.insert(number, peer);
                self.numbers.insert(name, number);
                Ok(json!({}))
            }
            Order::Offer {
                peer,
                tracks,
                channels,
            } => {
                let (sdp, mids) = self.peer(&peer)?.offer(&tracks, &channels)?;
                Ok(json!({"sdp": sdp, "mids": mids}))
            }
            Order::AcceptAnswer { peer, sdp } => {
                self.peer(&peer)?.accept_answer(&sdp).map(|()| json!({}))
            }
            Order::AcceptOffer { peer, sdp } => self
                .peer(&peer)?
                .accept_offer(&sdp)
                .map(|sdp| json!({"sdp": sdp})),
            Order::Play { peer, mid, what } => {
                self.peer(&peer)?.play(&mid, &what).map(|()| json!({}))
            }
            Order::Stop { peer, mid } => {
                self.peer(&peer)?.stop(&mid);
                Ok(json!({}))
            }
            Order::Misbehave { peer, what } => {
                self.peer(&peer)?.misbehave(what).map(|()| json!({}))
            }
            Order::Read {} => Ok(self.read()),
            Order::Close { peer: name } => {
                self.peer(&name)?.close();
                if let Some(mut peer) = self
                    .numbers
                    .remove(&name)
                    .and_then(|number| self.peers.remove(&number))
                {
                    poll.registry()
                        .deregister(peer.socket())
                        .map_err(|error| error.to_string())?;
                }
                Ok(json!({}))
            }
        }
    }

    fn peer(&mut self, name: &str) -> Result<&mut Peer, String> {
        let number = self.numbers.get(name).ok_or("there is no such peer")?;
        self.peers
            .get_mut(number)
            .ok_or_else(|| "there is no such peer".into())
    }

    fn read(&self) -> Value {
        let peers: FxHashMap<&String, Value> = self
            .numbers
            .iter()
            .filter_map(|(name, number)| {
                let peer = self.peers.get(number)?;
                let received: Vec<Value> = peer
                    .incoming
                    .values()
                    .map(|stream| {
                        let is_audio = stream.kind == orders::Kind::Audio;
                        let kind = if is_audio { "audio" } else { "video" };
                        json!({"mid": stream.mid, "kind": kind, "counts": stream.received})
                    })
                    .collect();
                let told = json!({
                    "connected_ns": peer.connected_ns,
                    "is_lost": peer.is_lost,
                    "key_frames_wanted": peer.key_frames_wanted,
                    "refused": peer.refused,
                    "misdeeds": peer.misdeeds(),
                    "unsent": peer.unsent(),
                    "sent": peer.sent().collect::<FxHashMap<_, _>>(),
                    "received": received,
                });
                Some((name, told))
            })
            .collect();
        json!({"now_ns": monotonic_ns(), "cpu_ns": cpu_ns(), "bounds_us": received::bounds_us(), "peers": peers})
    }
}
