// The ladder of one room: which of six sentences about the connection is true now, without flicker.
//
// In a plain room there is no ECG, so L4, which in a consultation speaks of the ECG, speaks of the voice here.

import type { TruthReport } from "./truth";

export type Level = 0 | 1 | 2 | 3 | 4 | 5;

/** Worse is said after it has lasted this long: a single bad second is not news. */
export const DOWN_AFTER_MS = 5000;
/** Better is said after it has lasted this long: a link that comes and goes is not good. */
export const UP_AFTER_MS = 20_000;
/** Below this height a picture shows that someone is there, and little more. */
export const REFERENCE_HEIGHT = 240;
/** Above this loss whole words are missing. */
export const BROKEN_SPEECH_PERCENT = 15;

/**
 * The rung that one person's report stands on: the worse of what the page measures and what the service says of its
 * link. 5 is not among them, it is for the page that has no link.
 */
export function levelOf(report: TruthReport): Exclude<Level, 5> {
  const measured = measuredLevel(report);
  const told = report.link?.rung ?? 0;
  return told > measured ? told : measured;
}

/** The rung by what the page measures alone. */
export function measuredLevel(report: TruthReport): Exclude<Level, 5> {
  const { hear, see, page } = report;
  if (hear.state === "none" || hear.silent > 0 || hear.lost_percent > BROKEN_SPEECH_PERCENT) return 4;
  // A hidden page receives no pictures because it asks for none: that is not the link.
  if (page === "hidden") return hear.state === "degraded" ? 1 : 0;
  if (see.state === "none" || see.stopped > 0) return 3;
  if (see.state === "degraded") return see.height < REFERENCE_HEIGHT || see.fps < 10 ? 2 : 1;
  return hear.state === "degraded" ? 1 : 0;
}

export interface Ladder {
  readonly level: Level;
  /** The level that the last measurements ask for, and since when. */
  readonly wanted: Level;
  readonly since_ms: number;
}

export const LADDER_AT_START: Ladder = { level: 0, wanted: 0, since_ms: 0 };

/** Takes one measurement. L5 comes and goes at once: "no link" must not be said late, nor once it is untrue. */
export function stepLadder(ladder: Ladder, wanted: Level, now_ms: number): Ladder {
  if (wanted === 5 || ladder.level === 5) return { level: wanted, wanted, since_ms: now_ms };
  const isSameSide = Math.sign(wanted - ladder.level) === Math.sign(ladder.wanted - ladder.level);
  const since_ms = isSameSide ? ladder.since_ms : now_ms;
  const patience_ms = wanted > ladder.level ? DOWN_AFTER_MS : UP_AFTER_MS;
  if (wanted !== ladder.level && now_ms - since_ms >= patience_ms) return { level: wanted, wanted, since_ms: now_ms };
  return { level: ladder.level, wanted, since_ms };
}

/** The worst report in the room and whose it is; null when every side is well. */
export function worst(reports: ReadonlyMap<string, TruthReport>): { identity: string; level: Level } | null {
  let found: { identity: string; level: Level } | null = null;
  for (const [identity, report] of reports) {
    const level = levelOf(report);
    if (level > (found?.level ?? 0)) found = { identity, level };
  }
  return found;
}
