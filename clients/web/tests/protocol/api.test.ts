import { describe, expect, test } from "vitest";
import {
  failureFrom,
  mergeEvents,
  pushFrom,
  recordingTrouble,
  titleIn,
  unreachable,
  type RoomEvent,
} from "../../src/protocol/api";

const event = (sequence: number, kind = "joined", text = ""): RoomEvent => ({
  sequence,
  at_ms: 1,
  kind,
  actor_name: "周岚",
  text,
});

describe("failures", () => {
  test("a refusal carries its code, its words and its facts", () => {
    const failure = failureFrom(401, {
      code: "password_wrong",
      detail: "密码不对",
      tries_left: 4,
    });
    expect(failure.code).toBe("password_wrong");
    expect(failure.words).toBe("密码不对");
    expect(failure.number("tries_left")).toBe(4);
    expect(failure.number("retry_after_s")).toBeNull();
    expect(failure.isOffline).toBe(false);
  });

  test("a fact that is no finite number is not one", () => {
    const failure = failureFrom(423, { code: "account_locked", retry_after_s: "soon", tries_left: Infinity });
    expect(failure.number("retry_after_s")).toBeNull();
    expect(failure.number("tries_left")).toBeNull();
    expect(failure.words).toBeNull();
  });

  test("a detail that is no text, or an empty one, is no sentence", () => {
    expect(failureFrom(500, { code: "x", detail: { zh: "坏了" } }).words).toBeNull();
    expect(failureFrom(500, { code: "x", detail: "" }).words).toBeNull();
  });

  test.each([[null], ["<html>"], [[]], [{}], [{ code: 3 }]])(
    "a body of another make is named by its status: %j",
    (body) => {
      expect(failureFrom(500, body).code).toBe("http_500");
    },
  );

  test("a problem (RFC 9457) gives its code, its sentence and its facts", () => {
    const failure = failureFrom(409, {
      type: "/docs#licence_known",
      title: "Conflict",
      status: 409,
      detail: "证号已经登记",
      code: "licence_known",
      number: 7,
    });
    expect([failure.code, failure.words]).toEqual(["licence_known", "证号已经登记"]);
    expect(failure.facts).toEqual({ number: 7 });
  });

  test("a gateway that gets no answer is no answer", () => {
    expect(failureFrom(502, null).isOffline).toBe(true);
    expect(failureFrom(504, { code: "x" }).isOffline).toBe(true);
    expect(unreachable().message).toBe("unreachable");
  });
});

describe("pushes", () => {
  test("a change of the rooms", () => {
    expect(pushFrom('{"type":"rooms"}')).toEqual({ type: "rooms" });
  });

  test("an event of a room", () => {
    const push = { type: "room_event", room: "r", event: event(3, "mark", "x") };
    expect(pushFrom(JSON.stringify(push))).toEqual(push);
  });

  test("texts that are absent are empty", () => {
    const push = pushFrom('{"type":"room_event","room":"r","event":{"sequence":1,"at_ms":2,"kind":"left"}}');
    expect(push).toEqual({
      type: "room_event",
      room: "r",
      event: { sequence: 1, at_ms: 2, kind: "left", actor_name: "", text: "" },
    });
  });

  test.each([
    ["{"],
    ["3"],
    ["[]"],
    ['{"type":"weather"}'],
    ['{"type":"room_event","event":{}}'],
    ['{"type":"room_event","room":"r","event":3}'],
    ['{"type":"room_event","room":"r","event":{"sequence":"1","at_ms":2}}'],
    ['{"type":"room_event","room":"r","event":{"sequence":1}}'],
  ])("what is not ours is ignored: %s", (text) => {
    expect(pushFrom(text)).toBeNull();
  });

  test("tells which case an event of the ledger is about, and nothing of events that are about none", () => {
    const event = (subject: unknown): string =>
      JSON.stringify({ type: "event", sequence: 4, kind: "ring.started", subject });
    expect(pushFrom(event({ case: "ca_1", patient: "pa_1" }))).toEqual({
      type: "case",
      case: "ca_1",
      kind: "ring.started",
    });
    expect(pushFrom(event({ case: "" }))).toBeNull();
    expect(pushFrom(event({}))).toBeNull();
    expect(pushFrom(event(null))).toBeNull();
  });
});

test("events are joined in order of time, each once", () => {
  const merged = mergeEvents(
    [event(1), event(3)],
    [event(2), event(3, "mark", "later word"), { ...event(1), at_ms: 2 }],
  );
  expect(merged.map((one) => [one.at_ms, one.sequence, one.text])).toEqual([
    [1, 1, ""],
    [1, 2, ""],
    [1, 3, "later word"],
    [2, 1, ""],
  ]);
});

describe("the trouble of a recording", () => {
  test("is the cause of the last trouble that is not over", () => {
    const events = [event(1, "recording_started"), event(2, "recording_trouble", "disk_full"), event(3, "joined")];
    expect(recordingTrouble(events)).toBe("disk_full");
    expect(recordingTrouble([...events, event(4, "recording_trouble_over")])).toBeNull();
    expect(recordingTrouble([])).toBeNull();
  });
});

test("a title is taken in the language asked for; a plain one is itself", () => {
  expect(titleIn({ zh: "门诊", en: "Clinic" }, "zh")).toBe("门诊");
  expect(titleIn({ zh: "门诊", en: "Clinic" }, "en")).toBe("Clinic");
  expect(titleIn("旧", "en")).toBe("旧");
});
