// What a request for a consultation says, gathered at a kiosk by touches: complaint, since when, how urgent, where to.
//
// A complaint only proposes whom to ask first; the doctor at the kiosk can always choose another specialty.

import type { CaseKind, DirectorySpecialty, Urgency } from "./consultation";

export const COMPLAINTS = ["chest", "breath", "heartbeat", "faint", "head", "speech", "belly", "other"] as const;
export type Complaint = (typeof COMPLAINTS)[number];

export const SINCE = ["now", "hours", "half_day", "days", "longer"] as const;
export type Since = (typeof SINCE)[number];

/** How urgent: both go to the duty line; what is not urgent waits its turn there. */
export const PACES = ["urgent", "routine"] as const;
export type Pace = (typeof PACES)[number];

/** Whom a complaint is proposed to, first choice first; codes of clinical/specialties.py. */
const PROPOSED: Readonly<Record<Complaint, readonly string[]>> = {
  chest: ["cardiology", "emergency"],
  breath: ["respiratory", "cardiology", "emergency"],
  heartbeat: ["cardiology"],
  faint: ["cardiology", "neurology", "emergency"],
  head: ["neurology", "emergency"],
  speech: ["neurology", "emergency"],
  belly: ["gastroenterology", "general_surgery", "emergency"],
  other: ["general_practice", "emergency"],
};

/** What has been touched so far. */
export interface Intake {
  complaint: Complaint | null;
  since: Since | null;
  pace: Pace | null;
  /** The specialty chosen by hand; null: the one that the complaint proposes. */
  chosen: { specialty: string; institution: string } | null;
  /** What the doctor adds in their own words; "" is usual. */
  note: string;
}

export const EMPTY_INTAKE: Intake = { complaint: null, since: null, pace: null, chosen: null, note: "" };

/** Of several hospitals that have the specialty: one with somebody on duty, and there the shortest line. */
function best(places: readonly DirectorySpecialty[]): DirectorySpecialty | null {
  const ranked = [...places].sort(
    (a, b) => Number(b.on_duty.length > 0) - Number(a.on_duty.length > 0) || a.waiting - b.waiting,
  );
  return ranked[0] ?? null;
}

/** Who will be asked; null before there is a complaint, and where no hospital has any of the proposed specialties. */
export function destinationOf(
  intake: Pick<Intake, "complaint" | "chosen">,
  directory: readonly DirectorySpecialty[],
): DirectorySpecialty | null {
  const { chosen, complaint } = intake;
  if (chosen !== null) {
    return directory.find((one) => one.code === chosen.specialty && one.institution === chosen.institution) ?? null;
  }
  if (complaint === null) return null;
  for (const code of PROPOSED[complaint]) {
    const found = best(directory.filter((one) => one.code === code));
    if (found !== null) return found;
  }
  return null;
}

export type IntakeGap = "complaint" | "since" | "pace" | "specialty";

/** What is still to be touched, in the order of the screen. The specialty is missed only once there is a complaint. */
export function gapsOf(intake: Intake, directory: readonly DirectorySpecialty[]): IntakeGap[] {
  const gaps: IntakeGap[] = [];
  if (intake.complaint === null) gaps.push("complaint");
  if (intake.since === null) gaps.push("since");
  if (intake.pace === null) gaps.push("pace");
  if (intake.complaint !== null && destinationOf(intake, directory) === null) gaps.push("specialty");
  return gaps;
}

/** The words of a request: the law asks for each of them on an invitation (远程医疗服务管理规范, 2018). */
export interface RequestWords {
  reason: string;
  purpose: string;
  summary: string;
}

export interface RequestBody extends RequestWords {
  patient: string;
  institution: string;
  kind: CaseKind;
  urgency: Urgency;
  specialty: string;
  wanted_title: string;
}

/** The request as the service takes it; null while something is missing. */
export function requestOf(
  intake: Intake,
  patient: string,
  directory: readonly DirectorySpecialty[],
  words: RequestWords,
): RequestBody | null {
  const to = destinationOf(intake, directory);
  if (to === null || intake.pace === null || gapsOf(intake, directory).length > 0) return null;
  return {
    patient,
    institution: to.institution,
    kind: "live",
    urgency: intake.pace,
    specialty: to.code,
    // A kiosk asks for whoever is on duty: a title to wish for would only make the patient wait.
    wanted_title: "any",
    ...words,
  };
}

/** Whole minutes of a wait, at least one: nobody waits "0 minutes". */
export const waitMinutes = (seconds: number): number => Math.max(1, Math.round(seconds / 60));
