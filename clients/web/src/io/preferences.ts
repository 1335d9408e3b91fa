// What a person chose on this computer, kept by the browser; a browser that keeps nothing is no hindrance.

const PREFIX = "lianzhen.";

export type Preference =
  | "language"
  | "theme"
  | "keys"
  | "camera"
  | "microphone"
  | "speaker"
  | "touched"
  | "selftest"
  | "ring_tested"
  | "ecg_calibration"
  | "ecg_layout";

/** The kept choice, or null. */
export function kept(preference: Preference): string | null {
  try {
    return localStorage.getItem(PREFIX + preference);
  } catch {
    return null;
  }
}

/** Keeps a choice; null forgets it. */
export function keep(preference: Preference, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + preference);
    else localStorage.setItem(PREFIX + preference, value);
  } catch {
    // Private windows refuse: the choice then lasts until the page is closed.
  }
}
