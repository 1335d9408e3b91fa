// Up to which sample the live view draws: in step with the picture on screen, or on its own, said aloud.
//
// The picture comes later than the ECG: it is larger, and it waits in buffers. An anchor says which moment of the
// gateway's clock one of its RTP times is; so the frame on screen has a moment, and the ECG is drawn up to that. A frame
// stands for as long as it is shown: the view runs on from half a frame before its moment to half a frame after, so that
// what happened between two frames is never further away than that. A picture that stands still does not hold the ECG:
// the view then runs on a little behind the newest sample. What was drawn stays drawn: when the picture comes back and
// is behind, the view waits for it.

import type { Newest } from "./samples";

/** Longer the ECG is not held back for a picture: it is the more urgent of the two. */
export const MOST_HOLD_MS = 400;
/** A picture without a new frame for this long stands still. */
export const FROZEN_AFTER_MS = 500;
/** Without a sample for longer, everything that is shown is old. */
export const STALE_AFTER_MS = 1000;
/** From one frame of 25 a second to the next the view runs on: else it would move in jerks. */
export const BETWEEN_FRAMES_MS = 40;
/** Anchors come each second; two clocks 100 ppm apart have moved by 3 ms in this time. */
export const ANCHOR_LIFE_MS = 30_000;
const RTP_VIDEO_HZ = 90_000;
const US_PER_MS = 1000;
const US_PER_S = 1_000_000;

/** What the server says of a picture's clock. */
export interface Anchor {
  /** The track's name in the room. */
  readonly track: string;
  /** RTP time, 32 bits, 90 kHz. */
  readonly rtp: number;
  /** The moment at which that was, on the gateway's clock. */
  readonly gatewayUs: number;
  /** When it came, on the page's clock. */
  readonly arrived_ms: number;
}

/** The frame on screen. */
export interface ShownFrame {
  /** The track's name in the room. */
  readonly track: string;
  readonly rtp: number;
  /** Since when it has been there, on the page's clock. */
  readonly shown_ms: number;
}

/** What the view knows at a moment. */
export interface Seen {
  readonly rateHz: number;
  /** Null as long as no sample came. */
  readonly newest: Newest | null;
  /** Null where there is no picture, or none is wanted. */
  readonly frame: ShownFrame | null;
  readonly anchor: Anchor | null;
}

/** What to draw. */
export interface Followed {
  readonly epoch: number;
  /** Draw everything before this sample. */
  readonly until: number;
  readonly pace: "picture" | "free";
  /** There is a picture, and it stands still: to be said. */
  readonly isPictureFrozen: boolean;
  /** How far the drawing is from the picture; positive: the picture is older. Null where that cannot be known. */
  readonly ahead_ms: number | null;
  /** Nothing came for too long: for how long, and when the last sample was taken. */
  readonly stale: { readonly for_ms: number; readonly lastUs: number } | null;
}

/** The moment of the gateway's clock that an RTP time means; RTP times wrap after 13 hours (RFC 3550 §5.1). */
export function gatewayUsOf(anchor: Anchor, rtp: number): number {
  // Signed: the frame on screen may be older than the anchor.
  const ticks = (rtp - anchor.rtp) | 0;
  return anchor.gatewayUs + (ticks * US_PER_S) / RTP_VIDEO_HZ;
}

/** What to draw now, after what was drawn before (null at first); null as long as there is nothing. */
export function follow(before: Followed | null, seen: Seen, now_ms: number): Followed | null {
  const { newest, rateHz, frame } = seen;
  if (newest === null) return null;
  const isPictureFrozen = frame !== null && now_ms - frame.shown_ms > FROZEN_AFTER_MS;
  const pictureUs = isPictureFrozen ? null : pictureMoment(seen, now_ms);
  const heldMs = pictureUs === null ? newest.reach_ms - now_ms : (newest.endUs - pictureUs) / US_PER_MS;
  // Not more than there is, not more held back than is allowed.
  const behindMs = Math.min(MOST_HOLD_MS, Math.max(0, heldMs));
  const wanted = newest.end - Math.round((behindMs * rateHz) / US_PER_MS);
  const drawn = before?.epoch === newest.epoch ? before.until : 0;
  const until = Math.min(newest.end, Math.max(drawn, wanted));
  const untilUs = newest.endUs - ((newest.end - until) * US_PER_S) / rateHz;
  const for_ms = now_ms - newest.arrived_ms;
  return {
    epoch: newest.epoch,
    until: Math.max(0, until),
    pace: pictureUs === null ? "free" : "picture",
    isPictureFrozen,
    ahead_ms: pictureUs === null ? null : (untilUs - pictureUs) / US_PER_MS,
    stale: for_ms > STALE_AFTER_MS ? { for_ms, lastUs: newest.endUs - US_PER_S / rateHz } : null,
  };
}

/** The moment that the picture shows now; null where no anchor tells. */
function pictureMoment({ frame, anchor }: Seen, now_ms: number): number | null {
  if (frame === null || anchor === null || frame.track !== anchor.track) return null;
  if (now_ms - anchor.arrived_ms > ANCHOR_LIFE_MS) return null;
  const sinceMs = Math.max(0, Math.min(BETWEEN_FRAMES_MS, now_ms - frame.shown_ms)) - BETWEEN_FRAMES_MS / 2;
  return gatewayUsOf(anchor, frame.rtp) + sinceMs * US_PER_MS;
}
