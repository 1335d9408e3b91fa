// When the way of a page's media has been quiet for too long: looks with their times in, a decision out.

export interface Look {
  at_ms: number;
  /** Something has come by the media path since the look before. */
  isHeard: boolean;
  /** The browser itself has given the path up, or has just noticed another network. */
  isDoubted: boolean;
}

export interface PathWatch {
  /** When something last came; null before anything has: a way that is only being made is not watched. */
  heard_at_ms: number | null;
  /** The longest silence while all was well, forgotten slowly: voices send nothing while nobody speaks. */
  usual_gap_ms: number;
  tried_at_ms: number;
  /** Tries since something last came. */
  tries: number;
}

/** How often to look: a quarter of the silence that counts. */
export const LOOK_EVERY_MS = 50;
/** Silence on a way that is never silent for long: ten packets of a voice. A fresh path for nothing costs little. */
const QUIET_MS = 200;
/** Reports come every second at least: beyond two of them the way is quiet, whatever was usual. */
const MOST_QUIET_MS = 2000;
/** So much of the usual gap remains after one look: it halves in some seven seconds. */
const FORGETTING = 0.995;
/** Waits after the first tries: a new way needs one round trip. */
const FIRST_WAITS_MS: readonly number[] = [0, 700, 1000];
/** Wait after every later one: as often as this costs little. */
const LATER_MS = 2000;

export const PATH_AT_START: PathWatch = {
  heard_at_ms: null,
  usual_gap_ms: 0,
  tried_at_ms: Number.NEGATIVE_INFINITY,
  tries: 0,
};

/** Says whether to lay a fresh path now. Nothing is lost where the old one lives: it goes on until the new one works. */
export function watchPath(watch: PathWatch, look: Look): { watch: PathWatch; isFreshWanted: boolean } {
  const { heard_at_ms } = watch;
  if (look.isHeard && !look.isDoubted) {
    const silence_ms = heard_at_ms === null ? 0 : look.at_ms - heard_at_ms;
    // One that a try or two have ended may have been usual all the same; a longer one was none.
    const gap_ms = watch.tries > 2 ? 0 : Math.min(silence_ms, MOST_QUIET_MS / 2);
    const usual_gap_ms = Math.max(gap_ms, watch.usual_gap_ms * FORGETTING);
    return { watch: { ...watch, heard_at_ms: look.at_ms, usual_gap_ms, tries: 0 }, isFreshWanted: false };
  }
  if (heard_at_ms === null) return { watch, isFreshWanted: false };
  const quiet_ms = Math.min(Math.max(QUIET_MS, 2 * watch.usual_gap_ms), MOST_QUIET_MS);
  const isQuiet = look.isDoubted || look.at_ms - heard_at_ms >= quiet_ms;
  const wait_ms = FIRST_WAITS_MS[watch.tries] ?? LATER_MS;
  if (!isQuiet || look.at_ms - watch.tried_at_ms < wait_ms) return { watch, isFreshWanted: false };
  return { watch: { ...watch, tried_at_ms: look.at_ms, tries: watch.tries + 1 }, isFreshWanted: true };
}
