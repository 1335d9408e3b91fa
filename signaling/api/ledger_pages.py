"""The proof of the ledger over HTTP: checkpoints, what witnesses signed of them, the keys to check with."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from recording.audit.checkpoint import BadNote, cosigned_at_s, parse_note, parse_signature
from recording.audit.suites import SuiteMissing
from recording.audit.verdict import LedgerFault
from recording.summary import JsonValue
from signaling.api.ledger_models import (
    CheckpointLine,
    CheckpointList,
    CheckpointQuery,
    CosignatureLine,
    CosignatureList,
    KeyLine,
    KeyList,
    LedgerVerdict,
    NewCosignature,
    VerdictLine,
)
from signaling.api.route import Call, Refusal, Route
from signaling.auth.acts import act_of
from signaling.auth.ledger_proofs import (
    StoredCheckpoint,
    add_cosignature,
    checkpoint_note,
    checkpoints,
    cosignatures,
)
from signaling.auth.public_keys import TrustedKey, trusted_keys
from signaling.auth.rights import Action
from signaling.ledger_check import LedgerChecker
from signaling.messages import Language, say
from signaling.store.store import Store, Unit

MAX_COSIGNATURES: Final = 200
_VERDICTS: Final[Mapping[str, Literal["sound", "faulty", "unchecked"]]] = {
    "unaltered": "sound",
    "nothing_missing": "sound",
    "altered": "faulty",
    "something_missing": "faulty",
    "unchecked": "unchecked",
}


class LedgerPages:
    """The handlers of /ledger and /keys. ``data_dir`` holds the keys."""

    def __init__(self, store: Store, checker: LedgerChecker, *, data_dir: Path) -> None:
        self._store = store
        self._checker = checker
        self._data_dir = data_dir

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/ledger/checkpoints",
                Action.LEDGER_READ,
                "The signed checkpoints of the institution's chain, newest first.",
                self.checkpoints,
                query=CheckpointQuery,
                answer=CheckpointList,
            ),
            Route(
                "GET",
                "/ledger/cosignatures",
                Action.LEDGER_READ,
                "What witnesses have signed of the institution's checkpoints.",
                self.cosignatures,
                answer=CosignatureList,
            ),
            Route(
                "POST",
                "/ledger/cosignatures",
                Action.LEDGER_COSIGN,
                "Adds a witness's signature to a checkpoint.",
                self.cosign,
                body=NewCosignature,
                answer=CosignatureLine,
                status=201,
                refusals=("cosignature_wrong", "checkpoint_missing", "cosigned_already"),
            ),
            Route(
                "POST",
                "/ledger/verify",
                Action.LEDGER_VERIFY,
                "Checks the institution's whole chain now: is it unaltered, is it complete.",
                self.verify,
                answer=LedgerVerdict,
                refusals=("ledger_check_busy",),
            ),
            Route(
                "GET",
                "/keys",
                Action.KEY_LIST,
                "The public keys to check the ledger and recordings with.",
                self.keys,
                answer=KeyList,
            ),
        ]

    async def checkpoints(self, call: Call) -> CheckpointList:
        """Lists one page."""
        query: CheckpointQuery = call.query
        found = await self._store.read(
            lambda connection: checkpoints(
                connection, call.caller.institution, before=query.before, limit=query.limit + 1
            )
        )
        page = found[: query.limit]
        return CheckpointList(
            checkpoints=[_line(stored) for stored in page],
            next=str(page[-1].size) if len(found) > query.limit else None,
        )

    async def cosignatures(self, call: Call) -> CosignatureList:
        """Lists the newest."""
        rows = await self._store.read(
            lambda connection: cosignatures(connection, call.caller.institution, limit=MAX_COSIGNATURES)
        )
        return CosignatureList(cosignatures=[CosignatureLine(**row) for row in rows])

    async def cosign(self, call: Call) -> CosignatureLine:
        """Takes a witness's line: its key must be trusted, and the signature of this very checkpoint."""
        body: NewCosignature = call.body
        keys = await asyncio.to_thread(trusted_keys, self._data_dir)
        institution = call.caller.institution
        line = body.line.rstrip("\n") + "\n"

        async def work(unit: Unit) -> CosignatureLine:
            note = await checkpoint_note(unit.connection, institution, body.size)
            if note is None:
                raise Refusal("checkpoint_missing", size=body.size)
            name = _witness(note, line, keys)
            if not await add_cosignature(unit, institution, body.size, name, line):
                raise Refusal("cosigned_already")
            after: dict[str, JsonValue] = {"size": body.size, "key_name": name}
            unit.record(act_of(call.caller, "checkpoint.cosigned", unit.now_ms, subject={}, after=after))
            return CosignatureLine(
                institution=institution,
                size=body.size,
                key_name=name,
                line=line,
                received_at_ms=unit.now_ms,
            )

        return await self._store.write(work)

    async def verify(self, call: Call) -> LedgerVerdict:
        """Checks, beside the service, and notes nothing: whoever may look may look again."""
        verdict = await self._checker.check(call.caller.institution)
        return LedgerVerdict(
            institution=verdict.institution,
            integrity=_verdict(verdict.integrity, verdict.integrity_fault, call.language),
            completeness=_verdict(verdict.completeness, verdict.completeness_fault, call.language),
            events=verdict.events,
            checkpoint_size=verdict.proven.size if verdict.proven is not None else 0,
            checkpoint_at_ms=verdict.proven.at_ms if verdict.proven is not None else None,
            checked_at_ms=call.now_ms,
        )

    async def keys(self, _: Call) -> KeyList:
        """Lists the keys."""
        keys = await asyncio.to_thread(trusted_keys, self._data_dir)
        return KeyList(
            keys=[
                KeyLine(
                    name=key.name,
                    purpose=key.purpose,
                    suite=key.key.suite.name,
                    fingerprint=key.key.fingerprint,
                    public_key=key.key.pem().decode(),
                )
                for key in keys
            ]
        )


def _verdict(found: str, fault: LedgerFault | None, language: Language) -> VerdictLine:
    return VerdictLine(
        verdict=_VERDICTS[found],
        code=fault.code if fault is not None else "",
        sequence=fault.sequence if fault is not None else None,
        detail=say(f"audit.code.{fault.code}", language) if fault is not None else "",
    )


def _witness(note: str, line: str, keys: Sequence[TrustedKey]) -> str:
    """Returns the name under which a trusted witness signed the note. Refusal("cosignature_wrong")."""
    witnesses = [key.key for key in keys if key.purpose == "cosigning"]
    try:
        signature = parse_signature(line)
        at_s = cosigned_at_s(parse_note(note.encode()).checkpoint, signature, witnesses)
    except (BadNote, SuiteMissing):
        raise Refusal("cosignature_wrong") from None
    if at_s is None:
        raise Refusal("cosignature_wrong")
    return signature.name


def _line(stored: StoredCheckpoint) -> CheckpointLine:
    said = parse_note(stored.note.encode()).checkpoint
    return CheckpointLine(
        institution=said.institution,
        size=stored.size,
        at_ms=stored.at_ms,
        root=base64.b64encode(said.root).decode(),
        head=said.head.hex(),
        note=stored.note,
        cosigned_by=list(stored.cosigned_by),
        is_stamped=stored.is_stamped,
    )
