// Vitals as tiles: the newest of each kind, and when its number is not shown any more.
import { describe, expect, it } from "vitest";
import { HEART_RATE_LIFE_MS, MOST_TREND_POINTS, STREAMED_LIFE_MS, Vitals } from "../../src/ecg/vitals";
import type { Vital } from "../../src/protocol/ecg";

const vital = (code: string, value: number, at_ms: number, more: Partial<Vital> = {}): Vital => ({
  t_us: at_ms * 1000,
  code,
  value,
  unit: "",
  validity: "valid",
  source: "device",
  ...more,
});
const tilesAt = (vitals: Vitals, at_ms: number) => vitals.tiles(at_ms * 1000);

describe("a tile", () => {
  it("shows the newest of its kind, whatever order values came in", () => {
    const vitals = new Vitals();
    vitals.receive([vital("spo2", 96, 2000), vital("hr", 83, 3000), vital("hr", 80, 1000), vital("hr", 99, 3000)]);
    expect(tilesAt(vitals, 3500).map(({ kind, newest, age_ms }) => [kind, newest.value, age_ms])).toEqual([
      ["hr", 83, 500],
      ["spo2", 96, 1500],
    ]);
    expect(vitals.trend("hr", "device").map((one) => one.value)).toEqual([80, 83]);
    expect(vitals.trend("temp", "device")).toEqual([]);
  });

  it("is one for each source: what is counted stands beside what the device says", () => {
    const vitals = new Vitals();
    vitals.receive([vital("MDC_ECG_HEART_RATE", 84, 1000), vital("147842", 83, 1000, { source: "counted" })]);
    expect(tilesAt(vitals, 1000).map(({ newest }) => [newest.source, newest.value])).toEqual([
      ["device", 84],
      ["counted", 83],
    ]);
  });

  it("joins the two numbers of a pressure of one moment", () => {
    const vitals = new Vitals();
    vitals.receive([vital("nibp_sys", 148, 1000), vital("nibp_dia", 92, 1000), vital("nibp_sys", 150, 2000)]);
    expect(tilesAt(vitals, 2000)).toMatchObject([{ kind: "nibp", newest: { value: 150 }, lower: null }]);
    vitals.receive([vital("nibp_dia", 90, 2000)]);
    expect(tilesAt(vitals, 2000)).toMatchObject([{ newest: { value: 150 }, lower: { value: 90 } }]);
    const alone = new Vitals();
    alone.receive([vital("nibp_sys", 150, 2000)]);
    expect(tilesAt(alone, 2000)).toMatchObject([{ lower: null }]);
  });

  it("is gone when it is too old for its kind, or invalid", () => {
    const vitals = new Vitals();
    vitals.receive([vital("hr", 83, 0), vital("spo2", 96, 0), vital("rr", 16, 0), vital("temp", 36.6, 0)]);
    const gone = (at_ms: number): string[] =>
      tilesAt(vitals, at_ms).flatMap((tile) => (tile.isGone ? [tile.kind] : []));
    expect(gone(HEART_RATE_LIFE_MS)).toEqual([]);
    expect(gone(HEART_RATE_LIFE_MS + 1)).toEqual(["hr"]);
    expect(gone(STREAMED_LIFE_MS + 1)).toEqual(["hr", "spo2", "rr"]);
    vitals.receive([vital("temp", 12, 5000, { validity: "invalid" })]);
    expect(gone(5000)).toEqual(["hr", "temp"]);
    // A gateway's clock a little ahead makes nothing negative.
    expect(tilesAt(vitals, -1).every(({ age_ms }) => age_ms === 0)).toBe(true);
  });

  it("is none for what this page does not know", () => {
    const vitals = new Vitals();
    vitals.receive([vital("mood", 3, 0)]);
    expect(tilesAt(vitals, 0)).toEqual([]);
  });
});

describe("a trend", () => {
  it("keeps the last of many values", () => {
    const vitals = new Vitals();
    vitals.receive(Array.from({ length: MOST_TREND_POINTS + 5 }, (_, i) => vital("hr", i, i * 1000)));
    expect(vitals.trend("hr", "device")).toHaveLength(MOST_TREND_POINTS);
    expect(vitals.trend("hr", "device")[0]?.value).toBe(5);
  });
});
