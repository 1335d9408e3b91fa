//! Unprotects what one peer sends; keeps rollover counters and replay windows (RFC 3711 §3.3).
use super::key_derivation::MasterKey;
use super::replay::ReplayWindow;
use super::streams::Streams;
use super::transform::{RTCP_PLAIN_LEN, Transform};
use super::{Profile, SrtpError};

/// Half of the sequence number space.
const HALF: u64 = 1 << 15;

/// The receiving half of an SRTP session. State moves only after a packet was found authentic.
pub struct Receiver {
    rtp: Transform,
    rtcp: Transform,
    rtp_streams: Streams<ReplayWindow>,
    rtcp_streams: Streams<ReplayWindow>,
}

impl Receiver {
    /// From master key followed by master salt.
    pub fn new(profile: Profile, key_and_salt: &[u8]) -> Result<Receiver, SrtpError> {
        let master = MasterKey::new(profile, key_and_salt)?;
        Ok(Receiver::from_transforms(
            Transform::for_rtp(profile, &master)?,
            Transform::for_rtcp(profile, &master)?,
        ))
    }

    pub(super) fn from_transforms(rtp: Transform, rtcp: Transform) -> Receiver {
        Receiver {
            rtp,
            rtcp,
            rtp_streams: Streams::new(),
            rtcp_streams: Streams::new(),
        }
    }

    /// Decrypts in place; returns the length of the plain packet, which begins where the datagram does.
    ///
    /// After an error the content of the datagram is undefined.
    pub fn unprotect_rtp(&mut self, datagram: &mut [u8]) -> Result<usize, SrtpError> {
        let (header_len, sequence, ssrc) = read_rtp_header(datagram)?;
        let window = self.rtp_streams.get(ssrc);
        let index = window.map_or(u64::from(sequence), |window| {
            nearest_index(window.highest(), sequence)
        });
        if window.is_some_and(|window| !window.is_fresh(index)) {
            return Err(SrtpError::Replayed);
        }
        let plain_len = self.rtp.unprotect_rtp(datagram, header_len, ssrc, index)?;
        self.rtp_streams.update(
            ssrc,
            |window| window.record(index),
            || ReplayWindow::starting_with(index),
        );
        Ok(plain_len)
    }

    /// Decrypts in place; returns the length of the plain compound packet.
    ///
    /// After an error the content of the datagram is undefined.
    pub fn unprotect_rtcp(&mut self, datagram: &mut [u8]) -> Result<usize, SrtpError> {
        let ssrc = read_rtcp_header(datagram)?;
        let index = self.rtcp.rtcp_index(datagram)?;
        let window = self.rtcp_streams.get(ssrc);
        if window.is_some_and(|window| !window.is_fresh(u64::from(index))) {
            return Err(SrtpError::Replayed);
        }
        let plain_len = self.rtcp.unprotect_rtcp(datagram, ssrc, index)?;
        self.rtcp_streams.update(
            ssrc,
            |window| window.record(u64::from(index)),
            || ReplayWindow::starting_with(u64::from(index)),
        );
        Ok(plain_len)
    }
}

/// The 48-bit index nearest to the highest so far (RFC 3711 Appendix A). Before the first wrap there is nothing
/// below 0, so a high sequence number is then taken as ahead.
fn nearest_index(highest: u64, sequence: u16) -> u64 {
    let candidate = highest & !0xffff | u64::from(sequence);
    if candidate + HALF < highest {
        candidate + 0x1_0000
    } else if candidate > highest + HALF && candidate >= 0x1_0000 {
        candidate - 0x1_0000
    } else {
        candidate
    }
}

/// Header length, sequence number and SSRC; the length may still exceed the datagram.
fn read_rtp_header(datagram: &[u8]) -> Result<(usize, u16, u32), SrtpError> {
    let &[b0, _, s0, s1, _, _, _, _, c0, c1, c2, c3] =
        datagram.first_chunk::<12>().ok_or(SrtpError::Malformed)?;
    if b0 >> 6 != 2 {
        return Err(SrtpError::Malformed);
    }
    let mut header_len = 12 + 4 * usize::from(b0 & 0x0f);
    if b0 & 0x10 != 0 {
        let extension = datagram
            .get(header_len..)
            .and_then(|rest| rest.first_chunk::<4>());
        let &[_, _, l0, l1] = extension.ok_or(SrtpError::Malformed)?;
        header_len += 4 + 4 * usize::from(u16::from_be_bytes([l0, l1]));
    }
    Ok((
        header_len,
        u16::from_be_bytes([s0, s1]),
        u32::from_be_bytes([c0, c1, c2, c3]),
    ))
}

/// The SSRC of the first packet's sender.
fn read_rtcp_header(datagram: &[u8]) -> Result<u32, SrtpError> {
    let &[b0, _, _, _, c0, c1, c2, c3] = datagram
        .first_chunk::<RTCP_PLAIN_LEN>()
        .ok_or(SrtpError::Malformed)?;
    if b0 >> 6 != 2 {
        return Err(SrtpError::Malformed);
    }
    Ok(u32::from_be_bytes([c0, c1, c2, c3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_is_the_nearest_to_the_highest() {
        for (highest, sequence, expected) in [
            (0, 1, 1),
            (0, 0x7fff, 0x7fff),
            (0, 0xffff, 0xffff),
            (5, 0xfff0, 0xfff0),
            (0xffff, 0, 0x1_0000),
            (0xffff, 0x7ffe, 0x1_7ffe),
            (0xffff, 0x8000, 0x8000),
            (0x1_0000, 0xffff, 0xffff),
            (0x1_0000, 0x8001, 0x8001),
            (0x1_0000, 0x8000, 0x1_8000),
            (0x5_fffe, 3, 0x6_0003),
            (0x6_0003, 0xfffe, 0x5_fffe),
            (0xffff_ffff_ffff, 0xfffe, 0xffff_ffff_fffe),
        ] {
            assert_eq!(
                nearest_index(highest, sequence),
                expected,
                "{highest:#x} {sequence:#x}"
            );
        }
    }
}
