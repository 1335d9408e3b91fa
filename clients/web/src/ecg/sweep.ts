// Live drawing as monitors do it: the newest samples overwrite the last page, behind a blank bar that runs ahead.

import { pageSamples, pageStartOf, shownSpan, xOf, type Strip, type XRange } from "./place";
import type { Layout, Panel } from "./layout";
import type { Scale } from "./scale";
import type { Span } from "./spans";

/** The blank between what is new and what is old: wide enough that nobody reads on across it. */
export const BAR_MM = 8;

/** How a layout is swept. */
export interface Sweep {
  readonly scale: Scale;
  readonly rateHz: number;
  /** The sample with which the first page begins. */
  readonly origin: number;
  /** Samples of a page. */
  readonly page: number;
  /** Samples that the bar is wide. */
  readonly bar: number;
}

/** What is to be drawn on a panel. */
export interface SweepStretch extends Span {
  readonly pageStart: number;
  /** Of the last page: drawn pale. */
  readonly isOld: boolean;
}

/** What changes on a panel when samples come. */
export interface SweepStep {
  /** Whole pixels, to be blanked first. */
  readonly clear: readonly XRange[];
  /** Each begins with the last sample that is drawn already, where the line goes on. */
  readonly draw: readonly SweepStretch[];
  /** What was drawn is the last page now: the panel is to be drawn anew, from `sweptView`. */
  readonly isPageTurned: boolean;
}

/** How the layout is swept from `origin` on. */
export function sweepOf(layout: Layout, scale: Scale, rateHz: number, origin: number): Sweep {
  const bar = Math.ceil((BAR_MM / scale.speed_mm_s) * rateHz);
  return { scale, rateHz, origin, page: pageSamples(layout.seconds, rateHz), bar };
}

/** All that a panel shows once everything before `until` is drawn, the oldest first. */
export function sweptView(sweep: Sweep, panel: Panel, until: number): SweepStretch[] {
  return pieces(sweep, panel, oldestShown(sweep, until), until, until);
}

/** What to do on a panel that shows everything before `from`, so that it shows everything before `until`. */
export function sweepStep(sweep: Sweep, panel: Panel, from: number, until: number): SweepStep {
  const start = Math.max(from, oldestShown(sweep, until));
  const draw = pieces(sweep, panel, start, until, until).map((piece) => {
    const shown = shownSpan(stripOf(sweep, panel, piece.pageStart));
    const isGoingOn = piece.start === from && from > Math.max(shown.start, sweep.origin);
    return isGoingOn ? { ...piece, start: from - 1 } : piece;
  });
  const isPageTurned = pageOf(sweep, from) !== pageOf(sweep, until);
  return { clear: clearedRanges(sweep, panel, from, until), draw, isPageTurned };
}

/** The panel with one of its pages. */
export function stripOf({ scale, rateHz }: Sweep, panel: Panel, pageStart: number): Strip {
  return { panel, scale, rateHz, pageStart };
}

/** Where the newest sample stands on a panel; null while it is on another. */
export function headX(sweep: Sweep, panel: Panel, until: number): number | null {
  const strip = stripOf(sweep, panel, pageOf(sweep, until));
  const shown = shownSpan(strip);
  return until >= shown.start && until < shown.end ? xOf(strip, until) : null;
}

function pageOf({ origin, page }: Sweep, sample: number): number {
  return pageStartOf(sample, origin, page);
}

function oldestShown({ origin, page, bar }: Sweep, until: number): number {
  return Math.max(origin, until - Math.max(0, page - bar));
}

/** The stretch, cut where a page turns and where the panel ends. */
function pieces(sweep: Sweep, panel: Panel, start: number, end: number, until: number): SweepStretch[] {
  const newestPage = pageOf(sweep, until);
  const found: SweepStretch[] = [];
  for (let pageStart = pageOf(sweep, start); pageStart < end; pageStart += sweep.page) {
    const shown = shownSpan(stripOf(sweep, panel, pageStart));
    const from = Math.max(start, shown.start);
    const to = Math.min(end, shown.end, pageStart + sweep.page);
    if (from < to) found.push({ start: from, end: to, pageStart, isOld: pageStart < newestPage });
  }
  return found;
}

/** What the bar comes to stand on: further back it was there already. */
function clearedRanges(sweep: Sweep, panel: Panel, from: number, until: number): XRange[] {
  const { rect } = panel;
  const whole = { left: Math.floor(rect.x), right: Math.ceil(rect.x + rect.width) };
  if (until - from >= sweep.page) return [whole];
  return pieces(sweep, panel, from + sweep.bar, until + sweep.bar, until).map((piece) => {
    const strip = stripOf(sweep, panel, piece.pageStart);
    const isLast = piece.end - piece.pageStart === sweep.page || piece.end === shownSpan(strip).end;
    // A page of whole samples may end before its panel does: the rest is blanked with its last sample.
    const right = isLast ? whole.right : Math.ceil(xOf(strip, piece.end));
    return { left: Math.floor(xOf(strip, piece.start)), right };
  });
}
