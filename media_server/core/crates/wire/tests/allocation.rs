//! The calls made for every packet allocate nothing once their buffers have grown.
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use lianzhen_wire::reception::ReceiveLog;
use lianzhen_wire::rtp::{self, ExtensionWriter, Fields};
use lianzhen_wire::srtp::{Profile, Receiver, Sender};
use lianzhen_wire::{demux, h264, vp8};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Counts what the thread asks for. Only tests may be unsafe: the crate itself forbids it.
struct Counting;

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: passed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: passed on unchanged.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations_in(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

fn write_packet(out: &mut Vec<u8>, sequence: u64, payload: &[u8]) -> usize {
    out.clear();
    let fields = Fields {
        payload_type: 96,
        has_marker: false,
        sequence: sequence as u16,
        timestamp: 3000,
        ssrc: 7,
    };
    rtp::write_header(out, &fields);
    let mut extensions = ExtensionWriter::begin(out, 0);
    extensions.add(4, b"0");
    extensions.add(5, &(sequence as u16).to_be_bytes());
    let header_len = extensions.finish();
    out.extend_from_slice(payload);
    header_len
}

#[test]
fn writing_protecting_unprotecting_and_reading_allocate_nothing() {
    for profile in [Profile::Aes128CmSha1_80, Profile::AeadAes128Gcm] {
        let key = vec![7; profile.key_len() + profile.salt_len()];
        let sender = Sender::new(profile, &key).unwrap();
        let mut receiver = Receiver::new(profile, &key).unwrap();
        let mut log = ReceiveLog::new(90_000, true);
        let mut out = Vec::with_capacity(1500);
        let payload = [0x10; 1100];
        let mut pass = |sequence: u64, payload: &[u8]| {
            let header_len = write_packet(&mut out, sequence, payload);
            sender.protect_rtp(&mut out, 0, header_len, sequence);
            assert_eq!(demux::classify(&out), demux::Class::Rtp);
            let len = receiver.unprotect_rtp(&mut out).unwrap();
            let packet = &out[..len];
            let header = rtp::parse(packet).unwrap();
            assert_eq!(header.extensions(packet).count(), 2);
            assert_eq!(packet[header.payload_range.clone()], *payload);
            let _ = vp8::Descriptor::parse(&packet[header.payload_range.clone()]);
            let _ = h264::is_keyframe_start(&packet[header.payload_range.clone()]);
            log.receive(sequence, header.timestamp, sequence);
        };
        pass(0, &payload);
        let allocations = allocations_in(|| {
            for sequence in 1..2000 {
                // Some have no payload at all.
                pass(
                    sequence,
                    &payload[..if sequence % 100 == 0 { 0 } else { 1100 }],
                );
            }
        });
        assert_eq!(allocations, 0, "{profile:?}");
    }
}

#[test]
fn protecting_and_unprotecting_rtcp_allocates_nothing() {
    for profile in [Profile::Aes128CmSha1_80, Profile::AeadAes128Gcm] {
        let key = vec![7; profile.key_len() + profile.salt_len()];
        let mut sender = Sender::new(profile, &key).unwrap();
        let mut receiver = Receiver::new(profile, &key).unwrap();
        let mut out = Vec::with_capacity(1500);
        let mut pass = || {
            out.clear();
            out.extend_from_slice(&[0x80, 201, 0, 1, 0, 0, 0, 7]);
            sender.protect_rtcp(&mut out, 0);
            assert_eq!(demux::classify(&out), demux::Class::Rtcp);
            assert_eq!(receiver.unprotect_rtcp(&mut out), Ok(8));
        };
        pass();
        assert_eq!(
            allocations_in(|| (0..100).for_each(|_| pass())),
            0,
            "{profile:?}"
        );
    }
}
