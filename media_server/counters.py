"""What the control plane has dropped, refused or repeated: one named number for each policy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class ControlCounters:
    """Counts since the start of the process, of all connections together."""

    connections_opened: int = 0
    connections_closed: int = 0
    sdp_refused: int = 0
    dtls_datagrams: int = 0
    dtls_datagrams_dropped: int = 0
    """Came faster than they were read: the feed of the peer was full."""
    dtls_datagrams_refused: int = 0
    """Not a DTLS record by its first byte or length."""
    dtls_datagrams_over_rate: int = 0
    """Came faster than any honest peer sends: 2,000 a second for long."""
    dtls_handshakes_done: int = 0
    dtls_handshakes_failed: int = 0
    dtls_handshakes_restarted: int = 0
    """A record broke the handshake; it was begun anew."""
    dtls_flights_repeated: int = 0
    fingerprints_refused: int = 0
    data_packets_failed: int = 0
    """SCTP packets whose handling raised; the association went on."""
    data_chunks_refused: int = 0
    """SCTP chunks over a limit: stream number, window, buffer, gap blocks."""
    data_chunks_slowed: int = 0
    """SCTP chunks that came faster than one peer may send them; honest clients repeat them."""
    data_associations_aborted: int = 0
    data_messages_received: int = 0
    data_messages_refused: int = 0
    """Incoming messages over 64 kB or for a channel we do not know."""
    data_messages_sent: int = 0
    data_messages_dropped: int = 0
    """Outgoing messages for a channel that is not open, is full, or over 64 kB."""
    listener_faults: int = 0
    """A listener raised: a bug above this package."""
    core_events_lost: int = 0
