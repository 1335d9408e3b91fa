// Which page of the record is to be fetched, and when it is to be fetched again: as soon as what it lacked is there.

import type { RailPiece, RailPlace } from "./rail";

/** A running record would else be fetched anew with each frame: by whole tenths of a page. */
const STEPS_OF_A_PAGE = 10;

/** Samples `start` to before `end` of an epoch of an ECG. */
export interface PageWanted {
  readonly id: string;
  readonly epoch: number;
  readonly start: number;
  readonly end: number;
  /** How many of them, and of those that the filters need before them, are there: when it changes, more can be had. */
  readonly stored: number;
}

/** The page's first sample; without a choice that of the last whole page; null on an empty rail. */
export function pageStart(rail: readonly RailPiece[], place: RailPlace | null, pageLength: number): RailPlace | null {
  const last = rail.at(-1);
  const first = rail.find((piece) => piece.epoch === last?.epoch);
  if (last === undefined || first === undefined) return null;
  return place ?? { epoch: last.epoch, sample: Math.max(first.start, last.end - pageLength) };
}

/** What to fetch for it: not what nobody can have yet; null where that is nothing. `warmUp`: samples before it. */
export function pageWanted(
  id: string,
  rail: readonly RailPiece[],
  start: RailPlace,
  pageLength: number,
  warmUp: number,
): PageWanted | null {
  const there = rail.filter((piece) => piece.epoch === start.epoch && piece.kind !== "missing");
  const newest = there.at(-1)?.end ?? 0;
  const step = Math.max(1, Math.round(pageLength / STEPS_OF_A_PAGE));
  const known = start.sample + Math.floor((newest - start.sample) / step) * step;
  const end = Math.min(start.sample + pageLength, Math.max(known, start.sample));
  if (end <= start.sample) return null;
  const from = Math.max(0, start.sample - warmUp);
  const stored = there.reduce(
    (sum, piece) => sum + Math.max(0, Math.min(piece.end, end) - Math.max(piece.start, from)),
    0,
  );
  const holds = rail.some(
    (piece) => piece.epoch === start.epoch && piece.kind === "missing" && piece.start < end && piece.end > from,
  );
  // What fills up slowly is fetched by tenths of a page, and once it is whole.
  return {
    id,
    epoch: start.epoch,
    start: start.sample,
    end,
    stored: holds ? Math.floor(stored / step) * step : stored,
  };
}
