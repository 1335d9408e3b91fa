// The whole recording as one bar: what is stored, what is missing, what came late; and the way from hole to hole.

import type { EcgEpoch, Inventory } from "../protocol/ecg";
import type { Span } from "./spans";
import { Spans } from "./spans";

const US_PER_S = 1_000_000;
const MS_PER_S = 1000;
/** Shown to a tenth of a per cent, and 100 only where nothing at all is missing. */
const STEPS_OF_A_PER_CENT = 10;

export type RailKind = "stored" | "late" | "missing";

/** A stretch of the recording: samples of one epoch. */
export interface RailPiece extends Span {
  readonly epoch: number;
  readonly kind: RailKind;
  readonly from_us: number;
  readonly to_us: number;
}

/** What is known of one epoch. */
export interface EpochKnown {
  /** Here at the page; counts beyond what the service has told of. */
  readonly here: readonly Span[];
  readonly late: readonly Span[];
  /** The number after the newest sample that anybody knows of. */
  readonly end: number;
}

/** A recording's stretches in order of epochs and samples. */
export function railOf(
  epochs: readonly EcgEpoch[],
  rateHz: number,
  have: Inventory,
  known: ReadonlyMap<number, EpochKnown> = new Map(),
): RailPiece[] {
  return epochs.flatMap((epoch) => piecesOf(epoch, rateHz, have, known.get(epoch.epoch)));
}

function piecesOf(
  { epoch, first, end, first_taken_us }: EcgEpoch,
  rateHz: number,
  have: Inventory,
  known: EpochKnown | undefined,
): RailPiece[] {
  const stored = new Spans();
  for (const [from, to] of have.get(epoch) ?? []) stored.add(from, to);
  // What is shown may have come beside the lane that stores it: up to where the service has told, it alone knows.
  const told = stored.end;
  for (const span of known?.here ?? []) if (span.end > told) stored.add(Math.max(span.start, told), span.end);
  const late = new Spans();
  for (const span of known?.late ?? []) late.add(span.start, span.end);
  const last = Math.max(end, stored.end, known?.end ?? 0);
  const usOf = (sample: number): number => first_taken_us + ((sample - first) * US_PER_S) / rateHz;
  const piece = (span: Span, kind: RailKind): RailPiece => ({
    ...span,
    epoch,
    kind,
    from_us: usOf(span.start),
    to_us: usOf(span.end),
  });
  const pieces = [
    ...stored.missing(first, last).map((span) => piece(span, "missing")),
    ...stored
      .within(first, last)
      .flatMap((span) => [
        ...late.within(span.start, span.end).map((one) => piece(one, "late")),
        ...late.missing(span.start, span.end).map((one) => piece(one, "stored")),
      ]),
  ];
  return pieces.sort((a, b) => a.start - b.start);
}

/** What a rail comes to. */
export interface RailSum {
  readonly stored_ms: number;
  readonly missing_ms: number;
  readonly late_ms: number;
  readonly holes: number;
  /** 0 to 100; 100 only where nothing is missing, and 0 where there is nothing. */
  readonly percent: number;
}

export function railSum(pieces: readonly RailPiece[], rateHz: number): RailSum {
  const samplesOf = (...kinds: readonly RailKind[]): number =>
    pieces.filter((piece) => kinds.includes(piece.kind)).reduce((sum, piece) => sum + piece.end - piece.start, 0);
  const toMs = (samples: number): number => (samples * MS_PER_S) / rateHz;
  const stored = samplesOf("stored", "late");
  const missing = samplesOf("missing");
  const whole = stored + missing;
  return {
    stored_ms: toMs(stored),
    missing_ms: toMs(missing),
    late_ms: toMs(samplesOf("late")),
    holes: pieces.filter((piece) => piece.kind === "missing").length,
    percent: whole === 0 ? 0 : Math.floor((stored / whole) * 100 * STEPS_OF_A_PER_CENT) / STEPS_OF_A_PER_CENT,
  };
}

/** A place in the recording. */
export interface RailPlace {
  readonly epoch: number;
  readonly sample: number;
}

/** Where on the rail, from 0 to 1, a place stands: epochs stand side by side, as long as their samples last. */
export function shareOf(pieces: readonly RailPiece[], place: RailPlace): number {
  let before = 0;
  let whole = 0;
  for (const piece of pieces) {
    whole += piece.end - piece.start;
    if (piece.epoch < place.epoch || (piece.epoch === place.epoch && piece.end <= place.sample))
      before += piece.end - piece.start;
    else if (piece.epoch === place.epoch && piece.start < place.sample) before += place.sample - piece.start;
  }
  return whole === 0 ? 0 : before / whole;
}

/** The place at a share of the rail; null on an empty one. */
export function placeAt(pieces: readonly RailPiece[], share: number): RailPlace | null {
  const whole = pieces.reduce((sum, piece) => sum + piece.end - piece.start, 0);
  let left = Math.min(1, Math.max(0, share)) * whole;
  for (const piece of pieces) {
    const length = piece.end - piece.start;
    if (left < length || piece === pieces.at(-1))
      return { epoch: piece.epoch, sample: Math.min(piece.end - 1, piece.start + Math.floor(left)) };
    left -= length;
  }
  return null;
}

/** The next stretch that is missing or came late, forwards or back from a place; null where there is none. */
export function nextEvent(
  pieces: readonly RailPiece[],
  place: RailPlace,
  direction: 1 | -1,
  kinds: readonly RailKind[] = ["missing", "late"],
): RailPiece | null {
  const wanted = pieces.filter((piece) => kinds.includes(piece.kind));
  const isAfter = (piece: RailPiece): boolean =>
    piece.epoch > place.epoch || (piece.epoch === place.epoch && piece.start > place.sample);
  const isBefore = (piece: RailPiece): boolean =>
    piece.epoch < place.epoch || (piece.epoch === place.epoch && piece.start < place.sample);
  return (direction === 1 ? wanted.find(isAfter) : wanted.findLast(isBefore)) ?? null;
}
