// The duty roster by weeks: what falls on which day, what overlaps, and what a file is.

import { describe, expect, test } from "vitest";
import { hospitalMoment } from "../../src/protocol/hospital_time";
import {
  fieldOfMoment,
  fileFaults,
  formatOfText,
  hoursOf,
  midnightsOfWeek,
  momentOfField,
  overlapping,
  presetOf,
  presetOn,
  SHIFT_PRESETS,
  textOfFile,
  weekRows,
  type DutyLine,
  type RosterSpan,
  type Shift,
} from "../../src/protocol/roster";

/** A Wednesday. */
const at = (day: number, hour = 0, minute = 0): number => hospitalMoment(2026, 11, day, hour * 60 + minute);
const shift = (id: string, from_ms: number, until_ms: number, line: DutyLine = 1, specialty = "cardiology"): Shift => ({
  id,
  specialty,
  line,
  person: `pe_${id}`,
  name: id,
  from_ms,
  until_ms,
});
const span = (more: Partial<RosterSpan>): RosterSpan => ({
  shifts: [],
  gaps: [],
  overlaps: [],
  is_complete: true,
  ...more,
});

describe("a week", () => {
  test.each([
    [at(25, 13), 0],
    [at(23), 0],
    [at(29, 23, 59), 0],
    [at(18), 1],
    [at(30), -1],
  ])("begins on Monday and has eight midnights", (now_ms, weeks) => {
    expect(midnightsOfWeek(now_ms, weeks)).toEqual([23, 24, 25, 26, 27, 28, 29, 30].map((day) => at(day)));
  });

  test("has both lines of every specialty with a shift, in the order of the specialties", () => {
    const roster = span({
      shifts: [
        shift("a", at(23, 8), at(23, 17), 1, "zoology"),
        shift("b", at(23, 8), at(23, 17), 2, "neurology"),
        shift("c", at(23, 8), at(23, 17)),
      ],
    });
    const rows = weekRows(roster, ["cardiology", "neurology"], midnightsOfWeek(at(25), 0));
    expect(rows.map((row) => [row.specialty, row.line])).toEqual([
      ["cardiology", 1],
      ["cardiology", 2],
      ["neurology", 1],
      ["neurology", 2],
      ["zoology", 1],
      ["zoology", 2],
    ]);
    expect(rows.map((row) => row.days.length)).toEqual([7, 7, 7, 7, 7, 7]);
  });

  test("cuts a shift and a gap at midnight, and knows whole days", () => {
    const late = shift("late", at(24, 17, 30), at(26, 8));
    const early = shift("early", at(24, 8), at(24, 17, 30));
    const gap = { specialty: "cardiology", line: 1 as const, from_ms: at(26, 8), until_ms: at(30) };
    const roster = span({ shifts: [late, early], gaps: [gap] });
    const [row] = weekRows(roster, [], midnightsOfWeek(at(25), 0));
    const days = row?.days ?? [];
    expect(days.map((one) => one.shifts.map((piece) => [piece.whole.id, hoursOf(piece), piece.isAllDay]))).toEqual([
      [],
      [
        ["early", "08:00–17:30", false],
        ["late", "17:30–24:00", false],
      ],
      [["late", "00:00–24:00", true]],
      [["late", "00:00–08:00", false]],
      [],
      [],
      [],
    ]);
    expect(days.map((one) => one.gaps.map(hoursOf))).toEqual([
      [],
      [],
      [],
      ["08:00–24:00"],
      ["00:00–24:00"],
      ["00:00–24:00"],
      ["00:00–24:00"],
    ]);
  });

  test("without midnights has no days", () => {
    expect(weekRows(span({ shifts: [shift("a", 0, 1)] }), [], [])[0]?.days).toEqual([]);
  });

  test("names the shifts that overlap, by kind", () => {
    const both = { from_ms: 0, until_ms: 1 };
    const roster = span({
      overlaps: [
        { kind: "same_line", first: "a", second: "b", ...both },
        { kind: "same_person", first: "b", second: "c", ...both },
      ],
    });
    expect([...overlapping(roster, "same_line")]).toEqual(["a", "b"]);
    expect([...overlapping(roster, "same_person")]).toEqual(["b", "c"]);
  });
});

describe("a shift's form", () => {
  test("holds moments as fields do", () => {
    expect(fieldOfMoment(at(22, 8, 5))).toBe("2026-11-22T08:05");
    expect(momentOfField("2026-11-22T08:05")).toBe(at(22, 8, 5));
    expect(momentOfField("2026-11-22")).toBeNull();
    expect(momentOfField("2026-13-42T08:05")).toBeNull();
    expect(momentOfField("")).toBeNull();
  });

  test("knows the usual shifts", () => {
    expect(presetOn(at(22, 13), "day")).toEqual({ from_ms: at(22, 8), until_ms: at(22, 17, 30) });
    expect(presetOn(at(22, 13), "night")).toEqual({ from_ms: at(22, 17, 30), until_ms: at(23, 8) });
    expect(presetOn(at(30, 13), "whole")).toEqual({ from_ms: at(30, 8), until_ms: at(31, 8) });
    for (const preset of SHIFT_PRESETS) expect(presetOf(presetOn(at(22), preset))).toBe(preset);
    expect(presetOf({ from_ms: at(22, 8), until_ms: at(22, 12) })).toBeNull();
  });
});

describe("a file", () => {
  test("is read as UTF-8 or as GB 18030", () => {
    expect(textOfFile(new TextEncoder().encode("专科,线"))).toBe("专科,线");
    expect(textOfFile(new Uint8Array([0xd7, 0xa8, 0xbf, 0xc6]))).toBe("专科");
  });

  test("says itself what it is", () => {
    expect(formatOfText("\r\nBEGIN:VCALENDAR\r\n")).toBe("ics");
    expect(formatOfText("专科,线\n")).toBe("csv");
  });

  test("is refused in sentences", () => {
    const faults = [{ line: 3, detail: "第 3 行：没有这个专科。" }, { line: 4 }, null, { detail: 5 }, "x"];
    expect(fileFaults({ faults })).toEqual(["第 3 行：没有这个专科。"]);
    expect(fileFaults({})).toEqual([]);
    expect(fileFaults({ faults: "many" })).toEqual([]);
  });
});
