import { describe, expect, it } from "vitest";
import { LOOK_EVERY_MS, PATH_AT_START, watchPath, type PathWatch } from "../../src/protocol/path_watch";

/** Looks every 50 ms from `from_ms` on: "x" something came, "." nothing, "!" doubted. Returns when fresh paths were wanted. */
function looks(pattern: string, from: PathWatch = PATH_AT_START, from_ms = 0): { fresh: number[]; watch: PathWatch } {
  const fresh: number[] = [];
  let watch = from;
  Array.from(pattern).forEach((sign, index) => {
    const at_ms = from_ms + index * LOOK_EVERY_MS;
    const next = watchPath(watch, { at_ms, isHeard: sign === "x", isDoubted: sign === "!" });
    watch = next.watch;
    if (next.isFreshWanted) fresh.push(at_ms);
  });
  return { fresh, watch };
}

describe("the watch over the media path", () => {
  it("wants a fresh path 200 ms after a steady flow has ended", () => {
    expect(looks("xxxxxxxxxx...").fresh).toEqual([]);
    expect(looks("xxxxxxxxxx....").fresh).toEqual([650]);
  });

  it("leaves a flow alone that is late for a moment", () => {
    expect(looks("xxxxxx...xx..x...x.xxxx...").fresh).toEqual([]);
  });

  it("watches nothing before something has come", () => {
    expect(looks(".".repeat(50)).fresh).toEqual([]);
    expect(looks("!!!").fresh).toEqual([]);
  });

  it("tries again after 0.7, 1 and then every 2 seconds", () => {
    expect(looks("xx" + ".".repeat(160)).fresh).toEqual([250, 950, 1950, 3950, 5950, 7950]);
  });

  it("waits longer where silences are usual, after one false alarm", () => {
    const { fresh, watch } = looks("x" + ".......x".repeat(10));
    expect(fresh).toEqual([200]);
    expect(looks(".".repeat(17), watch, 4050).fresh).toEqual([4800]);
  });

  it("never waits more than two seconds", () => {
    const slow: PathWatch = { ...PATH_AT_START, heard_at_ms: 0, usual_gap_ms: 5000 };
    expect(looks(".".repeat(41), slow).fresh).toEqual([2000]);
  });

  it("does not take an outage for a usual silence", () => {
    const { fresh, watch } = looks("xxxx" + ".".repeat(60) + "x");
    expect(fresh).toHaveLength(3);
    expect(watch.usual_gap_ms).toBeLessThanOrEqual(50);
    expect(watch.tries).toBe(0);
  });

  it("believes the browser at once", () => {
    expect(looks("xxx!").fresh).toEqual([150]);
    expect(looks("xxx" + "!".repeat(15)).fresh).toEqual([150, 850]);
  });
});
