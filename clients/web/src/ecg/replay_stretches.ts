// Which stretches of an ECG a replay holds: of whole length from the epoch's beginning, around the play head.

import type { EcgEpoch } from "../protocol/ecg";
import { WARM_UP_S } from "./filtered";
import type { Span } from "./spans";

/** Of one request: 120 kB of 12 leads at 500 Hz; the service gives a minute at most. */
export const STRETCH_S = 20;
/** At speed 1; twice as fast needs twice as much. */
export const AHEAD_S = 10;
/** Longer pages are not shown whole at once: then the oldest of them is blank. */
export const MOST_BEHIND_S = 40;

export interface Stretch extends Span {
  readonly epoch: number;
  readonly number: number;
}

/** What is wanted around a sample, what lies under it first, then what comes next, then what was before. */
export function wantedStretches(
  epoch: EcgEpoch,
  rateHz: number,
  sample: number,
  page_s: number,
  speed: number,
): Stretch[] {
  const behind_s = Math.min(MOST_BEHIND_S, page_s + WARM_UP_S);
  const here = within(epoch, sample);
  const at = numberOf(epoch, rateHz, here);
  const first = numberOf(epoch, rateHz, here - behind_s * rateHz);
  const last = numberOf(epoch, rateHz, here + AHEAD_S * Math.max(1, speed) * rateHz);
  const found: Stretch[] = [];
  for (let number = at; number <= last; number += 1) found.push(stretchOf(epoch, rateHz, number));
  for (let number = at - 1; number >= first; number -= 1) found.push(stretchOf(epoch, rateHz, number));
  return found;
}

/** The stretches that are held without a break around the one wanted first, in order; none where that is not held. */
export function heldAround<T extends { readonly number: number }>(
  wanted: readonly Stretch[],
  held: (stretch: Stretch) => T | undefined,
): T[] {
  const [under] = wanted;
  const here = new Map(wanted.flatMap((one) => (held(one) === undefined ? [] : [[one.number, held(one) as T]])));
  if (under === undefined || !here.has(under.number)) return [];
  let first = under.number;
  while (here.has(first - 1)) first -= 1;
  const found: T[] = [];
  for (let at = first, one = here.get(at); one !== undefined; at += 1, one = here.get(at)) found.push(one);
  return found;
}

const within = ({ first, end }: EcgEpoch, sample: number): number => Math.max(first, Math.min(end - 1, sample));

function numberOf(epoch: EcgEpoch, rateHz: number, sample: number): number {
  return Math.floor((within(epoch, sample) - epoch.first) / (STRETCH_S * rateHz));
}

function stretchOf({ epoch, first, end }: EcgEpoch, rateHz: number, number: number): Stretch {
  const start = first + number * STRETCH_S * rateHz;
  return { epoch, number, start, end: Math.min(end, start + STRETCH_S * rateHz) };
}
