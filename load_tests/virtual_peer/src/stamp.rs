//! The last bytes of a payload that say which packet it is and when it was sent: nothing on the way renumbers that.
//! The same as load_tests/login_storm/stamped_sound.py.

/// Bytes of a stamp.
pub const STAMP_BYTES: usize = 24;
const MAGIC: &[u8; 8] = b"lz-storm";

/// Writes the stamp into the end of a payload of at least [`STAMP_BYTES`].
pub fn write_stamp(payload: &mut [u8], number: u64, sent_wall_ns: u64) {
    let start = payload.len() - STAMP_BYTES;
    payload[start..start + 8].copy_from_slice(MAGIC);
    payload[start + 8..start + 16].copy_from_slice(&number.to_be_bytes());
    payload[start + 16..].copy_from_slice(&sent_wall_ns.to_be_bytes());
}

/// When a payload was sent (CLOCK_REALTIME), where it says so.
pub fn sent_wall_ns(payload: &[u8]) -> Option<u64> {
    let stamp = payload.last_chunk::<STAMP_BYTES>()?;
    let sent = stamp.last_chunk::<8>()?;
    stamp.starts_with(MAGIC).then(|| u64::from_be_bytes(*sent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_was_written() {
        let mut payload = [7_u8; 80];
        write_stamp(&mut payload, 3, 1_234_567_890_123);
        assert_eq!(sent_wall_ns(&payload), Some(1_234_567_890_123));
        assert_eq!(payload[..56], [7; 56]);
    }

    #[test]
    fn other_payloads_have_none() {
        assert_eq!(sent_wall_ns(&[0; 80]), None);
        assert_eq!(sent_wall_ns(&[0; 23]), None);
    }
}
