"""``lianzhen serve`` and ``lianzhen demo``: settings, keys, certificates and ports, then the server."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from media_server.errors import BindRefused, PortTaken
from signaling.addresses import media_addresses
from signaling.api_keys import find_key
from signaling.composition import Service, build_service
from signaling.errors import SettingWrong, Unavailable
from signaling.log import configure_logs, wants_json
from signaling.messages import say_to
from signaling.server import Listening, media_refusal, run_server
from signaling.settings import DEFAULT_HTTPS_PORT, Settings, read_settings, split_media_address, variable_of
from signaling.tls import own_certificate, tls_context

_PROBE_FILE: Final = ".writable"


def serve(*, is_demo: bool) -> int:
    """Runs the server until it is told to stop. Raises SettingWrong, Unavailable."""
    settings = read_settings()
    configure_logs(level=settings.log_level, is_json=wants_json(settings.log_format), stream=sys.stderr)
    _check_data_dir(settings)
    key = find_key(settings, is_demo=is_demo)
    doors = _doors(settings, is_demo=is_demo)

    async def run() -> None:
        service = _build(settings, lambda: build_service(settings, key, is_demo=is_demo))
        await run_server(service, doors, language=settings.language, media_port=service.media_port)

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run())
    return 0


def _build(settings: Settings, build: Callable[[], Service]) -> Service:
    try:
        return build()
    except (PortTaken, BindRefused) as error:
        raise media_refusal(error, settings.language) from None
    except OSError as error:
        raise _data_refusal(settings, error) from None


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
        except OSError as error:
            raise _data_refusal(settings, error) from None
    port = DEFAULT_HTTPS_PORT if settings.https_port is None else settings.https_port
    try:
        context = tls_context(certificate, private_key)
    except (OSError, ssl.SSLError):
        variable = variable_of("tls_cert_file")
        raise SettingWrong(
            variable, say_to("setting.tls_bad", settings.language, variable=variable)
        ) from None
    return [*doors, Listening(settings.http_host, port, "https_port", context)]


def _check_data_dir(settings: Settings) -> None:
    probe: Path = settings.data_dir / _PROBE_FILE
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise _data_refusal(settings, error) from None


def _data_refusal(settings: Settings, error: OSError) -> Unavailable:
    del error
    sentence = say_to("start.data_unwritable", settings.language, folder=settings.data_dir)
    return Unavailable("data_unwritable", sentence)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
