import { describe, expect, test } from "vitest";
import { receptionReport, type ReceiverTotals } from "../../src/protocol/reception_report";

const NOTHING: ReceiverTotals = {
  track: "TR_a",
  is_wanted: true,
  is_main: false,
  is_paused: false,
  width: 0,
  height: 0,
  frames: 0,
  freezes: 0,
  frozen_ms: 0,
  packets: 0,
  lost: 0,
  samples: 0,
  concealed: 0,
  buffered_ms: 0,
  emitted: 0,
};
const look = (at_ms: number, ...tracks: Partial<ReceiverTotals>[]) => ({
  at_ms,
  round_trip_ms: 44.6,
  tracks: tracks.map((one) => ({ ...NOTHING, ...one })),
});
const read = (text: string | null): unknown => JSON.parse(text ?? "null");

describe("what came since the last report", () => {
  test("is the growth of the counters, as whole numbers", () => {
    const before = look(1000.4, { frames: 100, frozen_ms: 0.2, samples: 48_000, buffered_ms: 48e5, emitted: 48_000 });
    const now = look(6000.9, { frames: 225, frozen_ms: 400.4, samples: 288_000, buffered_ms: 192e5, emitted: 288_000 });
    expect(read(receptionReport(before, now))).toEqual({
      span_ms: 5001,
      round_trip_ms: 45,
      tracks: [
        {
          track: "TR_a",
          is_main: false,
          is_paused: false,
          width: 0,
          height: 0,
          frames: 125,
          freezes: 0,
          frozen_ms: 400,
          packets: 0,
          lost: 0,
          samples: 240_000,
          concealed: 0,
          buffer_ms: 60,
        },
      ],
    });
  });

  test("is everything of a receiver that is new, or that counts from zero again", () => {
    const before = look(0, { track: "TR_again", frames: 900 });
    const now = look(5000, { track: "TR_again", frames: 30 }, { track: "TR_new", frames: 50 });
    const { tracks } = read(receptionReport(before, now)) as { tracks: { frames: number }[] };
    expect(tracks.map((one) => one.frames)).toEqual([30, 50]);
  });

  test("never counts back: packets that came late lower the lost ones", () => {
    const { tracks } = read(receptionReport(look(0, { lost: -2 }), look(5000, { lost: -7 }))) as {
      tracks: { lost: number }[];
    };
    expect(tracks[0]?.lost).toBe(0);
  });

  test("leaves out what is muted or not on the screen, and its time is not made up for later", () => {
    const muted = look(5000, { samples: 240_000, is_wanted: false });
    expect(read(receptionReport(look(0, {}), muted))).toMatchObject({ tracks: [] });
    const { tracks } = read(receptionReport(muted, look(10_000, { samples: 480_000 }))) as {
      tracks: { samples: number }[];
    };
    expect(tracks[0]?.samples).toBe(240_000);
  });

  test("says nothing of no time, nor of a computer that slept", () => {
    expect(receptionReport(look(5000), look(5000))).toBeNull();
    expect(receptionReport(look(0), look(200_000))).toBeNull();
  });

  test("does without a round trip, and tells of forty tracks at most", () => {
    const many = Array.from({ length: 50 }, (_, at) => ({ track: `TR_${at}` }));
    const now = { ...look(5000, ...many), round_trip_ms: null };
    const report = read(receptionReport(look(0), now)) as { round_trip_ms: null; tracks: unknown[] };
    expect(report.round_trip_ms).toBeNull();
    expect(report.tracks).toHaveLength(40);
  });
});
