// The hospital's clock, in whatever zone this test is run.

import { expect, test } from "vitest";
import { hospitalClock, hospitalMoment } from "../../src/protocol/hospital_time";

test("a late evening in Greenwich is the next morning in the hospital", () => {
  expect(hospitalClock(new Date("2026-12-31T22:05:09Z"))).toEqual({
    year: 2027,
    month: 1,
    date: 1,
    weekday: 5,
    hour: 6,
    minute: 5,
    second: 9,
  });
});

test("a written time is the moment that the hospital's clock shows", () => {
  expect(hospitalMoment(2026, 11, 22, 8 * 60 + 5)).toBe(Date.parse("2026-11-22T00:05:00Z"));
});

test("dates count on over the ends of months, as a week's days and a night's end need", () => {
  expect(hospitalMoment(2026, 11, 31)).toBe(hospitalMoment(2026, 12, 1));
  expect(hospitalMoment(2026, 11, 0)).toBe(hospitalMoment(2026, 10, 31));
  expect(hospitalMoment(2026, 11, 22, 32 * 60)).toBe(hospitalMoment(2026, 11, 23, 8 * 60));
});
