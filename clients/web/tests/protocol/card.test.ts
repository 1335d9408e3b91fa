import { describe, expect, test } from "vitest";
import { cardNumberIn, coveredName, receiveKey, WEDGE_AT_REST } from "../../src/protocol/card";

const letters = (text: string): string[] => Array.from(text);

/** Types keys with a pause before each, in milliseconds; what came out at the last one. */
function type(keys: readonly string[], pause_ms: number): string | null {
  let wedge = WEDGE_AT_REST;
  let at_ms = 1000;
  let typed: string | null = null;
  for (const key of keys) {
    at_ms += pause_ms;
    ({ wedge, typed } = receiveKey(wedge, key, at_ms));
  }
  return typed;
}

describe("a scanner that types", () => {
  test("is told by its pace", () => {
    expect(type([...letters("3301020426"), "Enter"], 8)).toBe("3301020426");
    expect(type([...letters("3301020426"), "Tab"], 8)).toBe("3301020426");
    expect(type([...letters("3301020426"), "Enter"], 120)).toBeNull();
  });

  test("a person who hits Enter later than a scanner would is a person", () => {
    let { wedge } = receiveKey(WEDGE_AT_REST, "1", 1000);
    for (const key of "23456") ({ wedge } = receiveKey(wedge, key, wedge.at_ms + 5));
    expect(receiveKey(wedge, "Enter", wedge.at_ms + 400).typed).toBeNull();
  });

  test("begins anew after a pause", () => {
    let { wedge } = receiveKey(WEDGE_AT_REST, "x", 1000);
    for (const key of "330102") ({ wedge } = receiveKey(wedge, key, wedge.letters === "x" ? 2000 : wedge.at_ms + 5));
    expect(receiveKey(wedge, "Enter", wedge.at_ms + 5).typed).toBe("330102");
  });

  test("short bursts and keys that are no letters are no card", () => {
    expect(type(["1", "2", "Enter"], 5)).toBeNull();
    expect(type(["Shift", "3", "3", "0", "1", "0", "2", "Enter"], 5)).toBe("330102");
  });

  test("does not grow without end", () => {
    let wedge = WEDGE_AT_REST;
    for (let i = 0; i < 1000; i += 1) ({ wedge } = receiveKey(wedge, "7", i * 5));
    expect(wedge.letters.length).toBeLessThanOrEqual(240);
  });
});

test("a card number is what the service takes", () => {
  expect(cardNumberIn(" 3301-0204 26\n")).toBe("3301-020426");
  expect(cardNumberIn("12345")).toBeNull();
  expect(cardNumberIn("https://example.org/1")).toBeNull();
  expect(cardNumberIn("9".repeat(61))).toBeNull();
});

test("names on a screen that stands in a room are covered", () => {
  expect(["张德福", "张三", "张", "欧阳德福", "Ann Lee", ""].map(coveredName)).toEqual([
    "张＊福",
    "张＊",
    "张",
    "欧＊福",
    "Ann Lee",
    "",
  ]);
});
