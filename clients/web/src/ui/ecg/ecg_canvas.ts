// The drawing of an ECG in a pane: three layers of canvas, and the loop that draws on.
//
// The grid with the tint of what came late under it; the lines, drawn on in small pieces; over them names, holes and
// calipers. Only the lines are touched in each picture, what is over them a few times a second, and the grid when the
// tint changes. Each layer more is laid over the others in every picture: without a graphics card that costs most.

import { follow, type Followed, type ShownFrame } from "../../ecg/follow";
import { Filtered } from "../../ecg/filtered";
import type { DeviceBand, FilterChoice } from "../../ecg/filters";
import { layOut, type Layout, type LayoutName, type Panel } from "../../ecg/layout";
import { shownLeads, type ShownLead } from "../../ecg/leads";
import { millivoltsAtY, sampleAtX, shownSpan, type Strip } from "../../ecg/place";
import { isMade, type Readable } from "../../ecg/readable";
import type { Scale } from "../../ecg/scale";
import { headX, stripOf, sweepOf, sweepStep, sweptView, type Sweep, type SweepStretch } from "../../ecg/sweep";
import { GAP_HOLD_MS, type Watch } from "../../ecg/watch";
import { isFinal, type EcgDescriptor } from "../../protocol/ecg";
import { inksOf, type Inks } from "./inks";
import {
  AXIS_PX,
  paintMarks,
  lateRanges,
  paintTints,
  type CaliperMark,
  type Marked,
  type MarkWords,
  type PointMark,
  type XSpan,
} from "./marks";
import { paintCalibration, paintGrid, paintTraces, type Pen, type Row, type Size } from "./paint";

/** Counters and hatches move this often; the eye reads no faster. */
const MARKS_EVERY_MS = 200;

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

const LAYERS = ["grid", "trace", "marks"] as const;
type LayerName = (typeof LAYERS)[number];

export class EcgCanvas {
  readonly #host: HTMLElement;
  readonly #layers: Readonly<Record<LayerName, HTMLCanvasElement>>;
  readonly #heads: HTMLElement[] = [];
  readonly #resizing: ResizeObserver;
  #look: Look;
  #device: EcgDescriptor | null = null;
  #subject: Subject | null = null;
  #hands: Hands = { calipers: [], points: [] };
  #inks: Inks;
  #plan: Plan | null = null;
  #size: Size = { width: 0, height: 0 };
  #followed: Followed | null = null;
  #frames: () => readonly ShownFrame[] = () => [];
  #drawnUntil = 0;
  #marksAt_ms = 0;
  /** What the grid was drawn with; "" when it has to be drawn anew. */
  #gridOf = "";
  #isDirty = true;
  #frame = 0;

  constructor(host: HTMLElement, look: Look) {
    this.#host = host;
    this.#look = look;
    this.#inks = inksOf(host);
    const made = LAYERS.map((name) => {
      const canvas = document.createElement("canvas");
      canvas.dataset["layer"] = name;
      canvas.setAttribute("aria-hidden", "true");
      host.append(canvas);
      return [name, canvas] as const;
    });
    this.#layers = Object.fromEntries(made) as Record<LayerName, HTMLCanvasElement>;
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
    if (!isSame) this.#anew();
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
    this.#gridOf = "";
    this.#marksAt_ms = 0;
  }

  #fit(): void {
    const ratio = window.devicePixelRatio || 1;
    const width = this.#host.clientWidth;
    const height = this.#host.clientHeight;
    this.#size = { width, height };
    for (const canvas of Object.values(this.#layers)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      this.#penOf(canvas)?.setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.#anew();
  }

  #penOf(canvas: HTMLCanvasElement): Pen | null {
    // Nothing lies under the grid: a layer without holes costs less to lay down.
    return canvas.getContext("2d", { alpha: canvas !== this.#layers.grid });
  }

  #pen(name: LayerName): Pen | null {
    return this.#penOf(this.#layers[name]);
  }

  #clear(name: LayerName): Pen | null {
    const pen = this.#pen(name);
    pen?.clearRect(0, 0, this.#size.width, this.#size.height);
    return pen;
  }

  #sourceNow(): Readable | null {
    const subject = this.#subject;
    if (subject === null) return null;
    if (subject.kind === "page") return subject.page;
    const running = subject.watch.running;
    return running?.newest == null ? null : running;
  }

  /** Anew where the source is another: another epoch, another page. */
  #planNow(): Plan | null {
    const source = this.#sourceNow();
    if (this.#plan !== null && this.#plan.source === source) return this.#plan;
    this.#plan = source === null ? null : this.#makePlan(source);
    this.#isDirty = true;
    return this.#plan;
  }

  #makePlan(source: Readable): Plan | null {
    const { scale, choice } = this.#look;
    const device = this.#device;
    if (device === null) return null;
    const leads = shownLeads(device.leads);
    const layout = this.#layOut(leads);
    if (layout === null) return null;
    const { rateHz } = source.shape;
    const origin = this.#subject?.kind === "page" ? this.#subject.start : source.start;
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
    const area = { width: this.#size.width, height: this.#size.height - AXIS_PX };
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
    if (this.#gridOf === "") this.#drawGrid([]);
    const plan = this.#planNow();
    const subject = this.#subject;
    if (subject?.kind === "live" && plan !== null) this.#stepLive(plan, subject, now_ms);
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
    const { until } = this.#followed;
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
    const pen = this.#pen("trace");
    if (pen === null) return;
    // Over the whole height: lines reach into their neighbours' rows, and all rows of a column stand at one time.
    const cleared = new Set<string>();
    for (const { step } of steps) {
      for (const { left, right } of step.clear) {
        const key = `${left} ${right}`;
        if (!cleared.has(key)) pen.clearRect(left, 0, right - left, this.#size.height);
        cleared.add(key);
      }
    }
    const todo = steps.map(({ row, step }) => ({ row, stretches: step.draw }));
    paintTraces(pen, filtered, sweep, todo, this.#inks);
    this.#moveHeads(plan);
  }

  /** All lines anew: another page, another look, or samples that came into what was drawn. */
  #redraw(): void {
    this.#isDirty = false;
    const pen = this.#clear("trace");
    const plan = this.#plan;
    this.#marksAt_ms = 0;
    if (pen === null || plan === null) {
      this.#placeHeads([]);
      return;
    }
    const todo = plan.rows.map((row) => ({ row, stretches: this.#stretchesOf(plan, row.panel) }));
    const stretches = todo.flatMap((one) => one.stretches);
    if (stretches.length === 0) return;
    plan.filtered.restart(Math.min(...stretches.map((one) => one.start)));
    plan.filtered.advance(Math.max(...stretches.map((one) => one.end)));
    paintTraces(pen, plan.filtered, plan.sweep, todo, this.#inks);
    this.#moveHeads(plan);
  }

  #moveHeads(plan: Plan): void {
    // Up to which sample the lines go, and why: for who looks at the page from outside.
    this.#layers.trace.dataset["until"] = String(this.#drawnUntil);
    this.#layers.trace.dataset["pace"] = this.#followed?.pace ?? "";
    this.#layers.trace.dataset["ahead"] = String(this.#followed?.ahead_ms ?? "");
    if (this.#subject?.kind !== "live") {
      this.#placeHeads([]);
      return;
    }
    const found = plan.rows.map(({ panel }) => headX(plan.sweep, panel, this.#drawnUntil));
    this.#placeHeads([...new Set(found.flatMap((x) => (x === null ? [] : Math.round(x * 2) / 2)))]);
  }

  /** Elements of their own: they move in every picture, and nothing is drawn for it. */
  #placeHeads(places: readonly number[]): void {
    while (this.#heads.length < places.length) {
      const head = document.createElement("div");
      head.className = "ecg-head-line";
      this.#host.append(head);
      this.#heads.push(head);
    }
    this.#heads.forEach((head, i) => {
      const x = places[i];
      head.hidden = x === undefined;
      if (x !== undefined) head.style.transform = `translateX(${x}px)`;
    });
  }

  #drawGrid(late: readonly XSpan[]): void {
    this.#gridOf = gridKey(late);
    const pen = this.#pen("grid");
    if (pen === null) return;
    const ratio = window.devicePixelRatio || 1;
    const area = { width: this.#size.width, height: this.#size.height - AXIS_PX };
    pen.fillStyle = this.#inks.paper;
    pen.fillRect(0, 0, this.#size.width, this.#size.height);
    paintTints(pen, late, area, this.#inks);
    paintGrid(pen, area, this.#look.scale.pxPerMm, this.#inks, ratio);
  }

  #drawMarks(now_ms: number): void {
    this.#marksAt_ms = now_ms;
    const over = this.#clear("marks");
    const plan = this.#plan;
    if (plan === null || over === null) return;
    const marked = this.#marked(plan, now_ms);
    const late = lateRanges(marked);
    if (gridKey(late) !== this.#gridOf) this.#drawGrid(late);
    paintCalibration(over, plan.layout.marks, this.#inks);
    paintMarks(over, marked);
  }

  #marked(plan: Plan, now_ms: number): Marked {
    const subject = this.#subject;
    const isLive = subject?.kind === "live";
    const ecg = isLive ? subject.watch.ecg : null;
    const stretches = new Map(plan.rows.map(({ panel }) => [panel, this.#stretchesOf(plan, panel)]));
    const startUs = subject?.kind === "page" ? subject.startUs : (ecg?.epochs[0]?.first_taken_us ?? 0);
    const isRunning = isLive && ecg?.state !== "ended";
    const { source, layout, rows, sweep } = plan;
    return {
      source,
      sweep,
      layout,
      rows,
      stretchesOf: (panel) => stretches.get(panel) ?? [],
      until: isLive ? this.#drawnUntil : null,
      size: this.#size,
      inks: this.#inks,
      words: this.#look.words,
      ...this.#hands,
      isSimulated: isMade(source, ecg?.is_simulated === true || (subject?.kind === "page" && subject.isSimulated)),
      isFinal: subject?.kind === "page" ? subject.isFinal : ecg !== null && isFinal(ecg),
      stale: isRunning ? (this.#followed?.stale ?? null) : null,
      startUs,
      trace: this.#pen("trace"),
      // What has ended has no hole that grows.
      now_ms: isLive && !isRunning ? (subject.watch.running?.newest?.arrived_ms ?? now_ms) + GAP_HOLD_MS - 1 : now_ms,
    };
  }
}

const gridKey = (late: readonly XSpan[]): string =>
  `drawn ${late.map(({ left, right }) => `${left.toFixed(1)} ${right.toFixed(1)}`).join(" ")}`;
