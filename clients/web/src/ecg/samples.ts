// The samples of one epoch of a stream, the last minutes of them: what is here, what is missing, what came late.
//
// Frames come in any order, twice, or not at all. Numbers decide, not times: a hole is what lies between samples that
// came, and time only says when a hole has lasted long enough to be shown. What comes again and differs is said,
// because then two devices send under one name; what stands is what came first, or what the record says.

import { Arrivals } from "./arrivals";
import type { Frame } from "./frame";
import { FrameMarks } from "./frame_marks";
import type { Span } from "./spans";

/** What a view keeps: whoever wants to see further back asks the server's record. */
export const KEPT_S = 600;
/** Ten minutes of 16 leads at 1000 Hz take 38 MB; a faster device is kept for a shorter time. */
export const MAX_RING_BYTES = 64 * 1024 * 1024;
const MS = 1000;
const MICROSECONDS = 1_000_000;

/** What the device said of an epoch, as far as keeping its samples needs it. */
export interface EpochShape {
  readonly epoch: number;
  readonly rateHz: number;
  /** How many. */
  readonly leads: number;
}

/** Samples that are not here. */
export interface Gap extends Span {
  /** Of the whole hole, however little of it is in sight. */
  readonly length_ms: number;
  /** Nothing came after it yet; `end` is counted by the clock. */
  readonly isOpen: boolean;
  /** The device says that it lost the last of these itself: they will not come. */
  readonly isDeviceLoss: boolean;
}

/** What becomes of a hole; "final": the record is closed, and nobody will fill it. */
export type GapFate = "open" | "device" | "filling" | "final";

export function gapFate({ isOpen, isDeviceLoss }: Gap, isRecordFinal: boolean): GapFate {
  if (isDeviceLoss) return "device";
  if (isRecordFinal) return "final";
  return isOpen ? "open" : "filling";
}

/** The newest sample there is. */
export interface Newest {
  readonly epoch: number;
  /** The number after it. */
  readonly end: number;
  /** When that one will have been taken, on the gateway's clock. */
  readonly endUs: number;
  /** On the page's clock. */
  readonly arrived_ms: number;
  /** When an even line reaches `end`, on the page's clock. */
  readonly reach_ms: number;
}

/** What became of a frame. */
export type Taken =
  | { readonly refused: "foreign_epoch" | "foreign_leads" | "too_old" }
  | {
      readonly refused: null;
      /** What was not here before, in order; behind it what stands here otherwise now. */
      readonly added: readonly Span[];
      /** Samples that were here already came again with other values. */
      readonly differs: boolean;
    };

interface Hole extends Span {
  /** When a sample behind it came. */
  readonly noticed_ms: number;
}

/** How many samples of each lead are kept. */
export function keptSamples(rateHz: number, leads: number): number {
  return Math.min(KEPT_S * rateHz, Math.floor(MAX_RING_BYTES / (leads * Int32Array.BYTES_PER_ELEMENT)));
}

export class Samples extends FrameMarks {
  /** Lead after lead; a sample stands at its number modulo `kept`. */
  private readonly ring: Int32Array;
  /** Holes as they were when they were noticed, in order; since then they may have been filled. */
  private holes: Hole[] = [];
  private first: number | null = null;
  private readonly arrivals: Arrivals;
  private newestSample: Newest | null = null;

  /** A hole is shown, and what fills it is late, once it has been known for `hold_ms`. */
  constructor(
    shape: EpochShape,
    readonly hold_ms: number,
    readonly kept = keptSamples(shape.rateHz, shape.leads),
  ) {
    super(shape);
    this.ring = new Int32Array(kept * shape.leads);
    this.arrivals = new Arrivals(shape.rateHz);
  }

  /** The first sample that is wanted: before it nothing counts as missing. */
  get start(): number {
    return Math.max(this.first ?? 0, this.end - this.kept);
  }

  /** The number after the newest sample. */
  get end(): number {
    return this.newestSample?.end ?? this.first ?? 0;
  }

  /** Null as long as nothing came. */
  get newest(): Newest | null {
    return this.newestSample;
  }

  /** Says that all samples from this one on are wanted; else they are from the first that came. */
  expectFrom(sample: number, now_ms: number): void {
    if (this.first === null) this.first = sample;
    else this.reachBack(sample, this.first, sample, now_ms);
  }

  /** Says that the newest sample had come by then, wherever it waited since; later than it came here is no news. */
  cameBy(arrived_ms: number): void {
    const newest = this.newestSample;
    if (newest !== null && arrived_ms < newest.arrived_ms) this.newestSample = { ...newest, arrived_ms };
  }

  /** Takes what is new of a frame, and what differs where it comes by a way on which the record has the last word. */
  take(frame: Frame, now_ms: number, isRecord = false): Taken {
    if (frame.epoch !== this.shape.epoch) return { refused: "foreign_epoch" };
    if (frame.leads !== this.shape.leads) return { refused: "foreign_leads" };
    const frameEnd = frame.firstSample + frame.count;
    this.first ??= frame.firstSample;
    const wasEnd = this.end;
    const floor = Math.max(wasEnd, frameEnd) - this.kept;
    const start = Math.max(frame.firstSample, floor);
    if (start >= frameEnd) return { refused: "too_old" };
    const differing = this.here.within(start, frameEnd).filter((span) => this.differsIn(frame, span));
    const added = this.here.add(start, frameEnd);
    this.noteStart(frame);
    const changed = isRecord ? [...added, ...differing] : added;
    for (const span of changed) this.keep(frame, span, now_ms);
    if (start < this.first) this.reachBack(start, this.first, frameEnd, now_ms);
    if (frameEnd > wasEnd || this.newestSample === null) this.reachOn(frame, wasEnd, now_ms);
    this.forget(floor);
    return { refused: null, added: changed, differs: differing.length > 0 };
  }

  /** The holes that touch the stretch and have been known long enough, in order. */
  gaps(start: number, end: number, now_ms: number): Gap[] {
    const { rateHz } = this.shape;
    const gaps: Gap[] = [];
    let number = 0;
    for (const hole of this.here.missing(this.start, this.end)) {
      // Each lies within one that was noticed, and both are in order.
      while ((this.holes[number] as Hole).end <= hole.start) number += 1;
      const known = this.holes[number] as Hole;
      if (hole.end <= start || hole.start >= end || !this.isDue(known, now_ms)) continue;
      const length_ms = ((hole.end - hole.start) * MS) / rateHz;
      gaps.push({ ...hole, length_ms, isOpen: false, isDeviceLoss: this.breaks.has(hole.end) });
    }
    const open = this.openGap(now_ms);
    if (open !== null && open.end > start && open.start < end) gaps.push(open);
    return gaps;
  }

  /** Whether every sample of the stretch is here. */
  has(start: number, end: number): boolean {
    return this.here.has(start, end);
  }

  /** A lead's samples in steps of the device's resolution; NaN where one is missing or the electrode has no contact. */
  read(lead: number, start: number, end: number): Float64Array {
    const values = new Float64Array(end - start).fill(NaN);
    for (const span of this.here.within(start, end)) {
      for (let sample = span.start; sample < span.end; sample += 1)
        values[sample - start] = this.ring[this.place(lead, sample)] as number;
    }
    for (const span of this.leadOffIn(lead, start, end)) values.fill(NaN, span.start - start, span.end - start);
    return values;
  }

  private place(lead: number, sample: number): number {
    return lead * this.kept + (sample % this.kept);
  }

  private differsIn(frame: Frame, { start, end }: Span): boolean {
    for (let lead = 0; lead < frame.leads; lead += 1) {
      for (let sample = start; sample < end; sample += 1) {
        const value = frame.samples[lead * frame.count + sample - frame.firstSample];
        if (value !== this.ring[this.place(lead, sample)]) return true;
      }
    }
    return false;
  }

  private keep(frame: Frame, span: Span, now_ms: number): void {
    const { start, end } = span;
    for (let lead = 0; lead < frame.leads; lead += 1) {
      for (let sample = start; sample < end; sample += 1)
        this.ring[this.place(lead, sample)] = frame.samples[lead * frame.count + sample - frame.firstSample] as number;
    }
    const filled = this.holes.find((hole) => hole.start <= start && end <= hole.end);
    this.mark(frame, span, filled !== undefined && this.isDue(filled, now_ms));
  }

  /** What is wanted begins earlier than before; up to `whole` it is here. */
  private reachBack(start: number, wasFirst: number, whole: number, now_ms: number): void {
    if (start >= wasFirst) return;
    this.first = start;
    if (whole < wasFirst) this.holes.unshift({ start: whole, end: wasFirst, noticed_ms: now_ms });
  }

  private reachOn(frame: Frame, wasEnd: number, now_ms: number): void {
    const end = frame.firstSample + frame.count;
    const endUs = frame.takenUs + (frame.count * MICROSECONDS) / this.shape.rateHz;
    const reach_ms = this.arrivals.note(end, frame.count, now_ms);
    this.newestSample = { epoch: frame.epoch, end, endUs, arrived_ms: now_ms, reach_ms };
    if (frame.firstSample <= wasEnd) return;
    this.holes = this.holes.filter((hole) => !this.here.has(hole.start, hole.end));
    this.holes.push({ start: wasEnd, end: frame.firstSample, noticed_ms: now_ms });
  }

  /** A number that jumped far ahead takes all before it out of sight: what is kept is always the last minutes. */
  private forget(floor: number): void {
    this.forgetMarks(floor);
    this.holes = this.holes.filter((hole) => hole.end > floor);
  }

  private isDue(hole: Hole, now_ms: number): boolean {
    return now_ms - hole.noticed_ms >= this.hold_ms;
  }

  /** From the newest sample to where the device must be by now. */
  private openGap(now_ms: number): Gap | null {
    if (this.newestSample === null) return null;
    const { end, arrived_ms } = this.newestSample;
    const length_ms = now_ms - arrived_ms;
    const ahead = Math.floor((length_ms * this.shape.rateHz) / MS);
    if (length_ms < this.hold_ms || ahead < 1) return null;
    return { start: end, end: end + ahead, length_ms, isOpen: true, isDeviceLoss: false };
  }
}
