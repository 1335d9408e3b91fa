// True millimetres.
import { describe, expect, it } from "vitest";
import {
  calibrated,
  calibrationToKeep,
  CARD_MM,
  keptCalibration,
  nextGain,
  pagePxPerMm,
  pxPerMillivolt,
  pxPerSecond,
  UNMEASURED_PX_PER_MM,
  type Scale,
} from "../../src/ecg/scale";

const SCREEN = "1920×1080";

describe("a bank card on the glass", () => {
  it("is 85.60 mm wide, whatever the page's zoom", () => {
    expect(CARD_MM).toBe(85.6);
    for (const ratio of [1, 1.25, 2]) {
      const calibration = calibrated((85.6 * 4) / ratio, ratio, SCREEN);
      expect(calibration?.glassPxPerMm).toBeCloseTo(4, 10);
      expect(calibration?.screen).toBe(SCREEN);
      expect(pagePxPerMm(calibration, 2 * ratio)).toBeCloseTo(2 / ratio, 10);
    }
  });

  it.each([0, 10, 4000, NaN])("cannot be %d px wide", (cardPx) => {
    expect(calibrated(cardPx, 1, SCREEN)).toBeNull();
  });

  it("is guessed where it was not measured: 96 px an inch", () => {
    expect(pagePxPerMm(null, 2)).toBe(UNMEASURED_PX_PER_MM);
    expect(25.4 * UNMEASURED_PX_PER_MM).toBeCloseTo(96, 10);
  });
});

describe("what a device kept of it", () => {
  it("holds on the screen it was measured on", () => {
    const text = calibrationToKeep({ glassPxPerMm: 3.8, screen: SCREEN });
    expect(keptCalibration(text, SCREEN)).toEqual({ glassPxPerMm: 3.8, screen: SCREEN });
    expect(keptCalibration(text, "1366×768")).toBeNull();
  });

  it.each([
    ["nothing", null],
    ["no JSON", "3.8"],
    ["cut off", '{"glassPxPerMm":3.8'],
    ["a word", `{"glassPxPerMm":"3.8","screen":"${SCREEN}"}`],
    ["impossible", `{"glassPxPerMm":3800,"screen":"${SCREEN}"}`],
  ])("does not hold if it is %s", (_name, text) => {
    expect(keptCalibration(text, SCREEN)).toBeNull();
  });
});

describe("the paper's rules", () => {
  it.each<[Scale["speed_mm_s"], Scale["gain_mm_mv"], number, number]>([
    [12.5, 5, 50, 20],
    [25, 10, 100, 40],
    [50, 20, 200, 80],
  ])("are %d mm/s and %d mm/mV", (speed_mm_s, gain_mm_mv, second, millivolt) => {
    const scale = { pxPerMm: 4, speed_mm_s, gain_mm_mv };
    expect([pxPerSecond(scale), pxPerMillivolt(scale)]).toEqual([second, millivolt]);
  });

  it("have three gains", () => {
    expect([nextGain(5, -1), nextGain(5, 1), nextGain(10, 1), nextGain(20, 1), nextGain(20, -1)]).toEqual([
      5, 10, 20, 20, 10,
    ]);
  });
});
