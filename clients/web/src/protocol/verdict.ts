// The two verdicts on a recording, as cards: which of three states each is in, and the fault to name.

import type { Fault, KnownGap, Verification } from "./api";

export type CardState = "sound" | "unsound" | "unchecked";

export interface IntegrityCard {
  state: CardState;
  segments: number;
  signature: "valid" | "invalid" | "unknown_key";
  fault: Fault | null;
}

export interface CompletenessCard {
  state: CardState;
  events_from: number;
  events_to: number;
  /** Gaps that the recording itself explains: they do not spoil the verdict, but they are named. */
  known_gaps: KnownGap[];
  fault: Fault | null;
}

const INTEGRITY: Readonly<Record<string, CardState>> = { unaltered: "sound", altered: "unsound" };
const COMPLETENESS: Readonly<Record<string, CardState>> = { nothing_missing: "sound", something_missing: "unsound" };

/** Shorter gaps are bridged by concealment; nobody notices them (recording/gaps.py says the same). */
const NOTICEABLE_MS = 200;

/** Muting oneself is an event, not a loss. */
const isNoticeable = (gap: KnownGap): boolean => gap.cause !== "muted" && gap.to_ms - gap.from_ms >= NOTICEABLE_MS;

/** The cards for an answer of the server; a verdict it does not name counts as unchecked, never as sound. */
export function cardsOf(answer: Verification): { integrity: IntegrityCard; completeness: CompletenessCard } {
  const { integrity, completeness } = answer;
  return {
    integrity: {
      state: INTEGRITY[integrity.verdict] ?? "unchecked",
      segments: integrity.segments,
      signature: integrity.signature,
      fault: integrity.fault,
    },
    completeness: {
      state: COMPLETENESS[completeness.verdict] ?? "unchecked",
      events_from: completeness.events_from,
      events_to: completeness.events_to,
      known_gaps: completeness.known_gaps.filter(isNoticeable),
      fault: completeness.fault,
    },
  };
}
