// The trace: what is asked of it, and what one event says (signaling/api/trace_models.py, breakglass_models.py).

import { hospitalMoment } from "./hospital_time";
import type { Licence } from "./staff";

/** The purposes of clinical/purpose.py, in the order in which supervisors meet them. */
export const PURPOSES = ["complaint", "quality_control", "dispute", "audit", "patient_request", "treatment"] as const;
export type Purpose = (typeof PURPOSES)[number];

export interface TraceLine {
  institution: string;
  sequence: number;
  at_ms: number;
  kind: string;
  actor: string;
  actor_name: string;
  actor_role: string;
  patient: string;
  patient_name: string;
  case: string;
  room: string;
  has_media: boolean;
}

export interface PatientLine {
  id: string;
  name: string;
  card_end: string;
  sex: "male" | "female" | "other" | "unknown";
  birth_year: number | null;
}

export interface TraceLines {
  events: TraceLine[];
  patients: PatientLine[];
  next: string | null;
}

export interface PersonalField {
  name: string;
  commitment: string;
  /** Null once erased. */
  value: string | null;
  erased_at_ms: number | null;
  is_sound: boolean | null;
}

export interface EventDetail {
  institution: string;
  sequence: number;
  kind: string;
  actor: { id: string; name: string; role: string; title: string; licences: readonly Licence[] };
  place: { institution: string; institution_name: string; device: string; device_name: string; room: string };
  time: { at_ms: number; device_at_ms: number | null; offset_ms: number | null; error_ms: number | null };
  patient: PatientLine | null;
  subject: Readonly<Record<string, string>>;
  before: Readonly<Record<string, unknown>>;
  after: Readonly<Record<string, unknown>>;
  media: { recording: string; position_ms: number } | null;
  personal: readonly PersonalField[];
  hash: string;
  previous: string;
  is_chained: boolean;
  line: string;
  fhir: unknown;
}

/** What stands in the search form. Days are as a date field gives them, 2026-11-09. */
export interface TraceForm {
  purpose: Purpose | null;
  note: string;
  patient: string;
  person: string;
  institution: string;
  /** "" for every kind; "consent" for all of that family; "consent.granted" for one. */
  kind: string;
  from_day: string;
  to_day: string;
}

export type FormFault = "purpose" | "days";

/** A search as the API takes it. */
export interface TraceSearch {
  purpose: Purpose;
  purpose_note: string;
  institution: string;
  patient: string;
  person: string;
  kinds: string[];
  from_ms?: number;
  to_ms?: number;
  cursor: string;
}

function startOfDay(day: string, days_later: number): number | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (found === null) return null;
  return hospitalMoment(Number(found[1]), Number(found[2]), Number(found[3]) + days_later);
}

/** The kinds that a choice of the form means: one, or all known ones of a family. */
export function kindsOf(choice: string, known: readonly string[]): string[] {
  if (choice === "") return [];
  return choice.includes(".") ? [choice] : known.filter((kind) => kind.startsWith(`${choice}.`));
}

/** The families of kinds, the part before the first dot, each once, in the order of the list. */
export function familiesOf(known: readonly string[]): string[] {
  return [...new Set(known.map((kind) => kind.split(".", 1).join("")))];
}

/** A form as a search, or what is still wrong with it. The last day counts whole. */
export function searchOf(form: TraceForm, known: readonly string[], cursor: string): TraceSearch | FormFault {
  if (form.purpose === null) return "purpose";
  const from_ms = startOfDay(form.from_day, 0);
  const to_ms = startOfDay(form.to_day, 1);
  if (from_ms !== null && to_ms !== null && from_ms >= to_ms) return "days";
  return {
    purpose: form.purpose,
    purpose_note: form.note.trim(),
    institution: form.institution,
    patient: form.patient.trim(),
    person: form.person.trim(),
    kinds: kindsOf(form.kind, known),
    ...(from_ms === null ? {} : { from_ms }),
    ...(to_ms === null ? {} : { to_ms }),
    cursor,
  };
}

export interface Change {
  name: string;
  before: string | null;
  after: string | null;
}

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** What an event changed, one row a name, in the order of the names; null where there was nothing. */
export function changesOf(event: Pick<EventDetail, "before" | "after">): Change[] {
  const names = [...new Set([...Object.keys(event.before), ...Object.keys(event.after)])].sort();
  return names.map((name) => ({
    name,
    before: name in event.before ? shown(event.before[name]) : null,
    after: name in event.after ? shown(event.after[name]) : null,
  }));
}

/** A canonical line, broken and indented for reading; the line itself where it is no JSON. */
export function readable(line: string): string {
  try {
    return JSON.stringify(JSON.parse(line), null, 2);
  } catch {
    return line;
  }
}

/** The ends of a long hash or id, enough to compare by eye: 8be1f0a2…41d704c2. */
export function shortHash(hash: string): string {
  return hash.length <= 20 ? hash : `${hash.slice(0, 8)}…${hash.slice(-8)}`;
}

export type Finding = "justified" | "unjustified";

export interface Breakglass {
  id: string;
  person: string;
  person_name: string;
  room: string;
  patient: string;
  reason: string;
  at_ms: number;
  ends_at_ms: number;
  due_at_ms: number;
  is_overdue: boolean;
  reviewed_at_ms: number | null;
  reviewer: string;
  reviewer_name: string;
  finding: Finding | "";
  review_note: string;
}
