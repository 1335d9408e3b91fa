// One time line for several recordings: where each stands, what to correct, and where the next thing worth seeing is.
//
// The page's own clock leads; every media element follows it. That keeps lanes in step although each file starts
// elsewhere, has its own gaps and loads at its own speed. When an element that should play has nothing to play yet,
// the clock waits for it.

import type { Lane } from "./api";

/** An element further off than this jumps; nearer it catches up by rate. */
export const JUMP_BEYOND_MS = 250;
/** Nearer than this is in step: below what lips and voice betray (ITU-R BT.1359 puts that at 45 ms and more). */
export const IN_STEP_MS = 35;
/** How much faster or slower an element runs while it catches up; more is heard as a change of pitch. */
export const CATCH_UP = 0.06;
/** A jump back or forward, as the buttons say. */
export const STEP_MS = 10_000;

export const RATES: readonly number[] = [0.5, 1, 1.5, 2, 4];
/** A picture of 25 a second. */
export const PICTURE_MS = 40;

export interface Clock {
  /** Media position at `at_ms`. */
  readonly position_ms: number;
  readonly at_ms: number;
  readonly rate: number;
  readonly is_running: boolean;
}

/** Where the clock stands, kept within the recording. */
export function positionAt(clock: Clock, now_ms: number, duration_ms: number): number {
  const moved = clock.is_running ? (now_ms - clock.at_ms) * clock.rate : 0;
  return Math.max(0, Math.min(duration_ms, clock.position_ms + moved));
}

/** The same clock, seen from now, with something changed. */
export function setClock(
  clock: Clock,
  now_ms: number,
  duration_ms: number,
  change: Partial<Pick<Clock, "position_ms" | "rate" | "is_running">>,
): Clock {
  const position_ms = change.position_ms ?? positionAt(clock, now_ms, duration_ms);
  return {
    position_ms: Math.max(0, Math.min(duration_ms, position_ms)),
    at_ms: now_ms,
    rate: change.rate ?? clock.rate,
    is_running: change.is_running ?? clock.is_running,
  };
}

/** Tracks begin some tens of milliseconds after the recording itself does. */
const OPENING_MS = 1000;

/** Where a recording opens: where those who were there from the start have a picture, instead of on nothing. */
export function openingPosition(lanes: readonly Lane[]): number {
  const starts = lanes.flatMap((lane) => lane.spans.slice(0, 1).map((span) => span.from_ms));
  return Math.max(0, ...starts.filter((start) => start <= OPENING_MS));
}

export type LaneMoment =
  | { kind: "recorded" }
  /** Something was recorded, but a track of that person is missing: sound without picture, or the reverse. */
  | { kind: "partly"; cause: string; length_ms: number }
  | { kind: "gap"; cause: string; length_ms: number }
  | { kind: "not_yet" }
  | { kind: "over" };

/** What a lane holds at a position. A hole that no gap explains is a gap without a cause. */
export function momentOf(lane: Lane, position_ms: number): LaneMoment {
  const gap = lane.gaps.find((one) => position_ms >= one.from_ms && position_ms < one.to_ms);
  const hasMedia = lane.spans.some((span) => position_ms >= span.from_ms && position_ms < span.to_ms);
  if (gap !== undefined) {
    return { kind: hasMedia ? "partly" : "gap", cause: gap.cause, length_ms: gap.to_ms - gap.from_ms };
  }
  if (hasMedia) return { kind: "recorded" };
  const first = lane.spans[0];
  const last = lane.spans.at(-1);
  if (first === undefined || last === undefined || position_ms >= last.to_ms) return { kind: "over" };
  if (position_ms < first.from_ms) return { kind: "not_yet" };
  const before = lane.spans.filter((span) => span.to_ms <= position_ms).at(-1) as { to_ms: number };
  const after = lane.spans.find((span) => span.from_ms > position_ms) as { from_ms: number };
  return { kind: "gap", cause: "", length_ms: after.from_ms - before.to_ms };
}

/** What a media element is doing. */
export interface ElementState {
  media_ms: number;
  /** Length of the file; infinite while unknown. */
  length_ms: number;
  is_seeking: boolean;
  /** It can show the next frame (readyState ≥ HAVE_FUTURE_DATA). */
  can_play: boolean;
}

export interface Correction {
  /** Set currentTime to this, in milliseconds of the file; null leaves it. */
  seek_ms: number | null;
  should_play: boolean;
  rate: number;
  /** The clock must wait for this element. */
  is_waiting: boolean;
}

/** How to bring one element in line with the clock. */
export function correctionFor(lane: Lane, clock: Clock, position_ms: number, element: ElementState): Correction {
  const wanted_ms = position_ms - lane.starts_at_ms;
  // A file may end a frame or two before its last span says: waiting for more would be waiting for ever.
  const { kind } = momentOf(lane, position_ms);
  const hasMedia = wanted_ms < element.length_ms && (kind === "recorded" || kind === "partly");
  if (!hasMedia) return { seek_ms: null, should_play: false, rate: clock.rate, is_waiting: false };
  const off_ms = element.media_ms - wanted_ms;
  if (!clock.is_running) {
    const seek_ms = !element.is_seeking && Math.abs(off_ms) > IN_STEP_MS ? wanted_ms : null;
    return { seek_ms, should_play: false, rate: clock.rate, is_waiting: !element.can_play };
  }
  if (element.is_seeking) return { seek_ms: null, should_play: true, rate: clock.rate, is_waiting: true };
  if (Math.abs(off_ms) > JUMP_BEYOND_MS) {
    return { seek_ms: wanted_ms, should_play: true, rate: clock.rate, is_waiting: !element.can_play };
  }
  const nudge = Math.abs(off_ms) <= IN_STEP_MS ? 0 : -Math.sign(off_ms) * CATCH_UP;
  return { seek_ms: null, should_play: true, rate: clock.rate * (1 + nudge), is_waiting: !element.can_play };
}

/** The beginnings of what is missing, of `more` (an ECG's holes) as well; in order, each once. */
export function gapStops(lanes: readonly Lane[], more: readonly number[] = []): number[] {
  return inOrder([...lanes.flatMap((lane) => lane.gaps.map((gap) => gap.from_ms)), ...more]);
}

/** Places worth stopping at: events and the beginnings of gaps, in order, each once. */
export function stops(
  lanes: readonly Lane[],
  events: readonly { offset_ms: number | null }[],
  more: readonly number[] = [],
): number[] {
  const places = events.flatMap((event) => (event.offset_ms === null ? [] : [event.offset_ms]));
  return inOrder([...places, ...gapStops(lanes, more)]);
}

const inOrder = (places: readonly number[]): number[] => [...new Set(places)].sort((a, b) => a - b);

/** Going back lands on the stop before the one just passed: pressing [ twice must not stay in place. */
const PASSED_MS = 1000;

/** The next (or previous) stop from a position; null when there is none. */
export function nextStop(places: readonly number[], position_ms: number, direction: 1 | -1): number | null {
  const found =
    direction === 1
      ? places.find((place) => place > position_ms + 1)
      : places.filter((place) => place < position_ms - PASSED_MS).at(-1);
  return found ?? null;
}

const TICK_STEPS_S: readonly number[] = [1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200];

/** Marks of the time axis in milliseconds: round numbers, at most `most` of them. */
export function axisTicks(duration_ms: number, most: number): number[] {
  const seconds = duration_ms / 1000;
  const step = TICK_STEPS_S.find((one) => seconds / one <= most) ?? Math.ceil(seconds / most / 3600) * 3600;
  const ticks: number[] = [];
  for (let at = 0; at <= seconds; at += step) ticks.push(at * 1000);
  return ticks;
}
