// What is shown to the others while the socket is away.
import { describe, expect, it } from "vitest";
import type { PointerMessage } from "../../src/ecg/pointer";
import { MOST_WAITING, PointQueue } from "../../src/ecg/point_queue";

const at = (sample: number): PointerMessage => ({ show: "pointer", lead: "V3", epoch: 0, sample });

describe("what waits to be sent", () => {
  it("is the newest place alone", () => {
    const queue = new PointQueue();
    expect(queue.isEmpty).toBe(true);
    queue.put({ pointer: at(1), is_kept: false });
    queue.put({ pointer: at(2), is_kept: false });
    expect(queue.isEmpty).toBe(false);
    expect(queue.take()).toEqual({ pointer: at(2), is_kept: false });
    expect(queue.take()).toBeNull();
  });

  it("is everything that is to be kept, in its order", () => {
    const queue = new PointQueue();
    queue.put({ pointer: at(1), is_kept: true });
    queue.put({ pointer: at(2), is_kept: false });
    queue.put({ pointer: at(3), is_kept: true });
    queue.put({ pointer: { show: "nothing" }, is_kept: false });
    expect([queue.take(), queue.take(), queue.take()].map((said) => said?.pointer)).toEqual([
      at(1),
      at(3),
      { show: "nothing" },
    ]);
  });

  it("is bounded: the oldest goes", () => {
    const queue = new PointQueue();
    for (let i = 0; i <= MOST_WAITING; i += 1) queue.put({ pointer: at(i), is_kept: true });
    expect(queue.take()?.pointer).toEqual(at(1));
  });
});
