// The work list: which of the cases stands in which part of the page, in which order, and how long it has waited.

import type { CaseState, Consultation } from "./consultation";

/** What the service's boxes hold, as the page last read them. */
export interface Boxes {
  work: readonly Consultation[];
  mine: readonly Consultation[];
  past: readonly Consultation[];
}

export interface WorkList {
  /** Asked for, and taken by nobody yet; in the order of the queue. */
  waiting: readonly Consultation[];
  /** Taken by, or with a part for, the person at the page; what happened last first. */
  mine: readonly Consultation[];
  /** Wanted at a time to come, the next first. */
  booked: readonly Consultation[];
  past: readonly Consultation[];
}

const IS_WAITING: ReadonlySet<CaseState> = new Set(["invited", "ringing", "declined", "timed_out"]);
/** A case booked for a time more than this far ahead is not waited for yet. */
export const BOOKED_AHEAD_MS = 5 * 60_000;

/** When somebody began to wait for an answer: the sending, or the booked time. */
export function waitsSince_ms(one: Consultation): number {
  return Math.max(one.invited_at_ms ?? one.created_at_ms, one.wanted_at_ms ?? 0);
}

/** Whole minutes that a case has waited at `now_ms` of the page's clock; never negative. */
export function waited_min(one: Consultation, now_ms: number): number {
  return Math.max(0, Math.floor((now_ms + one.clock_ahead_ms - waitsSince_ms(one)) / 60_000));
}

/** Longer waits are told in whole hours: nobody reads 1398 minutes. */
const HOURS_FROM_MIN = 120;

/** Minutes as people read a wait. */
export function readable(minutes: number): { unit: "hours" | "minutes"; count: number } {
  return minutes < HOURS_FROM_MIN
    ? { unit: "minutes", count: minutes }
    : { unit: "hours", count: Math.floor(minutes / 60) };
}

/** The service ranks those that wait (emergency before urgent before routine); without a rank the longest wait is first. */
function byQueue(a: Consultation, b: Consultation): number {
  const last = Number.MAX_SAFE_INTEGER;
  return (a.queue?.place ?? last) - (b.queue?.place ?? last) || waitsSince_ms(a) - waitsSince_ms(b);
}

/** Sorts the boxes into the parts of the page. A case stands in one part only. */
export function workList(boxes: Boxes, now_ms: number): WorkList {
  const isAhead = (one: Consultation): boolean =>
    one.state === "invited" &&
    one.wanted_at_ms !== null &&
    one.wanted_at_ms - (now_ms + one.clock_ahead_ms) > BOOKED_AHEAD_MS;
  const own = new Set(boxes.mine.map((one) => one.id));
  const open = [...boxes.mine, ...boxes.work.filter((one) => !own.has(one.id))];
  return {
    waiting: open.filter((one) => IS_WAITING.has(one.state) && !isAhead(one)).sort(byQueue),
    mine: boxes.mine.filter((one) => !IS_WAITING.has(one.state)).sort((a, b) => b.updated_at_ms - a.updated_at_ms),
    booked: open.filter(isAhead).sort((a, b) => waitsSince_ms(a) - waitsSince_ms(b)),
    past: [...boxes.past].sort((a, b) => b.updated_at_ms - a.updated_at_ms),
  };
}

/** How many of one's own cases still want a signature. */
export function unsignedCount(mine: readonly Consultation[]): number {
  return mine.filter((one) => one.state === "accepted" || one.state === "active").length;
}
