// The room's unreliable lane as one page hears it: of how many messages how many did not come, told to the service
// once a second. What a repeat has mended counts as lost all the same: it is the link that is measured.

/** Of a message: its newest frame. */
export interface NewestFrame {
  readonly epoch: number;
  readonly firstSample: number;
  readonly count: number;
}

export interface LaneReport {
  readonly lost: number;
  readonly of: number;
}

/** Three seconds of messages: so much at once is the gateway's gap, not the link's loss. */
const MOST_LOST = 75;
/** What the service takes (signaling/ecg/room_lane.py). */
const MOST_TOLD = 1000;

export class RoomLane {
  #epoch = -1;
  #end = 0;
  #lost = 0;
  #came = 0;

  receive(newest: NewestFrame): void {
    const end = newest.firstSample + newest.count;
    this.#came += 1;
    if (newest.epoch !== this.#epoch) {
      this.#epoch = newest.epoch;
      this.#end = end;
      return;
    }
    const skipped = Math.round((newest.firstSample - this.#end) / newest.count);
    if (skipped > 0 && skipped <= MOST_LOST) this.#lost += skipped;
    // One that was overtaken came after all.
    if (end <= this.#end) this.#lost = Math.max(0, this.#lost - 1);
    this.#end = Math.max(this.#end, end);
  }

  /** What was heard since the last time. */
  report(): LaneReport {
    const of = Math.min(MOST_TOLD, this.#came + this.#lost);
    const report = { lost: Math.min(this.#lost, of), of };
    this.#lost = 0;
    this.#came = 0;
    return report;
  }
}
