//! Duplicates, loss, jitter and the NACK schedule, from every wrap-around start.
use super::window::{SeenWindow, WINDOW};
use super::{Arrival, ReceiveLog};
use crate::fuzzing::Random;

const MS: u64 = 1_000_000;
const STARTS: [u64; 9] = [
    0x1_0000, 0x1_0001, 0x1_007f, 0x1_0080, 0x1_7fff, 0x1_8000, 0x1_fffe, 0x1_ffff, 0x2_0000,
];

fn log() -> ReceiveLog {
    ReceiveLog::new(90_000, true)
}

fn receive_all(log: &mut ReceiveLog, sequences: impl IntoIterator<Item = u64>) {
    for sequence in sequences {
        log.receive(sequence, 0, 0);
    }
}

fn due(log: &mut ReceiveLog, now_ns: u64) -> Vec<u64> {
    let mut due = Vec::new();
    log.take_due_nacks(now_ns, 50 * MS, &mut due);
    due
}

mod duplicates {
    use super::*;

    #[test]
    fn a_packet_is_fresh_once() {
        for start in STARTS {
            let mut log = log();
            for sequence in start..start + 5000 {
                assert_eq!(log.receive(sequence, 0, 0), Arrival::Fresh);
                assert_eq!(log.receive(sequence, 0, 0), Arrival::Duplicate);
            }
            assert_eq!(
                (log.received(), log.duplicates(), log.cumulative_lost()),
                (5000, 5000, 0)
            );
        }
    }

    #[test]
    fn a_repair_is_fresh_once_and_the_late_original_is_a_duplicate() {
        let mut log = log();
        receive_all(&mut log, [100_000, 100_002]);
        assert_eq!(log.receive_repair(100_001, 0), Arrival::Fresh);
        assert_eq!(log.receive_repair(100_001, 0), Arrival::Duplicate);
        assert_eq!(log.receive(100_001, 0, 0), Arrival::Duplicate);
        assert_eq!(
            (log.received(), log.repaired(), log.cumulative_lost()),
            (2, 1, 1)
        );
    }

    #[test]
    fn probes_that_repeat_a_payload_over_rtx_are_duplicates() {
        let mut log = log();
        assert_eq!(log.receive_repair(70_000, 0), Arrival::Duplicate);
        receive_all(&mut log, 70_000..70_010);
        assert_eq!(log.receive_repair(70_009, 0), Arrival::Duplicate);
        assert_eq!(log.receive_repair(170_009, 0), Arrival::Duplicate);
        assert_eq!(log.highest_sequence(), Some(70_009));
    }

    #[test]
    fn a_repair_may_come_before_its_successor() {
        let mut log = log();
        receive_all(&mut log, [70_000]);
        assert_eq!(log.receive_repair(70_001, 0), Arrival::Fresh);
        assert_eq!(log.receive(70_002, 0, 0), Arrival::Fresh);
        assert_eq!(log.cumulative_lost(), 1);
    }

    #[test]
    fn the_window_agrees_with_a_set_of_all_numbers() {
        let mut random = Random::new(7);
        let mut window = SeenWindow::starting_with(70_000);
        let mut all = std::collections::HashSet::from([70_000u64]);
        for _ in 0..200_000 {
            let highest = window.highest();
            let sequence = highest + u64::from(random.below(60)) - u64::from(random.below(2300));
            let expected =
                !all.contains(&sequence) && (sequence > highest || highest - sequence < WINDOW);
            assert_eq!(window.mark(sequence), expected);
            all.insert(sequence);
        }
    }
}

mod reports {
    use super::*;

    #[test]
    fn nothing_is_reported_before_the_first_packet() {
        assert_eq!(log().report_block(1, 0), None);
        assert_eq!(log().cumulative_lost(), 0);
    }

    #[test]
    fn loss_is_counted_in_total_and_since_the_last_report() {
        for start in STARTS {
            let mut log = log();
            receive_all(
                &mut log,
                (start..start + 100).filter(|sequence| (sequence - start) % 4 != 3),
            );
            let block = log.report_block(7, 0).unwrap();
            assert_eq!(block.ssrc, 7);
            // 99 expected, because the last one is missing.
            assert_eq!(
                (block.cumulative_lost, block.fraction_lost),
                (24, (24 * 256 / 99) as u8)
            );
            assert_eq!(block.highest_sequence, ((start & 0xffff) + 98) as u32);
            receive_all(&mut log, start + 99..start + 150);
            let block = log.report_block(7, 0).unwrap();
            assert_eq!((block.cumulative_lost, block.fraction_lost), (24, 0));
            let block = log.report_block(7, 0).unwrap();
            assert_eq!(block.fraction_lost, 0);
        }
    }

    #[test]
    fn late_packets_from_before_the_first_are_counted() {
        let mut log = log();
        receive_all(&mut log, [0x1_0002, 0x1_0000, 0xffff]);
        assert_eq!(log.cumulative_lost(), 1);
    }

    #[test]
    fn the_last_sender_report_is_told_with_its_age() {
        let mut log = log();
        receive_all(&mut log, [70_000]);
        log.receive_sender_report(0x1122_3344_5566_7788, 1_000 * MS);
        let block = log.report_block(7, 2_500 * MS).unwrap();
        assert_eq!(block.last_sender_report, 0x3344_5566);
        assert_eq!(block.delay_since_last_sender_report, 65536 * 3 / 2);
        assert_eq!(
            log.report_block(7, 0)
                .unwrap()
                .delay_since_last_sender_report,
            0
        );
        assert_eq!(
            log.report_block(7, u64::MAX)
                .unwrap()
                .delay_since_last_sender_report,
            u32::MAX
        );
    }

    #[test]
    fn a_stream_that_begins_anew_is_not_loss() {
        let mut log = log();
        receive_all(&mut log, [70_000, 70_001, 70_003, 90_000, 90_001]);
        assert_eq!(log.cumulative_lost(), 1);
        assert!(!log.has_missing());
        assert_eq!(log.highest_sequence(), Some(90_001));
    }

    #[test]
    fn jitter_follows_rfc_3550_a_8() {
        let mut log = log();
        // 3000 ticks apart, arriving 33.333 ms apart, every second one 10 ms (900 ticks) late.
        let mut expected = 0.0;
        for n in 0..200u64 {
            let late_ns = if n % 2 == 1 { 10 * MS } else { 0 };
            log.receive(70_000 + n, (n * 3000) as u32, n * 100_000_000 / 3 + late_ns);
            if n > 0 {
                expected += (900.0 - expected) / 16.0;
            }
        }
        assert!(
            (f64::from(log.jitter_rtp_ticks()) - expected).abs() < 3.0,
            "{}",
            log.jitter_rtp_ticks()
        );
    }

    #[test]
    fn packets_of_one_frame_and_pauses_are_no_jitter() {
        let mut log = log();
        for n in 0..20u64 {
            log.receive(70_000 + n, u32::MAX - 5, n * MS);
        }
        log.receive(70_020, 0, 60_000 * MS);
        assert_eq!(log.jitter_rtp_ticks(), 0);
    }
}

mod nacks {
    use super::*;

    #[test]
    fn a_gap_is_asked_for_after_a_moment_and_then_once_a_round_trip() {
        for start in STARTS {
            let mut log = log();
            log.receive(start, 0, 0);
            log.receive(start + 3, 0, 100 * MS);
            assert!(log.has_missing());
            assert_eq!(due(&mut log, 105 * MS), [0u64; 0]);
            assert_eq!(due(&mut log, 110 * MS), [start + 1, start + 2]);
            assert_eq!(due(&mut log, 150 * MS), [0u64; 0]);
            assert_eq!(log.receive(start + 1, 0, 155 * MS), Arrival::Fresh);
            assert_eq!(due(&mut log, 160 * MS), [start + 2]);
            assert_eq!(log.receive_repair(start + 2, 161 * MS), Arrival::Fresh);
            assert!(!log.has_missing());
            assert_eq!(due(&mut log, 300 * MS), [0u64; 0]);
        }
    }

    #[test]
    fn a_reordered_packet_is_not_asked_for() {
        let mut log = log();
        receive_all(&mut log, [70_000, 70_002, 70_001]);
        assert_eq!(due(&mut log, 50 * MS), [0u64; 0]);
    }

    #[test]
    fn a_packet_is_asked_for_ten_times_at_most() {
        let mut log = log();
        receive_all(&mut log, [70_000, 70_002]);
        let asked: usize = (0..900).map(|ms| due(&mut log, ms * MS).len()).sum();
        assert_eq!(asked, 10);
        assert!(!log.has_missing());
    }

    #[test]
    fn a_packet_is_given_up_after_a_second() {
        let mut log = log();
        receive_all(&mut log, [70_000, 70_002]);
        assert_eq!(due(&mut log, 999 * MS), [70_001]);
        assert_eq!(due(&mut log, 1000 * MS), [0u64; 0]);
        assert!(!log.has_missing());
    }

    #[test]
    fn requests_keep_a_distance_when_the_round_trip_is_short() {
        let mut log = log();
        receive_all(&mut log, [70_000, 70_002]);
        let mut asked = Vec::new();
        for ms in 0..60 {
            log.take_due_nacks(ms * MS, 0, &mut asked);
        }
        assert_eq!(asked.len(), 3);
    }

    #[test]
    fn the_list_is_bounded() {
        let mut log = log();
        receive_all(&mut log, (0..600).map(|n| 70_000 + 5 * n));
        let asked = due(&mut log, 500 * MS);
        assert_eq!(asked.len(), 512);
        assert_eq!(asked.last(), Some(&(70_000 + 5 * 599 - 1)));
        assert!(asked.is_sorted());
        receive_all(&mut log, [70_000 + 5 * 599 + 2900]);
        assert_eq!(due(&mut log, 20 * MS).len(), 512);
    }

    #[test]
    fn nothing_is_asked_for_without_repair() {
        let mut log = ReceiveLog::new(48_000, false);
        receive_all(&mut log, [70_000, 70_005]);
        assert!(!log.has_missing());
        assert_eq!(due(&mut log, 50 * MS), [0u64; 0]);
    }
}
