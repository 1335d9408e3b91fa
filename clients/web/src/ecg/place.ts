// Where on a panel a sample and a voltage stand, and which stand under a point.

import type { Panel } from "./layout";
import { pxPerMillivolt, pxPerSecond, type Scale } from "./scale";
import type { Span } from "./spans";

/** One panel with the page it shows. */
export interface Strip {
  readonly panel: Panel;
  readonly scale: Scale;
  readonly rateHz: number;
  /** The sample with which the page begins; a panel further on in the page begins later. */
  readonly pageStart: number;
}

/** From left to right, in pixels of the pane. */
export interface XRange {
  readonly left: number;
  readonly right: number;
}

/** Seconds come out of divisions: what is this near to a whole sample is one. */
const ROUNDING = 1e-6;

export function xOf({ panel, scale, rateHz, pageStart }: Strip, sample: number): number {
  return panel.rect.x + ((sample - pageStart) / rateHz - panel.from_s) * pxPerSecond(scale);
}

/** The sample next to a place, one that is shown. */
export function sampleAtX(strip: Strip, x: number): number {
  const { panel, scale, rateHz, pageStart } = strip;
  const sample = pageStart + Math.round(((x - panel.rect.x) / pxPerSecond(scale) + panel.from_s) * rateHz);
  const { start, end } = shownSpan(strip);
  return Math.max(start, Math.min(end - 1, sample));
}

/** From the last sample at or before a place to the first at or after another: all whose lines are seen between. */
export function samplesNear({ panel, scale, rateHz, pageStart }: Strip, left: number, right: number): Span {
  const place = (x: number): number => pageStart + ((x - panel.rect.x) / pxPerSecond(scale) + panel.from_s) * rateHz;
  return { start: Math.floor(place(left)), end: Math.ceil(place(right)) + 1 };
}

export function yOf({ panel, scale }: Strip, mv: number): number {
  return panel.baseline - mv * pxPerMillivolt(scale);
}

export function millivoltsAtY({ panel, scale }: Strip, y: number): number {
  return (panel.baseline - y) / pxPerMillivolt(scale);
}

/** The samples for which there is room. */
export function shownSpan({ panel, rateHz, pageStart }: Strip): Span {
  const place = (seconds: number): number => pageStart + Math.ceil(seconds * rateHz - ROUNDING);
  return { start: place(panel.from_s), end: place(panel.from_s + panel.seconds) };
}

/** Where a stretch is to be hatched or tinted; null where nothing of it is shown. */
export function xRangeOf(strip: Strip, span: Span): XRange | null {
  const shown = shownSpan(strip);
  const start = Math.max(shown.start, span.start);
  const end = Math.min(shown.end, span.end);
  return start < end ? { left: xOf(strip, start), right: xOf(strip, end) } : null;
}

/** How many samples a page holds: whole ones, so that every page is like the first. */
export const pageSamples = (seconds: number, rateHz: number): number => Math.floor(seconds * rateHz + ROUNDING);

/** The first sample of the page that holds a sample, where `first` begins a page. */
export function pageStartOf(sample: number, first: number, samples: number): number {
  return first + Math.floor((sample - first) / samples) * samples;
}
