// When to try again after a lost link: often at first, then steadily, and for as long as a lift or a tunnel lasts.

/** Waits before the first tries; after them every try waits LATER_MS. */
const FIRST_WAITS_MS: readonly number[] = [0, 300, 1000, 2000];
/** As often as a phone changes cells; more only heats it. */
const LATER_MS = 4000;
/** After this the room has certainly let the person go: the page offers to enter again instead. */
export const GIVE_UP_AFTER_MS = 10 * 60_000;

/** How long to wait before try number `tried + 1`, in milliseconds; null when it is time to give up. */
export function waitBeforeTry(tried: number, elapsed_ms: number): number | null {
  if (elapsed_ms >= GIVE_UP_AFTER_MS) return null;
  return FIRST_WAITS_MS[tried] ?? LATER_MS;
}

/** How long the pages wait before they ask a silent server again, in milliseconds. */
export const RETRY_SERVER_MS = 10_000;
