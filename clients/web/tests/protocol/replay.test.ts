import { describe, expect, test } from "vitest";
import type { RecordedEvent } from "../../src/protocol/api";
import {
  caseOfRoom,
  caseTimelineFrom,
  currentEntry,
  entryGroups,
  replayEntries,
  type Recorded,
  type ReplayEntry,
} from "../../src/protocol/replay";

const event = (sequence: number, offset_ms: number, kind: string): RecordedEvent => ({
  sequence,
  offset_ms,
  at_ms: 1_000_000 + offset_ms,
  kind,
  actor_name: "周岚",
  text: kind === "mark" ? "用药" : "",
});
const RECORDED: Recorded = {
  recording_id: "re_1",
  started_at_ms: 1_000_000,
  duration_ms: 60_000,
  events: [event(1, 0, "recording_started"), event(2, 30_000, "mark")],
};
const told = (sequence: number, at_ms: number, kind: string, media_position_ms: number | null) => ({
  sequence,
  at_ms,
  kind,
  actor: "pe_1",
  actor_name: "王敏",
  facts: {},
  media_position_ms,
});
const ANSWER = {
  events: [
    told(11, 990_000, "invitation.sent", null),
    told(12, 1_005_000, "session.started", 5000),
    told(13, 1_040_000, "opinion.signed", 40_000),
  ],
  recording: "re_1",
};

test("a case's room is called by its case", () => {
  expect(caseOfRoom("ca_4f")).toBe("ca_4f");
  expect(caseOfRoom("clinic-discussion")).toBe("");
});

describe("a timeline's answer", () => {
  test("is read with its places", () => {
    const timeline = caseTimelineFrom(ANSWER);
    expect(timeline.recording).toBe("re_1");
    expect(timeline.events.map((one) => [one.kind, one.position_ms, one.actor_name])).toEqual([
      ["invitation.sent", null, "王敏"],
      ["session.started", 5000, "王敏"],
      ["opinion.signed", 40_000, "王敏"],
    ]);
  });

  test("keeps what each event changed", () => {
    const facts = { height: 720, fps: 24 };
    const timeline = caseTimelineFrom({ ...ANSWER, events: [{ ...told(11, 990_000, "qos.received", null), facts }] });
    expect(replayEntries(RECORDED, timeline).find((one) => one.kind === "qos.received")?.facts).toEqual(facts);
  });

  test("that is none tells nothing", () => {
    for (const answer of [null, {}, { events: 3 }]) {
      expect(caseTimelineFrom(answer)).toEqual({ events: [], recording: "" });
    }
    const broken = { events: [null, { sequence: "1" }, { sequence: 1 }, { sequence: 1, at_ms: 2 }] };
    expect(caseTimelineFrom(broken)).toEqual({
      events: [{ sequence: 1, at_ms: 2, kind: "", actor_name: "", facts: {}, position_ms: null }],
      recording: "",
    });
  });
});

describe("the list under the player", () => {
  test("without a case holds the recording's own events", () => {
    expect(replayEntries(RECORDED, null).map((one) => [one.key, one.offset_ms, one.is_of_case])).toEqual([
      ["r1", 0, false],
      ["r2", 30_000, false],
    ]);
  });

  test("holds the case's events and the marks, by time, with and without a place", () => {
    const entries = replayEntries(RECORDED, caseTimelineFrom(ANSWER));
    expect(entries.map((one) => [one.key, one.offset_ms, one.text])).toEqual([
      ["c11", null, ""],
      ["c12", 5000, ""],
      ["r2", 30_000, "用药"],
      ["c13", 40_000, ""],
    ]);
  });

  test("goes by the clock where the places are another recording's", () => {
    const timeline = caseTimelineFrom({ ...ANSWER, recording: "re_2" });
    const ended = caseTimelineFrom({ events: [told(14, 1_060_001, "session.ended", 3)], recording: "re_2" });
    expect(replayEntries(RECORDED, timeline).map((one) => one.offset_ms)).toEqual([null, 5000, 30_000, 40_000]);
    expect(replayEntries(RECORDED, ended).map((one) => one.offset_ms)).toEqual([30_000, null]);
  });

  test("marks the entry that was passed last", () => {
    const entries = replayEntries(RECORDED, caseTimelineFrom(ANSWER));
    expect(currentEntry(entries, 0)).toBeNull();
    expect(currentEntry(entries, 5000)).toBe("c12");
    expect(currentEntry(entries, 39_999)).toBe("c13");
  });
});

describe("events on the axis", () => {
  const entry = (key: string, offset_ms: number | null): ReplayEntry => ({
    key,
    at_ms: 0,
    offset_ms,
    kind: "mark",
    actor_name: "",
    text: "",
    is_of_case: false,
    facts: {},
  });

  test("that stand too near each other are one place", () => {
    const entries = [entry("d", 25_000), entry("a", 1000), entry("b", 5999), entry("x", null), entry("c", 6000)];
    const groups = entryGroups(entries, 100_000, 20);
    expect(groups.map((one) => [one.offset_ms, one.entries.map((each) => each.key)])).toEqual([
      [1000, ["a", "b"]],
      [6000, ["c"]],
      [25_000, ["d"]],
    ]);
  });

  test("a recording without events has none", () => {
    expect(entryGroups([], 100, 10)).toEqual([]);
  });
});
