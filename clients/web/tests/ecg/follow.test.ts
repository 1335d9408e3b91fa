// Up to which sample the live view draws.
import { describe, expect, it } from "vitest";
import {
  ANCHOR_LIFE_MS,
  BETWEEN_FRAMES_MS,
  follow,
  FROZEN_AFTER_MS,
  gatewayUsOf,
  MOST_HOLD_MS,
  STALE_AFTER_MS,
  type Anchor,
  type Followed,
  type Seen,
} from "../../src/ecg/follow";

const RATE_HZ = 500;
const START_US = 1_700_000_000_000_000;
const NOW_MS = 50_000;
/** In samples. */
const HALF_FRAME = (BETWEEN_FRAMES_MS / 2 / 1000) * RATE_HZ;
const TRACK = "TR_camera";
/** Newest: sample 20,000, taken 40 s after the start. */
const NEWEST = { epoch: 0, end: 20_000, endUs: START_US + 40_000_000, arrived_ms: NOW_MS, reach_ms: NOW_MS + 100 };
const ANCHOR: Anchor = { track: TRACK, rtp: 1000, gatewayUs: START_US + 39_000_000, arrived_ms: NOW_MS - 800 };

/** A frame on screen that was taken `old_ms` before the newest sample. */
const frameOld = (old_ms: number, shown_ms = NOW_MS) => ({ track: TRACK, rtp: 1000 + 90 * (1000 - old_ms), shown_ms });
const seen = (more: Partial<Seen>): Seen => ({ rateHz: RATE_HZ, newest: NEWEST, frame: null, anchor: ANCHOR, ...more });

function followed(more: Partial<Seen>, now_ms = NOW_MS, before: Followed | null = null): Followed {
  const found = follow(before, seen(more), now_ms);
  if (found === null) throw new Error("nothing to draw");
  return found;
}

describe("an anchor", () => {
  it.each([
    [1000, 1000, 0],
    [1000, 91_000, 1_000_000],
    [91_000, 1000, -1_000_000],
    [2 ** 32 - 9000, 0, 100_000],
    [0, 2 ** 32 - 9000, -100_000],
  ])("at RTP time %d gives %d its moment", (rtp, shown, us) => {
    expect(gatewayUsOf({ ...ANCHOR, rtp }, shown)).toBe(ANCHOR.gatewayUs + us);
  });
});

describe("with a picture", () => {
  it("the ECG is drawn up to its moment, which lasts from half a frame before to half a frame after", () => {
    expect(followed({ frame: frameOld(250) })).toEqual({
      epoch: 0,
      until: 20_000 - 125 - HALF_FRAME,
      pace: "picture",
      isPictureFrozen: false,
      ahead_ms: 0,
      stale: null,
    });
  });

  it("it runs on from one frame to the next, and no further", () => {
    const frame = frameOld(250);
    expect(followed({ frame }, NOW_MS + 20).until).toBe(20_000 - 125);
    expect(followed({ frame }, NOW_MS + BETWEEN_FRAMES_MS).until).toBe(20_000 - 125 + HALF_FRAME);
    expect(followed({ frame }, NOW_MS + 300).until).toBe(20_000 - 125 + HALF_FRAME);
    expect(followed({ frame }, NOW_MS - 5).until).toBe(20_000 - 125 - HALF_FRAME); // a frame that is shown in a moment
  });

  it("it is not held back longer than allowed, and says how far it is ahead", () => {
    const far = followed({ frame: frameOld(900) });
    expect(far.until).toBe(20_000 - (MOST_HOLD_MS * RATE_HZ) / 1000);
    expect(far.ahead_ms).toBe(500 + BETWEEN_FRAMES_MS / 2);
  });

  it("it ends with its samples where the picture is newer", () => {
    const behind = followed({ frame: frameOld(-300) });
    expect([behind.until, behind.ahead_ms]).toEqual([20_000, -300 + BETWEEN_FRAMES_MS / 2]);
  });

  it("it never goes back, but waits", () => {
    const before = followed({ frame: frameOld(100) });
    const after = followed({ frame: frameOld(250) }, NOW_MS, before);
    expect([after.until, after.ahead_ms]).toEqual([before.until, 150]);
  });

  it("it begins again with the device", () => {
    const before = followed({ frame: frameOld(100) });
    const newest = { ...NEWEST, epoch: 1, end: 300 };
    expect(followed({ newest, frame: frameOld(250) }, NOW_MS, before)).toMatchObject({
      epoch: 1,
      until: 175 - HALF_FRAME,
    });
    expect(followed({ newest: { ...newest, end: 50 }, frame: frameOld(250) }, NOW_MS, before).until).toBe(0);
  });
});

describe("without a picture that tells its moment", () => {
  it.each<[string, Partial<Seen>]>([
    ["none", {}],
    ["no anchor", { frame: frameOld(250), anchor: null }],
    ["another's anchor", { frame: { ...frameOld(250), track: "TR_other" } }],
    ["an anchor too old", { frame: frameOld(250), anchor: { ...ANCHOR, arrived_ms: NOW_MS - ANCHOR_LIFE_MS - 1 } }],
  ])("the ECG runs free: %s", (_name, more) => {
    expect(followed(more)).toMatchObject({ until: 19_950, pace: "free", isPictureFrozen: false, ahead_ms: null });
  });

  it("it runs on with the clock, and comes to its end", () => {
    expect([0, 10, 40, 99, 100, 500].map((later) => followed({}, NOW_MS + later).until)).toEqual([
      19_950, 19_955, 19_970, 19_999, 20_000, 20_000,
    ]);
  });

  it("a frozen one is told, and no longer held to", () => {
    const shown_ms = NOW_MS - FROZEN_AFTER_MS;
    expect(followed({ frame: frameOld(250, shown_ms) })).toMatchObject({ pace: "picture", isPictureFrozen: false });
    expect(followed({ frame: frameOld(250, shown_ms - 1) })).toMatchObject({
      until: 19_950,
      pace: "free",
      isPictureFrozen: true,
      ahead_ms: null,
    });
  });
});

describe("without samples", () => {
  it("there is nothing to draw", () => {
    expect(follow(null, seen({ newest: null, frame: frameOld(250) }), NOW_MS)).toBeNull();
  });

  it("for more than a second, what is shown is old, and since when", () => {
    expect(followed({}, NOW_MS + STALE_AFTER_MS).stale).toBeNull();
    expect(followed({}, NOW_MS + STALE_AFTER_MS + 1).stale).toEqual({
      for_ms: 1001,
      lastUs: NEWEST.endUs - 2000,
    });
  });
});

describe("ten minutes of picture at 25 a second and a device 80 ppm fast", () => {
  it("stay in step within half a frame, and never go back", () => {
    let before: Followed | null = null;
    let worst_ms = 0;
    for (let now_ms = 1000; now_ms < 600_000; now_ms += 50 / 3) {
      // The ECG comes 60 ms after it was taken, in lumps of 40 ms; the picture 210 ms after.
      const end = Math.floor((now_ms - 60) / 40) * 20;
      const endUs = START_US + end * 2000 * (1 - 80e-6);
      const shown = Math.floor((now_ms - 210) / 40);
      const frame = { track: TRACK, rtp: (2 ** 32 - 1_000_000 + shown * 3600) % 2 ** 32, shown_ms: shown * 40 + 210 };
      const second = Math.floor(now_ms / 1000);
      const rtp = (2 ** 32 - 1_000_000 + second * 90_000) % 2 ** 32;
      const anchor = { track: TRACK, rtp, gatewayUs: START_US + second * 1_000_000, arrived_ms: second * 1000 };
      const newest = { epoch: 0, end, endUs, arrived_ms: now_ms, reach_ms: now_ms };
      const now = followed({ newest, frame, anchor }, now_ms, before);
      const drawnUs = START_US + now.until * 2000 * (1 - 80e-6);
      worst_ms = Math.max(worst_ms, Math.abs(drawnUs - START_US - shown * 40_000) / 1000);
      if (before !== null && now.until < before.until) throw new Error("went back");
      before = now;
    }
    expect(worst_ms).toBeLessThanOrEqual(BETWEEN_FRAMES_MS / 2 + 2);
    expect(before?.pace).toBe("picture");
  });
});
