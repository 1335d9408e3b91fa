// Where each lead stands.
import { describe, expect, it } from "vitest";
import { LAYOUTS, layOut, type Layout, type LayoutName } from "../../src/ecg/layout";
import { shownLeads, STANDARD_LEADS } from "../../src/ecg/leads";
import type { Scale } from "../../src/ecg/scale";

const SCALE: Scale = { pxPerMm: 4, speed_mm_s: 25, gain_mm_mv: 10 };
const TWELVE = shownLeads(STANDARD_LEADS);

function laid(name: LayoutName, width: number, height: number, leads = TWELVE, scale = SCALE): Layout {
  const layout = layOut(name, leads, { width, height }, scale);
  if (layout === null) throw new Error("too small");
  return layout;
}

const namesAt = (layout: Layout, row: number): string[] =>
  layout.panels.filter((panel) => Math.round(panel.rect.y / panel.rect.height) === row).map((panel) => panel.lead.name);

describe("12×1", () => {
  it("is one column of ten seconds in 257 mm", () => {
    const layout = laid("12x1", 4 * 257 + 3, 1200);
    expect(layout.seconds).toBe(10);
    expect(layout.panels.map((panel) => panel.lead.name)).toEqual(STANDARD_LEADS);
    expect(layout.panels[1]).toMatchObject({
      rect: { x: 28, y: 100, width: 1000, height: 100 },
      baseline: 150,
      seconds: 10,
      from_s: 0,
    });
    expect(layout.panels[1]?.label.x).toBeCloseTo(31.2, 6);
    expect(layout.panels[1]?.label.y).toBeCloseTo(104, 6);
  });

  it("shows what else the device sends below", () => {
    const layout = laid("12x1", 1028, 1500, shownLeads([...STANDARD_LEADS, "vx", "vy", "vz"]));
    expect(layout.panels).toHaveLength(15);
    expect(namesAt(layout, 14)).toEqual(["vz"]);
  });

  it("shows only what is there", () => {
    expect(laid("12x1", 1028, 600, shownLeads(["MLII", "V5"])).panels).toHaveLength(2);
  });
});

describe("6×2", () => {
  it("is two columns of the same five seconds, apart by 3 mm", () => {
    const layout = laid("6x2", 4 * (7 + 125 + 3 + 125), 600, shownLeads([...STANDARD_LEADS, "vx"]));
    expect(layout.seconds).toBe(5);
    expect(layout.panels).toHaveLength(12);
    expect(namesAt(layout, 2)).toEqual(["III", "V3"]);
    expect(layout.panels[8]).toMatchObject({
      rect: { x: 4 * 135, y: 200, width: 500, height: 100 },
      seconds: 5,
      from_s: 0,
    });
  });

  it("of a single lead is one column", () => {
    const layout = laid("6x2", 1028, 600, shownLeads(["V5"]));
    expect(layout.panels).toMatchObject([{ rect: { width: 1000, height: 600 } }]);
  });
});

describe("3×4+1", () => {
  it("reads on through four columns, with the rhythm of II below", () => {
    const layout = laid("3x4+1", 4 * 257, 400);
    expect(layout.seconds).toBe(9.92); // four columns of whole millimetres
    expect([0, 1, 2, 3].map((row) => namesAt(layout, row))).toEqual([
      ["I", "aVR", "V1", "V4"],
      ["II", "aVL", "V2", "V5"],
      ["III", "aVF", "V3", "V6"],
      ["II"],
    ]);
    expect(layout.panels.map((panel) => panel.from_s)).toEqual([
      0, 0, 0, 2.48, 2.48, 2.48, 4.96, 4.96, 4.96, 7.44, 7.44, 7.44, 0,
    ]);
    expect(layout.panels[12]).toMatchObject({ rect: { x: 28, y: 300, width: 992, height: 100 }, seconds: 9.92 });
  });

  it("has the first lead's rhythm where II is not sent", () => {
    const layout = laid("3x4+1", 1028, 400, shownLeads(["V5", "V1", "vx"]));
    expect([0, 1].map((row) => namesAt(layout, row))).toEqual([["V1", "V5", "vx"], ["V1"]]);
  });
});

describe("any layout", () => {
  it.each(LAYOUTS)("%s stands on the millimetre grid, in the pane, and overlaps nowhere", (name) => {
    for (const speed_mm_s of [12.5, 25, 50] as const) {
      const scale = { ...SCALE, pxPerMm: 3.8, speed_mm_s };
      const layout = laid(name, 990, 700, TWELVE, scale);
      for (const { rect, seconds } of layout.panels) {
        expect(rect.x / 3.8).toBeCloseTo(Math.round(rect.x / 3.8), 6);
        expect(rect.width).toBeCloseTo(seconds * speed_mm_s * 3.8, 6);
        expect(rect.x + rect.width).toBeLessThanOrEqual(990);
        expect(rect.y + rect.height).toBeLessThanOrEqual(700.001);
      }
      const overlaps = layout.panels.filter((one, i) =>
        layout.panels.some(
          (other, j) =>
            j > i &&
            one.rect.x < other.rect.x + other.rect.width - 1e-6 &&
            other.rect.x < one.rect.x + one.rect.width - 1e-6 &&
            one.rect.y < other.rect.y + other.rect.height - 1e-6 &&
            other.rect.y < one.rect.y + one.rect.height - 1e-6,
        ),
      );
      expect(overlaps).toEqual([]);
    }
  });

  it.each([
    [12.5, 5],
    [25, 10],
    [50, 20],
  ] as const)("has a mark of 1 mV and 200 ms at the left of each row (%d mm/s, %d mm/mV)", (speed_mm_s, gain_mm_mv) => {
    const layout = laid("6x2", 1040, 600, TWELVE, { pxPerMm: 4, speed_mm_s, gain_mm_mv });
    expect(layout.marks).toHaveLength(6);
    const [, footY = 0, upX = 0, , , topY = 0, downX = 0, , , , endX = 0] = layout.marks[1] ?? [];
    expect(footY).toBe(150);
    expect(downX - upX).toBeCloseTo(0.2 * speed_mm_s * 4, 4);
    expect(footY - topY).toBeCloseTo(gain_mm_mv * 4, 4);
    expect(endX).toBeLessThanOrEqual(layout.panels[0]?.rect.x ?? 0);
  });

  it("needs room, and a lead", () => {
    expect(layOut("12x1", TWELVE, { width: 4 * 11.9, height: 600 }, SCALE)).toBeNull();
    expect(layOut("12x1", TWELVE, { width: 1000, height: 12 * 4 * 4.9 }, SCALE)).toBeNull();
    expect(layOut("12x1", TWELVE, { width: 0, height: 0 }, SCALE)).toBeNull();
    expect(layOut("12x1", [], { width: 1000, height: 600 }, SCALE)).toBeNull();
  });
});
