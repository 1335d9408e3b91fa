import { expect, test } from "vitest";
import { heldAround, wantedStretches, type Stretch } from "../../src/ecg/replay_stretches";

const RATE_HZ = 500;
const epoch = { epoch: 2, first: 1000, end: 1000 + 125 * RATE_HZ, first_taken_us: 0 };
const at = (s: number): number => epoch.first + s * RATE_HZ;
const numbers = (s: number, page_s = 10, speed = 1): number[] =>
  wantedStretches(epoch, RATE_HZ, at(s), page_s, speed).map((one) => one.number);

test("what lies under the play head comes first, then what follows, then what was before", () => {
  expect(wantedStretches(epoch, RATE_HZ, at(55), 10, 1)).toEqual([
    { epoch: 2, number: 2, start: at(40), end: at(60) },
    { epoch: 2, number: 3, start: at(60), end: at(80) },
    { epoch: 2, number: 1, start: at(20), end: at(40) },
  ]);
  expect(numbers(45)).toEqual([2, 1]);
});

test("faster wants more ahead, slower not less; a long page more behind, up to a bound", () => {
  expect(numbers(55, 10, 4)).toEqual([2, 3, 4, 1]);
  expect(numbers(45, 10, 0.5)).toEqual(numbers(45));
  expect(numbers(100, 25)).toEqual([5, 4, 3]);
  expect(numbers(100, 1000)).toEqual([5, 4, 3]);
});

test("nothing is wanted from outside the epoch, and its last stretch is shorter", () => {
  expect(numbers(0)).toEqual([0]);
  expect(numbers(-100)).toEqual([0]);
  expect(wantedStretches(epoch, RATE_HZ, at(500), 1, 1)).toEqual([
    { epoch: 2, number: 6, start: at(120), end: at(125) },
    { epoch: 2, number: 5, start: at(100), end: at(120) },
  ]);
});

test("what is held without a break around the play head makes a page", () => {
  const wanted = wantedStretches(epoch, RATE_HZ, at(65), 25, 4);
  expect(wanted.map((one) => one.number)).toEqual([3, 4, 5, 2, 1]);
  const holding =
    (...held: number[]) =>
    (one: Stretch) =>
      held.includes(one.number) ? one : undefined;
  const found = (...held: number[]): number[] => heldAround(wanted, holding(...held)).map((one) => one.number);
  expect(found(1, 2, 3, 4, 5)).toEqual([1, 2, 3, 4, 5]);
  expect(found(1, 3, 5)).toEqual([3]);
  expect(found(2, 3, 4)).toEqual([2, 3, 4]);
  expect(found(1, 2, 4, 5)).toEqual([]);
  expect(heldAround([], holding(1))).toEqual([]);
});
