"""The demo's own API key."""

from __future__ import annotations

from pathlib import Path

import pytest

from signaling.api_keys import find_key, keep_key, kept_key, key_of
from signaling.errors import SettingWrong, Unavailable
from signaling.settings import Settings, require_secret

SECRET = "k7Wq2Zt9Lm4Xc8Vb1Nf6Hd3Js5Pg0RaY"


def test_a_key_is_made_once_private_and_good(tmp_path: Path) -> None:
    assert kept_key(tmp_path, None) is None
    key = keep_key(tmp_path, None)
    assert keep_key(tmp_path, None) == key == kept_key(tmp_path, None)
    assert (tmp_path / "keys" / "api.json").stat().st_mode & 0o777 == 0o600
    assert key.secret not in repr(key)
    require_secret(Settings(api_key=key.name, api_secret=key.secret))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"api_key": "x"}'])
def test_a_broken_key_file_is_not_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "api.json").write_text(content)
    with pytest.raises(Unavailable, match=r"api\.json"):
        keep_key(tmp_path, None)


def test_settings_come_before_the_kept_key(tmp_path: Path) -> None:
    settings = Settings(api_key="county", api_secret=SECRET, data_dir=tmp_path)
    assert find_key(settings, is_demo=True) == key_of(settings)
    assert find_key(Settings(data_dir=tmp_path), is_demo=True) == kept_key(tmp_path, None)
    with pytest.raises(SettingWrong):
        find_key(Settings(data_dir=tmp_path), is_demo=False)
    with pytest.raises(SettingWrong):
        find_key(Settings(api_key="county", data_dir=tmp_path), is_demo=True)
