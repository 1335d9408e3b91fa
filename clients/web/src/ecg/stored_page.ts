// A stretch of the record as the service gave it: still, and whole but for what nobody has.

import { FrameFlag, type Frame } from "./frame";
import type { Readable } from "./readable";
import type { EpochShape, Gap } from "./samples";
import { Spans, type Span } from "./spans";
import { TakenTimes } from "./taken";

const MS = 1000;

/** Samples `start` to before `end` of an epoch. */
export class StoredPage implements Readable {
  private readonly here = new Spans();
  private readonly late = new Spans();
  private readonly simulated = new Spans();
  private readonly pacing = new Spans();
  private readonly off: readonly Spans[];
  private readonly values: Float64Array;
  private readonly times: TakenTimes;
  private readonly breaks = new Set<number>();

  /** Frames may come in any order; those of another epoch or with other leads are left out. */
  constructor(
    readonly shape: EpochShape,
    readonly start: number,
    readonly end: number,
    frames: readonly Frame[],
  ) {
    this.values = new Float64Array(shape.leads * (end - start)).fill(NaN);
    this.off = Array.from({ length: shape.leads }, () => new Spans());
    this.times = new TakenTimes(shape.rateHz);
    for (const frame of frames) if (frame.epoch === shape.epoch && frame.leads === shape.leads) this.keep(frame);
  }

  read(lead: number, start: number, end: number): Float64Array {
    const length = this.end - this.start;
    const found = new Float64Array(end - start).fill(NaN);
    const from = Math.max(start, this.start);
    const to = Math.min(end, this.end);
    if (from < to)
      found.set(this.values.subarray(lead * length + from - this.start, lead * length + to - this.start), from - start);
    return found;
  }

  gaps(start: number, end: number): Gap[] {
    const { rateHz } = this.shape;
    return this.here
      .missing(this.start, this.end)
      .filter((hole) => hole.end > start && hole.start < end)
      .map((hole) => ({
        ...hole,
        length_ms: ((hole.end - hole.start) * MS) / rateHz,
        isOpen: false,
        isDeviceLoss: this.breaks.has(hole.end),
      }));
  }

  lateIn(start: number, end: number): Span[] {
    return this.late.within(start, end);
  }

  leadOffIn(lead: number, start: number, end: number): Span[] {
    return this.off[lead]?.within(start, end) ?? [];
  }

  simulatedIn(start: number, end: number): Span[] {
    return this.simulated.within(start, end);
  }

  pacingIn(start: number, end: number): Span[] {
    return this.pacing.within(start, end);
  }

  breaksIn(start: number, end: number): number[] {
    return [...this.breaks].filter((sample) => sample >= start && sample < end).sort((a, b) => a - b);
  }

  takenUs(sample: number): number | null {
    return this.times.usOf(sample);
  }

  sampleAt(us: number): number | null {
    return this.times.sampleAt(us);
  }

  private keep(frame: Frame): void {
    const start = Math.max(frame.firstSample, this.start);
    const end = Math.min(frame.firstSample + frame.count, this.end);
    if (start >= end) return;
    this.times.note(frame.firstSample, frame.takenUs);
    if (frame.flags & FrameFlag.GapBefore) this.breaks.add(frame.firstSample);
    const length = this.end - this.start;
    // What came first stays, as in the service's record.
    for (const span of this.here.add(start, end)) {
      for (let lead = 0; lead < frame.leads; lead += 1) {
        const isOff = (frame.leadOff >> lead) & 1;
        if (isOff) this.off[lead]?.add(span.start, span.end);
        for (let sample = span.start; sample < span.end && !isOff; sample += 1)
          this.values[lead * length + sample - this.start] = frame.samples[
            lead * frame.count + sample - frame.firstSample
          ] as number;
      }
      if (frame.flags & FrameFlag.Late) this.late.add(span.start, span.end);
      if (frame.flags & FrameFlag.Simulated) this.simulated.add(span.start, span.end);
      if (frame.flags & FrameFlag.Pacing) this.pacing.add(span.start, span.end);
    }
  }
}
