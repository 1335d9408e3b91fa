//! The least that forwarding can cost: one thread that receives, opens, seals and sends, and keeps nothing.
//!
//! Measured beside the core in one run, since machines differ (design/performance.md, "native loop, sendmmsg,
//! AES-128-GCM"). No STUN, header extension, history, feedback or path check: a yardstick that must never serve.
//!
//! Standard input: one line a peer, `receive-key transmit-key` in hex (master key and salt), the publisher first, then
//! an empty line. It prints its port, and for each further line the nanoseconds of CPU its loop has taken and the
//! packets it has forwarded. A datagram that is no RTP and carries `load<peer>:` registers its source as that peer's
//! address; it goes back as its own answer.
use std::io::stdin;
use std::mem::zeroed;
use std::net::UdpSocket;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};

use lianzhen_wire::srtp::{Profile, Receiver, Sender};

const MESSAGES: usize = 64;
const MESSAGE_BYTES: usize = 2_048;
const BUFFER_BYTES: libc::c_int = 4 << 20;
/// The generator's RTP header: fixed part and two words of extensions behind their own header.
const HEADER_BYTES: usize = 24;
const FIRST_SUBSCRIBER: usize = 2;

static CPU_NS: AtomicU64 = AtomicU64::new(0);
static FORWARDED: AtomicU64 = AtomicU64::new(0);

fn main() {
    let mut lines = stdin().lines().map_while(Result::ok);
    let keys: Vec<(Vec<u8>, Vec<u8>)> = lines
        .by_ref()
        .take_while(|line| !line.is_empty())
        .map(|line| {
            let (receive, transmit) = line.split_once(' ').expect("two keys a line");
            (from_hex(receive), from_hex(transmit))
        })
        .collect();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    println!("{}", socket.local_addr().expect("a bound socket").port());
    std::thread::spawn(move || forward(&socket, &keys));
    for _ in lines {
        let (cpu_ns, forwarded) = (&CPU_NS, &FORWARDED);
        println!(
            "{} {}",
            cpu_ns.load(Ordering::Relaxed),
            forwarded.load(Ordering::Relaxed)
        );
    }
}

fn forward(socket: &UdpSocket, keys: &[(Vec<u8>, Vec<u8>)]) {
    let fd = socket.as_raw_fd();
    widen_buffers(fd);
    let profile = Profile::AeadAes128Gcm;
    let mut publisher = Receiver::new(profile, &keys[0].0).expect("a publisher's key");
    let mut subscribers: Vec<(Sender, Option<libc::sockaddr_in>)> = keys[1..]
        .iter()
        .map(|(_, transmit)| {
            (
                Sender::new(profile, transmit).expect("a subscriber's key"),
                None,
            )
        })
        .collect();
    let (mut incoming, mut outgoing) = (Batch::new(), Batch::new());
    let (mut extended, mut forwarded) = (0u64, 0u64);
    loop {
        for index in 0..incoming.receive(fd) {
            let source = incoming.addresses[index];
            let datagram = &mut incoming.buffers[index][..incoming.lengths[index]];
            if datagram[0] < 128 {
                if let Some(peer) = registered(datagram) {
                    subscribers[peer - FIRST_SUBSCRIBER].1 = Some(source);
                }
                outgoing.push(fd, source, |out| out.extend_from_slice(datagram));
                continue;
            }
            let Ok(length) = publisher.unprotect_rtp(datagram) else {
                continue;
            };
            let sequence = u16::from_be_bytes([datagram[2], datagram[3]]);
            extended += u64::from(sequence.wrapping_sub(extended as u16));
            for (number, (sender, address)) in subscribers.iter().enumerate() {
                let Some(address) = *address else { continue };
                outgoing.push(fd, address, |out| {
                    out.extend_from_slice(&datagram[..length]);
                    out[8..12].copy_from_slice(&(number as u32).to_be_bytes());
                    sender.protect_rtp(out, 0, HEADER_BYTES, extended);
                });
                forwarded += 1;
            }
        }
        outgoing.send(fd);
        FORWARDED.store(forwarded, Ordering::Relaxed);
        CPU_NS.store(thread_cpu_ns(), Ordering::Relaxed);
    }
}

/// The subscriber that a registering datagram names.
fn registered(datagram: &[u8]) -> Option<usize> {
    let at = datagram.windows(4).position(|window| window == b"load")? + 4;
    let digits = datagram[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let peer = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
    (peer >= FIRST_SUBSCRIBER).then_some(peer)
}

/// Datagrams of one system call, each with its address.
struct Batch {
    buffers: Vec<Vec<u8>>,
    lengths: Vec<usize>,
    addresses: Vec<libc::sockaddr_in>,
    count: usize,
}

impl Batch {
    fn new() -> Batch {
        Batch {
            buffers: vec![vec![0; MESSAGE_BYTES]; MESSAGES],
            lengths: vec![0; MESSAGES],
            // SAFETY: all zeros is a valid sockaddr_in.
            addresses: vec![unsafe { zeroed() }; MESSAGES],
            count: 0,
        }
    }

    /// Waits for at least one datagram; returns how many came.
    fn receive(&mut self, fd: RawFd) -> usize {
        self.lengths.fill(MESSAGE_BYTES);
        self.count = MESSAGES;
        let headers = &mut self.headers();
        let wait = libc::MSG_WAITFORONE;
        // SAFETY: the headers point into this batch, which outlives the call.
        let received = unsafe {
            libc::recvmmsg(
                fd,
                headers.0.as_mut_ptr(),
                MESSAGES as u32,
                wait,
                std::ptr::null_mut(),
            )
        };
        for (length, header) in self.lengths.iter_mut().zip(&headers.0) {
            *length = header.msg_len as usize;
        }
        received.max(0) as usize
    }

    fn push(&mut self, fd: RawFd, address: libc::sockaddr_in, write: impl FnOnce(&mut Vec<u8>)) {
        if self.count == MESSAGES {
            self.send(fd);
        }
        let buffer = &mut self.buffers[self.count];
        buffer.clear();
        write(buffer);
        self.lengths[self.count] = buffer.len();
        self.addresses[self.count] = address;
        self.count += 1;
    }

    fn send(&mut self, fd: RawFd) {
        let headers = &mut self.headers();
        let mut left = &mut headers.0[..self.count];
        while !left.is_empty() {
            // SAFETY: the headers point into this batch, which outlives the call.
            let sent = unsafe { libc::sendmmsg(fd, left.as_mut_ptr(), left.len() as u32, 0) };
            // What the kernel refuses is left out.
            left = &mut left[sent.max(1) as usize..];
        }
        self.count = 0;
    }

    fn headers(&mut self) -> Box<([libc::mmsghdr; MESSAGES], [libc::iovec; MESSAGES])> {
        // SAFETY: all zeros is valid for both.
        let mut made: Box<([libc::mmsghdr; MESSAGES], [libc::iovec; MESSAGES])> =
            Box::new(unsafe { zeroed() });
        let (headers, vectors) = &mut *made;
        for index in 0..self.count {
            vectors[index].iov_base = self.buffers[index].as_mut_ptr().cast();
            vectors[index].iov_len = self.lengths[index];
            let header = &mut headers[index].msg_hdr;
            header.msg_name = (&raw mut self.addresses[index]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_in>() as u32;
            header.msg_iov = &raw mut vectors[index];
            header.msg_iovlen = 1;
        }
        made
    }
}

fn widen_buffers(fd: RawFd) {
    for option in [libc::SO_RCVBUFFORCE, libc::SO_SNDBUFFORCE] {
        let length = size_of::<libc::c_int>() as u32;
        let wanted = BUFFER_BYTES;
        // SAFETY: the option's value is an int of that length. A refusal only means smaller buffers.
        unsafe {
            libc::setsockopt(
                fd,
                libc::SOL_SOCKET,
                option,
                (&raw const wanted).cast(),
                length,
            )
        };
    }
}

fn thread_cpu_ns() -> u64 {
    // SAFETY: all zeros is a valid timespec, and the clock always exists.
    let time = unsafe {
        let mut time: libc::timespec = zeroed();
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time);
        time
    };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}
