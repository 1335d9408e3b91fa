//! How loud a track is, smoothed for a human eye, from the level byte of its packets (RFC 6464).

/// Silence in the scale of RFC 6464: 0 is the loudest, 127 digital silence (-dBov).
pub const SILENT_LEVEL: u8 = 127;

/// Loudness of one track.
#[derive(Debug, Clone, Default)]
pub struct AudioLevel {
    power_sum: f64,
    packets: u32,
    smoothed_power: f64,
}

impl AudioLevel {
    /// Takes the level byte of a packet; its voice-activity bit is left aside.
    pub fn receive(&mut self, level_byte: u8) {
        self.power_sum += 10f64.powf(-f64::from(level_byte & 0x7f) / 10.0);
        self.packets += 1;
    }

    /// The level of the window that ends now, smoothed with the windows before; None if nothing came in it.
    pub fn take_level(&mut self) -> Option<u8> {
        if self.packets == 0 {
            self.smoothed_power = 0.0;
            return None;
        }
        let power =
            std::mem::take(&mut self.power_sum) / f64::from(std::mem::take(&mut self.packets));
        // Rises at once and falls by half a window: who begins to speak must be seen at once.
        self.smoothed_power = if power > self.smoothed_power {
            power
        } else {
            (power + self.smoothed_power) / 2.0
        };
        let level = -10.0 * self.smoothed_power.max(1e-13).log10();
        Some(level.round().clamp(0.0, f64::from(SILENT_LEVEL)) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_without_packets_has_no_level() {
        assert_eq!(AudioLevel::default().take_level(), None);
    }

    #[test]
    fn a_steady_level_comes_out_as_it_is_without_the_voice_bit() {
        for level in [0, 20, 60, 126, 127] {
            let mut loudness = AudioLevel::default();
            for _ in 0..25 {
                loudness.receive(0x80 | level);
            }
            assert_eq!(loudness.take_level(), Some(level));
        }
    }

    #[test]
    fn speech_shows_at_once_and_fades() {
        let mut loudness = AudioLevel::default();
        loudness.receive(SILENT_LEVEL);
        assert_eq!(loudness.take_level(), Some(SILENT_LEVEL));
        loudness.receive(30);
        assert_eq!(loudness.take_level(), Some(30));
        loudness.receive(SILENT_LEVEL);
        assert_eq!(loudness.take_level(), Some(33));
        loudness.receive(SILENT_LEVEL);
        assert_eq!(loudness.take_level(), Some(36));
    }
}
