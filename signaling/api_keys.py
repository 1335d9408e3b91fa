"""The API key a demo makes for itself and keeps in its data folder, so that ``lianzhen token`` finds it
there."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from signaling.errors import Unavailable
from signaling.messages import Language, say_to
from signaling.settings import Settings, require_secret

KEYS_FOLDER: Final = "keys"
API_KEY_FILE: Final = "api.json"
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Name and secret of the key that signs tokens."""

    name: str
    secret: str = field(repr=False)


def key_of(settings: Settings) -> ApiKey:
    """Returns the key that the settings name. Raises SettingWrong."""
    require_secret(settings)
    return ApiKey(settings.api_key, settings.api_secret)


def kept_key(data_dir: Path, language: Language | None) -> ApiKey | None:
    """Returns the key kept in a data folder, None where there is none. Raises Unavailable for a broken
    file."""
    path = data_dir / KEYS_FOLDER / API_KEY_FILE
    try:
        kept = json.loads(path.read_text())
        return ApiKey(str(kept["api_key"]), str(kept["api_secret"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        sentence = say_to("start.key_unusable", language, file=API_KEY_FILE)
        raise Unavailable("key_unusable", sentence) from None


def keep_key(data_dir: Path, language: Language | None) -> ApiKey:
    """Returns the key kept in a data folder, made now where there is none. Raises Unavailable, OSError."""
    kept = kept_key(data_dir, language)
    if kept is not None:
        return kept
    key = ApiKey(f"demo-{secrets.token_hex(4)}", secrets.token_urlsafe(_SECRET_BYTES))
    folder = data_dir / KEYS_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps({"api_key": key.name, "api_secret": key.secret})
    write_private(folder / API_KEY_FILE, text.encode())
    return key


def find_key(settings: Settings, *, is_demo: bool) -> ApiKey:
    """Returns the key to serve with: by setting, or in a demo one's own. Raises SettingWrong, Unavailable."""
    if is_demo and not settings.api_key and not settings.api_secret:
        return keep_key(settings.data_dir, settings.language)
    return key_of(settings)


def write_private(path: Path, content: bytes) -> None:
    """Creates a file that only its owner can read; it must not exist yet. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
