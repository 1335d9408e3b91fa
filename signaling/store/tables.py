"""The tables. Times are milliseconds since the Unix epoch; ids are those of clinical/ids.py; enumerations are
words.

A change here needs its step: ``python -m signaling.store.migrations "Add …"`` (until the first release:
``--first``, which writes the first step anew).

Every table that holds something of an institution names it, and every query asks for it (reliability.md,
threat 8).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# ---- who

institution = Table(
    "institution",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("code", String(40), nullable=False, unique=True),  # 机构代码
    Column("name", String(200), nullable=False),
    Column("kind", String(20), nullable=False),  # hospital | township_clinic | ambulance_station
    Column("state", String(12), nullable=False),  # active | ended
    Column("created_at_ms", BigInteger, nullable=False),
)

institution_setting = Table(
    "institution_setting",
    metadata,
    Column("institution", ForeignKey("institution.id"), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("value", String(200), nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("title", String(60), nullable=False, default=""),  # 职称
    Column("specialty", String(60), nullable=False, default=""),
    Column("phone", String(40), nullable=False, default=""),
    Column("state", String(12), nullable=False),  # active | ended (suspended)
    Column("created_at_ms", BigInteger, nullable=False),
)

person_role = Table(
    "person_role",
    metadata,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("role", String(20), primary_key=True),
)

licence = Table(
    "licence",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
    Column("number", String(60), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),  # physician | nurse | technician
    Column("valid_until_ms", BigInteger, nullable=False),
    Column("ended_at_ms", BigInteger),
)

account = Table(
    "account",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False),
    Column("person", ForeignKey("person.id"), nullable=False, unique=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False, default=""),  # "" until the first password is set
    Column("password_set_at_ms", BigInteger),
    Column("totp_secret", LargeBinary),  # sealed with the store's key (secret_box.py)
    Column("totp_last_step", BigInteger, nullable=False, default=0),
    Column("wrong_tries", Integer, nullable=False, default=0),
    Column("wrong_at_ms", BigInteger, nullable=False, default=0),
    Column("oidc_issuer", String(200)),
    Column("oidc_subject", String(200)),
    UniqueConstraint("oidc_issuer", "oidc_subject"),
)

passkey = Table(
    "passkey",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("account", ForeignKey("account.id"), nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(60), nullable=False),
    Column("added_at_ms", BigInteger, nullable=False),
)

one_time_code = Table(
    # First administrator, activation, password reset, device enrolment, invitation: used once.
    "one_time_code",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the code, hex
    Column("purpose", String(20), nullable=False),
    Column("institution", String(40), nullable=False, default=""),
    Column("subject", String(40), nullable=False, default=""),  # account, device or invitation it is for
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("used_at_ms", BigInteger),
)

session = Table(
    "session",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of its secret, hex
    Column("institution", ForeignKey("institution.id"), nullable=False),
    Column("account", ForeignKey("account.id"), index=True),
    Column("device", ForeignKey("device.id"), index=True),
    Column("assurance", Integer, nullable=False),
    Column("opened_at_ms", BigInteger, nullable=False),
    Column("seen_at_ms", BigInteger, nullable=False),
    Column("ends_at_ms", BigInteger, nullable=False),
)

device = Table(
    "device",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("kind", String(20), nullable=False),  # kiosk | ambulance | gateway
    Column("public_key", LargeBinary),  # raw Ed25519 or SPKI P-256, once enrolled
    Column("key_algorithm", String(20), nullable=False, default=""),
    Column("state", String(12), nullable=False),  # waiting | active | ended
    Column("created_at_ms", BigInteger, nullable=False),
    Column("enrolled_at_ms", BigInteger),
    Column("seen_at_ms", BigInteger),
    Column("clock_offset_ms", BigInteger),
    Column("clock_error_ms", BigInteger),
)

invitation = Table(
    "invitation",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False, index=True),
    Column("inviter", ForeignKey("person.id"), nullable=False),
    Column("room", String(100), nullable=False),
    Column("case_id", String(40), nullable=False, default=""),
    Column("guest_name", String(100), nullable=False),
    Column("may_publish", Boolean, nullable=False),
    Column("state", String(12), nullable=False),  # active | used | ended
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("used_at_ms", BigInteger),
)

# ---- care

patient = Table(
    "patient",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False, index=True),
    Column("name", String(100), nullable=False),  # "" once erased
    Column("card_number", String(60), nullable=False, default=""),
    Column("sex", String(10), nullable=False, default="unknown"),  # FHIR administrative-gender
    Column("birth_year", Integer),
    Column("state", String(12), nullable=False),  # active | erased
    Column("created_at_ms", BigInteger, nullable=False),
    Index("ix_patient_institution_name", "institution", "name"),
    # One card, one patient of an institution; those without a card are many.
    Index(
        "uq_patient_institution_card_number",
        "institution",
        "card_number",
        unique=True,
        sqlite_where=text("card_number <> ''"),
        postgresql_where=text("card_number <> ''"),
    ),
)

consent = Table(
    "consent",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False),
    Column("patient", ForeignKey("patient.id"), nullable=False, index=True),
    Column("case_id", String(40), nullable=False, default=""),
    Column("purpose", String(20), nullable=False),  # consultation | recording | sharing | teaching
    Column("state", String(12), nullable=False),  # granted | declined | withdrawn
    Column("how", String(20), nullable=False),  # screen_signature | voice | emergency
    Column("given_by", String(20), nullable=False),  # patient | guardian | relative | nobody (emergency)
    Column("text_sha256", String(64), nullable=False),
    Column("text_version", String(40), nullable=False),
    Column("evidence_sha256", String(64), nullable=False, default=""),  # of the signature image or voice clip
    Column("recorded_by", String(40), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("withdrawn_at_ms", BigInteger),
)

breakglass = Table(
    "breakglass",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False, index=True),  # whose
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("patient", String(40), nullable=False, default=""),
    Column("room", String(100), nullable=False, default=""),
    Column("reason", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("ends_at_ms", BigInteger, nullable=False),
    Column("reviewed_at_ms", BigInteger),
    Column("reviewer", String(40)),
    Column("finding", String(20)),  # justified | unjustified
    Column("review_note", Text),
)

trace_export = Table(
    # An evidence package somebody asked for; a second person decides.
    "trace_export",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False, index=True),  # whose chain
    Column("requested_by", String(40), nullable=False),
    Column("requested_at_ms", BigInteger, nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("purpose_note", Text, nullable=False, default=""),
    Column("recipient", String(200), nullable=False),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("with_personal", Boolean, nullable=False),
    Column("state", String(12), nullable=False),  # waiting | approved | refused
    Column("decided_by", String(40), nullable=False, default=""),
    Column("decided_at_ms", BigInteger),
)

# ---- the ledger

chain = Table(
    # The end of each institution's chain; its row is what two writers meet at.
    "chain",
    metadata,
    Column("institution", String(40), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),  # hash of the last event
    Column("frontier", LargeBinary, nullable=False),  # Merkle subtree roots, left to right, 32 bytes each
)

event = Table(
    "event",
    metadata,
    Column("institution", String(40), primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", String(60), nullable=False),
    Column("actor", String(40), nullable=False),
    Column("patient", String(40), nullable=False, default=""),
    Column("case_id", String(40), nullable=False, default=""),
    Column("line", LargeBinary, nullable=False),  # canonical JSON: the event itself
    Column("hash", LargeBinary, nullable=False),
    # What the trace is searched by. Each ends in time and sequence, the order of the answer: whatever is
    # asked for, a page of the newest is a short walk along one index, without a sort
    # (load_tests/trace_search).
    Index("ix_event_newest", "institution", "at_ms", "sequence"),
    Index("ix_event_kind", "institution", "kind", "at_ms", "sequence"),
    Index("ix_event_actor", "institution", "actor", "at_ms", "sequence"),
    Index("ix_event_actor_kind", "institution", "actor", "kind", "at_ms", "sequence"),
    Index("ix_event_patient", "institution", "patient", "at_ms", "sequence"),
    Index("ix_event_case", "institution", "case_id", "at_ms", "sequence"),
)

personal_field = Table(
    # Beside the chain: erasing a row's salt and value leaves the commitment in the chain as it was.
    "personal_field",
    metadata,
    Column("institution", String(40), primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("patient", String(40), nullable=False, default="", index=True),
    Column("salt", LargeBinary),
    Column("value", Text),
    Column("erased_at_ms", BigInteger),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("institution", String(40), primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("note", Text, nullable=False),  # the signed note (C2SP signed-note)
)

cosignature = Table(
    "cosignature",
    metadata,
    Column("institution", String(40), primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("key_name", String(100), primary_key=True),
    Column("line", Text, nullable=False),
    Column("received_at_ms", BigInteger, nullable=False),
)

time_stamp = Table(
    "time_stamp",
    metadata,
    Column("institution", String(40), primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("token", LargeBinary, nullable=False),  # RFC 3161 TimeStampToken, DER
    Column("received_at_ms", BigInteger, nullable=False),
)

# ---- telling others

webhook = Table(
    "webhook",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False, index=True),
    Column("url", String(500), nullable=False),
    Column("secret", LargeBinary, nullable=False),  # sealed with the store's key
    Column("kinds", Text, nullable=False),  # JSON list of event kinds; [] for all
    Column("state", String(12), nullable=False),  # active | ended
    Column("created_at_ms", BigInteger, nullable=False),
    Column("seen_sequence", BigInteger, nullable=False),  # up to here the chain has been looked through
    Column("delivered_at_ms", BigInteger),  # the last one
)

delivery = Table(
    # What is still to be told. An event is owed from its commit on, by the chain itself and the webhook's
    # seen_sequence; its row is made from there, and goes once it has arrived.
    "delivery",
    metadata,
    Column("webhook", ForeignKey("webhook.id"), primary_key=True),
    Column("institution", String(40), primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("order_key", String(40), nullable=False),  # the case: one after the other; "" for any order
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at_ms", BigInteger, nullable=False),
    Column("given_up_at_ms", BigInteger),
    Index("ix_delivery_due", "webhook", "given_up_at_ms", "next_at_ms"),
    Index("ix_delivery_order", "webhook", "order_key", "sequence"),
)
