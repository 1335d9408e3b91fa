// How far behind the newest samples an even line runs.

import { describe, expect, test } from "vitest";
import { Arrivals, MOST_BEHIND_MS } from "../../src/ecg/arrivals";

const RATE_HZ = 500;
const COUNT = 20;
const FRAME_MS = 40;
const NOW_MS = 70_000;
const UNSEEN_MS = 16;

/** How far behind each frame's arrival without delay the line reaches its end; frame n comes `late_ms(n)` late. */
function behind(frames: number, late_ms: (frame: number) => number): number[] {
  const arrivals = new Arrivals(RATE_HZ);
  return Array.from({ length: frames }, (_, n) => {
    const due_ms = NOW_MS + n * FRAME_MS;
    return arrivals.note((n + 1) * COUNT, COUNT, due_ms + late_ms(n)) - due_ms;
  });
}

describe("an even line", () => {
  test("runs a frame behind what comes evenly", () => {
    expect(behind(5, () => 0)).toEqual([40, 40, 40, 40, 40]);
  });

  test("runs as far behind as nearly all are late, less what nobody sees it halt", () => {
    expect(behind(200, (n) => (n % 10 === 9 ? 40 : 0)).at(-1)).toBe(FRAME_MS + 40 - UNSEEN_MS);
    expect(behind(200, (n) => (n % 10 === 9 ? UNSEEN_MS : 0)).at(-1)).toBe(FRAME_MS);
    expect(behind(200, (n) => n % 10).at(-1)).toBe(FRAME_MS);
  });

  test("does not wait for the few that are later than all others", () => {
    expect(behind(200, (n) => (n % 50 === 49 ? 60 : n % 2 ? 0 : 25)).at(-1)).toBe(25 + FRAME_MS - UNSEEN_MS);
  });

  test("does not wait for what is no longer live", () => {
    expect(behind(10, (n) => (n < 5 ? 5000 - n * FRAME_MS : 0)).at(-1)).toBe(FRAME_MS);
    expect(behind(100, (n) => (n % 3) * 100).at(-1)).toBe(MOST_BEHIND_MS);
  });

  test("follows a way that has become longer, and one that has become shorter", () => {
    const longer = behind(400, (n) => (n < 200 ? 0 : 60));
    expect([longer[199], longer.at(-1)]).toEqual([40, 100]);
    const shorter = behind(400, (n) => (n < 200 ? 60 : 0));
    expect([shorter[199], shorter.at(-1)]).toEqual([100, 40]);
  });

  test("never waits longer than is allowed for a device that sends by the second", () => {
    const arrivals = new Arrivals(RATE_HZ);
    expect(arrivals.note(RATE_HZ, RATE_HZ, NOW_MS)).toBe(NOW_MS + MOST_BEHIND_MS);
    expect(arrivals.note(2 * RATE_HZ, RATE_HZ, NOW_MS + 1000)).toBe(NOW_MS + 1000 + MOST_BEHIND_MS);
  });
});
