"""Settings, webhooks, and the ledger's proof over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, insert, select

from recording.audit.checkpoint import cosignature, parse_note
from recording.audit.suites import ED25519, PublicKey
from recording.signing import Ed25519Signer
from signaling.api.ledger_pages import LedgerPages
from signaling.api.setting_pages import SettingPages
from signaling.api.webhook_pages import WebhookPages
from signaling.auth.rights import Role
from signaling.ledger_check import LedgerChecker
from signaling.store import tables as t
from signaling.store.database_url import SQLITE_FILE
from signaling.store.secret_box import SecretBox
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from tests.support.api import ApiClient, api_client, person
from tests.support.stores import open_test_store

_ADMIN = person(Role.ADMINISTRATOR)
_AUDITOR = person(Role.AUDITOR, name="pe_auditor")


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    async with open_test_store(tmp_path) as store:

        async def work(unit: Unit) -> None:
            rows = [
                {
                    "id": f"in_{x}",
                    "code": x,
                    "name": x,
                    "kind": "hospital",
                    "state": "active",
                    "created_at_ms": 0,
                }
                for x in "ab"
            ]
            await unit.connection.execute(insert(t.institution), rows)

        await store.write(work)
        yield store


@pytest_asyncio.fixture
async def api(store: SqlStore, tmp_path: Path) -> AsyncIterator[ApiClient]:
    networks = (ipaddress.ip_network("10.1.0.0/16"),)
    pages = (
        SettingPages(store),
        WebhookPages(store, SecretBox(bytes(32)), networks=networks),
        LedgerPages(store, LedgerChecker("", tmp_path), data_dir=tmp_path),
    )
    async with api_client([route for each in pages for route in each.routes()], caller=_ADMIN) as client:
        yield client


async def _events(store: SqlStore) -> int:
    count = await store.read(lambda connection: connection.scalar(select(func.count()).select_from(t.event)))
    return count or 0


class TestSettings:
    async def test_shows_what_was_never_changed(self, api: ApiClient) -> None:
        answer = await api.ask("GET", "/settings")
        assert answer.body["settings"] == [
            {"name": "second_factor", "value": "required", "default": "required", "allowed": ["required"]},
            {
                "name": "recording_policy",
                "value": "with_consent",
                "default": "with_consent",
                "allowed": ["with_consent", "never"],
            },
        ]

    async def test_an_institution_may_have_nothing_recorded(self, api: ApiClient, store: SqlStore) -> None:
        answer = await api.ask("PUT", "/settings/recording_policy", {"value": "never"})
        assert (answer.status, answer.body["value"]) == (200, "never")
        assert (await api.ask("GET", "/settings")).body["settings"][1]["value"] == "never"
        assert await _events(store) == 1
        assert (await api.ask("PUT", "/settings/recording_policy", {"value": "always"})).status == 400

    async def test_nobody_can_give_up_the_second_factor(self, api: ApiClient, store: SqlStore) -> None:
        answer = await api.ask("PUT", "/settings/second_factor", {"value": "optional"})
        assert (answer.status, answer.code) == (400, "setting_value_wrong")
        assert await _events(store) == 0

    async def test_what_a_demo_left_open_can_be_closed_and_is_told_once(
        self, api: ApiClient, store: SqlStore
    ) -> None:
        async def work(unit: Unit) -> None:
            row = {"institution": "in_a", "name": "second_factor", "value": "optional"}
            await unit.connection.execute(insert(t.institution_setting).values(row))

        await store.write(work)
        for _ in range(2):
            answer = await api.ask("PUT", "/settings/second_factor", {"value": "required"})
            assert answer.body["value"] == "required"
        assert await _events(store) == 1

    async def test_an_unknown_setting_is_not_there(self, api: ApiClient) -> None:
        assert (await api.ask("PUT", "/settings/nonsense", {"value": "x"})).status == 404


class TestWebhooks:
    async def test_shows_the_secret_once(self, api: ApiClient) -> None:
        made = await api.ask("POST", "/webhooks", {"url": "https://his.example.org/in", "kinds": []})
        assert made.status == 201
        assert made.body["secret"].startswith("whsec_")
        listed = await api.ask("GET", "/webhooks")
        assert "secret" not in listed.body["webhooks"][0]
        renewed = await api.ask("POST", f"/webhooks/{made.body['webhook']['id']}/secret")
        assert renewed.body["secret"] != made.body["secret"]

    @pytest.mark.parametrize(
        "url",
        [
            "http://his.example.org/in",
            "https://127.0.0.1/in",
            "https://[::1]/in",
            "https://[::ffff:127.0.0.1]/in",
            "https://192.168.1.4/in",
            "https://169.254.169.254/latest",
            "https://user:password@his.example.org/in",
            "https://his.example.org/in#part",
            "https:///in",
            "http://8.8.8.8/in",
        ],
    )
    async def test_refuses_addresses_of_this_machine_and_networks_behind_it(
        self, api: ApiClient, store: SqlStore, url: str
    ) -> None:
        answer = await api.ask("POST", "/webhooks", {"url": url, "kinds": []})
        assert (answer.status, answer.code) == (400, "webhook_address_refused")
        assert await _events(store) == 0

    async def test_takes_a_private_address_that_the_operator_allows(self, api: ApiClient) -> None:
        answer = await api.ask("POST", "/webhooks", {"url": "http://10.1.2.3:8080/in", "kinds": []})
        assert answer.status == 201

    async def test_changes_and_ends(self, api: ApiClient, store: SqlStore) -> None:
        made = await api.ask("POST", "/webhooks", {"url": "https://his.example.org/in", "kinds": []})
        where = f"/webhooks/{made.body['webhook']['id']}"
        changed = await api.ask("PATCH", where, {"kinds": ["recording.started"]})
        assert changed.body["kinds"] == ["recording.started"]
        assert (await api.ask("DELETE", where)).status == 204
        assert (await api.ask("DELETE", where)).code == "state_refused"
        assert await _events(store) == 3

    async def test_another_institutions_is_not_there(self, api: ApiClient) -> None:
        made = await api.ask("POST", "/webhooks", {"url": "https://his.example.org/in", "kinds": []})
        other = person(Role.ADMINISTRATOR, institution="in_b", name="pe_b")
        where = f"/webhooks/{made.body['webhook']['id']}"
        assert (await api.ask("DELETE", where, caller=other)).code == "not_found"
        assert (await api.ask("GET", "/webhooks", caller=other)).body["webhooks"] == []

    async def test_there_are_ten_at_most(self, api: ApiClient) -> None:
        body = {"url": "https://his.example.org/in", "kinds": []}
        answers = [(await api.ask("POST", "/webhooks", body)).status for _ in range(11)]
        assert answers == [201] * 10 + [409]


class TestLedger:
    async def _checkpoint(self, api: ApiClient, store: SqlStore) -> None:
        await api.ask("POST", "/webhooks", {"url": "https://his.example.org/in", "kinds": []})
        await store.close()
        await store.open()

    async def test_shows_checkpoints_and_takes_a_witness(
        self, api: ApiClient, store: SqlStore, tmp_path: Path
    ) -> None:
        await self._checkpoint(api, store)
        listed = await api.ask("GET", "/ledger/checkpoints", caller=_AUDITOR)
        (line,) = listed.body["checkpoints"]
        assert (line["size"], line["cosigned_by"]) == (1, [])
        witness = Ed25519Signer(Ed25519PrivateKey.generate())
        signed = cosignature(
            parse_note(line["note"].encode()).checkpoint, "county", witness, at_s=1_800_000_000
        )
        body = {"size": 1, "line": signed.line()}
        refused = await api.ask("POST", "/ledger/cosignatures", body, caller=_AUDITOR)
        assert refused.code == "cosignature_wrong"
        folder = tmp_path / "keys" / "cosigners"
        folder.mkdir(parents=True)
        (folder / "county.pub").write_bytes(PublicKey(ED25519, witness.public_key).pem())
        taken = await api.ask("POST", "/ledger/cosignatures", body, caller=_AUDITOR)
        assert (taken.status, taken.body["key_name"]) == (201, "county")
        assert (
            await api.ask("POST", "/ledger/cosignatures", body, caller=_AUDITOR)
        ).code == "cosigned_already"
        wrong = {"size": 99, "line": signed.line()}
        assert (await api.ask("POST", "/ledger/cosignatures", wrong, caller=_AUDITOR)).status == 404
        listed = await api.ask("GET", "/ledger/checkpoints", caller=_AUDITOR)
        assert listed.body["checkpoints"][-1]["cosigned_by"] == ["county"]
        listed = await api.ask("GET", "/ledger/cosignatures", caller=_AUDITOR)
        assert [each["key_name"] for each in listed.body["cosignatures"]] == ["county"]

    async def test_checks_the_own_chain_and_names_the_first_fault(
        self, api: ApiClient, store: SqlStore, tmp_path: Path
    ) -> None:
        empty = await api.ask("POST", "/ledger/verify", caller=_AUDITOR)
        assert (empty.body["integrity"]["verdict"], empty.body["events"]) == ("sound", 0)
        await self._checkpoint(api, store)
        sound = await api.ask("POST", "/ledger/verify", caller=_AUDITOR)
        assert sound.body["integrity"]["verdict"] == sound.body["completeness"]["verdict"] == "sound"
        assert (sound.body["events"], sound.body["checkpoint_size"]) == (1, 1)
        with contextlib.closing(sqlite3.connect(tmp_path / SQLITE_FILE)) as database, database:
            database.execute("UPDATE event SET line = replace(line, 'active', 'passiv')")
        altered = await api.ask("POST", "/ledger/verify", caller=_AUDITOR)
        assert altered.body["integrity"]["verdict"] == "faulty"
        assert altered.body["integrity"]["sequence"] == 1
        assert altered.body["integrity"]["detail"]

    async def test_checks_one_chain_at_a_time(self, api: ApiClient) -> None:
        asked = [api.ask("POST", "/ledger/verify", caller=_AUDITOR) for _ in range(2)]
        assert sorted(each.status for each in await asyncio.gather(*asked)) == [200, 409]

    async def test_lists_the_keys_to_check_with(self, api: ApiClient) -> None:
        keys = (await api.ask("GET", "/keys")).body["keys"]
        assert [(key["purpose"], key["suite"]) for key in keys] == [("signing", "ed25519-sha256")]
        assert keys[0]["public_key"].startswith("-----BEGIN PUBLIC KEY-----")
