// How a reader has an ECG drawn: where the leads stand, paper, gain and filters, at the true size of this screen.

import { useMemo, useState } from "react";
import type { FilterChoice } from "../../ecg/filters";
import { LAYOUTS, type LayoutName } from "../../ecg/layout";
import { USUAL_GAIN_MM_MV, USUAL_SPEED_MM_S, type GainMmMv, type SpeedMmS } from "../../ecg/scale";
import { keep, kept } from "../../io/preferences";
import { useWorld } from "../world";
import { useCalibration, type HeldCalibration } from "./calibration";
import type { Look } from "./ecg_canvas";
import { markWords } from "./ecg_words";

export interface Viewing {
  readonly look: Look;
  readonly layout: LayoutName;
  /** Kept for the next ECG on this device. */
  readonly setLayout: (layout: LayoutName) => void;
  readonly speed: SpeedMmS;
  readonly setSpeed: (speed: SpeedMmS) => void;
  readonly gain: GainMmMv;
  readonly setGain: (gain: GainMmMv) => void;
  readonly choice: FilterChoice;
  readonly setChoice: (choice: FilterChoice) => void;
  readonly calibration: HeldCalibration;
}

/** `usual`: the leads' places for who has never chosen. */
export function useViewing(usual: LayoutName): Viewing {
  const { speak, theme } = useWorld();
  const [layout, setLayout] = useState(() => LAYOUTS.find((one) => one === kept("ecg_layout")) ?? usual);
  const [speed, setSpeed] = useState<SpeedMmS>(USUAL_SPEED_MM_S);
  const [gain, setGain] = useState<GainMmMv>(USUAL_GAIN_MM_MV);
  const [choice, setChoice] = useState<FilterChoice>({ band: "diagnostic", notch_hz: 0 });
  const calibration = useCalibration();
  const { pxPerMm } = calibration;
  const words = useMemo(() => markWords(speak), [speak]);
  const look = useMemo<Look>(
    () => ({
      layout,
      scale: { pxPerMm, speed_mm_s: speed, gain_mm_mv: gain },
      choice,
      words,
      theme: `${theme} ${String(window.matchMedia("(forced-colors: active)").matches)}`,
    }),
    [layout, pxPerMm, speed, gain, choice, words, theme],
  );
  return {
    look,
    layout,
    setLayout: (next) => {
      keep("ecg_layout", next);
      setLayout(next);
    },
    speed,
    setSpeed,
    gain,
    setGain,
    choice,
    setChoice,
    calibration,
  };
}
