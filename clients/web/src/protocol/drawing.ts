// What is drawn upon a still: strokes in parts of the picture's width and height, so that they hold at every size.

export interface Point {
  x: number;
  y: number;
}

export type Drawing = readonly (readonly Point[])[];

/** As much as a person draws; a page that is asked for more keeps what it has. */
export const MAX_STROKES = 200;
export const MAX_POINTS = 2000;
/** Nearer points than this add nothing that could be seen. */
const STEP = 0.002;
/** Of the longer side: as wide as a felt pen on a printed photograph. */
export const PEN_SHARE = 0.004;

const inside = (value: number): number => Math.min(1, Math.max(0, value));

/** A point of the picture from a place on the glass. */
export function pointAt(place: Point, box: { left: number; top: number; width: number; height: number }): Point {
  return { x: inside((place.x - box.left) / box.width), y: inside((place.y - box.top) / box.height) };
}

/** The drawing with a new stroke begun. */
export function beginStroke(drawing: Drawing, at: Point): Drawing {
  return drawing.length >= MAX_STROKES ? drawing : [...drawing, [at]];
}

/** The drawing with its last stroke led on; unchanged where the pen has not moved. */
export function leadOn(drawing: Drawing, to: Point): Drawing {
  const last = drawing.at(-1);
  const from = last?.at(-1);
  if (last === undefined || from === undefined || last.length >= MAX_POINTS) return drawing;
  if (Math.hypot(to.x - from.x, to.y - from.y) < STEP) return drawing;
  return [...drawing.slice(0, -1), [...last, to]];
}

/** The drawing without its last stroke. */
export const withoutLast = (drawing: Drawing): Drawing => drawing.slice(0, -1);

/** A stroke as points of a picture of a size, in pixels; a single touch is a short line, so that it shows. */
export function strokePixels(stroke: readonly Point[], width: number, height: number): Point[] {
  const pixels = stroke.map(({ x, y }) => ({ x: x * width, y: y * height }));
  const [only] = pixels;
  return pixels.length === 1 && only !== undefined ? [only, { x: only.x + 1, y: only.y }] : pixels;
}

/** How wide the pen is on a picture of a size, in pixels. */
export function penWidth(width: number, height: number): number {
  return Math.max(2, Math.round(Math.max(width, height) * PEN_SHARE));
}
