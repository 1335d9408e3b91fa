// A signature drawn by finger: its strokes, whether it is one, and its line.

export interface Point {
  /** In pixels of the sheet. */
  x: number;
  y: number;
}

export type Stroke = readonly Point[];

/** Shorter than this is a touch by mistake: the sleeve, a knuckle. */
export const MIN_INK_PX = 120;
/** More points than any name has: a hand that rests on the sheet must not fill the memory. */
export const MAX_POINTS = 20_000;

const lengthOf = (stroke: Stroke): number =>
  stroke.reduce((sum, point, index) => {
    const before = stroke[index - 1];
    return before === undefined ? 0 : sum + Math.hypot(point.x - before.x, point.y - before.y);
  }, 0);

/** Whether there is enough ink to be a signature. */
export const isSignature = (strokes: readonly Stroke[]): boolean =>
  strokes.reduce((sum, stroke) => sum + lengthOf(stroke), 0) >= MIN_INK_PX;

/** The strokes with one more point, in the last stroke or beginning a new one. */
export function drawOn(strokes: readonly Stroke[], point: Point, isNew: boolean): readonly Stroke[] {
  if (strokes.reduce((sum, stroke) => sum + stroke.length, 0) >= MAX_POINTS) return strokes;
  const last = strokes.at(-1);
  if (isNew || last === undefined) return [...strokes, [point]];
  return [...strokes.slice(0, -1), [...last, point]];
}

/** The line as an SVG path; a stroke of one point is a dot. */
export function pathOf(strokes: readonly Stroke[]): string {
  return strokes
    .map((stroke) => {
      const [first, ...rest] = stroke.length === 1 ? [...stroke, ...stroke] : stroke;
      const at = ({ x, y }: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
      return first === undefined ? "" : `M${at(first)}${rest.map((point) => `L${at(point)}`).join("")}`;
    })
    .join("");
}
