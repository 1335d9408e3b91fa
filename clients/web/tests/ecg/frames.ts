// Frames whose samples say which they are, for tests.
import type { Frame } from "../../src/ecg/frame";

export const RATE_HZ = 500;
export const START_US = 1_700_000_000_000_000;

/** The value of a sample in these frames. */
export const valueOf = (lead: number, sample: number): number => 1000 * (lead + 1) + (sample % 997);

/** `count` samples from `firstSample` on of two leads at 500 Hz, or as `more` says. */
export function frameOf(firstSample: number, count: number, more: Partial<Frame> = {}): Frame {
  const leads = more.leads ?? 2;
  return {
    stream: 1,
    epoch: 0,
    firstSample,
    takenUs: START_US + firstSample * 2000,
    count,
    leads,
    leadOff: 0,
    flags: 0,
    samples: Int32Array.from({ length: leads * count }, (_, i) =>
      valueOf(Math.floor(i / count), firstSample + (i % count)),
    ),
    ...more,
  };
}
