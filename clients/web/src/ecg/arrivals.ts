// How evenly the newest samples come, and so how far behind them a line must run that neither halts nor waits in vain.
//
// Samples are numbered by a steady clock: a frame's lag is when it came, less the time of its number. The quickest of
// the last seconds had nothing in its way; a line as far behind it as nearly all the others were late, and a frame more
// because it runs on until the next has come, never halts for as long as a repaint. What came later than that can be is
// no reason to wait for all.

/** Five seconds of frames of 40 ms. */
const REMEMBERED = 128;
/** Of them so many may be too late: the line halts for them, and once in a second and a half that is not seen. */
const LATE_SHARE = 0.03;
/** A line is seen at repaints, 60 a second: one that halts for less moves at each of them, and nobody sees it halt. */
const UNSEEN_MS = 16;
/** What is worth being waited for: a message that was lost and is mended by the next, on a machine that has more to do. */
export const MOST_BEHIND_MS = 120;
const MS = 1000;

export class Arrivals {
  /** Milliseconds; only their differences mean anything. */
  private readonly lags: number[] = [];

  constructor(private readonly rateHz: number) {}

  /** Takes note of samples newer than all before; returns when an even line reaches `end`, on the page's clock. */
  note(end: number, count: number, arrived_ms: number): number {
    const taken_ms = (end * MS) / this.rateHz;
    this.lags.push(arrived_ms - taken_ms);
    if (this.lags.length > REMEMBERED) this.lags.shift();
    const quickest = Math.min(...this.lags);
    const late = this.lags.map((lag) => lag - quickest).filter((one_ms) => one_ms <= MOST_BEHIND_MS);
    late.sort((a, b) => b - a);
    const most_ms = late[Math.floor(late.length * LATE_SHARE)] as number;
    const behind_ms = Math.min(MOST_BEHIND_MS, (count * MS) / this.rateHz + Math.max(0, most_ms - UNSEEN_MS));
    return taken_ms + quickest + behind_ms;
  }
}
