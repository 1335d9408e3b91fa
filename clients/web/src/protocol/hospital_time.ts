// The time of day as the hospital's clocks show it, whatever zone a computer or browser is set to.
//
// China keeps one time, UTC+8, without summer time since 1992 (the tz database's Asia/Shanghai): a fixed offset is
// right for every page, as it is for the service (signaling/roster/hospital_time.py).

const OFFSET_MS = 8 * 3_600_000;
/** The same, as ISO 8601 writes it behind a time of day. */
export const HOSPITAL_OFFSET = "+08:00";

export interface HospitalClock {
  year: number;
  /** 1 to 12. */
  month: number;
  date: number;
  /** 0 is Sunday. */
  weekday: number;
  hour: number;
  minute: number;
  second: number;
}

/** What the hospital's calendar and clock show at a moment. */
export function hospitalClock(at: Date): HospitalClock {
  const shifted = new Date(at.getTime() + OFFSET_MS);
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    date: shifted.getUTCDate(),
    weekday: shifted.getUTCDay(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
  };
}

/** The moment at which the hospital's clock shows this; a date past the month's end counts on into the next one. */
export function hospitalMoment(year: number, month: number, date: number, minutes = 0): number {
  return Date.UTC(year, month - 1, date, 0, minutes) - OFFSET_MS;
}
