// The drawing of an ECG in a pane: its layers, and the loop that draws on.
//
// The grid with the tint of what came late under it; the lines, drawn on in small pieces; over them the names, and what
// comes and goes: holes, calipers; below them the seconds. In a picture only the slices of the lines under the sweep are
// touched, a few times a second what comes and goes if there is any, and everything else when it changes.

import { follow, type Followed, type ShownFrame } from "../../ecg/follow";
import { Filtered } from "../../ecg/filtered";
import type { DeviceBand, FilterChoice } from "../../ecg/filters";
import { layOut, type Layout, type LayoutName, type Panel } from "../../ecg/layout";
import { shownLeads, type ShownLead } from "../../ecg/leads";
import { millivoltsAtY, sampleAtX, shownSpan, xOf, type Strip } from "../../ecg/place";
import { isMade, type Readable } from "../../ecg/readable";
import type { Scale } from "../../ecg/scale";
import type { Samples } from "../../ecg/samples";
import { headX, stripOf, sweepOf, sweepStep, sweptView, type Sweep, type SweepStretch } from "../../ecg/sweep";
import { GAP_HOLD_MS, type Watch } from "../../ecg/watch";
import { isFinal, type EcgDescriptor } from "../../protocol/ecg";
import { inksOf, type Inks } from "./inks";
import { Layer, type Stretch } from "./layer";
import {
  AXIS_PX,
  axisLabels,
  lateRanges,
  paintAxis,
  paintMarks,
  paintStanding,
  paintTints,
  type CaliperMark,
  type Marked,
  type MarkWords,
  type PointMark,
} from "./marks";
import { paintGrid, paintHeads, paintTraces, REACH_PX, type Row, type Size } from "./paint";

/** Counters and hatches move this often; the eye reads no faster. */
const MARKS_EVERY_MS = 200;
/** Pixels of the glass: the sweep touches one slice of the lines or two. */
const SLICE_PX = 128;

/** How it is drawn. */
export interface Look {
  readonly layout: LayoutName;
  readonly scale: Scale;
  readonly choice: FilterChoice;
  readonly words: MarkWords;
  /** Anything that changes when the colours do. */
  readonly theme: string;
}

/** What is drawn: what comes, held still or not, or a page of the record that begins with a sample. */
export type Subject =
  | { readonly kind: "live"; readonly watch: Watch; readonly isFrozen: boolean }
  | {
      readonly kind: "page";
      readonly page: Readable;
      readonly start: number;
      /** When the recording began. */
      readonly startUs: number;
      readonly isSimulated: boolean;
      /** Nothing more will come. */
      readonly isFinal: boolean;
    }
  | {
      /** Stored samples, swept as live ones are. */
      readonly kind: "replay";
      readonly page: Readable;
      /** The sample with which the first page begins, whatever stretch of it is held. */
      readonly origin: number;
      /** Up to which sample to draw now; null where the moment lies in none of these. */
      readonly until: () => number | null;
      /** Which moment the axis counts from. */
      readonly startUs: number;
      readonly isSimulated: boolean;
      readonly isFinal: boolean;
    };

/** What the reader has put upon it. */
export interface Hands {
  readonly calipers: readonly CaliperMark[];
  readonly points: readonly PointMark[];
}

/** Under a point of the pane. */
export interface Hit {
  readonly lead: string;
  readonly epoch: number;
  readonly sample: number;
  readonly mv: number;
}

interface Plan {
  readonly source: Readable;
  readonly filtered: Filtered;
  readonly layout: Layout;
  readonly rows: readonly Row[];
  readonly sweep: Sweep;
}

export class EcgCanvas {
  readonly #host: HTMLElement;
  readonly #grid = new Layer({ name: "grid", slice_px: Infinity, isOpaque: true });
  readonly #trace = new Layer({ name: "trace", slice_px: SLICE_PX, isOpaque: false });
  readonly #standing = new Layer({ name: "standing", slice_px: SLICE_PX, isOpaque: false });
  readonly #marks = new Layer({ name: "marks", slice_px: Infinity, isOpaque: false });
  readonly #axis = new Layer({ name: "axis", slice_px: Infinity, isOpaque: true });
  readonly #resizing: ResizeObserver;
  #look: Look;
  #device: EcgDescriptor | null = null;
  #subject: Subject | null = null;
  /** The live samples that are drawn. */
  #held: Samples | null = null;
  #hands: Hands = { calipers: [], points: [] };
  #inks: Inks;
  #plan: Plan | null = null;
  #size: Size = { width: 0, height: 0 };
  #followed: Followed | null = null;
  #frames: () => readonly ShownFrame[] = () => [];
  #drawnUntil = 0;
  #marksAt_ms = 0;
  /** What was painted of what changes seldom, by layer and place; empty when all has to be painted anew. */
  readonly #painted = new Map<string, string>();
  #isDirty = true;
  #frame = 0;

  constructor(host: HTMLElement, look: Look) {
    this.#host = host;
    this.#look = look;
    this.#inks = inksOf(host);
    for (const layer of [this.#grid, this.#trace, this.#standing, this.#marks, this.#axis]) host.append(layer.element);
    this.#resizing = new ResizeObserver(() => this.#fit());
    this.#resizing.observe(host);
    this.#fit();
    const loop = (): void => {
      this.#frame = requestAnimationFrame(loop);
      this.#step(performance.now());
    };
    this.#frame = requestAnimationFrame(loop);
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#resizing.disconnect();
    this.#host.replaceChildren();
  }

  setLook(look: Look): void {
    const isRestyled = look.theme !== this.#look.theme;
    this.#look = look;
    if (isRestyled) this.#inks = inksOf(this.#host);
    this.#anew();
  }

  setSubject(subject: Subject | null, device: EcgDescriptor | null): void {
    const before = this.#subject;
    this.#subject = subject;
    const isSame =
      before?.kind === "live" && subject?.kind === "live" && before.watch === subject.watch && device === this.#device;
    this.#device = device;
    // Held still or let go: the same lines stand there.
    if (isSame) return;
    this.#held = null;
    this.#anew();
  }

  /** Sets who tells which pictures are on screen beside it: what comes live is drawn in step with them. */
  setFrames(frames: () => readonly ShownFrame[]): void {
    this.#frames = frames;
  }

  setHands(hands: Hands): void {
    this.#hands = hands;
    this.#marksAt_ms = 0;
  }

  /** Samples came into what is drawn already. */
  receive(epoch: number, start: number): void {
    if (this.#plan?.source.shape.epoch === epoch && start < this.#drawnUntil) this.#isDirty = true;
  }

  /** How it is followed now; null while nothing is. */
  get followed(): Followed | null {
    return this.#subject?.kind === "live" ? this.#followed : null;
  }

  /** The epoch that is shown and the samples from the first to the last; null where nothing is. */
  get shown(): { epoch: number; start: number; end: number; seconds: number } | null {
    const plan = this.#plan;
    if (plan === null) return null;
    const { epoch } = plan.source.shape;
    const stretches = plan.rows.flatMap(({ panel }) => this.#stretchesOf(plan, panel));
    const start = Math.min(...stretches.map((one) => one.start));
    return Number.isFinite(start)
      ? { epoch, start, end: Math.max(...stretches.map((one) => one.end)), seconds: plan.layout.seconds }
      : null;
  }

  /** Seconds of a page of this size and look; null where the pane is too small. */
  pageSeconds(device: EcgDescriptor): number | null {
    return this.#layOut(shownLeads(device.leads))?.seconds ?? null;
  }

  /** What lies under a point of the host, where something is drawn. */
  hit(x: number, y: number): Hit | null {
    const plan = this.#plan;
    if (plan === null) return null;
    const row = plan.rows.find(
      ({ panel: { rect } }) => y >= rect.y && y < rect.y + rect.height && x >= rect.x && x <= rect.x + rect.width,
    );
    if (row === undefined) return null;
    const { panel } = row;
    const strips = this.#stretchesOf(plan, panel).map((stretch) => ({
      stretch,
      strip: stripOf(plan.sweep, panel, stretch.pageStart),
    }));
    for (const { stretch, strip } of strips) {
      const sample = sampleAtX(strip, x);
      if (sample >= stretch.start && sample < stretch.end) return this.#hitAt(strip, sample, y, plan);
    }
    return null;
  }

  #hitAt(strip: Strip, sample: number, y: number, plan: Plan): Hit {
    return { lead: strip.panel.lead.name, epoch: plan.source.shape.epoch, sample, mv: millivoltsAtY(strip, y) };
  }

  /** A lead's value at a sample as it is drawn, millivolts; null where there is none. */
  valueAt(lead: string, sample: number): number | null {
    const plan = this.#plan;
    const row = plan?.rows.find(({ panel }) => panel.lead.name === lead);
    if (plan === null || row === undefined) return null;
    const { values, mvPerStep } = plan.filtered.values(row.lead, sample, sample + 1);
    const value = values[0] as number;
    return Number.isNaN(value) ? null : value * mvPerStep;
  }

  #anew(): void {
    this.#plan = null;
    this.#isDirty = true;
    this.#painted.clear();
    this.#marksAt_ms = 0;
  }

  #fit(): void {
    const ratio = window.devicePixelRatio || 1;
    const width = this.#host.clientWidth;
    const height = this.#host.clientHeight;
    this.#size = { width, height };
    const area = this.#area();
    const ground = this.#inks.paper;
    for (const layer of [this.#grid, this.#trace, this.#standing, this.#marks]) layer.fit(area, ratio, ground);
    this.#axis.fit({ width, height: AXIS_PX }, ratio, ground, area.height);
    this.#anew();
  }

  /** Above the seconds. */
  #area(): Size {
    return { width: this.#size.width, height: Math.max(0, this.#size.height - AXIS_PX) };
  }

  #sourceNow(): Readable | null {
    const subject = this.#subject;
    if (subject === null) return null;
    if (subject.kind !== "live") return subject.page;
    // What is held still stays, although the device has begun to count anew meanwhile.
    if (subject.isFrozen && this.#held !== null) return this.#held;
    const running = subject.watch.running;
    this.#held = running?.newest == null ? null : running;
    return this.#held;
  }

  /** Anew where the source is another: another epoch, another page. */
  #planNow(): Plan | null {
    const source = this.#sourceNow();
    if (this.#plan !== null && this.#plan.source === source) return this.#plan;
    const plan = source === null ? null : this.#makePlan(source);
    // Nothing after nothing: there is nothing to be taken away.
    if (plan !== null || this.#plan !== null) this.#isDirty = true;
    this.#plan = plan;
    return plan;
  }

  #makePlan(source: Readable): Plan | null {
    const { scale, choice } = this.#look;
    const device = this.#device;
    if (device === null) return null;
    const leads = shownLeads(device.leads);
    const layout = this.#layOut(leads);
    if (layout === null) return null;
    const { rateHz } = source.shape;
    const origin = originOf(this.#subject, source);
    const sweep = sweepOf(layout, scale, rateHz, origin);
    const band: DeviceBand = {
      low_hz: device.band_low_mhz / 1000,
      high_hz: device.band_high_hz,
      notch_hz: device.notch_hz,
    };
    const kept = 2 * sweep.page + sweep.bar + 1;
    const filtered = new Filtered(source, { leads, choice, device: band, resolution_nv: device.resolution_nv }, kept);
    const rows = layout.panels.map((panel) => ({ panel, lead: leads.indexOf(panel.lead) }));
    return { source, filtered, layout, rows, sweep };
  }

  #layOut(leads: readonly ShownLead[]): Layout | null {
    const area = this.#area();
    return area.height > 0 ? layOut(this.#look.layout, leads, area, this.#look.scale) : null;
  }

  #stretchesOf(plan: Plan, panel: Panel): readonly SweepStretch[] {
    const subject = this.#subject;
    if (subject?.kind !== "page") return sweptView(plan.sweep, panel, this.#drawnUntil);
    const { start, end } = shownSpan(stripOf(plan.sweep, panel, subject.start));
    const last = Math.min(end, plan.source.end);
    return start < last ? [{ start, end: last, pageStart: subject.start, isOld: false }] : [];
  }

  #step(now_ms: number): void {
    if (this.#size.width === 0) return;
    if (this.#painted.size === 0) this.#drawGrid([]);
    const plan = this.#planNow();
    const subject = this.#subject;
    if (subject?.kind === "live" && plan !== null) this.#stepLive(plan, subject, now_ms);
    if (subject?.kind === "replay" && plan !== null) this.#drawTo(plan, subject.until() ?? 0);
    if (this.#isDirty) this.#redraw();
    if (now_ms - this.#marksAt_ms >= MARKS_EVERY_MS) this.#drawMarks(now_ms);
  }

  #stepLive(plan: Plan, subject: Subject & { kind: "live" }, now_ms: number): void {
    const { watch } = subject;
    const { rateHz } = plan.source.shape;
    const newest = watch.running?.newest ?? null;
    const picture = watch.anchors.follow(this.#frames(), now_ms) ?? { frame: null, anchor: null };
    this.#followed = follow(this.#followed, { rateHz, newest, ...picture }, now_ms);
    if (this.#followed === null) return;
    if (subject.isFrozen && this.#drawnUntil > 0 && this.#drawnUntil >= plan.sweep.origin) return;
    this.#drawTo(plan, this.#followed.until);
  }

  #drawTo(plan: Plan, until: number): void {
    if (until === this.#drawnUntil && !this.#isDirty) return;
    if (this.#isDirty || until < this.#drawnUntil || until - this.#drawnUntil >= plan.sweep.page) {
      this.#drawnUntil = until;
      this.#isDirty = true;
      return;
    }
    this.#sweepOn(plan, this.#drawnUntil, until);
  }

  #sweepOn(plan: Plan, from: number, until: number): void {
    const { sweep, rows, filtered } = plan;
    this.#drawnUntil = until;
    const steps = rows.map((row) => ({ row, step: sweepStep(sweep, row.panel, from, until) }));
    if (steps.some(({ step }) => step.isPageTurned)) {
      this.#isDirty = true;
      return;
    }
    filtered.advance(until);
    // Over the whole height: lines reach into their neighbours' rows, and all rows of a column stand at one time.
    for (const stretch of distinct(steps.flatMap(({ step }) => step.clear))) this.#trace.clear(stretch);
    // From before the head that stood there to behind the one that comes.
    const swept = steps.flatMap(({ row, step }) =>
      step.draw.map(({ start, end, pageStart }) => {
        const strip = stripOf(sweep, row.panel, pageStart);
        return { left: xOf(strip, start) - REACH_PX, right: xOf(strip, end) + REACH_PX };
      }),
    );
    this.#paintTraces(plan, distinct(swept));
  }

  #paintTraces(plan: Plan, stretches: readonly Stretch[]): void {
    const { filtered, sweep, rows } = plan;
    const todo = rows.map((row) => ({ row, stretches: this.#stretchesOf(plan, row.panel) }));
    const heads = this.#headPlaces(plan);
    const { height } = this.#area();
    for (const stretch of stretches)
      this.#trace.repaint(stretch, (pen, part) => {
        paintTraces(pen, filtered, sweep, todo, this.#inks, part);
        paintHeads(pen, heads, height, this.#inks);
      });
    // Up to which sample the lines go, and why: for who looks at the page from outside.
    const { dataset } = this.#trace.element;
    dataset["until"] = String(this.#drawnUntil);
    const pace = this.#followed?.pace ?? "";
    const ahead = String(this.#followed?.ahead_ms ?? "");
    if (this.#isNew("pace", pace)) dataset["pace"] = pace;
    if (this.#isNew("ahead", ahead)) dataset["ahead"] = ahead;
  }

  #headPlaces({ rows, sweep }: Plan): number[] {
    if (this.#subject?.kind === "page") return [];
    const found = rows.map(({ panel }) => headX(sweep, panel, this.#drawnUntil));
    return [...new Set(found.flatMap((x) => (x === null ? [] : x)))];
  }

  /** All lines anew: another page, another look, or samples that came into what was drawn. */
  #redraw(): void {
    this.#isDirty = false;
    const plan = this.#plan;
    this.#marksAt_ms = 0;
    const stretches = plan?.rows.flatMap(({ panel }) => this.#stretchesOf(plan, panel)) ?? [];
    if (plan === null || stretches.length === 0) {
      this.#trace.clearAll();
      return;
    }
    plan.filtered.restart(Math.min(...stretches.map((one) => one.start)));
    plan.filtered.advance(Math.max(...stretches.map((one) => one.end)));
    this.#paintTraces(plan, [{ left: 0, right: this.#size.width }]);
  }

  /** Whether a part is to be painted, because it is not what was painted there. */
  #isNew(part: string, content: string): boolean {
    if (this.#painted.get(part) === content) return false;
    this.#painted.set(part, content);
    return true;
  }

  #drawGrid(late: readonly Stretch[]): void {
    if (!this.#isNew("grid", late.map(({ left, right }) => `${left.toFixed(1)} ${right.toFixed(1)}`).join())) return;
    const area = this.#area();
    this.#grid.each((pen) => {
      pen.fillStyle = this.#inks.paper;
      pen.fillRect(0, 0, area.width, area.height);
      paintTints(pen, late, area, this.#inks);
      paintGrid(pen, area, this.#look.scale.pxPerMm, this.#inks, window.devicePixelRatio || 1);
    });
  }

  #drawMarks(now_ms: number): void {
    this.#marksAt_ms = now_ms;
    const plan = this.#plan;
    const marked = plan === null ? null : this.#marked(plan, now_ms);
    this.#drawGrid(marked === null ? [] : lateRanges(marked));
    if (this.#isNew("standing", marked === null ? "none" : `drawn ${String(marked.isSimulated)}`))
      this.#standing.renew((pen) => (marked === null ? [] : paintStanding(pen, marked)));
    const labels = marked === null ? [] : axisLabels(marked);
    if (this.#isNew("axis", labels.map(({ x, text }) => `${x} ${text}`).join()))
      this.#axis.each((pen) => paintAxis(pen, labels, this.#size, this.#inks));
    const { element } = this.#marks;
    // Without a mark the layer is not laid over the lines at all.
    if (!element.hidden) this.#marks.clearAll();
    element.hidden = true;
    if (marked !== null) this.#marks.each((pen) => (element.hidden = !paintMarks(pen, marked)));
  }

  #marked(plan: Plan, now_ms: number): Marked {
    const subject = this.#subject;
    const isLive = subject?.kind === "live";
    const ecg = isLive ? subject.watch.ecg : null;
    const stretches = new Map(plan.rows.map(({ panel }) => [panel, this.#stretchesOf(plan, panel)]));
    const stored = subject === null || subject.kind === "live" ? null : subject;
    const startUs = stored?.startUs ?? ecg?.epochs[0]?.first_taken_us ?? 0;
    const held = isLive ? this.#held : null;
    const isRunning = isLive && ecg?.state !== "ended" && held === subject.watch.running;
    const { source, layout, rows, sweep } = plan;
    return {
      source,
      sweep,
      layout,
      rows,
      stretchesOf: (panel) => stretches.get(panel) ?? [],
      until: subject?.kind === "page" ? null : this.#drawnUntil,
      size: this.#size,
      inks: this.#inks,
      words: this.#look.words,
      ...this.#hands,
      isSimulated: isMade(source, stored?.isSimulated ?? ecg?.is_simulated === true),
      isFinal: stored?.isFinal ?? (ecg !== null && isFinal(ecg)),
      stale: isRunning ? (this.#followed?.stale ?? null) : null,
      startUs,
      blank: (stretch) => this.#trace.clear(stretch),
      // What has ended, or was the epoch before, has no hole that grows.
      now_ms: isLive && !isRunning ? (held?.newest?.arrived_ms ?? now_ms) + GAP_HOLD_MS - 1 : now_ms,
    };
  }
}

/** Each once: the rows of a column are swept alike. */
const distinct = (stretches: readonly Stretch[]): Stretch[] => [
  ...new Map(stretches.map((one) => [`${one.left} ${one.right}`, one])).values(),
];

function originOf(subject: Subject | null, source: Readable): number {
  if (subject?.kind === "page") return subject.start;
  return subject?.kind === "replay" ? subject.origin : source.start;
}
