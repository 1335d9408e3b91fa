// Samples and voltages on a panel.
import { describe, expect, it } from "vitest";
import {
  millivoltsAtY,
  pageSamples,
  pageStartOf,
  sampleAtX,
  samplesNear,
  shownSpan,
  xOf,
  xRangeOf,
  yOf,
} from "../../src/ecg/place";
import { layoutOf, panelOf, SCALE, stripOf } from "./panes";

describe("a sample's place", () => {
  it("is 25 mm to the right for each second and 10 mm higher for each millivolt", () => {
    const strip = stripOf(1000);
    expect([xOf(strip, 1000), xOf(strip, 1500)]).toEqual([28, 128]);
    expect([yOf(strip, 0), yOf(strip, 1), yOf(strip, -0.5)]).toEqual([50, 10, 70]);
    expect(millivoltsAtY(strip, 10)).toBe(1);
  });

  it("is found again from its place, to the sample", () => {
    const strip = stripOf(1000);
    for (const sample of [1000, 1001, 3456, 5999]) {
      expect(sampleAtX(strip, xOf(strip, sample))).toBe(sample);
      expect(sampleAtX(strip, xOf(strip, sample) + 0.09)).toBe(sample);
    }
    expect(sampleAtX(strip, 0)).toBe(1000);
    expect(sampleAtX(strip, 5000)).toBe(shownSpan(strip).end - 1);
  });

  it("is reached by the line of the samples on either side of it", () => {
    const strip = stripOf(1000);
    expect(samplesNear(strip, 128, 228)).toEqual({ start: 1500, end: 2001 });
    expect(samplesNear(strip, 128.1, 227.9)).toEqual({ start: 1500, end: 2001 });
    expect(samplesNear(strip, -Infinity, Infinity)).toEqual({ start: -Infinity, end: Infinity });
  });

  it("goes on from column to column where the layout reads on", () => {
    const layout = layoutOf("3x4+1");
    const spans = [0, 3, 6, 9].map((number) =>
      shownSpan({ panel: panelOf(layout, number), scale: SCALE, rateHz: 360, pageStart: 7 }),
    );
    expect(spans.map((span) => span.start).slice(1)).toEqual(spans.map((span) => span.end).slice(0, 3));
    expect(spans[0]?.start).toBe(7);
    const rhythm = { panel: panelOf(layout, 12), scale: SCALE, rateHz: 360, pageStart: 7 };
    expect(shownSpan(rhythm)).toEqual({ start: 7, end: spans[3]?.end });
  });
});

describe("a stretch", () => {
  it("is as long as its samples, and no longer than its panel", () => {
    const strip = stripOf(1000);
    expect(xRangeOf(strip, { start: 1500, end: 2000 })).toEqual({ left: 128, right: 228 });
    expect(xRangeOf(strip, { start: 0, end: 1500 })).toEqual({ left: 28, right: 128 });
    const { end } = shownSpan(strip);
    expect(xRangeOf(strip, { start: end - 500, end: end + 500 })?.right).toBeCloseTo(28 + strip.panel.rect.width, 6);
    expect(xRangeOf(strip, { start: 0, end: 1000 })).toBeNull();
    expect(xRangeOf(strip, { start: end, end: end + 1 })).toBeNull();
  });
});

describe("pages", () => {
  it("hold whole samples", () => {
    expect([pageSamples(6.48, 360), pageSamples(9.92, 500), pageSamples(0.3, 1000)]).toEqual([2332, 4960, 300]);
  });

  it("follow on one another", () => {
    expect([100, 599, 600, 99].map((sample) => pageStartOf(sample, 100, 500))).toEqual([100, 100, 600, -400]);
  });
});
