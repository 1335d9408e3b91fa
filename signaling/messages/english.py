"""The English texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from signaling.messages.rights_english import RIGHTS_ENGLISH

ENGLISH: Final[Mapping[str, str]] = {
    # ---- settings ----
    "setting.port": "{variable} must be a whole number from 0 to 65535.",
    "setting.media_threads": "{variable} must be a whole number from 1 to 64, or 0: half the processors.",
    "setting.address": (
        "{variable} must be IP addresses of this machine, separated by commas, each with a port or without, "
        "such as 192.168.1.10 or 192.168.1.10:7882."
    ),
    "setting.secret_missing": (
        "{variable} is not set. Give it a random secret of at least 32 characters, "
        "for example from openssl rand -base64 32."
    ),
    "setting.secret_short": (
        "{variable} has only {length} characters and needs at least 32. "
        "openssl rand -base64 32 makes a good one."
    ),
    "setting.secret_weak": (
        "{variable} is easy to guess. Use a random secret, for example from openssl rand -base64 32."
    ),
    "setting.key_missing": "{variable} is not set. Give this key a name, such as county-hospital.",
    "setting.file_missing": "{variable} names a file that cannot be read. Check its path and permissions.",
    "setting.tls_pair": "{variable} must be set together with the other TLS file: certificate and key.",
    "setting.tls_bad": "{variable}: certificate and key do not belong together, or are not PEM.",
    "setting.oidc_issuer": (
        "{variable} must be the https address of the hospital sign-in, exactly as it names its issuer."
    ),
    "setting.oidc_client_id": "{variable} is not set. Give the client id that the hospital sign-in gave.",
    "setting.oidc_client_secret": (
        "{variable} is missing or too short. Give the client secret that the hospital sign-in gave."
    ),
    "setting.language": "{variable} must be zh or en.",
    "setting.database_url": (
        "{variable} must be sqlite:///path/of/file or postgresql://user:password@host:port/database; "
        "without it a file in the data folder is used."
    ),
    "setting.log_level": "{variable} must be debug, info, warning or error.",
    "setting.log_format": "{variable} must be auto, json or console.",
    "setting.networks": "{variable} must be networks separated by commas, such as 10.1.0.0/16.",
    "setting.bad": "{variable} has a value that cannot be used. Correct it and start again.",
    "setting.unknown": "There is no setting {variable}. Check its spelling.",
    # ---- start ----
    "start.http_port_taken": (
        "HTTP port {port} is used by another program. "
        "Stop that program or choose another port with {variable}."
    ),
    "start.http_refused": (
        "HTTP port {port} cannot be opened ({reason}). Choose another port or address with {variable}."
    ),
    "start.ecg_port_taken": (
        "UDP port {port} for ECGs is used by another program. "
        "Stop that program or choose another port with LIANZHEN_ECG_PORT (0 for none)."
    ),
    "start.ecg_port_refused": (
        "UDP port {port} for ECGs cannot be opened ({reason}). "
        "Check LIANZHEN_MEDIA_BIND and LIANZHEN_ECG_PORT."
    ),
    "start.media_port_taken": (
        "UDP port {port} is used by another program. "
        "Stop that program or choose another port with LIANZHEN_MEDIA_PORT."
    ),
    "start.media_refused": (
        "UDP port {port} cannot be opened ({reason}). Check LIANZHEN_MEDIA_BIND and LIANZHEN_MEDIA_PORT."
    ),
    "start.data_unwritable": (
        "The data folder {folder} cannot be written. "
        "Change its permissions or choose another one with LIANZHEN_DATA_DIR."
    ),
    "start.data_in_use": (
        "The data folder {folder} is used by another Lianzhen service. "
        "Stop that one or choose another folder with LIANZHEN_DATA_DIR."
    ),
    "start.store_unavailable": (
        "The database cannot be used now. Check that the one named by LIANZHEN_DATABASE_URL is running, "
        "that its user and password are right, and that its disk is not full."
    ),
    "start.store_too_new": (
        "The database has been used by a newer version of Lianzhen and this one cannot use it. "
        "Start the newer version, or restore an older backup."
    ),
    "start.key_unusable": (
        "The key file {file} in the data folder cannot be used. "
        "Restore it from a backup, or move it away and a new one is made."
    ),
    "start.core_missing": "The media core lianzhen_core is not installed. Run make setup.",
    "start.failed": "The service cannot start ({reason}).",
    "start.first_administrator": "There is no administrator yet. Open this one-time link within 24 h: {url}",
    "start.demo_data": (
        "The data folder {folder} holds the demo, whose password is public. "
        "Choose another one with LIANZHEN_DATA_DIR."
    ),
    # ---- running ----
    "demo.title": "Lianzhen demo: accounts {accounts}, password {password}",
    "demo.open": "On this machine open {url}",
    "demo.phone": "On a phone in the same network open {url}",
    "demo.trust": (
        "The phone warns of the certificate the first time: choose Advanced, then continue. "
        "To be rid of the warning, install {file} as a trusted certificate."
    ),
    "demo.warning": "The demo password is public: for trying out only, never with real patients.",
    "pages.missing_title": "The pages are not built yet",
    "pages.missing": (
        "The service is running but its pages were not found. "
        "Run make run in the source folder, or name the folder of the pages with LIANZHEN_WEB_DIR."
    ),
    # ---- verify, export ----
    "verify.integrity": "Integrity",
    "verify.completeness": "Completeness",
    "verify.unaltered": "Unaltered",
    "verify.altered": "Altered",
    "verify.unchecked": "Not checked",
    "verify.nothing_missing": "Nothing missing",
    "verify.something_missing": "Something missing",
    "verify.segments": "{count} segments checked",
    "verify.signature_valid": "signature valid",
    "verify.signature_invalid": "signature invalid",
    "verify.signature_unknown_key": "signed by another key",
    "verify.fault": "First fault: {file} at byte {offset} ({code})",
    "verify.fault_file": "First fault: {file} ({code})",
    "verify.events": "Events {first} to {last}",
    "verify.gaps": "{count} gaps, explained",
    "verify.no_gaps": "no gaps",
    "verify.gap": "{who}, {from_s} to {to_s} s: {cause}",
    "verify.no_key": (
        "No public key to check with. Name one with --key (keys/signing.pub of the data folder), "
        "not one that came with the recording."
    ),
    "verify.key_bad": "{file} is not an Ed25519 public key file (PEM).",
    "verify.no_folder": "{folder} is not a folder. Give the folder of one recording.",
    "export.done": "Exported {file}",
    "export.refused": "Cannot export: {reason}",
    "export.nothing": "This recording holds no sound or picture to export.",
    "token.identity": "Identity and room must not be empty and have at most 256 characters.",
    # ---- answers of the API ----
    "api.signed_out": "Not signed in",
    "api.password_wrong": "Wrong password, {tries_left} tries left",
    "api.account_locked": "Too many wrong tries, try again in {minutes} min",
    "api.account_suspended": "This account is suspended: ask your institution's administrator",
    "api.sign_in_busy": "Too many sign-ins at once, try again in {retry_after_s} s; live calls go on",
    "api.already_signed_in": "Already signed in: nothing more to prove",
    "api.code_wrong": "Wrong or used code: wait for the next 6 digits",
    "api.passkey_wrong": "The security key did not prove it: try again",
    "api.passkey_needs_name": "Security keys need a host name, not an IP address: use the name, or the app",
    "api.passkey_known": "This security key is enrolled already",
    "api.too_many_passkeys": "At most {limit} security keys: remove one that is not used first",
    "api.challenge_gone": "That took too long: start again",
    "api.second_factor_unknown": "This account has no such second factor",
    "api.last_second_factor": "This is the last second factor: enrol another one first",
    "api.totp_enrolled": "An app is enrolled already; for a new phone ask the administrator for a reset",
    "api.password_short": "A password needs at least 10 characters",
    "api.password_is_login": "The password must not be the login",
    "api.password_common": "This password is common and easily guessed: choose another",
    "api.password_unchanged": "The new password must differ from the old one",
    "api.code_spent": "This one-time code is wrong, used or expired: ask the administrator for a new one",
    "api.oidc_not_offered": "This service has no hospital sign-in",
    "api.oidc_refused": "The hospital sign-in did not succeed: try again",
    "api.oidc_unlinked": "This hospital account is not linked to an account here yet: ask the administrator",
    "api.oidc_taken": "This hospital account is linked to another person",
    "api.oidc_unreachable": "The hospital sign-in cannot be reached now: sign in with login and password",
    "api.institution_taken": "This institution code is registered already: check it",
    "api.institution_missing": "Fill in the institution's code, name and kind",
    "api.institution_known": "This code is for an institution that exists: leave the institution out",
    "api.login_form": "A login is 2 to 32 small letters, digits, dots, hyphens; a letter first",
    "api.login_taken": "This login is taken: choose another",
    "api.account_exists": "This person has an account already",
    "api.account_missing": "This person has no account yet",
    "api.role_not_for_people": "This role is for devices or guests, not for people",
    "api.roles_conflict": "Administrator and auditor are never one person",
    "api.last_administrator": "This is the last administrator who can sign in: appoint another one first",
    "api.licence_over": "This licence has expired already: check the date",
    "api.licence_taken": "This licence number is registered already: check it",
    "api.licence_ended": "This licence has been ended already",
    "api.too_many_licences": "At most {limit} licences for one person",
    "api.bad_request": "The request cannot be read",
    "api.too_long": "Too long, at most {limit} characters",
    "api.origin_refused": "The request did not come from this site's pages",
    "api.not_found": "There is no such thing",
    "api.not_permitted": "You may not do this",
    "api.room_not_open": "Nobody is in the room",
    "api.already_recording": "Already recording",
    "api.not_recording": "Not recording",
    "api.recording_unavailable": "Cannot record now; the call goes on. Check disk space and permissions",
    "api.recording_missing": "No such recording, or you took no part in it",
    "api.media_missing": "Not recorded here",
    "api.media_unready": "Still recording; it can be watched afterwards",
    "api.too_many": "Too many requests, try again later",
    "api.token_refused": "The credential is invalid or expired, sign in again",
    "api.room_full": "The room is full",
    "api.connections_full": (
        "As many pages or devices are connected as there may be, try again soon; those and live calls go on"
    ),
    "api.unavailable": "The service is stopping, try again later",
    "api.method_unknown": "This address cannot be used that way",
    "api.state_refused": "Its present state does not allow this",
    "api.second_factor_needed": (
        "Please give your second factor first (six digits of your authenticator, or a passkey)"
    ),
    "api.body_too_large": "Too large, at most {limit_kilobytes} KB",
    "api.content_type_wrong": "The content must be sent as JSON",
    "api.store_unavailable": "Records can be neither read nor stored now; calls go on. Please try again soon",
    "api.internal": "The service failed and changed nothing; please try again, then tell the administrator",
    # ---- what is wrong with one field; {field} is one of field.name.* or the name in the JSON ----
    "field.missing": "{field} is missing",
    "field.unknown": "There is no field {field}; please check its spelling",
    "field.too_long": "{field} is too long, at most {limit} characters",
    "field.too_short": "{field} is too short, at least {limit} characters",
    "field.too_many_items": "{field} has too many entries, at most {limit}",
    "field.too_few_items": "{field} has too few entries, at least {limit}",
    "field.not_text": "{field} must be text",
    "field.not_whole": "{field} must be a whole number",
    "field.not_yes_or_no": "{field} must be yes or no",
    "field.too_small": "{field} is too small, at least {limit}",
    "field.too_large": "{field} is too large, at most {limit}",
    "field.not_one_of": "{field} is none of the choices: {expected}",
    "field.wrong_form": "{field} does not have the right form",
    "field.not_a_list": "{field} must be a list",
    "field.not_an_object": "{field} is incomplete",
    "field.twice": "{field} can be given only once",
    "field.control_character": "{field} contains invisible control characters; please delete them",
    "field.together": "These fields do not go together",
    "field.wrong": "{field} has a value that cannot be used",
    # ---- devices, invitations, break-glass ----
    "api.device_state": "The device's present state does not allow this",
    "api.device_code_wrong": (
        "The enrolment code is wrong, used or expired; check it, or ask the administrator for another"
    ),
    "api.device_key_unusable": "The device's public key cannot be read; enrol with an Ed25519 or P-256 key",
    "api.device_key_known": "This key belongs to another device; make a new key on this one",
    "api.device_proof_wrong": (
        "The device's signature does not verify; try again, then tell the administrator"
    ),
    "api.device_clock_off": (
        "This device's clock differs from the server's by {hours} h {minutes} min. Set its date, time and"
        " time zone, then enter the code again; it is still good"
    ),
    "device.clock_off": (
        "This device's clock differs from the server's by {hours} h {minutes} min, please set it; until then"
        " its records are converted to server time"
    ),
    "api.room_no_place": "Your role has no place in this room",
    "api.licence_missing": (
        "No valid licence of yours is on file, so you can neither accept nor sign; ask the administrator to "
        "enter it"
    ),
    "api.licence_expired": "Your licence has expired, so you cannot enter; ask the administrator to renew it",
    "api.invitation_unknown": "This invitation link does not work; ask whoever invited you for another",
    "api.invitation_used": (
        "This invitation link has been used. Each works once; ask whoever invited you for another"
    ),
    "api.invitation_expired": "This invitation link has expired; ask whoever invited you for another",
    "api.invitation_revoked": "This invitation was withdrawn; please contact whoever invited you",
    "api.breakglass_reason_short": "State the emergency in at least three words, or six Chinese characters",
    "api.breakglass_unneeded": "You may open this anyway; break-glass is not needed",
    "api.breakglass_own": "Nobody reviews their own break-glass",
    "api.breakglass_reviewed": "This break-glass has been reviewed already",
    # ---- settings, webhooks, the ledger's proof ----
    "api.upgrade_needed": "This address is a WebSocket and cannot be opened as a page",
    "api.setting_value_wrong": "This setting can only be {expected}",
    "api.webhook_address_refused": (
        "This address cannot be used: it must be https, and addresses of this machine or of a private "
        "network only work once the operator has allowed them in LIANZHEN_WEBHOOK_NETWORKS"
    ),
    "api.webhooks_too_many": "There can be {limit} webhooks at most; end one first",
    "api.cosignature_wrong": "This line is not a trusted witness's signature of this checkpoint",
    "api.checkpoint_missing": "There is no checkpoint of size {size}",
    "api.ledger_check_busy": "The ledger is being checked; please wait until that is done",
    "api.cosigned_already": "This key has already signed this checkpoint",
    **RIGHTS_ENGLISH,
    # ---- the API's page; the sentences of its routes stand in the code ----
    "docs.title": "Lianzhen API",
    "docs.about": "Made from the service's own code. For machines:",
    "docs.language": "English",
    "docs.right": "Right asked for:",
    "docs.parameters": "Parameters",
    "docs.body": "Body (JSON)",
    "docs.answer": "Answer",
    "docs.refusals": "May be refused with",
    "docs.required": "required",
    "docs.nothing": "Nothing",
    "docs.problems": "Codes of refusals",
    "docs.problems_about": (
        "Refusals are application/problem+json (RFC 9457): codes are stable, "
        "sentences are in Chinese or English by Accept-Language."
    ),
}
