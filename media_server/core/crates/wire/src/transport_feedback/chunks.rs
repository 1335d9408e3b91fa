//! Packet status chunks: the arrivals of a feedback, compressed (draft-holmer-rmcat-twcc-01 §3.1.2 to §3.1.4).
//!
//! ```text
//! |0| S |       run length        |   13 bits
//! |1|0|       14 symbols of 1 bit   |
//! |1|1|       7 symbols of 2 bits   |
//! ```

/// How one packet arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    NotReceived = 0,
    SmallDelta = 1,
    LargeDelta = 2,
}

pub(super) const ONE_BIT_VECTOR: u16 = 0x8000;
pub(super) const TWO_BIT_VECTOR: u16 = 0xc000;
pub(super) const ONE_BIT_CAPACITY: usize = 14;
pub(super) const TWO_BIT_CAPACITY: usize = 7;
const MAX_RUN: usize = 0x1fff;

/// Appends the chunks of `symbols`. A vector at the end may have room left; the packet status count tells.
pub(super) fn write_chunks(out: &mut Vec<u8>, symbols: &[Symbol]) {
    let mut rest = symbols;
    while let Some(first) = rest.first() {
        let run = rest
            .iter()
            .take(MAX_RUN)
            .take_while(|symbol| *symbol == first)
            .count();
        let (chunk, taken) = if run == rest.len() || run >= vector_capacity(rest) {
            ((*first as u16) << 13 | run as u16, run)
        } else {
            vector_chunk(rest)
        };
        out.extend_from_slice(&chunk.to_be_bytes());
        rest = rest.get(taken..).unwrap_or_default();
    }
}

/// How many of the next symbols one vector chunk can hold.
fn vector_capacity(symbols: &[Symbol]) -> usize {
    let has_large = symbols
        .iter()
        .take(ONE_BIT_CAPACITY)
        .any(|symbol| *symbol == Symbol::LargeDelta);
    if has_large {
        TWO_BIT_CAPACITY
    } else {
        ONE_BIT_CAPACITY
    }
}

/// A vector chunk, and how many symbols it holds.
fn vector_chunk(symbols: &[Symbol]) -> (u16, usize) {
    let capacity = vector_capacity(symbols);
    let (kind, bits) = if capacity == ONE_BIT_CAPACITY {
        (ONE_BIT_VECTOR, 1)
    } else {
        (TWO_BIT_VECTOR, 2)
    };
    let held = symbols.iter().take(capacity);
    let chunk = (1..=capacity)
        .zip(held)
        .fold(kind, |chunk, (place, symbol)| {
            chunk | (*symbol as u16) << ((capacity - place) * bits)
        });
    (chunk, capacity.min(symbols.len()))
}
