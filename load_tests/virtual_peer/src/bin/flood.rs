//! Junk from strangers to a media port of this machine, for load tests: made datagrams that look like what peers send.
//!
//! One argument: what to send, as JSON. One line of output: what became of it. It sends to loopback and to the networks of
//! the emulated links alone, no faster and no longer than the limits below, and ends by itself.
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use rustix::io::IoSlice;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};
use serde::Deserialize;
use serde_json::json;

const MAX_PER_S: u64 = 400_000;
const MAX_SECONDS: u64 = 60;
const MAX_SOCKETS: usize = 256;

/// Different datagrams; sent again and again.
const POOL: usize = 4_096;
/// Of one system call.
const BATCH: usize = 64;
const LONGEST_BYTES: u64 = 1_200;
/// Rest where it is ahead of its rate.
const REST: Duration = Duration::from_micros(200);

/// What to send.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Flood {
    target: SocketAddr,
    /// Addresses to send from, each with as many ports as the sockets need.
    sources: Vec<IpAddr>,
    sockets: usize,
    per_s: u64,
    seconds: u64,
    kind: Kind,
    /// Names that a listener on the wire would know.
    #[serde(default)]
    ufrags: Vec<String>,
    seed: u64,
}

#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Stun,
    Dtls,
    Rtp,
    Random,
    Mixed,
}

fn main() -> Result<(), String> {
    let text = std::env::args().nth(1).ok_or("what to send is missing")?;
    let flood: Flood = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    check(&flood)?;
    let sockets = open(&flood).map_err(|error| error.to_string())?;
    let pool = pool(&flood);
    let (sent, refused, took) = send(&flood, &sockets, &pool);
    println!(
        "{}",
        json!({"sent": sent, "refused": refused, "took_s": took.as_secs_f64()})
    );
    Ok(())
}

fn check(flood: &Flood) -> Result<(), &'static str> {
    let is_near = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.is_loopback() || matches!(ip.octets(), [10, 78 | 79, _, _]),
        IpAddr::V6(ip) => ip.is_loopback(),
    };
    if !is_near(flood.target.ip()) || !flood.sources.iter().all(|&ip| is_near(ip)) {
        return Err("only loopback and emulated links are flooded");
    }
    if flood.sources.is_empty() || !(1..=MAX_SOCKETS).contains(&flood.sockets) {
        return Err("sockets need an address, and are 1 to 256");
    }
    if !(1..=MAX_PER_S).contains(&flood.per_s) || !(1..=MAX_SECONDS).contains(&flood.seconds) {
        return Err("at most 400,000 a second and 60 seconds");
    }
    Ok(())
}

fn open(flood: &Flood) -> std::io::Result<Vec<UdpSocket>> {
    let sources = flood.sources.iter().cycle().take(flood.sockets);
    sources
        .map(|&ip| {
            let socket = UdpSocket::bind((ip, 0))?;
            socket.connect(flood.target)?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        })
        .collect()
}

/// Sends until all is sent or the time is over; returns how many the kernel took and refused, and how long it took.
fn send(flood: &Flood, sockets: &[UdpSocket], pool: &[Vec<u8>]) -> (u64, u64, Duration) {
    let slices: Vec<[IoSlice<'_>; 1]> = pool.iter().map(|bytes| [IoSlice::new(bytes)]).collect();
    let mut controls: Vec<SendAncillaryBuffer<'_, '_, '_>> = pool
        .iter()
        .map(|_| SendAncillaryBuffer::default())
        .collect();
    let mut messages: Vec<MMsgHdr<'_>> = slices
        .iter()
        .zip(&mut controls)
        .map(|(slice, control)| MMsgHdr::new(slice, control))
        .collect();
    let (began, total) = (Instant::now(), flood.per_s * flood.seconds);
    let (mut sent, mut refused, mut turn) = (0, 0, 0);
    while sent + refused < total && began.elapsed().as_secs() < flood.seconds {
        let due = began.elapsed().as_nanos() as u64 * flood.per_s / 1_000_000_000;
        if sent + refused >= due {
            std::thread::sleep(REST);
            continue;
        }
        let batches = messages.len() / BATCH;
        let batch = &mut messages[turn % batches * BATCH..][..BATCH];
        match sendmmsg(&sockets[turn % sockets.len()], batch, SendFlags::empty()) {
            Ok(taken) => sent += taken as u64,
            Err(_) => refused += BATCH as u64,
        }
        turn += 1;
    }
    (sent, refused, began.elapsed())
}

/// Xorshift: the same seed makes the same junk.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, count: u64) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

fn pool(flood: &Flood) -> Vec<Vec<u8>> {
    let mut dice = Dice(flood.seed | 1);
    (0..POOL)
        .map(|_| datagram(flood.kind, &flood.ufrags, &mut dice))
        .collect()
}

fn datagram(kind: Kind, ufrags: &[String], dice: &mut Dice) -> Vec<u8> {
    match kind {
        Kind::Stun => stun(ufrags, dice),
        Kind::Dtls => dtls(dice),
        Kind::Rtp => rtp(dice),
        Kind::Random => {
            let length = 1 + dice.next() % LONGEST_BYTES;
            dice.bytes(length)
        }
        Kind::Mixed => {
            let kinds = [Kind::Stun, Kind::Dtls, Kind::Rtp, Kind::Random];
            let kind = kinds[(dice.next() >> 8) as usize % kinds.len()];
            datagram(kind, ufrags, dice)
        }
    }
}

/// A binding request that is whole but for its password (RFC 8489 §5, RFC 8445 §7.1).
fn stun(ufrags: &[String], dice: &mut Dice) -> Vec<u8> {
    let known = ufrags.get((dice.next() >> 8) as usize % ufrags.len().max(1));
    let name = match known {
        Some(ufrag) if dice.next() & 256 != 0 => format!("{ufrag}:junk"),
        _ => format!("{:08x}:junk", dice.next() as u32),
    };
    let mut attributes = Vec::new();
    let mut add = |number: u16, value: &[u8]| {
        attributes.extend(number.to_be_bytes());
        attributes.extend((value.len() as u16).to_be_bytes());
        attributes.extend(value);
        attributes.resize(attributes.len().next_multiple_of(4), 0);
    };
    add(0x0006, name.as_bytes());
    add(0x0024, &dice.next().to_be_bytes()[..4]);
    add(0x802a, &dice.next().to_be_bytes());
    add(0x0008, &dice.bytes(20));
    let mut message = vec![0, 1];
    message.extend((attributes.len() as u16 + 8).to_be_bytes());
    message.extend(0x2112_a442_u32.to_be_bytes());
    message.extend(dice.bytes(12));
    message.extend(attributes);
    let fingerprint = crc32(&message) ^ 0x5354_554e;
    message.extend([0x80, 0x28, 0, 4]);
    message.extend(fingerprint.to_be_bytes());
    message
}

/// The CRC of FINGERPRINT (RFC 8489 §14.7).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// A record of a handshake whose contents are nonsense (RFC 6347 §4.1).
fn dtls(dice: &mut Dice) -> Vec<u8> {
    let length = 100 + dice.next() % 200;
    let mut record = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, dice.next() as u8];
    record.extend((length as u16).to_be_bytes());
    record.extend(dice.bytes(length));
    record
}

fn rtp(dice: &mut Dice) -> Vec<u8> {
    let length = 10 + dice.next() % (LONGEST_BYTES - 12);
    let mut packet = vec![0x80, 96 + (dice.next() >> 8) as u8 % 16];
    packet.extend(dice.bytes(length));
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flood(change: &str) -> Result<(), &'static str> {
        let mut told = json!({
            "target": "127.0.0.1:9", "sources": ["127.9.0.1"], "sockets": 2, "per_s": 1_000, "seconds": 1,
            "kind": "mixed", "seed": 7,
        });
        let change: serde_json::Value = serde_json::from_str(change).unwrap();
        for (name, value) in change.as_object().unwrap() {
            told[name] = value.clone();
        }
        check(&serde_json::from_value(told).unwrap())
    }

    #[test]
    fn nobody_else_is_flooded_and_nobody_without_limits() {
        assert_eq!(flood("{}"), Ok(()));
        assert_eq!(
            flood(r#"{"target": "10.78.0.1:9", "sources": ["::1"]}"#),
            Ok(())
        );
        for change in [
            r#"{"target": "192.0.2.1:9"}"#,
            r#"{"target": "10.0.0.1:9"}"#,
            r#"{"target": "[2001:db8::1]:9"}"#,
            r#"{"sources": ["0.0.0.0"]}"#,
            r#"{"sources": []}"#,
            r#"{"sockets": 0}"#,
            r#"{"sockets": 257}"#,
            r#"{"per_s": 400001}"#,
            r#"{"per_s": 0}"#,
            r#"{"seconds": 61}"#,
            r#"{"seconds": 0}"#,
        ] {
            assert!(flood(change).is_err(), "{change}");
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn junk_looks_like_what_it_is_to_look_like() {
        let mut dice = Dice(5);
        let ufrags = ["abcd".to_owned()];
        let checks: Vec<_> = (0..64).map(|_| stun(&ufrags, &mut dice)).collect();
        let named = |name: &[u8]| {
            checks
                .iter()
                .filter(|check| check[24..].starts_with(name))
                .count()
        };
        assert!((1..64).contains(&named(b"abcd:junk")));
        assert!(
            checks
                .iter()
                .all(|check| check.len() - 20 == usize::from(check[3]))
        );
        assert!((0..64).all(|_| dtls(&mut dice)[0] == 22));
        assert!((0..64).all(|_| (12..=1_212).contains(&rtp(&mut dice).len())));
    }

    #[test]
    fn what_is_sent_keeps_its_rate_and_ends() {
        let target = UdpSocket::bind("127.0.0.1:0").unwrap();
        let flood = Flood {
            target: target.local_addr().unwrap(),
            sources: vec!["127.9.0.1".parse().unwrap()],
            sockets: 2,
            per_s: 640,
            seconds: 1,
            kind: Kind::Mixed,
            ufrags: Vec::new(),
            seed: 1,
        };
        let (sent, refused, _) = send(&flood, &open(&flood).unwrap(), &pool(&flood));
        assert_eq!(refused, 0);
        assert!((64..=704).contains(&sent), "{sent}");
    }
}
