// A stretch of the record as the service gave it: still, and whole but for what nobody has.

import type { Frame } from "./frame";
import { FrameMarks } from "./frame_marks";
import type { Readable } from "./readable";
import type { EpochShape, Gap } from "./samples";

const MS = 1000;

/** Samples `start` to before `end` of an epoch. */
export class StoredPage extends FrameMarks implements Readable {
  private readonly values: Float64Array;

  /** Frames may come in any order; those of another epoch or with other leads are left out. */
  constructor(
    shape: EpochShape,
    readonly start: number,
    readonly end: number,
    frames: readonly Frame[],
  ) {
    super(shape);
    this.values = new Float64Array(shape.leads * (end - start)).fill(NaN);
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

  private keep(frame: Frame): void {
    const start = Math.max(frame.firstSample, this.start);
    const end = Math.min(frame.firstSample + frame.count, this.end);
    if (start >= end) return;
    this.noteStart(frame);
    const length = this.end - this.start;
    // What came first stays, as in the service's record.
    for (const span of this.here.add(start, end)) {
      for (let lead = 0; lead < frame.leads; lead += 1) {
        const isOff = (frame.leadOff >> lead) & 1;
        for (let sample = span.start; sample < span.end && !isOff; sample += 1)
          this.values[lead * length + sample - this.start] = frame.samples[
            lead * frame.count + sample - frame.firstSample
          ] as number;
      }
      this.mark(frame, span);
    }
  }
}
