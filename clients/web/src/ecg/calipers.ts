// What two points on a trace measure, to the sample: time, voltage, rate, and QT corrected for it.
//
// The points are set by hand; nothing here looks for a wave.

/** A point that a reader set. */
export interface CaliperPoint {
  readonly sample: number;
  /** Where the other line of the caliper stands. */
  readonly mv: number;
}

/** What is between two points. */
export interface Measured {
  readonly ms: number;
  /** From the first to the second: upwards is positive. */
  readonly mv: number;
  /** Of a rhythm with this interval; null where both stand on the same sample. */
  readonly bpm: number | null;
}

/** QT corrected for the rate, by both usual formulas. */
export interface CorrectedQt {
  /** QT / √RR (Bazett 1920). */
  readonly bazett_ms: number;
  /** QT / ∛RR (Fridericia 1920). */
  readonly fridericia_ms: number;
}

const MS = 1000;
const MS_PER_MINUTE = 60_000;
/** Marks beyond what any page holds: from two points next to each other a march would blacken it. */
export const MOST_MARCH_MARKS = 200;

export const intervalMs = (first: number, second: number, rateHz: number): number =>
  (Math.abs(second - first) * MS) / rateHz;

export function measure(first: CaliperPoint, second: CaliperPoint, rateHz: number): Measured {
  const ms = intervalMs(first.sample, second.sample, rateHz);
  return { ms, mv: second.mv - first.mv, bpm: rateOf(ms) };
}

/** Beats a minute at a distance of `rr_ms`; null where that is none. */
export function rateOf(rr_ms: number): number | null {
  return rr_ms > 0 ? MS_PER_MINUTE / rr_ms : null;
}

/** Null where one of the intervals is none. */
export function correctedQt(qt_ms: number, rr_ms: number): CorrectedQt | null {
  if (!(qt_ms > 0 && rr_ms > 0)) return null;
  const rr_s = rr_ms / MS;
  return { bazett_ms: qt_ms / Math.sqrt(rr_s), fridericia_ms: qt_ms / Math.cbrt(rr_s) };
}

/** The same distance marched out to both sides, the two points among it: samples from `start` to before `end`. */
export function marchOut(first: number, second: number, start: number, end: number): number[] {
  const distance = Math.abs(second - first);
  if (distance === 0 || (end - start) / distance > MOST_MARCH_MARKS) return [];
  const marks: number[] = [];
  for (let mark = first + Math.ceil((start - first) / distance) * distance; mark < end; mark += distance)
    marks.push(mark);
  return marks;
}

/** Both points moved by whole samples: the distance stays. */
export function moved(
  points: readonly [CaliperPoint, CaliperPoint],
  samples: number,
): readonly [CaliperPoint, CaliperPoint] {
  const [first, second] = points;
  return [
    { ...first, sample: first.sample + samples },
    { ...second, sample: second.sample + samples },
  ];
}
