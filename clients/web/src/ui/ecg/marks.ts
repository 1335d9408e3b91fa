// What stands on an ECG besides its lines: names, seconds, holes, what came late, lost electrodes, calipers, age.
//
// Everything is bound to samples and drawn where these stand now. A hole is hatched over the whole height; nothing
// else is ever hatched.

import { marchOut, measure, type CaliperPoint } from "../../ecg/calipers";
import type { Layout, Panel } from "../../ecg/layout";
import { xOf, xRangeOf, yOf } from "../../ecg/place";
import type { Readable } from "../../ecg/readable";
import type { Gap } from "../../ecg/samples";
import { stripOf, type Sweep, type SweepStretch } from "../../ecg/sweep";
import type { Inks } from "./inks";
import type { Stretch } from "./layer";
import { paintCalibration, type Pen, type Row, type Size } from "./paint";

/** What is written into the drawing, by the page's language. */
export interface MarkWords {
  gap: (length_ms: number) => string;
  /** What becomes of a hole. */
  gapMore: (gap: Gap, isRecordFinal: boolean) => string;
  late: (length_ms: number) => string;
  off: (lead: string) => string;
  stale: (for_ms: number) => string;
  staleMore: (lastUs: number) => string;
  simulated: string;
  derived: string;
  caliper: (ms: number, mv: number | null, name: string) => string;
  clock: (sinceStart_ms: number) => string;
}

/** Two points on a lead, and whose they are. */
export interface CaliperMark {
  readonly lead: string;
  readonly epoch: number;
  readonly points: readonly [CaliperPoint, CaliperPoint];
  /** "" for one's own. */
  readonly name: string;
  /** The line that the keys move; null for others' calipers. */
  readonly active: 0 | 1 | null;
  readonly isMarching: boolean;
  readonly showsMv: boolean;
}

/** A place somebody points at. */
export interface PointMark {
  readonly lead: string;
  readonly epoch: number;
  readonly sample: number;
  readonly name: string;
}

/** All that the marks are drawn from. */
export interface Marked {
  readonly source: Readable;
  readonly sweep: Sweep;
  readonly layout: Layout;
  readonly rows: readonly Row[];
  /** What is shown of a panel, the oldest first. */
  readonly stretchesOf: (panel: Panel) => readonly SweepStretch[];
  /** The number after the newest sample that is shown, where more may come; null on a still page. */
  readonly until: number | null;
  readonly size: Size;
  readonly inks: Inks;
  readonly words: MarkWords;
  readonly calipers: readonly CaliperMark[];
  readonly points: readonly PointMark[];
  readonly isSimulated: boolean;
  /** Nothing more will come. */
  readonly isFinal: boolean;
  readonly stale: { readonly for_ms: number; readonly lastUs: number } | null;
  readonly startUs: number;
  readonly now_ms: number;
  /** Takes the lines away from a range: no line of an older page may stand in a hole either. */
  readonly blank: (stretch: Stretch) => void;
}

/** Below the leads. */
export const AXIS_PX = 18;
const HATCH_PX = 10;
const LEAST_BOX_PX = 116;
/** Seconds are written at least this far apart. */
const LABEL_EVERY_PX = 46;
const SECONDS = [1, 2, 5, 10, 30, 60];
const US_PER_S = 1_000_000;

let hatchTile: { readonly key: string; readonly tile: HTMLCanvasElement } | null = null;

/** The hatch of the whole product: missing, and nothing else. */
export function hatchOf(pen: Pen, inks: Inks): CanvasPattern | string {
  const key = `${inks.hatch} ${inks.hatchBg}`;
  if (hatchTile?.key !== key) {
    const tile = document.createElement("canvas");
    tile.width = HATCH_PX;
    tile.height = HATCH_PX;
    const own = tile.getContext("2d");
    if (own === null) return inks.hatchBg;
    own.fillStyle = inks.hatchBg;
    own.fillRect(0, 0, HATCH_PX, HATCH_PX);
    own.strokeStyle = inks.hatch;
    own.lineWidth = 2.4;
    own.beginPath();
    for (const shift of [-HATCH_PX, 0, HATCH_PX]) {
      own.moveTo(shift - 2, HATCH_PX + 2);
      own.lineTo(shift + HATCH_PX + 2, -2);
    }
    own.stroke();
    hatchTile = { key, tile };
  }
  return pen.createPattern(hatchTile.tile, "repeat") ?? inks.hatchBg;
}

/** Where a stretch of samples is seen, once for each column that shows it. */
function rangesOf(marked: Marked, start: number, end: number): Stretch[] {
  const found = new Map<number, Stretch>();
  for (const { panel } of marked.rows) {
    for (const stretch of marked.stretchesOf(panel)) {
      const strip = stripOf(marked.sweep, panel, stretch.pageStart);
      const span = { start: Math.max(start, stretch.start), end: Math.min(end, stretch.end) };
      const range = span.start < span.end ? xRangeOf(strip, span) : null;
      if (range !== null) found.set(Math.round(range.left), range);
    }
  }
  // 3×4 reads on over its columns: what is one stretch of the rhythm strip is several of theirs.
  const ranges = [...found.values()].sort((a, b) => a.left - b.left);
  return ranges.filter((one) => !ranges.some((other) => other !== one && covers(other, one)));
}

const covers = (outer: Stretch, inner: Stretch): boolean =>
  outer.left <= inner.left + 0.5 &&
  outer.right >= inner.right - 0.5 &&
  outer.right - outer.left > inner.right - inner.left;

/** What lies under the grid: the tint of what came late. */
export function paintTints(pen: Pen, late: readonly Stretch[], { height }: Size, inks: Inks): void {
  pen.fillStyle = inks.lateBg;
  for (const { left, right } of late) pen.fillRect(left, 0, right - left, height);
}

/** Where what came late is seen. */
export function lateRanges(marked: Marked): (Stretch & { length_ms: number })[] {
  const { source } = marked;
  const length_ms = (start: number, end: number): number => ((end - start) * 1000) / source.shape.rateHz;
  return source
    .lateIn(source.start, source.end)
    .flatMap((span) =>
      rangesOf(marked, span.start, span.end).map((range) => ({ ...range, length_ms: length_ms(span.start, span.end) })),
    );
}

/** What stands over the lines for as long as they are laid out alike; returns where. */
export function paintStanding(pen: Pen, marked: Marked): Stretch[] {
  const { layout, inks, size } = marked;
  paintCalibration(pen, layout.marks, inks);
  const names = paintNames(pen, marked);
  if (marked.isSimulated) paintWatermark(pen, marked);
  const marks = { left: 0, right: Math.max(0, ...layout.marks.map((mark) => mark.at(-2) as number)) + 1 };
  return marked.isSimulated ? [{ left: 0, right: size.width }] : [marks, ...names];
}

/** What comes and goes over the lines; returns whether there was any of it. */
export function paintMarks(pen: Pen, marked: Marked): boolean {
  const { stale, calipers, points } = marked;
  const painted = [paintLate(pen, marked), paintLeadOff(pen, marked), paintGaps(pen, marked)];
  if (stale !== null) paintStale(pen, marked, stale);
  painted.push(stale !== null);
  for (const caliper of calipers) painted.push(paintCaliper(pen, marked, caliper));
  for (const point of points) painted.push(paintPoint(pen, marked, point));
  return painted.includes(true);
}

const HALO_PX = 4;

/** Returns where the text ends. */
function halo(pen: Pen, text: string, x: number, y: number, color: string, around: string): number {
  pen.lineJoin = "round";
  pen.lineWidth = HALO_PX;
  pen.strokeStyle = around;
  pen.strokeText(text, x, y);
  pen.fillStyle = color;
  pen.fillText(text, x, y);
  return x + pen.measureText(text).width;
}

function paintNames(pen: Pen, { rows, inks, words }: Marked): Stretch[] {
  pen.textAlign = "left";
  pen.textBaseline = "top";
  return rows.map(({ panel: { lead, label } }) => {
    pen.font = `700 14px ${inks.font}`;
    let end = halo(pen, lead.name, label.x, label.y, inks.trace, inks.paper);
    if (lead.isDerived) {
      pen.font = `400 12px ${inks.font}`;
      end = halo(pen, words.derived, end + 5, label.y + 1, inks.ink2, inks.paper);
    }
    return { left: label.x - HALO_PX, right: end + HALO_PX };
  });
}

function paintLate(pen: Pen, marked: Marked): boolean {
  const { inks, words } = marked;
  const ranges = lateRanges(marked);
  pen.textAlign = "left";
  pen.textBaseline = "top";
  pen.font = `700 13px ${inks.font}`;
  for (const { left, right, length_ms } of ranges) {
    pen.fillStyle = inks.late;
    pen.fillRect(left, 0, right - left, 4);
    const text = words.late(length_ms);
    if (right - left > pen.measureText(text).width + 44) halo(pen, text, left + 36, 7, inks.late, inks.lateBg);
  }
  return ranges.length > 0;
}

function paintLeadOff(pen: Pen, marked: Marked): boolean {
  const { source, sweep, inks, words } = marked;
  let isAny = false;
  for (const { panel } of marked.rows) {
    for (const stretch of marked.stretchesOf(panel)) {
      const strip = stripOf(sweep, panel, stretch.pageStart);
      // A computed lead is off where one of those is that it is made of.
      for (const { lead } of panel.lead.terms) {
        for (const span of source.leadOffIn(lead, stretch.start, stretch.end)) {
          const range = xRangeOf(strip, span);
          if (range === null) continue;
          isAny = true;
          const y = panel.baseline;
          pen.strokeStyle = inks.warn;
          pen.lineWidth = 1.5;
          pen.setLineDash([6, 6]);
          pen.beginPath();
          pen.moveTo(range.left, y);
          pen.lineTo(range.right, y);
          pen.stroke();
          pen.setLineDash([]);
          label(pen, words.off(panel.lead.name), range, y, inks.warnBg, inks.warn, inks.font);
        }
      }
    }
  }
  return isAny;
}

/** A word on its ground at the left of a range, where it fits. */
function label(pen: Pen, text: string, range: Stretch, y: number, ground: string, color: string, font: string): void {
  pen.font = `600 13px ${font}`;
  const width = pen.measureText(text).width + 20;
  if (range.right - range.left < width + 8) return;
  const x = range.left + Math.min(30, range.right - range.left - width - 4);
  pen.fillStyle = ground;
  pen.fillRect(x, y - 12, width, 24);
  pen.fillStyle = color;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillText(text, x + 10, y + 1);
}

/** The holes that are seen; one that is still open reaches to where the page ends. */
function paintGaps(pen: Pen, marked: Marked): boolean {
  const { source, sweep, until, words } = marked;
  let isAny = false;
  for (const gap of source.gaps(source.start, Number.MAX_SAFE_INTEGER, marked.now_ms)) {
    const ranges =
      gap.isOpen && until !== null ? openRanges(marked, gap, until, sweep) : rangesOf(marked, gap.start, gap.end);
    for (const range of ranges)
      paintGap(pen, marked, range, words.gap(gap.length_ms), words.gapMore(gap, marked.isFinal));
    isAny ||= ranges.length > 0;
  }
  // A hole hides lines, never whose they would be.
  if (isAny) paintNames(pen, marked);
  return isAny;
}

function openRanges(marked: Marked, gap: Gap, until: number, sweep: Sweep): Stretch[] {
  const ranges: Stretch[] = [];
  for (const { panel } of marked.rows) {
    const stretch = marked.stretchesOf(panel).at(-1);
    if (stretch === undefined || stretch.end < until) continue;
    const range = xRangeOf(stripOf(sweep, panel, stretch.pageStart), { start: gap.start, end: gap.end });
    if (range !== null && !ranges.some((one) => Math.abs(one.left - range.left) < 1)) ranges.push(range);
  }
  return ranges;
}

function paintGap(pen: Pen, { size, inks, blank }: Marked, { left, right }: Stretch, text: string, more: string): void {
  const height = size.height - AXIS_PX;
  blank({ left: left + 1, right: right - 1 });
  pen.fillStyle = inks.hatchBg;
  pen.fillRect(left, 0, right - left, height);
  pen.fillStyle = hatchOf(pen, inks);
  pen.fillRect(left, 0, right - left, height);
  pen.fillStyle = inks.ink;
  for (const x of [left, right]) pen.fillRect(Math.round(x) - 0.75, 0, 1.5, height);
  if (right - left < LEAST_BOX_PX) {
    // A narrow hole still says its length, upright.
    if (right - left < 16) return;
    pen.save();
    pen.translate((left + right) / 2, height / 2);
    pen.rotate(-Math.PI / 2);
    box(pen, 0, 0, [{ text, font: `700 13px ${inks.font}`, color: inks.ink }], inks);
    pen.restore();
    return;
  }
  const lines = [{ text, font: `700 18px ${inks.font}`, color: inks.ink }];
  if (more !== "") lines.push({ text: more, font: `400 13px ${inks.font}`, color: inks.ink2 });
  box(pen, (left + right) / 2, height / 2, lines, inks);
}

interface Line {
  readonly text: string;
  readonly font: string;
  readonly color: string;
}

/** A framed word in the middle of a place. */
function box(pen: Pen, x: number, y: number, lines: readonly Line[], inks: Inks): void {
  const LINE_PX = 24;
  const widths = lines.map((line) => {
    pen.font = line.font;
    return pen.measureText(line.text).width;
  });
  const width = Math.max(...widths) + 24;
  const height = lines.length * LINE_PX + (lines.length > 1 ? 14 : 2);
  pen.fillStyle = inks.surface;
  pen.strokeStyle = inks.ink;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.roundRect(x - width / 2, y - height / 2, width, height, 3);
  pen.fill();
  pen.stroke();
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  lines.forEach((line, i) => {
    pen.font = line.font;
    pen.fillStyle = line.color;
    pen.fillText(line.text, x, y + (i - (lines.length - 1) / 2) * LINE_PX + 1);
  });
}

/** A second that is written below the leads. */
export interface AxisLabel {
  readonly x: number;
  readonly text: string;
}

/** The seconds that are written, under the samples that are seen. */
export function axisLabels(
  marked: Pick<Marked, "source" | "sweep" | "rows" | "stretchesOf" | "startUs" | "words">,
): AxisLabel[] {
  const { source, sweep, words } = marked;
  const { rateHz } = source.shape;
  const pxPerSecond = sweep.scale.pxPerMm * sweep.scale.speed_mm_s;
  const every = SECONDS.find((seconds) => seconds * pxPerSecond >= LABEL_EVERY_PX) ?? 60;
  // The lowest panel of each column; 3×4's rhythm strip stands for all of them.
  const lowest = marked.rows.filter(
    ({ panel }) =>
      !marked.rows.some(
        ({ panel: other }) =>
          other.rect.y > panel.rect.y && other.rect.x <= panel.rect.x && other.rect.x + other.rect.width > panel.rect.x,
      ),
  );
  const labels: AxisLabel[] = [];
  for (const { panel } of lowest) {
    for (const stretch of marked.stretchesOf(panel)) {
      const fromUs = source.takenUs(stretch.start);
      if (fromUs === null) continue;
      const strip = stripOf(sweep, panel, stretch.pageStart);
      const from_s = (fromUs - marked.startUs) / US_PER_S;
      const seconds = (stretch.end - stretch.start) / rateHz;
      for (let s = Math.ceil(from_s / every) * every; s < from_s + seconds; s += every) {
        const x = xOf(strip, stretch.start + (s - from_s) * rateHz);
        if (x > panel.rect.x + panel.rect.width - 26) continue;
        labels.push({ x: Math.round(x), text: words.clock(s * 1000) });
      }
    }
  }
  return labels;
}

export function paintAxis(pen: Pen, labels: readonly AxisLabel[], { width, height }: Size, inks: Inks): void {
  const top = height - AXIS_PX;
  pen.fillStyle = inks.surface;
  pen.fillRect(0, top, width, AXIS_PX);
  pen.font = `400 12px ${inks.font}`;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillStyle = inks.ink3;
  for (const { x, text } of labels) {
    pen.fillRect(x, top, 1, 4);
    pen.fillText(text, x + 3, top + AXIS_PX / 2 + 1);
  }
}

function paintWatermark(pen: Pen, { layout, size, inks, words }: Marked): void {
  const rows = layout.marks.length;
  pen.font = `700 22px ${inks.font}`;
  pen.fillStyle = inks.warn;
  pen.globalAlpha = 0.42;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (let row = 0; row < rows; row += 1) {
    for (let i = 0; i < 4; i += 1) {
      const x = size.width * (0.1 + i * 0.25 + (row % 2) * 0.1);
      const y = ((size.height - AXIS_PX) * (row + 0.5)) / rows;
      pen.save();
      pen.translate(x, y);
      pen.rotate(-Math.PI / 10);
      pen.fillText(words.simulated, 0, 0);
      pen.restore();
    }
  }
  pen.globalAlpha = 1;
}

function paintStale(pen: Pen, marked: Marked, stale: { for_ms: number; lastUs: number }): void {
  const { size, inks, words } = marked;
  const { width } = size;
  const height = size.height - AXIS_PX;
  pen.globalAlpha = 0.62;
  pen.fillStyle = inks.surface;
  pen.fillRect(0, 0, width, height);
  pen.globalAlpha = 1;
  pen.strokeStyle = hatchOf(pen, inks);
  pen.lineWidth = 10;
  pen.strokeRect(5, 5, width - 10, height - 10);
  const lines = [
    { text: words.stale(stale.for_ms), font: `700 16px ${inks.font}`, color: inks.ink },
    { text: words.staleMore(stale.lastUs), font: `400 13px ${inks.font}`, color: inks.ink2 },
  ];
  box(pen, width / 2, height / 2, lines, inks);
}

/** Panels that show a lead, with what they show of it. */
function shownOf(marked: Marked, lead: string): { panel: Panel; stretch: SweepStretch }[] {
  return marked.rows
    .filter(({ panel }) => panel.lead.name === lead)
    .flatMap(({ panel }) => marked.stretchesOf(panel).map((stretch) => ({ panel, stretch })));
}

const isIn = (sample: number, { start, end }: { start: number; end: number }): boolean =>
  sample >= start && sample < end;

function paintCaliper(pen: Pen, marked: Marked, caliper: CaliperMark): boolean {
  const { source, sweep, inks, words, size } = marked;
  if (caliper.epoch !== source.shape.epoch) return false;
  let isSeen = false;
  const [first, second] = caliper.points;
  const low = Math.min(first.sample, second.sample);
  const high = Math.max(first.sample, second.sample);
  const { ms, mv } = measure(first, second, source.shape.rateHz);
  for (const { panel, stretch } of shownOf(marked, caliper.lead)) {
    const strip = stripOf(sweep, panel, stretch.pageStart);
    const range = { start: Math.max(low, stretch.start), end: Math.min(high + 1, stretch.end) };
    if (range.start >= range.end) continue;
    isSeen = true;
    const top = panel.rect.y + 3;
    const bottom = panel.rect.y + panel.rect.height - 3;
    const left = xOf(strip, range.start);
    const right = xOf(strip, range.end - 1);
    pen.fillStyle = inks.hand;
    pen.globalAlpha = 0.1;
    pen.fillRect(left, top, right - left, bottom - top);
    pen.globalAlpha = 1;
    pen.strokeStyle = inks.hand;
    const marks = caliper.isMarching ? marchOut(first.sample, second.sample, stretch.start, stretch.end) : [];
    pen.lineWidth = 1;
    pen.globalAlpha = 0.7;
    pen.beginPath();
    for (const mark of marks) {
      pen.moveTo(xOf(strip, mark), top + 10);
      pen.lineTo(xOf(strip, mark), bottom - 10);
    }
    pen.stroke();
    pen.globalAlpha = 1;
    caliper.points.forEach((point, number) => {
      if (!isIn(point.sample, stretch)) return;
      const x = xOf(strip, point.sample);
      pen.lineWidth = caliper.active === number ? 2.75 : 1.75;
      pen.beginPath();
      pen.moveTo(x, top);
      pen.lineTo(x, bottom);
      if (caliper.showsMv) {
        pen.moveTo(left - 6, yOf(strip, point.mv));
        pen.lineTo(right + 6, yOf(strip, point.mv));
      }
      pen.stroke();
    });
    if (!isIn(Math.max(low, stretch.start), stretch) || !isIn(high, stretch)) continue;
    tag(pen, words.caliper(ms, caliper.showsMv ? mv : null, caliper.name), right + 6, top, size, inks);
  }
  return isSeen;
}

function paintPoint(pen: Pen, marked: Marked, point: PointMark): boolean {
  const { source, sweep, inks, size } = marked;
  if (point.epoch !== source.shape.epoch) return false;
  let isSeen = false;
  for (const { panel, stretch } of shownOf(marked, point.lead)) {
    if (!isIn(point.sample, stretch)) continue;
    isSeen = true;
    const x = xOf(stripOf(sweep, panel, stretch.pageStart), point.sample);
    const top = panel.rect.y + 3;
    pen.fillStyle = inks.hand;
    pen.beginPath();
    pen.moveTo(x, top + 22);
    pen.lineTo(x - 6, top + 10);
    pen.lineTo(x + 6, top + 10);
    pen.fill();
    pen.strokeStyle = inks.hand;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, top + 22);
    pen.lineTo(x, panel.rect.y + panel.rect.height - 3);
    pen.stroke();
    tag(pen, point.name, x + 8, top, size, inks);
  }
  return isSeen;
}

/** White on blue: a person's hand. */
function tag(pen: Pen, text: string, x: number, y: number, size: Size, inks: Inks): void {
  pen.font = `600 13px ${inks.font}`;
  const width = pen.measureText(text).width + 16;
  const left = Math.min(x, size.width - width - 2);
  pen.fillStyle = inks.hand;
  pen.beginPath();
  pen.roundRect(left, y, width, 24, 3);
  pen.fill();
  pen.fillStyle = inks.paper;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillText(text, left + 8, y + 13);
}
