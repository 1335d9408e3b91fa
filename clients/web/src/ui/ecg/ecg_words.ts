// What an ECG says of itself, in words: lengths, ages, bands, and the line that a screen reader reads.

import { bandName, type BandName, type FilterChoice, type ShownBand } from "../../ecg/filters";
import { gapFate, type GapFate } from "../../ecg/samples";
import { clock, timeOfDay } from "../../protocol/times";
import type { MessageKey, Speak } from "../../messages/speak";
import type { MarkWords } from "./marks";

const US_PER_MS = 1000;
const GAP_KEYS: Readonly<Record<GapFate, MessageKey>> = {
  open: "ecg.gap.open",
  device: "ecg.gap.device",
  filling: "ecg.gap.filling",
  final: "ecg.gap.final",
};
const BAND_KEYS: Readonly<Record<BandName, MessageKey>> = {
  diagnostic: "ecg.band.diagnostic",
  monitor: "ecg.band.monitor",
  device: "ecg.band.device",
};

/** Seconds to a tenth: 2.7. */
export const tenths = (ms: number): string => (ms / 1000).toFixed(1);

export const takenWords = (us: number): string => timeOfDay(new Date(us / US_PER_MS));

/** What is written into the drawing. */
export function markWords(speak: Speak): MarkWords {
  return {
    gap: (length_ms) => speak("ecg.gap", { seconds: tenths(length_ms) }),
    gapMore: (gap, isRecordFinal) => speak(GAP_KEYS[gapFate(gap, isRecordFinal)]),
    late: (length_ms) => speak("ecg.late", { seconds: tenths(length_ms) }),
    off: (lead) => speak("ecg.off", { lead }),
    stale: (for_ms) => speak("ecg.stale", { seconds: tenths(for_ms) }),
    staleMore: (lastUs) => speak("ecg.staleMore", { time: takenWords(lastUs) }),
    simulated: speak("ecg.simulated"),
    derived: speak("ecg.derived"),
    caliper: (ms, mv, name) =>
      [speak("ecg.caliper.ms", { ms: Math.round(ms) }), mv === null ? "" : mvWords(mv, speak), name]
        .filter((word) => word !== "")
        .join("\u3000"),
    clock: (since_ms) => clock(since_ms),
  };
}

export const mvWords = (mv: number, speak: Speak): string => speak("ecg.caliper.mv", { mv: mv.toFixed(2) });

/** 0.05–150 Hz 诊断带宽. */
export function bandWords(band: ShownBand, speak: Speak): string {
  const name = speak(BAND_KEYS[bandName(band)]);
  return speak("ecg.bandOf", { low: String(band.low_hz), high: String(band.high_hz), name });
}

/** Behind the band, where the view or the device takes the mains out; "" where neither does. */
export function notchWords(choice: FilterChoice, device: { readonly notch_hz: number }, speak: Speak): string {
  const notches = ([50, 60] as const).filter((hz) => choice.notch_hz === hz || device.notch_hz === hz);
  return notches.map((hz) => ` ${speak(`ecg.notch.${hz}`)}`).join("");
}
