// The kiosk's self-test: five parts, one verdict, at a touch and by itself every night at 03:00.

import { isRecord } from "./api";
import { hospitalClock, hospitalMoment } from "./hospital_time";

export const PARTS = ["camera", "microphone", "speaker", "network", "clock"] as const;
export type Part = (typeof PARTS)[number];
export type PartResult = "ok" | "failed" | "missing";

export interface SelfTest {
  results: Readonly<Record<Part, PartResult>>;
  /** Server time minus the device's; null when the service did not answer. */
  clock_offset_ms: number | null;
}

/** The last self-test that the service knows of. */
export interface KnownSelfTest extends SelfTest {
  at_ms: number;
  is_ok: boolean;
}

/** The hour at which nobody is treated. */
const NIGHT_HOUR = 3;
/** A clock that is kept at all is within a minute (signaling/auth/device_clock.py). */
export const CLOCK_LIMIT_MS = 60_000;

/** How a camera or a microphone did. `isLive`: a picture came, or something else than digital silence. */
export function deviceResult(opened: { isThere: boolean; hasOpened: boolean; isLive: boolean }): PartResult {
  if (!opened.isThere) return "missing";
  return opened.hasOpened && opened.isLive ? "ok" : "failed";
}

/** Server time minus own time, from one request: the answer was made halfway through (RFC 5905 §8). */
export function clockOffset(sent_ms: number, server_ms: number, received_ms: number): number {
  return Math.round(server_ms - (sent_ms + received_ms) / 2);
}

/** A clock that could not be compared is not called right. */
export function clockResult(offset_ms: number | null): PartResult {
  if (offset_ms === null) return "missing";
  return Math.abs(offset_ms) <= CLOCK_LIMIT_MS ? "ok" : "failed";
}

export const isPassed = (test: Pick<SelfTest, "results">): boolean =>
  PARTS.every((part) => test.results[part] === "ok");

/** The parts that did not pass, in their order. */
export const failedParts = (test: Pick<SelfTest, "results">): Part[] =>
  PARTS.filter((part) => test.results[part] !== "ok");

/** Whether last night's self-test is still to be done: 03:00 has passed since the last one (by this page's clock). */
export function isNightlyDue(last_ms: number, now: Date): boolean {
  const { year, month, date, hour } = hospitalClock(now);
  // A page that is opened by day does not make up for the night: it would ring into somebody's consultation.
  return hour === NIGHT_HOUR && last_ms < hospitalMoment(year, month, date, NIGHT_HOUR * 60);
}

const RESULTS: readonly PartResult[] = ["ok", "failed", "missing"];

/** Reads {"selftest": {…} | null}; null when there is none yet. */
export function selfTestFrom(value: unknown): KnownSelfTest | null {
  const inner = isRecord(value) ? value["selftest"] : null;
  if (!isRecord(inner) || typeof inner["at_ms"] !== "number") return null;
  const result = (part: Part): PartResult => RESULTS.find((one) => one === inner[part]) ?? "missing";
  const offset = inner["clock_offset_ms"];
  const results = {
    camera: result("camera"),
    microphone: result("microphone"),
    speaker: result("speaker"),
    network: result("network"),
    clock: result("clock"),
  };
  return {
    results,
    clock_offset_ms: typeof offset === "number" ? offset : null,
    at_ms: inner["at_ms"],
    is_ok: inner["is_ok"] === true,
  };
}
