// When each sample was taken: the gateway's clock, as the frames say it, at marks a second apart.

/** Closer marks than this say nothing new: within a second a clock that is 80 ppm off moves by 80 µs. */
export const MARK_EVERY_S = 1;
const MICROSECONDS = 1_000_000;

interface Mark {
  readonly sample: number;
  readonly us: number;
}

export class TakenTimes {
  /** In order of their samples. */
  private marks: Mark[] = [];

  constructor(private readonly rateHz: number) {}

  /** Takes what a frame says of its first sample; frames may come in any order. */
  note(sample: number, us: number): void {
    let at = this.marks.length;
    while (at > 0 && (this.marks[at - 1] as Mark).sample > sample) at -= 1;
    const apart = MARK_EVERY_S * this.rateHz;
    const before = this.marks[at - 1];
    const after = this.marks[at];
    if (before !== undefined && sample - before.sample < apart) return;
    if (after !== undefined && after.sample - sample < apart) return;
    this.marks.splice(at, 0, { sample, us });
  }

  /** When a sample was taken, in microseconds; null as long as nothing is known. */
  usOf(sample: number): number | null {
    const mark = this.markFor((one) => one.sample <= sample);
    return mark === null ? null : mark.us + ((sample - mark.sample) * MICROSECONDS) / this.rateHz;
  }

  /** The sample (a fraction) that was taken at a moment; null as long as nothing is known. */
  sampleAt(us: number): number | null {
    // From the newest back: where a clock was set back, the newer meaning of a moment is the one that is asked for.
    const mark = this.markFor((one) => one.us <= us);
    return mark === null ? null : mark.sample + ((us - mark.us) * this.rateHz) / MICROSECONDS;
  }

  /** Drops what is only needed for samples before `sample`. */
  forget(sample: number): void {
    const kept = this.marks.findLastIndex((mark) => mark.sample <= sample);
    if (kept > 0) this.marks.splice(0, kept);
  }

  private markFor(isMeant: (mark: Mark) => boolean): Mark | null {
    return this.marks.findLast(isMeant) ?? this.marks[0] ?? null;
  }
}
