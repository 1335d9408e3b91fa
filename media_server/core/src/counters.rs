//! What the core has counted since its start, by name.
macro_rules! counters {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {
        /// Counts since the start of the core.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Counters { $($(#[$meta])* pub $name: u64,)* }

        impl Counters {
            /// All counters as (name, count), in a fixed order.
            pub fn named(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name)),*]
            }
        }
    };
}

counters! {
    /// Datagrams taken from the socket.
    datagrams_received,
    /// Bytes of those datagrams.
    bytes_received,
    /// Datagrams brought by another thread that found the inbox full.
    dropped_inbox_full,
    /// Datagrams given to the thread that has their peer.
    datagrams_handed_over,
    /// Datagrams handed to the socket.
    datagrams_sent,
    /// Bytes of those datagrams.
    bytes_sent,
    /// Send calls, each with one datagram or a run of equal ones (UDP GSO).
    sends,
    /// Datagrams the kernel refused (buffer full, unreachable, too long).
    send_failed,
    /// Datagrams without a byte.
    dropped_empty,
    /// Neither STUN, DTLS, RTP nor RTCP.
    dropped_unknown_class,
    /// From an address that no authentic STUN check has validated.
    dropped_unvalidated_source,
    /// STUN that is not a well-formed binding request with a right FINGERPRINT.
    dropped_bad_stun,
    /// STUN for a ufrag nobody has.
    dropped_unknown_ufrag,
    /// STUN with a wrong MESSAGE-INTEGRITY.
    dropped_stun_auth,
    /// Authentic STUN from an address where another peer is being heard.
    dropped_address_taken,
    /// SRTP or SRTCP before the keys are known.
    dropped_no_keys,
    /// SRTP or SRTCP with a wrong authentication tag.
    dropped_srtp_auth,
    /// SRTP or SRTCP seen before or older than the replay window.
    dropped_replay,
    /// Authentic, but not RTP or RTCP inside.
    dropped_malformed,
    /// Authentic RTP that belongs to no input.
    dropped_unknown_ssrc,
    /// Authentic RTP with a payload type that was not negotiated.
    dropped_unknown_payload_type,
    /// RTP seen before under another packet (probing over RTX, resent packets).
    dropped_duplicate,
    /// Datagrams to a peer without a selected address.
    dropped_no_path,
    /// Packets that an output could not place (older than its splice).
    dropped_too_late,
    /// Route packets whose subscriber accepts no matching format.
    dropped_no_format,
    /// Binding requests answered.
    stun_answered,
    /// Downlinks moved to another address.
    paths_moved,
    /// Uplinks taken from an address before a check confirmed it.
    uplinks_rebound,
    /// Datagrams sent a second time to such an address.
    downlink_duplicated,
    /// DTLS datagrams handed up.
    dtls_received,
    /// DTLS datagrams dropped because the event queue was full.
    dtls_dropped,
    /// Other events dropped because the event queue was full.
    events_dropped,
    /// Verbs dropped because the command queue was full.
    commands_dropped,
    /// Authentic RTP packets.
    rtp_received,
    /// RTP packets restored from RTX.
    rtp_repaired,
    /// RTP packets of sound restored from a later one that carried them along (RFC 2198).
    rtp_restored,
    /// Packets of sound that waited for the repeat of one before them.
    rtp_held,
    /// Padding-only packets swallowed.
    padding_received,
    /// RTP packets sent to subscribers, without resent ones.
    rtp_forwarded,
    /// Authentic RTCP datagrams.
    rtcp_received,
    /// RTCP datagrams sent.
    rtcp_sent,
    /// Sequence numbers asked for by subscribers.
    nack_received,
    /// Sequence numbers asked for from publishers.
    nack_sent,
    /// Earlier packets of sound that went along with a later one (RFC 2198).
    copies_sent,
    /// Times that a subscriber asked for more packets than one may, and the rest of what it asked was not read.
    nack_over_budget,
    /// Packets sent again.
    retransmitted,
    /// Asked for, but no longer or never in the history.
    retransmit_unknown,
    /// Asked for too soon after the last time.
    retransmit_too_soon,
    /// Not sent again because the output's share for that was used up.
    retransmit_over_budget,
    /// PLI and FIR from subscribers.
    pli_received,
    /// PLI and FIR from a subscriber that asked too often.
    pli_over_budget,
    /// PLI to publishers.
    pli_sent,
    /// Wishes for a key frame that found one asked for less than 500 ms ago.
    pli_suppressed,
    /// Transport-wide feedback packets sent to publishers.
    feedback_sent,
    /// Transport-wide feedback packets from subscribers.
    feedback_received,
    /// Not read: more than anybody needs to send.
    feedback_over_budget,
    /// Picture packets that waited for their turn on a tight link.
    paced,
    /// Of these, sent out of turn because they had waited long enough.
    paced_overdue,
    /// Of these, no longer sent: their output, layer or history was gone.
    paced_dropped,
    /// Sent at once because too many waited.
    paced_too_many,
    /// Padding packets sent to find out what a link carries.
    padding_sent,
    /// Sender reports sent.
    sender_reports_sent,
    /// Receiver report datagrams sent.
    receiver_reports_sent,
    /// Layer switches of outputs and taps.
    layer_switches,
    /// Frames handed to taps.
    tap_frames,
    /// Frames dropped because a tap's ring was full.
    tap_frames_dropped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_is_named_once_with_its_count() {
        let counters = Counters {
            rtp_forwarded: 3,
            ..Counters::default()
        };
        let named = counters.named();
        assert!(named.contains(&("rtp_forwarded", 3)));
        let mut names: Vec<_> = named.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), named.len());
    }
}
