// Puts an ECG's grid and lines on a canvas. Grid lines stand on whole pixels of the glass, the trace never does.

import type { Filtered } from "../../ecg/filtered";
import { samplesNear, type Strip, type XRange } from "../../ecg/place";
import { stripOf, type Sweep, type SweepStretch } from "../../ecg/sweep";
import { polylines } from "../../ecg/trace";
import type { Panel } from "../../ecg/layout";
import type { Inks } from "./inks";

export type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** CSS pixels: what a cart's pen draws at 25 mm/s, and still a line on the coarsest glass. */
export const TRACE_PX = 1.35;
/** Of the last page, beside the running one (interface.md, "live lane"). */
export const OLD_ALPHA = 0.45;
/** So far beside its samples a line may still be seen: half its width, and the column it is thinned out by. */
export const REACH_PX = 2;
const HEAD_PX = 1.5;
const BOX_MM = 5;
const EVERYWHERE: XRange = { left: -Infinity, right: Infinity };

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Millimetre paper: every line, each fifth stronger. `ratio`: pixels of the glass for one of the page. */
export function paintGrid(pen: Pen, { width, height }: Size, pxPerMm: number, inks: Inks, ratio: number): void {
  const snapped = (px: number): number => (Math.round(px * ratio) + 0.5) / ratio;
  // Closer than three pixels of the glass small boxes are a grey haze: then only large ones are drawn.
  const steps = pxPerMm * ratio >= 3 ? ([1, BOX_MM] as const) : ([BOX_MM] as const);
  for (const step of steps) {
    pen.strokeStyle = step === BOX_MM ? inks.grid5 : inks.grid1;
    pen.lineWidth = 1 / ratio;
    pen.beginPath();
    for (let mm = 0; mm * pxPerMm <= width; mm += step) {
      if (step === 1 && mm % BOX_MM === 0) continue;
      pen.moveTo(snapped(mm * pxPerMm), 0);
      pen.lineTo(snapped(mm * pxPerMm), height);
    }
    for (let mm = 0; mm * pxPerMm <= height; mm += step) {
      if (step === 1 && mm % BOX_MM === 0) continue;
      pen.moveTo(0, snapped(mm * pxPerMm));
      pen.lineTo(width, snapped(mm * pxPerMm));
    }
    pen.stroke();
  }
}

/** One panel with its number among the shown leads, and what of it is to be drawn. */
export interface Row {
  readonly panel: Panel;
  readonly lead: number;
}

/** The lines of one stretch; nothing across what is missing. */
function addLines(pen: Pen, filtered: Filtered, lead: number, strip: Strip, start: number, end: number): void {
  for (const line of polylines(filtered.values(lead, start, end), strip)) {
    pen.moveTo(line[0] as number, line[1] as number);
    for (let i = 2; i < line.length; i += 2) pen.lineTo(line[i] as number, line[i + 1] as number);
  }
}

/** Stretches of a row. */
export interface ToTrace {
  readonly row: Row;
  readonly stretches: readonly SweepStretch[];
}

/** Stretches of many panels, the last page's pale; only what is seen between `left` and `right`. */
export function paintTraces(
  pen: Pen,
  filtered: Filtered,
  sweep: Sweep,
  todo: readonly ToTrace[],
  inks: Inks,
  { left, right }: XRange = EVERYWHERE,
): void {
  pen.strokeStyle = inks.trace;
  pen.lineWidth = TRACE_PX;
  pen.lineJoin = "round";
  pen.lineCap = "round";
  for (const isOld of [true, false]) {
    pen.globalAlpha = isOld ? OLD_ALPHA : 1;
    pen.beginPath();
    for (const { row, stretches } of todo) {
      for (const stretch of stretches) {
        if (stretch.isOld !== isOld) continue;
        const strip = stripOf(sweep, row.panel, stretch.pageStart);
        const seen = samplesNear(strip, left - REACH_PX, right + REACH_PX);
        const start = Math.max(stretch.start, seen.start);
        const end = Math.min(stretch.end, seen.end);
        if (start < end) addLines(pen, filtered, row.lead, strip, start, end);
      }
    }
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

/** Where the newest samples stand. */
export function paintHeads(pen: Pen, places: readonly number[], height: number, inks: Inks): void {
  pen.fillStyle = inks.ink3;
  for (const x of places) pen.fillRect(Math.round(x), 0, HEAD_PX, height);
}

/** The calibration marks: 1 mV for 200 ms, at the left of each row. */
export function paintCalibration(pen: Pen, marks: readonly Float32Array[], inks: Inks): void {
  pen.strokeStyle = inks.trace;
  pen.lineWidth = 1.2;
  pen.beginPath();
  for (const mark of marks) {
    pen.moveTo(mark[0] as number, mark[1] as number);
    for (let i = 2; i < mark.length; i += 2) pen.lineTo(mark[i] as number, mark[i + 1] as number);
  }
  pen.stroke();
}
