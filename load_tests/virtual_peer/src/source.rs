//! What a track sends: each packet when it is due.
use crate::orders::Played;
use crate::rtpdump::{Recorded, read_packets};
use crate::stamp::{STAMP_BYTES, write_stamp};

const NS_PER_S: u64 = 1_000_000_000;
const NS_PER_MS: u64 = 1_000_000;

/// RFC 6716 §3.1: one CELT frame of 20 ms, mono. The server does not look inside.
const OPUS_TOC: u8 = 0xf8;
const VOICE_PAYLOAD_BYTES: usize = 80;
const VOICE_INTERVAL_NS: u64 = 20 * NS_PER_MS;
const VOICE_TICKS: u32 = 960;
const BURST_TICKS: u32 = 3_000;
const TICKS_PER_MS: u32 = 90;

/// VP8's payload descriptor with a 15-bit picture id and TL0PICIDX (RFC 7741 §4.2), then a frame's first bytes.
const DESCRIPTOR_BYTES: usize = 5;
const KEY_FRAME: [u8; 10] = [0x00, 0x02, 0x03, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02];

/// Who is late by more gives up what was due: a burst of a second's packets is no camera.
const MAX_LATE_NS: u64 = NS_PER_S;

/// A recording begins again at most so often when key frames are asked for.
const RESTART_INTERVAL_NS: u64 = 500 * NS_PER_MS;

/// A packet to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuePacket {
    /// Counted from the first, without wrapping.
    pub sequence: u64,
    /// RTP ticks.
    pub timestamp: u32,
    /// The marker bit.
    pub is_marked: bool,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// A running source.
#[derive(Debug)]
pub struct Source {
    kind: SourceKind,
    due_ns: u64,
    sequence: u64,
    frame: u32,
    is_key_wanted: bool,
}

#[derive(Debug)]
enum SourceKind {
    Voice,
    Bursts {
        interval_ns: u64,
        burst_packets: u32,
        payload_bytes: usize,
    },
    Recording(Recording),
}

#[derive(Debug)]
struct Recording {
    packets: Vec<Recorded>,
    next: usize,
    lasts_ms: u32,
    began_ns: u64,
    /// Ticks before this round.
    ticks: u32,
    picture_id: u16,
}

impl Source {
    /// Begins now. `Err` says why it cannot.
    pub fn new(what: &Played, now_ns: u64) -> Result<Source, String> {
        let kind = match what {
            Played::Voice {} => SourceKind::Voice,
            Played::Bursts {
                packets_per_s,
                burst_packets,
                payload_bytes,
            } => {
                if *packets_per_s == 0
                    || *burst_packets == 0
                    || *payload_bytes < DESCRIPTOR_BYTES + 10 + STAMP_BYTES
                {
                    return Err(
                        "bursts need packets, and room for what is written into them".into(),
                    );
                }
                SourceKind::Bursts {
                    interval_ns: NS_PER_S * u64::from(*burst_packets) / u64::from(*packets_per_s),
                    burst_packets: *burst_packets,
                    payload_bytes: *payload_bytes,
                }
            }
            Played::Recording { path } => {
                let file = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
                SourceKind::Recording(Recording::new(read_packets(&file)?, now_ns)?)
            }
        };
        Ok(Source {
            kind,
            due_ns: now_ns,
            sequence: 0,
            frame: 0,
            is_key_wanted: true,
        })
    }

    /// When the next packet is due.
    pub fn next_ns(&self) -> u64 {
        self.due_ns
    }

    /// A subscriber needs a frame that stands for itself.
    pub fn want_key_frame(&mut self, now_ns: u64) {
        self.is_key_wanted = true;
        if let SourceKind::Recording(recording) = &mut self.kind
            && now_ns.saturating_sub(recording.began_ns) >= RESTART_INTERVAL_NS
        {
            recording.begin_again(now_ns);
            self.due_ns = now_ns;
        }
    }

    /// Hands over every packet that is due. `wall_ns`: CLOCK_REALTIME now, for the stamps.
    pub fn take_due(&mut self, now_ns: u64, wall_ns: u64, mut send: impl FnMut(DuePacket)) {
        if now_ns.saturating_sub(self.due_ns) > MAX_LATE_NS {
            self.due_ns = now_ns;
        }
        while self.due_ns <= now_ns {
            match &mut self.kind {
                SourceKind::Voice => {
                    let mut payload = vec![0; VOICE_PAYLOAD_BYTES];
                    payload[0] = OPUS_TOC;
                    write_stamp(&mut payload, self.sequence, wall_ns);
                    let timestamp = (self.sequence as u32).wrapping_mul(VOICE_TICKS);
                    send(DuePacket {
                        sequence: self.sequence,
                        timestamp,
                        is_marked: self.sequence == 0,
                        payload,
                    });
                    self.sequence += 1;
                    self.due_ns += VOICE_INTERVAL_NS;
                }
                SourceKind::Bursts {
                    interval_ns,
                    burst_packets,
                    payload_bytes,
                } => {
                    for index in 0..*burst_packets {
                        let mut payload = vec![0; *payload_bytes];
                        let is_key = self.is_key_wanted;
                        write_picture(&mut payload, self.frame, index == 0, is_key);
                        write_stamp(&mut payload, self.sequence, wall_ns);
                        let is_marked = index + 1 == *burst_packets;
                        let timestamp = self.frame.wrapping_mul(BURST_TICKS);
                        send(DuePacket {
                            sequence: self.sequence,
                            timestamp,
                            is_marked,
                            payload,
                        });
                        self.sequence += 1;
                    }
                    self.is_key_wanted = false;
                    self.frame = self.frame.wrapping_add(1);
                    self.due_ns += *interval_ns;
                }
                SourceKind::Recording(recording) => {
                    let (timestamp, is_marked, payload) = recording.take();
                    send(DuePacket {
                        sequence: self.sequence,
                        timestamp,
                        is_marked,
                        payload,
                    });
                    self.sequence += 1;
                    self.due_ns = recording.next_ns();
                }
            }
        }
    }
}

impl Recording {
    fn new(packets: Vec<Recorded>, now_ns: u64) -> Result<Recording, String> {
        let frames = packets.iter().filter(|packet| packet.is_last).count() as u32;
        let last_ms = packets.last().map_or(0, |packet| packet.at_ms);
        if frames < 2 || last_ms == 0 {
            return Err("a recording needs two frames at the least".into());
        }
        // The last frame stays as long as one does on average.
        let lasts_ms = last_ms + last_ms / (frames - 1);
        Ok(Recording {
            packets,
            next: 0,
            lasts_ms,
            began_ns: now_ns,
            ticks: 0,
            picture_id: 0,
        })
    }

    fn next_ns(&self) -> u64 {
        self.began_ns + u64::from(self.packets[self.next].at_ms) * NS_PER_MS
    }

    fn take(&mut self) -> (u32, bool, Vec<u8>) {
        let packet = &self.packets[self.next];
        let since_first = packet.timestamp.wrapping_sub(self.packets[0].timestamp);
        let timestamp = self.ticks.wrapping_add(since_first);
        let mut payload = packet.payload.clone();
        renumber(&mut payload, self.picture_id);
        let is_last = packet.is_last;
        self.picture_id = self.picture_id.wrapping_add(u16::from(is_last));
        self.next += 1;
        if self.next == self.packets.len() {
            let began_ns = self.began_ns + u64::from(self.lasts_ms) * NS_PER_MS;
            self.begin_again(began_ns);
        }
        (timestamp, is_last, payload)
    }

    /// From its first packet, which begins a key frame; the media time goes on as the clock does.
    fn begin_again(&mut self, began_ns: u64) {
        let passed_ms = began_ns.saturating_sub(self.began_ns) / NS_PER_MS;
        self.ticks = self
            .ticks
            .wrapping_add((passed_ms as u32).wrapping_mul(TICKS_PER_MS));
        // A frame that was cut short is another than the one that follows.
        self.picture_id = self.picture_id.wrapping_add(1);
        self.next = 0;
        self.began_ns = began_ns;
    }
}

/// The descriptor and first bytes of a packet of a made picture.
fn write_picture(payload: &mut [u8], frame: u32, is_first: bool, is_key: bool) {
    payload[..2].copy_from_slice(&[if is_first { 0x90 } else { 0x80 }, 0xc0]);
    renumber(payload, frame as u16);
    payload[DESCRIPTOR_BYTES..DESCRIPTOR_BYTES + KEY_FRAME.len()].copy_from_slice(&KEY_FRAME);
    payload[DESCRIPTOR_BYTES] = u8::from(!is_key);
}

/// Writes picture id and TL0PICIDX into a descriptor that has both: a receiver takes a number that jumps back for old.
fn renumber(payload: &mut [u8], picture_id: u16) {
    if payload.len() >= DESCRIPTOR_BYTES && payload[0] & 0x80 != 0 && payload[1] & 0xc0 == 0xc0 {
        payload[2..4].copy_from_slice(&(0x8000 | picture_id).to_be_bytes());
        payload[4] = picture_id as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::sent_wall_ns;

    fn due(source: &mut Source, now_ns: u64) -> Vec<DuePacket> {
        let mut packets = Vec::new();
        source.take_due(now_ns, 77, |packet| packets.push(packet));
        packets
    }

    fn bursts(packets_per_s: u32) -> Source {
        let what = Played::Bursts {
            packets_per_s,
            burst_packets: 10,
            payload_bytes: 1_060,
        };
        Source::new(&what, 5).unwrap()
    }

    #[test]
    fn a_voice_speaks_every_20_ms_and_says_when() {
        let mut source = Source::new(&Played::Voice {}, 0).unwrap();
        let packets = due(&mut source, 40 * NS_PER_MS);
        let timestamps: Vec<_> = packets.iter().map(|packet| packet.timestamp).collect();
        assert_eq!(timestamps, [0, 960, 1_920]);
        assert_eq!(sent_wall_ns(&packets[2].payload), Some(77));
        assert_eq!(source.next_ns(), 60 * NS_PER_MS);
    }

    #[test]
    fn bursts_keep_their_rate_and_end_with_a_mark() {
        let mut source = bursts(4_000);
        let packets = due(&mut source, 5);
        assert_eq!(packets.len(), 10);
        assert_eq!(packets.iter().filter(|packet| packet.is_marked).count(), 1);
        assert!(packets[9].is_marked);
        assert_eq!(source.next_ns(), 5 + 2_500_000);
        assert_eq!(packets[0].payload[..6], [0x90, 0xc0, 0x80, 0, 0, 0]);
        assert_eq!(
            due(&mut source, 3_000_000)[1].payload[..6],
            [0x80, 0xc0, 0x80, 1, 1, 1]
        );
        source.want_key_frame(0);
        assert_eq!(due(&mut source, 6_000_000)[0].payload[5], 0);
    }

    #[test]
    fn what_was_due_more_than_a_second_ago_is_given_up() {
        let mut source = bursts(4_000);
        assert_eq!(due(&mut source, 3 * NS_PER_S).len(), 10);
        assert_eq!(source.next_ns(), 3 * NS_PER_S + 2_500_000);
    }

    #[test]
    fn bursts_that_cannot_be_are_refused() {
        for (packets_per_s, burst_packets, payload_bytes) in [(0, 1, 100), (1, 0, 100), (1, 1, 38)]
        {
            let what = Played::Bursts {
                packets_per_s,
                burst_packets,
                payload_bytes,
            };
            assert!(Source::new(&what, 0).is_err());
        }
        let missing = Played::Recording {
            path: "/nowhere".into(),
        };
        assert!(
            Source::new(&missing, 0)
                .unwrap_err()
                .starts_with("/nowhere: ")
        );
    }

    fn recording() -> Source {
        let packet = |at_ms, is_last| Recorded {
            at_ms,
            timestamp: 1_000 + at_ms * 90,
            is_last,
            payload: vec![0x90, 0xc0, 0x80, 5, 5, at_ms as u8],
        };
        let packets = vec![
            packet(0, false),
            packet(0, true),
            packet(40, true),
            packet(80, true),
        ];
        let kind = SourceKind::Recording(Recording::new(packets, 0).unwrap());
        Source {
            kind,
            due_ns: 0,
            sequence: 0,
            frame: 0,
            is_key_wanted: true,
        }
    }

    #[test]
    fn a_recording_goes_on_from_its_beginning_with_later_times_and_numbers() {
        let mut source = recording();
        let packets = due(&mut source, 160 * NS_PER_MS);
        let timestamps: Vec<_> = packets.iter().map(|packet| packet.timestamp / 90).collect();
        assert_eq!(timestamps, [0, 0, 40, 80, 120, 120, 160]);
        let pictures: Vec<_> = packets.iter().map(|packet| packet.payload[3]).collect();
        assert_eq!(pictures, [0, 0, 1, 2, 4, 4, 5]);
        assert_eq!(packets[6].sequence, 6);
        assert_eq!(source.next_ns(), 200 * NS_PER_MS);
    }

    #[test]
    fn a_wanted_key_frame_begins_a_recording_again_but_not_at_once() {
        let mut source = recording();
        due(&mut source, 160 * NS_PER_MS);
        source.want_key_frame(170 * NS_PER_MS);
        assert_eq!(source.next_ns(), 200 * NS_PER_MS);
        due(&mut source, 700 * NS_PER_MS);
        let SourceKind::Recording(inner) = &mut source.kind else {
            panic!("a recording")
        };
        inner.began_ns = 200 * NS_PER_MS;
        inner.ticks = 200 * 90;
        source.want_key_frame(710 * NS_PER_MS);
        let packets = due(&mut source, 710 * NS_PER_MS);
        assert_eq!((packets[0].timestamp / 90, packets[0].payload[5]), (710, 0));
    }

    #[test]
    fn a_recording_of_one_frame_is_refused() {
        let packet = Recorded {
            at_ms: 0,
            timestamp: 0,
            is_last: true,
            payload: vec![1],
        };
        assert!(Recording::new(vec![packet], 0).is_err());
    }
}
