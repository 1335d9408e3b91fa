// What the specialist's pages decide: the parts of the work list, the call that is shown and heard, stills and drawings,
// and which steps of the ladder are told.

import { describe, expect, test } from "vitest";
import {
  beginStroke,
  leadOn,
  MAX_POINTS,
  MAX_STROKES,
  penWidth,
  pointAt,
  strokePixels,
  withoutLast,
  type Drawing,
} from "../../src/protocol/drawing";
import { callToShow, ringPhrase } from "../../src/protocol/incoming";
import { causeOf, dueReport } from "../../src/protocol/ladder_report";
import { receivedStill, stillName, stillToSend } from "../../src/protocol/still_request";
import {
  BOOKED_AHEAD_MS,
  readable,
  unsignedCount,
  waited_min,
  waitsSince_ms,
  workList,
} from "../../src/protocol/work_list";
import { aCase } from "../support/cases";

const NOW_MS = 1_800_000_000_000;
const ids = (cases: readonly { id: string }[]): string[] => cases.map((one) => one.id);

describe("the work list", () => {
  const asked = (id: string, more: Record<string, unknown> = {}) =>
    aCase({ id, state: "invited", wanted_at_ms: null, queue: null, invited_at_ms: 1, server_now_ms: NOW_MS, ...more });

  test("ranks those that wait as the service does, then by their wait", () => {
    const work = [
      asked("d", { invited_at_ms: 9 }),
      asked("c", { invited_at_ms: 4 }),
      asked("b", { queue: { place: 2 } }),
      asked("a", { state: "ringing", queue: { place: 1 } }),
      asked("taken", { state: "active" }),
    ];
    expect(ids(workList({ work, mine: [], past: [] }, NOW_MS).waiting)).toEqual(["a", "b", "c", "d"]);
  });

  test("has a case once, and what is one's own above what is the hospital's", () => {
    const own = asked("own", { state: "active", updated_at_ms: 5 });
    const later = asked("later", { state: "signed", updated_at_ms: 8 });
    const lists = workList({ work: [own, later], mine: [own, later], past: [] }, NOW_MS);
    expect(ids(lists.mine)).toEqual(["later", "own"]);
    expect(lists.waiting).toEqual([]);
  });

  test("keeps what is booked apart until its time is near", () => {
    const at = (ms: number) => ({ wanted_at_ms: NOW_MS + ms });
    const work = [
      asked("evening", at(BOOKED_AHEAD_MS + 9)),
      asked("noon", at(BOOKED_AHEAD_MS + 1)),
      asked("now", at(BOOKED_AHEAD_MS)),
      asked("ringing", { ...at(BOOKED_AHEAD_MS + 1), state: "ringing" }),
    ];
    const lists = workList({ work, mine: [], past: [] }, NOW_MS);
    expect(ids(lists.booked)).toEqual(["noon", "evening"]);
    expect(new Set(ids(lists.waiting))).toEqual(new Set(["now", "ringing"]));
  });

  test("ends with what is past, the latest first", () => {
    const past = [
      asked("old", { state: "closed", updated_at_ms: 3 }),
      asked("new", { state: "cancelled", updated_at_ms: 7 }),
    ];
    expect(ids(workList({ work: [], mine: [], past }, NOW_MS).past)).toEqual(["new", "old"]);
  });

  test("counts the wait from the sending, or from the booked time", () => {
    expect(waitsSince_ms(asked("a", { invited_at_ms: 5, wanted_at_ms: 9 }))).toBe(9);
    expect(waitsSince_ms(asked("a", { invited_at_ms: null, created_at_ms: 3 }))).toBe(3);
    const one = asked("a", { invited_at_ms: NOW_MS - 149_000 });
    expect([waited_min(one, NOW_MS), waited_min(one, NOW_MS - 400_000)]).toEqual([2, 0]);
    expect([119, 120, 1398].map(readable)).toEqual([
      { unit: "minutes", count: 119 },
      { unit: "hours", count: 2 },
      { unit: "hours", count: 23 },
    ]);
  });

  test("says how many want a signature", () => {
    const states = ["accepted", "active", "signed"].map((state) => asked(state, { state }));
    expect(unsignedCount(states)).toBe(2);
  });
});

describe("an incoming call", () => {
  test("is the most urgent, then the one that rang first", () => {
    const call = (id: string, urgency: string, started_at_ms: number | null) =>
      aCase({ id, urgency, ring: started_at_ms === null ? null : { started_at_ms } });
    const calls = [call("c", "routine", 1), call("b", "emergency", 9), call("a", "emergency", 4)];
    expect(callToShow(calls)?.id).toBe("a");
    expect(callToShow([call("x", "routine", 5), call("y", "routine", null)])?.id).toBe("y");
    expect(callToShow([call("y", "routine", null), call("x", "routine", 5)])?.id).toBe("y");
    expect(callToShow([])).toBeNull();
  });

  test("is two soft tones, and three rising ones that grow louder for an emergency", () => {
    expect(ringPhrase("urgent", 50_000)).toMatchObject({ loudness: 0.25, again_after_ms: 3000 });
    expect(ringPhrase("urgent", 0).tones).toHaveLength(2);
    expect(ringPhrase("emergency", 0)).toMatchObject({ loudness: 0.25, again_after_ms: 2000 });
    expect(ringPhrase("emergency", -1).tones.map((tone) => tone.hz)).toEqual([523.25, 659.25, 783.99]);
    expect(ringPhrase("emergency", 10_000).loudness).toBeCloseTo(0.4);
    expect(ringPhrase("emergency", 110_000).loudness).toBe(1);
  });
});

describe("a still", () => {
  test("is asked for and answered", () => {
    for (const message of [
      { say: "please", request: "r1" },
      { say: "no_camera", request: "r1" },
    ] as const) {
      expect(receivedStill(stillToSend(message))).toEqual(message);
    }
  });

  test.each(["{", "3", "{}", '{"say":"please"}', '{"say":"please","request":""}', '{"say":"undress","request":"r"}'])(
    "is not taken for %s",
    (text) => expect(receivedStill(text)).toBeNull(),
  );

  test("is not taken for a long message", () => {
    expect(receivedStill(stillToSend({ say: "please", request: "r".repeat(400) }))).toBeNull();
  });

  test("is named by its time alone", () => {
    expect(stillName(new Date(Date.UTC(2026, 10, 9, 1, 41, 32)))).toBe("still-20261109094132.jpg");
  });
});

describe("a drawing", () => {
  test("holds at every size", () => {
    const box = { left: 10, top: 20, width: 200, height: 100 };
    expect(pointAt({ x: 110, y: 45 }, box)).toEqual({ x: 0.5, y: 0.25 });
    expect(pointAt({ x: 0, y: 500 }, box)).toEqual({ x: 0, y: 1 });
    expect(strokePixels([{ x: 0.5, y: 0.25 }], 1000, 400)).toEqual([
      { x: 500, y: 100 },
      { x: 501, y: 100 },
    ]);
    expect(
      strokePixels(
        [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ],
        10,
        20,
      ),
    ).toEqual([
      { x: 0, y: 0 },
      { x: 10, y: 20 },
    ]);
    expect(strokePixels([], 10, 20)).toEqual([]);
    expect([penWidth(4000, 3000), penWidth(100, 80)]).toEqual([16, 2]);
  });

  test("grows stroke by stroke, by moves that can be seen", () => {
    const one = beginStroke([], { x: 0.1, y: 0.1 });
    const two = leadOn(one, { x: 0.2, y: 0.1 });
    expect(two).toEqual([
      [
        { x: 0.1, y: 0.1 },
        { x: 0.2, y: 0.1 },
      ],
    ]);
    expect(leadOn(two, { x: 0.2001, y: 0.1 })).toBe(two);
    expect(leadOn([], { x: 0.2, y: 0.1 })).toEqual([]);
    expect(leadOn([[]], { x: 0.2, y: 0.1 })).toEqual([[]]);
    expect(withoutLast(beginStroke(two, { x: 0.5, y: 0.5 }))).toEqual(two);
  });

  test("has an end", () => {
    const many: Drawing = Array.from({ length: MAX_STROKES }, () => [{ x: 0, y: 0 }]);
    expect(beginStroke(many, { x: 1, y: 1 })).toBe(many);
    const long: Drawing = [Array.from({ length: MAX_POINTS }, () => ({ x: 0, y: 0 }))];
    expect(leadOn(long, { x: 1, y: 1 })).toBe(long);
  });
});

describe("the ladder in the record", () => {
  const own = (level: 0 | 1 | 2 | 3 | 4 | 5, isOwn = true) => ({ level, isOwn, cause: "see" as const });

  test("is told by the page that suffers", () => {
    expect(dueReport(0, own(3))).toEqual({ step: 3, cause: "see" });
    expect(dueReport(3, own(3))).toBeNull();
    expect(dueReport(3, own(1))).toEqual({ step: 1, cause: "see" });
    expect(dueReport(0, own(3, false))).toBeNull();
    expect(dueReport(0, own(0))).toBeNull();
  });

  test("says the way back, once, even while another page still suffers", () => {
    expect(dueReport(3, own(0))).toEqual({ step: 0, cause: "recovered" });
    expect(dueReport(3, own(2, false))).toEqual({ step: 0, cause: "recovered" });
  });

  test("says why: the link where only the service says so, else what is worse", () => {
    const hear = { state: "good" as const, lost_percent: 0, silent: 0 };
    const see = { state: "good" as const, height: 720, fps: 25, stopped: 0 };
    const report = { hear, see, page: "front" as const };
    const link = { rung: 2 as const, carries_kbps: 400 };
    expect(causeOf({ ...report, link })).toBe("link");
    expect(causeOf({ ...report, link, see: { ...see, state: "none" } })).toBe("see");
    expect(causeOf({ ...report, hear: { ...hear, state: "degraded", lost_percent: 9 } })).toBe("hear");
    expect(causeOf({ ...report, hear: { ...hear, state: "none" } })).toBe("hear");
  });

  test("says a lost link once", () => {
    expect(dueReport(2, own(5, false))).toEqual({ step: 5, cause: "link" });
    expect(dueReport(5, own(5, false))).toBeNull();
  });
});
