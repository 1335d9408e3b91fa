import { describe, expect, test } from "vitest";
import type { CalledPerson, RingState } from "../../src/protocol/consultation";
import { relayOf } from "../../src/protocol/relay";

const ON_DUTY = [
  { person: "w", name: "王敏", title: "chief", line: 1 },
  { person: "z", name: "赵启明", title: "chief", line: 2 },
];
const called = (name: string, line: number, answer: CalledPerson["answer"] = "ringing", reason = ""): CalledPerson => ({
  person: name,
  name,
  line,
  answer,
  reason,
});
const ring = (more: Partial<RingState>): RingState => ({
  started_at_ms: 1000,
  stage: 1,
  next: "second_line",
  next_at_ms: 31_000,
  called: [called("王敏", 1)],
  duty_phone: "",
  ...more,
});
const at = (state: RingState | null, now_ms: number) => relayOf({ ring: state, clock_ahead_ms: 0 }, ON_DUTY, now_ms);

test("nobody rings: no relay", () => {
  expect(at(null, 5000)).toBeNull();
});

describe("the relay", () => {
  test("after twelve seconds the first line rings, and the second joins in eighteen", () => {
    const relay = at(ring({}), 13_000);
    expect(relay).toMatchObject({ waited_s: 12, now_at: 0.1, ringing: ["王敏"], refusal: null });
    expect(relay?.stations.map((one) => [one.step, one.at, one.state, one.in_s, one.names])).toEqual([
      ["first_line", 0, "now", null, ["王敏"]],
      ["second_line", 0.25, "ahead", 18, ["赵启明"]],
      ["duty_phone", 0.5, "ahead", 48, []],
      ["procedure", 1, "ahead", 108, []],
    ]);
  });

  test("who said no has passed it on, with the reason", () => {
    const relay = at(
      ring({
        stage: 2,
        next: "duty_phone",
        next_at_ms: 61_000,
        called: [called("王敏", 1, "declined", "in_surgery"), called("赵启明", 2)],
      }),
      11_000,
    );
    expect(relay?.stations.map((one) => one.state)).toEqual(["past", "now", "ahead", "ahead"]);
    expect(relay?.refusal).toEqual({ name: "王敏", reason: "in_surgery", isPassed: false });
    expect(relay?.ringing).toEqual(["赵启明"]);
  });

  test("who asked for the backup said no reason", () => {
    const relay = at(ring({ called: [called("王敏", 1, "passed"), called("李", 1)] }), 3000);
    expect(relay?.refusal).toEqual({ name: "王敏", reason: "", isPassed: true });
  });

  test("the phone, once shown, stays the thing to do; the line ends at two minutes", () => {
    const relay = at(ring({ stage: 3, next: "procedure", next_at_ms: 121_000, duty_phone: "5120" }), 140_000);
    expect(relay?.stations.map((one) => one.state)).toEqual(["now", "past", "now", "ahead"]);
    expect(relay?.now_at).toBe(1);
  });
});
