// The report of an ECG and its critical value: how an answer is read, what can be written, what is missing before it
// can be signed (clinical/ecg_report.py). Nothing here looks at a sample: statements and marks are a person's.

import { isRecord, type TwoLanguages } from "./api";
import { URGENCIES, type Urgency } from "./consultation";
import type { EcgEpoch } from "./ecg";
import { BLANK, SIGNING_FACTORS, type SigningFactor } from "./opinion";

/** A resting ECG's page: shorter strips cannot be marked. */
export const LEAST_STRIP_S = 10;
export const MAX_STRIPS = 50;
export const MAX_STATEMENTS = 30;

/** Samples that the report rests on; `end_sample` is the first after them. */
export interface StripMark {
  readonly epoch: number;
  readonly first_sample: number;
  readonly end_sample: number;
}

export interface StripView extends StripMark {
  readonly rate_hz: number;
  /** 0: complete. */
  readonly missing_samples: number;
}

/** What is written. */
export interface ReportText {
  readonly strips: readonly StripMark[];
  /** Codes of statements, in the reader's order. */
  readonly statements: readonly string[];
  readonly findings: string;
  readonly conclusion: string;
  /** Null while nobody has said. */
  readonly critical_value: boolean | null;
  readonly template: string;
}

export const REPORT_STATES = ["drafted", "reported", "returned", "reviewed", "amending"] as const;
export type ReportState = (typeof REPORT_STATES)[number];
/** 报告, 审核. */
export const REPORT_STEPS = ["report", "review"] as const;
export type ReportStep = (typeof REPORT_STEPS)[number];
/** What must be so before signing, in the order of clinical/ecg_report.py. */
export const REPORT_GATES = [
  "identity",
  "patient",
  "strips",
  "conclusion",
  "blanks",
  "critical_value",
  "ecg",
  "measured",
] as const;
export type ReportGate = (typeof REPORT_GATES)[number];

export interface ReportSignature {
  readonly step: ReportStep;
  readonly version: number;
  readonly person: string;
  readonly person_name: string;
  readonly signed_at_ms: number;
  readonly fingerprint: string;
}

export const CRITICAL_STATES = ["calling", "acknowledged", "withdrawn"] as const;
export type CriticalState = (typeof CRITICAL_STATES)[number];

/** A critical value that was marked. */
export interface CriticalView {
  readonly id: string;
  readonly ecg: string;
  readonly ecg_serial: string;
  readonly patient_name: string;
  readonly state: CriticalState;
  readonly marked_by: string;
  readonly marked_by_name: string;
  readonly marked_at_ms: number;
  readonly called: readonly string[];
  /** Whether it calls the person at this page. */
  readonly is_called: boolean;
  /** Of the treating side, once it is to be shown; "" before. */
  readonly phone: string;
  /** How long it took until it was heard, as the service counts. */
  readonly unheard_ms: number;
  readonly heard_name: string;
  readonly heard_at_ms: number | null;
  readonly reason: string;
}

export interface ReportView extends ReportText {
  readonly state: ReportState;
  readonly version: number;
  /** Of the text, rising with each save; 0: nothing is written. */
  readonly revision: number;
  readonly strips: readonly StripView[];
  /** Why it was returned or is being amended. */
  readonly reason: string;
  readonly author_name: string;
  readonly updated_at_ms: number | null;
  /** What the service finds missing before the caller can sign. */
  readonly shut_gates: readonly ReportGate[];
  readonly asked_factors: readonly SigningFactor[];
  readonly signatures: readonly ReportSignature[];
  readonly allowed: readonly string[];
  readonly critical: CriticalView | null;
}

export interface ReportStatement {
  readonly code: string;
  readonly name: TwoLanguages;
}

export interface StatementGroup {
  readonly group: string;
  readonly statements: readonly ReportStatement[];
}

export interface ReportTemplate {
  readonly code: string;
  readonly title: TwoLanguages;
  readonly statements: readonly string[];
  readonly findings: TwoLanguages;
  readonly conclusion: TwoLanguages;
}

/** An ECG that waits for its report or its review. */
export interface EcgWork {
  readonly ecg: string;
  readonly serial: string;
  readonly case: string;
  readonly step: ReportStep;
  readonly urgency: Urgency;
  readonly since_ms: number;
  readonly patient_name: string;
  readonly institution_name: string;
  readonly reported_by_name: string;
  readonly is_complete: boolean;
  readonly is_simulated: boolean;
  /** An emergency that waits longer than ten minutes. */
  readonly is_beyond_target: boolean;
}

export const EMPTY_REPORT: ReportText = {
  strips: [],
  statements: [],
  findings: "",
  conclusion: "",
  critical_value: null,
  template: "",
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const whole = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const members = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
const oneOf = <T extends string>(all: readonly T[], value: unknown, otherwise: T): T =>
  all.find((one) => one === value) ?? otherwise;
const bothLanguages = (value: unknown): TwoLanguages => {
  const { zh, en } = isRecord(value) ? value : {};
  return { zh: text(zh), en: text(en) };
};
const known = <T extends string>(all: readonly T[], value: unknown): T[] =>
  texts(value).flatMap((one) => all.filter((each) => each === one));

/** Reads the answer of GET and PUT /ecgs/{id}/report; null for anything else. */
export function reportFrom(answer: unknown): ReportView | null {
  if (!isRecord(answer) || typeof answer["findings"] !== "string") return null;
  return {
    state: oneOf(REPORT_STATES, answer["state"], "drafted"),
    version: whole(answer["version"]) ?? 1,
    revision: whole(answer["revision"]) ?? 0,
    strips: members(answer["strips"]).map(stripFrom),
    statements: texts(answer["statements"]),
    findings: answer["findings"],
    conclusion: text(answer["conclusion"]),
    critical_value: typeof answer["critical_value"] === "boolean" ? answer["critical_value"] : null,
    template: text(answer["template"]),
    reason: text(answer["reason"]),
    author_name: text(answer["author_name"]),
    updated_at_ms: whole(answer["updated_at_ms"]),
    shut_gates: known(REPORT_GATES, answer["shut_gates"]),
    asked_factors: known(SIGNING_FACTORS, answer["asked_factors"]),
    signatures: members(answer["signatures"]).map((one) => ({
      step: oneOf(REPORT_STEPS, one["step"], "report"),
      version: whole(one["version"]) ?? 1,
      person: text(one["person"]),
      person_name: text(one["person_name"]),
      signed_at_ms: whole(one["signed_at_ms"]) ?? 0,
      fingerprint: text(one["fingerprint"]),
    })),
    allowed: texts(answer["allowed"]),
    critical: criticalFrom(answer["critical"]),
  };
}

function stripFrom(one: Record<string, unknown>): StripView {
  return {
    epoch: whole(one["epoch"]) ?? 0,
    first_sample: whole(one["first_sample"]) ?? 0,
    end_sample: whole(one["end_sample"]) ?? 0,
    rate_hz: whole(one["rate_hz"]) ?? 0,
    missing_samples: whole(one["missing_samples"]) ?? 0,
  };
}

/** Reads a critical value; null where there is none. */
export function criticalFrom(value: unknown): CriticalView | null {
  if (!isRecord(value) || text(value["id"]) === "") return null;
  const heard = isRecord(value["heard"]) ? value["heard"] : {};
  return {
    id: text(value["id"]),
    ecg: text(value["ecg"]),
    ecg_serial: text(value["ecg_serial"]),
    patient_name: text(value["patient_name"]),
    // Of a state that is not known here: it still calls, as far as anybody can tell.
    state: oneOf(CRITICAL_STATES, value["state"], "calling"),
    marked_by: text(value["marked_by"]),
    marked_by_name: text(value["marked_by_name"]),
    marked_at_ms: whole(value["marked_at_ms"]) ?? 0,
    called: members(value["called"]).map((one) => text(one["person_name"])),
    is_called: value["is_called"] === true,
    phone: text(value["phone"]),
    unheard_ms: whole(value["unheard_ms"]) ?? 0,
    heard_name: text(heard["name"]),
    heard_at_ms: whole(heard["at_ms"]),
    reason: text(value["reason"]),
  };
}

/** Reads {"critical_values": […]}, the longest waiting first. */
export function criticalsFrom(answer: unknown): CriticalView[] {
  return members(isRecord(answer) ? answer["critical_values"] : null).flatMap((one) => criticalFrom(one) ?? []);
}

/** Reads {"groups": […]}. */
export function statementsFrom(answer: unknown): StatementGroup[] {
  return members(isRecord(answer) ? answer["groups"] : null).map((one) => ({
    group: text(one["group"]),
    statements: members(one["statements"]).map((each) => ({
      code: text(each["code"]),
      name: bothLanguages(each["name"]),
    })),
  }));
}

/** Reads {"templates": […]}. */
export function reportTemplatesFrom(answer: unknown): ReportTemplate[] {
  return members(isRecord(answer) ? answer["templates"] : null).map((one) => ({
    code: text(one["code"]),
    title: bothLanguages(one["title"]),
    statements: texts(one["statements"]),
    findings: bothLanguages(one["findings"]),
    conclusion: bothLanguages(one["conclusion"]),
  }));
}

/** Reads {"work": […]}, in the order in which they are to be taken. */
export function ecgWorkFrom(answer: unknown): EcgWork[] {
  return members(isRecord(answer) ? answer["work"] : null).map((one) => ({
    ecg: text(one["ecg"]),
    serial: text(one["serial"]),
    case: text(one["case"]),
    step: oneOf(REPORT_STEPS, one["step"], "report"),
    urgency: oneOf(URGENCIES, one["urgency"], "routine"),
    since_ms: whole(one["since_ms"]) ?? 0,
    patient_name: text(one["patient_name"]),
    institution_name: text(one["institution_name"]),
    reported_by_name: text(one["reported_by_name"]),
    is_complete: one["is_complete"] === true,
    is_simulated: one["is_simulated"] === true,
    is_beyond_target: one["is_beyond_target"] === true,
  }));
}

/** The text of a view, without what the service knows of it. */
export function textOf(view: ReportText): ReportText {
  return {
    strips: view.strips.map(({ epoch, first_sample, end_sample }) => ({ epoch, first_sample, end_sample })),
    statements: view.statements,
    findings: view.findings.trim(),
    conclusion: view.conclusion.trim(),
    critical_value: view.critical_value,
    template: view.template,
  };
}

/** Whether two say the same once tidied. */
export function saysTheSameReport(one: ReportText, other: ReportText): boolean {
  return JSON.stringify(textOf(one)) === JSON.stringify(textOf(other));
}

/** A text begun from a form: what was written and chosen before stays. */
export function withReportTemplate(report: ReportText, form: ReportTemplate, language: "zh" | "en"): ReportText {
  const joined = (before: string, more: string): string => [before.trim(), more].filter((one) => one !== "").join("\n");
  return {
    ...report,
    statements: [...new Set([...report.statements, ...form.statements])].slice(0, MAX_STATEMENTS),
    findings: joined(report.findings, form.findings[language]),
    conclusion: joined(report.conclusion, form.conclusion[language]),
    template: form.code,
  };
}

/** The statements with one put in at the end, or taken out; a report that is full takes no more. */
export function withStatement(report: ReportText, code: string): ReportText {
  const { statements } = report;
  if (statements.includes(code)) return { ...report, statements: statements.filter((one) => one !== code) };
  return statements.length >= MAX_STATEMENTS ? report : { ...report, statements: [...statements, code] };
}

/** The strips with one put in by its place in time; one that is too short, marked already or too many changes nothing. */
export function withStrip(report: ReportText, strip: StripMark, rateHz: number): ReportText {
  const isSame = (one: StripMark): boolean =>
    one.epoch === strip.epoch && one.first_sample === strip.first_sample && one.end_sample === strip.end_sample;
  const isLong = strip.first_sample >= 0 && strip.end_sample - strip.first_sample >= LEAST_STRIP_S * rateHz;
  if (!isLong || report.strips.some(isSame) || report.strips.length >= MAX_STRIPS) return report;
  const strips = [...report.strips, strip].sort((a, b) => a.epoch - b.epoch || a.first_sample - b.first_sample);
  return { ...report, strips };
}

/** What can be marked at once of a recording; epochs that are too short for a strip have none. */
export interface OfferedStrips {
  readonly first: StripMark;
  readonly last: StripMark;
  /** One of each epoch, for no strip lies across two. */
  readonly whole: readonly StripMark[];
}

/** Null where there is nothing long enough. */
export function offeredStrips(epochs: readonly EcgEpoch[], rateHz: number): OfferedStrips | null {
  const length = LEAST_STRIP_S * rateHz;
  const whole = epochs
    .filter(({ first, end }) => rateHz > 0 && end - first >= length)
    .map(({ epoch, first, end }) => ({ epoch, first_sample: first, end_sample: end }));
  const [first] = whole;
  const last = whole.at(-1);
  if (first === undefined || last === undefined) return null;
  return {
    first: { ...first, end_sample: first.first_sample + length },
    last: { ...last, first_sample: last.end_sample - length },
    whole,
  };
}

/** How long after the session's first sample a strip begins, as its axis counts; 0 where its epoch is not known. */
export function stripBeginsMs(strip: StripMark, epochs: readonly EcgEpoch[], rateHz: number): number {
  const [session] = epochs;
  const own = epochs.find((one) => one.epoch === strip.epoch);
  if (session === undefined || own === undefined || rateHz <= 0) return 0;
  const between_ms = (own.first_taken_us - session.first_taken_us) / 1000;
  return between_ms + ((strip.first_sample - own.first) / rateHz) * 1000;
}

export interface ReportGateView {
  readonly gate: ReportGate;
  readonly isOpen: boolean;
}

/**
 * The gates, each with whether it is open. What the page knows at once it tells at once; of licence, patient, samples
 * and their origin the service decides. Marks that are not saved yet count as incomplete: nobody has looked at them.
 */
export function reportGatesOf(at: {
  report: ReportText;
  /** As the service has it. */
  saved: ReportView;
  isPatientChecked: boolean;
}): ReportGateView[] {
  const report = textOf(at.report);
  const shut = new Set(at.saved.shut_gates);
  const isLooked = JSON.stringify(report.strips) === JSON.stringify(textOf(at.saved).strips);
  const open: Record<ReportGate, boolean> = {
    identity: !shut.has("identity"),
    patient: at.isPatientChecked && !shut.has("patient"),
    strips: report.strips.length > 0,
    conclusion: report.statements.length > 0 || report.conclusion !== "",
    blanks: ![report.findings, report.conclusion].some((one) => one.includes(BLANK)),
    critical_value: report.critical_value !== null,
    ecg: isLooked && at.saved.strips.every((strip) => strip.missing_samples === 0),
    measured: !shut.has("measured"),
  };
  return REPORT_GATES.map((gate) => ({ gate, isOpen: open[gate] }));
}

/** Why it cannot be signed now, the first that counts; null when it can. "own": nobody reviews their own report. */
export type ReportLock = ReportGate | "link" | "own" | "not_allowed";

export function reportLock(at: {
  gates: readonly ReportGateView[];
  step: ReportStep;
  saved: ReportView;
  /** Who is at the page. */
  person: string;
  isOnline: boolean;
}): ReportLock | null {
  if (!at.isOnline) return "link";
  const reported = at.saved.signatures.findLast((one) => one.step === "report");
  if (at.step === "review" && reported?.person === at.person) return "own";
  if (!at.saved.allowed.includes(at.step === "report" ? "sign" : "review")) return "not_allowed";
  return at.gates.find((one) => !one.isOpen)?.gate ?? null;
}

/** Which signature is the next; null where none is. */
export function nextStep(state: ReportState): ReportStep | null {
  if (state === "reviewed") return null;
  return state === "reported" ? "review" : "report";
}

/** How long a critical value has been waiting, or took until it was heard. */
export function waitedMs(critical: CriticalView, now_ms: number): number {
  return critical.state === "calling" ? Math.max(0, now_ms - critical.marked_at_ms) : critical.unheard_ms;
}

/** The seconds that a strip lasts, and that are missing of it. */
export function secondsOf(strip: StripView): { length_s: number; missing_s: number } {
  const rateHz = strip.rate_hz > 0 ? strip.rate_hz : 1;
  return { length_s: (strip.end_sample - strip.first_sample) / rateHz, missing_s: strip.missing_samples / rateHz };
}
