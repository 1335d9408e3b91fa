// The way through the kiosk's screens: which touch leads where, and where a case belongs that is already under way.
// 急救 is no screen: its sheet lies over whichever screen it was called from, and leaves that as it is.
//
//   home ─ ask → request ─ go_on → consent ─ go_on → ringing ─ answered → call ─ signed → reply ─ done → home
//
// A tab that is closed and opened again finds its case by `unfinished` and its screen by `screenOf`.

import type { CaseState, Consultation } from "./consultation";

export type Screen =
  "home" | "patient" | "request" | "consent" | "ringing" | "call" | "replies" | "reply" | "ecg" | "selftest";

export type Touch =
  "ask" | "choose_patient" | "patient_known" | "go_on" | "back" | "ecg" | "test" | "replies" | "open" | "done";

/** What is not listed leads nowhere: the screen stays. Changes of the case itself are followed by `screenOf`. */
const WAYS: Readonly<Record<Screen, Partial<Record<Touch, Screen>>>> = {
  home: { ask: "request", choose_patient: "patient", ecg: "ecg", test: "selftest", replies: "replies" },
  patient: { back: "home", patient_known: "home" },
  request: { back: "home", go_on: "consent" },
  consent: { back: "request", go_on: "ringing", done: "home" },
  ringing: { done: "home" },
  call: { done: "home" },
  replies: { back: "home", open: "reply" },
  reply: { back: "replies", done: "home" },
  ecg: { back: "home", ask: "request" },
  selftest: { back: "home" },
};

export const nextScreen = (screen: Screen, touch: Touch): Screen => WAYS[screen][touch] ?? screen;

/** The screen on which a case goes on. */
const SCREEN_OF: Readonly<Record<CaseState, Screen>> = {
  drafted: "consent",
  invited: "ringing",
  ringing: "ringing",
  declined: "ringing",
  timed_out: "ringing",
  accepted: "call",
  active: "call",
  signed: "reply",
  acknowledged: "reply",
  closed: "reply",
  cancelled: "home",
};

export const screenOf = (state: CaseState): Screen => SCREEN_OF[state];

/** Screens that show one case as it moves: they follow it by themselves. */
const FOLLOWING: readonly Screen[] = ["ringing", "call"];

/**
 * Where the page stands after its case has changed. A kiosk in a call stays there when the opinion is signed (people
 * are still talking); the call's own screen then offers the reply.
 */
export function followCase(screen: Screen, state: CaseState): Screen {
  if (!FOLLOWING.includes(screen)) return screen;
  if (screen === "call" && state === "signed") return screen;
  return screenOf(state);
}

type Dated = Pick<Consultation, "state" | "updated_at_ms">;

/** States in which somebody waits for somebody at this very moment. */
const UNDER_WAY: readonly CaseState[] = ["invited", "ringing", "declined", "timed_out", "accepted", "active"];

/**
 * The case to come back to: the latest one that is under way, else the latest request that was begun and not sent;
 * null when there is none.
 */
export function unfinished<T extends Dated>(cases: readonly T[]): T | null {
  const open = cases.filter((one) => UNDER_WAY.includes(one.state));
  const found = open.length > 0 ? open : cases.filter((one) => one.state === "drafted");
  return found.reduce<T | null>(
    (last, one) => (last === null || one.updated_at_ms > last.updated_at_ms ? one : last),
    null,
  );
}

/** The replies, unread ones first, then the latest. */
export function repliesOf<T extends Dated>(cases: readonly T[]): T[] {
  const replied = cases.filter((one) => screenOf(one.state) === "reply");
  return replied.sort(
    (a, b) => Number(b.state === "signed") - Number(a.state === "signed") || b.updated_at_ms - a.updated_at_ms,
  );
}

export const unreadCount = (cases: readonly Dated[]): number => cases.filter((one) => one.state === "signed").length;

/** The numbers to show at 急救, one each: those of emergency medicine first. */
export function emergencyPhones(
  directory: readonly { code: string; institution_name: string; duty_phone: string }[],
): { code: string; institution_name: string; duty_phone: string }[] {
  const named = directory.filter((one) => one.duty_phone !== "");
  const ranked = [...named].sort((a, b) => Number(b.code === "emergency") - Number(a.code === "emergency"));
  const seen = new Set<string>();
  return ranked.filter((one) => !seen.has(one.duty_phone) && seen.add(one.duty_phone));
}
