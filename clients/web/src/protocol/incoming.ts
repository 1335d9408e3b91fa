// The incoming card: which of the calls it shows, when its keys begin to act, and what is heard meanwhile.

import { URGENCIES, type Consultation, type Urgency } from "./consultation";

/** A key that was meant for a text field must not accept a call that appeared under it (interface.md §3). */
export const KEYS_AFTER_MS = 600;

/** The call to show: the most urgent, then the one that has rung longest; null when nobody calls. */
export function callToShow(incoming: readonly Consultation[]): Consultation | null {
  const [first] = [...incoming].sort(
    (a, b) =>
      URGENCIES.indexOf(a.urgency) - URGENCIES.indexOf(b.urgency) ||
      (a.ring?.started_at_ms ?? 0) - (b.ring?.started_at_ms ?? 0),
  );
  return first ?? null;
}

export interface Tone {
  hz: number;
  /** After the start of the phrase. */
  at_ms: number;
  length_ms: number;
}

export interface Phrase {
  tones: readonly Tone[];
  /** 0 to 1. */
  loudness: number;
  /** When the phrase sounds again. */
  again_after_ms: number;
}

// interface.md §2: two soft tones every 3 s; for an emergency three rising tones every 2 s, louder each 10 s. Neither is
// like an alarm of a medical device (IEC 60601-1-8 has five or ten pulses): this is no alarm system.
const SOFT: readonly Tone[] = [
  { hz: 659.25, at_ms: 0, length_ms: 320 },
  { hz: 523.25, at_ms: 340, length_ms: 420 },
];
const RISING: readonly Tone[] = [
  { hz: 523.25, at_ms: 0, length_ms: 200 },
  { hz: 659.25, at_ms: 220, length_ms: 200 },
  { hz: 783.99, at_ms: 440, length_ms: 300 },
];
const SOFT_LOUDNESS = 0.25;
const LOUDER_EVERY_MS = 10_000;
const LOUDER_BY = 0.15;

/** What a call sounds like after ringing for a while. */
export function ringPhrase(urgency: Urgency, rung_ms: number): Phrase {
  if (urgency !== "emergency") return { tones: SOFT, loudness: SOFT_LOUDNESS, again_after_ms: 3000 };
  const steps = Math.floor(Math.max(0, rung_ms) / LOUDER_EVERY_MS);
  return { tones: RISING, loudness: Math.min(1, SOFT_LOUDNESS + steps * LOUDER_BY), again_after_ms: 2000 };
}
