//! Reads the packets of an rtpdump file (rtptools' format): text line, 16 bytes, then records.
//!
//! ```text
//!  0                   1                   2                   3
//! +-------------------------------+-------------------------------+
//! |     length with these 8       |  bytes of the packet, 0: RTCP |
//! +-------------------------------+-------------------------------+
//! |            milliseconds since the beginning                   |
//! +---------------------------------------------------------------+
//! |            the packet                                         |
//! ```

const FIRST_LINE: &[u8] = b"#!rtpplay1.0 ";
const FILE_HEADER_BYTES: usize = 16;
const RECORD_HEADER_BYTES: usize = 8;
const RTP_HEADER_BYTES: usize = 12;

/// One RTP packet of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Since the beginning.
    pub at_ms: u32,
    /// RTP ticks.
    pub timestamp: u32,
    /// The last of its frame.
    pub is_last: bool,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// Returns the RTP packets of a file; `Err` says what is wrong with it. Only packets without padding, contributing
/// sources and extensions are taken: recordings are made by load_tests/peers/recording.py.
pub fn read_packets(file: &[u8]) -> Result<Vec<Recorded>, String> {
    let line_end = file
        .iter()
        .position(|&byte| byte == b'\n')
        .ok_or("no first line")?;
    if !file.starts_with(FIRST_LINE) {
        return Err("no rtpdump file".into());
    }
    let mut rest = file
        .get(line_end + 1 + FILE_HEADER_BYTES..)
        .ok_or("cut in its header")?;
    let mut packets = Vec::new();
    while !rest.is_empty() {
        let header = rest
            .first_chunk::<RECORD_HEADER_BYTES>()
            .ok_or("cut in a record")?;
        let length = usize::from(u16::from_be_bytes([header[0], header[1]]));
        let at_ms = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let packet = rest
            .get(RECORD_HEADER_BYTES..length)
            .ok_or("cut in a packet")?;
        packets.push(recorded(at_ms, packet)?);
        rest = &rest[length..];
    }
    if packets.is_empty() {
        return Err("no packet in it".into());
    }
    Ok(packets)
}

fn recorded(at_ms: u32, packet: &[u8]) -> Result<Recorded, String> {
    let header = packet
        .first_chunk::<RTP_HEADER_BYTES>()
        .ok_or("a packet shorter than its header")?;
    if header[0] != 0x80 {
        return Err("a packet with more than the plain header".into());
    }
    Ok(Recorded {
        at_ms,
        timestamp: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
        is_last: header[1] & 0x80 != 0,
        payload: packet[RTP_HEADER_BYTES..].to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(records: &[(u32, &[u8])]) -> Vec<u8> {
        let mut file = b"#!rtpplay1.0 127.0.0.1/5004\n".to_vec();
        file.extend([0; FILE_HEADER_BYTES]);
        for (at_ms, packet) in records {
            let length = (RECORD_HEADER_BYTES + packet.len()) as u16;
            file.extend(length.to_be_bytes());
            file.extend((packet.len() as u16).to_be_bytes());
            file.extend(at_ms.to_be_bytes());
            file.extend(*packet);
        }
        file
    }

    #[test]
    fn packets_come_with_time_timestamp_marker_and_payload() {
        let packet = [0x80, 0xe0, 0, 9, 0, 0, 1, 0, 1, 2, 3, 4, 0xaa, 0xbb];
        let packets = read_packets(&file(&[(33, &packet)])).unwrap();
        let expected = Recorded {
            at_ms: 33,
            timestamp: 256,
            is_last: true,
            payload: vec![0xaa, 0xbb],
        };
        assert_eq!(packets, [expected]);
    }

    #[test]
    fn what_is_cut_or_something_else_is_refused() {
        let whole = file(&[(0, &[0x80; 20])]);
        assert!(read_packets(&whole).is_ok());
        assert!(read_packets(&file(&[])).is_err());
        assert!(read_packets(&file(&[(0, &[0x90; 20])])).is_err());
        assert!(read_packets(b"something else\n").is_err());
        let empty = file(&[]).len();
        for length in (0..empty).chain(empty + 1..whole.len()) {
            assert!(read_packets(&whole[..length]).is_err(), "{length}");
        }
        let mut short = file(&[]);
        short.extend([0, 4, 0, 0, 0, 0, 0, 0]);
        assert!(read_packets(&short).is_err());
    }
}
