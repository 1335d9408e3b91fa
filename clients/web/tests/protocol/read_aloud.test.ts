import { describe, expect, test } from "vitest";
import {
  readingSeconds,
  sentencesOf,
  stepReading,
  type Reading,
  type ReadingStep,
} from "../../src/protocol/read_aloud";

describe("sentences", () => {
  test("end behind their marks, in both languages, and lose nothing", () => {
    const zh = "本次会诊可以录音录像；至少保存三年。您可以不同意，会诊照常进行；";
    const en = "You may say no. It is kept for 3.5 years (at least). Ask us";
    const found = sentencesOf([zh, en]);
    expect(found.map((one) => one.words)).toEqual([
      "本次会诊可以录音录像；",
      "至少保存三年。",
      "您可以不同意，会诊照常进行；",
      "You may say no. ",
      "It is kept for 3.5 years (at least). ",
      "Ask us",
    ]);
    expect(found.map((one) => one.part)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(
      found
        .slice(3)
        .map((one) => one.words)
        .join(""),
    ).toBe(en);
  });

  test("of nothing are none", () => {
    expect(sentencesOf([""])).toEqual([]);
  });

  test("take about as long as speaking does", () => {
    expect(readingSeconds(sentencesOf(["一二三四五六七八。"]), "zh")).toBe(3);
    expect(readingSeconds(sentencesOf(["It is kept for a year."]), "en")).toBe(2);
  });
});

describe("reading", () => {
  const at = (state: Reading["state"], index = 0): Reading => ({ state, at: index, count: 2 });

  test("goes sentence by sentence to the end, and again from the start", () => {
    let reading = at("idle");
    const steps: ReadingStep[] = ["start", "spoken", "pause", "go_on", "spoken"];
    const seen = steps.map((step) => {
      reading = stepReading(reading, step);
      return `${reading.state} ${reading.at}`;
    });
    expect(seen).toEqual(["reading 0", "reading 1", "paused 1", "reading 1", "read 2"]);
    expect(stepReading(reading, "again")).toEqual(at("reading"));
  });

  test("stops, and says when there is no voice", () => {
    expect(stepReading(at("reading", 1), "stop")).toEqual(at("idle"));
    expect(stepReading(at("idle"), "no_voice").state).toBe("silent");
  });

  test("a step that makes no sense now changes nothing", () => {
    const silent = at("silent", 1);
    expect(stepReading(silent, "spoken")).toBe(silent);
    const paused = at("paused", 1);
    expect(stepReading(paused, "spoken")).toBe(paused);
  });
});
