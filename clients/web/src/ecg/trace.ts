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
export function polylines(values: Values, strip: Strip): number[][] {
  const { start, breaks } = values;
  const end = start + values.values.length;
  const lines: number[][] = [];
  let from = start;
  for (const next of [...breaks, end]) {
    addRuns(lines, values, strip, from, next);
    from = next;
  }
  return lines;
}

/** The lines of what follows on one another without a break, from one sample up to another. */
function addRuns(lines: number[][], values: Values, strip: Strip, start: number, end: number): void {
  let from = start;
  for (let sample = start; sample <= end; sample += 1) {
    if (sample < end && !Number.isNaN(values.values[sample - values.start])) continue;
    if (from < sample) lines.push(pointsOf(values, strip, from, sample));
    from = sample + 1;
  }
}

/** The points that are left of a run, in order, at least two. */
function pointsOf({ start, values, mvPerStep }: Values, strip: Strip, from: number, to: number): number[] {
  const points: number[] = [];
  const valueOf = (sample: number): number => values[sample - start] as number;
  let put = -1;
  const add = (sample: number): void => {
    if (sample !== put) points.push(xOf(strip, sample), yOf(strip, valueOf(sample) * mvPerStep));
    put = sample;
  };
  let low = from;
  let high = from;
  let column = Math.floor(xOf(strip, from));
  add(from);
  for (let sample = from + 1; sample < to; sample += 1) {
    const here = Math.floor(xOf(strip, sample));
    if (here !== column) {
      add(Math.min(low, high));
      add(Math.max(low, high));
      column = here;
      low = sample;
      high = sample;
    } else if (valueOf(sample) < valueOf(low)) low = sample;
    else if (valueOf(sample) > valueOf(high)) high = sample;
  }
  add(Math.min(low, high));
  add(Math.max(low, high));
  add(to - 1);
  return from + 1 < to ? points : [...points, ...points];
}
