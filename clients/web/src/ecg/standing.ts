// How fresh an ECG is, and how whole: what may be said of it at a moment, the worst first.
//
// Green is said only of what is known: an ECG that has ended is not live, and what nobody has told of yet is not whole.

import type { EcgState } from "../protocol/ecg";
import type { EcgReport } from "../protocol/truth";
import { STALE_AFTER_MS } from "./follow";
import type { Newest } from "./samples";

/** In green up to here (interface.md, "live lane"). */
export const FRESH_LAG_MS = 1000;
/** Two clocks that are further apart say nothing of a delay. */
export const MOST_LAG_MS = 600_000;
/** Nothing is drawn before it was taken: a box whose clock is further ahead than this tells no delay. */
export const MOST_AHEAD_MS = 200;
/** The service tells each second what it has stored; a slow way and its disk take their time. */
export const MOST_UNTOLD_MS = 3000;
const US_PER_MS = 1000;

/** What comes live, as far as it is known. */
export interface Fresh {
  readonly state: EcgState;
  readonly isLinkLost: boolean;
  /** Since when the gateway is gone, on the server's clock; null while it is there. */
  readonly lostSinceUs: number | null;
  /** The server's time now; null before it said it. */
  readonly server_ms: number | null;
  /** Whether what comes live is what is looked at. */
  readonly isLiveLane: boolean;
  /** For how long nothing came, where that is too long; null otherwise. */
  readonly stale_ms: number | null;
  /** When the newest sample that is drawn was taken, on the gateway's clock; null as long as none is. */
  readonly drawnUs: number | null;
}

export type Freshness =
  | { readonly kind: "link_lost" }
  /** For how long; null where no clock tells. */
  | { readonly kind: "gateway_lost"; readonly for_ms: number | null }
  | { readonly kind: "stale"; readonly for_ms: number }
  | { readonly kind: "live"; readonly lag_ms: number; readonly isFresh: boolean }
  /** It comes, and no clock tells how late. */
  | { readonly kind: "live_unknown" };

/** What is to be said of its age; null where nothing is: it has ended, nothing is drawn, or the record is looked at. */
export function freshnessOf(seen: Fresh): Freshness | null {
  if (seen.isLinkLost) return { kind: "link_lost" };
  if (seen.state === "ended") return null;
  if (seen.lostSinceUs !== null) {
    const for_ms = seen.server_ms === null ? null : Math.max(0, seen.server_ms - seen.lostSinceUs / US_PER_MS);
    return { kind: "gateway_lost", for_ms };
  }
  if (!seen.isLiveLane) return null;
  if (seen.stale_ms !== null) return { kind: "stale", for_ms: seen.stale_ms };
  if (seen.drawnUs === null) return null;
  const lag_ms = seen.server_ms === null ? null : seen.server_ms - seen.drawnUs / US_PER_MS;
  if (lag_ms === null || lag_ms > MOST_LAG_MS || lag_ms < -MOST_AHEAD_MS) return { kind: "live_unknown" };
  return { kind: "live", lag_ms: Math.max(0, lag_ms), isFresh: lag_ms <= FRESH_LAG_MS };
}

/** What is known of the record. */
export interface Held {
  readonly state: EcgState;
  /** Nothing that the device took is missing, and nothing more will come. */
  readonly is_complete: boolean;
  readonly isLinkOpen: boolean;
  readonly isGatewayLost: boolean;
  readonly newest: Newest | null;
  /** How far the newest sample is beyond what the service has told that it stores. */
  readonly untold_ms: number;
  /** Between the samples that are known, and of them. */
  readonly missing_ms: number;
  readonly stored_ms: number;
}

/** "open": no hole is known, and it may still be that something is missing at the end. */
export type Wholeness = "whole" | "missing" | "open";

export function wholenessOf(held: Held, now_ms: number): Wholeness {
  if (held.missing_ms > 0) return "missing";
  if (held.stored_ms === 0) return "open";
  if (held.state === "ended") return held.is_complete ? "whole" : "open";
  // What is shown may come ahead of what is stored.
  const isStored = held.untold_ms <= MOST_UNTOLD_MS;
  const isComing = isStored && held.newest !== null && now_ms - held.newest.arrived_ms <= STALE_AFTER_MS;
  return held.isLinkOpen && !held.isGatewayLost && isComing ? "whole" : "open";
}

/** What a page says to the others of the ECG that it shows; `missing_ms` as of the record. */
export function sightOf(fresh: Freshness | null, whole: Wholeness, missing_ms: number): EcgReport {
  const seconds = (ms: number): number => Math.round(ms / 100) / 10;
  switch (fresh?.kind) {
    case "link_lost":
      return { state: "none", sight: "stopped", seconds: 0 };
    case "gateway_lost":
    case "stale":
      return { state: "none", sight: "stopped", seconds: seconds(fresh.for_ms ?? 0) };
    default:
      break;
  }
  if (whole === "missing") return { state: "degraded", sight: "missing", seconds: seconds(missing_ms) };
  if (fresh?.kind === "live")
    return fresh.isFresh
      ? { state: "good", sight: "live", seconds: seconds(fresh.lag_ms) }
      : { state: "degraded", sight: "late", seconds: seconds(fresh.lag_ms) };
  return whole === "whole"
    ? { state: "good", sight: "complete", seconds: 0 }
    : { state: "degraded", sight: "open", seconds: 0 };
}
