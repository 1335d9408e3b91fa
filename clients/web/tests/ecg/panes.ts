// Panels at 4 px a millimetre, for tests.
import { layOut, type Layout, type LayoutName, type Panel } from "../../src/ecg/layout";
import { shownLeads, STANDARD_LEADS } from "../../src/ecg/leads";
import type { Strip } from "../../src/ecg/place";
import type { Scale } from "../../src/ecg/scale";

/** 100 px a second, 40 px a millivolt. */
export const SCALE: Scale = { pxPerMm: 4, speed_mm_s: 25, gain_mm_mv: 10 };

export function layoutOf(name: LayoutName, scale: Scale = SCALE): Layout {
  const layout = layOut(name, shownLeads(STANDARD_LEADS), { width: 1040, height: 1200 }, scale);
  if (layout === null) throw new Error("too small");
  return layout;
}

export function panelOf(layout: Layout, number: number): Panel {
  const panel = layout.panels[number];
  if (panel === undefined) throw new Error("no such panel");
  return panel;
}

/** The first panel of 12×1: its left edge at 28 px, its baseline at 50 px. */
export const stripOf = (pageStart: number, rateHz = 500): Strip => ({
  panel: panelOf(layoutOf("12x1"), 0),
  scale: SCALE,
  rateHz,
  pageStart,
});
