// The sheet on which a patient answers the four purposes: nothing is preset, each answer is its own, and a no to
// recording, sharing or teaching never stands in the way of care (clinical/consent.py).

import { isRecord } from "./api";
import { CONSENT_PURPOSES, type ConsentPurpose } from "./consultation";

/** A text in force, as GET /consents/texts gives it; what is shown and read aloud is `text`, unchanged. */
export interface ConsentText {
  purpose: ConsentPurpose;
  version: string;
  language: "zh" | "en";
  title: string;
  text: string;
  sha256: string;
}

export type Answers = Readonly<Record<ConsentPurpose, boolean | null>>;

export const GIVERS = ["patient", "guardian", "relative"] as const;
export type Giver = (typeof GIVERS)[number];
export type Means = "screen_signature" | "voice";

export interface Sheet {
  answers: Answers;
  giver: Giver;
  /** Who answers for the patient; not asked of the patient. */
  giver_name: string;
  means: Means;
  /** A signature stands on the screen. */
  is_signed: boolean;
}

export const BLANK_SHEET: Sheet = {
  answers: { consultation: null, recording: null, sharing: null, teaching: null },
  giver: "patient",
  giver_name: "",
  means: "screen_signature",
  is_signed: false,
};

/** Reads {"texts": […]} and keeps those of one language, in the order of asking. */
export function textsFrom(answer: unknown, language: "zh" | "en"): ConsentText[] {
  const list = isRecord(answer) && Array.isArray(answer["texts"]) ? answer["texts"].filter(isRecord) : [];
  return CONSENT_PURPOSES.flatMap((purpose) => {
    const found = list.find((one) => one["purpose"] === purpose && one["language"] === language);
    if (found === undefined) return [];
    const text = (name: string): string => (typeof found[name] === "string" ? found[name] : "");
    return [
      { purpose, language, version: text("version"), title: text("title"), text: text("text"), sha256: text("sha256") },
    ];
  });
}

/** Eighteen years and above answers for themselves (民法典, article 17). */
export const FULL_AGE = 18;

/** Whether somebody else has to answer: below full age, as far as the year of birth tells. */
export const needsGuardian = (age: number | null): boolean => age !== null && age < FULL_AGE;

export function answer(sheet: Sheet, purpose: ConsentPurpose, isGranted: boolean): Sheet {
  return { ...sheet, answers: { ...sheet.answers, [purpose]: isGranted } };
}

/** Another person or another means: a signature that was given is of somebody else then. */
export function give(sheet: Sheet, change: Partial<Pick<Sheet, "giver" | "giver_name" | "means">>): Sheet {
  const isSamePerson = change.giver === undefined || change.giver === sheet.giver;
  return { ...sheet, ...change, is_signed: sheet.is_signed && isSamePerson };
}

export type SheetGap = "answers" | "guardian" | "giver_name" | "signature";

/** What is still to be done, in order; empty when the sheet can be handed in. */
export function sheetGaps(sheet: Sheet, age: number | null): SheetGap[] {
  const answers = CONSENT_PURPOSES.map((purpose) => sheet.answers[purpose]);
  const gaps: SheetGap[] = [];
  if (answers.includes(null)) gaps.push("answers");
  if (needsGuardian(age) && sheet.giver === "patient") gaps.push("guardian");
  if (sheet.giver !== "patient" && sheet.giver_name.trim() === "") gaps.push("giver_name");
  // A no needs no signature: refusing must not be harder than agreeing.
  if (answers.includes(true) && sheet.means === "screen_signature" && !sheet.is_signed) gaps.push("signature");
  return gaps;
}

/** How many purposes nobody has answered yet. */
export const unanswered = (sheet: Sheet): number =>
  CONSENT_PURPOSES.filter((purpose) => sheet.answers[purpose] === null).length;

/** The purposes that were refused. */
export const refused = (sheet: Sheet): ConsentPurpose[] =>
  CONSENT_PURPOSES.filter((purpose) => sheet.answers[purpose] === false);

/** Without the consultation itself nobody is called; the doctor at the kiosk goes on caring. */
export const endsHere = (sheet: Sheet): boolean => sheet.answers.consultation === false;

export interface ConsentBody {
  patient: string;
  case: string;
  answers: { purpose: ConsentPurpose; is_granted: boolean; text_version: string; text_sha256: string }[];
  how: Means;
  given_by: Giver;
  giver_name: string;
  evidence_sha256: string;
}

/** The answers as the service takes them. `evidence_sha256` is the hash of the signature's image, or "". */
export function consentBody(
  sheet: Sheet,
  texts: readonly ConsentText[],
  of: { patient: string; case: string },
  evidence_sha256: string,
): ConsentBody {
  return {
    ...of,
    answers: texts.flatMap(({ purpose, version, sha256 }) => {
      const is_granted = sheet.answers[purpose];
      return is_granted === null ? [] : [{ purpose, is_granted, text_version: version, text_sha256: sha256 }];
    }),
    how: sheet.means,
    given_by: sheet.giver,
    giver_name: sheet.giver === "patient" ? "" : sheet.giver_name.trim(),
    evidence_sha256: sheet.means === "screen_signature" ? evidence_sha256 : "",
  };
}

/** What stands for one purpose, as GET /consents tells it; `consent` is the answer to take back. */
export interface Standing {
  purpose: ConsentPurpose;
  is_allowed: boolean;
  consent: string;
  /** Who gave it: the one who takes it back, where nobody says otherwise. */
  giver: Giver;
}

/** Reads {"standing": […]}. */
export function standingFrom(value: unknown): Standing[] {
  const list = isRecord(value) && Array.isArray(value["standing"]) ? value["standing"].filter(isRecord) : [];
  return CONSENT_PURPOSES.flatMap((purpose) => {
    const found = list.find((one) => one["purpose"] === purpose);
    if (found === undefined) return [];
    const consent = typeof found["consent"] === "string" ? found["consent"] : "";
    const giver = GIVERS.find((one) => one === found["given_by"]) ?? "patient";
    return [{ purpose, is_allowed: found["is_allowed"] === true, consent, giver }];
  });
}
