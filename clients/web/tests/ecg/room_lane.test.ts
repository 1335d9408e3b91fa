// What a page counts of the room's lane.

import { describe, expect, test } from "vitest";
import { RoomLane } from "../../src/ecg/room_lane";

const frame = (number: number, epoch = 0) => ({ epoch, firstSample: number * 20, count: 20 });

function heard(...frames: ReturnType<typeof frame>[]): RoomLane {
  const lane = new RoomLane();
  for (const one of frames) lane.receive(one);
  return lane;
}

describe("the room's lane", () => {
  test("before anything came says so", () => expect(new RoomLane().report()).toEqual({ lost: 0, of: 0 }));

  test("counts what came and begins anew after each report", () => {
    const lane = heard(frame(0), frame(1), frame(2));
    expect(lane.report()).toEqual({ lost: 0, of: 3 });
    lane.receive(frame(3));
    expect(lane.report()).toEqual({ lost: 0, of: 1 });
  });

  test("counts what did not come", () => expect(heard(frame(0), frame(3)).report()).toEqual({ lost: 2, of: 4 }));

  test("takes back what was only overtaken", () => {
    expect(heard(frame(0), frame(2), frame(1)).report()).toEqual({ lost: 0, of: 3 });
    expect(heard(frame(1), frame(1)).report()).toEqual({ lost: 0, of: 2 });
  });

  test("takes a long silence for the gateway's", () => {
    expect(heard(frame(0), frame(76)).report()).toEqual({ lost: 75, of: 77 });
    expect(heard(frame(0), frame(77)).report()).toEqual({ lost: 0, of: 2 });
  });

  test("begins anew with an epoch", () => {
    expect(heard(frame(500), frame(0, 1), frame(2, 1)).report()).toEqual({ lost: 1, of: 4 });
  });

  test("tells no more than the service takes", () => {
    const lane = new RoomLane();
    for (let number = 0; number < 60; number += 1) lane.receive(frame(number * 50));
    expect(lane.report()).toEqual({ lost: 1000, of: 1000 });
  });
});
