"""The HTTPS port: TLS ends in the core's front, which hands HTTP on to here and keeps TURN and ICE-TCP."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from media_server.ports import SecurePort
from signaling.certificate_watch import CertificateWatch, look_at
from signaling.handed_on import HandedOn
from signaling.ports import MediaPlane
from signaling.turn_tickets import TurnTickets

_BACKLOG: Final = 1_024
"""As the front accepts, so that a storm of joins is refused nowhere on the way."""

LOOK_S: Final = 20.0
"""Between two looks at the certificate's files. Those are renewed days before they run out."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What the port shows, in PEM."""

    certificate: Path
    private_key: Path


class SecureSite:
    """One TLS port in front of an application."""

    def __init__(
        self, runner: web.AppRunner, media: MediaPlane, turn: TurnTickets, *, look_s: float = LOOK_S
    ) -> None:
        self._runner = runner
        self._media = media
        self._turn = turn
        self._look_s = look_s
        self._files: TlsFiles | None = None
        self._folder: Path | None = None
        self._server: asyncio.AbstractServer | None = None

    async def start(self, host: str, port: int, files: TlsFiles) -> int:
        """Opens it and returns the port. Raises OSError."""
        # Its path is short wherever the data are, and only this user may enter.
        self._folder = Path(tempfile.mkdtemp(prefix="lianzhen-"))
        backend = self._folder / "http"
        make_protocol = self._runner.server
        assert make_protocol is not None
        self._server = await asyncio.get_running_loop().create_unix_server(
            lambda: HandedOn(make_protocol), path=str(backend), backlog=_BACKLOG
        )
        bound = self._media.open_secure_port(
            SecurePort(
                bind_address=host,
                port=port,
                certificate=files.certificate.read_bytes(),
                private_key=files.private_key.read_bytes(),
                backend=str(backend),
                turn_secret=self._turn.secret,
            )
        )
        self._turn.open(bound)
        self._files = files
        return bound

    async def watch(self) -> None:
        """Shows the certificate that lies in the files, whenever it is another; never ends by itself."""
        assert self._files is not None
        files = (self._files.certificate, self._files.private_key)
        watch = CertificateWatch(look_at(files))
        while True:
            await asyncio.sleep(self._look_s)
            if watch.is_due(look_at(files)):
                self._exchange(*files)

    def _exchange(self, certificate: Path, private_key: Path) -> None:
        try:
            self._media.exchange_certificate(
                certificate=certificate.read_bytes(), private_key=private_key.read_bytes()
            )
        except (OSError, ValueError) as error:
            _log.error("certificate_refused", error=type(error).__name__)
        else:
            _log.info("certificate_exchanged")

    async def stop(self) -> None:
        """Takes no more connections. Twice is harmless."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._folder is not None:
            with contextlib.suppress(OSError):
                shutil.rmtree(self._folder)
            self._folder = None
