// When a session that nobody uses is warned about and ended (reliability.md §5: idle time-out of staff pages).

/** Long enough to look up from a patient and press a key. */
export const WARN_BEFORE_MS = 2 * 60_000;
/** The server is told of use at most this often. */
export const TOUCH_EVERY_MS = 60_000;

export type Idle = { kind: "active" } | { kind: "warned"; left_ms: number } | { kind: "over" };

/** What the time since the last touch means. In a room people listen with their hands still: never idle there. */
export function idleAt(last_input_ms: number, limit_ms: number, is_in_room: boolean, now_ms: number): Idle {
  if (is_in_room) return { kind: "active" };
  const left_ms = last_input_ms + limit_ms - now_ms;
  if (left_ms <= 0) return { kind: "over" };
  return left_ms <= WARN_BEFORE_MS ? { kind: "warned", left_ms } : { kind: "active" };
}

/** Whether the server should be told that the session is used. */
export function isTouchDue(last_input_ms: number, last_touch_ms: number, is_in_room: boolean, now_ms: number): boolean {
  if (now_ms - last_touch_ms < TOUCH_EVERY_MS) return false;
  return is_in_room || last_input_ms > last_touch_ms;
}
