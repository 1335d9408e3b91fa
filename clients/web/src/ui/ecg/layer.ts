// One layer of the drawing, cut upright into slices, each a canvas of its own.
//
// Whatever changes in a canvas, the browser copies the whole of it and lays the whole of it over what is below: without
// a graphics card that is what a live drawing costs. So only the slices under the sweep are touched in a picture. And
// each is an OffscreenCanvas: a canvas of the page is copied in every picture, changed or not (Chromium 156).

import type { Pen, Size } from "./paint";

/** From left to right, in pixels of the pane. */
export interface Stretch {
  readonly left: number;
  readonly right: number;
}

interface Slice extends Stretch {
  readonly pen: Pen;
  readonly canvas: HTMLCanvasElement;
}

/** How a layer is made. */
export interface LayerKind {
  readonly name: string;
  /** Of a slice, in pixels of the glass. Narrow ones are cheaper to touch; each costs something in every picture. */
  readonly slice_px: number;
  /** Nothing is below: a layer without holes costs less to lay down. */
  readonly isOpaque: boolean;
}

export class Layer {
  /** Holds the slices; `data-layer` says whose they are. */
  readonly element: HTMLElement;
  readonly #kind: LayerKind;
  #slices: Slice[] = [];
  #height = 0;
  #ratio = 1;

  constructor(kind: LayerKind) {
    this.#kind = kind;
    this.element = document.createElement("div");
    this.element.className = "ecg-layer";
    this.element.dataset["layer"] = kind.name;
    this.element.setAttribute("aria-hidden", "true");
  }

  /**
   * Begins anew, empty, in this size and so far below; `ratio`: pixels of the glass for one of the pane. An opaque layer
   * is black until it is painted, which may be some pictures later: it begins as `ground`.
   */
  fit({ width, height }: Size, ratio: number, ground: string, top = 0): void {
    this.element.replaceChildren();
    this.#slices = [];
    this.#height = height;
    this.#ratio = ratio;
    const whole = Math.round(width * ratio);
    for (let left = 0; left < whole; left += this.#kind.slice_px) {
      const right = Math.min(whole, left + this.#kind.slice_px);
      const canvas = document.createElement("canvas");
      canvas.width = right - left;
      canvas.height = Math.round(height * ratio);
      canvas.style.left = `${left / ratio}px`;
      canvas.style.top = `${top}px`;
      canvas.style.width = `${(right - left) / ratio}px`;
      canvas.style.height = `${height}px`;
      this.element.append(canvas);
      const pen = canvas.transferControlToOffscreen().getContext("2d", { alpha: !this.#kind.isOpaque });
      if (pen === null) continue;
      if (this.#kind.isOpaque) {
        pen.fillStyle = ground;
        pen.fillRect(0, 0, canvas.width, canvas.height);
      }
      pen.setTransform(ratio, 0, 0, ratio, -left, -top * ratio);
      this.#slices.push({ left: left / ratio, right: right / ratio, pen, canvas });
    }
  }

  /** Blanks a stretch over the whole height. */
  clear(stretch: Stretch): void {
    this.#touch(stretch, () => undefined);
  }

  clearAll(): void {
    this.clear({ left: 0, right: Infinity });
  }

  /** Paints anew what is seen of a stretch, and nothing beside it; `paint` is told of which part. */
  repaint(stretch: Stretch, paint: (pen: Pen, part: Stretch) => void): void {
    this.#touch(stretch, (pen, part) => {
      pen.save();
      pen.beginPath();
      pen.rect(part.left, 0, part.right - part.left, this.#height);
      pen.clip();
      paint(pen, part);
      pen.restore();
    });
  }

  /** Paints all anew; a slice with none of the stretches that `paint` names is not laid over what is below at all. */
  renew(paint: (pen: Pen) => readonly Stretch[]): void {
    for (const { pen, canvas, left, right } of this.#slices) {
      if (!canvas.hidden) pen.clearRect(left, 0, right - left, this.#height);
      canvas.hidden = !paint(pen).some((one) => one.left < right && one.right > left);
    }
  }

  /** Hands out every slice, to be painted over as a whole. */
  each(paint: (pen: Pen, slice: Stretch) => void): void {
    for (const slice of this.#slices) paint(slice.pen, slice);
  }

  /** Blanks the parts of the slices that show something of a stretch, in whole pixels of the glass. */
  #touch(stretch: Stretch, then: (pen: Pen, part: Stretch) => void): void {
    const from = Math.floor(stretch.left * this.#ratio) / this.#ratio;
    const to = Math.ceil(stretch.right * this.#ratio) / this.#ratio;
    for (const slice of this.#slices) {
      const part = { left: Math.max(from, slice.left), right: Math.min(to, slice.right) };
      if (part.left >= part.right) continue;
      slice.pen.clearRect(part.left, 0, part.right - part.left, this.#height);
      then(slice.pen, part);
    }
  }
}
