"""aiortc's DTLS as this server needs it: server role, keys to the core, and nothing of RTP.

aiortc is pinned: this module alone knows private names of ``RTCDtlsTransport`` (PRIVATE_NAMES, each held by a
test). Three things differ from it:

* one bad record cannot end the connection: a broken handshake begins anew, a handler that raises is survived;
* our last flight is repeated after 100 ms instead of OpenSSL's second, which a join on a bad link waits for
  (reliability.md §0.3). The repetition is byte for byte what a network may do anyway (RFC 6347 §4.1.2.6: the
  replay window drops a record that has come before), so OpenSSL's own timer and state are not touched;
* every record of a datagram is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)
from OpenSSL import SSL

from media_server.certificate import Certificate
from media_server.counters import ControlCounters
from media_server.datagram_feed import DatagramFeed
from media_server.plans import DisconnectReason
from media_server.ports import SrtpProfileName

KeysReady = Callable[[SrtpProfileName, bytes, bytes], None]
"""(profile, receive key and salt, transmit key and salt)"""

PRIVATE_NAMES: Final = (
    "_data_receiver",
    "_do_handshake",
    "_recv_next",
    "_role",
    "_send_data",
    "_set_role",
    "_set_state",
    "_setup_srtp",
    "_srtp_profiles",
    "_ssl",
    "_state",
    "_task",
    "_validate_peer_identity",
    "_write_ssl",
)
"""Of RTCDtlsTransport 1.16.0, used or overridden here."""

MAX_RESTARTS: Final = 8
"""Broken handshakes that are begun anew; a peer that sends more of them means it."""
FIRST_REPEAT_S: Final = 0.1
"""Above the round trip of a fair mobile link (45 ms in reliability.md), a tenth of OpenSSL's."""
LAST_REPEAT_S: Final = 0.2
"""Doubled up to here: a flight is some kilobyte, and whoever joins waits for it. OpenSSL's own timer, 1 s and
doubling (RFC 6347 §4.2.4.1), runs beside it."""
MAX_REPEATS: Final = 38
"""7.5 s of repetitions: 20 % loss each way leaves less than one flight in a million undelivered."""
_RECORD_BYTES: Final = 16 * 1024
"""The largest DTLS record (RFC 6347 §4.1.1)."""
_MAX_DATAGRAM_BYTES: Final = 1_200
"""What aiortc's own SCTP keeps to; larger datagrams die in tunnels."""
_RECORD_HEADER_BYTES: Final = 13

_log = structlog.get_logger(__name__)


def record_datagrams(flight: bytes, limit_bytes: int = _MAX_DATAGRAM_BYTES) -> list[bytes]:
    """Returns a flight of DTLS records as datagrams: whole records, together while they fit.

    A record is type (1), version (2), epoch (2), sequence number (6), length (2), fragment (RFC 6347 §4.1).
    """
    datagrams = [b""]
    position = 0
    while position < len(flight):
        header = flight[position : position + _RECORD_HEADER_BYTES]
        end = position + _RECORD_HEADER_BYTES + int.from_bytes(header[11:13], "big")
        record = flight[position:end]
        if datagrams[-1] and len(datagrams[-1]) + len(record) > limit_bytes:
            datagrams.append(b"")
        datagrams[-1] += record
        position = end
    return datagrams if flight else []


class DtlsTransport(RTCDtlsTransport):
    """The DTLS server of one connection.

    ``keys_ready`` is called once, before the state becomes connected; ``failure`` says why there was none.
    """

    def __init__(
        self,
        feed: DatagramFeed,
        certificate: Certificate,
        counters: ControlCounters,
        *,
        keys_ready: KeysReady,
    ) -> None:
        super().__init__(feed, [certificate])  # type: ignore[arg-type]  # it has what aiortc asks of ICE
        self._feed = feed
        self._certificate = certificate
        self._counters = counters
        self._keys_ready = keys_ready
        self._flight: list[bytes] = []
        self._repeats = 0
        self._has_failed_packet = False
        self.failure: DisconnectReason | None = None
        self._set_role("server")
        # The server's order decides; GCM costs the core less than half of CM with HMAC-SHA1 (performance.md).
        self._srtp_profiles = [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80]

    async def handshake(self, fingerprints: tuple[tuple[str, str], ...]) -> bool:
        """Runs the handshake with a peer whose certificate must match; returns whether it is connected."""
        parameters = RTCDtlsParameters(
            fingerprints=[RTCDtlsFingerprint(algorithm=name, value=value) for name, value in fingerprints],
            role="client",
        )
        await self.start(parameters)
        if self._state is State.CONNECTED:
            self._counters.dtls_handshakes_done += 1
            return True
        self.failure = self.failure or DisconnectReason.HANDSHAKE_FAILED
        self._counters.dtls_handshakes_failed += 1
        return False

    async def close(self) -> None:
        """Says goodbye where the connection is up, and waits for aiortc's pump to end. Twice is harmless."""
        pump = self._task
        await self.stop()
        self._feed.close()
        if pump is not None:
            await asyncio.gather(pump, return_exceptions=True)

    async def _do_handshake(self) -> None:
        restarts = 0
        try:
            while not self.encrypted:
                try:
                    self._connection.do_handshake()
                except SSL.WantReadError:
                    await self._write_ssl()
                    await self._recv_next()
                except SSL.Error:
                    restarts += 1
                    if restarts > MAX_RESTARTS:
                        self._set_state(State.FAILED)
                        return
                    self._restart_handshake()
                else:
                    self.encrypted = True
        except ConnectionError:
            self._set_state(State.FAILED)

    def _restart_handshake(self) -> None:
        """Forgets a handshake that a broken record has ended, its alert unsent: the peer may be innocent."""
        self._counters.dtls_handshakes_restarted += 1
        self._flight, self._repeats = [], 0
        self._ssl = SSL.Connection(self._certificate._create_ssl_context(self._srtp_profiles))
        self._ssl.set_accept_state()

    def _validate_peer_identity(self, remoteParameters: RTCDtlsParameters) -> None:  # noqa: N803
        super()._validate_peer_identity(remoteParameters)
        if self._state is State.FAILED:
            self.failure = DisconnectReason.FINGERPRINT_MISMATCH
            self._counters.fingerprints_refused += 1

    def _setup_srtp(self) -> None:
        """Exports the keys to the core (RFC 5764 §4.2); aiortc's SRTP sessions are never made."""
        selected = self._connection.get_selected_srtp_profile()
        profile = next((item for item in self._srtp_profiles if item.openssl_profile == selected), None)
        if profile is None:
            self._set_state(State.FAILED)
            return
        material = self._connection.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        name: SrtpProfileName = (
            "SRTP_AEAD_AES_128_GCM" if profile is SRTP_AEAD_AES_128_GCM else "SRTP_AES128_CM_SHA1_80"
        )
        self._keys_ready(name, profile.get_key_and_salt(material, 0), profile.get_key_and_salt(material, 1))

    async def _recv_next(self) -> None:
        datagram = await self._next_datagram()
        if datagram is None:
            self._connection.DTLSv1_handle_timeout()
            await self._write_ssl()
            return
        self._connection.bio_write(datagram)
        while True:
            try:
                record = self._connection.recv(_RECORD_BYTES)
            except SSL.WantReadError:
                break
            except SSL.ZeroReturnError:
                await self._write_ssl()
                raise ConnectionError from None
            except SSL.Error:
                if not self.encrypted:
                    # Raises again in do_handshake, where it is dealt with before the alert goes out.
                    return
                break
            await self._hand_up(record)
        await self._write_ssl()

    async def _next_datagram(self) -> bytes | None:
        """Returns the next datagram, None when OpenSSL's timer has expired; repeats our flight meanwhile."""
        while True:
            timeout_s = self._connection.DTLSv1_get_timeout()
            is_repeating = bool(self._flight) and not self.encrypted and self._repeats < MAX_REPEATS
            if is_repeating:
                repeat_s = min(FIRST_REPEAT_S * 2**self._repeats, LAST_REPEAT_S)
                is_repeating = timeout_s is None or repeat_s < timeout_s
            datagram = await self._feed.next_datagram(repeat_s if is_repeating else timeout_s)
            if datagram is not None or not is_repeating:
                return datagram
            self._repeats += 1
            self._counters.dtls_flights_repeated += 1
            for part in self._flight:
                self._feed.send(part)

    async def _hand_up(self, record: bytes) -> None:
        if self._data_receiver is None:
            return
        try:
            await self._data_receiver._handle_data(record)
        except Exception as error:
            # The frame of one packet: whatever aiortc's SCTP or a handler makes of it must not end the pump.
            self._counters.data_packets_failed += 1
            # Once: a peer that means it must not fill the log.
            if not self._has_failed_packet:
                self._has_failed_packet = True
                _log.warning("data_packet_failed", error=type(error).__name__)

    async def _send_data(self, data: bytes) -> None:
        """Sends one record; dropped where the connection is not up: aiortc's SCTP timers outlive it."""
        if self._state is not State.CONNECTED:
            return
        try:
            self._connection.send(data)
        except SSL.Error:
            return
        await self._write_ssl()

    async def _write_ssl(self) -> None:
        output = b""
        while True:
            try:
                output += self._connection.bio_read(_RECORD_BYTES)
            except SSL.Error:
                break
        if not output:
            return
        datagrams = record_datagrams(output)
        if not self.encrypted:
            self._flight, self._repeats = datagrams, 0
        for datagram in datagrams:
            self._feed.send(datagram)

    @property
    def _connection(self) -> SSL.Connection:
        assert self._ssl is not None
        return self._ssl
