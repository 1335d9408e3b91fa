"""A small world for the matrix of rights: two institutions, and of everything one's own, a colleague's, what
has ended, another institution's, and what is not there. Whose each is, is known here from how it was made,
not from what the service makes of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Table, insert

from clinical.consent_texts import current_texts
from media_server.ids import RoomName
from recording.audit.act import Act
from recording.errors import UnknownRecording
from recording.summary import RecordingDetail, RecordingId, RecordingState, RecordingSummary
from signaling.auth.rights import State
from signaling.standing_rooms import StandingRoom
from signaling.store import tables as t
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit

HERE, THERE = "in_here", "in_zzforeign"
ME, MY_DEVICE, MY_LOGIN = "pe_me", "dv_me", "me"
GUEST_LOGIN: Final = "guest-of-own-room"
GUEST_ACTOR: Final = f"guest:{GUEST_LOGIN}"
FOREIGN_MARK: Final = "zzforeign"
"""In every id and name of the other institution: none of its answers may hold it."""
_FAR_MS: Final = 4_000_000_000_000
_ANY_INSTITUTION: Final = "*"


@dataclass(frozen=True)
class Specimen:
    """Something to ask about. ``institution`` "*": whoever asks has it at their own."""

    name: str
    path: Mapping[str, str]
    institution: str = HERE
    owner: str = ""
    parties: frozenset[str] = frozenset()
    state: State = State.ACTIVE
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    """What a route is asked with that reads its subject from query or body."""


def _of(kind: str, *rows: tuple[str, str, str, State]) -> list[Specimen]:
    """Specimens of {id} paths, with one that is not there."""
    made = [
        Specimen(f"{kind} {name}", {"id": name}, at, owner, state=state) for name, at, owner, state in rows
    ]
    return [*made, Specimen(f"{kind} absent", {"id": f"{kind}_absent"}, "")]


_A, _E, _X = State.ACTIVE, State.ENDED, State.ERASED
_PEOPLE = _of(
    "person",
    (ME, HERE, ME, _A),
    ("pe_colleague", HERE, "pe_colleague", _A),
    ("pe_suspended", HERE, "pe_suspended", _E),
    ("pe_zzforeign", THERE, "pe_zzforeign", _A),
    ("pe_zzforeign_suspended", THERE, "pe_zzforeign_suspended", _E),
)
_PATIENTS = _of(
    "patient",
    ("pt_here", HERE, "", _A),
    ("pt_erased", HERE, "", _X),
    ("pt_zzforeign", THERE, "", _A),
    ("pt_zzforeign_erased", THERE, "", _X),
)
_ROOMS = [
    Specimen("own room", {"room": "own-room"}, HERE, parties=frozenset({MY_DEVICE, GUEST_ACTOR})),
    Specimen("everybody's room", {"room": "open-room"}, _ANY_INSTITUTION, parties=frozenset({MY_DEVICE})),
    Specimen("shared room", {"room": "shared-room"}, HERE, parties=frozenset({MY_DEVICE})),
    Specimen("room opened by break-glass", {"room": "glass-room"}, THERE, parties=frozenset({ME})),
    Specimen("foreign room", {"room": "room-zzforeign"}, THERE),
    Specimen("absent room", {"room": "no-room"}, ""),
]
_RECORDINGS = [
    Specimen("own recording", {"recording": "rec_mine"}, "", parties=frozenset({ME, GUEST_ACTOR}), state=_E),
    Specimen("recording going on", {"recording": "rec_now"}, "", parties=frozenset({ME, GUEST_ACTOR})),
    Specimen("foreign recording", {"recording": "rec_zzforeign"}, "", state=_E),
    Specimen("absent recording", {"recording": "rec_absent"}, ""),
]
_CASES = [
    Specimen("own case", {"id": "ca_mine"}, HERE, parties=frozenset({ME})),
    Specimen("colleague's case", {"id": "ca_colleague"}, HERE),
    Specimen("closed case", {"id": "ca_closed"}, HERE, state=_E),
    Specimen(
        "case one is asked for", {"id": "ca_asked_zzforeign"}, THERE, parties=frozenset({ME, MY_DEVICE})
    ),
    Specimen(
        "closed case one was asked for",
        {"id": "ca_asked_closed_zzforeign"},
        THERE,
        parties=frozenset({ME, MY_DEVICE}),
        state=_E,
    ),
    Specimen("draft that is not sent yet", {"id": "ca_draft_zzforeign"}, THERE),
    Specimen("foreign case", {"id": "ca_zzforeign"}, THERE),
    Specimen("absent case", {"id": "ca_absent"}, ""),
]
_ECGS = [
    Specimen("own ECG", {"id": "ec_here"}, HERE),
    Specimen("ended ECG", {"id": "ec_ended"}, HERE, state=_E),
    Specimen(
        "ECG of a case one is asked for",
        {"id": "ec_asked_zzforeign"},
        THERE,
        parties=frozenset({ME, MY_DEVICE}),
    ),
    Specimen(
        "ended ECG of a case one is asked for",
        {"id": "ec_asked_ended_zzforeign"},
        THERE,
        parties=frozenset({ME, MY_DEVICE}),
        state=_E,
    ),
    Specimen("foreign ECG", {"id": "ec_zzforeign"}, THERE),
    Specimen("absent ECG", {"id": "ec_absent"}, ""),
]
SPECIMENS: Final[Mapping[str, Sequence[Specimen]]] = {
    "/institutions/{id}": _of("institution", (HERE, HERE, "", _A), (THERE, THERE, "", _A)),
    "/people/{id}": _PEOPLE,
    "/devices/{id}": _of(
        "device",
        (MY_DEVICE, HERE, MY_DEVICE, _A),
        ("dv_other", HERE, "dv_other", _A),
        ("dv_waiting", HERE, "dv_waiting", _A),
        ("dv_ended", HERE, "dv_ended", _E),
        ("dv_zzforeign", THERE, "dv_zzforeign", _A),
    ),
    "/rooms/{room}": _ROOMS,
    "/recordings/{recording}": _RECORDINGS,
    "/invitations/{id}": _of(
        "invitation",
        ("iv_mine", HERE, ME, _A),
        ("iv_colleague", HERE, "pe_colleague", _A),
        ("iv_ended", HERE, "pe_colleague", _E),
        ("iv_zzforeign", THERE, "pe_zzforeign", _A),
    ),
    "/breakglass/{id}": _of(
        "breakglass",
        ("bg_mine", HERE, ME, _A),
        ("bg_colleague", HERE, "pe_colleague", _A),
        ("bg_reviewed", HERE, "pe_colleague", _E),
        ("bg_zzforeign", THERE, "pe_zzforeign", _A),
    ),
    "/patients/{id}": _PATIENTS,
    "/consents/{id}": _of(
        "consent",
        ("co_here", HERE, "", _A),
        ("co_withdrawn", HERE, "", _E),
        ("co_zzforeign", THERE, "", _A),
    ),
    "GET /consents": [
        Specimen(each.name, {}, each.institution, state=each.state, query={"patient": each.path["id"]})
        for each in _PATIENTS
    ],
    "POST /consents": [
        Specimen(
            each.name,
            {},
            each.institution,
            state=each.state,
            body={
                "patient": each.path["id"],
                "how": "voice",
                "given_by": "patient",
                "answers": [
                    # A text that nobody was shown: what is allowed is refused by the handler.
                    {
                        "purpose": "teaching",
                        "is_granted": True,
                        "text_version": "none",
                        "text_sha256": hashlib.sha256(b"").hexdigest(),
                    }
                ],
            },
        )
        for each in _PATIENTS
    ],
    "POST /consultations": [
        Specimen(
            each.name,
            {},
            each.institution,
            state=each.state,
            # A hospital that is not there: what is allowed is refused by the handler.
            body={
                "patient": each.path["id"],
                "institution": "in_absent",
                "kind": "live",
                "urgency": "routine",
            },
        )
        for each in _PATIENTS
    ],
    "/consultations/{id}": _CASES,
    "POST /ecgs": [
        # No gateway is connected: what is allowed is refused by the handler.
        Specimen(
            each.name,
            {},
            each.institution,
            state=each.state,
            body={"patient": each.path["id"], "urgency": "routine"},
        )
        for each in _PATIENTS
    ],
    "POST /ecgs/import": [
        # The file is none: what is allowed is refused by the handler.
        Specimen(
            each.name,
            {},
            each.institution,
            state=each.state,
            body={
                "patient": each.path["id"],
                "urgency": "routine",
                "format": "edf",
                "files": [{"name": "a.edf", "content_base64": "AAAA"}],
            },
        )
        for each in _PATIENTS
    ],
    "/ecgs/{id}": _ECGS,
    "/roster/shifts/{id}": _of(
        "shift",
        ("sh_here", HERE, "", _A),
        ("sh_over", HERE, "", _E),
        ("sh_zzforeign", THERE, "", _A),
    ),
    "/slots/{id}": _of(
        "slot",
        ("sl_here", HERE, "", _A),
        ("sl_over", HERE, "", _E),
        ("sl_zzforeign", THERE, "", _A),
    ),
    "POST /trace/searches": [
        Specimen(
            f"chain of {institution or 'the caller'}",
            {},
            institution or _ANY_INSTITUTION,
            state=State.NONE,
            body={"purpose": "audit", "institution": institution, "from_ms": 2, "to_ms": 1},
        )
        for institution in ("", HERE, THERE, "in_absent")
    ],
    "/trace/events/{institution}/{sequence}": [
        Specimen("own event", {"institution": HERE, "sequence": "1"}),
        Specimen("foreign event", {"institution": THERE, "sequence": "1"}, THERE),
        Specimen("absent event", {"institution": HERE, "sequence": "999999"}, ""),
    ],
    "/trace/exports/{id}": _of(
        "export",
        ("te_mine", HERE, ME, _A),
        ("te_colleague", HERE, "pe_colleague", _A),
        ("te_decided", HERE, "pe_colleague", _E),
        ("te_zzforeign", THERE, "pe_zzforeign", _A),
    ),
    "/webhooks/{id}": _of(
        "webhook", ("wh_here", HERE, "", _A), ("wh_ended", HERE, "", _E), ("wh_zzforeign", THERE, "", _A)
    ),
}
"""By how a route's path begins, or by the whole route where the subject is not in the path."""
OTHER_PARTS: Final = {
    "licence": "li_any",
    "person": "pe_any",
    "attachment": "at_any",
    "identity": "me",
    "id": "any",
    "name": "second_factor",
}
"""Parts of a path that do not say what it is about."""


def rooms() -> tuple[StandingRoom, ...]:
    """The standing rooms of this world."""
    made = {
        "own-room": (HERE,),
        "open-room": (),
        "shared-room": (THERE, HERE),
        "glass-room": (THERE,),
        "room-zzforeign": (THERE,),
    }
    return tuple(
        StandingRoom(RoomName(name), name, name, "on_request", institutions)  # type: ignore[arg-type]
        for name, institutions in made.items()
    )


def recording_detail(_: object, recording: RecordingId) -> RecordingDetail:
    """The recordings of this world, in place of Recorder.detail."""
    known: dict[str, tuple[RecordingState, tuple[str, ...]]] = {
        "rec_mine": ("sealed", (MY_LOGIN, GUEST_LOGIN)),
        "rec_now": ("recording", (MY_LOGIN, GUEST_LOGIN)),
        "rec_zzforeign": ("sealed", ("somebody",)),
    }
    if recording not in known:
        raise UnknownRecording(recording)
    state, identities = known[recording]
    summary = RecordingSummary(
        recording, "own-room", "t", state, "somebody", 1, 1, identities, identities, 0, None
    )
    return RecordingDetail(summary, (), ())


async def populate(store: SqlStore) -> None:
    """Puts everything in its place."""
    await store.write(_insert_all)
    for institution in (HERE, THERE):
        acts = [Act(institution, "recording.started", f"pe_{institution}", 1, subject={"room": institution})]
        await store.record(acts * 3)


async def _insert_all(unit: Unit) -> None:
    async def put(table: Table, *rows: Mapping[str, Any]) -> None:
        await unit.connection.execute(insert(table), list(rows))

    def kept(key: str) -> list[Specimen]:
        return [each for each in SPECIMENS[key] if each.institution]

    def ids(key: str) -> list[tuple[str, str, Specimen]]:
        return [(each.path["id"], each.institution, each) for each in kept(key)]

    def word(each: Specimen, active: str = "active", ended: str = "ended") -> str:
        return {_A: active, _E: ended, _X: "erased"}[each.state]

    await put(
        t.institution,
        *(
            {"id": x, "code": f"{x} code", "name": f"{x} name", "kind": "hospital", "state": "active"}
            | {"created_at_ms": 1}
            for x in (HERE, THERE)
        ),
    )
    at = {"created_at_ms": 1}
    await put(
        t.person,
        *({"id": i, "institution": n, "name": i, "state": word(s), **at} for i, n, s in ids("/people/{id}")),
    )
    await put(
        t.device,
        *(
            {"id": i, "institution": n, "name": i, "kind": "kiosk", "state": word(s), **at}
            | ({"state": "waiting"} if "waiting" in i else {})
            for i, n, s in ids("/devices/{id}")
        ),
    )
    await put(
        t.invitation,
        *(
            {"id": i, "institution": n, "inviter": s.owner, "room": "own-room", "guest_name": i}
            | {"may_publish": True, "state": word(s), "expires_at_ms": _FAR_MS}
            for i, n, s in ids("/invitations/{id}")
        ),
    )
    await put(
        t.breakglass,
        *(
            {"id": i, "institution": n, "person": s.owner, "reason": i, "at_ms": 1, "room": "", "patient": ""}
            | {"ends_at_ms": _FAR_MS, "reviewed_at_ms": 2 if s.state is _E else None}
            for i, n, s in ids("/breakglass/{id}")
        ),
        {"id": "bg_glass", "institution": HERE, "person": ME, "reason": "", "at_ms": 1, "patient": ""}
        | {"room": "glass-room", "ends_at_ms": _FAR_MS, "reviewed_at_ms": None},
    )
    await put(
        t.patient,
        *(
            {"id": i, "institution": n, "name": i, "state": word(s), **at}
            for i, n, s in ids("/patients/{id}")
        ),
    )
    for table, key in ((t.duty_shift, "/roster/shifts/{id}"), (t.slot, "/slots/{id}")):
        await put(
            table,
            *(
                {"id": i, "institution": n, "person": ME if n == HERE else "pe_zzforeign", "from_ms": 1}
                | {"specialty": "cardiology", "until_ms": 2 if s.state is _E else _FAR_MS}
                | ({"line": 1} if table is t.duty_shift else {})
                for i, n, s in ids(key)
            ),
        )
    await put(t.consultation, *(_case_row(each) for each in kept("/consultations/{id}")))
    await put(t.ecg, *(_ecg_row(each) for each in kept("/ecgs/{id}")))
    text = current_texts()[0]
    await put(
        t.consent,
        *(
            {"id": i, "institution": n, "patient": "pt_here" if n == HERE else "pt_zzforeign"}
            | {"purpose": text.purpose, "state": word(s, "granted", "withdrawn"), "how": "voice"}
            | {"given_by": "patient", "text_sha256": text.sha256, "text_version": text.version}
            | {"recorded_by": ME, "at_ms": 1}
            for i, n, s in ids("/consents/{id}")
        ),
    )
    await put(
        t.trace_export,
        *(
            {"id": i, "institution": n, "requested_by": s.owner, "requested_at_ms": 1, "purpose": "audit"}
            | {"recipient": i, "first_sequence": 1, "last_sequence": 1, "with_personal": False}
            | {"state": word(s, "waiting", "approved")}
            for i, n, s in ids("/trace/exports/{id}")
        ),
    )
    await put(
        t.webhook,
        *(
            {"id": i, "institution": n, "url": f"https://{i}.example.org/", "secret": b"", "kinds": "[]"}
            | {"state": word(s), "created_at_ms": 1, "seen_sequence": 0}
            for i, n, s in ids("/webhooks/{id}")
        ),
    )


def _ecg_row(specimen: Specimen) -> Mapping[str, Any]:
    name, is_here = specimen.path["id"], specimen.institution == HERE
    return {
        "id": name,
        "serial": f"serial {name}",
        "institution": specimen.institution,
        "patient": "pt_here" if is_here else "pt_zzforeign",
        "case_id": "ca_asked_zzforeign" if "asked" in name else "",
        "person": "pe_colleague" if is_here else "pe_zzforeign",
        "urgency": "routine",
        "state": "ended" if specimen.state is _E else "recording",
        "created_at_ms": 1,
        "updated_at_ms": 1,
    }


def _case_row(specimen: Specimen) -> Mapping[str, Any]:
    name, is_asked = specimen.path["id"], "asked" in specimen.path["id"] or "draft" in specimen.path["id"]
    is_here = specimen.institution == HERE
    inviter = (ME if name == "ca_mine" else "pe_colleague") if is_here else "pe_zzforeign"
    state = "closed" if specimen.state is _E else "drafted" if "draft" in name else "invited"
    return {
        "id": name,
        "serial": f"serial {name}",
        "institution": specimen.institution,
        "invited_institution": HERE if is_asked else THERE,
        "patient": "pt_here" if is_here else "pt_zzforeign",
        "inviter": inviter,
        "host": inviter,
        "state": state,
        "version": 1,
        "kind": "live",
        "urgency": "routine",
        "specialty": "cardiology",
        "recording_policy": "with_consent",
        "created_at_ms": 1,
        "updated_at_ms": 1,
    }
