//! Which moment of a publisher's clock the times of an outgoing stream are: its layer's last sender report, translated.
use super::Router;

/// One sender report of a publisher (RFC 3550 §6.4.1) in the time line of what a subscriber receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputClock {
    /// The subscriber's number.
    pub peer: u32,
    /// The track's number.
    pub track: u32,
    /// On the subscriber's own stream, this RTP timestamp …
    pub rtp_timestamp: u32,
    /// … is the moment at which the publisher's clock read this, in nanoseconds since the Unix epoch.
    pub ntp_ns: u64,
    /// When the report arrived here.
    pub arrival_ns: u64,
    /// RTP ticks a second.
    pub clock_rate_hz: u32,
}

impl Router {
    /// What is known of the outputs of these peers now; nothing of one that sends nothing, or whose publisher has not
    /// reported yet on the layer being sent. Unknown peers have no outputs.
    pub fn output_clocks(&self, peers: &[u32]) -> Vec<OutputClock> {
        let outputs = peers
            .iter()
            .filter_map(|&number| self.peers.get(self.peers.slot_of(number)?))
            .flat_map(|peer| peer.outputs.iter().map(|of| (peer.number, of)));
        outputs
            .filter_map(|(peer, (&ssrc, &slot))| {
                // An output stands there under its retransmission SSRC as well.
                let output = self
                    .outputs
                    .get(slot)
                    .filter(|output| output.ssrc == ssrc)?;
                let input = self.inputs.get(output.input)?;
                let clock = input.layers[output.splice.current()?].clock?;
                Some(OutputClock {
                    peer,
                    track: input.track,
                    // The low 32 bits are what goes on the wire.
                    rtp_timestamp: output.splice.map_timestamp(clock.timestamp) as u32,
                    ntp_ns: clock.unix_ns(),
                    arrival_ns: clock.arrival_ns,
                    clock_rate_hz: input.clock_rate_hz,
                })
            })
            .collect()
    }
}
