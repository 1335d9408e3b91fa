"""What checking, exporting, cosigning, backing up and restoring the ledger says in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

AUDIT_ENGLISH: Final[Mapping[str, str]] = {
    # ---- the report
    "audit.institution": "Institution {institution}",
    "audit.integrity_unaltered": (
        "Integrity: unaltered, events 1 to {events}, {checkpoints} checkpoints validly signed"
    ),
    "audit.integrity_altered": (
        "Integrity: altered, checked up to event {events}, {checkpoints} checkpoints validly signed"
    ),
    "audit.integrity_unchecked": (
        "Integrity: not fully checked, events up to {events}, {checkpoints} checkpoints validly signed"
    ),
    "audit.completeness_nothing_missing": "Completeness: nothing missing",
    "audit.completeness_something_missing": "Completeness: something missing",
    "audit.completeness_unchecked": "Completeness: not checked",
    "audit.fault": "First fault: {place} ({code}: {meaning})",
    "audit.fault_at": "First fault: {place}, sequence {sequence} ({code}: {meaning})",
    "audit.row": "{file} row {row}",
    "audit.personal": "Personal fields: {personal} agree with the ledger, {tombstones} lawfully erased",
    "audit.proves": "Proven: events 1 to {size} were as they are now at {at} ({source}, root {root})",
    "audit.proves_nothing": "Proven: nothing, as no validly signed checkpoint agrees with the events",
    "audit.cosigned": "Cosigned by {names}",
    "audit.stamped": "Time stamp: a third party saw this checkpoint at {at}",
    "audit.cosignatures_unchecked": (
        "{count} cosignatures were not checked: name the cosigners' keys with --cosigner"
    ),
    "audit.stamps_unchecked": (
        "{count} time stamps were not checked: name the root with --authority and install rfc3161-client"
    ),
    "audit.key_given": "Key used: {fingerprint} (given by the auditor)",
    "audit.key_folder": "Key used: {fingerprint} (from the data folder; compare it with the published one)",
    "audit.key_package": (
        "Key used: {fingerprint} (from the package itself, which proves nothing. Get the hospital's "
        "fingerprint some other way and check again with --fingerprint)"
    ),
    "audit.nothing_here": "There are no events here",
    "audit.slow": "The cryptography package is not installed: signatures were checked the slow way",
    "audit.sound": "Verdict: sound",
    "audit.not_sound": "Verdict: not proven sound",
    # ---- what each fault means
    "audit.code.event_malformed": "not an event as the ledger writes it",
    "audit.code.event_out_of_place": "another event belongs here",
    "audit.code.event_missing": "this event is missing",
    "audit.code.chain_broken": "does not follow the event before",
    "audit.code.columns_altered": "the columns for searching do not agree with the event",
    "audit.code.row_unreadable": "this row cannot be read: the file is damaged",
    "audit.code.contradicts_checkpoint": (
        "the events up to here are not those that were signed: history was rewritten or forked"
    ),
    "audit.code.no_checkpoint_covers": "no signed checkpoint covers this event and those after it",
    "audit.code.events_cut_off": "a checkpoint tells of later events: the tail was cut off",
    "audit.code.chain_row_missing": "the record of the chain's end is missing",
    "audit.code.chain_row_altered": "the record of the chain's end does not agree with the events",
    "audit.code.checkpoint_malformed": "not a checkpoint",
    "audit.code.checkpoint_altered": "the checkpoint does not agree with its row",
    "audit.code.checkpoint_unsigned": "the checkpoint is not signed by the trusted key",
    "audit.code.checkpoint_out_of_order": "the checkpoint is there twice or in the wrong order",
    "audit.code.checkpoint_missing": "a checkpoint is missing",
    "audit.code.checkpoint_forked": "checkpoints forked: this one does not follow the one before",
    "audit.code.latest_checkpoint_missing": "the latest checkpoint kept outside the database is missing",
    "audit.code.cosignature_malformed": "not a cosignature",
    "audit.code.cosignature_invalid": "the cosignature is not by a given key",
    "audit.code.cosigned_checkpoint_missing": "a checkpoint that was cosigned is missing",
    "audit.code.stamp_invalid": "the time stamp is not of this checkpoint, or not by a trusted authority",
    "audit.code.stamped_checkpoint_missing": "a checkpoint that was time-stamped is missing",
    "audit.code.personal_altered": "the personal field does not agree with its commitment in the ledger",
    "audit.code.personal_added": "the ledger knows of no such personal field",
    "audit.code.personal_missing": "a personal field is missing and was not erased",
    "audit.code.personal_out_of_order": "personal fields are in the wrong order",
    "audit.code.erased_without_event": "a personal field was erased and no event tells of it",
    "audit.code.database_damaged": "not a database of Lianzhen, or damaged",
    "audit.code.contents_missing": "the list of contents is missing",
    "audit.code.contents_malformed": "the list of contents is not one",
    "audit.code.contents_unsigned": "the list of contents is not signed by the trusted key",
    "audit.code.file_added": "the list of contents has no such file",
    "audit.code.file_missing": "a listed file is missing",
    "audit.code.file_altered": "the file is not as listed",
    "audit.code.file_unreadable": "a file cannot be read",
    # ---- wrong usage
    "audit.no_folder": "{folder} is neither a data folder nor an evidence package.",
    "audit.key_bad": "{file} is not a public key file (PEM, Ed25519 or SM2).",
    "audit.unreadable": "{file} cannot be read. Check its path and permissions.",
    "audit.authority_bad": "{file} is not a certificate file (PEM).",
    "audit.fingerprint_differs": (
        "The key here has the fingerprint {fingerprint}, not the given one: another hospital's, or exchanged."
    ),
    "audit.suite_missing": "Checking {suite} signatures needs tongsuopy (pip install 'lianzhen[sm]').",
    # ---- export, cosign
    "audit.folder_taken": "{folder} exists already. Name a new folder.",
    "audit.export_refused": "Cannot export: {reason}",
    "audit.exported": (
        "Exported {events} events of {institutions} institutions and {manifests} recordings' manifests to "
        "{folder}, and checked them."
    ),
    "audit.exported_fingerprint": "Tell the recipient the key's fingerprint some other way: {fingerprint}",
    "audit.institution_unknown": "There is no institution {institution}.",
    "audit.cosigner_name": "A cosigner's name has 1 to 100 characters, no spaces and no plus sign.",
    "audit.cosign_refused": "Not cosigned: the ledger did not pass the check.",
    "audit.cosign_key": (
        "Cosigner's public key {file}, fingerprint {fingerprint}. "
        "The hospital puts it into keys/cosigners of its data folder."
    ),
    "audit.cosigned_note": (
        "Cosigned the checkpoint of institution {institution} ({size} events), kept in {file}. "
        "Hand this line to the hospital:"
    ),
    "audit.authority_missing": (
        "No root certificate of a time stamp authority. Name one with --authority, "
        "or put it into keys/time_stamp_authorities."
    ),
    "audit.stamp_url": "--url must be the http or https address of a time stamp authority.",
    "audit.stamp_unreachable": (
        "The time stamp authority cannot be reached, nothing was stamped. Try again later."
    ),
    "audit.stamp_refused": (
        "The authority's answer does not hold and was not taken. Check that the root certificate is its own."
    ),
    "audit.stamp_done": "{count} checkpoints were time-stamped.",
    # ---- backup, restore
    "backup.file_taken": "{file} exists already and is not overwritten. Name another file.",
    "backup.nothing": "There is no database {database} to back up.",
    "backup.refused": "No backup was made: {reason}",
    "backup.unsound": "No backup was made: the ledger did not pass the check.",
    "backup.done": (
        "Backed up to {file}, ledger checked ({events} events). It holds secret keys: keep it locked away. "
        "Recordings are not in it: back them up as well."
    ),
    "backup.unsigned": (
        "Its last {count} events have no checkpoint yet; the service signs them after a restore."
    ),
    "restore.file_bad": "{file} is not a backup of Lianzhen, or is damaged.",
    "restore.database_taken": (
        "{database} holds data already and is not overwritten. "
        "Restore into an empty database and data folder."
    ),
    "restore.keys_taken": (
        "The data folder {folder} holds keys or checkpoints already, which are not overwritten. "
        "Restore into an empty data folder."
    ),
    "restore.refused": "Nothing was restored: {reason}",
    "restore.unsound": "Nothing was restored: the ledger in the backup did not pass the check.",
    "restore.done": (
        "Restored to {database}, ledger checked ({events} events). Put the recordings back as well."
    ),
}
