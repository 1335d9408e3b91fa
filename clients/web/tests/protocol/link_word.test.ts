import { expect, test } from "vitest";
import { linkWord, receivedLinkWord } from "../../src/protocol/link_word";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a word of the service is read", () => {
  const text = '{"rung": 3, "carries_kbps": 150, "wants_kbps": 2500, "paused": 1}';
  expect(receivedLinkWord(bytes(text))).toEqual({ rung: 3, carries_kbps: 150 });
});

test("a rate that is not known, or not one, counts as none", () => {
  for (const carries_kbps of [null, undefined, "150", -1, 1e12]) {
    expect(linkWord({ rung: 0, carries_kbps })).toEqual({ rung: 0, carries_kbps: 0 });
  }
});

test("what is not understood says nothing", () => {
  for (const value of [null, 3, {}, { rung: 5 }, { rung: "3" }]) expect(linkWord(value)).toBeNull();
  expect(receivedLinkWord(bytes("{"))).toBeNull();
});
