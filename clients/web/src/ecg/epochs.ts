// The epochs of one stream that a view still holds: each time a device begins to count anew, its samples do too.

import type { Frame } from "./frame";
import { Samples, type EpochShape, type Taken } from "./samples";

/** The one that runs, and the one before it, so that what was just seen can still be looked at. */
export const KEPT_EPOCHS = 2;

export class Epochs {
  /** In the order in which they were described; the last is the one that runs. */
  private held: Samples[] = [];

  /** A hole is shown once it has been known for `hold_ms`. */
  constructor(private readonly hold_ms: number) {}

  /** Those that are held, the oldest first. */
  get all(): readonly Samples[] {
    return this.held;
  }

  /** The samples of the epoch that runs; null before a device described itself. */
  get running(): Samples | null {
    return this.held.at(-1) ?? null;
  }

  /**
   * Takes a device's description; the same one comes again every few seconds and changes nothing.
   *
   * Returns whether it holds: a second description of an epoch that differs is not taken, for an epoch has one.
   */
  describe(shape: EpochShape): boolean {
    const known = this.of(shape.epoch)?.shape;
    if (known !== undefined) return known.rateHz === shape.rateHz && known.leads === shape.leads;
    this.held = [...this.held, new Samples(shape, this.hold_ms)].slice(-KEPT_EPOCHS);
    return true;
  }

  /** The samples of an epoch; null where it is not held. */
  of(epoch: number): Samples | null {
    return this.held.find((samples) => samples.shape.epoch === epoch) ?? null;
  }

  /** Takes what is new of a frame; see Samples.take. */
  take(frame: Frame, now_ms: number, isRecord = false): Taken {
    return this.of(frame.epoch)?.take(frame, now_ms, isRecord) ?? { refused: "foreign_epoch" };
  }
}
