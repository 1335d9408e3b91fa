"""The pages of identity over a real store, asked by browsers with cookies of their own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import URL

from clinical.ids import InstitutionId
from signaling.api.engine import PREFIX, ApiServer
from signaling.api.first_administrator_pages import FirstAdministratorPages
from signaling.api.institution_pages import InstitutionPages
from signaling.api.oidc_pages import OidcPages
from signaling.api.people_pages import PeoplePages
from signaling.api.second_factor_pages import SecondFactorPages
from signaling.api.session_pages import SessionPages
from signaling.auth.callers import COOKIE, Callers
from signaling.auth.first_administrator import FirstAdministratorDesk
from signaling.auth.institutions import SYSTEM, InstitutionRow, create_institution
from signaling.auth.oidc import OidcClientId
from signaling.auth.oidc_client import OidcClient
from signaling.auth.oidc_desk import OidcDesk
from signaling.auth.password_desk import PasswordDesk
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.people import PersonRow, create_person
from signaling.auth.people_accounts import create_account
from signaling.auth.rights import Role
from signaling.auth.second_factor_desk import SecondFactorDesk
from signaling.auth.sign_in_desk import SignInDesk
from signaling.http_shell import add_security_headers, guard
from signaling.pacing import Pacer
from signaling.store import tables as t
from signaling.store.secret_box import SecretBox
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from signaling.tokens import TokenDesk
from tests.support.api import Answer, NoLimits, SettledClock
from tests.support.stores import open_test_store

PASSWORD = "correct horse battery"
ISSUER = "https://idp.example"
API_SECRET = "Zt7kQ2mWc9pLx4vBn8sHy3dFg6jRa1eU"


@dataclass
class Browser:
    """One browser: it keeps its cookie and names its own page as Origin."""

    url: str
    session: aiohttp.ClientSession
    origin: str | None = None
    cookie: str = ""

    async def ask(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request below /api/v1, with the cookie as it is now."""
        sent = {"Accept-Language": "zh-CN", **(headers or {})}
        if self.origin is not None:
            sent.setdefault("Origin", self.origin)
        if self.cookie:
            sent["Cookie"] = f"{COOKIE}={self.cookie}"
        async with self.session.request(
            method, f"{self.url}{PREFIX}{path}", json=body, headers=sent, allow_redirects=False
        ) as response:
            if COOKIE in response.cookies:
                self.cookie = response.cookies[COOKIE].value
            text = await response.text()
            is_json = response.content_type.endswith("json") and bool(text)
            return Answer(response.status, json.loads(text) if is_json else text, response.headers)

    async def sign_in(self, login: str, password: str = PASSWORD) -> Answer:
        """Signs in."""
        return await self.ask("POST", "/session", {"account": login, "password": password})


@dataclass
class IdentityApi:
    """The served pages and what lies under them."""

    url: str
    store: SqlStore
    clock: SettledClock
    worker: PasswordWorker
    session: aiohttp.ClientSession
    callers: Callers
    oidc_issuer: str
    hashes: dict[str, str] = field(default_factory=dict)

    def browser(self, *, host: str = "") -> Browser:
        """A browser without a cookie; with ``host`` it opened the pages under that name."""
        url = self.url if not host else self.url.replace("127.0.0.1", host)
        return Browser(url, self.session, origin=url)

    async def institution(
        self, code: str = "H1", name: str = "青山县人民医院", *, second_factor: str = ""
    ) -> InstitutionRow:
        """Creates an institution."""

        async def work(unit: Unit) -> InstitutionRow:
            row = await create_institution(unit, SYSTEM, code=code, name=name, kind="hospital")
            if second_factor:
                await unit.connection.execute(
                    t.institution_setting.insert().values(
                        institution=row.id, name="second_factor", value=second_factor
                    )
                )
            return row

        return await self.store.write(work)

    async def person(
        self, institution: str, login: str, *roles: Role, password: str = PASSWORD, specialty: str = ""
    ) -> PersonRow:
        """Creates a person with an account that is activated."""
        if password not in self.hashes:
            self.hashes[password] = await self.worker.hash(password)

        async def work(unit: Unit) -> PersonRow:
            row = await create_person(
                unit,
                SYSTEM,
                InstitutionId(institution),
                name=f"医生{login}",
                specialty=specialty,
                roles=roles,
            )
            await create_account(unit, SYSTEM, row, login, password_hash=self.hashes[password])
            return row

        return await self.store.write(work)

    async def signed_in(self, login: str, password: str = PASSWORD) -> Browser:
        """A browser that is signed in."""
        browser = self.browser()
        answer = await browser.sign_in(login, password)
        assert answer.status == 200, answer.body
        return browser

    async def acts(self, institution: str) -> list[dict[str, Any]]:
        """Every event of an institution's chain, in order."""
        query = t.event.select().where(t.event.c.institution == institution).order_by(t.event.c.sequence)
        rows = await self.store.read(lambda connection: connection.execute(query))
        return [json.loads(row.line) for row in rows]

    async def kinds(self, institution: str) -> list[str]:
        """The kinds of these events."""
        return [act["kind"] for act in await self.acts(institution)]


@asynccontextmanager
async def identity_api(
    folder: Path, *, oidc: OidcClientId | None = None, url: URL | None = None
) -> AsyncIterator[IdentityApi]:
    """Serves the pages on loopback; the clock moves only by the test."""
    clock, worker = SettledClock(), PasswordWorker()
    async with open_test_store(folder, url=url, clock=clock) as store:
        callers = Callers(
            store=store, tokens=TokenDesk(api_key="test", api_secret=API_SECRET), clock=clock, pacer=Pacer()
        )
        pages = (
            SessionPages(
                store=store, sign_in=SignInDesk(store, worker), passwords=PasswordDesk(store, worker)
            ),
            SecondFactorPages(store=store, factors=SecondFactorDesk(store, SecretBox(bytes(32)))),
            FirstAdministratorPages(FirstAdministratorDesk(store, worker)),
            InstitutionPages(store=store),
            PeoplePages(store=store, oidc_issuer=ISSUER if oidc is None else oidc.issuer),
            OidcPages(None if oidc is None else OidcDesk(store, OidcClient(oidc))),
        )
        routes = [route for page in pages for route in page.routes()]
        server = ApiServer(routes, callers=callers, clock=clock, limits=NoLimits())
        app = web.Application(middlewares=[guard])
        app.on_response_prepare.append(add_security_headers)
        app.add_routes(server.routes())
        jar = aiohttp.DummyCookieJar()
        async with TestServer(app) as http, aiohttp.ClientSession(cookie_jar=jar) as session:
            address = f"http://127.0.0.1:{http.port}"
            issuer = ISSUER if oidc is None else oidc.issuer
            yield IdentityApi(address, store, clock, worker, session, callers, issuer)
    worker.close()
