import { describe, expect, test } from "vitest";
import { LADDER_AT_START, levelOf, stepLadder, worst, type Ladder, type Level } from "../../src/protocol/ladder";
import type { TruthReport } from "../../src/protocol/truth";

const GOOD: TruthReport = {
  hear: { state: "good", lost_percent: 0, silent: 0 },
  see: { state: "good", height: 720, fps: 25, stopped: 0 },
  page: "front",
};
const hear = (more: Partial<TruthReport["hear"]>): TruthReport => ({ ...GOOD, hear: { ...GOOD.hear, ...more } });
const see = (more: Partial<TruthReport["see"]>): TruthReport => ({ ...GOOD, see: { ...GOOD.see, ...more } });

describe("the rung of a report", () => {
  test.each<[string, TruthReport, Level]>([
    ["all good", GOOD, 0],
    ["nobody to hear or see", { ...GOOD, hear: { ...GOOD.hear, state: "na" }, see: { ...GOOD.see, state: "na" } }, 0],
    ["speech somewhat lossy", hear({ state: "degraded", lost_percent: 8 }), 1],
    ["picture smaller", see({ state: "degraded", height: 270 }), 1],
    ["picture tiny", see({ state: "degraded", height: 180 }), 2],
    ["picture slow", see({ state: "degraded", fps: 7 }), 2],
    ["one picture stopped", see({ state: "degraded", stopped: 1 }), 3],
    ["all pictures stopped", see({ state: "none", stopped: 2 }), 3],
    ["a speaker not heard", hear({ state: "degraded", silent: 1 }), 4],
    ["nothing heard", hear({ state: "none" }), 4],
    ["speech broken", hear({ state: "degraded", lost_percent: 16 }), 4],
    ["page hidden: no pictures asked for", { ...see({ state: "none" }), page: "hidden" }, 0],
    ["the service says the link is narrow", { ...GOOD, link: { rung: 3, carries_kbps: 150 } }, 3],
    ["the page sees worse than the service says", { ...see({ state: "none" }), link: { rung: 1, carries_kbps: 0 } }, 3],
    ["page hidden, speech lossy", { ...hear({ state: "degraded", lost_percent: 8 }), page: "hidden" }, 1],
  ])("%s", (_name, report, level) => {
    expect(levelOf(report)).toBe(level);
  });
});

describe("the ladder", () => {
  /** Asks for a level each second, from `from_s` to before `to_s`. */
  function hold(ladder: Ladder, wanted: Level, from_s: number, to_s: number): Ladder {
    let now = ladder;
    for (let second = from_s; second < to_s; second += 1) now = stepLadder(now, wanted, second * 1000);
    return now;
  }

  test("goes down after five seconds", () => {
    const well = hold(LADDER_AT_START, 0, 0, 10);
    expect(hold(well, 2, 10, 15).level).toBe(0);
    expect(hold(well, 2, 10, 16).level).toBe(2);
  });

  test("goes up after twenty seconds", () => {
    const bad = hold(LADDER_AT_START, 3, 0, 6);
    expect(bad.level).toBe(3);
    expect(hold(bad, 0, 6, 26).level).toBe(3);
    expect(hold(bad, 0, 6, 27).level).toBe(0);
  });

  test("one good second begins the wait anew", () => {
    const once = stepLadder(hold(LADDER_AT_START, 2, 0, 4), 0, 4000);
    expect(hold(once, 2, 5, 10).level).toBe(0);
    expect(hold(once, 2, 5, 11).level).toBe(2);
  });

  test("worse and still worse count as one stretch", () => {
    const sinking = hold(hold(LADDER_AT_START, 0, 0, 1), 1, 1, 4);
    expect(hold(sinking, 2, 4, 7).level).toBe(2);
  });

  test("a lost link is said at once and so is its return", () => {
    const lost = stepLadder(LADDER_AT_START, 5, 1000);
    expect(lost.level).toBe(5);
    expect(stepLadder(lost, 1, 2000).level).toBe(1);
  });
});

describe("the worst side", () => {
  test("is nobody when all are well", () => {
    expect(worst(new Map([["a", GOOD]]))).toBeNull();
  });

  test("is the first among those who are equally badly off", () => {
    const reports = new Map([
      ["a", GOOD],
      ["b", see({ state: "none" })],
      ["c", hear({ state: "degraded", lost_percent: 8 })],
      ["d", see({ state: "none" })],
    ]);
    expect(worst(reports)).toEqual({ identity: "b", level: 3 });
  });
});
