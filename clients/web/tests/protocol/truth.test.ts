import { describe, expect, test } from "vitest";
import {
  EMPTY_MEMORY,
  freshness,
  measure,
  receivedReport,
  reportToSend,
  type AudioSample,
  type Measured,
  type Samples,
  type VideoSample,
} from "../../src/protocol/truth";

const audio = (packets_received: number, packets_lost = 0, more: Partial<AudioSample> = {}): AudioSample => ({
  key: "a",
  packets_received,
  packets_lost,
  is_speaking: true,
  ...more,
});
const video = (frames: number, more: Partial<VideoSample> = {}): VideoSample => ({
  key: "v",
  frames,
  height: 720,
  is_main: true,
  source_height: 720,
  is_paused: false,
  ...more,
});
const samples = (more: Partial<Samples> = {}): Samples => ({
  audio: [],
  video: [],
  page: "front",
  is_sound_blocked: false,
  ...more,
});

/** Measures once a second from second 0 on; the last result counts. */
function seconds(...each: Samples[]): Measured {
  let measured: Measured = {
    memory: EMPTY_MEMORY,
    report: measure(EMPTY_MEMORY, samples(), 0).report,
    stopped_since_ms: new Map(),
  };
  each.forEach((one, second) => (measured = measure(measured.memory, one, second * 1000)));
  return measured;
}

describe("hearing", () => {
  test("nobody with a microphone is not applicable", () => {
    expect(seconds(samples()).report.hear).toEqual({ state: "na", lost_percent: 0, silent: 0 });
  });

  test("packets that come are good", () => {
    const { report } = seconds(samples({ audio: [audio(50)] }), samples({ audio: [audio(100)] }));
    expect(report.hear).toEqual({ state: "good", lost_percent: 0, silent: 0 });
  });

  test("five per cent lost is still good, more is degraded", () => {
    const good = seconds(samples({ audio: [audio(0)] }), samples({ audio: [audio(95, 5)] }));
    expect(good.report.hear).toMatchObject({ state: "good", lost_percent: 5 });
    const bad = seconds(samples({ audio: [audio(0)] }), samples({ audio: [audio(92, 8)] }));
    expect(bad.report.hear).toMatchObject({ state: "degraded", lost_percent: 8 });
  });

  test("loss is that of the last five seconds", () => {
    const each = [samples({ audio: [audio(0)] })];
    for (let second = 1; second <= 8; second += 1) each.push(samples({ audio: [audio(50 * second, 20)] }));
    expect(seconds(...each).report.hear).toMatchObject({ state: "good", lost_percent: 0 });
  });

  test("a count of losses that goes down is no loss", () => {
    const { report } = seconds(samples({ audio: [audio(50, 9)] }), samples({ audio: [audio(100, 3)] }));
    expect(report.hear).toMatchObject({ state: "good", lost_percent: 0 });
  });

  test("a speaker from whom nothing came for more than three seconds is not heard", () => {
    const same = samples({ audio: [audio(50)] });
    expect(seconds(same, same, same, same).report.hear.state).toBe("good");
    expect(seconds(same, same, same, same, same).report.hear).toEqual({ state: "none", lost_percent: 0, silent: 1 });
  });

  test("one of two not heard is degraded and counted", () => {
    const at = (count: number): Samples => samples({ audio: [audio(50), audio(count, 0, { key: "b" })] });
    expect(seconds(at(1), at(2), at(3), at(4), at(5)).report.hear).toMatchObject({ state: "degraded", silent: 1 });
  });

  test("silence while nobody speaks is no data, not clear", () => {
    const same = samples({ audio: [audio(50, 0, { is_speaking: false })] });
    expect(seconds(same, same, same, same, same).report.hear.state).toBe("na");
  });

  test("one who is silent and does not speak spoils nothing", () => {
    const at = (count: number): Samples =>
      samples({ audio: [audio(50, 0, { is_speaking: false }), audio(count, 0, { key: "b" })] });
    expect(seconds(at(1), at(2), at(3), at(4), at(5)).report.hear.state).toBe("good");
  });

  test("sound that the browser does not play is not heard", () => {
    expect(seconds(samples({ audio: [audio(50)], is_sound_blocked: true })).report.hear).toMatchObject({
      state: "none",
    });
  });

  test("a receiver that counts from zero again starts anew", () => {
    const { report } = seconds(samples({ audio: [audio(900, 300)] }), samples({ audio: [audio(10, 0)] }));
    expect(report.hear).toMatchObject({ state: "good", lost_percent: 0 });
  });
});

describe("seeing", () => {
  test("nobody with a picture is not applicable", () => {
    expect(seconds(samples()).report.see.state).toBe("na");
  });

  test("height and rate are those of the picture on the stage", () => {
    const at = (second: number): Samples =>
      samples({ video: [video(9 * second, { key: "t", is_main: false, height: 180 }), video(25 * second)] });
    expect(seconds(at(0), at(1), at(2)).report.see).toEqual({ state: "good", height: 720, fps: 25, stopped: 0 });
  });

  test("without one on the stage the tallest counts, and small thumbnails are no fault", () => {
    const at = (second: number): Samples =>
      samples({
        video: [
          video(20 * second, { key: "s", is_main: false, height: 90 }),
          video(20 * second, { key: "t", is_main: false, height: 180 }),
          video(20 * second, { key: "u", is_main: false, height: 120 }),
        ],
      });
    expect(seconds(at(0), at(1)).report.see).toEqual({ state: "good", height: 180, fps: 20, stopped: 0 });
  });

  test("below 360p is degraded, unless the sender has no more", () => {
    const at = (second: number, source_height: number): Samples =>
      samples({ video: [video(25 * second, { height: 240, source_height })] });
    expect(seconds(at(0, 720), at(1, 720)).report.see.state).toBe("degraded");
    expect(seconds(at(0, 0), at(1, 0)).report.see.state).toBe("degraded");
    expect(seconds(at(0, 240), at(1, 240)).report.see.state).toBe("good");
  });

  test("below ten frames a second is degraded", () => {
    const at = (frames: number): Samples => samples({ video: [video(frames)] });
    expect(seconds(at(0), at(10)).report.see.state).toBe("good");
    expect(seconds(at(0), at(9)).report.see).toMatchObject({ state: "degraded", fps: 9 });
  });

  test("frozen for more than a second is degraded, for more than three stopped", () => {
    const at = (frames: number): Samples => samples({ video: [video(frames)] });
    const frozen = seconds(at(0), at(100), at(100), at(100));
    expect(frozen.report.see).toMatchObject({ state: "degraded", stopped: 0 });
    const stopped = seconds(at(0), at(100), at(100), at(100), at(100), at(100));
    expect(stopped.report.see).toEqual({ state: "none", height: 0, fps: 0, stopped: 1 });
    expect(stopped.stopped_since_ms.get("v")).toBe(1000);
  });

  test("what the server paused has stopped at once", () => {
    const at = (second: number): Samples =>
      samples({ video: [video(25 * second), video(25 * second, { key: "t", is_main: false, is_paused: true })] });
    expect(seconds(at(0), at(1)).report.see).toEqual({ state: "degraded", height: 720, fps: 25, stopped: 1 });
  });

  test("the first second says nothing about the rate", () => {
    expect(seconds(samples({ video: [video(1)] })).report.see).toEqual({
      state: "good",
      height: 720,
      fps: 0,
      stopped: 0,
    });
  });
});

describe("reports between pages", () => {
  const report = measure(EMPTY_MEMORY, samples({ page: "hidden" }), 0).report;

  test("what is sent is what is received", () => {
    expect(receivedReport(reportToSend(report))).toEqual(report);
  });

  test("a report of the minimum is understood", () => {
    const text =
      '{"hear":{"state":"good","lost_percent":1.4},"see":{"state":"na","height":720,"fps":25},"page":"front"}';
    expect(receivedReport(text)).toEqual({
      hear: { state: "good", lost_percent: 1, silent: 0 },
      see: { state: "na", height: 720, fps: 25, stopped: 0 },
      page: "front",
    });
  });

  test("numbers out of reason are not believed", () => {
    const text =
      '{"hear":{"state":"good","lost_percent":900},"see":{"state":"good","height":-3,"fps":1e9,"stopped":"x"}}';
    expect(receivedReport(text)).toEqual({
      hear: { state: "good", lost_percent: 100, silent: 0 },
      see: { state: "good", height: 0, fps: 0, stopped: 0 },
      page: "front",
    });
  });

  test.each([
    ["{"],
    ["null"],
    ['"x"'],
    ['{"see":{"state":"good"}}'],
    ['{"hear":{"state":"good"}}'],
    ['{"hear":{"state":"fine"},"see":{"state":"good"}}'],
    ['{"hear":{"state":"good"},"see":{}}'],
  ])("what is no report is refused: %s", (text) => {
    expect(receivedReport(text)).toBeNull();
  });

  test("a report lives four seconds", () => {
    expect(freshness(1000, 5000)).toEqual({ kind: "fresh" });
    expect(freshness(1000, 5001)).toEqual({ kind: "stale", age_ms: 4001 });
  });
});

test("what is seen of an ECG travels with the report, and nothing of it is believed unchecked", () => {
  const told = (ecg: unknown) =>
    receivedReport(JSON.stringify({ hear: { state: "good" }, see: { state: "good" }, page: "front", ecg }));
  const seen = { state: "degraded", sight: "late", seconds: 2.4 };
  expect(told(seen)?.ecg).toEqual(seen);
  expect(told({ ...seen, seconds: 1.2345 })?.ecg?.seconds).toBe(1.2);
  expect(told({ ...seen, seconds: "9" })?.ecg?.seconds).toBe(0);
  for (const wrong of [7, { ...seen, sight: "fine" }, { ...seen, state: "fine" }])
    expect(told(wrong)).not.toHaveProperty("ecg");
});

test("what the service says of another page's link comes along, while it says something", () => {
  const told = (link: unknown) =>
    receivedReport(JSON.stringify({ hear: { state: "good" }, see: { state: "good" }, page: "front", link }));
  expect(told({ rung: 3, carries_kbps: 150 })?.link).toEqual({ rung: 3, carries_kbps: 150 });
  for (const nothing of [undefined, { rung: 0, carries_kbps: 9 }, { rung: 9 }]) {
    expect(told(nothing)).not.toHaveProperty("link");
  }
});
