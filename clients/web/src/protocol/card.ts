// A health card read by a scanner that types (keyboard wedge) or by the camera: which keys are a card, which a person.

/** Between the letters of a scanner lie a few milliseconds; the fastest typist needs more than this. */
export const SCANNER_GAP_MS = 50;
/** Shorter is a slip of two fingers. */
const MIN_LENGTH = 6;
/** What the service takes for a card number (signaling/api/patient_models.py). */
const MAX_LENGTH = 60;
const CARD = /^[0-9A-Za-z-]+$/;

export interface Wedge {
  readonly letters: string;
  readonly at_ms: number;
}

export const WEDGE_AT_REST: Wedge = { letters: "", at_ms: 0 };

export interface WedgeStep {
  wedge: Wedge;
  /** What a scanner has just finished typing; null otherwise. */
  typed: string | null;
}

/** Takes one key (KeyboardEvent.key). A burst that ends with Enter or Tab is a scanner's. */
export function receiveKey(wedge: Wedge, key: string, at_ms: number): WedgeStep {
  const isBurst = at_ms - wedge.at_ms <= SCANNER_GAP_MS;
  if (key === "Enter" || key === "Tab") {
    const typed = isBurst && wedge.letters.length >= MIN_LENGTH ? wedge.letters : null;
    return { wedge: WEDGE_AT_REST, typed };
  }
  // Shift and its like are pressed by scanners for capital letters; they are no letters themselves.
  if (key.length !== 1) return { wedge, typed: null };
  const before = isBurst ? wedge.letters : "";
  return { wedge: { letters: `${before}${key}`.slice(-4 * MAX_LENGTH), at_ms }, typed: null };
}

/** The card number in what was scanned; null when it holds none that the service would take. */
export function cardNumberIn(scanned: string): string | null {
  const number = scanned.replace(/\s/g, "");
  return number.length >= MIN_LENGTH && number.length <= MAX_LENGTH && CARD.test(number) ? number : null;
}

/** A name with its middle covered, for a screen that stands in a room: 张＊福, 张＊; a single letter stays. */
export function coveredName(name: string): string {
  const letters = Array.from(name.trim());
  if (!/\p{Script=Han}/u.test(name) || letters.length < 2) return letters.join("");
  return `${letters.slice(0, 1).join("")}＊${letters.slice(2).slice(-1).join("")}`;
}
