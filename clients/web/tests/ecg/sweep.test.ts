// Live drawing over the last page.
import { describe, expect, it } from "vitest";
import { LAYOUTS, type LayoutName } from "../../src/ecg/layout";
import { xOf } from "../../src/ecg/place";
import { BAR_MM, headX, stripOf, sweepOf, sweepStep, sweptView, type Sweep } from "../../src/ecg/sweep";
import { seeded } from "../support/seeded";
import { layoutOf, panelOf, SCALE } from "./panes";

const ORIGIN = 10_000;
const RATE_HZ = 500;
const sweepIn = (name: LayoutName, rateHz = RATE_HZ): Sweep => sweepOf(layoutOf(name), SCALE, rateHz, ORIGIN);

describe("a sweep", () => {
  const panel = panelOf(layoutOf("12x1"), 0);
  const sweep = sweepIn("12x1");
  const { page, bar } = sweep;

  it("has a bar of 8 mm", () => {
    expect((bar / RATE_HZ) * SCALE.speed_mm_s).toBe(BAR_MM);
    expect(page).toBe(Math.floor(panel.seconds * RATE_HZ));
  });

  it("begins empty and fills the first page", () => {
    expect(sweptView(sweep, panel, ORIGIN)).toEqual([]);
    const start = ORIGIN;
    expect(sweptView(sweep, panel, start + 70)).toEqual([{ start, end: start + 70, pageStart: start, isOld: false }]);
  });

  it("shows the last page behind the bar, and marks it as old", () => {
    const second = ORIGIN + page;
    expect(sweptView(sweep, panel, second + 1000)).toEqual([
      { start: ORIGIN + 1000 + bar, end: second, pageStart: ORIGIN, isOld: true },
      { start: second, end: second + 1000, pageStart: second, isOld: false },
    ]);
  });

  it("blanks the beginning before it turns the page", () => {
    const until = ORIGIN + page - 10;
    const shown = sweptView(sweep, panel, until);
    expect(shown).toEqual([{ start: ORIGIN + bar - 10, end: until, pageStart: ORIGIN, isOld: false }]);
    const step = sweepStep(sweep, panel, until - 20, until);
    const x = (offset: number): number => 28 + (offset / RATE_HZ) * 100;
    expect(step.clear).toEqual([{ left: Math.floor(x(bar - 30)), right: Math.ceil(x(bar - 10)) }]);
  });

  it("draws on from the last sample", () => {
    const from = ORIGIN + 100;
    const step = sweepStep(sweep, panel, from, from + 20);
    expect(step.draw).toEqual([{ start: from - 1, end: from + 20, pageStart: ORIGIN, isOld: false }]);
    expect(step.isPageTurned).toBe(false);
    expect(step.clear).toEqual([{ left: 28 + 20 + 32, right: 28 + 24 + 32 }]);
  });

  it("joins nothing to what comes first, on a page or at all", () => {
    expect(sweepStep(sweep, panel, ORIGIN, ORIGIN + 20).draw[0]?.start).toBe(ORIGIN);
    const second = ORIGIN + page;
    expect(sweepStep(sweep, panel, second, second + 20).draw[0]?.start).toBe(second);
  });

  it("says when the page turns", () => {
    const second = ORIGIN + page;
    const step = sweepStep(sweep, panel, second - 10, second + 10);
    expect(step.isPageTurned).toBe(true);
    expect(step.draw).toEqual([
      { start: second - 11, end: second, pageStart: ORIGIN, isOld: true },
      { start: second, end: second + 10, pageStart: second, isOld: false },
    ]);
  });

  it("after a long pause is blanked and drawn as a whole", () => {
    const until = ORIGIN + 5 * page + 3;
    const step = sweepStep(sweep, panel, ORIGIN, until);
    expect(step.clear).toEqual([{ left: 28, right: Math.ceil(28 + panel.rect.width) }]);
    expect(step.draw).toEqual(sweptView(sweep, panel, until));
  });

  it("knows where the newest sample stands, and on which column", () => {
    expect(headX(sweep, panel, ORIGIN + 500)).toBe(128);
    const layout = layoutOf("3x4+1");
    const across = sweepIn("3x4+1");
    const until = ORIGIN + Math.floor(layout.seconds * RATE_HZ * 0.4);
    const heads = layout.panels.map((one) => headX(across, one, until));
    expect(heads.map((x) => x !== null)).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1].map((n) => n === 1));
  });

  it("of a page narrower than the bar shows nothing", () => {
    const narrow = { ...sweep, page: 100 };
    expect(sweptView(narrow, panel, ORIGIN + 250)).toEqual([]);
  });
});

describe("step by step", () => {
  it.each(LAYOUTS.flatMap((name) => [360, 500].map((rateHz) => [name, rateHz] as const)))(
    "%s at %d Hz shows what a drawing of the whole would show",
    (name, rateHz) => {
      const chance = seeded(rateHz);
      const layout = layoutOf(name);
      const sweep = sweepIn(name, rateHz);
      for (const number of [4, layout.panels.length - 1]) {
        const panel = panelOf(layout, number);
        const shown = new Map<number, number>();
        let from = ORIGIN;
        const paint = (start: number, end: number): void => {
          for (let sample = start; sample < end; sample += 1) shown.set((sample - ORIGIN) % sweep.page, sample);
        };
        while (from < ORIGIN + 2.3 * sweep.page) {
          const until = from + 1 + chance(700);
          const step = sweepStep(sweep, panel, from, until);
          const strip = stripOf(sweep, panel, ORIGIN);
          for (const { left, right } of step.clear) {
            for (const place of shown.keys()) {
              const x = xOf(strip, ORIGIN + place);
              if (x >= left && x < right) shown.delete(place);
            }
          }
          for (const { start, end } of step.draw) paint(start, end);
          from = until;
          if (chance(4) > 0) continue; // looked at now and then: an error stays until the page turns
          const whole = sweptView(sweep, panel, until).flatMap(({ start, end }) =>
            Array.from({ length: end - start }, (_, i) => start + i),
          );
          const seen = [...shown.values()].sort((a, b) => a - b);
          // Blanking is by whole pixels: at the bar's far end, up to a pixel more.
          const isMissing = new Set(seen);
          const lost = whole.filter((sample) => !isMissing.has(sample));
          const isWanted = new Set(whole);
          expect(seen.filter((sample) => !isWanted.has(sample))).toEqual([]);
          expect(lost.length).toBeLessThanOrEqual(Math.ceil(rateHz / 100) + 1);
        }
      }
    },
  );
});
