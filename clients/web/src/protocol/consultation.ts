// A consultation as the service tells it (/api/v1/consultations): the shapes, and how an answer is read.
//
// Which acts are possible is the service's to say: `allowed` holds what this caller may do now, and pages show those
// and no others. Times are the service's; `clock_ahead_ms` is what to add to this page's own clock to have them.

import { isRecord, type TwoLanguages } from "./api";
import { hospitalClock } from "./hospital_time";

export const CASE_STATES = [
  "drafted",
  "invited",
  "ringing",
  "declined",
  "timed_out",
  "accepted",
  "active",
  "signed",
  "acknowledged",
  "closed",
  "cancelled",
] as const;
export type CaseState = (typeof CASE_STATES)[number];

export const URGENCIES = ["emergency", "urgent", "routine"] as const;
export type Urgency = (typeof URGENCIES)[number];

export const CASE_KINDS = ["live", "offline"] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

/** "sign" is also to draft the opinion; "admit" to ask in, admit and put out; "write" messages, attachments, steps. */
export const CASE_ACTS = [
  "accept",
  "decline",
  "pass",
  "cancel",
  "recall",
  "transfer",
  "room",
  "sign",
  "acknowledge",
  "amend",
  "invite",
  "admit",
  "host",
  "write",
] as const;
export type CaseAct = (typeof CASE_ACTS)[number];

/** In the order in which people are asked (clinical/consent.py). */
export const CONSENT_PURPOSES = ["consultation", "recording", "sharing", "teaching"] as const;
export type ConsentPurpose = (typeof CONSENT_PURPOSES)[number];
export const CONSENT_STATES = ["none", "granted", "declined", "withdrawn", "emergency"] as const;
export type ConsentState = (typeof CONSENT_STATES)[number];

/** Why somebody who is called cannot take it (clinical/consultation.py); `other` asks for a note. */
export const DECLINE_REASONS = ["in_surgery", "with_patient", "not_my_field", "equipment", "other"] as const;
export type DeclineReason = (typeof DECLINE_REASONS)[number];

export const PARTY_STATES = ["invited", "waiting", "admitted", "left", "removed"] as const;
export type PartyState = (typeof PARTY_STATES)[number];

export const ADOPTIONS = ["full", "part", "none"] as const;
export type Adoption = (typeof ADOPTIONS)[number];

export const ATTACHMENT_KINDS = ["document", "still", "annotated_still", "consent_signature"] as const;
export type AttachmentKind = (typeof ATTACHMENT_KINDS)[number];

export interface CasePatient {
  id: string;
  name: string;
  sex: "male" | "female" | "other" | "unknown";
  birth_year: number | null;
}

/** One of the two institutions of a case; `person` is "" while nobody stands for it. */
export interface CaseSide {
  institution: string;
  institution_name: string;
  person: string;
  person_name: string;
  title: string;
  /** What the other side dials when the link is lost; "" where none is kept. */
  duty_phone: string;
}

export interface CaseConsent {
  purpose: ConsentPurpose;
  state: ConsentState;
}

export interface CalledPerson {
  person: string;
  name: string;
  /** 1 the first line, 2 the second. */
  line: number;
  answer: "ringing" | "declined" | "passed";
  /** A DeclineReason where they declined. */
  reason: string;
}

export interface RingState {
  started_at_ms: number;
  stage: number;
  next: "second_line" | "duty_phone" | "procedure";
  next_at_ms: number;
  called: readonly CalledPerson[];
  /** "" until it is to be shown, or where there is none. */
  duty_phone: string;
}

export interface CaseParty {
  person: string;
  name: string;
  title: string;
  institution_name: string;
  state: PartyState;
}

export interface CaseOpinion {
  state: "draft" | "signed";
  author_name: string;
  signed_at_ms: number | null;
  fingerprint: string;
}

export interface Consultation {
  id: string;
  serial: string;
  kind: CaseKind;
  state: CaseState;
  urgency: Urgency;
  specialty: string;
  specialty_name: TwoLanguages;
  wanted_title: string;
  reason: string;
  purpose: string;
  summary: string;
  /** Null: now. */
  wanted_at_ms: number | null;
  patient: CasePatient;
  inviting: CaseSide;
  invited: CaseSide;
  host: string;
  /** Of a live case; "" without one. */
  room: string;
  recording_policy: "with_consent" | "never";
  is_recording: boolean;
  consents: readonly CaseConsent[];
  ring: RingState | null;
  queue: { place: number; expected_wait_s: number | null } | null;
  parties: readonly CaseParty[];
  opinion: CaseOpinion | null;
  /** Whether all that was measured of its ECGs is stored; null for a case without one. */
  is_ecg_complete: boolean | null;
  adoption: Adoption | "";
  end_reason: string;
  end_note: string;
  created_at_ms: number;
  invited_at_ms: number | null;
  accepted_at_ms: number | null;
  active_at_ms: number | null;
  signed_at_ms: number | null;
  closed_at_ms: number | null;
  updated_at_ms: number;
  allowed: readonly CaseAct[];
  clock_ahead_ms: number;
}

export interface CaseMessage {
  id: string;
  person: string;
  person_name: string;
  text: string;
  at_ms: number;
}

export interface CaseAttachment {
  id: string;
  person: string;
  person_name: string;
  kind: AttachmentKind;
  name: string;
  media_type: string;
  size_bytes: number;
  sha256: string;
  /** The still that was drawn upon; "" otherwise. */
  replies_to: string;
  at_ms: number;
}

/** Who can be asked, and how long that takes now. */
export interface DirectorySpecialty {
  code: string;
  name: TwoLanguages;
  institution: string;
  institution_name: string;
  on_duty: readonly { person: string; name: string; title: string; line: number }[];
  duty_phone: string;
  waiting: number;
  expected_wait_s: number | null;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const isWhole = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const wholeOr = <T>(value: unknown, otherwise: T): number | T => (isWhole(value) ? value : otherwise);
const oneOf = <T extends string>(all: readonly T[], value: unknown, otherwise: T): T =>
  all.find((one) => one === value) ?? otherwise;
const members = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const record = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});
const bothLanguages = (value: unknown, otherwise: string): TwoLanguages => {
  const { zh, en } = record(value);
  return { zh: text(zh) || otherwise, en: text(en) || text(zh) || otherwise };
};

function patientFrom(value: Record<string, unknown>): CasePatient {
  return {
    id: text(value["id"]),
    name: text(value["name"]),
    sex: oneOf(["male", "female", "other", "unknown"] as const, value["sex"], "unknown"),
    birth_year: wholeOr(value["birth_year"], null),
  };
}

function sideFrom(value: Record<string, unknown>): CaseSide {
  return {
    institution: text(value["institution"]),
    institution_name: text(value["institution_name"]),
    person: text(value["person"]),
    person_name: text(value["person_name"]),
    title: text(value["title"]),
    duty_phone: text(value["duty_phone"]),
  };
}

/** The number to dial when the link is lost: the other side's, "" where it keeps none; never a patient's. */
export function phoneOfOther(one: Pick<Consultation, "inviting" | "invited">, institution: string): string {
  return one.inviting.institution === institution ? one.invited.duty_phone : one.inviting.duty_phone;
}

function ringFrom(value: unknown): RingState | null {
  if (!isRecord(value)) return null;
  return {
    started_at_ms: wholeOr(value["started_at_ms"], 0),
    stage: wholeOr(value["stage"], 1),
    next: oneOf(["second_line", "duty_phone", "procedure"] as const, value["next"], "procedure"),
    next_at_ms: wholeOr(value["next_at_ms"], 0),
    called: members(value["called"]).map((one) => ({
      person: text(one["person"]),
      name: text(one["name"]),
      line: wholeOr(one["line"], 1),
      answer: oneOf(["ringing", "declined", "passed"] as const, one["answer"], "ringing"),
      reason: text(one["reason"]),
    })),
    duty_phone: text(value["duty_phone"]),
  };
}

function opinionFrom(value: unknown): CaseOpinion | null {
  if (!isRecord(value)) return null;
  return {
    state: value["state"] === "signed" ? "signed" : "draft",
    author_name: text(value["author_name"]),
    signed_at_ms: wholeOr(value["signed_at_ms"], null),
    fingerprint: text(value["fingerprint"]),
  };
}

/** Every one of the four purposes, in their order; one that the answer leaves out was asked of nobody. */
function consentsFrom(value: unknown): CaseConsent[] {
  const said = members(value);
  return CONSENT_PURPOSES.map((purpose) => ({
    purpose,
    state: oneOf(CONSENT_STATES, said.find((one) => one["purpose"] === purpose)?.["state"], "none"),
  }));
}

/** Reads a consultation; null when the answer is none (no id, or a state this page does not know). */
export function consultationFrom(value: unknown, received_at_ms: number): Consultation | null {
  if (!isRecord(value) || text(value["id"]) === "") return null;
  const state = CASE_STATES.find((one) => one === value["state"]);
  if (state === undefined) return null;
  const queue = value["queue"];
  const allowed = Array.isArray(value["allowed"]) ? value["allowed"] : [];
  const specialty = text(value["specialty"]);
  return {
    id: text(value["id"]),
    serial: text(value["serial"]),
    kind: oneOf(CASE_KINDS, value["kind"], "live"),
    state,
    urgency: oneOf(URGENCIES, value["urgency"], "routine"),
    specialty,
    specialty_name: bothLanguages(value["specialty_name"], specialty),
    wanted_title: text(value["wanted_title"]),
    reason: text(value["reason"]),
    purpose: text(value["purpose"]),
    summary: text(value["summary"]),
    wanted_at_ms: wholeOr(value["wanted_at_ms"], null),
    patient: patientFrom(record(value["patient"])),
    inviting: sideFrom(record(value["inviting"])),
    invited: sideFrom(record(value["invited"])),
    host: text(value["host"]),
    room: text(value["room"]),
    recording_policy: value["recording_policy"] === "never" ? "never" : "with_consent",
    is_recording: value["is_recording"] === true,
    consents: consentsFrom(value["consents"]),
    ring: ringFrom(value["ring"]),
    queue: isRecord(queue)
      ? { place: wholeOr(queue["place"], 1), expected_wait_s: wholeOr(queue["expected_wait_s"], null) }
      : null,
    parties: members(value["parties"]).map((one) => ({
      person: text(one["person"]),
      name: text(one["name"]),
      title: text(one["title"]),
      institution_name: text(one["institution_name"]),
      state: oneOf(PARTY_STATES, one["state"], "invited"),
    })),
    opinion: opinionFrom(value["opinion"]),
    is_ecg_complete: typeof value["is_ecg_complete"] === "boolean" ? value["is_ecg_complete"] : null,
    adoption: ADOPTIONS.find((one) => one === value["adoption"]) ?? "",
    end_reason: text(value["end_reason"]),
    end_note: text(value["end_note"]),
    created_at_ms: wholeOr(value["created_at_ms"], 0),
    invited_at_ms: wholeOr(value["invited_at_ms"], null),
    accepted_at_ms: wholeOr(value["accepted_at_ms"], null),
    active_at_ms: wholeOr(value["active_at_ms"], null),
    signed_at_ms: wholeOr(value["signed_at_ms"], null),
    closed_at_ms: wholeOr(value["closed_at_ms"], null),
    updated_at_ms: wholeOr(value["updated_at_ms"], 0),
    allowed: CASE_ACTS.filter((act) => allowed.includes(act)),
    clock_ahead_ms: wholeOr(value["server_now_ms"], received_at_ms) - received_at_ms,
  };
}

/** Reads {"consultations": […]}; what is no consultation is left out. */
export function consultationsFrom(answer: unknown, received_at_ms: number): Consultation[] {
  return members(record(answer)["consultations"]).flatMap((one) => consultationFrom(one, received_at_ms) ?? []);
}

/** Reads {"messages": […]}, oldest first. */
export function messagesFrom(answer: unknown): CaseMessage[] {
  return members(record(answer)["messages"])
    .map((one) => ({
      id: text(one["id"]),
      person: text(one["person"]),
      person_name: text(one["person_name"]),
      text: text(one["text"]),
      at_ms: wholeOr(one["at_ms"], 0),
    }))
    .sort((a, b) => a.at_ms - b.at_ms);
}

/** Reads one attachment's description. */
export function attachmentFrom(value: unknown): CaseAttachment {
  const one = record(value);
  return {
    id: text(one["id"]),
    person: text(one["person"]),
    person_name: text(one["person_name"]),
    kind: oneOf(ATTACHMENT_KINDS, one["kind"], "document"),
    name: text(one["name"]),
    media_type: text(one["media_type"]),
    size_bytes: wholeOr(one["size_bytes"], 0),
    sha256: text(one["sha256"]),
    replies_to: text(one["replies_to"]),
    at_ms: wholeOr(one["at_ms"], 0),
  };
}

/** Reads {"attachments": […]}, oldest first. */
export function attachmentsFrom(answer: unknown): CaseAttachment[] {
  return members(record(answer)["attachments"])
    .map(attachmentFrom)
    .sort((a, b) => a.at_ms - b.at_ms);
}

/** Reads {"specialties": […]}. */
export function directoryFrom(answer: unknown): DirectorySpecialty[] {
  return members(record(answer)["specialties"]).map((one) => ({
    code: text(one["code"]),
    name: bothLanguages(one["name"], text(one["code"])),
    institution: text(one["institution"]),
    institution_name: text(one["institution_name"]),
    on_duty: members(one["on_duty"]).map((person) => ({
      person: text(person["person"]),
      name: text(person["name"]),
      title: text(person["title"]),
      line: wholeOr(person["line"], 1),
    })),
    duty_phone: text(one["duty_phone"]),
    waiting: wholeOr(one["waiting"], 0),
    expected_wait_s: wholeOr(one["expected_wait_s"], null),
  }));
}

/** Whether this caller may do it now. */
export const may = (one: Pick<Consultation, "allowed">, act: CaseAct): boolean => one.allowed.includes(act);

/** Nothing leads out of these states. */
export const isEnded = (state: CaseState): boolean => state === "closed" || state === "cancelled";

/** Age in years that somebody born in a year reaches in the year of `now`; null when unknown or impossible. */
export function ageAt(birth_year: number | null, now: Date): number | null {
  if (birth_year === null) return null;
  const age = hospitalClock(now).year - birth_year;
  return age < 0 || age > 130 ? null : age;
}

/** How many of the purposes stand granted, or are covered by an emergency. */
export function grantedCount(consents: readonly CaseConsent[]): number {
  return consents.filter(({ state }) => state === "granted" || state === "emergency").length;
}

/** Why a live case is not being recorded, as far as its page can tell. */
export type UnrecordedCause = "policy" | "declined" | "withdrawn" | "not_asked" | "not_yet";

/** Null while it is being recorded. */
export function unrecordedCause(
  one: Pick<Consultation, "is_recording" | "recording_policy" | "consents">,
): UnrecordedCause | null {
  if (one.is_recording) return null;
  if (one.recording_policy === "never") return "policy";
  const state = one.consents.find(({ purpose }) => purpose === "recording")?.state;
  if (state === "declined" || state === "withdrawn") return state;
  return state === "granted" || state === "emergency" ? "not_yet" : "not_asked";
}

/** Joins what is known with what came anew: the later state of each case, the latest change first. */
export function mergeCases(known: readonly Consultation[], more: readonly Consultation[]): Consultation[] {
  const cases = new Map<string, Consultation>();
  for (const one of [...known, ...more]) {
    const before = cases.get(one.id);
    if (before === undefined || before.updated_at_ms <= one.updated_at_ms) cases.set(one.id, one);
  }
  return [...cases.values()].sort((a, b) => b.updated_at_ms - a.updated_at_ms);
}
