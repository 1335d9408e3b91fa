// How large an ECG stands on this glass: millimetres by a bank card, then seconds and millivolts by the paper's rules.
//
// A page's pixels are not the glass's: zoom and the system's scaling stand between them (devicePixelRatio). What is
// measured with the card is therefore kept in pixels of the glass, which no zoom changes.

import { isRecord } from "../protocol/api";

/** Width of a bank card (ISO/IEC 7810, ID-1). */
export const CARD_MM = 85.6;
export const SPEEDS_MM_S = [12.5, 25, 50] as const;
export const GAINS_MM_MV = [5, 10, 20] as const;
export type SpeedMmS = (typeof SPEEDS_MM_S)[number];
export type GainMmMv = (typeof GAINS_MM_MV)[number];
/** What paper is printed with all over the world. */
export const USUAL_SPEED_MM_S: SpeedMmS = 25;
export const USUAL_GAIN_MM_MV: GainMmMv = 10;
/** CSS calls 96 of its pixels an inch, whatever the glass: the guess where nothing was measured. */
export const UNMEASURED_PX_PER_MM = 96 / 25.4;
/** A projector's picture has fewer glass pixels a millimetre, a telephone's glass has 23: beyond is a slip of the hand. */
const LEAST_GLASS_PX_PER_MM = 0.5;
const MOST_GLASS_PX_PER_MM = 40;

/** What was measured with the card, on one screen of one device. */
export interface Calibration {
  readonly glassPxPerMm: number;
  /** Which screen it was, as the page can tell: its size in pixels of the glass, "1920×1080". */
  readonly screen: string;
}

/** What the card's outline, drawn `cardPx` wide on the page, says when it fits the card; null if that cannot be. */
export function calibrated(cardPx: number, pixelRatio: number, screen: string): Calibration | null {
  const glassPxPerMm = (cardPx * pixelRatio) / CARD_MM;
  return isPlausible(glassPxPerMm) ? { glassPxPerMm, screen } : null;
}

/** The calibration as the device keeps it. */
export const calibrationToKeep = (calibration: Calibration): string => JSON.stringify(calibration);

/** What the device kept; null where that is nothing, is damaged, or was measured on another screen. */
export function keptCalibration(text: string | null, screen: string): Calibration | null {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "null");
  } catch {
    return null;
  }
  if (!isRecord(value) || value["screen"] !== screen) return null;
  const glassPxPerMm = value["glassPxPerMm"];
  return typeof glassPxPerMm === "number" && isPlausible(glassPxPerMm) ? { glassPxPerMm, screen } : null;
}

/** Pixels of the page a millimetre; a screen that was not measured is guessed, and must be labelled so. */
export function pagePxPerMm(calibration: Calibration | null, pixelRatio: number): number {
  return calibration === null ? UNMEASURED_PX_PER_MM : calibration.glassPxPerMm / pixelRatio;
}

/** How an ECG is drawn. */
export interface Scale {
  readonly pxPerMm: number;
  readonly speed_mm_s: SpeedMmS;
  readonly gain_mm_mv: GainMmMv;
}

export const pxPerSecond = (scale: Scale): number => scale.pxPerMm * scale.speed_mm_s;

/** Upwards. */
export const pxPerMillivolt = (scale: Scale): number => scale.pxPerMm * scale.gain_mm_mv;

/** The next gain, finer (-1) or larger (1); the last stays. */
export function nextGain(gain_mm_mv: GainMmMv, direction: 1 | -1): GainMmMv {
  return GAINS_MM_MV[GAINS_MM_MV.indexOf(gain_mm_mv) + direction] ?? gain_mm_mv;
}

function isPlausible(glassPxPerMm: number): boolean {
  return glassPxPerMm >= LEAST_GLASS_PX_PER_MM && glassPxPerMm <= MOST_GLASS_PX_PER_MM;
}
