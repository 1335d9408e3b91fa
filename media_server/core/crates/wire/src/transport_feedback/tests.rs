//! What was recorded is what a decoder, written here from the draft, reads back.
use std::collections::BTreeMap;

use super::chunks::{Symbol, write_chunks};
use super::{Recorder, parse};
use crate::fuzzing::Random;
use crate::rtcp::{self, Packet};
use crate::srtp::hex::hex;

/// One decoded feedback: base, count of the feedback packet, and for each status the arrival in 250 µs ticks
/// modulo the wrap of the reference time.
struct Decoded {
    base: u16,
    feedback_count: u8,
    arrivals: Vec<Option<u64>>,
}

fn decode(packet: &[u8]) -> Decoded {
    let Some(Ok(Packet::TransportFeedback {
        sender: 1,
        media: 2,
        raw,
    })) = rtcp::parse(packet).next()
    else {
        panic!("not a feedback");
    };
    let word = |at: usize| u16::from_be_bytes([raw[at], raw[at + 1]]);
    let (base, count) = (word(0), usize::from(word(2)));
    let reference = u64::from(u32::from_be_bytes([0, raw[4], raw[5], raw[6]]));
    let mut symbols = Vec::new();
    let mut at = 8;
    while symbols.len() < count {
        let chunk = word(at);
        at += 2;
        if chunk & 0x8000 == 0 {
            symbols.extend(std::iter::repeat_n(
                chunk >> 13,
                usize::from(chunk & 0x1fff),
            ));
        } else if chunk & 0x4000 == 0 {
            symbols.extend((0..14).rev().map(|bit| chunk >> bit & 1));
        } else {
            symbols.extend((0..7).rev().map(|pair| chunk >> (2 * pair) & 3));
        }
    }
    symbols.truncate(count);
    let mut ticks = reference * 256;
    let arrivals = symbols
        .iter()
        .map(|symbol| {
            let delta = match symbol {
                0 => return None,
                1 => i64::from(raw[at]),
                2 => i64::from(i16::from_be_bytes([raw[at], raw[at + 1]])),
                _ => panic!("reserved symbol"),
            };
            at += usize::from(*symbol);
            ticks = ticks.wrapping_add_signed(delta);
            Some(ticks)
        })
        .collect();
    assert!(
        raw.len() - at < 4 && raw[at..].iter().all(|byte| *byte == 0),
        "padding"
    );
    Decoded {
        base,
        feedback_count: raw[7],
        arrivals,
    }
}

fn build(recorder: &mut Recorder) -> Option<Decoded> {
    let mut out = Vec::new();
    assert_eq!(recorder.has_news(), recorder.build(&mut out, 1, 2));
    assert!(out.len() <= 1150 && out.len() % 4 == 0);
    (!out.is_empty()).then(|| decode(&out))
}

const MS: u64 = 1_000_000;

#[test]
fn a_feedback_is_written_as_in_the_draft() {
    let mut recorder = Recorder::new();
    recorder.receive(5, 128 * MS);
    recorder.receive(6, 129 * MS);
    recorder.receive(8, 258 * MS);
    let mut out = Vec::new();
    assert!(recorder.build(&mut out, 1, 2));
    // Reference 2 (128 ms); symbols 1 1 0 2 in a two-bit vector; deltas 0, 4, 516 ticks.
    assert_eq!(
        out,
        hex(
            "8fcd0006000000010000000200050004000002 00d480 00040204 0000"
                .replace(' ', "")
                .as_str()
        )
    );
}

#[test]
fn nothing_is_reported_twice() {
    let mut recorder = Recorder::new();
    assert!(build(&mut recorder).is_none());
    recorder.receive(5, MS);
    assert!(build(&mut recorder).is_some());
    assert!(build(&mut recorder).is_none());
    recorder.receive(5, 2 * MS);
    assert!(build(&mut recorder).is_none());
}

#[test]
fn gaps_between_feedbacks_are_reported() {
    for start in [0u16, 1, 127, 128, 32767, 32768, 65530, 65534, 65535] {
        let mut recorder = Recorder::new();
        recorder.receive(start, MS);
        assert_eq!(build(&mut recorder).unwrap().base, start);
        recorder.receive(start.wrapping_add(4), 2 * MS);
        let decoded = build(&mut recorder).unwrap();
        assert_eq!(decoded.base, start.wrapping_add(1));
        assert_eq!(decoded.arrivals, [None, None, None, Some(8)]);
        assert_eq!(decoded.feedback_count, 1);
    }
}

#[test]
fn a_late_packet_is_reported_with_those_around_it() {
    let mut recorder = Recorder::new();
    for sequence in [10, 11, 13] {
        recorder.receive(sequence, u64::from(sequence) * MS);
    }
    build(&mut recorder).unwrap();
    recorder.receive(12, 20 * MS);
    let decoded = build(&mut recorder).unwrap();
    assert_eq!(
        (decoded.base, decoded.arrivals),
        (12, vec![Some(80), Some(52)])
    );
}

#[test]
fn the_first_packets_may_come_in_any_order() {
    let mut recorder = Recorder::new();
    for sequence in [3, 1, 2] {
        recorder.receive(sequence, MS);
    }
    let decoded = build(&mut recorder).unwrap();
    assert_eq!((decoded.base, decoded.arrivals), (1, vec![Some(4); 3]));
    recorder.receive(65535, MS);
    assert!(
        build(&mut recorder).is_none(),
        "forgotten once the first feedback is out"
    );
}

#[test]
fn a_pause_that_no_delta_spans_begins_a_new_feedback() {
    let mut recorder = Recorder::new();
    recorder.receive(1, MS);
    recorder.receive(3, 9_000 * MS);
    let first = build(&mut recorder).unwrap();
    assert_eq!((first.base, first.arrivals), (1, vec![Some(4)]));
    let second = build(&mut recorder).unwrap();
    assert_eq!(
        (second.base, second.arrivals),
        (2, vec![None, Some(36_000)])
    );
}

#[test]
fn the_reference_time_wraps() {
    let wrap_ns = (1u64 << 24) * 64 * MS;
    let mut recorder = Recorder::new();
    recorder.receive(1, wrap_ns - 10 * MS);
    recorder.receive(2, wrap_ns + 10 * MS);
    let decoded = build(&mut recorder).unwrap();
    let wrap_ticks = (1 << 24) * 256;
    assert_eq!(
        decoded.arrivals,
        [Some(wrap_ticks - 40), Some(wrap_ticks + 40)]
    );
    recorder.receive(3, wrap_ns + 20 * MS);
    assert_eq!(build(&mut recorder).unwrap().arrivals, [Some(80)]);
}

#[test]
fn an_outage_is_reported_in_part_and_memory_stays_bounded() {
    let mut recorder = Recorder::new();
    recorder.receive(0, MS);
    build(&mut recorder).unwrap();
    recorder.receive(3000, 2 * MS);
    let decoded = build(&mut recorder).unwrap();
    assert_eq!(decoded.base, 2500);
    assert_eq!(decoded.arrivals.len(), 501);
    recorder.receive(20_000, 3 * MS);
    let decoded = build(&mut recorder).unwrap();
    assert_eq!((decoded.base, decoded.arrivals.len()), (20_000, 1));
}

#[test]
fn unread_packets_are_forgotten_at_the_bound() {
    let mut recorder = Recorder::new();
    for sequence in 0..10_000u32 {
        recorder.receive(sequence as u16, u64::from(sequence) * MS / 10);
    }
    let decoded = build(&mut recorder).unwrap();
    assert_eq!(usize::from(decoded.base), 10_000 - 4096);
    assert_eq!(decoded.arrivals.len(), 400);
}

#[test]
fn random_loss_reordering_and_delay_are_read_back_exactly() {
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let mut recorder = Recorder::new();
        let start = random.next_u64() as u16;
        let loss_percent = random.below(60);
        let mut now_ns = random.next_u64() % (1 << 50);
        let mut sent: BTreeMap<u64, u64> = BTreeMap::new();
        let mut read: BTreeMap<u64, u64> = BTreeMap::new();
        let mut swapped: Option<u64> = None;
        let mut base_unwrapper = crate::rtp::SequenceUnwrapper::new();
        base_unwrapper.unwrap(start);
        for step in 0..5000u64 {
            now_ns += u64::from(random.below(4)) * 100_000
                + if random.below(100) == 0 { 90 * MS } else { 0 };
            if step == 0 || random.below(100) >= loss_percent {
                let sequence = 0x1_0000 + u64::from(start) + step;
                for arriving in [Some(sequence), swapped.take()].into_iter().flatten() {
                    if step > 0
                        && arriving == sequence
                        && random.below(10) == 0
                        && swapped.is_none()
                    {
                        swapped = Some(sequence);
                        continue;
                    }
                    recorder.receive(arriving as u16, now_ns);
                    sent.insert(arriving, now_ns / 250_000);
                }
            }
            if random.below(60) == 0 || step == 4999 {
                while let Some(decoded) = build(&mut recorder) {
                    let base = base_unwrapper.unwrap(decoded.base);
                    for (sequence, arrival) in (base..).zip(decoded.arrivals) {
                        if let Some(ticks) = arrival {
                            read.insert(sequence, ticks % (1 << 32));
                        } else {
                            assert!(!sent.contains_key(&sequence), "{sequence} was received");
                        }
                    }
                }
            }
        }
        let expected: BTreeMap<u64, u64> = sent
            .into_iter()
            .map(|(sequence, ticks)| (sequence, ticks % (1 << 32)))
            .collect();
        assert_eq!(read, expected, "seed {seed}");
    }
}

#[test]
fn any_sequence_of_numbers_is_taken() {
    let mut random = Random::new(9);
    let mut recorder = Recorder::new();
    for _ in 0..100_000 {
        recorder.receive(random.next_u64() as u16, random.next_u64());
        if random.below(50) == 0 {
            while build(&mut recorder).is_some() {}
        }
    }
}

mod chunks {
    use super::*;

    fn words(symbols: &[Symbol]) -> Vec<u16> {
        let mut out = Vec::new();
        write_chunks(&mut out, symbols);
        out.chunks(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect()
    }

    use Symbol::{LargeDelta as L, NotReceived as N, SmallDelta as S};

    #[test]
    fn equal_symbols_make_a_run() {
        assert_eq!(words(&[S; 20]), [0x2014]);
        assert_eq!(words(&[N; 8192]), [0x1fff, 0x0001]);
        assert_eq!(words(&[L; 7]), [0x4007]);
        assert_eq!(words(&[]), [0u16; 0]);
    }

    #[test]
    fn small_deltas_and_losses_share_a_one_bit_vector() {
        assert_eq!(
            words(&[S, N, S, S, S, S, S, S, S, S, S, S, S, S]),
            [0b1010_1111_1111_1111]
        );
        assert_eq!(words(&[S, N, S]), [0b1010_1000_0000_0000]);
    }

    #[test]
    fn large_deltas_need_a_two_bit_vector() {
        assert_eq!(
            words(&[S, L, N, S, S, S, N, S]),
            [0b1101_1000_0101_0100, 0x2001]
        );
    }
}

#[test]
fn what_the_recorder_writes_is_read_back_by_the_parser() {
    let mut random = Random::new(17);
    for start in [0u16, 1, 127, 32_767, 65_530] {
        let mut recorder = Recorder::new();
        let mut arrival_ns = 77 * MS;
        for index in 0..3_000u16 {
            arrival_ns += u64::from(random.below(9)) * MS;
            if random.below(5) == 0 {
                continue;
            }
            // Some overtake each other by up to 20 ms.
            let late_ns = u64::from(random.below(2)) * u64::from(random.below(20)) * MS;
            recorder.receive(start.wrapping_add(index), arrival_ns + late_ns);
        }
        loop {
            let mut out = Vec::new();
            if !recorder.build(&mut out, 1, 2) {
                break;
            }
            let expected = decode(&out);
            let Some(Ok(Packet::TransportFeedback { raw, .. })) = rtcp::parse(&out).next() else {
                panic!("not a feedback");
            };
            let feedback = parse(raw).expect("well-formed");
            assert_eq!(feedback.base, expected.base);
            let read: Vec<_> = feedback.statuses().collect();
            assert_eq!(read.len(), expected.arrivals.len());
            for (index, (status, arrival)) in read.iter().zip(&expected.arrivals).enumerate() {
                assert_eq!(status.sequence, expected.base.wrapping_add(index as u16));
                let ticks = status
                    .arrival_ticks
                    .map(|ticks| u64::from(feedback.reference) * 256 + ticks as u64);
                assert_eq!(ticks, *arrival);
            }
        }
    }
}

#[test]
fn a_feedback_of_each_kind_of_chunk_is_read() {
    // Base 65,535, 16 statuses, reference 2; an empty run, a run of 2 lost, one-bit 1 0 and twelve lost.
    let raw = hex("ffff00100000020700000002a00004");
    let feedback = parse(&raw).expect("well-formed");
    let came: Vec<_> = feedback
        .statuses()
        .filter_map(|status| Some((status.sequence, status.arrival_ticks?)))
        .collect();
    assert_eq!((feedback.count, feedback.statuses().count()), (16, 16));
    assert_eq!((feedback.reference, came), (2, vec![(1, 4)]));
    // Two-bit: 1 2 0 …; the large delta is negative.
    let raw = hex("00050003000000 00 d800 08 fffe 0000"
        .replace(' ', "")
        .as_str());
    let statuses: Vec<_> = parse(&raw).expect("well-formed").statuses().collect();
    let arrivals: Vec<_> = statuses.iter().map(|status| status.arrival_ticks).collect();
    assert_eq!(arrivals, [Some(8), Some(6), None]);
}

#[test]
fn what_is_cut_off_reserved_or_too_long_is_refused() {
    let whole = hex("000500030000000 0d80008fffe".replace(' ', "").as_str());
    assert!(parse(&whole).is_some());
    for length in 0..whole.len() {
        assert!(parse(&whole[..length]).is_none(), "{length}");
    }
    // Symbol 3.
    assert!(parse(&hex("0005000100000000f00000000000")).is_none());
    // 8,193 statuses in two runs.
    assert!(parse(&hex("00052001000000001fff0002")).is_none());
    assert!(parse(&hex("00052000000000001fff0001")).is_some());
}

#[test]
fn mutated_feedback_is_refused_or_read_to_its_end() {
    let mut random = Random::new(99);
    let whole = hex("ffff00100000020700000002a00004d80008fffe0000");
    for _ in 0..crate::fuzzing::MUTATIONS {
        let raw = random.mutate(&whole);
        if let Some(feedback) = parse(&raw) {
            assert_eq!(feedback.statuses().count(), usize::from(feedback.count));
        }
    }
}
