// The frames that every language reads alike (tests/vectors/ecg).
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeFrame, decodeFrames, decodeMessage, MalformedFrame } from "../../src/ecg/frame";

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly code?: string;
  readonly stream: number;
  readonly epoch: number;
  readonly first_sample: number;
  readonly taken_us: number;
  readonly lead_off: number;
  readonly flags: number;
  readonly samples: readonly (readonly number[])[];
}

const path = new URL("../../../../tests/vectors/ecg/frames.json", import.meta.url);
const vectors = JSON.parse(readFileSync(path, "utf8")) as readonly Vector[];
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const sound = vectors.filter((vector) => vector.code === undefined);

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof MalformedFrame) return error.code;
    throw error;
  }
  return "taken";
}

describe("a frame", () => {
  it.each(sound)("is read: $name", (vector) => {
    const content = Uint8Array.from([0, ...bytesOf(vector.hex), 0]);
    const { frame, end } = decodeFrame(content, 1);
    expect(end).toBe(content.length - 1);
    expect([frame.stream, frame.epoch, frame.firstSample, frame.takenUs, frame.leadOff, frame.flags]).toEqual([
      vector.stream,
      vector.epoch,
      vector.first_sample,
      vector.taken_us,
      vector.lead_off,
      vector.flags,
    ]);
    expect([frame.leads, frame.count]).toEqual([vector.samples.length, vector.samples[0]?.length]);
    expect([...frame.samples]).toEqual(vector.samples.flat());
  });

  it.each(vectors.filter((vector) => vector.code !== undefined))("is refused: $name", ({ hex, code }) => {
    expect(refusal(() => decodeFrame(bytesOf(hex)))).toBe(code);
  });
});

describe("a message", () => {
  const one = bytesOf(sound[0]?.hex ?? "");
  const times = (count: number): Uint8Array =>
    Uint8Array.from(
      Array(count)
        .fill([...one])
        .flat() as number[],
    );

  it("holds one to three frames", () => {
    for (const count of [1, 2, 3]) expect(decodeMessage(times(count))).toHaveLength(count);
    expect(refusal(() => decodeMessage(times(4)))).toBe("frame_size_wrong");
    expect(refusal(() => decodeMessage(new Uint8Array()))).toBe("frame_truncated");
    // A stretch of the record is any number of them, none too.
    for (const count of [0, 1, 4]) expect(decodeFrames(times(count))).toHaveLength(count);
    expect(refusal(() => decodeFrames(times(2).subarray(1)))).toBe("frame_foreign");
  });
});
