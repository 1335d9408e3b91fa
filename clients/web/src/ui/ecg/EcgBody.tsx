// The drawing's place in the page: one stop for the keyboard, and where the pointer measures.

import { useEffect, useRef, type ReactNode } from "react";
import { EcgCanvas, type Hit, type Look } from "./ecg_canvas";

export function EcgBody(props: {
  look: Look;
  label: string;
  isMeasuring: boolean;
  onCanvas: (canvas: EcgCanvas | null) => void;
  onDown?: (hit: Hit) => void;
  onMove?: (hit: Hit) => void;
  onUp?: () => void;
  children?: ReactNode;
}) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<EcgCanvas | null>(null);
  const { look, onCanvas } = props;
  const first = useRef(look);
  useEffect(() => {
    if (host.current === null) return;
    const made = new EcgCanvas(host.current, first.current);
    canvas.current = made;
    onCanvas(made);
    return () => {
      canvas.current = null;
      made.close();
      onCanvas(null);
    };
  }, [onCanvas]);
  useEffect(() => canvas.current?.setLook(look), [look]);
  const hitOf = (event: { clientX: number; clientY: number }): Hit | null => {
    const box = host.current?.getBoundingClientRect();
    return box === undefined ? null : (canvas.current?.hit(event.clientX - box.left, event.clientY - box.top) ?? null);
  };
  return (
    <div className="ecg-body">
      <div
        ref={host}
        className={props.isMeasuring ? "ecg-drawing measuring" : "ecg-drawing"}
        tabIndex={0}
        role="group"
        aria-label={props.label}
        onPointerDown={(event) => {
          const hit = event.button === 0 ? hitOf(event) : null;
          if (hit === null || props.onDown === undefined) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          props.onDown(hit);
        }}
        onPointerMove={(event) => {
          if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
          const hit = hitOf(event);
          if (hit !== null) props.onMove?.(hit);
        }}
        onPointerUp={() => props.onUp?.()}
        onPointerCancel={() => props.onUp?.()}
      />
      {props.children}
    </div>
  );
}
