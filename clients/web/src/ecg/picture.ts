// Which picture the ECG is kept in step with, and what is known of the clocks of all of them.

import { ANCHOR_LIFE_MS, type Anchor, type ShownFrame } from "./follow";

/** Pictures of one side of a room: a camera and a screen of each of a few people. */
const MOST_ANCHORS = 32;

/** The last anchor of each picture. */
export class Anchors {
  private anchors = new Map<string, Anchor>();

  receive(anchor: Anchor): void {
    // Those of the longest ago stand first.
    this.anchors.delete(anchor.track);
    this.anchors.set(anchor.track, anchor);
    const [oldest] = this.anchors.keys();
    if (this.anchors.size > MOST_ANCHORS && oldest !== undefined) this.anchors.delete(oldest);
  }

  /** The first of the pictures whose clock is known, with what is known of it; null where none's is. */
  follow(frames: readonly ShownFrame[], now_ms: number): { frame: ShownFrame; anchor: Anchor } | null {
    for (const frame of frames) {
      const anchor = this.anchors.get(frame.track);
      if (anchor !== undefined && now_ms - anchor.arrived_ms <= ANCHOR_LIFE_MS) return { frame, anchor };
    }
    return null;
  }
}
