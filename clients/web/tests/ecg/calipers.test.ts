// What calipers measure.
import { describe, expect, it } from "vitest";
import { correctedQt, intervalMs, marchOut, measure, MOST_MARCH_MARKS, moved, rateOf } from "../../src/ecg/calipers";

describe("two points", () => {
  it("measure time to the sample, and voltage with its sign", () => {
    const first = { sample: 1000, mv: -0.25 };
    expect(measure(first, { sample: 1124, mv: 1 }, 500)).toEqual({ ms: 248, mv: 1.25, bpm: 60_000 / 248 });
    expect(measure({ sample: 1124, mv: 1 }, first, 500)).toMatchObject({ ms: 248, mv: -1.25 });
    expect(intervalMs(7, 8, 500)).toBe(2);
    expect(intervalMs(7, 8, 360)).toBeCloseTo(2.7778, 4);
    expect(intervalMs(0, 1, 1000)).toBe(1);
  });

  it("on the same sample are no rhythm", () => {
    expect(measure({ sample: 5, mv: 0 }, { sample: 5, mv: 0.5 }, 500)).toEqual({ ms: 0, mv: 0.5, bpm: null });
  });

  it("move together", () => {
    const points = [
      { sample: 10, mv: 0 },
      { sample: 60, mv: 1 },
    ] as const;
    expect(moved(points, -3)).toEqual([
      { sample: 7, mv: 0 },
      { sample: 57, mv: 1 },
    ]);
  });
});

describe("a rate", () => {
  it.each([
    [1000, 60],
    [800, 75],
    [600, 100],
  ])("of RR %d ms is %d a minute", (rr_ms, bpm) => {
    expect(rateOf(rr_ms)).toBe(bpm);
  });

  it("is none without an interval", () => {
    expect(rateOf(0)).toBeNull();
    expect(rateOf(NaN)).toBeNull();
  });
});

describe("QT, corrected", () => {
  it("is the measured one at 60 a minute", () => {
    expect(correctedQt(400, 1000)).toEqual({ bazett_ms: 400, fridericia_ms: 400 });
  });

  it.each([
    [360, 640, 450, 417.743],
    [400, 512, 559.017, 500],
    [378, 729, 442.719, 420],
    [420, 1210, 381.818, 394.143],
  ])("of %d ms at RR %d ms is %d by Bazett and %d by Fridericia", (qt_ms, rr_ms, bazett_ms, fridericia_ms) => {
    expect(correctedQt(qt_ms, rr_ms)?.bazett_ms).toBeCloseTo(bazett_ms, 3);
    expect(correctedQt(qt_ms, rr_ms)?.fridericia_ms).toBeCloseTo(fridericia_ms, 3);
  });

  it.each([
    [0, 800],
    [400, 0],
    [-1, 800],
    [NaN, 800],
    [400, NaN],
  ])("is none of %d ms at RR %d ms", (qt_ms, rr_ms) => {
    expect(correctedQt(qt_ms, rr_ms)).toBeNull();
  });
});

describe("a march", () => {
  it("goes to both sides, from either point alike", () => {
    const marks = [1030, 1430, 1830, 2230, 2630];
    expect(marchOut(1430, 1830, 1000, 3000)).toEqual(marks);
    expect(marchOut(1830, 1430, 1000, 3000)).toEqual(marks);
    expect(marchOut(5030, 5430, 1030, 1430)).toEqual([1030]);
    expect(marchOut(30, 430, 1000, 3000)).toEqual([1230, 1630, 2030, 2430, 2830]);
  });

  it("of no distance, or of too many steps, is none", () => {
    expect(marchOut(5, 5, 0, 100)).toEqual([]);
    expect(marchOut(5, 6, 0, MOST_MARCH_MARKS)).toHaveLength(MOST_MARCH_MARKS);
    expect(marchOut(5, 6, 0, MOST_MARCH_MARKS + 1)).toEqual([]);
  });
});
