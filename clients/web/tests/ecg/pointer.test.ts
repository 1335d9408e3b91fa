// Pointing at an ECG together.
import { describe, expect, it } from "vitest";
import { pointerToSend, receivedPointer, type PointerMessage } from "../../src/ecg/pointer";

const POINTER: PointerMessage = { show: "pointer", lead: "V3", epoch: 1, sample: 76_600 };
const CALIPER: PointerMessage = {
  show: "caliper",
  lead: "aVR",
  epoch: 0,
  points: [
    { sample: 100, mv: -0.5 },
    { sample: 224, mv: 1.25 },
  ],
};

describe("a pointer's message", () => {
  it.each<[string, PointerMessage]>([
    ["a pointer", POINTER],
    ["a caliper", CALIPER],
    ["nothing", { show: "nothing" }],
  ])("comes as it was sent: %s", (_name, message) => {
    expect(receivedPointer(pointerToSend(message))).toEqual(message);
  });

  it("brings nothing along", () => {
    expect(receivedPointer(JSON.stringify({ ...POINTER, html: "<b>" }))).toEqual(POINTER);
  });

  it.each<[string, string]>([
    ["no JSON", "{"],
    ["a number", "7"],
    ["too long", JSON.stringify({ ...POINTER, note: "x".repeat(400) })],
    ["of an unknown kind", JSON.stringify({ ...POINTER, show: "hide" })],
    ["without a lead", JSON.stringify({ ...POINTER, lead: 3 })],
    ["with a lead that is none", JSON.stringify({ ...POINTER, lead: "<script>" })],
    ["with an epoch that is none", JSON.stringify({ ...POINTER, epoch: 65_536 })],
    ["before all samples", JSON.stringify({ ...POINTER, sample: -1 })],
    ["between samples", JSON.stringify({ ...POINTER, sample: 0.5 })],
    ["a caliper without points", JSON.stringify({ ...CALIPER, points: null })],
    ["a caliper of one point", JSON.stringify({ ...CALIPER, points: [{ sample: 1, mv: 0 }] })],
    ["a caliper of a word", JSON.stringify({ ...CALIPER, points: ["a", { sample: 1, mv: 0 }] })],
    [
      "a caliper beyond all screens",
      JSON.stringify({
        ...CALIPER,
        points: [
          { sample: 1, mv: 0 },
          { sample: 1, mv: 1e9 },
        ],
      }),
    ],
    [
      "a caliper without a voltage",
      JSON.stringify({
        ...CALIPER,
        points: [
          { sample: 1, mv: "0" },
          { sample: 1, mv: 0 },
        ],
      }),
    ],
    ["a caliper without a sample", JSON.stringify({ ...CALIPER, points: [{ mv: 0 }, { sample: 1, mv: 0 }] })],
  ])("is not believed: %s", (_name, text) => {
    expect(receivedPointer(text)).toBeNull();
  });
});
