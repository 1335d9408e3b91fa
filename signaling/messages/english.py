"""The English texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    # ---- settings ----
    "setting.port": "{variable} must be a whole number from 0 to 65535.",
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
    "setting.language": "{variable} must be zh or en.",
    "setting.log_level": "{variable} must be debug, info, warning or error.",
    "setting.log_format": "{variable} must be auto, json or console.",
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
    "start.key_unusable": (
        "The key file {file} in the data folder cannot be used. "
        "Restore it from a backup, or move it away and a new one is made."
    ),
    "start.core_missing": "The media core lianzhen_core is not installed. Run make setup.",
    "start.failed": "The service cannot start ({reason}).",
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
    "api.unavailable": "The service is stopping, try again later",
}
