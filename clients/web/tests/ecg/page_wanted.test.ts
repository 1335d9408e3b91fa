// Which page of the record is fetched, and when again.
import { describe, expect, it } from "vitest";
import { pageStart, pageWanted } from "../../src/ecg/page_wanted";
import { railOf, type RailPiece } from "../../src/ecg/rail";

const RATE_HZ = 500;
const PAGE = 5000;
const WARM_UP = 5000;
const EPOCHS = [
  { epoch: 0, first: 0, end: 2000, first_taken_us: 0 },
  { epoch: 1, first: 0, end: 30_000, first_taken_us: 9_000_000 },
];
const rail = (...stored: readonly (readonly [number, number])[]): RailPiece[] =>
  railOf(EPOCHS, RATE_HZ, new Map([[1, stored]]));
const START = { epoch: 1, sample: 10_000 };
const wanted = (pieces: readonly RailPiece[], start = START) => pageWanted("ec_1", pieces, start, PAGE, WARM_UP);

describe("a page's first sample", () => {
  it("is what was chosen, else that of the last whole page", () => {
    expect(pageStart([], START, PAGE)).toBeNull();
    expect(pageStart(rail([0, 30_000]), START, PAGE)).toBe(START);
    expect(pageStart(rail([0, 30_000]), null, PAGE)).toEqual({ epoch: 1, sample: 25_000 });
    expect(pageStart(rail([0, 30_000]), null, 40_000)).toEqual({ epoch: 1, sample: 0 });
  });
});

describe("a page to fetch", () => {
  const whole = { id: "ec_1", epoch: 1, start: 10_000, end: 15_000, stored: 10_000 };

  it("ends with what anybody has, by tenths of a page", () => {
    expect(wanted(rail([0, 30_000]))).toEqual(whole);
    expect(wanted(rail([0, 12_345]))).toEqual({ ...whole, end: 12_000, stored: 7000 });
    expect(wanted(rail([0, 12_499]))).toEqual({ ...whole, end: 12_000, stored: 7000 });
    expect(wanted(rail([0, 10_400]))).toBeNull();
    expect(wanted(rail([0, 9000]))).toBeNull();
    expect(wanted(rail([0, 30_000]), { epoch: 0, sample: 0 })).toBeNull();
    expect(wanted(rail([0, 30_000]), { epoch: 1, sample: 0 })).toEqual({ ...whole, start: 0, end: 5000, stored: 5000 });
  });

  it("is another one when its hole fills up, and not with each frame that fills it", () => {
    const at = (to: number) => wanted(rail([0, 11_000], [11_000, to], [13_000, 30_000]));
    expect(at(11_001)).toEqual({ ...whole, stored: 8000 });
    expect(at(11_499)).toEqual(at(11_001));
    expect(at(11_500)).toEqual({ ...whole, stored: 8500 });
    expect(at(12_999)).toEqual({ ...whole, stored: 9500 });
    expect(wanted(rail([0, 30_000]))).toEqual(whole);
  });

  it("is another one when what the filters need before it fills up, and not for what lies elsewhere", () => {
    expect(wanted(rail([0, 6000], [7000, 30_000]))).toEqual({ ...whole, stored: 9000 });
    expect(wanted(rail([0, 4000], [5000, 30_000]))).toEqual(whole);
    expect(wanted(rail([0, 15_000], [16_000, 30_000]))).toEqual(whole);
  });
});
