// A ring over its two minutes: 30 s first line, 30 s second line, 60 s duty phone, then the emergency procedure.

import { describe, expect, test } from "vitest";
import type { RingState } from "../../src/protocol/consultation";
import { ringAt, ringsFor } from "../../src/protocol/consultation_ring";

const START_MS = 1_000_000;

const ring = (next: RingState["next"], after_ms: number): RingState => ({
  started_at_ms: START_MS,
  stage: 1,
  next,
  next_at_ms: START_MS + after_ms,
  called: [
    { person: "pe_wang", name: "王敏", line: 1, answer: "ringing", reason: "" },
    { person: "pe_he", name: "何志远", line: 1, answer: "declined", reason: "in_surgery" },
  ],
  duty_phone: "",
});

describe("a ring", () => {
  test("counts up, and down to its next step", () => {
    const one = { ring: ring("second_line", 30_000), clock_ahead_ms: 0 };
    expect(ringAt(one, START_MS + 12_000)).toEqual({
      rung_s: 12,
      next: "second_line",
      next_in_s: 18,
      left: 0.6,
      chain: [
        { step: "first_line", after_s: 0, is_reached: true },
        { step: "second_line", after_s: 30, is_reached: false },
        { step: "duty_phone", after_s: 60, is_reached: false },
        { step: "procedure", after_s: 120, is_reached: false },
      ],
    });
  });

  test("has a full bar at the start of each step and none at its end", () => {
    const last = { ring: ring("procedure", 120_000), clock_ahead_ms: 0 };
    expect(ringAt(last, START_MS + 60_000)).toMatchObject({ left: 1, next_in_s: 60, rung_s: 60 });
    expect(ringAt(last, START_MS + 120_001)).toMatchObject({ left: 0, next_in_s: 0 });
    expect(ringAt(last, START_MS + 90_000)?.chain.map((step) => step.is_reached)).toEqual([true, true, true, false]);
  });

  test("never shows a fuller bar than full, nor time before it began, whatever the clocks say", () => {
    const one = { ring: ring("duty_phone", 60_000), clock_ahead_ms: -40_000 };
    expect(ringAt(one, START_MS + 20_000)).toMatchObject({ rung_s: 0, left: 1, next_in_s: 80 });
    const atOnce = { ring: ring("duty_phone", 30_000), clock_ahead_ms: 0 };
    expect(ringAt(atOnce, START_MS + 29_000)).toMatchObject({ next_in_s: 1, left: 1 });
  });

  test("is counted by the service's clock", () => {
    const one = { ring: ring("second_line", 30_000), clock_ahead_ms: 5_000 };
    expect(ringAt(one, START_MS)).toMatchObject({ rung_s: 5, next_in_s: 25 });
  });

  test("is none where nobody rings", () => {
    expect(ringAt({ ring: null, clock_ahead_ms: 0 }, START_MS)).toBeNull();
  });

  test("calls those who have not said no", () => {
    const one = ring("second_line", 30_000);
    expect(["pe_wang", "pe_he", "pe_zhao"].map((person) => ringsFor(one, person))).toEqual([true, false, false]);
    expect(ringsFor(null, "pe_wang")).toBe(false);
  });
});
