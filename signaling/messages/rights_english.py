"""The English words of the table of rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RIGHTS_ENGLISH: Final[Mapping[str, str]] = {
    "rights.role.clinic_doctor": "Clinic doctor",
    "rights.role.specialist": "Specialist",
    "rights.role.duty_expert": "Expert on duty",
    "rights.role.ambulance_crew": "Ambulance crew",
    "rights.role.supervisor": "Supervisor",
    "rights.role.administrator": "Administrator",
    "rights.role.auditor": "Auditor",
    "rights.role.device": "Device",
    "rights.role.guest": "Guest",
    "rights.role.anybody": "Anybody",
    "rights.relation.self": "Own",
    "rights.relation.institution": "Own institution",
    "rights.relation.party": "Let in",
    "rights.relation.stranger": "Stranger",
    "rights.relation.any": "Any",
    "rights.state.none": "New",
    "rights.state.active": "Active",
    "rights.state.ended": "Ended",
    "rights.state.erased": "Erased",
    "rights.assurance.0": "No sign-in",
    "rights.assurance.1": "One factor",
    "rights.assurance.2": "Two factors",
    "rights.group.session": "Session",
    "rights.group.api": "API",
    "rights.group.institution": "Institutions",
    "rights.group.person": "People",
    "rights.group.role": "Roles",
    "rights.group.licence": "Licences",
    "rights.group.account": "Accounts",
    "rights.group.device": "Devices",
    "rights.group.room": "Rooms",
    "rights.group.recording": "Recordings",
    "rights.group.invitation": "Invitations",
    "rights.group.patient": "Patients",
    "rights.group.consent": "Consent",
    "rights.group.directory": "Directory",
    "rights.group.roster": "Duty roster",
    "rights.group.slot": "Slots",
    "rights.group.case": "Consultations",
    "rights.group.breakglass": "Break-glass",
    "rights.group.trace": "Trace",
    "rights.group.ledger": "Ledger",
    "rights.group.key": "Keys",
    "rights.group.setting": "Settings",
    "rights.group.webhook": "Webhooks",
    "rights.group.event": "Live events",
    "rights.action.session.open": "Sign in",
    "rights.action.session.read": "See who is signed in",
    "rights.action.session.close": "Sign out",
    "rights.action.session.strengthen": "Set a second factor or password",
    "rights.action.api.read": "Read the API's description and this table",
    "rights.action.institution.list": "List institutions",
    "rights.action.institution.read": "See an institution",
    "rights.action.institution.create": "Add an institution",
    "rights.action.institution.change": "Change an institution",
    "rights.action.person.list": "List people",
    "rights.action.person.read": "See a person",
    "rights.action.person.create": "Add a person",
    "rights.action.person.change": "Change a person",
    "rights.action.person.suspend": "Suspend or resume a person",
    "rights.action.role.change": "Grant or take a role",
    "rights.action.licence.add": "Add a licence",
    "rights.action.licence.end": "End a licence",
    "rights.action.account.create": "Open an account",
    "rights.action.account.reset": "Reset an account",
    "rights.action.device.list": "List devices",
    "rights.action.device.read": "See a device",
    "rights.action.device.create": "Add a device",
    "rights.action.device.enrol": "Enrol a device",
    "rights.action.device.revoke": "Revoke a device",
    "rights.action.device.selftest": "Note and read self-tests",
    "rights.action.room.list": "List rooms",
    "rights.action.room.join": "Enter a room",
    "rights.action.room.read": "See a room's events",
    "rights.action.room.mark": "Mark a moment in a room",
    "rights.action.room.record": "Start and stop recording",
    "rights.action.recording.list": "List recordings",
    "rights.action.recording.play": "Play a recording",
    "rights.action.recording.verify": "Verify a recording",
    "rights.action.invitation.create": "Invite someone into a room",
    "rights.action.invitation.accept": "Accept an invitation",
    "rights.action.invitation.revoke": "Revoke an invitation",
    "rights.action.patient.search": "Search for patients",
    "rights.action.patient.read": "See a patient",
    "rights.action.patient.create": "Register a patient",
    "rights.action.patient.erase": "Erase a patient's personal data",
    "rights.action.consent.list": "See consents",
    "rights.action.consent.record": "Record a consent",
    "rights.action.consent.withdraw": "Withdraw a consent",
    "rights.action.directory.read": "See which specialties can be asked and who is on duty",
    "rights.action.roster.read": "See the own hospital's roster and duty phones",
    "rights.action.roster.change": "Enter, remove and import shifts, set duty phones",
    "rights.action.slot.list": "See slots",
    "rights.action.slot.change": "Open and close slots",
    "rights.action.case.list": "List consultations",
    "rights.action.case.read": "See a consultation",
    "rights.action.case.create": "Write a consultation request",
    "rights.action.case.change": "Amend, send, call again and cancel a consultation",
    "rights.action.case.answer": "Accept, decline or pass on a consultation",
    "rights.action.case.transfer": "Hand a consultation to another specialist",
    "rights.action.case.join": "Enter a consultation's room or wait at its door",
    "rights.action.case.admit": "Ask in, admit and put out participants, hand over the host",
    "rights.action.breakglass.use": "Break the glass, with a reason; reviewed the next day",
    "rights.action.breakglass.list": "List break-glass uses",
    "rights.action.breakglass.review": "Review a break-glass use",
    "rights.action.trace.search": "Search the trace, with a purpose",
    "rights.action.trace.read": "See one event of the trace",
    "rights.action.trace.export": "Ask for an evidence package",
    "rights.action.trace.approve": "Decide on a package that somebody else asked for",
    "rights.action.ledger.read": "See checkpoints",
    "rights.action.ledger.verify": "Verify the ledger",
    "rights.action.ledger.cosign": "Bear witness by a second key",
    "rights.action.key.list": "List public keys",
    "rights.action.setting.read": "See settings",
    "rights.action.setting.change": "Change settings",
    "rights.action.webhook.list": "See webhooks",
    "rights.action.webhook.change": "Change webhooks",
    "rights.action.event.follow": "Follow events live",
    "rights.page.title": "Table of rights",
    "rights.page.intro": (
        "A request is allowed only where one row lists its action together with a role of the caller, "
        "the caller's relation to the subject and the subject's state, and the caller is at least as "
        "sure as the row asks. What no row lists is refused."
    ),
    "rights.page.generated": (
        "Made from signaling/auth/policy.py by `python -m signaling.auth.rights_document`; "
        "not to be edited by hand."
    ),
    "rights.page.answers": (
        "Refusals, in this order: not signed in 401; no row for the role 403; a second factor is needed "
        "403; another institution's or not there, both 404; not one's own 403; not in this state 409. "
        "The first three do not look at the subject, so they tell nothing of whether it exists."
    ),
    "rights.page.words": "Words",
    "rights.page.duties": "Duties kept apart",
    "rights.page.duty.administrator": (
        "Administrators manage people, devices and settings and see no patient, no picture and no recording."
    ),
    "rights.page.duty.auditor": (
        "Auditors read the trace and the ledger and change nothing; they may bear witness, review "
        "break-glass and be the second person who lets a package out."
    ),
    "rights.page.duty.supervisor": (
        "Supervisors search, view and ask for exports with a purpose, and review break-glass."
    ),
    "rights.page.duty.clinician": (
        "Those who care for patients work at their own institution and where they were let in."
    ),
    "rights.page.duty.device": "A device and a guest have their own room.",
    "rights.page.duty.apart": (
        "Administrator and auditor are never one person; nobody changes their own roles, suspends "
        "themselves or reviews their own emergency."
    ),
    "rights.page.table": "Actions and conditions",
    "rights.page.column.action": "Action",
    "rights.page.column.roles": "Roles",
    "rights.page.column.relations": "Relations",
    "rights.page.column.states": "States",
    "rights.page.column.assurance": "At least",
    "rights.page.relation.self": (
        "it is the caller, belongs to the caller personally, or is of the caller's institution and lets "
        "the caller in by name"
    ),
    "rights.page.relation.institution": "it belongs to the caller's institution",
    "rights.page.relation.party": "it belongs to another institution, and the caller was let in",
    "rights.page.relation.stranger": "none of these; answered as if it did not exist",
    "rights.page.state.none": "no subject yet: lists, searches, creation",
    "rights.page.state.active": "in force",
    "rights.page.state.ended": "closed, revoked, suspended, expired or withdrawn",
    "rights.page.state.erased": "personal data erased; a tombstone remains",
}
