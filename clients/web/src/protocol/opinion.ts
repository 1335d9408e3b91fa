// The written opinion: what it says, and what must be so before it can be signed (interface.md §3, signature step).

import { isRecord, type TwoLanguages } from "./api";

export const SIGNING_FACTORS = ["totp", "passkey", "password"] as const;
export type SigningFactor = (typeof SIGNING_FACTORS)[number];

/** What is written. */
export interface OpinionText {
  findings: string;
  /** One sentence each: the treating side answers them one by one. */
  advice: readonly string[];
  /** Whether it holds a critical value; null while nobody has said. */
  critical_value: boolean | null;
  /** The code of the template it was begun from; "" for none. */
  template: string;
}

export interface OpinionView extends OpinionText {
  state: "draft" | "signed";
  /** Of the draft, rising with each save. */
  version: number;
  author_name: string;
  updated_at_ms: number | null;
  signed_at_ms: number | null;
  fingerprint: string;
  /** What is taken from the caller when they sign, the first to be asked for; empty where they have nothing, or it is signed. */
  asked_factors: readonly SigningFactor[];
  /** The treating side's answer to each item of advice, in their order; empty before it. */
  items: readonly { adopted: boolean; reason: string }[];
}

export const EMPTY_OPINION: OpinionText = { findings: "", advice: [""], critical_value: null, template: "" };

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const whole = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Reads the answer of GET and PUT /consultations/{id}/opinion, bare or as {"opinion": …}; null where none is written yet. */
export function opinionFrom(answer: unknown): OpinionView | null {
  const inner = isRecord(answer) && "opinion" in answer ? answer["opinion"] : answer;
  if (!isRecord(inner) || typeof inner["findings"] !== "string") return null;
  return {
    findings: inner["findings"],
    advice: lines(inner["advice"]),
    critical_value: typeof inner["critical_value"] === "boolean" ? inner["critical_value"] : null,
    template: text(inner["template"]),
    state: inner["state"] === "signed" ? "signed" : "draft",
    version: whole(inner["version"]) ?? 0,
    author_name: text(inner["author_name"]),
    updated_at_ms: whole(inner["updated_at_ms"]),
    signed_at_ms: whole(inner["signed_at_ms"]),
    fingerprint: text(inner["fingerprint"]),
    asked_factors: list(inner["asked_factors"]).flatMap((one) => SIGNING_FACTORS.filter((known) => known === one)),
    items: list(inner["items"])
      .filter(isRecord)
      .map((one) => ({ adopted: one["adopted"] === true, reason: text(one["reason"]) })),
  };
}

/** What somebody signs with unless they choose otherwise: the key where there is one and the browser can ask it. */
export function firstFactor(asked: readonly SigningFactor[], canUseKey: boolean): SigningFactor | null {
  if (canUseKey && asked.includes("passkey")) return "passkey";
  return asked.find((one) => one !== "passkey") ?? asked[0] ?? null;
}

/** What does not fit in a signed opinion (signaling/consult/opinion_verdict.py). */
export const OPINION_FAULTS = ["key", "signature", "form", "case", "request", "text", "attachments", "ledger"] as const;

/** Whether what is kept is what was signed. A fault that is not known here counts as one. */
export interface OpinionCheck {
  is_unaltered: boolean;
  faults: readonly ((typeof OPINION_FAULTS)[number] | "other")[];
}

/** Reads the answer of GET /consultations/{id}/opinion/check; null for anything else: then nothing was checked. */
export function opinionCheckFrom(answer: unknown): OpinionCheck | null {
  if (!isRecord(answer) || typeof answer["is_unaltered"] !== "boolean") return null;
  const faults = list(answer["faults"]).map((one) => OPINION_FAULTS.find((known) => known === one) ?? "other");
  return { is_unaltered: answer["is_unaltered"] && faults.length === 0, faults };
}

/** A form to fill in: headings and blanks, no finding. */
export interface OpinionTemplate {
  code: string;
  title: TwoLanguages;
  findings: TwoLanguages;
  advice_zh: readonly string[];
  advice_en: readonly string[];
}

const bothLanguages = (value: unknown): TwoLanguages => {
  const { zh, en } = isRecord(value) ? value : {};
  return { zh: text(zh), en: text(en) };
};
const lines = (value: unknown): string[] => list(value).filter((one) => typeof one === "string");

/** Reads {"templates": […]}, the nearest to the request first. */
export function templatesFrom(answer: unknown): OpinionTemplate[] {
  return list(isRecord(answer) ? answer["templates"] : null)
    .filter(isRecord)
    .map((one) => ({
      code: text(one["code"]),
      title: bothLanguages(one["title"]),
      findings: bothLanguages(one["findings"]),
      advice_zh: lines(one["advice_zh"]),
      advice_en: lines(one["advice_en"]),
    }));
}

/** A draft begun from a template: what was written before stands above its headings. */
export function withTemplate(opinion: OpinionText, template: OpinionTemplate, language: "zh" | "en"): OpinionText {
  const before = tidied(opinion);
  return {
    findings: [before.findings, template.findings[language]].filter((one) => one !== "").join("\n"),
    advice: [...before.advice, ...(language === "zh" ? template.advice_zh : template.advice_en)],
    critical_value: before.critical_value,
    template: template.code,
  };
}

/** The text without empty lines and spaces at its ends: as it is sent. */
export function tidied(opinion: OpinionText): OpinionText {
  return {
    ...opinion,
    findings: opinion.findings.trim(),
    advice: opinion.advice.map((one) => one.trim()).filter((one) => one !== ""),
  };
}

/** Whether two say the same once tidied. */
export function saysTheSame(one: OpinionText, other: OpinionText): boolean {
  const [a, b] = [tidied(one), tidied(other)];
  return (
    a.findings === b.findings &&
    a.critical_value === b.critical_value &&
    a.template === b.template &&
    a.advice.length === b.advice.length &&
    a.advice.every((line, index) => line === b.advice[index])
  );
}

/** What must be so before signing, in the order of clinical/opinion.py. */
export const GATES = ["identity", "patient", "findings", "advice", "blanks", "critical_value", "ecg"] as const;
export type Gate = (typeof GATES)[number];
/** What a template leaves for a person to fill in (clinical/opinion.py). */
export const BLANK = "____";

export interface GateView {
  gate: Gate;
  isOpen: boolean;
}

/**
 * The gates, each with whether it is open; that of the ECG only where there is one. The factor itself is given while
 * signing.
 */
export function gatesOf(at: {
  opinion: OpinionText;
  isPatientChecked: boolean;
  isHost: boolean;
  /** Whether all of the case's ECGs is stored; null for a case without one. */
  isEcgComplete: boolean | null;
}): GateView[] {
  const opinion = tidied(at.opinion);
  const open: Record<Gate, boolean> = {
    identity: at.isHost,
    patient: at.isPatientChecked,
    findings: opinion.findings !== "",
    advice: opinion.advice.length > 0,
    blanks: ![opinion.findings, ...opinion.advice].some((one) => one.includes(BLANK)),
    critical_value: opinion.critical_value !== null,
    ecg: at.isEcgComplete !== false,
  };
  const shown = GATES.filter((gate) => gate !== "ecg" || at.isEcgComplete !== null);
  return shown.map((gate) => ({ gate, isOpen: open[gate] }));
}

/** Why the opinion cannot be signed now: the first closed gate, or what the service has not allowed; null when it can. */
export type SignLock = Gate | "not_begun" | "link";

export function signLock(at: {
  gates: readonly GateView[];
  /** The service lets this caller sign now. */
  isAllowed: boolean;
  /** The page reaches the service. */
  isOnline: boolean;
}): SignLock | null {
  if (!at.isOnline) return "link";
  const closed = at.gates.find((one) => !one.isOpen);
  if (closed?.gate === "identity") return "identity";
  if (!at.isAllowed) return "not_begun";
  return closed?.gate ?? null;
}
