import { describe, expect, test } from "vitest";
import { hospitalMoment } from "../../src/protocol/hospital_time";
import {
  clockOffset,
  clockResult,
  deviceResult,
  failedParts,
  isNightlyDue,
  isPassed,
  selfTestFrom,
} from "../../src/protocol/selftest";

const GOOD = { camera: "ok", microphone: "ok", speaker: "ok", network: "ok", clock: "ok" } as const;

describe("a part", () => {
  test.each([
    [{ isThere: false, hasOpened: false, isLive: false }, "missing"],
    [{ isThere: true, hasOpened: false, isLive: false }, "failed"],
    [{ isThere: true, hasOpened: true, isLive: false }, "failed"],
    [{ isThere: true, hasOpened: true, isLive: true }, "ok"],
  ] as const)("%o is %s", (opened, result) => {
    expect(deviceResult(opened)).toBe(result);
  });

  test("the clock is compared with the middle of the round trip", () => {
    expect(clockOffset(1000, 1142, 1200)).toBe(42);
    expect(clockResult(42)).toBe("ok");
    expect(clockResult(-60_000)).toBe("ok");
    expect(clockResult(-60_001)).toBe("failed");
    expect(clockResult(null)).toBe("missing");
  });
});

test("one part that did not pass fails the whole, by name", () => {
  expect(isPassed({ results: GOOD })).toBe(true);
  const results = { ...GOOD, microphone: "failed", clock: "missing" } as const;
  expect(isPassed({ results })).toBe(false);
  expect(failedParts({ results })).toEqual(["microphone", "clock"]);
});

describe("by itself", () => {
  const at = (day: number, hour: number, minute = 0): Date =>
    new Date(hospitalMoment(2026, 11, day, hour * 60 + minute));

  test("once in the hour after three", () => {
    expect(isNightlyDue(at(21, 3).getTime(), at(22, 2, 59))).toBe(false);
    expect(isNightlyDue(at(21, 3).getTime(), at(22, 3))).toBe(true);
    expect(isNightlyDue(at(22, 3).getTime(), at(22, 3, 30))).toBe(false);
    expect(isNightlyDue(0, at(22, 9))).toBe(false);
  });
});

describe("the last one, as the service tells it", () => {
  test("is read, and a word that is none is no pass", () => {
    const known = selfTestFrom({ selftest: { ...GOOD, speaker: "fine", clock_offset_ms: 42, at_ms: 7 } });
    expect(known).toEqual({
      results: { ...GOOD, speaker: "missing" },
      clock_offset_ms: 42,
      at_ms: 7,
      is_ok: false,
    });
    expect(selfTestFrom({ selftest: { ...GOOD, at_ms: 7, is_ok: true } })).toMatchObject({
      clock_offset_ms: null,
      is_ok: true,
    });
  });

  test("is none where there is none", () => {
    for (const answer of [null, {}, { selftest: null }, { selftest: {} }]) expect(selfTestFrom(answer)).toBeNull();
  });
});
