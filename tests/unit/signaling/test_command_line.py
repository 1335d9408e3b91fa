"""The `lianzhen` command in this process."""

from __future__ import annotations

import os
from pathlib import Path

import jwt
import pytest

from signaling.api_keys import keep_key
from signaling.command_line import main

SECRET = "k7Wq2Zt9Lm4Xc8Vb1Nf6Hd3Js5Pg0RaY"


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in [name for name in os.environ if name.startswith("LIANZHEN_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("LIANZHEN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LIANZHEN_LANGUAGE", "en")


def test_a_token_is_printed_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIANZHEN_API_KEY", "county")
    monkeypatch.setenv("LIANZHEN_API_SECRET", SECRET)
    arguments = [
        "token",
        "--identity",
        "zhou",
        "--room",
        "ward",
        "--no-publish",
        "--hidden",
        "--record",
        "--ttl",
        "60",
    ]
    assert main(arguments) == 0
    out = capsys.readouterr()
    assert (out.out.count("\n"), out.err) == (1, "")
    claims = jwt.decode(out.out.strip(), SECRET, algorithms=["HS256"])
    assert (claims["iss"], claims["sub"], claims["name"]) == ("county", "zhou", "zhou")
    video = claims["video"]
    assert (video["room"], video["canPublish"], video["hidden"], video["roomRecord"]) == (
        "ward",
        False,
        True,
        True,
    )
    assert claims["exp"] - claims["nbf"] == 65


def test_an_administrators_token_has_all_rights(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    key = keep_key(tmp_path / "data", None)
    assert main(["token", "--identity", "desk", "--room", "ward", "--admin", "--name", "Desk"]) == 0
    claims = jwt.decode(capsys.readouterr().out.strip(), key.secret, algorithms=["HS256"])
    assert (
        claims["video"] | {"roomAdmin": True, "roomCreate": True, "roomList": True, "roomRecord": True}
        == claims["video"]
    )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["token", "--identity", "zhou", "--room", "ward"], "LIANZHEN_API_KEY"),
        (["token", "--identity", "", "--room", "ward"], "256"),
        (["token", "--identity", "zhou", "--room", "r" * 257], "256"),
        (["verify", "/nowhere/at/all"], "/nowhere/at/all"),
        (["export", "/nowhere/at/all"], "/nowhere/at/all"),
        (["serve"], "LIANZHEN_API_KEY"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    assert main(arguments) == 2
    out = capsys.readouterr()
    assert named in out.err and out.err.count("\n") == 1 and out.out == ""


def test_a_folder_without_a_trusted_key_asks_for_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["verify", str(tmp_path)]) == 2
    assert "--key" in capsys.readouterr().err
    (tmp_path / "bad.pub").write_text("no key")
    assert main(["verify", str(tmp_path), "--key", str(tmp_path / "bad.pub")]) == 2
    assert "bad.pub" in capsys.readouterr().err


def test_a_folder_that_is_no_recording_cannot_be_exported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["export", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith("Cannot export")


def test_an_unwritable_data_folder_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LIANZHEN_DATA_DIR", str(tmp_path / "file" / "data"))
    assert main(["demo"]) == 1
    assert str(tmp_path / "file" / "data") in capsys.readouterr().err


def test_no_command_is_a_mistake_of_usage() -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
