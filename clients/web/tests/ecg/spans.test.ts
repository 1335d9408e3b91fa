// Stretches of samples, beside a plain set of numbers.
import { describe, expect, it } from "vitest";
import { Spans, type Span } from "../../src/ecg/spans";
import { seeded } from "../support/seeded";

const span = (start: number, end: number): Span => ({ start, end });
const numbers = (spans: readonly Span[]): number[] =>
  spans.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i));
const sorted = (set: Iterable<number>): number[] => [...set].sort((a, b) => a - b);

describe("stretches", () => {
  it.each(Array.from({ length: 40 }, (_, i) => i + 1))("know what a set of numbers knows (seed %i)", (seed) => {
    const chance = seeded(seed);
    const spans = new Spans();
    let plain = new Set<number>();
    for (let step = 0; step < 12; step += 1) {
      const start = chance(40);
      const end = start + chance(13);
      const given = numbers([span(start, end)]);
      expect(numbers(spans.add(start, end))).toEqual(given.filter((n) => !plain.has(n)));
      for (const n of given) plain.add(n);
      if (chance(6) === 0) {
        const before = chance(40);
        spans.forget(before);
        plain = new Set([...plain].filter((n) => n >= before));
      }
      const kept = spans.all();
      expect(numbers(kept)).toEqual(sorted(plain));
      expect(kept.every((one, i) => one.start < one.end && one.start > (kept[i - 1]?.end ?? -1))).toBe(true);
      const asked = span(chance(40), 52);
      const missing = numbers([asked]).filter((n) => !plain.has(n));
      expect(numbers(spans.missing(asked.start, asked.end))).toEqual(missing);
      expect(numbers(spans.within(asked.start, asked.end))).toEqual(numbers([asked]).filter((n) => plain.has(n)));
      expect(spans.has(asked.start, asked.end)).toBe(missing.length === 0);
      expect(spans.end).toBe(Math.max(-1, ...plain) + 1);
      expect(spans.wholeUntil(asked.start)).toBe(numbers([span(asked.start, 100)]).find((n) => !plain.has(n)));
    }
  });

  it("that touch become one", () => {
    const spans = new Spans();
    expect(spans.add(0, 10)).toEqual([span(0, 10)]);
    expect(spans.add(20, 30)).toEqual([span(20, 30)]);
    expect(spans.add(5, 25)).toEqual([span(10, 20)]);
    expect(spans.all()).toEqual([span(0, 30)]);
    expect(spans.add(3, 3)).toEqual([]);
    expect(spans.add(0, 30)).toEqual([]);
  });

  it.each([
    [2, 1],
    [-1, 3],
    [NaN, 3],
  ])("that end before they begin are a bug (%d, %d)", (start, end) => {
    expect(() => new Spans().add(start, end)).toThrow(RangeError);
  });
});
