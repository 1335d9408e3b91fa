// The relay at the kiosk while somebody is called: four stations on a line, where "now" stands, and who said what.

import type { Consultation, DirectorySpecialty } from "./consultation";
import { PROCEDURE_AFTER_MS, ringAt, type RingStepName } from "./consultation_ring";

export interface Station {
  step: RingStepName;
  /** Where on the line it stands, 0 to 1. */
  at: number;
  /** now: its people are being called. past: they all said no, or it is over. ahead: not yet. */
  state: "now" | "past" | "ahead";
  /** Who is called there; empty where nobody is named yet. */
  names: readonly string[];
  /** Seconds until it joins; null once reached. */
  in_s: number | null;
  /** Seconds from the start at which it joins by plan. */
  after_s: number;
}

export interface Relay {
  waited_s: number;
  /** Where "now" stands, 0 to 1. */
  now_at: number;
  stations: readonly Station[];
  /** Whose name stands large: those who ring; empty when only the phone is left. */
  ringing: readonly string[];
  /** The last who said no, with the reason's code; null when nobody has. */
  refusal: { name: string; reason: string; isPassed: boolean } | null;
}

/** The line that a station calls; the phone and the procedure call none. */
const LINE_OF: Readonly<Record<RingStepName, number | null>> = {
  first_line: 1,
  second_line: 2,
  duty_phone: null,
  procedure: null,
};

/**
 * The relay of a ringing case; null while nobody rings. Before a line is called, its names are those that the
 * directory has on duty.
 */
export function relayOf(
  one: Pick<Consultation, "ring" | "clock_ahead_ms">,
  onDuty: DirectorySpecialty["on_duty"],
  now_ms: number,
): Relay | null {
  const ring = ringAt(one, now_ms);
  if (ring === null || one.ring === null) return null;
  const { called } = one.ring;
  const stations = ring.chain.map(({ step, after_s, is_reached }): Station => {
    const line = LINE_OF[step];
    const here = called.filter((person) => person.line === line);
    const names = here.length > 0 ? here : onDuty.filter((person) => person.line === line);
    // The phone rings outside of this system: once shown, it stays the thing to do.
    const isOver = line !== null && is_reached && !here.some((person) => person.answer === "ringing");
    return {
      step,
      at: (after_s * 1000) / PROCEDURE_AFTER_MS,
      state: !is_reached ? "ahead" : isOver ? "past" : "now",
      names: names.map((person) => person.name),
      in_s: is_reached ? null : step === ring.next ? ring.next_in_s : Math.max(0, after_s - ring.rung_s),
      after_s,
    };
  });
  const lastNo = called.filter((person) => person.answer !== "ringing").at(-1);
  return {
    waited_s: ring.rung_s,
    now_at: Math.min(1, (ring.rung_s * 1000) / PROCEDURE_AFTER_MS),
    stations,
    ringing: called.filter((person) => person.answer === "ringing").map((person) => person.name),
    refusal:
      lastNo === undefined ? null : { name: lastNo.name, reason: lastNo.reason, isPassed: lastNo.answer === "passed" },
  };
}
