// Which frame of each picture is on screen now, as the browser tells it (requestVideoFrameCallback).

import type { ShownFrame } from "../ecg/follow";

export class ShownFrames {
  readonly #last = new Map<string, ShownFrame>();

  /** Watches a picture in its element until the returned function is called. Older browsers tell nothing. */
  watch(track: string, element: HTMLVideoElement): () => void {
    if (!("requestVideoFrameCallback" in element)) return () => undefined;
    let next = 0;
    const onFrame = (_now: number, told: VideoFrameCallbackMetadata): void => {
      const { rtpTimestamp, expectedDisplayTime } = told;
      // One's own pictures have none: they came by no network.
      if (rtpTimestamp !== undefined) {
        this.#last.set(track, { track, rtp: rtpTimestamp, shown_ms: expectedDisplayTime });
      }
      next = element.requestVideoFrameCallback(onFrame);
    };
    next = element.requestVideoFrameCallback(onFrame);
    return () => {
      element.cancelVideoFrameCallback(next);
      this.#last.delete(track);
    };
  }

  /** Of every picture that is shown, in no meaningful order. */
  all(): ShownFrame[] {
    return [...this.#last.values()];
  }
}
