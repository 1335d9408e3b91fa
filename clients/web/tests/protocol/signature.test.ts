import { describe, expect, test } from "vitest";
import { drawOn, isSignature, MAX_POINTS, pathOf, type Stroke } from "../../src/protocol/signature";

describe("a signature", () => {
  test("has ink", () => {
    expect(isSignature([])).toBe(false);
    expect(isSignature([[{ x: 0, y: 0 }]])).toBe(false);
    expect(
      isSignature([
        [
          { x: 0, y: 0 },
          { x: 60, y: 0 },
        ],
        [
          { x: 0, y: 9 },
          { x: 0, y: 69 },
        ],
      ]),
    ).toBe(true);
  });

  test("is drawn point by point, stroke by stroke", () => {
    let strokes: readonly Stroke[] = [];
    strokes = drawOn(strokes, { x: 1, y: 2 }, false);
    strokes = drawOn(strokes, { x: 3, y: 4 }, false);
    strokes = drawOn(strokes, { x: 9, y: 9 }, true);
    expect(pathOf(strokes)).toBe("M1.0 2.0L3.0 4.0M9.0 9.0L9.0 9.0");
    expect(pathOf([[]])).toBe("");
  });

  test("does not grow without end", () => {
    const full: Stroke[] = [Array.from({ length: MAX_POINTS }, () => ({ x: 0, y: 0 }))];
    expect(drawOn(full, { x: 1, y: 1 }, false)).toBe(full);
  });
});
