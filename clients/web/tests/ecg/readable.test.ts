// What is said of samples that are drawn: whether they are made.
import { describe, expect, it } from "vitest";
import { FrameFlag } from "../../src/ecg/frame";
import { isMade } from "../../src/ecg/readable";
import { StoredPage } from "../../src/ecg/stored_page";
import { frameOf, RATE_HZ } from "./frames";

const page = (flags: number): StoredPage =>
  new StoredPage({ epoch: 0, rateHz: RATE_HZ, leads: 2 }, 0, 20, [frameOf(0, 10), frameOf(10, 10, { flags })]);

describe("what is made, not measured", () => {
  it("is known by what the service says, and by any frame that says so", () => {
    expect(isMade(page(0), false)).toBe(false);
    expect(isMade(page(0), true)).toBe(true);
    expect(isMade(page(FrameFlag.Simulated), false)).toBe(true);
  });
});
