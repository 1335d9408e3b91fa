// The line of one lead: from samples to points, never across what is missing.

import { xOf, yOf, type Strip } from "./place";

/** Steps of the device, or a filter's values, from `start` on; NaN where there is none. */
export interface Values {
  readonly start: number;
  readonly values: Float64Array;
  readonly mvPerStep: number;
  /** Samples that must not be joined with the one before, in order. */
  readonly breaks: readonly number[];
}

/**
 * Polylines (x, y, x, y, …), one for each run of samples without a hole.
 *
 * Where several samples fall on one column of pixels, only the lowest and the highest are left, in their order: a
 * spike of one sample stays as high as it was. A run's first and last sample are always there, so that a line ends
 * where its samples do. A run of a single sample is that point twice: with round caps, a dot.
 */
export function polylines({ start, values, mvPerStep, breaks }: Values, strip: Strip): Float32Array[] {
  return runs(values, new Set(breaks.map((sample) => sample - start))).map(([from, to]) => {
    const kept = extremes(values, from, to, (i) => Math.floor(xOf(strip, start + i)));
    return Float32Array.from(
      kept.flatMap((i) => [xOf(strip, start + i), yOf(strip, (values[i] as number) * mvPerStep)]),
    );
  });
}

/** Runs of numbers, as indices: from, and to (not in it). */
function runs(values: Float64Array, breaks: ReadonlySet<number>): [number, number][] {
  const found: [number, number][] = [];
  let from = -1;
  for (let i = 0; i <= values.length; i += 1) {
    const isHole = Number.isNaN(values[i] ?? NaN);
    if (from >= 0 && (isHole || breaks.has(i))) {
      found.push([from, i]);
      from = -1;
    }
    if (from < 0 && !isHole) from = i;
  }
  return found;
}

/** The indices that are left of a run, in order, at least two. */
function extremes(values: Float64Array, from: number, to: number, columnOf: (i: number) => number): number[] {
  const kept = [from];
  let low = from;
  let high = from;
  let column = columnOf(from);
  const put = (i: number): void => {
    if (kept.at(-1) !== i) kept.push(i);
  };
  const endColumn = (): void => {
    put(Math.min(low, high));
    put(Math.max(low, high));
  };
  for (let i = from + 1; i < to; i += 1) {
    const here = columnOf(i);
    if (here !== column) {
      endColumn();
      column = here;
      low = i;
      high = i;
    }
    if ((values[i] as number) < (values[low] as number)) low = i;
    if ((values[i] as number) > (values[high] as number)) high = i;
  }
  endColumn();
  put(to - 1);
  return kept.length === 1 ? [from, from] : kept;
}
