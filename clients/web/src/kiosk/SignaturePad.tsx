// The sheet on which a finger signs.

import { useRef, useState, type PointerEvent } from "react";
import { drawOn, pathOf, type Stroke } from "../protocol/signature";

export interface Drawn {
  strokes: readonly Stroke[];
  size: { width: number; height: number };
}

export function SignaturePad(props: { label: string; drawn: Drawn; onDrawn: (drawn: Drawn) => void }) {
  const element = useRef<SVGSVGElement>(null);
  const [pointer, setPointer] = useState<number | null>(null);
  const draw = (event: PointerEvent<SVGSVGElement>, isNew: boolean): void => {
    const sheet = element.current;
    if (sheet === null) return;
    const box = sheet.getBoundingClientRect();
    // The page may be drawn larger than it is laid out (css zoom on a large panel): the sheet keeps its own pixels.
    const size = { width: sheet.clientWidth, height: sheet.clientHeight };
    const x = ((event.clientX - box.left) * size.width) / box.width;
    const y = ((event.clientY - box.top) * size.height) / box.height;
    props.onDrawn({ strokes: drawOn(props.drawn.strokes, { x, y }, isNew), size });
  };
  return (
    <svg
      ref={element}
      className="k-pad"
      role="img"
      aria-label={props.label}
      onPointerDown={(event) => {
        if (pointer !== null) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setPointer(event.pointerId);
        draw(event, true);
      }}
      onPointerMove={(event) => {
        if (event.pointerId === pointer) draw(event, false);
      }}
      onPointerUp={() => setPointer(null)}
      onPointerCancel={() => setPointer(null)}
    >
      <path d={pathOf(props.drawn.strokes)} />
    </svg>
  );
}
