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

# ---- consultations: a case belongs to the inviting institution, which keeps the patient and the decision

consultation = Table(
    "consultation",
    metadata,
    Column("id", String(40), primary_key=True),  # CaseId
    Column("serial", String(40), nullable=False, unique=True),  # S-20261122-0007: what people call it
    Column("institution", ForeignKey("institution.id"), nullable=False),  # inviting
    Column("invited_institution", ForeignKey("institution.id"), nullable=False),
    Column("patient", ForeignKey("patient.id"), nullable=False, index=True),
    Column("inviter", ForeignKey("person.id"), nullable=False),
    Column("device", String(40), nullable=False, default=""),  # the kiosk it was asked from
    Column("host", ForeignKey("person.id"), nullable=False),
    Column("expert", String(40), nullable=False, default=""),  # who accepted; "" before
    Column("state", String(20), nullable=False),  # clinical/consultation.py: State
    Column("version", Integer, nullable=False),  # of the row, rising with each act: two writers meet here
    Column("kind", String(12), nullable=False),  # live | offline
    Column("urgency", String(12), nullable=False),  # emergency | urgent | routine
    Column("specialty", String(40), nullable=False),
    Column("wanted_title", String(20), nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("purpose", Text, nullable=False, default=""),
    Column("summary", Text, nullable=False, default=""),
    Column("wanted_at_ms", BigInteger),  # None: now
    Column("slot", String(40), nullable=False, default=""),
    Column("recording_policy", String(20), nullable=False),  # with_consent | never
    Column(
        "ring", Text, nullable=False, default=""
    ),  # JSON of clinical/escalation.py: Ring; "" while nobody rings
    Column("ring_due_ms", BigInteger),  # when the ring's next step is due
    Column("end_reason", String(40), nullable=False, default=""),  # of decline, timeout, cancel: a word
    Column("end_note", Text, nullable=False, default=""),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("invited_at_ms", BigInteger),
    Column("accepted_at_ms", BigInteger),
    Column("active_at_ms", BigInteger),
    Column("signed_at_ms", BigInteger),
    Column("closed_at_ms", BigInteger),
    Column("updated_at_ms", BigInteger, nullable=False),
    Index("ix_consultation_institution_updated", "institution", "updated_at_ms"),
    Index("ix_consultation_invited_updated", "invited_institution", "updated_at_ms"),
    Index("ix_consultation_state", "state", "specialty"),
    Index("ix_consultation_ring_due", "ring_due_ms"),
)

consultation_party = Table(
    # Who else sits in: multidisciplinary consultations, transfers.
    "consultation_party",
    metadata,
    Column("case_id", ForeignKey("consultation.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False, index=True),
    Column("state", String(12), nullable=False),  # invited | waiting | admitted | left | removed
    Column("added_by", String(40), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

consultation_message = Table(
    "consultation_message",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", ForeignKey("consultation.id"), nullable=False),
    Column("person", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_consultation_message_case", "case_id", "at_ms"),
)

attachment = Table(
    # A file of a case; its bytes lie in the data folder under their own hash.
    "attachment",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", ForeignKey("consultation.id"), nullable=False, index=True),
    Column("person", String(40), nullable=False),
    Column("kind", String(20), nullable=False),  # document | still | annotated_still | consent_signature
    Column("name", String(200), nullable=False),
    Column("media_type", String(60), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("replies_to", String(40), nullable=False, default=""),  # the still that was drawn upon
    Column("at_ms", BigInteger, nullable=False),
)

opinion = Table(
    "opinion",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", ForeignKey("consultation.id"), nullable=False, unique=True),
    Column("author", String(40), nullable=False),
    Column("version", Integer, nullable=False),  # of the draft
    Column("state", String(12), nullable=False),  # draft | signed
    Column("content", Text, nullable=False),  # JSON of clinical/opinion.py: Content
    Column("signed_form", LargeBinary),  # canonical JSON that was signed: opinion, attachments, ledger head
    Column("signature", LargeBinary),
    Column("key_id", String(80), nullable=False, default=""),
    Column(
        "factor", String(20), nullable=False, default=""
    ),  # totp | passkey | password: what was given to sign
    Column("adoption", String(12), nullable=False, default=""),  # full | part | none, by the treating side
    Column("adoption_items", Text, nullable=False, default=""),  # JSON: one answer an item of advice
    Column("adopted_by", String(40), nullable=False, default=""),
    Column("updated_at_ms", BigInteger, nullable=False),
    Column("signed_at_ms", BigInteger),
    Column("adopted_at_ms", BigInteger),
)

# ---- ECGs: one device's samples of one patient; the frames lie in the data folder

ecg = Table(
    "ecg",
    metadata,
    Column("id", String(40), primary_key=True),  # EcgId
    Column("serial", String(40), nullable=False, unique=True),  # E-20261122-0003: what people call it
    Column("institution", ForeignKey("institution.id"), nullable=False),  # where it is taken
    Column("patient", ForeignKey("patient.id"), nullable=False, index=True),
    Column("case_id", String(40), nullable=False, default="", index=True),  # "" for one of its own
    Column("device", String(40), nullable=False, default="", index=True),  # the gateway; "" for a file's
    Column("person", String(40), nullable=False),  # who asked for it
    Column("urgency", String(12), nullable=False),  # emergency | urgent | routine
    Column("source", String(12), nullable=False, default=""),  # device | replay | simulator | import
    Column(
        "descriptor", Text, nullable=False, default=""
    ),  # JSON of media_server/ecg/descriptor.py; "" before
    Column("state", String(12), nullable=False),  # waiting | recording | ended
    Column("extents", Text, nullable=False, default="[]"),  # JSON of signaling/ecg/inventory.py: EpochExtent
    Column("declared", Text),  # JSON of what there will ever be; null before the gateway has said
    Column("is_complete", Boolean, nullable=False, default=False),
    Column("missing_ms", BigInteger, nullable=False, default=0),
    Column("gap_count", Integer, nullable=False, default=0),
    Column("late_ms", BigInteger, nullable=False, default=0),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("started_at_ms", BigInteger),
    Column("ended_at_ms", BigInteger),
    Column("updated_at_ms", BigInteger, nullable=False),
    Column("heard_at_ms", BigInteger, nullable=False, default=0),  # its gateway, of this ECG
    Column(
        "missing", Text, nullable=False, default="[]"
    ),  # JSON of signaling/ecg/given_up.py: MissingStretch
    Column("given_up", Text),  # JSON of the same: GivenUp; null unless the rest was declared lost
    Index("ix_ecg_institution_created", "institution", "created_at_ms"),
)

ecg_report = Table(
    # One of an ECG; its strips, statements and text as they are written now.
    "ecg_report",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("ecg_id", ForeignKey("ecg.id"), nullable=False, unique=True),
    Column("institution", ForeignKey("institution.id"), nullable=False),  # the one that reads it
    Column("author", String(40), nullable=False),  # who wrote last
    Column("state", String(12), nullable=False),  # clinical/ecg_report.py: ReportState
    Column("version", Integer, nullable=False),  # rises when a signed one is opened again
    Column("revision", Integer, nullable=False),  # rises with each write
    Column("content", Text, nullable=False),  # JSON of clinical/ecg_report.py: ReportContent
    Column("reason", Text, nullable=False, default=""),  # why it was returned or is being amended
    Column("created_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    Index("ix_ecg_report_institution_state", "institution", "state"),
)

ecg_report_signature = Table(
    # Only ever added to: what was signed stays readable.
    "ecg_report_signature",
    metadata,
    Column("report", ForeignKey("ecg_report.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("step", String(8), nullable=False),  # report | review
    Column("version", Integer, nullable=False),
    Column("person", String(40), nullable=False),
    Column("signed_form", LargeBinary, nullable=False),  # canonical JSON: samples' hashes, marks, text, heads
    Column("signature", LargeBinary, nullable=False),
    Column("key_id", String(80), nullable=False),
    Column("factor", String(20), nullable=False),  # totp | passkey | password
    Column("signed_at_ms", BigInteger, nullable=False),
)

ecg_critical = Table(
    # A critical value that was marked; the newest of an ECG counts.
    "ecg_critical",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("ecg_id", ForeignKey("ecg.id"), nullable=False),
    Column("number", Integer, nullable=False),  # of the ECG's, from 1
    Column("institution", ForeignKey("institution.id"), nullable=False),  # the treating side
    Column("reading_institution", ForeignKey("institution.id"), nullable=False),
    Column("state", String(12), nullable=False),  # calling | acknowledged | withdrawn
    Column("call", Text, nullable=False),  # JSON of clinical/critical_value.py: CriticalCall
    Column("due_ms", BigInteger, index=True),  # when its next step is due; null once it has ended
    Column("marked_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    UniqueConstraint("ecg_id", "number"),
    Index("ix_ecg_critical_state", "state", "institution"),
)

# ---- who is on duty, and when somebody can be had

duty_shift = Table(
    "duty_shift",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False),
    Column("specialty", String(40), nullable=False),
    Column("line", Integer, nullable=False),  # 1 first, 2 second
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Index("ix_duty_shift_place", "institution", "specialty", "until_ms"),
)

duty_phone = Table(
    "duty_phone",
    metadata,
    Column("institution", ForeignKey("institution.id"), primary_key=True),
    Column("specialty", String(40), primary_key=True),
    Column("phone", String(40), nullable=False),
)

slot = Table(
    # A time that can be booked with a specialist.
    "slot",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("institution", ForeignKey("institution.id"), nullable=False),
    Column("specialty", String(40), nullable=False),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("case_id", String(40), nullable=False, default=""),  # booked by
    Index("ix_slot_place", "institution", "specialty", "from_ms"),
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
