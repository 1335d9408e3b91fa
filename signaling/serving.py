"""``lianzhen serve`` and ``lianzhen demo``: settings, keys, certificates and ports, then the server."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from media_server.errors import BindRefused, PortTaken
from recording.errors import FolderInUse, RecordingError, UnusableKey
from signaling.addresses import media_addresses
from signaling.api_keys import KEYS_FOLDER, find_key
from signaling.auth.demo_people import DEMO_PASSWORD, DEMO_PEOPLE
from signaling.composition import build_service, open_media
from signaling.demo.ecg_box import run_ecg_box
from signaling.descriptors import raise_descriptor_limit
from signaling.ecg.datagram_socket import open_datagram_socket
from signaling.errors import SettingWrong, Unavailable
from signaling.log import configure_logs, wants_json
from signaling.messages import say_to
from signaling.secure_site import TlsFiles
from signaling.server import Listening, ecg_refusal, media_refusal, run_server
from signaling.settings import DEFAULT_HTTPS_PORT, Settings, split_media_address, variable_of
from signaling.store.store import StoreUnavailable
from signaling.tls import CERTIFICATE_FILE, own_certificate, tls_context

_PROBE_FILE: Final = ".writable"


def serve(settings: Settings, *, is_demo: bool) -> int:
    """Runs the server until it is told to stop. Raises SettingWrong, Unavailable."""
    configure_logs(level=settings.log_level, is_json=wants_json(settings.log_format), stream=sys.stderr)
    raise_descriptor_limit()
    _check_data_dir(settings)
    key = find_key(settings, is_demo=is_demo)
    doors = _doors(settings, is_demo=is_demo)

    async def run() -> None:
        ecg_socket = _open_ecg_socket(settings)
        media, media_port = open_media(settings)
        service = build_service(settings, key, media, is_demo=is_demo, ecg_socket=ecg_socket)

        def announce() -> None:
            if is_demo:
                _print_demo(settings, doors)
            if service.identity.first_page:
                _print_first(settings, doors, service.identity.first_page)

        async def ecg_box(server: str) -> None:
            await run_ecg_box(
                service.store, settings.data_dir, server, is_enrolled_only=not settings.demo_ecg_box
            )

        await run_server(
            service,
            doors,
            language=settings.language,
            media_port=media_port,
            announce=announce,
            beside=ecg_box if is_demo else None,
        )

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(run())
    except (PortTaken, BindRefused) as error:
        raise media_refusal(error, settings.language) from None
    except StoreUnavailable as error:
        raise Unavailable(error.code, say_to(f"start.{error.code}", settings.language)) from None
    except UnusableKey as error:
        sentence = say_to("start.key_unusable", settings.language, file=error.fault)
        raise Unavailable(error.code, sentence) from None
    except FolderInUse as error:
        sentence = say_to("start.data_in_use", settings.language, folder=settings.data_dir)
        raise Unavailable(error.code, sentence) from None
    except (RecordingError, OSError):
        raise _data_refusal(settings) from None
    return 0


def _open_ecg_socket(settings: Settings) -> socket.socket | None:
    if not settings.ecg_port:
        return None
    try:
        return open_datagram_socket(settings.media_bind, settings.ecg_port)
    except OSError as error:
        raise ecg_refusal(error, settings.ecg_port, settings.language) from None


def _doors(settings: Settings, *, is_demo: bool) -> list[Listening]:
    doors = [Listening(settings.http_host, settings.http_port, "http_port")]
    certificate, private_key = settings.tls_cert_file, settings.tls_key_file
    if certificate is None or private_key is None:
        if settings.https_port is None and not is_demo:
            return doors
        try:
            addresses = [split_media_address(text)[0] for text in media_addresses(settings)]
            certificate, private_key = own_certificate(
                settings.data_dir, addresses, datetime.datetime.now(datetime.UTC)
            )
        except OSError:
            raise _data_refusal(settings) from None
    port = DEFAULT_HTTPS_PORT if settings.https_port is None else settings.https_port
    try:
        tls_context(certificate, private_key)
    except (OSError, ssl.SSLError):
        variable = variable_of("tls_cert_file")
        raise SettingWrong(
            variable, say_to("setting.tls_bad", settings.language, variable=variable)
        ) from None
    return [*doors, Listening(settings.http_host, port, "https_port", TlsFiles(certificate, private_key))]


def _print_demo(settings: Settings, doors: list[Listening]) -> None:
    """Says which addresses to open and with whom; the ready line is for programs, these are for people."""
    accounts = " ".join(person.login for person in DEMO_PEOPLE)
    hosts = [split_media_address(text)[0] for text in media_addresses(settings)]
    lines = [
        say_to("demo.title", settings.language, accounts=accounts, password=DEMO_PASSWORD),
        say_to("demo.open", settings.language, url=f"http://localhost:{doors[0].port}"),
    ]
    for door in doors[1:]:
        lines += [
            say_to("demo.phone", settings.language, url=f"https://{host}:{door.port}") for host in hosts
        ]
        if settings.tls_cert_file is None:
            certificate = settings.data_dir / KEYS_FOLDER / CERTIFICATE_FILE
            lines.append(say_to("demo.trust", settings.language, file=certificate))
    lines.append(say_to("demo.warning", settings.language))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _print_first(settings: Settings, doors: list[Listening], page: str) -> None:
    """Says where the first administrator is made: on the terminal only, never in a log."""
    scheme = "http" if doors[-1].tls is None else "https"
    url = f"{scheme}://localhost:{doors[-1].port}{page}"
    sys.stdout.write(say_to("start.first_administrator", settings.language, url=url) + "\n")
    sys.stdout.flush()


def _check_data_dir(settings: Settings) -> None:
    probe: Path = settings.data_dir / _PROBE_FILE
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError:
        raise _data_refusal(settings) from None


def _data_refusal(settings: Settings) -> Unavailable:
    sentence = say_to("start.data_unwritable", settings.language, folder=settings.data_dir)
    return Unavailable("data_unwritable", sentence)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
