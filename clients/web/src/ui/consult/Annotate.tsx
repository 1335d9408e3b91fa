// Drawing upon a still, and sending it back as a picture of its own; the first picture stays as it is.

import { useEffect, useRef, useState, type PointerEvent } from "react";
import { asJpeg } from "../../io/still_frame";
import { ApiFailure } from "../../protocol/api";
import type { CaseAttachment, Consultation } from "../../protocol/consultation";
import {
  beginStroke,
  leadOn,
  penWidth,
  pointAt,
  strokePixels,
  withoutLast,
  type Drawing,
} from "../../protocol/drawing";
import { useActing } from "../hooks";
import { Icon } from "../Icon";
import { failureWords } from "../words";
import { useWorld } from "../world";

/** Blue is the hand (interface.md §2); it stands out on skin and on film. White beneath it shows on dark. */
const PEN = "#0A56AC";
const UNDER = "rgb(255 255 255 / 85%)";

function paint(canvas: HTMLCanvasElement, picture: HTMLImageElement, drawing: Drawing): void {
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  canvas.width = picture.naturalWidth;
  canvas.height = picture.naturalHeight;
  pen.drawImage(picture, 0, 0);
  const width = penWidth(canvas.width, canvas.height);
  pen.lineCap = "round";
  pen.lineJoin = "round";
  for (const [colour, wide] of [
    [UNDER, width * 1.8],
    [PEN, width],
  ] as const) {
    pen.strokeStyle = colour;
    pen.lineWidth = wide;
    for (const stroke of drawing) {
      pen.beginPath();
      for (const { x, y } of strokePixels(stroke, canvas.width, canvas.height)) pen.lineTo(x, y);
      pen.stroke();
    }
  }
}

export function Annotate(props: {
  one: Consultation;
  attachment: CaseAttachment;
  address: string;
  onClose: () => void;
  onSent: (id: string) => void;
}) {
  const { speak, consultations, announce } = useWorld();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [picture, setPicture] = useState<HTMLImageElement | null>(null);
  const [drawing, setDrawing] = useState<Drawing>([]);
  const [isDown, setDown] = useState(false);
  const act = useActing();
  useEffect(() => {
    const image = new Image();
    image.onload = () => setPicture(image);
    image.src = props.address;
    return () => {
      image.onload = null;
    };
  }, [props.address]);
  useEffect(() => {
    if (canvas.current !== null && picture !== null) paint(canvas.current, picture, drawing);
  }, [picture, drawing]);
  const at = (event: PointerEvent<HTMLCanvasElement>) =>
    pointAt({ x: event.clientX, y: event.clientY }, event.currentTarget.getBoundingClientRect());
  const send = (): void =>
    act.run(async () => {
      const content = canvas.current === null ? null : await asJpeg(canvas.current);
      if (content === null) throw new ApiFailure(0, "page", null, {});
      const sent = await consultations.attach(props.one.id, {
        kind: "annotated_still",
        name: props.attachment.name.replace(/(\.\w+)?$/, "-1.jpg"),
        media_type: "image/jpeg",
        content,
        replies_to: props.attachment.id,
      });
      announce(speak("s2.drawSent"));
      props.onSent(sent.id);
    });
  return (
    <div className="viewer">
      <div className="row wrap">
        <b>{speak("s2.drawTitle")}</b>
        <span className="sp" />
        <button
          type="button"
          className="btn small"
          disabled={drawing.length === 0}
          onClick={() => setDrawing(withoutLast(drawing))}
        >
          <Icon name="undo" size={16} />
          {speak("s2.undo")}
        </button>
        <button type="button" className="btn small" onClick={props.onClose}>
          {speak("app.cancel")}
        </button>
        <button type="button" className="btn small act" disabled={drawing.length === 0 || act.isBusy} onClick={send}>
          {speak(act.isBusy ? "app.saving" : "s2.drawSend")}
        </button>
      </div>
      {act.failure !== null && (
        <p role="alert" className="refusal">
          <span className="tri" aria-hidden="true" />
          {failureWords(act.failure, speak)}
        </p>
      )}
      <div className="viewer-picture">
        <canvas
          ref={canvas}
          className="draw"
          role="img"
          aria-label={speak("s2.drawTitle")}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            setDown(true);
            setDrawing(beginStroke(drawing, at(event)));
          }}
          onPointerMove={(event) => {
            if (!isDown) return;
            const to = at(event);
            setDrawing((before) => leadOn(before, to));
          }}
          onPointerUp={() => setDown(false)}
          onPointerCancel={() => setDown(false)}
        />
      </div>
    </div>
  );
}
