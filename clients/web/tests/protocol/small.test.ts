// The modules of a few lines: times, addresses, devices, the tone, reconnecting, endings, verdicts.

import { describe, expect, test } from "vitest";
import type { Verification } from "../../src/protocol/api";
import { BARS, barsOf, problemOf } from "../../src/protocol/devices";
import { endingOf } from "../../src/protocol/ending";
import { GIVE_UP_AFTER_MS, waitBeforeTry } from "../../src/protocol/reconnect";
import { doorFrom, hashOf, returnFrom, routeFrom, type Route } from "../../src/protocol/route";
import { clock, day, daysBefore, minutesAndSeconds, timeOfDay } from "../../src/protocol/times";
import { testTone } from "../../src/protocol/tone";
import { cardsOf } from "../../src/protocol/verdict";

describe("times", () => {
  const at = new Date("2026-11-09T04:03:09+08:00");

  test("a time of day has two digits each", () => {
    expect(timeOfDay(at)).toBe("04:03:09");
    expect(timeOfDay(at, false)).toBe("04:03");
    expect(day(at)).toBe("2026-11-09");
  });

  test.each([
    [0, "0:00"],
    [556_900, "9:16"],
    [3_725_000, "1:02:05"],
    [-1, "–"],
    [NaN, "–"],
    [Infinity, "–"],
  ])("a length of %d ms", (length_ms, text) => {
    expect(clock(length_ms)).toBe(text);
  });

  test("minutes and seconds are rounded and never negative", () => {
    expect(minutesAndSeconds(1_111_400)).toEqual({ minutes: 18, seconds: 31 });
    expect(minutesAndSeconds(-5)).toEqual({ minutes: 0, seconds: 0 });
  });

  test("days go by the calendar, not by 24 hours", () => {
    expect(daysBefore(new Date("2026-11-09T00:10+08:00"), new Date("2026-11-08T23:50+08:00"))).toBe(1);
    expect(daysBefore(at, at)).toBe(0);
  });
});

describe("addresses", () => {
  test.each<[string, Route]>([
    ["", { screen: "home" }],
    ["#/", { screen: "home" }],
    ["#/rooms", { screen: "rooms", room: null }],
    ["#/rooms/", { screen: "rooms", room: null }],
    ["#/rooms/clinic", { screen: "rooms", room: "clinic" }],
    ["#/in/%E9%97%A8%E8%AF%8A", { screen: "room", room: "门诊" }],
    ["#/in", { screen: "rooms", room: null }],
    ["#/recordings", { screen: "recordings", recording: null }],
    ["#/recordings/RC_1", { screen: "recordings", recording: "RC_1" }],
    ["#/work", { screen: "work" }],
    ["#/cases", { screen: "work" }],
    ["#/cases/ca_1", { screen: "case", case: "ca_1" }],
    ["#/ecgs", { screen: "work" }],
    ["#/ecgs/ec_1", { screen: "ecg", ecg: "ec_1" }],
    ["#/nonsense/x", { screen: "home" }],
    ["#/rooms/%E9", { screen: "rooms", room: "%E9" }],
  ])("%s", (hash, route) => {
    expect(routeFrom(hash)).toEqual(route);
  });

  test.each<Route>([
    { screen: "home" },
    { screen: "rooms", room: null },
    { screen: "rooms", room: "a/b 门诊" },
    { screen: "room", room: "a/b" },
    { screen: "recordings", recording: null },
    { screen: "recordings", recording: "RC_1" },
    { screen: "trace", section: "reviews" },
    { screen: "ledger" },
    { screen: "work" },
    { screen: "case", case: "a/b" },
    { screen: "ecg", ecg: "a/b" },
    { screen: "admin", section: "devices" },
  ])("an address leads back to its screen: %j", (route) => {
    expect(routeFrom(hashOf(route))).toEqual(route);
  });

  test("a section that is not there is the first one", () => {
    expect(routeFrom("#/trace/weather")).toEqual({ screen: "trace", section: "search" });
    expect(routeFrom("#/admin")).toEqual({ screen: "admin", section: "people" });
  });

  test("the way back from an identity provider", () => {
    expect(returnFrom("#/signin?refused=oidc_state_lost")).toEqual({ refused: "oidc_state_lost" });
    expect(returnFrom("#/account?linked=1")).toBe("linked");
    expect(returnFrom("#/rooms")).toBeNull();
  });

  test.each([
    ["#/first?code=AB%20CD", { door: "first", code: "AB CD" }],
    ["#/activate?code=XY", { door: "activate", code: "XY" }],
    ["#/activate", { door: "activate", code: "" }],
    ["#/invite#XY", { door: "invite", code: "XY" }],
    ["#/invite/XY", { door: "invite", code: "XY" }],
    ["#/invited?code=XY", { door: "invite", code: "XY" }],
    ["#/enrol", { door: "enrol", code: "" }],
    ["#/enrol?code=%", { door: "enrol", code: "%" }],
    ["#/rooms", null],
    ["#/invitations", null],
    ["", null],
  ])("the door of %s", (hash, door) => {
    expect(doorFrom(hash)).toEqual(door);
  });
});

describe("devices", () => {
  test.each([
    ["NotAllowedError", "refused"],
    ["NotFoundError", "missing"],
    ["NotReadableError", "busy"],
    ["SecurityError", "insecure"],
    ["TypeError", "failed"],
  ])("%s", (name, problem) => {
    expect(problemOf(name)).toBe(problem);
  });

  test("silence lights nothing, a shout everything, a voice some", () => {
    const tone = (amplitude: number): Float32Array<ArrayBuffer> =>
      new Float32Array(1000).map((_, i) => amplitude * Math.sin(i / 3));
    expect(barsOf(new Float32Array(0))).toBe(0);
    expect(barsOf(tone(0))).toBe(0);
    expect(barsOf(tone(0.0001))).toBe(0);
    expect(barsOf(tone(1))).toBe(BARS);
    expect(barsOf(tone(0.05))).toBeGreaterThan(1);
    expect(barsOf(tone(0.05))).toBeLessThan(BARS);
  });

  test("the tone is a WAV file that begins and ends in silence", () => {
    const bytes = testTone();
    const view = new DataView(bytes);
    expect(new TextDecoder().decode(bytes.slice(0, 4))).toBe("RIFF");
    expect(view.getUint32(4, true)).toBe(bytes.byteLength - 8);
    expect(view.getUint32(40, true)).toBe(bytes.byteLength - 44);
    expect(view.getInt16(44, true)).toBe(0);
    expect(Math.abs(view.getInt16(bytes.byteLength - 2, true))).toBeLessThan(200);
  });
});

test("tries come fast at first, then steadily, and end after ten minutes", () => {
  expect([0, 1, 2, 3, 4, 99].map((tried) => waitBeforeTry(tried, 0))).toEqual([0, 300, 1000, 2000, 4000, 4000]);
  expect(waitBeforeTry(2, GIVE_UP_AFTER_MS)).toBeNull();
});

test("every reason to leave has a word; what is unknown was the link", () => {
  expect([1, 2, 3, 4, 5, 7, 10].map(endingOf)).toEqual([
    "left",
    "elsewhere",
    "server_stopped",
    "removed",
    "room_closed",
    "not_admitted",
    "room_closed",
  ]);
  expect(endingOf(14)).toBe("link_lost");
  expect(endingOf(undefined)).toBe("link_lost");
});

describe("verdicts", () => {
  const GAP = { identity: "lijianping", from_ms: 38_000, to_ms: 44_000, cause: "link_lost" };
  const sound: Verification = {
    integrity: { verdict: "unaltered", segments: 112, signature: "valid", fault: null },
    completeness: { verdict: "nothing_missing", events_from: 1, events_to: 86, known_gaps: [GAP], fault: null },
  };

  test("two cards, each with its own state", () => {
    expect(cardsOf(sound)).toEqual({
      integrity: { state: "sound", segments: 112, signature: "valid", fault: null },
      completeness: { state: "sound", events_from: 1, events_to: 86, known_gaps: [GAP], fault: null },
    });
  });

  test("a fault of one does not spoil the other", () => {
    const fault = { file: "TR_a-0001.webm", offset: null, code: "segment_missing" };
    const holed = cardsOf({ ...sound, completeness: { ...sound.completeness, verdict: "something_missing", fault } });
    expect(holed.integrity.state).toBe("sound");
    expect(holed.completeness).toMatchObject({ state: "unsound", fault });
    expect(cardsOf({ ...sound, integrity: { ...sound.integrity, verdict: "altered" } }).integrity.state).toBe(
      "unsound",
    );
  });

  test("a mute and a gap too short to notice are not named", () => {
    const known_gaps = [{ ...GAP, cause: "muted" }, { ...GAP, to_ms: 38_199 }, GAP];
    const cards = cardsOf({ ...sound, completeness: { ...sound.completeness, known_gaps } });
    expect(cards.completeness.known_gaps).toEqual([GAP]);
  });

  test("a verdict of an unknown name is never taken as sound", () => {
    const odd = { ...sound.integrity, verdict: "fine" } as unknown as Verification["integrity"];
    const unchecked = { ...sound.completeness, verdict: "unchecked" as const };
    expect(cardsOf({ integrity: odd, completeness: unchecked })).toMatchObject({
      integrity: { state: "unchecked" },
      completeness: { state: "unchecked" },
    });
  });
});
