// Pointing at an ECG together: a place and a caliper as data, the same sample on every screen whatever its layout.

import { isRecord } from "../protocol/api";
import type { CaliperPoint } from "./calipers";

export const POINTER_TOPIC = "lianzhen.ecg.pointer";
const MESSAGE_LIMIT = 400;
const LEAD = /^[A-Za-z0-9+-]{1,8}$/;
const MOST_EPOCH = 65_535;
/** No screen shows more: a voltage beyond is no place on a trace. */
const MOST_MV = 1000;

/** "V3, this sample". */
export interface Pointed {
  readonly lead: string;
  readonly epoch: number;
  readonly sample: number;
}

export type PointerMessage =
  | ({ readonly show: "pointer" } & Pointed)
  | {
      readonly show: "caliper";
      readonly lead: string;
      readonly epoch: number;
      readonly points: readonly [CaliperPoint, CaliperPoint];
    }
  /** Taken away again. */
  | { readonly show: "nothing" };

/** The message as it travels. */
export const pointerToSend = (message: PointerMessage): string => JSON.stringify(message);

/** A message from another page, or null: nothing from someone else's machine is believed unchecked. */
export function receivedPointer(text: string): PointerMessage | null {
  if (text.length > MESSAGE_LIMIT) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return pointerFrom(value);
}

/** The same, of a message that was read already. */
export function pointerFrom(value: unknown): PointerMessage | null {
  if (!isRecord(value)) return null;
  const { show, lead, epoch, sample, points } = value;
  if (show === "nothing") return { show };
  if (typeof lead !== "string" || !LEAD.test(lead) || !isCount(epoch, MOST_EPOCH)) return null;
  if (show === "pointer") return isCount(sample) ? { show, lead, epoch, sample } : null;
  if (show !== "caliper" || !Array.isArray(points) || points.length !== 2) return null;
  const [first, second] = points.map(pointOf);
  return first && second ? { show, lead, epoch, points: [first, second] } : null;
}

function pointOf(value: unknown): CaliperPoint | null {
  if (!isRecord(value)) return null;
  const { sample, mv } = value;
  return isCount(sample) && typeof mv === "number" && Math.abs(mv) <= MOST_MV ? { sample, mv } : null;
}

function isCount(value: unknown, most = Number.MAX_SAFE_INTEGER): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
}
