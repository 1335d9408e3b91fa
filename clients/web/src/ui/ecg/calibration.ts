// The bank-card calibration of this screen, kept on this device.

import { useState } from "react";
import { calibrationToKeep, keptCalibration, pagePxPerMm, type Calibration } from "../../ecg/scale";
import { keep, kept } from "../../io/preferences";

/** Which screen this is, as the page can tell: its size in pixels of the glass. */
export function screenName(): string {
  const ratio = window.devicePixelRatio || 1;
  return `${Math.round(screen.width * ratio)}×${Math.round(screen.height * ratio)}`;
}

export interface HeldCalibration {
  readonly calibration: Calibration | null;
  readonly pxPerMm: number;
  readonly put: (calibration: Calibration | null) => void;
}

export function useCalibration(): HeldCalibration {
  const [calibration, setCalibration] = useState(() => keptCalibration(kept("ecg_calibration"), screenName()));
  return {
    calibration,
    pxPerMm: pagePxPerMm(calibration, window.devicePixelRatio || 1),
    put: (next) => {
      keep("ecg_calibration", next === null ? null : calibrationToKeep(next));
      setCalibration(next);
    },
  };
}
