// The bar of the whole recording.
import { describe, expect, it } from "vitest";
import { nextEvent, placeAt, railOf, railSum, shareOf, type RailPiece } from "../../src/ecg/rail";
import type { EcgEpoch } from "../../src/protocol/ecg";

const RATE_HZ = 500;
const EPOCH: EcgEpoch = { epoch: 0, first: 1000, end: 3000, first_taken_us: 5_000_000 };
const NEXT: EcgEpoch = { epoch: 1, first: 0, end: 1000, first_taken_us: 20_000_000 };
const brief = (pieces: readonly RailPiece[]) => pieces.map(({ epoch, kind, start, end }) => [epoch, kind, start, end]);

describe("a rail", () => {
  it("says of every sample whether it is stored, came late, or is missing", () => {
    const have = new Map([
      [
        0,
        [
          [1000, 1500],
          [2000, 3000],
        ] as const,
      ],
    ]);
    const pieces = railOf([EPOCH, NEXT], RATE_HZ, have);
    expect(brief(pieces)).toEqual([
      [0, "stored", 1000, 1500],
      [0, "missing", 1500, 2000],
      [0, "stored", 2000, 3000],
      [1, "missing", 0, 1000],
    ]);
    expect(pieces[1]).toMatchObject({ from_us: 6_000_000, to_us: 7_000_000 });
    expect(railSum(pieces, RATE_HZ)).toEqual({ stored_ms: 3000, missing_ms: 3000, late_ms: 0, holes: 2, percent: 50 });
  });

  it("knows what this page has beyond what the service said", () => {
    const known = { here: [{ start: 1500, end: 3500 }], late: [{ start: 1500, end: 2000 }], end: 3600 };
    const pieces = railOf([EPOCH], RATE_HZ, new Map([[0, [[1000, 1500]]]]), new Map([[0, known]]));
    expect(brief(pieces)).toEqual([
      [0, "stored", 1000, 1500],
      [0, "late", 1500, 2000],
      [0, "stored", 2000, 3500],
      [0, "missing", 3500, 3600],
    ]);
    expect(railSum(pieces, RATE_HZ)).toMatchObject({ late_ms: 1000, holes: 1, percent: 96.1 });
  });

  it("lets the service alone say what it stores of what it has told of, whatever was shown", () => {
    const here = [
      { start: 1000, end: 1700 },
      { start: 1800, end: 3500 },
    ];
    const known = { here, late: [], end: 3500 };
    const have = new Map([
      [
        0,
        [
          [1000, 1500],
          [2000, 3000],
        ] as const,
      ],
    ]);
    expect(brief(railOf([EPOCH], RATE_HZ, have, new Map([[0, known]])))).toEqual([
      [0, "stored", 1000, 1500],
      [0, "missing", 1500, 2000],
      [0, "stored", 2000, 3500],
    ]);
  });

  it("is never rounded up to all, and nothing is no per cent", () => {
    const almost = railOf([{ ...EPOCH, first: 0, end: 1_000_000 }], RATE_HZ, new Map([[0, [[0, 999_999]]]]));
    expect(railSum(almost, RATE_HZ).percent).toBe(99.9);
    expect(railSum(railOf([NEXT], RATE_HZ, new Map([[1, [[0, 1000]]]])), RATE_HZ).percent).toBe(100);
    expect(railSum([], RATE_HZ).percent).toBe(0);
  });
});

describe("the way along a rail", () => {
  const have = new Map([
    [0, [[1000, 1500] as const, [2000, 3000] as const]],
    [1, [[500, 1000] as const]],
  ]);
  const pieces = railOf([EPOCH, NEXT], RATE_HZ, have);

  it("goes by samples, epoch after epoch", () => {
    expect(shareOf(pieces, { epoch: 0, sample: 1000 })).toBe(0);
    expect(shareOf(pieces, { epoch: 0, sample: 1750 })).toBe(0.25);
    expect(shareOf(pieces, { epoch: 1, sample: 1000 })).toBe(1);
    expect(shareOf([], { epoch: 0, sample: 0 })).toBe(0);
    expect(placeAt(pieces, 0)).toEqual({ epoch: 0, sample: 1000 });
    expect(placeAt(pieces, 0.25)).toEqual({ epoch: 0, sample: 1750 });
    expect(placeAt(pieces, 0.75)).toEqual({ epoch: 1, sample: 250 });
    expect(placeAt(pieces, 1)).toEqual({ epoch: 1, sample: 999 });
    expect(placeAt(pieces, -3)).toEqual({ epoch: 0, sample: 1000 });
    expect(placeAt([], 0.5)).toBeNull();
  });

  it("leads to the next hole, and back", () => {
    const at = (epoch: number, sample: number) => ({ epoch, sample });
    expect(nextEvent(pieces, at(0, 1000), 1)).toMatchObject({ epoch: 0, start: 1500 });
    expect(nextEvent(pieces, at(0, 1500), 1)).toMatchObject({ epoch: 1, start: 0 });
    expect(nextEvent(pieces, at(1, 0), 1)).toBeNull();
    expect(nextEvent(pieces, at(1, 0), -1)).toMatchObject({ epoch: 0, start: 1500 });
    expect(nextEvent(pieces, at(1, 10), -1)).toMatchObject({ epoch: 1, start: 0 });
    expect(nextEvent(pieces, at(0, 1500), -1)).toBeNull();
    expect(nextEvent(pieces, at(0, 0), 1, ["late"])).toBeNull();
  });
});
