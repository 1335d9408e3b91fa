// Licences, devices and their clocks, as the administrator is warned of them.

import { describe, expect, test } from "vitest";
import {
  deviceStanding,
  endOfDay,
  LICENCE_WARN_MS,
  licenceStanding,
  licenceWarning,
  mayBeOne,
  offsetParts,
  type Device,
  type Licence,
  type Person,
} from "../../src/protocol/staff";

const DAY_MS = 86_400_000;
const NOW_MS = 1_800_000_000_000;

const licence = (left_ms: number, state: Licence["state"] = "active"): Licence => ({
  id: "l",
  number: "1",
  kind: "physician",
  valid_until_ms: NOW_MS + left_ms,
  state,
});

const person = (roles: Person["roles"], ...licences: Licence[]): Person => ({
  id: "p",
  institution: "i",
  name: "A",
  title: "",
  specialty: "",
  phone: "",
  state: "active",
  roles,
  licences,
  account: null,
  created_at_ms: 0,
});

describe("a licence", () => {
  test("is valid until two months before its end", () => {
    expect(licenceStanding(licence(LICENCE_WARN_MS + 1), NOW_MS)).toEqual({ kind: "valid" });
    expect(licenceStanding(licence(LICENCE_WARN_MS), NOW_MS)).toEqual({ kind: "soon", days: 60 });
    expect(licenceStanding(licence(1), NOW_MS)).toEqual({ kind: "soon", days: 1 });
    expect(licenceStanding(licence(0), NOW_MS)).toEqual({ kind: "soon", days: 0 });
  });

  test("expires by the clock, or when the server says so", () => {
    expect(licenceStanding(licence(-1), NOW_MS)).toEqual({ kind: "expired", days: 0 });
    expect(licenceStanding(licence(-3 * DAY_MS), NOW_MS)).toEqual({ kind: "expired", days: 3 });
    expect(licenceStanding(licence(DAY_MS, "expired"), NOW_MS)).toEqual({ kind: "expired", days: 0 });
  });

  test("that was ended is ended, whatever its date", () => {
    expect(licenceStanding(licence(900 * DAY_MS, "ended"), NOW_MS)).toEqual({ kind: "ended" });
  });
});

describe("somebody's licences", () => {
  test("give no warning while one of them is good", () => {
    expect(licenceWarning(person(["specialist"], licence(-DAY_MS), licence(900 * DAY_MS)), NOW_MS)).toBeNull();
  });

  test("warn by the best of them", () => {
    const two = person(["specialist"], licence(2 * DAY_MS), licence(9 * DAY_MS), licence(-DAY_MS));
    expect(licenceWarning(two, NOW_MS)).toEqual({ kind: "soon", days: 9 });
    const none = person(["specialist"], licence(-9 * DAY_MS), licence(-2 * DAY_MS));
    expect(licenceWarning(none, NOW_MS)).toEqual({ kind: "expired", days: 2 });
  });

  test("are missed only where the role asks for one", () => {
    expect(licenceWarning(person(["duty_expert"]), NOW_MS)).toEqual({ kind: "missing" });
    expect(licenceWarning(person(["duty_expert"], licence(1, "ended")), NOW_MS)).toEqual({ kind: "missing" });
    expect(licenceWarning(person(["auditor"]), NOW_MS)).toBeNull();
  });
});

test("administrator and auditor are never one person", () => {
  expect(mayBeOne(["administrator", "auditor"])).toBe(false);
  expect(mayBeOne(["administrator", "specialist"])).toBe(true);
  expect(mayBeOne(["auditor"])).toBe(true);
});

describe("a device", () => {
  const device = (more: Partial<Device>): Device => ({
    id: "d",
    name: "",
    kind: "kiosk",
    state: "active",
    created_at_ms: 0,
    enrolled_at_ms: 0,
    seen_at_ms: NOW_MS,
    clock_offset_ms: 0,
    clock_error_ms: 0,
    key_algorithm: "",
    key_sha256: "",
    ...more,
  });
  test.each([
    ["waiting", { state: "waiting" }],
    ["ended", { state: "ended" }],
    ["never", { seen_at_ms: null }],
    ["silent", { seen_at_ms: NOW_MS - 26 * 3_600_000 - 1 }],
    ["clock", { clock_offset_ms: -1001 }],
    ["good", { clock_offset_ms: 1000 }],
    ["good", { clock_offset_ms: null, seen_at_ms: NOW_MS - 26 * 3_600_000 }],
  ] as const)("stands as %s: %j", (standing, more) => {
    expect(deviceStanding(device(more), NOW_MS)).toBe(standing);
  });
});

test.each([
  [0, ["", "0", "ms"]],
  [-41, ["−", "41", "ms"]],
  [999, ["+", "999", "ms"]],
  [1000, ["+", "1.0", "s"]],
  [-93_000, ["−", "93.0", "s"]],
  [600_000, ["+", "10", "min"]],
  [93_600_000, ["+", "26", "h"]],
])("an offset of %d ms", (offset_ms, [sign, value, unit]) => {
  expect(offsetParts(offset_ms)).toEqual({ sign, value, unit });
});

describe("the last day of a licence", () => {
  test("counts whole", () => {
    expect(endOfDay("2026-11-09")).toBe(Date.parse("2026-11-10T00:00+08:00") - 1);
  });

  test.each([[""], ["2026-13-01"], ["2026-02-30"], ["9.11.2026"]])("%j is no day", (text) => {
    expect(endOfDay(text)).toBeNull();
  });
});
