//! Scenarios of loss, reordering, padding and layer switches for each codec.
use super::{Codec, Frame, FrameAssembler};
use crate::fuzzing::{MUTATIONS, Random};
use crate::srtp::hex::hex;

const MS: u64 = 1_000_000;
/// A key frame of 1280×720, without descriptor.
const KEY: &str = "5009009d012a0005d002";
const STARTS: [u64; 6] = [0x1_0000, 0x1_0001, 0x1_7fff, 0x1_8000, 0x1_fffe, 0x1_ffff];

/// Feeds packets 1 ms apart, and gathers the frames.
struct Bench {
    assembler: FrameAssembler,
    codec: Codec,
    now_ns: u64,
    frames: Vec<Frame>,
}

impl Bench {
    fn new(codec: Codec) -> Bench {
        Bench {
            assembler: FrameAssembler::new(),
            codec,
            now_ns: 0,
            frames: Vec::new(),
        }
    }

    fn packet(&mut self, sequence: u64, timestamp: i64, has_marker: bool, payload: &str) {
        self.now_ns += MS;
        let payload = hex(payload);
        self.assembler.receive(
            sequence,
            timestamp,
            has_marker,
            &payload,
            self.codec,
            self.now_ns,
        );
        self.drain();
    }

    fn wait_ms(&mut self, ms: u64) {
        self.now_ns += ms * MS;
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(frame) = self.assembler.next_frame(self.now_ns) {
            self.frames.push(frame);
        }
    }

    /// A frame of one packet.
    fn key(&mut self, sequence: u64, timestamp: i64) {
        self.packet(sequence, timestamp, true, &format!("10{KEY}"));
    }

    fn delta(&mut self, sequence: u64, timestamp: i64) {
        self.packet(sequence, timestamp, true, "1001aa");
    }

    fn timestamps(&self) -> Vec<i64> {
        self.frames.iter().map(|frame| frame.timestamp).collect()
    }

    fn losses(&self) -> Vec<u32> {
        self.frames.iter().map(|frame| frame.lost_packets).collect()
    }
}

mod vp8 {
    use super::*;

    #[test]
    fn packets_of_a_frame_are_joined_without_their_descriptors() {
        for start in STARTS {
            let mut bench = Bench::new(Codec::Vp8);
            bench.packet(start, 3000, false, &format!("90808001{KEY}"));
            bench.packet(start + 1, 3000, false, "80808001bbbb");
            assert!(bench.frames.is_empty() && bench.assembler.needs_keyframe());
            bench.packet(start + 2, 3000, true, "80808001cc");
            let [frame] = &bench.frames[..] else {
                panic!("{:?}", bench.frames)
            };
            assert_eq!(
                frame.data,
                hex(&format!("{KEY}bbbbcc").replace("01bb", "bb"))
            );
            assert_eq!(
                (frame.width, frame.height, frame.is_keyframe),
                (1280, 720, true)
            );
            assert_eq!(
                (frame.timestamp, frame.arrival_ns, frame.lost_packets),
                (3000, MS, 0)
            );
            assert!(!bench.assembler.needs_keyframe());
        }
    }

    #[test]
    fn frames_before_the_first_key_frame_are_thrown_away() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.delta(100, 0);
        bench.delta(101, 3000);
        bench.key(102, 6000);
        bench.delta(103, 9000);
        assert_eq!(bench.timestamps(), [6000, 9000]);
        assert_eq!(bench.losses(), [0, 0]);
        assert_eq!(bench.assembler.discarded_frames(), 2);
    }

    #[test]
    fn reordered_packets_are_put_back() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.key(100, 0);
        bench.packet(103, 6000, true, "1001");
        bench.packet(102, 3000, true, "0002");
        bench.packet(101, 3000, false, "1001");
        assert_eq!(bench.timestamps(), [0, 3000, 6000]);
        assert_eq!(bench.losses(), [0, 0, 0]);
    }

    #[test]
    fn the_very_first_packets_may_be_reordered() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.packet(102, 0, false, "00bb");
        bench.packet(101, 0, false, "00aa");
        bench.packet(100, 0, false, &format!("10{KEY}"));
        bench.packet(103, 0, true, "00cc");
        assert_eq!(bench.timestamps(), [0]);
    }

    #[test]
    fn a_late_packet_is_waited_for_and_no_longer_than_250_ms() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.key(100, 0);
        bench.delta(102, 6000);
        bench.wait_ms(240);
        assert_eq!(bench.timestamps(), [0]);
        bench.delta(101, 3000);
        assert_eq!(bench.timestamps(), [0, 3000, 6000]);

        bench.delta(104, 12_000);
        bench.wait_ms(249);
        assert!(!bench.assembler.needs_keyframe());
        bench.wait_ms(1);
        assert!(bench.assembler.needs_keyframe());
        bench.delta(103, 9000);
        bench.key(105, 15_000);
        assert_eq!(bench.timestamps(), [0, 3000, 6000, 15_000]);
        assert_eq!(bench.losses(), [0, 0, 0, 1]);
    }

    #[test]
    fn several_holes_are_given_up_together() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.key(100, 0);
        for sequence in [102, 104, 107] {
            bench.delta(sequence, sequence as i64 * 3000);
        }
        bench.key(108, 400_000);
        bench.wait_ms(250);
        assert_eq!(bench.timestamps(), [0, 400_000]);
        assert_eq!(bench.losses(), [0, 4]);
    }

    #[test]
    fn a_hole_within_a_frame_loses_the_frame() {
        for hole in 0..3 {
            let mut bench = Bench::new(Codec::Vp8);
            bench.key(99, 0);
            let packets = [
                (100, false, "1001aa"),
                (101, false, "00bb"),
                (102, true, "00cc"),
            ];
            for (at, (sequence, has_marker, payload)) in packets.into_iter().enumerate() {
                if at != hole {
                    bench.packet(sequence, 3000, has_marker, payload);
                }
            }
            bench.delta(103, 6000);
            bench.wait_ms(250);
            assert_eq!(bench.timestamps(), [0], "hole {hole}");
            bench.key(104, 9000);
            assert_eq!(bench.timestamps(), [0, 9000], "hole {hole}");
            assert_eq!(bench.losses(), [0, 1]);
        }
    }

    #[test]
    fn a_key_frame_whose_beginning_is_lost_is_not_delivered() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.key(99, 0);
        bench.packet(101, 3000, true, &format!("00{KEY}"));
        bench.wait_ms(250);
        assert_eq!(bench.timestamps(), [0]);
        assert!(bench.assembler.needs_keyframe());
    }

    #[test]
    fn a_frame_cut_off_by_a_layer_switch_is_thrown_away() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.key(100, 0);
        bench.packet(101, 3000, false, "1001aa");
        // The router has switched to another layer: its key frame follows without a hole.
        bench.packet(102, 3100, false, &format!("10{KEY}"));
        bench.packet(103, 3100, true, "00bb");
        bench.delta(104, 6100);
        assert_eq!(bench.timestamps(), [0, 3100, 6100]);
        assert_eq!(bench.losses(), [0, 0, 0]);
        assert_eq!(bench.assembler.discarded_frames(), 1);
    }

    #[test]
    fn padding_that_was_not_swallowed_is_passed_over() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.packet(99, 0, false, "");
        bench.packet(100, 0, false, &format!("10{KEY}"));
        bench.packet(101, 0, false, "");
        bench.packet(102, 0, true, "00bb");
        bench.packet(103, 0, false, "");
        bench.packet(104, 0, true, "");
        bench.delta(105, 3000);
        assert_eq!(bench.timestamps(), [0, 3000]);
        assert_eq!(bench.losses(), [0, 0]);
        assert_eq!(bench.assembler.discarded_frames(), 0);
    }

    #[test]
    fn duplicates_change_nothing() {
        let mut bench = Bench::new(Codec::Vp8);
        for _ in 0..3 {
            bench.key(100, 0);
            bench.delta(102, 6000);
        }
        bench.delta(101, 3000);
        bench.delta(101, 3000);
        assert_eq!(bench.timestamps(), [0, 3000, 6000]);
    }

    #[test]
    fn descriptors_that_contradict_each_other_lose_the_frame() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.key(100, 0);
        bench.packet(101, 3000, false, "1001");
        bench.packet(102, 3000, true, "1001");
        bench.delta(103, 6000);
        bench.key(104, 9000);
        assert_eq!(bench.timestamps(), [0, 9000]);
        assert_eq!(bench.assembler.discarded_frames(), 2);
    }

    #[test]
    fn a_frame_that_never_ends_is_given_up() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.key(99, 0);
        for sequence in 100..3000 {
            bench.packet(
                sequence,
                3000,
                false,
                if sequence == 100 { "1001" } else { "0001" },
            );
        }
        bench.key(3000, 6000);
        assert_eq!(bench.timestamps(), [0, 6000]);
        assert!(bench.losses()[1] == 0);
    }

    #[test]
    fn a_full_buffer_ends_the_wait() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.key(99, 0);
        for sequence in 101..101 + 2048 {
            let payload = hex("1001");
            bench.assembler.receive(
                sequence,
                sequence as i64,
                true,
                &payload,
                Codec::Vp8,
                bench.now_ns,
            );
        }
        bench.drain();
        assert!(bench.assembler.needs_keyframe());
        bench.key(101 + 2048, 1_000_000);
        assert_eq!(bench.losses(), [0, 1]);
    }

    #[test]
    fn another_codec_begins_with_a_key_frame() {
        let mut bench = Bench::new(Codec::Vp8);
        bench.key(100, 0);
        bench.codec = Codec::H264;
        bench.packet(101, 3000, true, "41aa");
        assert!(bench.assembler.needs_keyframe());
        bench.packet(102, 6000, true, "65aa");
        bench.packet(103, 9000, false, "41aa");
        bench.codec = Codec::Vp8;
        bench.packet(104, 9000, true, "1001");
        assert_eq!(bench.timestamps(), [0, 6000]);
    }
}

mod h264 {
    use super::*;

    const SPS: &str = "6764001facd9405005bb011000000300100000030140f1831960";

    fn parameter_sets() -> String {
        format!("78{:04x}{SPS}000468ebe3cb", SPS.len() / 2)
    }

    #[test]
    fn access_units_come_in_annex_b_with_their_size() {
        for start in STARTS {
            let mut bench = Bench::new(Codec::H264);
            bench.packet(start, 0, false, &parameter_sets());
            bench.packet(start + 1, 0, false, "7c85aa");
            bench.packet(start + 2, 0, true, "7c45bb");
            bench.packet(start + 3, 3000, true, "41cc");
            let [key, delta] = &bench.frames[..] else {
                panic!("{:?}", bench.frames)
            };
            assert_eq!(
                key.data,
                hex(&format!("00000001{SPS}0000000168ebe3cb0000000165aabb"))
            );
            assert_eq!((key.width, key.height, key.is_keyframe), (1280, 720, true));
            assert_eq!(delta.data, hex("0000000141cc"));
            assert_eq!(
                (delta.width, delta.height, delta.is_keyframe),
                (0, 0, false)
            );
        }
    }

    #[test]
    fn an_access_unit_without_marker_ends_at_the_next_timestamp() {
        let mut bench = Bench::new(Codec::H264);
        bench.packet(100, 0, false, &parameter_sets());
        bench.packet(101, 0, false, "65aa");
        bench.packet(102, 3000, false, "41bb");
        bench.packet(103, 6000, false, "41cc");
        assert_eq!(bench.timestamps(), [0, 3000]);
    }

    #[test]
    fn a_key_frame_whose_parameter_sets_were_lost_is_not_delivered() {
        let mut bench = Bench::new(Codec::H264);
        bench.packet(100, 0, false, &parameter_sets());
        bench.packet(101, 0, true, "65aa");
        bench.packet(103, 3000, true, "65bb");
        bench.wait_ms(250);
        assert_eq!(bench.timestamps(), [0]);
        bench.packet(104, 6000, true, "41cc");
        bench.packet(105, 9000, true, "65dd");
        assert_eq!(bench.timestamps(), [0, 9000]);
        assert_eq!(bench.losses(), [0, 1]);
    }

    #[test]
    fn a_lost_fragment_loses_the_access_unit() {
        let mut bench = Bench::new(Codec::H264);
        bench.packet(100, 0, false, &parameter_sets());
        bench.packet(101, 0, true, "65aa");
        bench.packet(102, 3000, false, "5c81aa");
        bench.packet(104, 3000, true, "5c41bb");
        bench.packet(105, 6000, false, &parameter_sets());
        bench.packet(106, 6000, true, "65aa");
        bench.wait_ms(250);
        assert_eq!(bench.timestamps(), [0, 6000]);
        assert_eq!(bench.losses(), [0, 1]);
    }
}

mod opus {
    use super::*;

    #[test]
    fn each_packet_is_a_frame_and_losses_are_counted_where_they_were() {
        for start in STARTS {
            let mut bench = Bench::new(Codec::Opus);
            assert!(bench.assembler.needs_keyframe());
            for n in [0, 1, 4, 3, 5, 9] {
                bench.packet(start + n, n as i64 * 960, n == 0, "78aabb");
            }
            assert_eq!(bench.frames.len(), 2);
            bench.wait_ms(250);
            assert_eq!(
                bench.timestamps(),
                [0, 960, 3 * 960, 4 * 960, 5 * 960, 9 * 960]
            );
            assert_eq!(bench.losses(), [0, 0, 1, 0, 0, 3]);
            assert!(
                bench
                    .frames
                    .iter()
                    .all(|frame| frame.is_keyframe && frame.data == hex("78aabb"))
            );
            assert_eq!(bench.assembler.discarded_frames(), 0);
        }
    }

    #[test]
    fn a_late_packet_after_the_wait_is_dropped() {
        let mut bench = Bench::new(Codec::Opus);
        bench.packet(100, 0, false, "78");
        bench.packet(102, 1920, false, "78");
        bench.wait_ms(250);
        bench.packet(101, 960, false, "78");
        assert_eq!(bench.timestamps(), [0, 1920]);
    }

    #[test]
    fn padding_is_no_frame_and_no_loss() {
        let mut bench = Bench::new(Codec::Opus);
        bench.packet(100, 0, false, "78");
        bench.packet(101, 0, false, "");
        bench.packet(102, 960, false, "78");
        assert_eq!(
            (bench.timestamps(), bench.losses()),
            (vec![0, 960], vec![0, 0])
        );
    }
}

#[test]
fn codecs_have_the_names_of_the_seam() {
    for codec in [Codec::Vp8, Codec::H264, Codec::Opus] {
        assert_eq!(Codec::from_name(codec.name()), Some(codec));
    }
    assert_eq!(Codec::from_name("AV1"), None);
}

/// Every packet is either in a delivered or discarded frame or counted as lost, whatever the network does.
#[test]
fn random_loss_and_reordering_never_deliver_a_damaged_frame() {
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let mut sent = Vec::new();
        let mut sequence = 70_000u64;
        let mut whole = std::collections::HashMap::new();
        for frame in 0..200i64 {
            let is_key = frame % 25 == 0;
            let packets = 1 + random.below(6);
            let mut data = Vec::new();
            for n in 0..packets {
                let mut body = match (is_key, n) {
                    (true, 0) => hex(KEY),
                    (_, 0) => vec![1],
                    _ => vec![],
                };
                body.extend(frame.to_be_bytes());
                body.push(n as u8);
                let payload = [&[if n == 0 { 0x10 } else { 0 }], &body[..]].concat();
                data.extend(body);
                let arrival_ms = frame as u64 * 33
                    + if random.below(5) == 0 {
                        u64::from(random.below(200))
                    } else {
                        0
                    };
                if random.below(100) >= 3 {
                    sent.push((
                        arrival_ms,
                        sequence,
                        frame * 3000,
                        n + 1 == packets,
                        payload,
                    ));
                }
                sequence += 1;
            }
            whole.insert(frame * 3000, data);
        }
        sent.sort_by_key(|packet| packet.0);
        let received = sent.len() as u64;
        let (first, last) = sent.iter().fold((u64::MAX, 0), |(low, high), packet| {
            (low.min(packet.1), high.max(packet.1))
        });
        let mut assembler = FrameAssembler::new();
        let mut frames = Vec::new();
        let mut now_ns = 0;
        for (arrival_ms, sequence, timestamp, has_marker, payload) in sent {
            now_ns = arrival_ms * MS;
            assembler.receive(
                sequence,
                timestamp,
                has_marker,
                &payload,
                Codec::Vp8,
                now_ns,
            );
            while let Some(frame) = assembler.next_frame(now_ns) {
                frames.push(frame);
            }
        }
        now_ns += 1000 * MS;
        frames.extend(std::iter::from_fn(|| assembler.next_frame(now_ns)));
        assert!(
            frames.is_sorted_by_key(|frame| frame.timestamp),
            "seed {seed}"
        );
        assert!(!frames.is_empty());
        for pair in frames.windows(2) {
            let is_next = pair[1].timestamp == pair[0].timestamp + 3000;
            assert!(
                is_next && pair[1].lost_packets == 0 || pair[1].is_keyframe,
                "seed {seed}"
            );
        }
        for frame in &frames {
            assert_eq!(frame.data, whole[&frame.timestamp], "seed {seed}");
        }
        let lost: u64 = frames
            .iter()
            .map(|frame| u64::from(frame.lost_packets))
            .sum();
        assert!(
            lost <= last - first + 1 - received.min(last - first + 1) + 40,
            "seed {seed}: {lost}"
        );
    }
}

#[test]
fn any_packets_are_taken_without_panic_and_memory_stays_bounded() {
    let originals = [
        hex(&format!("90808001{KEY}")),
        hex("7c85aabb"),
        hex("780002674200"),
        hex("78aa"),
    ];
    let mut random = Random::new(10);
    let mut assembler = FrameAssembler::new();
    let mut sequence = 70_000u64;
    for round in 0..MUTATIONS {
        let payload = random.mutate(&originals[round % 4]);
        sequence = match random.below(50) {
            0 => random.next_u64() >> 1,
            1 => sequence.saturating_sub(u64::from(random.below(100))),
            _ => sequence + u64::from(random.below(3)),
        };
        let codec = [Codec::Vp8, Codec::H264, Codec::Opus][random.below(3) as usize];
        let timestamp = (random.next_u64() as i64) >> random.below(63);
        let now_ns = round as u64 * MS;
        assembler.receive(
            sequence,
            timestamp,
            random.below(3) == 0,
            &payload,
            codec,
            now_ns,
        );
        if random.below(4) > 0 {
            while assembler.next_frame(now_ns).is_some() {}
        }
        if random.below(20_000) == 0 {
            assembler = FrameAssembler::new();
        }
    }
}
