import { describe, expect, test } from "vitest";
import { chooseStage, NO_TURN, stepTurn, type Seat, type Turn } from "../../src/protocol/stage";

const seat = (identity: string, more: Partial<Seat> = {}): Seat => ({
  identity,
  is_self: false,
  has_screen: false,
  is_speaking: false,
  ...more,
});
const me = seat("me", { is_self: true, is_speaking: true });
const of = (identity: string): Turn => ({ identity, rival: null, since_ms: 0 });

describe("whose turn it is", () => {
  test("the first voice has it at once", () => {
    expect(stepTurn(NO_TURN, [seat("a"), seat("b", { is_speaking: true }), me], 0).identity).toBe("b");
  });

  test("one's own voice takes nothing", () => {
    expect(stepTurn(of("a"), [seat("a"), me], 0).identity).toBe("a");
  });

  test("who has it keeps it while speaking, and in silence", () => {
    const both = [seat("a", { is_speaking: true }), seat("b", { is_speaking: true }), me];
    expect(stepTurn(of("a"), both, 9000).identity).toBe("a");
    expect(stepTurn(of("a"), [seat("a"), seat("b"), me], 9000).identity).toBe("a");
  });

  test("another voice must last to get it", () => {
    const seats = [seat("a"), seat("b", { is_speaking: true }), me];
    const first = stepTurn(of("a"), seats, 0);
    expect(first).toEqual({ identity: "a", rival: "b", since_ms: 0 });
    expect(stepTurn(first, seats, 1199).identity).toBe("a");
    expect(stepTurn(first, seats, 1200).identity).toBe("b");
  });

  test("a third voice does not take over another's wait", () => {
    const waiting: Turn = { identity: "a", rival: "b", since_ms: 0 };
    const seats = [seat("a"), seat("b"), seat("c", { is_speaking: true }), me];
    expect(stepTurn(waiting, seats, 1500)).toEqual({ identity: "a", rival: "c", since_ms: 1500 });
  });

  test("who has left loses it", () => {
    expect(stepTurn(of("gone"), [seat("a"), me], 0).identity).toBeNull();
  });
});

describe("the stage", () => {
  test("is empty when one is alone", () => {
    expect(chooseStage([me], NO_TURN, null)).toBeNull();
  });

  test("shows whose turn it is, or anyone before that", () => {
    expect(chooseStage([seat("a"), seat("b"), me], of("b"), null)).toEqual({ identity: "b", source: "camera" });
    expect(chooseStage([seat("a"), seat("b"), me], NO_TURN, null)).toEqual({ identity: "a", source: "camera" });
  });

  test("shows a shared screen before any face", () => {
    expect(chooseStage([seat("a"), seat("b", { has_screen: true }), me], of("a"), null)).toEqual({
      identity: "b",
      source: "screen",
    });
  });

  test("shows what was picked, as long as it is there", () => {
    const seats = [seat("a"), seat("b", { has_screen: true }), me];
    expect(chooseStage(seats, of("a"), { identity: "me", source: "camera" })).toEqual({
      identity: "me",
      source: "camera",
    });
    expect(chooseStage(seats, of("a"), { identity: "b", source: "screen" })).toEqual({
      identity: "b",
      source: "screen",
    });
    expect(chooseStage([seat("a"), me], of("a"), { identity: "a", source: "screen" })).toEqual({
      identity: "a",
      source: "camera",
    });
    expect(chooseStage([seat("a"), me], of("a"), { identity: "b", source: "camera" })).toEqual({
      identity: "a",
      source: "camera",
    });
  });
});
