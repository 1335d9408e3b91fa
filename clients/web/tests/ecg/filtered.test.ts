// Filtered values of the shown leads: as if the filter had always run.
import { describe, expect, it } from "vitest";
import { Filtered, WARM_UP_S, type Seeing } from "../../src/ecg/filtered";
import { LeadFilter, UNFILTERED } from "../../src/ecg/filters";
import { FrameFlag } from "../../src/ecg/frame";
import { shownLeads } from "../../src/ecg/leads";
import { StoredPage } from "../../src/ecg/stored_page";
import { frameOf, RATE_HZ, valueOf } from "./frames";

const SHAPE = { epoch: 0, rateHz: RATE_HZ, leads: 2 };
const SEEING: Seeing = {
  leads: shownLeads(["I", "II"]),
  choice: { band: "monitor", notch_hz: 50 },
  device: UNFILTERED,
  resolution_nv: 2500,
};
const whole = (frames = [frameOf(0, 1000), frameOf(1000, 1000)]): StoredPage => new StoredPage(SHAPE, 0, 2000, frames);
const directly = (start: number, end: number): number[] => {
  const values = Float64Array.from({ length: end - start }, (_, i) => valueOf(1, start + i));
  return [...new LeadFilter(SEEING.choice, RATE_HZ).run(values)];
};

describe("filtered values", () => {
  it("are the same in one piece and in many", () => {
    const filtered = new Filtered(whole(), SEEING, 2000);
    for (let until = 7; until < 2000; until += 7) filtered.advance(until);
    filtered.advance(2000);
    filtered.advance(1500);
    const found = filtered.values(1, 0, 2000);
    expect([...found.values]).toEqual(directly(0, 2000));
    expect(found).toMatchObject({ start: 0, mvPerStep: 0.0025, breaks: [] });
  });

  it("are kept for the last samples only, and none are invented", () => {
    const filtered = new Filtered(whole(), SEEING, 500);
    filtered.advance(1200);
    const { values } = filtered.values(0, 600, 1300);
    expect([...values].map(Number.isNaN).indexOf(false)).toBe(100);
    expect([...values].map(Number.isNaN).lastIndexOf(false)).toBe(599);
  });

  it("begin anew behind a loss", () => {
    const filtered = new Filtered(
      whole([frameOf(0, 500, { flags: FrameFlag.GapBefore }), frameOf(500, 500, { flags: FrameFlag.GapBefore })]),
      SEEING,
      2000,
    );
    filtered.advance(1000);
    const { values, breaks } = filtered.values(1, 0, 1000);
    expect([...values]).toEqual([...directly(0, 500), ...directly(500, 1000)]);
    expect(breaks).toEqual([0, 500]);
  });

  it("begin anew where samples came into what was passed", () => {
    const warm = WARM_UP_S * RATE_HZ;
    const page = new StoredPage(SHAPE, 0, warm + 200, [
      ...Array.from({ length: 3 }, (_, i) => frameOf(i * 2000, 2000)),
    ]);
    const filtered = new Filtered(page, SEEING, 400);
    filtered.advance(warm + 200);
    filtered.restart(warm + 100);
    filtered.advance(warm + 200);
    expect([...filtered.values(1, warm + 100, warm + 200).values]).toEqual(directly(100, warm + 200).slice(warm));
  });
});
