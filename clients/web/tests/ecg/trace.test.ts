// The line of a lead.
import { describe, expect, it } from "vitest";
import { sampleAtX, xOf } from "../../src/ecg/place";
import { polylines } from "../../src/ecg/trace";
import { seeded } from "../support/seeded";
import { stripOf } from "./panes";

const MV_PER_STEP = 0.0025;
const drawn = (values: readonly number[], start = 0, breaks: readonly number[] = [], rateHz = 500): number[][] =>
  polylines({ start, values: Float64Array.from(values), mvPerStep: MV_PER_STEP, breaks }, stripOf(0, rateHz)).map(
    (line) => [...line],
  );
const points = (line: readonly number[]): number[][] =>
  line.flatMap((x, i) => (i % 2 ? [] : [[x, line[i + 1] ?? NaN]]));

describe("a line", () => {
  it("goes through every sample where each has its own column of pixels", () => {
    expect(drawn([0, 400, -200], 25, [], 50)).toEqual([[78, 50, 80, 10, 82, 70]]);
  });

  it("keeps the lowest and the highest of a column, in their order, and the first and last of all", () => {
    // Five samples a column: 28.0 … 28.8, 29.0 … 29.8.
    const line = points(drawn([10, 50, 20, 0, 10, 10, -40, 10, 90, 10])[0] ?? []);
    expect(line.map(([x]) => Math.round(((x ?? 0) - 28) * 5))).toEqual([0, 1, 3, 6, 8, 9]);
    expect(line.map(([, y]) => Math.round((50 - (y ?? 0)) * 10))).toEqual([10, 50, 0, -40, 90, 10]);
  });

  it("of a single sample is a dot", () => {
    expect(drawn([NaN, 400, NaN])).toEqual([[expect.closeTo(28.2, 4), 10, expect.closeTo(28.2, 4), 10]]);
  });

  it("is none where there is nothing", () => {
    expect(drawn([])).toEqual([]);
    expect(drawn([NaN, NaN])).toEqual([]);
  });

  it("is broken where the device lost samples without counting them", () => {
    expect(drawn([0, 0, 0, 0], 100, [100, 102], 50).map((line) => line.length / 2)).toEqual([2, 2]);
  });

  it.each(Array.from({ length: 40 }, (_, i) => i + 1))("never stands where a sample is missing (seed %i)", (seed) => {
    const chance = seeded(seed);
    const rateHz = [100, 360, 500, 1000][chance(4)] as number;
    const start = chance(300);
    const values: number[] = [];
    while (values.length < 600) {
      const isHole = chance(2) === 0;
      const length = 1 + chance(isHole ? 12 : 60);
      for (let i = 0; i < length; i += 1) values.push(isHole ? NaN : chance(2000) - 1000);
    }
    const strip = stripOf(0, rateHz);
    const covered = new Set<number>();
    for (const line of drawn(values, start, [], rateHz)) {
      const samples = points(line).map(([x]) => sampleAtX(strip, x ?? NaN));
      const [first, last] = [samples[0] as number, samples.at(-1) as number];
      for (let sample = first; sample <= last; sample += 1) covered.add(sample);
      // In order, each on its own place, and as high and low as the samples are.
      expect(samples.every((sample, i) => i === 0 || sample >= (samples[i - 1] as number))).toBe(true);
      const run = values.slice(first - start, last - start + 1);
      const heights = points(line).map(([, y]) => (50 - (y ?? NaN)) / 40 / MV_PER_STEP);
      expect(Math.max(...heights)).toBeCloseTo(Math.max(...run), 1);
      expect(Math.min(...heights)).toBeCloseTo(Math.min(...run), 1);
      expect(points(line)[0]?.[0]).toBeCloseTo(xOf(strip, first), 3);
    }
    expect([...covered]).toEqual(values.flatMap((value, i) => (Number.isNaN(value) ? [] : [start + i])));
  });
});
