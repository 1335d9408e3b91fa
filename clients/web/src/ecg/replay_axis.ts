// One axis for a recording and the ECGs of its room: from the recording's time to the gateway's clock and back.
//
// A recording places a picture where it arrived; it was taken its way earlier. The recording kept how long that way was
// and what the gateway's clock read (docs/RECORDING_FORMAT.md, "Clocks"). One from before that was kept is placed by the
// wall clock, and that is said.

import type { EcgClock, Lane, RecordedClocks } from "../protocol/api";
import { momentOf } from "../protocol/playback";
import type { EcgEpoch } from "../protocol/ecg";

const US_PER_MS = 1000;
const US_PER_S = 1_000_000;
/** Pictures of 3 a second still lead; one that stands for longer leads no more, and the clock does. */
export const STANDS_MS = 400;

/** How an ECG stands to a recording. */
export interface EcgAxis {
  /** In order of time, one at least. */
  readonly anchors: readonly [EcgClock, ...EcgClock[]];
  /** Whether the recording kept it; else it is taken from the wall clock. */
  readonly isKept: boolean;
}

export function axisOf(clocks: RecordedClocks, ecg: string, started_at_ms: number): EcgAxis {
  const [first, ...more] = clocks.ecgs.filter((one) => one.ecg === ecg);
  return first !== undefined
    ? { anchors: [first, ...more], isKept: true }
    : { anchors: [{ offset_ms: 0, ecg, gateway_us: started_at_ms * US_PER_MS }], isKept: false };
}

/** What the gateway's clock read when that was taken which stands at a place of the recording. */
export function gatewayUsAt({ anchors }: EcgAxis, at_ms: number, way_us = 0): number {
  const anchor = anchors.findLast((one) => one.offset_ms <= at_ms) ?? anchors[0];
  return anchor.gateway_us + (at_ms - anchor.offset_ms) * US_PER_MS - way_us;
}

/** Where in the recording a moment of the gateway's clock stands. */
export function recordedMsOf({ anchors }: EcgAxis, gateway_us: number, way_us = 0): number {
  const us = gateway_us + way_us;
  const anchor = anchors.findLast((one) => one.gateway_us <= us) ?? anchors[0];
  return anchor.offset_ms + (us - anchor.gateway_us) / US_PER_MS;
}

/** How long the way from a participant took then; 0 where that was not kept. */
export function wayUsAt(clocks: RecordedClocks, identity: string, at_ms: number): number {
  const told = clocks.pictures.filter((one) => one.identity === identity);
  return (told.findLast((one) => one.offset_ms <= at_ms) ?? told[0])?.way_us ?? 0;
}

/** Those who are where the ECG is taken and are recorded, in the order of their lanes. */
export function patientSide(clocks: RecordedClocks, lanes: readonly Lane[]): Lane[] {
  const there = new Set(clocks.pictures.filter((one) => one.is_with_patient).map((one) => one.identity));
  return lanes.filter((lane) => there.has(lane.identity));
}

/** What is shown of the patient's side: a place in the recording, and how long its way was. */
export interface ShownMoment {
  readonly at_ms: number;
  readonly way_us: number;
  readonly pace: "picture" | "clock";
}

/**
 * The moment to draw the ECG up to: that of the picture on screen, else that of the player's clock.
 *
 * `pictures`: where in the recording the picture on screen of each participant stands.
 */
export function momentShown(
  clocks: RecordedClocks,
  lanes: readonly Lane[],
  position_ms: number,
  pictures: ReadonlyMap<string, number>,
): ShownMoment {
  const side = patientSide(clocks, lanes);
  for (const lane of side) {
    const at_ms = pictures.get(lane.identity);
    const { kind } = momentOf(lane, position_ms);
    const isThere = kind === "recorded" || kind === "partly";
    if (at_ms !== undefined && isThere && Math.abs(at_ms - position_ms) <= STANDS_MS)
      return { at_ms, way_us: wayUsAt(clocks, lane.identity, at_ms), pace: "picture" };
  }
  const way_us = wayUsAt(clocks, side[0]?.identity ?? "", position_ms);
  return { at_ms: position_ms, way_us, pace: "clock" };
}

/** Where in an ECG a moment lies: before it, behind it or between two epochs, or at a sample. */
export type EcgMoment =
  | { readonly kind: "not_yet" }
  | { readonly kind: "over"; readonly epoch: EcgEpoch }
  | { readonly kind: "at"; readonly epoch: EcgEpoch; readonly sample: number };

/** By the rate alone, from the epoch's beginning: near enough to fetch what lies there. */
export function ecgMomentAt(epochs: readonly EcgEpoch[], rateHz: number, gateway_us: number): EcgMoment {
  const epoch = epochs.findLast((one) => one.first_taken_us <= gateway_us);
  if (epoch === undefined) return { kind: "not_yet" };
  const sample = epoch.first + Math.floor(((gateway_us - epoch.first_taken_us) * rateHz) / US_PER_S);
  return sample < epoch.end ? { kind: "at", epoch, sample } : { kind: "over", epoch };
}

/** Whether any of an ECG was taken while the recording ran. */
export function isWithin(axis: EcgAxis, epochs: readonly EcgEpoch[], rateHz: number, duration_ms: number): boolean {
  return epochs.some(({ first, end, first_taken_us }) => {
    const last_us = first_taken_us + ((end - first) * US_PER_S) / rateHz;
    return recordedMsOf(axis, last_us) > 0 && recordedMsOf(axis, first_taken_us) < duration_ms;
  });
}
