// The duty roster as the API gives it (signaling/api/roster_models.py), laid out by weeks, and its files.

import type { TwoLanguages } from "./api";
import { HOSPITAL_OFFSET, hospitalClock, hospitalMoment } from "./hospital_time";
import { day, timeOfDay } from "./times";

export type DutyLine = 1 | 2;
export const DUTY_LINES: readonly DutyLine[] = [1, 2];

export interface Stretch {
  from_ms: number;
  until_ms: number;
}

export interface Shift extends Stretch {
  id: string;
  specialty: string;
  line: DutyLine;
  person: string;
  name: string;
}

export type NewShift = Omit<Shift, "id" | "name">;

/** A time in which nobody is on the first line. */
export interface RosterGap extends Stretch {
  specialty: string;
  line: DutyLine;
}

export interface RosterOverlap extends Stretch {
  kind: "same_line" | "same_person";
  first: string;
  second: string;
}

export interface RosterSpan {
  shifts: readonly Shift[];
  gaps: readonly RosterGap[];
  overlaps: readonly RosterOverlap[];
  is_complete: boolean;
}

export interface NamedCode {
  code: string;
  name: TwoLanguages;
}

export interface DutyPhone {
  specialty: string;
  phone: string;
}

export interface Slot extends Stretch {
  id: string;
  specialty: string;
  person: string;
  name: string;
  title: string;
  is_booked: boolean;
}

export type NewSlot = Pick<Slot, "specialty" | "person" | "from_ms" | "until_ms">;

export type RosterFormat = "csv" | "ics";

export interface RosterFile {
  name: string;
  media_type: string;
  text: string;
}

/** The eight midnights of a calendar week, Monday first; `weeks` after (or before) the one of `now`. */
export function midnightsOfWeek(now_ms: number, weeks: number): number[] {
  const { year, month, date, weekday } = hospitalClock(new Date(now_ms));
  const sinceMonday = (weekday + 6) % 7;
  return Array.from({ length: 8 }, (_, n) => hospitalMoment(year, month, date - sinceMonday + weeks * 7 + n));
}

/** What of a shift or a gap falls on one day. */
export interface Piece<T extends Stretch> extends Stretch {
  whole: T;
  isAllDay: boolean;
}

export interface RosterDay {
  from_ms: number;
  shifts: Piece<Shift>[];
  gaps: Piece<RosterGap>[];
}

export interface RosterRow {
  specialty: string;
  line: DutyLine;
  days: RosterDay[];
}

function piecesOn<T extends Stretch>(stretches: readonly T[], from_ms: number, until_ms: number): Piece<T>[] {
  return stretches
    .filter((one) => one.from_ms < until_ms && one.until_ms > from_ms)
    .map((whole) => ({
      whole,
      from_ms: Math.max(whole.from_ms, from_ms),
      until_ms: Math.min(whole.until_ms, until_ms),
      isAllDay: whole.from_ms <= from_ms && whole.until_ms >= until_ms,
    }))
    .sort((a, b) => a.from_ms - b.from_ms);
}

/** The table of a week: both lines of every specialty that has a shift in it, in the given order of specialties. */
export function weekRows(roster: RosterSpan, order: readonly string[], midnights: readonly number[]): RosterRow[] {
  const there = [...new Set(roster.shifts.map((shift) => shift.specialty))];
  const place = (code: string): number => (order.includes(code) ? order.indexOf(code) : order.length);
  return there
    .sort((a, b) => place(a) - place(b))
    .flatMap((specialty) =>
      DUTY_LINES.map((line) => {
        const isOfRow = (one: { specialty: string; line: DutyLine }): boolean =>
          one.specialty === specialty && one.line === line;
        const shifts = roster.shifts.filter(isOfRow);
        const gaps = roster.gaps.filter(isOfRow);
        const days = midnights.flatMap((until_ms, n) => {
          const from_ms = midnights[n - 1];
          if (from_ms === undefined) return [];
          return [{ from_ms, shifts: piecesOn(shifts, from_ms, until_ms), gaps: piecesOn(gaps, from_ms, until_ms) }];
        });
        return { specialty, line, days };
      }),
    );
}

/** 08:00–17:30; a day's end is 24:00. */
export function hoursOf(piece: Stretch): string {
  const end = timeOfDay(new Date(piece.until_ms), false);
  return `${timeOfDay(new Date(piece.from_ms), false)}–${end === "00:00" ? "24:00" : end}`;
}

/** Shifts that share their time with another one of the same person, or of the same line. */
export function overlapping(roster: RosterSpan, kind: RosterOverlap["kind"]): ReadonlySet<string> {
  return new Set(roster.overlaps.filter((one) => one.kind === kind).flatMap((one) => [one.first, one.second]));
}

/** A moment as a datetime-local field holds it. */
export function fieldOfMoment(at_ms: number): string {
  const at = new Date(at_ms);
  return `${day(at)}T${timeOfDay(at, false)}`;
}

/** The moment that a datetime-local field holds; null while it is unfinished. */
export function momentOfField(text: string): number | null {
  const at_ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? new Date(`${text}${HOSPITAL_OFFSET}`).getTime() : Number.NaN;
  return Number.isNaN(at_ms) ? null : at_ms;
}

export type ShiftPreset = "day" | "night" | "whole";
export const SHIFT_PRESETS: readonly ShiftPreset[] = ["day", "night", "whole"];
/** Begin and end in minutes after midnight, as most county hospitals change shifts. */
const PRESETS: Readonly<Record<ShiftPreset, readonly [number, number]>> = {
  day: [8 * 60, 17 * 60 + 30],
  night: [17 * 60 + 30, 32 * 60],
  whole: [8 * 60, 32 * 60],
};

/** The usual shift that begins on the day of `at_ms`. */
export function presetOn(at_ms: number, preset: ShiftPreset): Stretch {
  const { year, month, date } = hospitalClock(new Date(at_ms));
  const [from_ms, until_ms] = PRESETS[preset].map((minutes) => hospitalMoment(year, month, date, minutes)) as [
    number,
    number,
  ];
  return { from_ms, until_ms };
}

/** The usual shift that a stretch is; null where it is another. */
export function presetOf(stretch: Stretch): ShiftPreset | null {
  const isIt = (preset: ShiftPreset): boolean => {
    const usual = presetOn(stretch.from_ms, preset);
    return usual.from_ms === stretch.from_ms && usual.until_ms === stretch.until_ms;
  };
  return SHIFT_PRESETS.find(isIt) ?? null;
}

/** The text of a file: UTF-8, or what Excel and WPS save CSV as on a Chinese Windows (GB 18030). */
export function textOfFile(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

/** Which kind of file a text is, by what it says, not by its name. */
export function formatOfText(text: string): RosterFormat {
  return text.trimStart().startsWith("BEGIN:VCALENDAR") ? "ics" : "csv";
}

/** The sentences about a file's lines, from the facts of a refusal. */
export function fileFaults(facts: Readonly<Record<string, unknown>>): string[] {
  const faults = facts["faults"];
  if (!Array.isArray(faults)) return [];
  return faults
    .map((one: unknown) => (typeof one === "object" && one !== null && "detail" in one ? one.detail : null))
    .filter((detail): detail is string => typeof detail === "string");
}
