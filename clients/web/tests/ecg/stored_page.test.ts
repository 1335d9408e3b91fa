// A page of the record.
import { describe, expect, it } from "vitest";
import { FrameFlag } from "../../src/ecg/frame";
import { StoredPage } from "../../src/ecg/stored_page";
import { frameOf, RATE_HZ, START_US, valueOf } from "./frames";

const SHAPE = { epoch: 0, rateHz: RATE_HZ, leads: 2 };

describe("a page of the record", () => {
  it("holds its samples and no others, whatever order the frames came in", () => {
    const page = new StoredPage(SHAPE, 105, 125, [
      frameOf(120, 20),
      frameOf(100, 10),
      frameOf(90, 10),
      frameOf(110, 5),
    ]);
    const wanted = Array.from({ length: 30 }, (_, i) => 100 + i).map((n) =>
      (n >= 105 && n < 115) || (n >= 120 && n < 125) ? valueOf(1, n) : NaN,
    );
    expect([...page.read(1, 100, 130)]).toEqual(wanted);
    expect([...page.read(0, 130, 132)]).toEqual([NaN, NaN]);
    expect(page.gaps(100, 130)).toEqual([{ start: 115, end: 120, length_ms: 10, isOpen: false, isDeviceLoss: false }]);
    expect(page.gaps(121, 130)).toEqual([]);
    expect(page.gaps(100, 115)).toEqual([]);
  });

  it("takes nothing of another epoch or another device, and the first of two", () => {
    const other = frameOf(0, 10, { samples: new Int32Array(20).fill(7) });
    const page = new StoredPage(SHAPE, 0, 10, [
      frameOf(0, 10, { epoch: 1 }),
      frameOf(0, 10, { leads: 3 }),
      frameOf(0, 4),
      other,
    ]);
    expect([...page.read(0, 0, 10)]).toEqual([1000, 1001, 1002, 1003, 7, 7, 7, 7, 7, 7]);
  });

  it("knows what came late, was made, lost its electrode or followed on a loss", () => {
    const flags = FrameFlag.Late | FrameFlag.Simulated | FrameFlag.Pacing | FrameFlag.GapBefore;
    const page = new StoredPage(SHAPE, 0, 40, [
      frameOf(0, 10),
      frameOf(20, 10, { flags, leadOff: 2 }),
      frameOf(12, 8, { flags: FrameFlag.GapBefore }),
    ]);
    const late = [{ start: 20, end: 30 }];
    expect([page.lateIn(0, 40), page.simulatedIn(0, 40), page.pacingIn(0, 40)]).toEqual([late, late, late]);
    expect(page.leadOffIn(1, 0, 40)).toEqual(late);
    expect(page.leadOffIn(0, 0, 40)).toEqual([]);
    expect(page.leadOffIn(9, 0, 40)).toEqual([]);
    expect(page.breaksIn(0, 40)).toEqual([12, 20]);
    expect(page.breaksIn(13, 20)).toEqual([]);
    expect([...page.read(1, 19, 22)]).toEqual([valueOf(1, 19), NaN, NaN]);
    expect([...page.read(0, 19, 22)]).toEqual([19, 20, 21].map((n) => valueOf(0, n)));
    expect(page.gaps(0, 40).map((gap) => [gap.start, gap.isDeviceLoss])).toEqual([
      [10, true],
      [30, false],
    ]);
  });

  it("knows when its samples were taken", () => {
    const page = new StoredPage(SHAPE, 0, 10, [frameOf(0, 10)]);
    expect(page.takenUs(5)).toBe(START_US + 10_000);
    expect(page.sampleAt(START_US + 10_000)).toBe(5);
    expect(new StoredPage(SHAPE, 0, 10, []).takenUs(5)).toBeNull();
  });
});
