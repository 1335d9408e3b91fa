import { expect, test } from "vitest";
import { receivedParts } from "../../src/protocol/received_words";

test("what a page said becomes one line in a fixed order", () => {
  const after = {
    source: "receiver",
    seconds: 300,
    width: 720,
    height: 1280,
    fps: 24,
    frozen_ms: 430,
    paused_ms: 10_000,
    concealed_permille: 2,
    lost_permille: 15,
    delay_ms: 80,
  };
  expect(receivedParts(after)).toEqual([
    { key: "received.size", values: { height: 720 } },
    { key: "received.fps", values: { fps: 24 } },
    { key: "received.frozen", values: { seconds: "0.4" } },
    { key: "received.paused", values: { seconds: "10" } },
    { key: "received.madeUp", values: { percent: "0.2" } },
    { key: "received.lost", values: { percent: "1.5" } },
    { key: "received.delay", values: { delay_ms: 80 } },
  ]);
});

test("what is not known is left out", () => {
  expect(receivedParts({ source: "server", height: 360, sent_kbps: 900, fps: "24" })).toEqual([
    { key: "received.size", values: { height: 360 } },
    { key: "received.rate", values: { kbps: 900 } },
  ]);
});
