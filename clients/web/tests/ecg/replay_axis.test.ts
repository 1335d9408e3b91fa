import { expect, test } from "vitest";
import {
  axisOf,
  ecgMomentAt,
  gatewayUsAt,
  isWithin,
  momentShown,
  patientSide,
  recordedMsOf,
  STANDS_MS,
  wayUsAt,
} from "../../src/ecg/replay_axis";
import type { Lane, RecordedClocks } from "../../src/protocol/api";
import type { EcgEpoch } from "../../src/protocol/ecg";

const AT_US = 1_800_000_000_000_000;
const clocks: RecordedClocks = {
  pictures: [
    { offset_ms: 1000, identity: "kiosk", way_us: 40_000, is_with_patient: true },
    { offset_ms: 1000, identity: "doctor", way_us: 9_000, is_with_patient: false },
    { offset_ms: 20_000, identity: "kiosk", way_us: 60_000, is_with_patient: true },
  ],
  ecgs: [
    { offset_ms: 1000, ecg: "e", gateway_us: AT_US + 1_000_000 },
    { offset_ms: 1000, ecg: "other", gateway_us: 5 },
    // A gateway that is slow: 30 s of ours were 29.998 of its own.
    { offset_ms: 31_000, ecg: "e", gateway_us: AT_US + 30_998_000 },
  ],
};
const axis = axisOf(clocks, "e", 7);

const lane = (identity: string, from_ms: number, to_ms: number): Lane => ({
  identity,
  name: identity,
  media_url: "/x",
  media_type: "video/webm",
  starts_at_ms: from_ms,
  spans: [{ from_ms, to_ms }],
  gaps: [],
});

test("a place goes on from what was told last before it, and before the first from the first", () => {
  expect(axis.isKept).toBe(true);
  expect(gatewayUsAt(axis, 0)).toBe(AT_US);
  expect(gatewayUsAt(axis, 30_999)).toBe(AT_US + 30_999_000);
  expect(gatewayUsAt(axis, 31_000)).toBe(AT_US + 30_998_000);
  expect(gatewayUsAt(axis, 31_500, 40_000)).toBe(AT_US + 31_458_000);
});

test("and back", () => {
  for (const at_ms of [0, 400, 1000, 15_000, 31_000, 90_000]) {
    expect(recordedMsOf(axis, gatewayUsAt(axis, at_ms, 40_000), 40_000)).toBe(at_ms);
  }
  expect(recordedMsOf(axis, gatewayUsAt(axis, 31_000))).toBe(31_000);
});

test("a recording without the ECG's clock is placed by the wall, and says so", () => {
  const estimated = axisOf({ pictures: [], ecgs: [] }, "e", 5000);
  expect(estimated).toEqual({ anchors: [{ offset_ms: 0, ecg: "e", gateway_us: 5_000_000 }], isKept: false });
});

test("a way is the one told last, before that the first, and none of whom nothing was told", () => {
  expect([0, 1000, 19_999, 20_000].map((at_ms) => wayUsAt(clocks, "kiosk", at_ms))).toEqual([
    40_000, 40_000, 40_000, 60_000,
  ]);
  expect(wayUsAt(clocks, "guest", 5000)).toBe(0);
});

test("the ECG is drawn up to the picture of the patient's side", () => {
  const lanes = [lane("doctor", 0, 60_000), lane("kiosk", 0, 30_000), lane("guest", 0, 60_000)];
  expect(patientSide(clocks, lanes).map((one) => one.identity)).toEqual(["kiosk"]);
  const shown = (position_ms: number, picture_ms?: number) =>
    momentShown(
      clocks,
      lanes,
      position_ms,
      new Map([["doctor", position_ms], ...(picture_ms === undefined ? [] : [["kiosk", picture_ms] as const])]),
    );
  expect(shown(10_000, 9_980)).toEqual({ at_ms: 9_980, way_us: 40_000, pace: "picture" });
  expect(shown(21_000, 21_000 - STANDS_MS)).toEqual({ at_ms: 20_600, way_us: 60_000, pace: "picture" });
  // It stands still, there is none yet, or it is over: the clock leads, with the way of that side.
  const byClock = { at_ms: 21_000, way_us: 60_000, pace: "clock" };
  expect(shown(21_000, 21_000 - STANDS_MS - 1)).toEqual(byClock);
  expect(shown(21_000)).toEqual(byClock);
  expect(shown(40_000, 40_000)).toEqual({ at_ms: 40_000, way_us: 60_000, pace: "clock" });
});

test("a picture whose sound is missing still leads; without a patient's side the clock does", () => {
  const kiosk = { ...lane("kiosk", 0, 30_000), gaps: [{ from_ms: 0, to_ms: 30_000, cause: "silent" }] };
  expect(momentShown(clocks, [kiosk], 5000, new Map([["kiosk", 5010]])).pace).toBe("picture");
  expect(momentShown(clocks, [lane("doctor", 0, 9)], 5000, new Map())).toEqual({
    at_ms: 5000,
    way_us: 0,
    pace: "clock",
  });
});

const epochs: EcgEpoch[] = [
  { epoch: 0, first: 100, end: 1100, first_taken_us: AT_US },
  { epoch: 1, first: 0, end: 500, first_taken_us: AT_US + 10_000_000 },
];

test("a moment lies before an ECG, at a sample of it, or behind an epoch's end", () => {
  const at = (s: number) => ecgMomentAt(epochs, 500, AT_US + s * 1_000_000);
  expect(at(-0.001)).toEqual({ kind: "not_yet" });
  expect(at(0)).toEqual({ kind: "at", epoch: epochs[0], sample: 100 });
  expect(at(1.999)).toEqual({ kind: "at", epoch: epochs[0], sample: 1099 });
  expect(at(2)).toEqual({ kind: "over", epoch: epochs[0] });
  expect(at(10.5)).toEqual({ kind: "at", epoch: epochs[1], sample: 250 });
  expect(at(11)).toEqual({ kind: "over", epoch: epochs[1] });
});

test("an ECG belongs to a recording if any of it was taken meanwhile", () => {
  expect(isWithin(axis, epochs, 500, 60_000)).toBe(true);
  const before = [{ epoch: 0, first: 0, end: 500, first_taken_us: AT_US - 1_000_000 }];
  expect(isWithin(axis, before, 500, 60_000)).toBe(false);
  const behind = [{ epoch: 0, first: 0, end: 500, first_taken_us: AT_US + 60_000_000 }];
  expect(isWithin(axis, behind, 500, 60_000)).toBe(false);
  expect(isWithin(axis, behind, 500, 61_000)).toBe(true);
});
