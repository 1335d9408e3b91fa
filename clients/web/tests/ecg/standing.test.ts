// How fresh an ECG is, and how whole.
import { describe, expect, it } from "vitest";
import {
  freshnessOf,
  MOST_AHEAD_MS,
  MOST_LAG_MS,
  sightOf,
  MOST_UNTOLD_MS,
  wholenessOf,
  type Fresh,
  type Held,
} from "../../src/ecg/standing";

const SERVER_MS = 1_700_000_000_000;
const FRESH: Fresh = {
  state: "recording",
  isLinkLost: false,
  lostSinceUs: null,
  server_ms: SERVER_MS,
  isLiveLane: true,
  stale_ms: null,
  drawnUs: (SERVER_MS - 300) * 1000,
};
const behind = (lag_ms: number): number => (SERVER_MS - lag_ms) * 1000;

describe("how fresh an ECG is", () => {
  it("is its delay, fresh up to a second", () => {
    expect(freshnessOf(FRESH)).toEqual({ kind: "live", lag_ms: 300, isFresh: true });
    expect(freshnessOf({ ...FRESH, drawnUs: behind(1001) })).toEqual({ kind: "live", lag_ms: 1001, isFresh: false });
    expect(freshnessOf({ ...FRESH, drawnUs: null })).toBeNull();
    expect(freshnessOf({ ...FRESH, isLiveLane: false })).toBeNull();
  });

  it.each([300, 35_000, MOST_LAG_MS + 1])("is never live once it has ended, %d ms after its last sample", (lag_ms) => {
    const ended = { ...FRESH, state: "ended", drawnUs: behind(lag_ms) } as const;
    expect(freshnessOf(ended)).toBeNull();
    expect(freshnessOf({ ...ended, stale_ms: lag_ms })).toBeNull();
    expect(freshnessOf({ ...ended, lostSinceUs: 5 })).toBeNull();
    expect(freshnessOf({ ...ended, isLinkLost: true })).toEqual({ kind: "link_lost" });
  });

  it("is unknown where two clocks do not agree, and then it is not said to be fresh", () => {
    const unknown = { kind: "live_unknown" };
    expect(freshnessOf({ ...FRESH, server_ms: null })).toEqual(unknown);
    expect(freshnessOf({ ...FRESH, drawnUs: behind(MOST_LAG_MS + 1) })).toEqual(unknown);
    expect(freshnessOf({ ...FRESH, drawnUs: behind(-3000) })).toEqual(unknown);
    expect(freshnessOf({ ...FRESH, drawnUs: behind(-MOST_AHEAD_MS) })).toEqual({
      kind: "live",
      lag_ms: 0,
      isFresh: true,
    });
  });

  it("is for how long nothing came, by the server's clock where the box is gone", () => {
    expect(freshnessOf({ ...FRESH, stale_ms: 1200 })).toEqual({ kind: "stale", for_ms: 1200 });
    const lost = { ...FRESH, lostSinceUs: behind(300_000), stale_ms: 1200 };
    expect(freshnessOf(lost)).toEqual({ kind: "gateway_lost", for_ms: 300_000 });
    expect(freshnessOf({ ...lost, isLiveLane: false })).toEqual({ kind: "gateway_lost", for_ms: 300_000 });
    expect(freshnessOf({ ...lost, lostSinceUs: behind(-5) })).toEqual({ kind: "gateway_lost", for_ms: 0 });
    expect(freshnessOf({ ...lost, server_ms: null })).toEqual({ kind: "gateway_lost", for_ms: null });
  });
});

const NOW_MS = 50_000;
const HELD: Held = {
  state: "recording",
  is_complete: false,
  isLinkOpen: true,
  isGatewayLost: false,
  untold_ms: 1200,
  newest: { epoch: 0, end: 500, endUs: 0, arrived_ms: NOW_MS - 40, reach_ms: NOW_MS },
  missing_ms: 0,
  stored_ms: 1000,
};

describe("how whole an ECG is", () => {
  it("is whole while it comes and nothing is missing", () => {
    expect(wholenessOf(HELD, NOW_MS)).toBe("whole");
    expect(wholenessOf({ ...HELD, missing_ms: 2 }, NOW_MS)).toBe("missing");
  });

  it("is not known to be whole while the newest seconds may be missing", () => {
    expect(wholenessOf(HELD, NOW_MS + 1000)).toBe("open");
    expect(wholenessOf({ ...HELD, newest: null }, NOW_MS)).toBe("open");
    expect(wholenessOf({ ...HELD, isLinkOpen: false }, NOW_MS)).toBe("open");
    expect(wholenessOf({ ...HELD, isGatewayLost: true }, NOW_MS)).toBe("open");
    expect(wholenessOf({ ...HELD, stored_ms: 0 }, NOW_MS)).toBe("open");
  });

  it("is not known to be whole while more is shown than the service has told that it stores", () => {
    expect(wholenessOf({ ...HELD, untold_ms: MOST_UNTOLD_MS }, NOW_MS)).toBe("whole");
    expect(wholenessOf({ ...HELD, untold_ms: MOST_UNTOLD_MS + 1 }, NOW_MS)).toBe("open");
  });

  it("is whole after its end only once the service says so, whatever came when", () => {
    const ended = { ...HELD, state: "ended", newest: null, isLinkOpen: false } as const;
    expect(wholenessOf(ended, NOW_MS)).toBe("open");
    expect(wholenessOf({ ...ended, is_complete: true }, NOW_MS)).toBe("whole");
    expect(wholenessOf({ ...ended, is_complete: true, missing_ms: 20 }, NOW_MS)).toBe("missing");
  });
});

describe("what a page says to the others of its ECG", () => {
  const live = (lag_ms: number) => ({ kind: "live", lag_ms, isFresh: lag_ms <= 1000 }) as const;

  it("is that nothing comes, before anything else", () => {
    const stopped = (seconds: number) => ({ state: "none", sight: "stopped", seconds });
    expect(sightOf({ kind: "link_lost" }, "missing", 2700)).toEqual(stopped(0));
    expect(sightOf({ kind: "gateway_lost", for_ms: null }, "whole", 0)).toEqual(stopped(0));
    expect(sightOf({ kind: "gateway_lost", for_ms: 12_340 }, "whole", 0)).toEqual(stopped(12.3));
    expect(sightOf({ kind: "stale", for_ms: 3200 }, "open", 0)).toEqual(stopped(3.2));
  });

  it("is what is missing, then how late it comes, then whether all is there", () => {
    expect(sightOf(live(300), "missing", 2700)).toEqual({ state: "degraded", sight: "missing", seconds: 2.7 });
    expect(sightOf(live(300), "whole", 0)).toEqual({ state: "good", sight: "live", seconds: 0.3 });
    expect(sightOf(live(1400), "open", 0)).toEqual({ state: "degraded", sight: "late", seconds: 1.4 });
    expect(sightOf(null, "whole", 0)).toEqual({ state: "good", sight: "complete", seconds: 0 });
    expect(sightOf(null, "open", 0)).toEqual({ state: "degraded", sight: "open", seconds: 0 });
    expect(sightOf({ kind: "live_unknown" }, "whole", 0)).toMatchObject({ sight: "complete" });
  });
});
