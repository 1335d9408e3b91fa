// Which picture the ECG is kept in step with.
import { describe, expect, it } from "vitest";
import { ANCHOR_LIFE_MS, type Anchor, type ShownFrame } from "../../src/ecg/follow";
import { Anchors } from "../../src/ecg/picture";

const NOW_MS = 50_000;
const frame = (track: string): ShownFrame => ({ track, rtp: 1, shown_ms: NOW_MS });
const anchor = (track: string, more: Partial<Anchor> = {}): Anchor => ({
  track,
  rtp: 1,
  gatewayUs: 2,
  arrived_ms: NOW_MS,
  ...more,
});

describe("of several pictures", () => {
  it("the first whose clock is known is followed", () => {
    const anchors = new Anchors();
    expect(anchors.follow([frame("doctor"), frame("kiosk")], NOW_MS)).toBeNull();
    anchors.receive(anchor("kiosk"));
    anchors.receive(anchor("screen"));
    expect(anchors.follow([frame("doctor"), frame("kiosk"), frame("screen")], NOW_MS)).toEqual({
      frame: frame("kiosk"),
      anchor: anchor("kiosk"),
    });
    expect(anchors.follow([], NOW_MS)).toBeNull();
  });

  it("one whose clock has not been told for long is passed over", () => {
    const anchors = new Anchors();
    anchors.receive(anchor("kiosk"));
    expect(anchors.follow([frame("kiosk")], NOW_MS + ANCHOR_LIFE_MS)).not.toBeNull();
    expect(anchors.follow([frame("kiosk")], NOW_MS + ANCHOR_LIFE_MS + 1)).toBeNull();
  });
});

describe("of a picture's clock", () => {
  it("the last word counts", () => {
    const anchors = new Anchors();
    anchors.receive(anchor("kiosk"));
    anchors.receive(anchor("kiosk", { rtp: 90_001, gatewayUs: 1_000_002 }));
    expect(anchors.follow([frame("kiosk")], NOW_MS)?.anchor.gatewayUs).toBe(1_000_002);
  });

  it("no more is kept than a room has pictures; the longest unheard goes first", () => {
    const anchors = new Anchors();
    for (let i = 0; i < 32; i += 1) anchors.receive(anchor(`track ${i}`));
    anchors.receive(anchor("track 0"));
    anchors.receive(anchor("one more"));
    const known = (track: string): boolean => anchors.follow([frame(track)], NOW_MS) !== null;
    expect([known("track 0"), known("track 1"), known("track 2"), known("one more")]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});
