// What others point at, and samples that come late, for a drawing.

import { useEffect, useEffectEvent } from "react";
import type { LiveEcg } from "../../io/ecg_ports";
import type { EcgDescriptor } from "../../protocol/ecg";
import type { EcgReport } from "../../protocol/truth";
import type { EcgCanvas, Subject } from "./ecg_canvas";
import type { CaliperMark, PointMark } from "./marks";

/** As often as pages tell each other what they receive. */
const SIGHT_EVERY_MS = 1000;

/** What is drawn, and by whose description. */
export function useDrawn(canvas: EcgCanvas | null, subject: Subject | null, descriptor: EcgDescriptor): void {
  useEffect(() => canvas?.setSubject(subject, descriptor), [canvas, subject, descriptor]);
}

/** Samples that come into what is drawn already have it drawn anew. */
export function useLateSamples(live: LiveEcg, canvas: EcgCanvas | null): void {
  useEffect(
    () =>
      live.subscribe((received) => {
        for (const { epoch, added } of received) for (const span of added) canvas?.receive(epoch, span.start);
      }),
    [live, canvas],
  );
}

interface OwnHands {
  readonly mark: CaliperMark | null;
  readonly pointed: PointMark | null;
}

/** The calipers and places of the others under their names, and one's own (`me` is who looks); null: nobody else looks. */
export function useHands(
  live: LiveEcg | null,
  canvas: EcgCanvas | null,
  { mark, pointed }: OwnHands,
  me: string,
  look_ms: number,
): void {
  useEffect(() => {
    const calipers: CaliperMark[] = [];
    const points: PointMark[] = [];
    for (const { by, name, pointer } of live?.watch.pointed(look_ms) ?? []) {
      if (by === me) continue;
      if (pointer.show === "pointer") points.push({ ...pointer, name });
      if (pointer.show === "caliper")
        calipers.push({ ...pointer, name, active: null, isMarching: false, showsMv: false });
    }
    if (mark !== null) calipers.push(mark);
    if (pointed !== null) points.push(pointed);
    canvas?.setHands({ calipers, points });
  }, [live, canvas, mark, pointed, me, look_ms]);
}

/** Says once a second what this page sees of the ECG, and that it sees it no more. */
export function useSight(onSight: ((seen: EcgReport | null) => void) | undefined, seen: EcgReport): void {
  const now = useEffectEvent(() => onSight?.(seen));
  useEffect(() => {
    if (onSight === undefined) return;
    now();
    const timer = window.setInterval(() => now(), SIGHT_EVERY_MS);
    return () => {
      window.clearInterval(timer);
      onSight(null);
    };
  }, [onSight]);
}
