// The two verdicts on a recording, as cards: which of three states each is in, and the fault to name.

import type { Fault, Verification } from "./api";

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
  known_gaps: number;
  fault: Fault | null;
}

const INTEGRITY: Readonly<Record<string, CardState>> = { unaltered: "sound", altered: "unsound" };
const COMPLETENESS: Readonly<Record<string, CardState>> = { nothing_missing: "sound", something_missing: "unsound" };

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
      known_gaps: completeness.known_gaps.length,
      fault: completeness.fault,
    },
  };
}
