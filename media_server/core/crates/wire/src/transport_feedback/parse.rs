//! Reads the transport-wide feedback of a subscriber (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
use super::chunks::{ONE_BIT_CAPACITY, ONE_BIT_VECTOR, TWO_BIT_CAPACITY, TWO_BIT_VECTOR};

/// Base sequence number, status count, reference time, feedback packet count.
const HEAD_BYTES: usize = 8;

/// More than any sender remembers: 5 s of 1,600 packets/s. A few bytes could otherwise make us walk 65,535 statuses.
const MAX_STATUSES: u16 = 8192;

/// A feedback whose chunks and deltas are all there.
#[derive(Debug, Clone, Copy)]
pub struct Feedback<'a> {
    /// The first transport-wide sequence number told of.
    pub base: u16,
    /// How many are told of.
    pub count: u16,
    /// The time that offsets count from, in 64 ms, 24 bits.
    pub reference: u32,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

/// What became of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Its transport-wide sequence number.
    pub sequence: u16,
    /// When it arrived, in 250 µs after the reference time; None if it has not.
    pub arrival_ticks: Option<i64>,
}

/// Reads what follows the media SSRC; None if a chunk or a delta is missing or reserved, or if it tells of too many.
pub fn parse(raw: &[u8]) -> Option<Feedback<'_>> {
    let (&[b0, b1, c0, c1, r0, r1, r2, _], rest) = raw.split_first_chunk::<HEAD_BYTES>()?;
    let count = u16::from_be_bytes([c0, c1]);
    if count > MAX_STATUSES {
        return None;
    }
    let mut symbols = Symbols::new(rest, count);
    let mut delta_bytes = 0;
    for _ in 0..count {
        delta_bytes += delta_bytes_of(symbols.next()?)?;
    }
    let (chunks, deltas) = rest.split_at(rest.len() - symbols.chunks.len());
    Some(Feedback {
        base: u16::from_be_bytes([b0, b1]),
        count,
        reference: u32::from_be_bytes([0, r0, r1, r2]),
        chunks,
        deltas: deltas.get(..delta_bytes)?,
    })
}

impl<'a> Feedback<'a> {
    /// What became of each packet, by rising sequence number.
    pub fn statuses(&self) -> Statuses<'a> {
        Statuses {
            symbols: Symbols::new(self.chunks, self.count),
            deltas: self.deltas,
            sequence: self.base,
            ticks: 0,
        }
    }
}

/// Iterates over what became of each packet.
#[derive(Debug, Clone)]
pub struct Statuses<'a> {
    symbols: Symbols<'a>,
    deltas: &'a [u8],
    sequence: u16,
    ticks: i64,
}

impl Iterator for Statuses<'_> {
    type Item = Status;

    fn next(&mut self) -> Option<Status> {
        let symbol = self.symbols.next()?;
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        let delta = match symbol {
            1 => {
                let (delta, rest) = self.deltas.split_first()?;
                self.deltas = rest;
                i64::from(*delta)
            }
            2 => {
                let (delta, rest) = self.deltas.split_first_chunk::<2>()?;
                self.deltas = rest;
                i64::from(i16::from_be_bytes(*delta))
            }
            _ => {
                return Some(Status {
                    sequence,
                    arrival_ticks: None,
                });
            }
        };
        self.ticks += delta;
        Some(Status {
            sequence,
            arrival_ticks: Some(self.ticks),
        })
    }
}

/// Iterates over the symbols of chunks.
#[derive(Debug, Clone)]
struct Symbols<'a> {
    chunks: &'a [u8],
    left: u16,
    chunk: u16,
    left_in_chunk: u16,
}

impl<'a> Symbols<'a> {
    fn new(chunks: &'a [u8], count: u16) -> Symbols<'a> {
        Symbols {
            chunks,
            left: count,
            chunk: 0,
            left_in_chunk: 0,
        }
    }
}

impl Iterator for Symbols<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.left == 0 {
            return None;
        }
        // A run may be empty.
        while self.left_in_chunk == 0 {
            let (chunk, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunks = rest;
            self.chunk = u16::from_be_bytes(*chunk);
            self.left_in_chunk = match self.chunk & TWO_BIT_VECTOR {
                TWO_BIT_VECTOR => TWO_BIT_CAPACITY as u16,
                ONE_BIT_VECTOR => ONE_BIT_CAPACITY as u16,
                _ => self.chunk & 0x1fff,
            };
        }
        self.left -= 1;
        self.left_in_chunk -= 1;
        Some(match self.chunk & TWO_BIT_VECTOR {
            TWO_BIT_VECTOR => self.chunk >> (2 * self.left_in_chunk) & 3,
            ONE_BIT_VECTOR => self.chunk >> self.left_in_chunk & 1,
            _ => self.chunk >> 13,
        })
    }
}

/// Bytes of the delta behind a symbol; None for the reserved one.
fn delta_bytes_of(symbol: u16) -> Option<usize> {
    (symbol <= 2).then_some(usize::from(symbol))
}
