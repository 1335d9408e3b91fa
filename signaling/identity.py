"""Builds what proves who someone is, with its pages. No decisions here beyond what a start has to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from recording.clock import Clock
from recording.keys import load_or_create_signer
from signaling.api.first_administrator_pages import FirstAdministratorPages
from signaling.api.institution_pages import InstitutionPages
from signaling.api.oidc_pages import OidcPages
from signaling.api.people_pages import PeoplePages
from signaling.api.route import Route
from signaling.api.second_factor_pages import SecondFactorPages
from signaling.api.session_models import DemoAccount
from signaling.api.session_pages import SessionPages
from signaling.auth.callers import Callers
from signaling.auth.demo_people import DEMO_PASSWORD, DEMO_PEOPLE, holds_demo, place_of
from signaling.auth.first_administrator import FirstAdministratorDesk, code_at_start, page_of
from signaling.auth.fresh_factor import FreshFactors
from signaling.auth.oidc import OidcClientId
from signaling.auth.oidc_client import OidcClient
from signaling.auth.oidc_desk import OidcDesk
from signaling.auth.password_desk import PasswordDesk
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.second_factor_desk import SecondFactorDesk
from signaling.auth.sign_in_desk import SignInDesk
from signaling.demo.duty import carry_on_duty
from signaling.demo.seed import seed_demo
from signaling.errors import Unavailable
from signaling.messages import say_to
from signaling.pacing import Pacer
from signaling.settings import Settings
from signaling.store.secret_box import SecretBox, load_or_create_box
from signaling.store.store import Store
from signaling.tokens import TokenDesk

_NS_PER_MS: Final = 1_000_000


@dataclass
class Identity:
    """Callers, and the pages of session, people and institutions."""

    callers: Callers
    routes: Sequence[Route]
    box: SecretBox
    factors: FreshFactors
    _store: Store
    _worker: PasswordWorker
    _settings: Settings
    _clock: Clock
    _is_demo: bool
    first_page: str = ""
    """The page that makes the first administrator, below the server's address; "" where there is one."""

    async def start(self) -> None:
        """Seeds the demo, or makes the code for a first administrator. Raises Unavailable, UnusableKey."""
        if self._is_demo:
            password_hash = await self._worker.hash(DEMO_PASSWORD)
            now_ms = self._clock.wall_ns() // _NS_PER_MS
            signer = load_or_create_signer(self._settings.data_dir)
            await seed_demo(self._store, password_hash, now_ms, signer)
            await carry_on_duty(self._store, now_ms)
            return
        if await self._store.read(holds_demo):
            # Its password is public: whoever can reach the port could sign in.
            sentence = say_to("start.demo_data", self._settings.language, folder=self._settings.data_dir)
            raise Unavailable("demo_data", sentence)
        code = await code_at_start(self._store)
        self.first_page = "" if code is None else page_of(code.code)

    def stats(self) -> Mapping[str, int]:
        """Returns counters for metrics."""
        return self._worker.stats()

    def close(self) -> None:
        """Ends the worker's thread; twice is harmless."""
        self._worker.close()


def build_identity(
    settings: Settings, *, store: Store, tokens: TokenDesk, clock: Clock, pacer: Pacer, is_demo: bool
) -> Identity:
    """Returns the built parts, nothing of it started. Raises UnusableKey, OSError."""
    worker = PasswordWorker()
    box = load_or_create_box(settings.data_dir)
    passwords = PasswordDesk(store, worker)
    oidc = None
    if settings.oidc_issuer:
        oidc = OidcClientId(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    pages = (
        SessionPages(
            store=store,
            sign_in=SignInDesk(store, worker),
            passwords=passwords,
            demo=_demo_accounts() if is_demo else (),
        ),
        SecondFactorPages(store=store, factors=SecondFactorDesk(store, box)),
        FirstAdministratorPages(FirstAdministratorDesk(store, worker)),
        InstitutionPages(store=store),
        OidcPages(None if oidc is None else OidcDesk(store, OidcClient(oidc))),
        PeoplePages(store=store, oidc_issuer=settings.oidc_issuer),
    )
    return Identity(
        callers=Callers(store=store, tokens=tokens, clock=clock, pacer=pacer),
        routes=[route for page in pages for route in page.routes()],
        box=box,
        factors=FreshFactors(store, box, worker),
        _store=store,
        _worker=worker,
        _settings=settings,
        _clock=clock,
        _is_demo=is_demo,
    )


def _demo_accounts() -> list[DemoAccount]:
    return [
        DemoAccount(account=person.login, name=person.name, place=place_of(person), password=DEMO_PASSWORD)
        for person in DEMO_PEOPLE
    ]
