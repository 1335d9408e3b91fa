// A device that begins to count anew.
import { describe, expect, it } from "vitest";
import { Epochs } from "../../src/ecg/epochs";
import { frameOf } from "./frames";

const shape = (epoch: number, more: object = {}) => ({ epoch, rateHz: 500, leads: 2, ...more });

describe("the epochs of a stream", () => {
  it("hold nothing before a device described itself", () => {
    const epochs = new Epochs(300);
    expect(epochs.running).toBeNull();
    expect(epochs.all).toEqual([]);
    expect(epochs.take(frameOf(0, 20), 0)).toEqual({ refused: "foreign_epoch" });
  });

  it("keep their samples apart, and the last two", () => {
    const epochs = new Epochs(300);
    for (const epoch of [0, 1]) {
      expect(epochs.describe(shape(epoch))).toBe(true);
      epochs.take(frameOf(1000 * epoch, 20, { epoch }), epoch);
    }
    expect(epochs.running?.newest?.end).toBe(1020);
    expect(epochs.of(0)?.newest?.end).toBe(20);
    epochs.describe(shape(2));
    expect(epochs.of(0)).toBeNull();
    expect(epochs.all.map((samples) => samples.shape.epoch)).toEqual([1, 2]);
    expect(epochs.take(frameOf(20, 20), 3).refused).toBe("foreign_epoch");
    expect(epochs.take(frameOf(1020, 20, { epoch: 1 }), 3).refused).toBeNull();
  });

  it("have one description each", () => {
    const epochs = new Epochs(300);
    epochs.describe(shape(0));
    epochs.take(frameOf(0, 20), 0);
    expect(epochs.describe(shape(0))).toBe(true);
    expect(epochs.describe(shape(0, { rateHz: 1000 }))).toBe(false);
    expect(epochs.describe(shape(0, { leads: 12 }))).toBe(false);
    expect(epochs.running?.newest?.end).toBe(20);
  });
});
