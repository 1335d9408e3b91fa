"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Takes the tables to this step."""
    op.create_table(
        "chain",
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("institution", name=op.f("pk_chain")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("institution", "size", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "cosignature",
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("key_name", sa.String(length=100), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution", "size", "key_name", name=op.f("pk_cosignature")),
    )
    op.create_table(
        "event",
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("patient", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("institution", "sequence", name=op.f("pk_event")),
    )
    op.create_index("ix_event_actor", "event", ["institution", "actor", "at_ms", "sequence"], unique=False)
    op.create_index(
        "ix_event_actor_kind", "event", ["institution", "actor", "kind", "at_ms", "sequence"], unique=False
    )
    op.create_index("ix_event_case", "event", ["institution", "case_id", "at_ms", "sequence"], unique=False)
    op.create_index("ix_event_kind", "event", ["institution", "kind", "at_ms", "sequence"], unique=False)
    op.create_index("ix_event_newest", "event", ["institution", "at_ms", "sequence"], unique=False)
    op.create_index(
        "ix_event_patient", "event", ["institution", "patient", "at_ms", "sequence"], unique=False
    )
    op.create_table(
        "institution",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution")),
        sa.UniqueConstraint("code", name=op.f("uq_institution_code")),
    )
    op.create_table(
        "one_time_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_one_time_code")),
    )
    op.create_table(
        "personal_field",
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("patient", sa.String(length=40), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("erased_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("institution", "sequence", "name", name=op.f("pk_personal_field")),
    )
    op.create_index(op.f("ix_personal_field_patient"), "personal_field", ["patient"], unique=False)
    op.create_table(
        "time_stamp",
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution", "size", name=op.f("pk_time_stamp")),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("key_algorithm", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("seen_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("clock_error_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_device_institution")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_index(op.f("ix_device_institution"), "device", ["institution"], unique=False)
    op.create_table(
        "duty_phone",
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("specialty", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_duty_phone_institution")),
        sa.PrimaryKeyConstraint("institution", "specialty", name=op.f("pk_duty_phone")),
    )
    op.create_table(
        "institution_setting",
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution"], ["institution.id"], name=op.f("fk_institution_setting_institution")
        ),
        sa.PrimaryKeyConstraint("institution", "name", name=op.f("pk_institution_setting")),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("card_number", sa.String(length=60), nullable=False),
        sa.Column("sex", sa.String(length=10), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_patient_institution")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
    )
    op.create_index(op.f("ix_patient_institution"), "patient", ["institution"], unique=False)
    op.create_index("ix_patient_institution_name", "patient", ["institution", "name"], unique=False)
    op.create_index(
        "uq_patient_institution_card_number",
        "patient",
        ["institution", "card_number"],
        unique=True,
        sqlite_where=sa.text("card_number <> ''"),
        postgresql_where=sa.text("card_number <> ''"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("specialty", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_person_institution")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_institution"), "person", ["institution"], unique=False)
    op.create_table(
        "trace_export",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("requested_by", sa.String(length=40), nullable=False),
        sa.Column("requested_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("purpose_note", sa.Text(), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("first_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("with_personal", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=False),
        sa.Column("decided_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["institution"], ["institution.id"], name=op.f("fk_trace_export_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_export")),
    )
    op.create_index(op.f("ix_trace_export_institution"), "trace_export", ["institution"], unique=False)
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_sequence", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_webhook_institution")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_institution"), "webhook", ["institution"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("password_set_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("wrong_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("oidc_issuer", sa.String(length=200), nullable=True),
        sa.Column("oidc_subject", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_account_institution")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_account_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
        sa.UniqueConstraint("oidc_issuer", "oidc_subject", name=op.f("uq_account_oidc_issuer_oidc_subject")),
        sa.UniqueConstraint("person", name=op.f("uq_account_person")),
    )
    op.create_table(
        "breakglass",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("patient", sa.String(length=40), nullable=False),
        sa.Column("room", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("reviewed_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("reviewer", sa.String(length=40), nullable=True),
        sa.Column("finding", sa.String(length=20), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_breakglass_institution")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_breakglass_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breakglass")),
    )
    op.create_index(op.f("ix_breakglass_institution"), "breakglass", ["institution"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("patient", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("given_by", sa.String(length=20), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=False),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_consent_institution")),
        sa.ForeignKeyConstraint(["patient"], ["patient.id"], name=op.f("fk_consent_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_patient"), "consent", ["patient"], unique=False)
    op.create_table(
        "consultation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("invited_institution", sa.String(length=40), nullable=False),
        sa.Column("patient", sa.String(length=40), nullable=False),
        sa.Column("inviter", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("host", sa.String(length=40), nullable=False),
        sa.Column("expert", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("urgency", sa.String(length=12), nullable=False),
        sa.Column("specialty", sa.String(length=40), nullable=False),
        sa.Column("wanted_title", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("wanted_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("slot", sa.String(length=40), nullable=False),
        sa.Column("recording_policy", sa.String(length=20), nullable=False),
        sa.Column("ring", sa.Text(), nullable=False),
        sa.Column("ring_due_ms", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.String(length=40), nullable=False),
        sa.Column("end_note", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("invited_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("active_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("signed_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["host"], ["person.id"], name=op.f("fk_consultation_host")),
        sa.ForeignKeyConstraint(
            ["institution"], ["institution.id"], name=op.f("fk_consultation_institution")
        ),
        sa.ForeignKeyConstraint(
            ["invited_institution"], ["institution.id"], name=op.f("fk_consultation_invited_institution")
        ),
        sa.ForeignKeyConstraint(["inviter"], ["person.id"], name=op.f("fk_consultation_inviter")),
        sa.ForeignKeyConstraint(["patient"], ["patient.id"], name=op.f("fk_consultation_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
        sa.UniqueConstraint("serial", name=op.f("uq_consultation_serial")),
    )
    op.create_index(
        "ix_consultation_institution_updated", "consultation", ["institution", "updated_at_ms"], unique=False
    )
    op.create_index(
        "ix_consultation_invited_updated",
        "consultation",
        ["invited_institution", "updated_at_ms"],
        unique=False,
    )
    op.create_index(op.f("ix_consultation_patient"), "consultation", ["patient"], unique=False)
    op.create_index("ix_consultation_ring_due", "consultation", ["ring_due_ms"], unique=False)
    op.create_index("ix_consultation_state", "consultation", ["state", "specialty"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("webhook", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("order_key", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("given_up_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["webhook"], ["webhook.id"], name=op.f("fk_delivery_webhook")),
        sa.PrimaryKeyConstraint("webhook", "institution", "sequence", name=op.f("pk_delivery")),
    )
    op.create_index("ix_delivery_due", "delivery", ["webhook", "given_up_at_ms", "next_at_ms"], unique=False)
    op.create_index("ix_delivery_order", "delivery", ["webhook", "order_key", "sequence"], unique=False)
    op.create_table(
        "duty_shift",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("specialty", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_duty_shift_institution")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_duty_shift_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_shift")),
    )
    op.create_index(
        "ix_duty_shift_place", "duty_shift", ["institution", "specialty", "until_ms"], unique=False
    )
    op.create_table(
        "ecg",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("patient", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("urgency", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("descriptor", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("extents", sa.Text(), nullable=False),
        sa.Column("declared", sa.Text(), nullable=True),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("missing_ms", sa.BigInteger(), nullable=False),
        sa.Column("gap_count", sa.Integer(), nullable=False),
        sa.Column("late_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("heard_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("given_up", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_ecg_institution")),
        sa.ForeignKeyConstraint(["patient"], ["patient.id"], name=op.f("fk_ecg_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ecg")),
        sa.UniqueConstraint("serial", name=op.f("uq_ecg_serial")),
    )
    op.create_index(op.f("ix_ecg_case_id"), "ecg", ["case_id"], unique=False)
    op.create_index(op.f("ix_ecg_device"), "ecg", ["device"], unique=False)
    op.create_index("ix_ecg_institution_created", "ecg", ["institution", "created_at_ms"], unique=False)
    op.create_index(op.f("ix_ecg_patient"), "ecg", ["patient"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("inviter", sa.String(length=40), nullable=False),
        sa.Column("room", sa.String(length=100), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("guest_name", sa.String(length=100), nullable=False),
        sa.Column("may_publish", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_invitation_institution")),
        sa.ForeignKeyConstraint(["inviter"], ["person.id"], name=op.f("fk_invitation_inviter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
    )
    op.create_index(op.f("ix_invitation_institution"), "invitation", ["institution"], unique=False)
    op.create_table(
        "licence",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("valid_until_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_licence_institution")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_licence_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence")),
        sa.UniqueConstraint("number", name=op.f("uq_licence_number")),
    )
    op.create_index(op.f("ix_licence_person"), "licence", ["person"], unique=False)
    op.create_table(
        "person_role",
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_person_role_person")),
        sa.PrimaryKeyConstraint("person", "role", name=op.f("pk_person_role")),
    )
    op.create_table(
        "slot",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("specialty", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_slot_institution")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_slot_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
    )
    op.create_index("ix_slot_place", "slot", ["institution", "specialty", "from_ms"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("replies_to", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["consultation.id"], name=op.f("fk_attachment_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_case_id"), "attachment", ["case_id"], unique=False)
    op.create_table(
        "consultation_message",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["consultation.id"], name=op.f("fk_consultation_message_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_message")),
    )
    op.create_index(
        "ix_consultation_message_case", "consultation_message", ["case_id", "at_ms"], unique=False
    )
    op.create_table(
        "consultation_party",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("added_by", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["consultation.id"], name=op.f("fk_consultation_party_case_id")),
        sa.ForeignKeyConstraint(
            ["institution"], ["institution.id"], name=op.f("fk_consultation_party_institution")
        ),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_consultation_party_person")),
        sa.PrimaryKeyConstraint("case_id", "person", name=op.f("pk_consultation_party")),
    )
    op.create_index(
        op.f("ix_consultation_party_institution"), "consultation_party", ["institution"], unique=False
    )
    op.create_table(
        "ecg_critical",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("ecg_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("reading_institution", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=True),
        sa.Column("marked_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ecg_id"], ["ecg.id"], name=op.f("fk_ecg_critical_ecg_id")),
        sa.ForeignKeyConstraint(
            ["institution"], ["institution.id"], name=op.f("fk_ecg_critical_institution")
        ),
        sa.ForeignKeyConstraint(
            ["reading_institution"], ["institution.id"], name=op.f("fk_ecg_critical_reading_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ecg_critical")),
        sa.UniqueConstraint("ecg_id", "number", name=op.f("uq_ecg_critical_ecg_id_number")),
    )
    op.create_index(op.f("ix_ecg_critical_due_ms"), "ecg_critical", ["due_ms"], unique=False)
    op.create_index("ix_ecg_critical_state", "ecg_critical", ["state", "institution"], unique=False)
    op.create_table(
        "ecg_report",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("ecg_id", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("author", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ecg_id"], ["ecg.id"], name=op.f("fk_ecg_report_ecg_id")),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_ecg_report_institution")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ecg_report")),
        sa.UniqueConstraint("ecg_id", name=op.f("uq_ecg_report_ecg_id")),
    )
    op.create_index("ix_ecg_report_institution_state", "ecg_report", ["institution", "state"], unique=False)
    op.create_table(
        "opinion",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("author", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("signed_form", sa.LargeBinary(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.String(length=80), nullable=False),
        sa.Column("factor", sa.String(length=20), nullable=False),
        sa.Column("adoption", sa.String(length=12), nullable=False),
        sa.Column("adoption_items", sa.Text(), nullable=False),
        sa.Column("adopted_by", sa.String(length=40), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("signed_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("adopted_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["consultation.id"], name=op.f("fk_opinion_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
        sa.UniqueConstraint("case_id", name=op.f("uq_opinion_case_id")),
    )
    op.create_table(
        "passkey",
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("added_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_passkey_account")),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_passkey")),
    )
    op.create_index(op.f("ix_passkey_account"), "passkey", ["account"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=True),
        sa.Column("device", sa.String(length=40), nullable=True),
        sa.Column("assurance", sa.Integer(), nullable=False),
        sa.Column("opened_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_session_account")),
        sa.ForeignKeyConstraint(["device"], ["device.id"], name=op.f("fk_session_device")),
        sa.ForeignKeyConstraint(["institution"], ["institution.id"], name=op.f("fk_session_institution")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_session_digest")),
    )
    op.create_index(op.f("ix_session_account"), "session", ["account"], unique=False)
    op.create_index(op.f("ix_session_device"), "session", ["device"], unique=False)
    op.create_table(
        "ecg_report_signature",
        sa.Column("report", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("signed_form", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=80), nullable=False),
        sa.Column("factor", sa.String(length=20), nullable=False),
        sa.Column("signed_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["ecg_report.id"], name=op.f("fk_ecg_report_signature_report")),
        sa.PrimaryKeyConstraint("report", "number", name=op.f("pk_ecg_report_signature")),
    )


def downgrade() -> None:
    """Takes the tables back to the step before."""
    op.drop_table("ecg_report_signature")
    op.drop_index(op.f("ix_session_device"), table_name="session")
    op.drop_index(op.f("ix_session_account"), table_name="session")
    op.drop_table("session")
    op.drop_index(op.f("ix_passkey_account"), table_name="passkey")
    op.drop_table("passkey")
    op.drop_table("opinion")
    op.drop_index("ix_ecg_report_institution_state", table_name="ecg_report")
    op.drop_table("ecg_report")
    op.drop_index("ix_ecg_critical_state", table_name="ecg_critical")
    op.drop_index(op.f("ix_ecg_critical_due_ms"), table_name="ecg_critical")
    op.drop_table("ecg_critical")
    op.drop_index(op.f("ix_consultation_party_institution"), table_name="consultation_party")
    op.drop_table("consultation_party")
    op.drop_index("ix_consultation_message_case", table_name="consultation_message")
    op.drop_table("consultation_message")
    op.drop_index(op.f("ix_attachment_case_id"), table_name="attachment")
    op.drop_table("attachment")
    op.drop_index("ix_slot_place", table_name="slot")
    op.drop_table("slot")
    op.drop_table("person_role")
    op.drop_index(op.f("ix_licence_person"), table_name="licence")
    op.drop_table("licence")
    op.drop_index(op.f("ix_invitation_institution"), table_name="invitation")
    op.drop_table("invitation")
    op.drop_index(op.f("ix_ecg_patient"), table_name="ecg")
    op.drop_index("ix_ecg_institution_created", table_name="ecg")
    op.drop_index(op.f("ix_ecg_device"), table_name="ecg")
    op.drop_index(op.f("ix_ecg_case_id"), table_name="ecg")
    op.drop_table("ecg")
    op.drop_index("ix_duty_shift_place", table_name="duty_shift")
    op.drop_table("duty_shift")
    op.drop_index("ix_delivery_order", table_name="delivery")
    op.drop_index("ix_delivery_due", table_name="delivery")
    op.drop_table("delivery")
    op.drop_index("ix_consultation_state", table_name="consultation")
    op.drop_index("ix_consultation_ring_due", table_name="consultation")
    op.drop_index(op.f("ix_consultation_patient"), table_name="consultation")
    op.drop_index("ix_consultation_invited_updated", table_name="consultation")
    op.drop_index("ix_consultation_institution_updated", table_name="consultation")
    op.drop_table("consultation")
    op.drop_index(op.f("ix_consent_patient"), table_name="consent")
    op.drop_table("consent")
    op.drop_index(op.f("ix_breakglass_institution"), table_name="breakglass")
    op.drop_table("breakglass")
    op.drop_table("account")
    op.drop_index(op.f("ix_webhook_institution"), table_name="webhook")
    op.drop_table("webhook")
    op.drop_index(op.f("ix_trace_export_institution"), table_name="trace_export")
    op.drop_table("trace_export")
    op.drop_index(op.f("ix_person_institution"), table_name="person")
    op.drop_table("person")
    op.drop_index(
        "uq_patient_institution_card_number",
        table_name="patient",
        sqlite_where=sa.text("card_number <> ''"),
        postgresql_where=sa.text("card_number <> ''"),
    )
    op.drop_index("ix_patient_institution_name", table_name="patient")
    op.drop_index(op.f("ix_patient_institution"), table_name="patient")
    op.drop_table("patient")
    op.drop_table("institution_setting")
    op.drop_table("duty_phone")
    op.drop_index(op.f("ix_device_institution"), table_name="device")
    op.drop_table("device")
    op.drop_table("time_stamp")
    op.drop_index(op.f("ix_personal_field_patient"), table_name="personal_field")
    op.drop_table("personal_field")
    op.drop_table("one_time_code")
    op.drop_table("institution")
    op.drop_index("ix_event_patient", table_name="event")
    op.drop_index("ix_event_newest", table_name="event")
    op.drop_index("ix_event_kind", table_name="event")
    op.drop_index("ix_event_case", table_name="event")
    op.drop_index("ix_event_actor_kind", table_name="event")
    op.drop_index("ix_event_actor", table_name="event")
    op.drop_table("event")
    op.drop_table("cosignature")
    op.drop_table("checkpoint")
    op.drop_table("chain")
