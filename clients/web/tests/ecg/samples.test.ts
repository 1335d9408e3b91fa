// What a view knows of the samples of one epoch.
import { describe, expect, it } from "vitest";
import { FrameFlag, type Frame } from "../../src/ecg/frame";
import { gapFate, KEPT_S, keptSamples, MAX_RING_BYTES, Samples } from "../../src/ecg/samples";
import { seeded } from "../support/seeded";
import { frameOf, RATE_HZ, START_US, valueOf } from "./frames";

const HOLD_MS = 300;
const SHAPE = { epoch: 0, rateHz: RATE_HZ, leads: 2 };
const store = (kept?: number): Samples => new Samples(SHAPE, HOLD_MS, kept);
/** When a sample comes in these tests: at once, on a page whose clock began with the device. */
const at_ms = (sample: number): number => sample * 2;

function filled(frames: readonly Frame[], kept?: number): Samples {
  const samples = store(kept);
  for (const frame of frames) samples.take(frame, at_ms(frame.firstSample + frame.count));
  return samples;
}

describe("what is kept", () => {
  it("is ten minutes, or less of a device too fast for the room there is", () => {
    expect(keptSamples(500, 12)).toBe(KEPT_S * 500);
    expect(keptSamples(32_000, 16) * 16 * 4).toBe(MAX_RING_BYTES);
    expect(store().kept).toBe(300_000);
  });

  it.each(Array.from({ length: 30 }, (_, i) => i + 1))("is what came, whatever order it came in (seed %i)", (seed) => {
    const chance = seeded(seed);
    const kept = 100 + chance(200);
    const samples = store(kept);
    const plain = new Set<number>();
    let end = 0;
    for (let step = 0; step < 60; step += 1) {
      const first = 500 + Math.max(0, step * 10 - chance(120));
      const count = 1 + chance(20);
      const floor = Math.max(end, first + count) - kept;
      const taken = samples.take(frameOf(first, count), step);
      const fresh = Array.from({ length: count }, (_, i) => first + i).filter((n) => n >= floor && !plain.has(n));
      if (taken.refused === null) {
        expect(taken.differs).toBe(false);
        expect(taken.added.reduce((sum, span) => sum + span.end - span.start, 0)).toBe(fresh.length);
        end = Math.max(end, first + count);
        for (const n of fresh) plain.add(n);
      } else expect([taken.refused, fresh]).toEqual(["too_old", []]);
    }
    expect(samples.end).toBe(end);
    const start = samples.start;
    expect(start).toBe(Math.max(Math.min(...plain), end - kept));
    for (const lead of [0, 1]) {
      const wanted = Array.from({ length: end - start }, (_, i) =>
        plain.has(start + i) ? valueOf(lead, start + i) : NaN,
      );
      expect([...samples.read(lead, start, end)]).toEqual(wanted);
    }
    const missing = samples.gaps(start, end, 100_000).filter((gap) => !gap.isOpen);
    const holes = missing.flatMap((gap) => Array.from({ length: gap.end - gap.start }, (_, i) => gap.start + i));
    expect(holes).toEqual(Array.from({ length: end - start }, (_, i) => start + i).filter((n) => !plain.has(n)));
  });

  it("never is what would push the newest out", () => {
    const samples = filled([frameOf(1000, 20)], 100);
    expect(samples.take(frameOf(900, 20), 0)).toEqual({ refused: "too_old" });
    expect(samples.take(frameOf(910, 20), 0)).toMatchObject({ added: [{ start: 920, end: 930 }] });
    expect(samples.has(920, 930)).toBe(true);
    expect(samples.has(920, 931)).toBe(false);
  });

  it("is the last minutes, also after a number that jumped far ahead", () => {
    const samples = filled([frameOf(0, 20), frameOf(1e12, 20)], 100);
    expect([samples.start, samples.end]).toEqual([1e12 - 80, 1e12 + 20]);
    expect([...samples.read(0, 1e12 - 1, 1e12 + 1)]).toEqual([NaN, valueOf(0, 1e12)]);
    expect(samples.gaps(0, 2e12, at_ms(1e12 + 20) + HOLD_MS)[0]).toMatchObject({ start: 1e12 - 80, end: 1e12 });
  });

  it("is of this epoch and of its leads", () => {
    const samples = store();
    expect(samples.take(frameOf(0, 20, { epoch: 1 }), 0)).toEqual({ refused: "foreign_epoch" });
    expect(samples.take(frameOf(0, 20, { leads: 3 }), 0)).toEqual({ refused: "foreign_leads" });
    expect([samples.start, samples.end, samples.newest, samples.takenUs(0), samples.sampleAt(0)]).toEqual([
      0,
      0,
      null,
      null,
      null,
    ]);
    expect(samples.gaps(0, 100, 1000)).toEqual([]);
  });

  it("stays as it first came, and says that another device sends under the same name", () => {
    const samples = filled([frameOf(0, 20)]);
    const other = frameOf(10, 20, { samples: new Int32Array(40).fill(7) });
    expect(samples.take(other, 0)).toEqual({ refused: null, added: [{ start: 20, end: 30 }], differs: true });
    expect([...samples.read(1, 18, 22)]).toEqual([valueOf(1, 18), valueOf(1, 19), 7, 7]);
  });

  it("stands as the record says it, which may come after what was shown", () => {
    const samples = filled([frameOf(0, 20)]);
    const record = frameOf(10, 20, { samples: new Int32Array(40).fill(7) });
    const changed = [
      { start: 20, end: 30 },
      { start: 10, end: 20 },
    ];
    expect(samples.take(record, 0, true)).toEqual({ refused: null, added: changed, differs: true });
    expect([...samples.read(1, 8, 12)]).toEqual([valueOf(1, 8), valueOf(1, 9), 7, 7]);
    expect(samples.take(record, 0, true)).toEqual({ refused: null, added: [], differs: false });
  });
});

describe("the newest sample", () => {
  it("is not moved by what is filled in", () => {
    const samples = filled([frameOf(0, 20), frameOf(60, 20)]);
    const newest = { epoch: 0, end: 80, endUs: START_US + 160_000, arrived_ms: at_ms(80), reach_ms: at_ms(80) + 40 };
    expect(samples.newest).toEqual(newest);
    samples.take(frameOf(20, 20), 5000);
    expect(samples.newest).toEqual(newest);
  });

  it("and all others have their time", () => {
    const samples = filled([frameOf(1000, 20)]);
    expect(samples.takenUs(1010)).toBe(START_US + 1010 * 2000);
    expect(samples.sampleAt(START_US + 999 * 2000)).toBe(999);
  });
});

describe("a gap", () => {
  const holed = (): Samples => filled([frameOf(0, 20), frameOf(120, 20)]);
  const noticed_ms = at_ms(140);

  it("is said once it has been known long enough, with its whole length", () => {
    const gap = { start: 20, end: 120, length_ms: 200, isOpen: false, isDeviceLoss: false };
    expect(holed().gaps(0, 140, noticed_ms + HOLD_MS - 1)).toEqual([]);
    expect(holed().gaps(0, 140, noticed_ms + HOLD_MS)).toEqual([gap]);
    expect(holed().gaps(50, 60, noticed_ms + HOLD_MS)).toEqual([gap]);
    expect(holed().gaps(0, 20, noticed_ms + HOLD_MS)).toEqual([]);
    expect(holed().gaps(120, 140, noticed_ms + HOLD_MS)).toEqual([]);
  });

  it("shrinks and goes as it is filled, and the later one keeps its own time", () => {
    const samples = holed();
    samples.take(frameOf(240, 20), at_ms(260));
    samples.take(frameOf(20, 40), at_ms(260));
    const due = (now_ms: number): number[][] => samples.gaps(0, 260, now_ms).map(({ start, end }) => [start, end]);
    expect(due(noticed_ms + HOLD_MS)).toEqual([[60, 120]]);
    expect(due(at_ms(260) + HOLD_MS).slice(0, 2)).toEqual([
      [60, 120],
      [140, 240],
    ]);
    samples.take(frameOf(60, 60), at_ms(260));
    samples.take(frameOf(300, 20), at_ms(320));
    expect(due(at_ms(260) + HOLD_MS)).toEqual([[140, 240]]);
  });

  it("is open while nothing comes, and grows with the clock", () => {
    const samples = filled([frameOf(0, 20)]);
    expect(samples.gaps(0, 1000, at_ms(20) + HOLD_MS - 1)).toEqual([]);
    const open = { start: 20, end: 520, length_ms: 1000, isOpen: true, isDeviceLoss: false };
    expect(samples.gaps(0, 1000, at_ms(20) + 1000)).toEqual([open]);
    expect(samples.gaps(0, 20, at_ms(20) + 1000)).toEqual([]);
    expect(samples.gaps(520, 1000, at_ms(20) + 1000)).toEqual([]);
  });

  it("is not there before a whole sample is due, however short the hold", () => {
    const samples = new Samples(SHAPE, 0);
    samples.take(frameOf(0, 20), 40);
    expect(samples.gaps(0, 100, 41)).toEqual([]);
  });

  it("says when the device itself lost the samples", () => {
    const samples = filled([frameOf(0, 20), frameOf(120, 20, { flags: FrameFlag.GapBefore })]);
    expect(samples.gaps(0, 140, noticed_ms + HOLD_MS)).toMatchObject([{ start: 20, end: 120, isDeviceLoss: true }]);
    expect(samples.breaksIn(0, 140)).toEqual([120]);
    expect(samples.breaksIn(121, 140)).toEqual([]);
    expect(samples.breaksIn(0, 120)).toEqual([]);
    samples.take(frameOf(60, 20, { flags: FrameFlag.GapBefore }), noticed_ms);
    expect(samples.breaksIn(0, 140)).toEqual([60, 120]);
  });

  it("is not what came before the view did, unless that is wanted", () => {
    const samples = filled([frameOf(1000, 20)]);
    expect(samples.gaps(0, 1020, at_ms(1020))).toEqual([]);
    samples.expectFrom(900, 3000);
    samples.expectFrom(950, 3000);
    expect(samples.gaps(0, 1020, 3000 + HOLD_MS)[0]).toMatchObject({ start: 900, end: 1000 });
  });

  it("is what is wanted before the first frame", () => {
    const samples = store();
    samples.expectFrom(900, 0);
    expect([samples.start, samples.end]).toEqual([900, 900]);
    samples.take(frameOf(1000, 20), 10);
    expect(samples.gaps(0, 1020, 10 + HOLD_MS)[0]).toMatchObject({ start: 900, end: 1000 });
  });

  it("is also between what is read backwards", () => {
    const samples = filled([frameOf(1000, 20)]);
    samples.take(frameOf(980, 20), 3000);
    samples.take(frameOf(900, 20), 3000);
    expect(samples.gaps(0, 1000, 3000 + HOLD_MS)).toMatchObject([{ start: 920, end: 980 }]);
  });
});

describe("what came late", () => {
  const noticed_ms = at_ms(140);

  it("is what filled a hole that was shown", () => {
    const samples = filled([frameOf(0, 20), frameOf(120, 20)]);
    samples.take(frameOf(20, 20), noticed_ms + HOLD_MS - 1);
    samples.take(frameOf(30, 40), noticed_ms + HOLD_MS);
    expect(samples.lateIn(0, 140)).toEqual([{ start: 40, end: 70 }]);
    expect(samples.lateIn(60, 65)).toEqual([{ start: 60, end: 65 }]);
  });

  it("is what was sent as late, if it was not here before", () => {
    const samples = filled([frameOf(0, 20)]);
    samples.take(frameOf(10, 20, { flags: FrameFlag.Late }), 50);
    expect(samples.lateIn(0, 140)).toEqual([{ start: 20, end: 30 }]);
  });

  it("is not what came before the view did", () => {
    const samples = filled([frameOf(1000, 20)]);
    samples.take(frameOf(900, 100), 60_000);
    expect(samples.lateIn(0, 1020)).toEqual([]);
  });
});

describe("samples that are not a measured trace", () => {
  it("are those of a lead without contact: they are not read", () => {
    const samples = filled([frameOf(0, 20), frameOf(20, 20, { leadOff: 0b10 }), frameOf(40, 20)]);
    expect(samples.leadOffIn(0, 0, 60)).toEqual([]);
    expect(samples.leadOffIn(1, 0, 60)).toEqual([{ start: 20, end: 40 }]);
    expect(samples.leadOffIn(2, 0, 60)).toEqual([]);
    expect([...samples.read(1, 18, 42)].map(Number.isNaN)).toEqual(
      Array.from({ length: 24 }, (_, i) => i > 1 && i < 22),
    );
    expect([...samples.read(0, 18, 42)].some(Number.isNaN)).toBe(false);
  });

  it("are those that were made, and those with a pacemaker's spike are marked", () => {
    const samples = filled([
      frameOf(0, 20, { flags: FrameFlag.Simulated }),
      frameOf(20, 20, { flags: FrameFlag.Pacing }),
    ]);
    expect(samples.simulatedIn(0, 40)).toEqual([{ start: 0, end: 20 }]);
    expect(samples.pacingIn(0, 40)).toEqual([{ start: 20, end: 40 }]);
  });

  it("are forgotten with them", () => {
    const flags = FrameFlag.Simulated | FrameFlag.GapBefore;
    const samples = filled([frameOf(0, 20, { flags, leadOff: 1 }), frameOf(50, 20, { flags }), frameOf(100, 20)], 100);
    expect(samples.breaksIn(0, 200)).toEqual([50]);
    expect(samples.leadOffIn(0, 0, 200)).toEqual([]);
    expect(samples.simulatedIn(0, 200)).toEqual([{ start: 50, end: 70 }]);
  });
});

describe("what becomes of a hole", () => {
  const gap = { start: 0, end: 5, length_ms: 10, isOpen: false, isDeviceLoss: false };

  it("is that nobody fills it once the record is closed", () => {
    expect([gapFate(gap, false), gapFate(gap, true)]).toEqual(["filling", "final"]);
    expect(gapFate({ ...gap, isOpen: true }, false)).toBe("open");
    expect(gapFate({ ...gap, isDeviceLoss: true }, false)).toBe("device");
    expect(gapFate({ ...gap, isDeviceLoss: true }, true)).toBe("device");
  });
});
