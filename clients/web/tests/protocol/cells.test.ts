import { expect, test } from "vitest";
import { rowOf } from "../../src/protocol/cells";
import type { TruthReport } from "../../src/protocol/truth";

const GOOD: TruthReport = {
  hear: { state: "good", lost_percent: 2, silent: 0 },
  see: { state: "good", height: 720, fps: 25, stopped: 0 },
  page: "front",
};
const fresh = (report: TruthReport) => rowOf({ report, report_age_ms: 300 });
const hear = (more: Partial<TruthReport["hear"]>) => fresh({ ...GOOD, hear: { ...GOOD.hear, ...more } }).hear;
const see = (more: Partial<TruthReport["see"]>, page: "front" | "hidden" = "front") =>
  fresh({ ...GOOD, page, see: { ...GOOD.see, ...more } }).see;

test("all well", () => {
  expect(fresh(GOOD)).toEqual({
    hear: { state: "good", word: "truth.hear.good", values: {} },
    see: { state: "good", word: "truth.see.size", values: { height: 720, fps: 25 } },
    ecg: { state: "na", word: "truth.ecg.na", values: {} },
    page: { state: "good", word: "truth.page.front", values: {} },
  });
});

test("what is heard", () => {
  expect(hear({ state: "degraded", lost_percent: 8 })).toMatchObject({
    word: "truth.hear.lost",
    values: { percent: 8 },
  });
  expect(hear({ state: "degraded", silent: 1 })).toMatchObject({ word: "truth.hear.some", values: { count: 1 } });
  expect(hear({ state: "none" })).toMatchObject({ state: "none", word: "truth.hear.none" });
  expect(hear({ state: "na" })).toMatchObject({ state: "na", word: "truth.hear.na" });
});

test("what is seen", () => {
  expect(see({ state: "degraded", height: 240, fps: 12 })).toMatchObject({ state: "degraded", word: "truth.see.size" });
  expect(see({ state: "degraded", stopped: 1 })).toMatchObject({
    state: "degraded",
    word: "truth.see.some",
    values: { count: 1 },
  });
  expect(see({ state: "good", fps: 0 })).toMatchObject({ word: "truth.see.height", values: { height: 720 } });
  expect(see({ state: "none" })).toMatchObject({ state: "none", word: "truth.see.none" });
  expect(see({ state: "na" })).toMatchObject({ state: "na", word: "truth.see.na" });
  expect(see({ state: "na" }, "hidden")).toMatchObject({ state: "na", word: "truth.see.notLooking" });
});

test("a page in the background is degraded", () => {
  expect(fresh({ ...GOOD, page: "hidden" }).page).toMatchObject({ state: "degraded", word: "truth.page.hidden" });
});

test("an old report is no data, and says for how long", () => {
  const row = rowOf({ report: GOOD, report_age_ms: 12_400 });
  const stale = { state: "none", word: "truth.stale", values: { seconds: 12 } };
  expect(row).toEqual({ hear: stale, see: stale, ecg: stale, page: stale });
});

test("who has never reported is waited for, then known not to report", () => {
  expect(rowOf({ report: null, report_age_ms: 4999 }).hear).toMatchObject({ state: "na", word: "truth.waiting" });
  expect(rowOf({ report: null, report_age_ms: 5000 }).page).toMatchObject({ state: "na", word: "truth.never" });
});

test("what a page sees of the ECG is told as it was said", () => {
  const seen = { state: "degraded", sight: "late", seconds: 2.4 } as const;
  expect(rowOf({ report: { ...GOOD, ecg: seen }, report_age_ms: 0 }).ecg).toEqual({
    state: "degraded",
    word: "truth.ecg.late",
    values: { seconds: 2.4 },
  });
});
