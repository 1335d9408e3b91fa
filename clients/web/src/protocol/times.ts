// Times, by the hospital's clock, and lengths as the pages write them: 14:33:40, 6:10. Unknown lengths are a dash, never a zero.

import { hospitalClock } from "./hospital_time";

const two = (value: number): string => String(value).padStart(2, "0");

/** A time of day, to the second or to the minute. */
export function timeOfDay(at: Date, withSeconds = true): string {
  const { hour, minute, second } = hospitalClock(at);
  const minutes = `${two(hour)}:${two(minute)}`;
  return withSeconds ? `${minutes}:${two(second)}` : minutes;
}

/** A calendar day, 2026-11-09. */
export function day(at: Date): string {
  const { year, month, date } = hospitalClock(at);
  return `${year}-${two(month)}-${two(date)}`;
}

/** A length or a media position: 9:16, 1:02:05. Negative and unknown values give a dash. */
export function clock(length_ms: number): string {
  if (!Number.isFinite(length_ms) || length_ms < 0) return "–";
  const seconds = Math.floor(length_ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Minutes and seconds of a length, for sentences. */
export function minutesAndSeconds(length_ms: number): { minutes: number; seconds: number } {
  const seconds = Math.max(0, Math.round(length_ms / 1000));
  return { minutes: Math.floor(seconds / 60), seconds: seconds % 60 };
}

/** How many days before `now` the moment `at` lies, by the calendar: 0 today, 1 yesterday. */
export function daysBefore(now: Date, at: Date): number {
  const midnight = (moment: Date): number => {
    const { year, month, date } = hospitalClock(moment);
    return Date.UTC(year, month - 1, date);
  };
  return Math.round((midnight(now) - midnight(at)) / 86_400_000);
}
