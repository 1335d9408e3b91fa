// What one shows the others and has not been sent yet: of places only the newest, of what is kept each one, in order.

import type { PointerMessage } from "./pointer";

/** While the socket is away: more nobody measures in a few minutes, and what is older is in one's own hand no more. */
export const MOST_WAITING = 64;

export interface Said {
  readonly pointer: PointerMessage;
  /** It is done and goes into the ledger. */
  readonly is_kept: boolean;
}

export class PointQueue {
  private waiting: Said[] = [];

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  put(said: Said): void {
    // A place that is kept must be neither overtaken nor replaced by one that is not.
    if (this.waiting.at(-1)?.is_kept === false) this.waiting.pop();
    this.waiting = [...this.waiting, said].slice(-MOST_WAITING);
  }

  /** Returns what is to be sent next; null where nothing waits. */
  take(): Said | null {
    return this.waiting.shift() ?? null;
  }
}
