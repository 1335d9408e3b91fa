// Where each lead stands in a pane: 12×1, 6×2, or 3×4 with a rhythm strip; on whole millimetres, so that the grid fits.

import type { ShownLead } from "./leads";
import { pxPerMillivolt, pxPerSecond, type Scale } from "./scale";

export const LAYOUTS = ["3x4+1", "6x2", "12x1"] as const;
export type LayoutName = (typeof LAYOUTS)[number];

/** The calibration mark: 1 mV for 200 ms, as carts print it. */
export const MARK_MV = 1;
export const MARK_S = 0.2;
/** Before the mark's foot, and of its feet on either side. */
const MARK_MARGIN_MM = 0.3;
const MARK_FOOT_MM = 0.7;
/** Between columns that show the same seconds, so that they are not read on. */
const SEPARATOR_MM = 3;
/** A column has at least one large box, a row too: less shows nothing that can be read. */
const LEAST_COLUMN_MM = 5;
const LEAST_ROW_MM = 5;
/** The lead whose rhythm is read, where it is there. */
const RHYTHM_LEAD = "II";
/** What fits into named places; in 12×1 the others follow below. */
const NAMED_LEADS = 12;
const LABEL_RIGHT_MM = 0.8;
const LABEL_DOWN_MM = 1;

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One lead's place. Lengths in pixels of the pane. */
export interface Panel {
  readonly lead: ShownLead;
  readonly rect: Rect;
  /** Where 0 mV stands. */
  readonly baseline: number;
  /** How many seconds it shows. */
  readonly seconds: number;
  /** Where in the page they begin: 3×4 reads on from column to column, 6×2 shows the same seconds twice. */
  readonly from_s: number;
  /** Left top of the lead's name. */
  readonly label: { readonly x: number; readonly y: number };
}

export interface Layout {
  readonly panels: readonly Panel[];
  /** Of one page. */
  readonly seconds: number;
  /** Polylines (x, y, x, y, …) of the calibration mark, one at the left of each row. */
  readonly marks: readonly Float32Array[];
}

interface Arrangement {
  readonly columns: number;
  readonly separator_mm: number;
  /** Columns follow on one another in time. */
  readonly readsOn: boolean;
  readonly hasRhythm: boolean;
  readonly most: number;
}

const ARRANGEMENTS: Readonly<Record<LayoutName, Arrangement>> = {
  "3x4+1": { columns: 4, separator_mm: 0, readsOn: true, hasRhythm: true, most: NAMED_LEADS },
  "6x2": { columns: 2, separator_mm: SEPARATOR_MM, readsOn: false, hasRhythm: false, most: NAMED_LEADS },
  "12x1": { columns: 1, separator_mm: 0, readsOn: false, hasRhythm: false, most: Infinity },
};

/** The leads' places in a pane of this size; null where it is too small, or there is no lead. */
export function layOut(
  name: LayoutName,
  leads: readonly ShownLead[],
  pane: { readonly width: number; readonly height: number },
  scale: Scale,
): Layout | null {
  const { separator_mm, readsOn, hasRhythm, most, columns: asked } = ARRANGEMENTS[name];
  const placed = leads.slice(0, most);
  const first = placed[0];
  if (first === undefined) return null;
  const columns = Math.min(asked, placed.length);
  const columnRows = Math.ceil(placed.length / columns);
  const rows = columnRows + (hasRhythm ? 1 : 0);
  const mm = scale.pxPerMm;
  const left_mm = gutterMm(scale);
  const column_mm = Math.floor((pane.width / mm - left_mm - separator_mm * (columns - 1)) / columns);
  const rowHeight = pane.height / rows;
  if (column_mm < LEAST_COLUMN_MM || rowHeight < LEAST_ROW_MM * mm) return null;

  const at = (lead: ShownLead, row: number, left: number, width_mm: number, from_s: number): Panel => {
    const rect = { x: left * mm, y: row * rowHeight, width: width_mm * mm, height: rowHeight };
    const label = { x: rect.x + LABEL_RIGHT_MM * mm, y: rect.y + LABEL_DOWN_MM * mm };
    const baseline = rect.y + rowHeight / 2;
    return { lead, rect, baseline, seconds: width_mm / scale.speed_mm_s, from_s, label };
  };
  const panels = placed.map((lead, number) => {
    const column = Math.floor(number / columnRows);
    const from_s = readsOn ? (column * column_mm) / scale.speed_mm_s : 0;
    return at(lead, number % columnRows, left_mm + column * (column_mm + separator_mm), column_mm, from_s);
  });
  const page_mm = readsOn ? columns * column_mm : column_mm;
  const rhythm = placed.find((lead) => lead.name === RHYTHM_LEAD) ?? first;
  if (hasRhythm) panels.push(at(rhythm, columnRows, left_mm, page_mm, 0));
  const marks = Array.from({ length: rows }, (_, row) => markOf((row + 0.5) * rowHeight, scale));
  return { panels, seconds: page_mm / scale.speed_mm_s, marks };
}

/** Room for the calibration mark at the left, in whole millimetres. */
function gutterMm(scale: Scale): number {
  return Math.ceil(MARK_MARGIN_MM + 2 * MARK_FOOT_MM + MARK_S * scale.speed_mm_s);
}

function markOf(baseline: number, scale: Scale): Float32Array {
  const start = MARK_MARGIN_MM * scale.pxPerMm;
  const up = start + MARK_FOOT_MM * scale.pxPerMm;
  const down = up + MARK_S * pxPerSecond(scale);
  const end = down + MARK_FOOT_MM * scale.pxPerMm;
  const top = baseline - MARK_MV * pxPerMillivolt(scale);
  return Float32Array.of(start, baseline, up, baseline, up, top, down, top, down, baseline, end, baseline);
}
