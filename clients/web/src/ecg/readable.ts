// What a drawing asks of samples, live ones and a page of the record alike.

import type { EpochShape, Gap } from "./samples";
import type { Span } from "./spans";

export interface Readable {
  readonly shape: EpochShape;
  /** The first sample that is wanted: before it nothing counts as missing. */
  readonly start: number;
  readonly end: number;
  /** In steps of the device's resolution; NaN where one is missing or the electrode has no contact. */
  read(lead: number, start: number, end: number): Float64Array;
  /** Holes to be shown, in order. */
  gaps(start: number, end: number, now_ms: number): Gap[];
  lateIn(start: number, end: number): Span[];
  leadOffIn(lead: number, start: number, end: number): Span[];
  simulatedIn(start: number, end: number): Span[];
  pacingIn(start: number, end: number): Span[];
  /** Samples that must not be joined with the one before, in order. */
  breaksIn(start: number, end: number): number[];
  /** Microseconds of the gateway's clock; null where nothing is known. */
  takenUs(sample: number): number | null;
  /** The sample, a fraction, that was taken at a moment; null where nothing is known. */
  sampleAt(us: number): number | null;
}

/** Whether any of it is made, not measured: as the service says of the whole, or the device of some of it. */
export function isMade(source: Pick<Readable, "start" | "end" | "simulatedIn">, isToldSimulated: boolean): boolean {
  return isToldSimulated || source.simulatedIn(source.start, source.end).length > 0;
}
