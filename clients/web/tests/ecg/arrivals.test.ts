// How far behind the newest samples an even line runs.

import { describe, expect, test } from "vitest";
import { Arrivals, MOST_BEHIND_MS } from "../../src/ecg/arrivals";

const RATE_HZ = 500;
const COUNT = 20;
const FRAME_MS = 40;
const NOW_MS = 70_000;
const SPARE_MS = 10;

/** How far behind each frame's arrival without delay the line reaches its end; frame n comes `late_ms(n)` late. */
function behind(frames: number, late_ms: (frame: number) => number): number[] {
  const arrivals = new Arrivals(RATE_HZ);
  return Array.from({ length: frames }, (_, n) => {
    const due_ms = NOW_MS + n * FRAME_MS;
    return arrivals.note((n + 1) * COUNT, COUNT, due_ms + late_ms(n)) - due_ms;
  });
}

describe("an even line", () => {
  test("runs a frame behind what comes evenly, and a little for the repaint", () => {
    expect(behind(5, () => 0)).toEqual([50, 50, 50, 50, 50]);
  });

  test("runs as far behind as nearly all are late", () => {
    expect(behind(200, (n) => (n % 10 === 9 ? 40 : 0)).at(-1)).toBe(FRAME_MS + 40 + SPARE_MS);
  });

  test("does not wait for the few that are later than all others", () => {
    expect(behind(200, (n) => (n % 50 === 49 ? 60 : 5)).at(-1)).toBe(5 + FRAME_MS + SPARE_MS);
  });

  test("does not wait for what is no longer live", () => {
    expect(behind(10, (n) => (n < 5 ? 5000 - n * FRAME_MS : 0)).at(-1)).toBe(FRAME_MS + SPARE_MS);
    expect(behind(100, (n) => (n % 3) * 100).at(-1)).toBe(MOST_BEHIND_MS);
  });

  test("follows a way that has become longer, and one that has become shorter", () => {
    const longer = behind(400, (n) => (n < 200 ? 0 : 60));
    expect([longer[199], longer.at(-1)]).toEqual([50, 110]);
    const shorter = behind(400, (n) => (n < 200 ? 60 : 0));
    expect([shorter[199], shorter.at(-1)]).toEqual([110, 50]);
  });

  test("never waits longer than is allowed for a device that sends by the second", () => {
    const arrivals = new Arrivals(RATE_HZ);
    expect(arrivals.note(RATE_HZ, RATE_HZ, NOW_MS)).toBe(NOW_MS + MOST_BEHIND_MS);
    expect(arrivals.note(2 * RATE_HZ, RATE_HZ, NOW_MS + 1000)).toBe(NOW_MS + 1000 + MOST_BEHIND_MS);
  });
});
