// Asking the other side's page for one still picture at full resolution: the message, and what is believed of it.
//
// The page that is asked takes one frame of its own camera, keeps it with the case as an attachment (`still`), and
// answers here; a refusal (no camera) comes back at once, so that nobody waits for a picture that will not come.

import { isRecord } from "./api";
import { day, timeOfDay } from "./times";

export const STILL_TOPIC = "lianzhen.still";
/** A request without an answer for this long has failed: taking and sending 2 MB takes a few seconds on a thin line. */
export const STILL_LIMIT_MS = 30_000;
/** What the service takes for one attachment (8 MiB). */
export const STILL_LIMIT_BYTES = 8 * 1024 * 1024;
/** JPEG at this quality shows skin and film without blocks; beyond it only the size grows. */
export const STILL_QUALITY = 0.92;
const MESSAGE_LIMIT = 300;

export type StillAnswer = "taken" | "no_camera" | "too_large" | "not_saved";
const ANSWERS: readonly StillAnswer[] = ["taken", "no_camera", "too_large", "not_saved"];

export type StillMessage = { say: "please"; request: string } | { say: StillAnswer; request: string };

/** The message as it travels. */
export const stillToSend = (message: StillMessage): string => JSON.stringify(message);

/** A message from another page, or null: nothing from someone else's machine is believed unchecked. */
export function receivedStill(text: string): StillMessage | null {
  if (text.length > MESSAGE_LIMIT) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const { request } = value;
  if (typeof request !== "string" || request === "") return null;
  if (value["say"] === "please") return { say: "please", request };
  const say = ANSWERS.find((one) => one === value["say"]);
  return say === undefined ? null : { say, request };
}

/** The name under which a still is kept: no patient's name stands in it. */
export function stillName(at: Date): string {
  return `still-${`${day(at)}${timeOfDay(at)}`.replace(/[^0-9]/g, "")}.jpg`;
}
