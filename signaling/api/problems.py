"""Refusals as the API answers them: problem+json (RFC 9457) with a stable code, one sentence, and the facts.

Every code has one status here and one sentence ``api.<code>`` in each catalogue, with facts in braces.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from signaling.messages import Language, say

MEDIA_TYPE: Final = "application/problem+json"
STATUSES: Final[Mapping[str, int]] = {
    # ---- any request
    "bad_request": 400,
    "too_long": 400,
    "signed_out": 401,
    "token_refused": 401,
    "second_factor_needed": 403,
    "not_permitted": 403,
    "origin_refused": 403,
    "not_found": 404,
    "method_unknown": 405,
    "state_refused": 409,
    "body_too_large": 413,
    "content_type_wrong": 415,
    "too_many": 429,
    "internal": 500,
    "unavailable": 503,
    "store_unavailable": 503,
    # ---- rooms and recordings
    "room_not_open": 404,
    "recording_missing": 404,
    "media_missing": 404,
    "already_recording": 409,
    "not_recording": 409,
    "media_unready": 409,
    "recording_unavailable": 503,
    # ---- session
    "password_wrong": 401,
    "account_locked": 423,
    "account_suspended": 403,
    "sign_in_busy": 503,
    "already_signed_in": 409,
    "code_wrong": 401,
    "passkey_wrong": 401,
    "passkey_needs_name": 409,
    "passkey_known": 409,
    "too_many_passkeys": 409,
    "challenge_gone": 409,
    "second_factor_unknown": 409,
    "last_second_factor": 409,
    "totp_enrolled": 409,
    "password_short": 400,
    "password_is_login": 400,
    "password_common": 400,
    "password_unchanged": 400,
    "code_spent": 403,
    "oidc_not_offered": 404,
    "oidc_refused": 403,
    "oidc_unlinked": 403,
    "oidc_taken": 409,
    "oidc_unreachable": 503,
    # ---- institutions and people
    "institution_taken": 409,
    "institution_missing": 400,
    "institution_known": 400,
    "login_form": 400,
    "login_taken": 409,
    "account_exists": 409,
    "account_missing": 404,
    "role_not_for_people": 400,
    "roles_conflict": 409,
    "last_administrator": 409,
    "licence_over": 400,
    "licence_taken": 409,
    "licence_ended": 409,
    "too_many_licences": 409,
    # ---- devices, invitations, break-glass
    "device_state": 409,
    "device_code_wrong": 403,
    "device_key_unusable": 400,
    "device_key_known": 409,
    "device_proof_wrong": 401,
    "device_clock_off": 409,
    "room_no_place": 403,
    "licence_expired": 403,
    "licence_missing": 403,
    "invitation_unknown": 404,
    "invitation_used": 410,
    "invitation_expired": 410,
    "invitation_revoked": 410,
    "breakglass_reason_short": 400,
    "breakglass_unneeded": 409,
    "breakglass_own": 403,
    "breakglass_reviewed": 409,
    # ---- settings, webhooks, the ledger's proof
    "upgrade_needed": 400,
    "connections_full": 503,
    "setting_value_wrong": 400,
    "webhook_address_refused": 400,
    "webhooks_too_many": 409,
    "cosignature_wrong": 400,
    "checkpoint_missing": 404,
    "cosigned_already": 409,
    "ledger_check_busy": 409,
    # ---- patients, consents, the trace
    "card_number_taken": 409,
    "patient_under_review": 409,
    "consent_unchanged": 409,
    "consent_withdraw_instead": 409,
    "consent_emergency_refused": 409,
    "consent_not_standing": 409,
    "consent_giver_wrong": 400,
    "consent_giver_unnamed": 400,
    "consent_signature_missing": 400,
    "consent_teaching_emergency": 400,
    "consent_emergency_decline": 400,
    "consent_text_unknown": 400,
    "consent_purpose_twice": 400,
    # ---- consultations
    "consultation_state": 409,
    "consultation_incomplete": 400,
    "consultation_consent_missing": 409,
    "consultation_reason_missing": 400,
    "consultation_taken": 409,
    "consultation_not_called": 409,
    "consultation_no_backup": 409,
    "consultation_offline": 409,
    "specialty_unknown": 400,
    "title_unknown": 400,
    "slot_unknown": 400,
    "slot_taken": 409,
    "transfer_person_unfit": 409,
    "room_waiting": 409,
    "room_full": 409,
    "party_unfit": 409,
    "party_known": 409,
    "party_unknown": 409,
    "party_not_waiting": 409,
    "party_is_host": 409,
    "host_unfit": 409,
    "consultation_full": 409,
    "attachment_unreadable": 400,
    "attachment_type_wrong": 415,
    "attachment_kind_wrong": 400,
    "attachment_missing": 400,
    "attachment_altered": 500,
    "attachments_full": 409,
    # ---- ECGs
    "ecg_gateway_unknown": 400,
    "ecg_gateway_away": 409,
    "ecg_gateway_unclear": 409,
    "ecg_gateway_busy": 409,
    "ecg_not_a_gateway": 403,
    "ecg_case_unfit": 409,
    "ecg_state": 409,
    "ecg_not_missing": 409,
    "ecg_gateway_recent": 409,
    "ecg_range_wrong": 400,
    "ecg_import_busy": 503,
    "ecg_file_kind_unknown": 415,
    "ecg_file_part_missing": 400,
    "ecg_file_too_large": 413,
    "ecg_file_truncated": 400,
    "ecg_file_malformed": 400,
    "ecg_file_unsupported": 400,
    "ecg_file_checksum_wrong": 400,
    "ecg_file_rate_unsuitable": 400,
    "ecg_file_resolution_unsuitable": 400,
    "ecg_file_value_unsuitable": 400,
    "ecg_file_no_leads": 400,
    "ecg_file_too_many_leads": 400,
    "ecg_export_empty": 409,
    "ecg_export_leads_differ": 409,
    "ecg_export_too_long": 409,
    "ecg_export_out_of_range": 409,
    "ecg_export_value_too_large": 409,
    "ecg_export_rate": 409,
    "ecg_export_resolution": 409,
    "ecg_export_leads": 409,
    # ---- duty roster and slots
    "shift_ends_early": 400,
    "shift_too_long": 400,
    "shift_specialty_unknown": 400,
    "shift_person_twice": 409,
    "person_no_expert": 409,
    "roster_full": 409,
    "roster_range_wrong": 400,
    "roster_too_long": 400,
    "roster_not_taken": 400,
    "phone_unreadable": 400,
    "phone_twice": 400,
    "slot_too_long": 400,
    "slot_past": 409,
    "slot_overlaps": 409,
    "slot_booked": 409,
    "opinion_missing": 404,
    "opinion_changed": 409,
    "opinion_altered": 409,
    "opinion_incomplete": 409,
    "opinion_too_long": 400,
    "adoption_items_wrong": 400,
    "adoption_contradicts": 400,
    "adoption_reason_missing": 400,
    "ecg_report_missing": 404,
    "ecg_report_state": 409,
    "ecg_report_changed": 409,
    "ecg_report_altered": 409,
    "ecg_report_incomplete": 409,
    "ecg_report_strip_wrong": 400,
    "ecg_report_statement_unknown": 400,
    "ecg_report_too_long": 400,
    "ecg_report_reason_missing": 400,
    "ecg_report_same_person": 409,
    "ecg_unreadable": 500,
    "critical_value_calling": 409,
    "critical_value_ended": 409,
    "critical_value_own": 409,
    "critical_value_name_missing": 400,
    "critical_value_reason_missing": 400,
    "critical_value_not_marker": 409,
    "sign_factor_needed": 403,
    "sign_factor_missing": 409,
    "trace_too_wide": 400,
    "trace_range_wrong": 400,
    "trace_time_wrong": 400,
    "trace_cursor_wrong": 400,
    "trace_purpose_note_missing": 400,
}
"""Status of each code."""
COMMON: Final = (
    "bad_request",
    "signed_out",
    "token_refused",
    "second_factor_needed",
    "not_permitted",
    "origin_refused",
    "not_found",
    "state_refused",
    "body_too_large",
    "content_type_wrong",
    "too_many",
    "unavailable",
    "store_unavailable",
)
"""What any route may answer with."""
RETRY_AFTER_S: Final = 2
"""For 503 without a better guess: the store gives up after two seconds, and so finds it back as soon."""
_MEMBERS: Final = frozenset({"type", "title", "status", "detail", "code"})


def problem(
    code: str,
    language: Language,
    facts: Mapping[str, Any] | None = None,
    *,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Returns the answer that says so. Raises KeyError for a code without status or sentence: a bug."""
    facts = facts or {}
    status = STATUSES[code]
    body = {
        "type": type_of(code),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or say(f"api.{code}", language, **facts),
        "code": code,
        **{name: fact for name, fact in facts.items() if name not in _MEMBERS},
    }
    response = web.Response(
        text=json.dumps(body, ensure_ascii=False), status=status, content_type=MEDIA_TYPE, headers=headers
    )
    response.headers["Content-Language"] = "zh-CN" if language == "zh" else "en"
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="lianzhen"'  # RFC 9110 §15.5.2 asks for one
    retry_after_s = facts.get("retry_after_s", RETRY_AFTER_S if status == 503 else None)
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    return response


def type_of(code: str) -> str:
    """Returns the address at which the API's page explains a code."""
    return f"/docs#{code}"
