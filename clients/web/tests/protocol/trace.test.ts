// Searching the trace, reading an event, the ledger's verdicts, webhooks and the table of rights.

import { describe, expect, test } from "vitest";
import { cardState, kindsFrom, webhookStanding, type Webhook } from "../../src/protocol/ledger";
import { rightsGrid, type RightsTable } from "../../src/protocol/rights";
import {
  changesOf,
  familiesOf,
  kindsOf,
  readable,
  searchOf,
  shortHash,
  type TraceForm,
} from "../../src/protocol/trace";

const KNOWN = ["consent.declined", "consent.granted", "session.opened"];
const form = (more: Partial<TraceForm>): TraceForm => ({
  purpose: "complaint",
  note: "",
  patient: "",
  person: "",
  institution: "",
  kind: "",
  from_day: "",
  to_day: "",
  ...more,
});

describe("a search", () => {
  test("is not sent without a purpose", () => {
    expect(searchOf(form({ purpose: null, patient: "张" }), KNOWN, "")).toBe("purpose");
  });

  test("asks for the latest when nothing else is filled in", () => {
    expect(searchOf(form({}), KNOWN, "")).toEqual({
      purpose: "complaint",
      purpose_note: "",
      institution: "",
      patient: "",
      person: "",
      kinds: [],
      cursor: "",
    });
  });

  test("takes the last day whole", () => {
    const search = searchOf(form({ from_day: "2026-11-08", to_day: "2026-11-09" }), KNOWN, "c");
    expect(search).toMatchObject({
      from_ms: Date.parse("2026-11-08T00:00+08:00"),
      to_ms: Date.parse("2026-11-10T00:00+08:00"),
      cursor: "c",
    });
  });

  test("refuses days the wrong way round, and takes one day", () => {
    expect(searchOf(form({ from_day: "2026-11-09", to_day: "2026-11-08" }), KNOWN, "")).toBe("days");
    expect(searchOf(form({ from_day: "2026-11-09", to_day: "2026-11-09" }), KNOWN, "")).toMatchObject({ kinds: [] });
  });

  test("drops blanks around what was typed", () => {
    const search = searchOf(form({ note: " 投诉 114 ", patient: " 张 ", person: " 王 " }), KNOWN, "");
    expect(search).toMatchObject({ purpose_note: "投诉 114", patient: "张", person: "王" });
  });

  test("asks for one kind or for a whole family", () => {
    expect(kindsOf("", KNOWN)).toEqual([]);
    expect(kindsOf("consent.granted", KNOWN)).toEqual(["consent.granted"]);
    expect(kindsOf("consent", KNOWN)).toEqual(["consent.declined", "consent.granted"]);
    expect(familiesOf(KNOWN)).toEqual(["consent", "session"]);
  });
});

describe("an event", () => {
  test("shows what changed, name by name", () => {
    const before = { state: "declined", count: 3 };
    const after = { state: "granted", how: "voice", list: ["a"] };
    expect(changesOf({ before, after })).toEqual([
      { name: "count", before: "3", after: null },
      { name: "how", before: null, after: "voice" },
      { name: "list", before: null, after: '["a"]' },
      { name: "state", before: "declined", after: "granted" },
    ]);
  });

  test("has its canonical line broken for reading", () => {
    expect(readable('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(readable("{")).toBe("{");
  });

  test("shows the ends of a long hash", () => {
    expect(shortHash("8be1f0a2c41d704c9d6a41d704c2")).toBe("8be1f0a2…41d704c2");
    expect(shortHash("8be1f0a2")).toBe("8be1f0a2");
  });
});

test("a verdict the page does not know counts as unchecked", () => {
  expect(cardState({ verdict: "sound" })).toBe("sound");
  expect(cardState({ verdict: "faulty" })).toBe("unsound");
  expect(cardState({ verdict: "unchecked" })).toBe("unchecked");
  expect(cardState({ verdict: "splendid" as "sound" })).toBe("unchecked");
});

describe("a webhook", () => {
  const webhook = (more: Partial<Webhook>): Webhook => ({
    id: "w",
    url: "",
    kinds: [],
    state: "active",
    created_at_ms: 0,
    waiting: 0,
    failing: 0,
    given_up: 0,
    delivered_at_ms: 5,
    ...more,
  });
  test.each([
    ["good", {}],
    ["unused", { delivered_at_ms: null }],
    ["waiting", { waiting: 2 }],
    ["failing", { waiting: 2, failing: 1 }],
    ["failing", { given_up: 1 }],
    ["ended", { state: "ended", failing: 3 }],
  ] as const)("stands as %s: %j", (standing, more) => {
    expect(webhookStanding(webhook(more))).toBe(standing);
  });

  test("takes kinds as people write lists, each once", () => {
    expect(kindsFrom("recording.started\n recording.stopped，recording.started")).toEqual([
      "recording.started",
      "recording.stopped",
    ]);
    expect(kindsFrom(" ")).toEqual([]);
    expect(kindsFrom("recording")).toBeNull();
    expect(kindsFrom("Recording.Started")).toBeNull();
  });
});

test("the table of rights becomes a grid of actions by roles", () => {
  const title = { zh: "", en: "" };
  const rule = (action: string, roles: string[] | null) => ({
    action,
    roles,
    relations: [],
    states: [],
    assurance: 2,
  });
  const table: RightsTable = {
    roles: [
      { name: "doctor", title },
      { name: "auditor", title },
    ],
    relations: [],
    states: [],
    assurances: [],
    groups: [
      { name: "room", title: { zh: "房间", en: "Rooms" } },
      { name: "trace", title },
    ],
    actions: [
      { name: "room.join", group: "room", title },
      { name: "trace.read", group: "trace", title },
      { name: "room.list", group: "room", title },
    ],
    rules: [rule("room.join", ["doctor"]), rule("trace.read", ["auditor"]), rule("room.list", null)],
  };
  const grid = rightsGrid(table);
  expect(grid.map((group) => [group.group, group.rows.map((row) => row.action)])).toEqual([
    ["room", ["room.join", "room.list"]],
    ["trace", ["trace.read"]],
  ]);
  expect(grid[0]?.title).toEqual({ zh: "房间", en: "Rooms" });
  expect(grid[0]?.rows.map((row) => row.cells.map((rules) => rules.length))).toEqual([
    [1, 0],
    [1, 1],
  ]);
});
