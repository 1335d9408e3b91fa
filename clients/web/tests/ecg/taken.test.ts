// When samples were taken.
import { describe, expect, it } from "vitest";
import { TakenTimes } from "../../src/ecg/taken";

const START_US = 1_700_000_000_000_000;

describe("the times of samples", () => {
  it("are not known before a frame", () => {
    const times = new TakenTimes(500);
    times.forget(10);
    expect(times.usOf(3)).toBeNull();
    expect(times.sampleAt(START_US)).toBeNull();
  });

  it("follow a device whose clock drifts, both ways, whatever the order of the frames", () => {
    const times = new TakenTimes(500);
    const us = (sample: number): number => START_US + sample * 2000 * (1 + 80e-6);
    const firsts = Array.from({ length: 500 }, (_, i) => i * 20);
    for (const first of [...firsts.slice(250), ...firsts.slice(0, 250).reverse()]) times.note(first, us(first));
    for (const sample of [0, 7, 499, 500, 4999, 5001, 9999]) {
      expect(Math.abs((times.usOf(sample) ?? 0) - us(sample))).toBeLessThan(85);
      expect(Math.abs((times.sampleAt(us(sample)) ?? 0) - sample)).toBeLessThan(0.05);
    }
  });

  it("before the first mark are counted back from it", () => {
    const times = new TakenTimes(500);
    times.note(1000, START_US);
    expect(times.usOf(750)).toBe(START_US - 500_000);
    expect(times.sampleAt(START_US - 500_000)).toBe(750);
  });

  it("mean the newer sample where the clock was set back", () => {
    const times = new TakenTimes(500);
    times.note(0, START_US);
    times.note(5000, START_US - 3_600_000_000);
    times.note(10_000, START_US - 3_590_000_000);
    expect(times.sampleAt(START_US - 3_590_000_000)).toBe(10_000);
    expect(times.sampleAt(START_US - 3_595_000_000)).toBe(7500);
  });

  it("are dropped with their samples, but for the one that still counts", () => {
    const times = new TakenTimes(500);
    for (const second of [0, 1, 2, 3]) times.note(second * 500, START_US + second * 1_000_100);
    times.forget(1200);
    expect(times.usOf(1200)).toBe(START_US + 2_000_200 + 400_000);
    times.forget(1600);
    expect(times.usOf(1600)).toBe(START_US + 3_000_300 + 200_000);
    times.forget(100);
    expect(times.usOf(1600)).toBe(START_US + 3_000_300 + 200_000);
  });
});
