// What frames say beside their values, by sample: late, made, pacing, no contact, a break; and when they were taken.

import { FrameFlag, type Frame } from "./frame";
import type { EpochShape } from "./samples";
import { Spans, type Span } from "./spans";
import { TakenTimes } from "./taken";

/** Base of whatever holds the samples of one epoch. */
export abstract class FrameMarks {
  protected readonly here = new Spans();
  protected readonly times: TakenTimes;
  /** Samples that do not follow on the one before, although the number may. */
  protected readonly breaks = new Set<number>();
  private readonly late = new Spans();
  private readonly simulated = new Spans();
  private readonly pacing = new Spans();
  private readonly off: readonly Spans[];

  constructor(readonly shape: EpochShape) {
    this.off = Array.from({ length: shape.leads }, () => new Spans());
    this.times = new TakenTimes(shape.rateHz);
  }

  /** What came after its hole was shown, or was sent as late, in order. */
  lateIn(start: number, end: number): Span[] {
    return this.late.within(start, end);
  }

  /** Where a lead's electrode had no contact, in order. */
  leadOffIn(lead: number, start: number, end: number): Span[] {
    return this.off[lead]?.within(start, end) ?? [];
  }

  /** What is made, not measured, in order. */
  simulatedIn(start: number, end: number): Span[] {
    return this.simulated.within(start, end);
  }

  /** Frames in which the device saw a pacemaker's spike, in order. */
  pacingIn(start: number, end: number): Span[] {
    return this.pacing.within(start, end);
  }

  /** Samples that must not be joined with the one before, in order: the device lost some, perhaps uncounted. */
  breaksIn(start: number, end: number): number[] {
    return [...this.breaks].filter((sample) => sample >= start && sample < end).sort((a, b) => a - b);
  }

  /** When a sample was taken, microseconds of the gateway's clock; null before the first frame. */
  takenUs(sample: number): number | null {
    return this.times.usOf(sample);
  }

  /** The sample, a fraction, that was taken at a moment of the gateway's clock; null before the first frame. */
  sampleAt(us: number): number | null {
    return this.times.sampleAt(us);
  }

  /** Notes what the frame says of its beginning. */
  protected noteStart(frame: Frame): void {
    this.times.note(frame.firstSample, frame.takenUs);
    if (frame.flags & FrameFlag.GapBefore) this.breaks.add(frame.firstSample);
  }

  /** Marks samples of the frame as it says; `isLate` also where it does not say so. */
  protected mark(frame: Frame, { start, end }: Span, isLate = false): void {
    if (isLate || frame.flags & FrameFlag.Late) this.late.add(start, end);
    if (frame.flags & FrameFlag.Simulated) this.simulated.add(start, end);
    if (frame.flags & FrameFlag.Pacing) this.pacing.add(start, end);
    this.off.forEach((spans, lead) => {
      if ((frame.leadOff >> lead) & 1) spans.add(start, end);
    });
  }

  /** Forgets everything before a sample. */
  protected forgetMarks(floor: number): void {
    for (const spans of [this.here, this.late, this.simulated, this.pacing, ...this.off]) spans.forget(floor);
    this.times.forget(floor);
    for (const sample of this.breaks) if (sample < floor) this.breaks.delete(sample);
  }
}
