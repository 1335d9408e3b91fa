// A ring at one moment: how long it has rung, what comes next and in how many seconds, and who has said what.

import type { Consultation, RingState } from "./consultation";

/** When the ring goes on to its next step, after its start (clinical/escalation.py). */
export const SECOND_LINE_AFTER_MS = 30_000;
export const DUTY_PHONE_AFTER_MS = 60_000;
export const PROCEDURE_AFTER_MS = 120_000;

const STEPS = [
  { step: "first_line", after_ms: 0 },
  { step: "second_line", after_ms: SECOND_LINE_AFTER_MS },
  { step: "duty_phone", after_ms: DUTY_PHONE_AFTER_MS },
  { step: "procedure", after_ms: PROCEDURE_AFTER_MS },
] as const;

/** When the step that leads to the next one began. */
const BEGAN_AFTER_MS = {
  second_line: 0,
  duty_phone: SECOND_LINE_AFTER_MS,
  procedure: DUTY_PHONE_AFTER_MS,
} as const;

export type RingStepName = (typeof STEPS)[number]["step"];

export interface RingNow {
  /** Whole seconds since the ring began. */
  rung_s: number;
  next: RingState["next"];
  /** Whole seconds until the next step, counted up so that "0" means now. */
  next_in_s: number;
  /** What is left of the present step, 1 to 0: the length of the bar. */
  left: number;
  /** The whole chain, for the caller's picture of it: "is_reached" steps have happened. */
  chain: readonly { step: RingStepName; after_s: number; is_reached: boolean }[];
}

/** The ring at `now_ms` of this page's clock; null while nobody rings. */
export function ringAt(one: Pick<Consultation, "ring" | "clock_ahead_ms">, now_ms: number): RingNow | null {
  const { ring } = one;
  if (ring === null) return null;
  const now_there_ms = now_ms + one.clock_ahead_ms;
  const rung_ms = Math.max(0, now_there_ms - ring.started_at_ms);
  const next_in_ms = Math.max(0, ring.next_at_ms - now_there_ms);
  const nextIndex = STEPS.findIndex(({ step }) => step === ring.next);
  // A step may begin early (everybody on the line before said no): it then lasts from whenever it began.
  const before_ms = BEGAN_AFTER_MS[ring.next];
  const whole_ms = Math.max(1, ring.next_at_ms - ring.started_at_ms - before_ms);
  return {
    rung_s: Math.floor(rung_ms / 1000),
    next: ring.next,
    next_in_s: Math.ceil(next_in_ms / 1000),
    left: Math.min(1, next_in_ms / whole_ms),
    chain: STEPS.map(({ step, after_ms }, index) => ({
      step,
      after_s: after_ms / 1000,
      is_reached: index < nextIndex,
    })),
  };
}

/** Whether the ring calls this person now, who has not said no. */
export function ringsFor(ring: RingState | null, person: string): boolean {
  return ring !== null && ring.called.some((one) => one.person === person && one.answer === "ringing");
}
