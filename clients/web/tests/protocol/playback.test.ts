import { describe, expect, test } from "vitest";
import type { Lane, RecordedEvent } from "../../src/protocol/api";
import {
  axisTicks,
  correctionFor,
  gapStops,
  momentOf,
  nextStop,
  openingPosition,
  positionAt,
  setClock,
  stops,
  type Clock,
  type ElementState,
} from "../../src/protocol/playback";

const LANE: Lane = {
  identity: "l",
  name: "李建平",
  media_url: "/l",
  media_type: "video/webm",
  starts_at_ms: 5000,
  spans: [
    { from_ms: 5000, to_ms: 30_000 },
    { from_ms: 36_000, to_ms: 60_000 },
    { from_ms: 62_000, to_ms: 70_000 },
  ],
  gaps: [
    { from_ms: 30_000, to_ms: 36_000, cause: "link_lost" },
    { from_ms: 40_000, to_ms: 42_000, cause: "packets_lost" },
  ],
};
const STOPPED: Clock = { position_ms: 10_000, at_ms: 0, rate: 1, is_running: false };
const RUNNING: Clock = { ...STOPPED, is_running: true };
const element = (more: Partial<ElementState> = {}): ElementState => ({
  media_ms: 5000,
  length_ms: 65_000,
  is_seeking: false,
  can_play: true,
  ...more,
});
const event = (sequence: number, offset_ms: number): RecordedEvent => ({
  sequence,
  offset_ms,
  at_ms: 0,
  kind: "mark",
  actor_name: "",
  text: "",
});

describe("the clock", () => {
  test("stands while stopped and runs at its rate", () => {
    expect(positionAt(STOPPED, 900, 60_000)).toBe(10_000);
    expect(positionAt({ ...RUNNING, rate: 1.5 }, 1000, 60_000)).toBe(11_500);
  });

  test("stays within the recording", () => {
    expect(positionAt(RUNNING, 99_000, 60_000)).toBe(60_000);
    expect(setClock(STOPPED, 0, 60_000, { position_ms: -5 }).position_ms).toBe(0);
    expect(setClock(STOPPED, 0, 60_000, { position_ms: 61_000 }).position_ms).toBe(60_000);
  });

  test("a change keeps what it does not name", () => {
    expect(setClock(RUNNING, 2000, 60_000, { rate: 2 })).toEqual({
      position_ms: 12_000,
      at_ms: 2000,
      rate: 2,
      is_running: true,
    });
    expect(setClock(STOPPED, 2000, 60_000, { is_running: true })).toEqual({ ...RUNNING, at_ms: 2000 });
  });
});

describe("a lane at a position", () => {
  test.each<[number, ReturnType<typeof momentOf>]>([
    [0, { kind: "not_yet" }],
    [5000, { kind: "recorded" }],
    [29_999, { kind: "recorded" }],
    [30_000, { kind: "gap", cause: "link_lost", length_ms: 6000 }],
    [36_000, { kind: "recorded" }],
    [41_000, { kind: "partly", cause: "packets_lost", length_ms: 2000 }],
    [61_000, { kind: "gap", cause: "", length_ms: 2000 }],
    [70_000, { kind: "over" }],
  ])("%i ms", (position_ms, moment) => {
    expect(momentOf(LANE, position_ms)).toEqual(moment);
  });

  test("a lane without anything is over", () => {
    expect(momentOf({ ...LANE, spans: [], gaps: [] }, 0)).toEqual({ kind: "over" });
  });
});

test("a recording opens where those of the first second have a picture", () => {
  const from = (from_ms: number): Lane => ({ ...LANE, spans: [{ from_ms, to_ms: 60_000 }] });
  expect(openingPosition([from(20), from(64), from(5000), { ...LANE, spans: [] }])).toBe(64);
  expect(openingPosition([from(5000)])).toBe(0);
});

describe("keeping an element in step", () => {
  test("outside of its media it rests", () => {
    expect(correctionFor(LANE, RUNNING, 31_000, element())).toEqual({
      seek_ms: null,
      should_play: false,
      rate: 1,
      is_waiting: false,
    });
  });

  test("beyond the end of its file it rests, whatever the span says", () => {
    expect(correctionFor(LANE, RUNNING, 69_990, element({ length_ms: 64_900 })).should_play).toBe(false);
  });

  test("in step it plays at the clock's rate", () => {
    expect(correctionFor(LANE, { ...RUNNING, rate: 2 }, 10_020, element())).toEqual({
      seek_ms: null,
      should_play: true,
      rate: 2,
      is_waiting: false,
    });
  });

  test("a little late it catches up, a little early it slows down", () => {
    expect(correctionFor(LANE, RUNNING, 10_100, element()).rate).toBeCloseTo(1.06);
    expect(correctionFor(LANE, RUNNING, 9900, element()).rate).toBeCloseTo(0.94);
  });

  test("far off it jumps", () => {
    expect(correctionFor(LANE, RUNNING, 20_000, element({ can_play: false }))).toEqual({
      seek_ms: 15_000,
      should_play: true,
      rate: 1,
      is_waiting: true,
    });
  });

  test("while it seeks it is left alone and waited for", () => {
    expect(correctionFor(LANE, RUNNING, 20_000, element({ is_seeking: true }))).toMatchObject({
      seek_ms: null,
      is_waiting: true,
    });
  });

  test("where a track is missing the other plays on", () => {
    expect(correctionFor(LANE, RUNNING, 41_000, element({ media_ms: 36_000 })).should_play).toBe(true);
  });

  test("stopped it shows the frame of the position", () => {
    expect(correctionFor(LANE, STOPPED, 20_000, element())).toMatchObject({ seek_ms: 15_000, should_play: false });
    expect(correctionFor(LANE, STOPPED, 20_000, element({ is_seeking: true })).seek_ms).toBeNull();
    expect(correctionFor(LANE, STOPPED, 10_000, element({ can_play: false }))).toMatchObject({
      seek_ms: null,
      is_waiting: true,
    });
  });
});

describe("places worth stopping at", () => {
  const places = stops([LANE], [event(1, 200), event(2, 30_000), event(3, 50_000)]);

  test("are events and beginnings of gaps, each once, in order", () => {
    expect(places).toEqual([200, 30_000, 40_000, 50_000]);
  });

  test("an ECG's holes are among them, and gaps are a way of their own", () => {
    expect(stops([LANE], [event(1, 200)], [45_000, 200])).toEqual([200, 30_000, 40_000, 45_000]);
    expect(gapStops([LANE], [45_000])).toEqual([30_000, 40_000, 45_000]);
    expect(gapStops([LANE])).toEqual([30_000, 40_000]);
  });

  test("what lies outside the recording has no place in it", () => {
    expect(stops([], [{ offset_ms: null }, { offset_ms: 5 }])).toEqual([5]);
  });

  test("the next lies ahead", () => {
    expect(nextStop(places, 200, 1)).toBe(30_000);
    expect(nextStop(places, 50_000, 1)).toBeNull();
  });

  test("the previous is not the one just passed", () => {
    expect(nextStop(places, 30_400, -1)).toBe(200);
    expect(nextStop(places, 31_400, -1)).toBe(30_000);
    expect(nextStop(places, 500, -1)).toBeNull();
  });
});

describe("the axis", () => {
  test("has round marks, few enough to read", () => {
    expect(axisTicks(60_000, 8)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
    expect(axisTicks(1_111_000, 8)).toEqual([0, 180_000, 360_000, 540_000, 720_000, 900_000, 1_080_000]);
  });

  test("goes on in whole hours for a day", () => {
    expect(axisTicks(86_400_000, 8)).toHaveLength(9);
  });
});
