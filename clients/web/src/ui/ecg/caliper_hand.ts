// One's own caliper on an ECG: set by the pointer, moved by keys to the sample, shown to the others, and what it says.

import { useEffect, useRef, useState } from "react";
import { correctedQt, measure, type CaliperPoint, type CorrectedQt, type Measured } from "../../ecg/calipers";
import type { LiveEcg } from "../../io/ecg_ports";
import type { EcgCanvas, Hit } from "./ecg_canvas";
import type { CaliperMark, PointMark } from "./marks";

/** After a key the caliper lies still this long before it is kept. */
const KEEP_AFTER_MS = 1200;
/** A place that was pointed at is seen for so long. */
const POINT_LIFE_MS = 6000;
/** A line is taken up within so many samples of the pointer, as seconds: 3 mm at 25 mm/s. */
const GRIP_S = 0.12;
/** Set by the keyboard it begins as wide as a usual QT interval. */
const FIRST_WIDTH_S = 0.4;
const MV_STEP = 0.05;

interface Own {
  readonly lead: string;
  readonly epoch: number;
  readonly points: readonly [CaliperPoint, CaliperPoint];
  readonly active: 0 | 1;
}

export interface CaliperHand {
  readonly isOn: boolean;
  readonly mark: CaliperMark | null;
  readonly pointed: PointMark | null;
  readonly measured: Measured | null;
  readonly rr_ms: number | null;
  readonly qt_ms: number | null;
  readonly qtc: CorrectedQt | null;
  readonly isMarching: boolean;
  readonly showsMv: boolean;
  toggle: () => void;
  away: () => void;
  march: () => void;
  mv: () => void;
  takeRr: () => void;
  takeQt: () => void;
  down: (hit: Hit) => void;
  move: (hit: Hit) => void;
  up: () => void;
  /** A line by samples, or up and down by voltage. */
  step: (samples: number, mv: number) => void;
  other: () => void;
}

/** `show`: shows it to who looks at the same ECG; `ownName` stands on it where somebody does. */
export function useCaliper(
  show: LiveEcg["point"],
  canvas: EcgCanvas | null,
  rateHz: number,
  ownName: string,
): CaliperHand {
  const [isOn, setOn] = useState(false);
  const [own, setOwn] = useState<Own | null>(null);
  const [pointed, setPointed] = useState<PointMark | null>(null);
  const [isMarching, setMarching] = useState(false);
  const [showsMv, setMv] = useState(false);
  const [rr_ms, setRr] = useState<number | null>(null);
  const [qt_ms, setQt] = useState<number | null>(null);
  const keeping = useRef<number | undefined>(undefined);
  useEffect(() => () => window.clearTimeout(keeping.current), []);

  const tell = (caliper: Own, isKept: boolean): void => {
    const { lead, epoch, points } = caliper;
    show({ show: "caliper", lead, epoch, points }, isKept);
  };
  const put = (caliper: Own, keep: "now" | "soon" | "no"): void => {
    setOwn(caliper);
    window.clearTimeout(keeping.current);
    tell(caliper, keep === "now");
    if (keep === "soon") keeping.current = window.setTimeout(() => tell(caliper, true), KEEP_AFTER_MS);
  };
  const forget = (): void => {
    window.clearTimeout(keeping.current);
    if (own !== null || pointed !== null) show({ show: "nothing" }, false);
    setOwn(null);
    setPointed(null);
  };
  const point = (hit: Hit): void => {
    const { lead, epoch, sample } = hit;
    setPointed({ lead, epoch, sample, name: ownName });
    show({ show: "pointer", lead, epoch, sample }, false);
    window.clearTimeout(keeping.current);
    keeping.current = window.setTimeout(() => {
      setPointed(null);
      show({ show: "nothing" }, false);
    }, POINT_LIFE_MS);
  };
  const measured = own === null ? null : measure(own.points[0], own.points[1], rateHz);

  return {
    isOn,
    pointed,
    measured,
    rr_ms,
    qt_ms,
    qtc: rr_ms === null || qt_ms === null ? null : correctedQt(qt_ms, rr_ms),
    isMarching,
    showsMv,
    mark: own === null ? null : { ...own, name: ownName, isMarching, showsMv },
    toggle: () => {
      if (isOn) {
        forget();
        setOn(false);
        return;
      }
      setOn(true);
      setPointed(null);
      // By the keyboard alone: in the middle of what is seen, on the lead whose rhythm is read.
      const shown = canvas?.shown ?? null;
      if (shown === null || own !== null) return;
      const middle = Math.round((shown.start + shown.end - FIRST_WIDTH_S * rateHz) / 2);
      const points = [
        { sample: middle, mv: 0 },
        { sample: middle + Math.round(FIRST_WIDTH_S * rateHz), mv: 0 },
      ] as const;
      setOwn({ lead: "II", epoch: shown.epoch, points, active: 1 });
    },
    away: () => {
      forget();
      setOn(false);
    },
    march: () => setMarching((was) => !was),
    mv: () => setMv((was) => !was),
    takeRr: () => setRr(measured?.ms ?? null),
    takeQt: () => setQt(measured?.ms ?? null),
    down: (hit) => {
      if (!isOn) {
        point(hit);
        return;
      }
      const at = { sample: hit.sample, mv: hit.mv };
      const near = ([0, 1] as const).find(
        (line) =>
          own?.lead === hit.lead &&
          own.epoch === hit.epoch &&
          Math.abs(own.points[line].sample - hit.sample) < GRIP_S * rateHz,
      );
      if (own !== null && near !== undefined) put(withPoint({ ...own, active: near }, at), "no");
      else put({ lead: hit.lead, epoch: hit.epoch, points: [at, at], active: 1 }, "no");
    },
    move: (hit) => {
      if (!isOn) {
        point(hit);
        return;
      }
      if (own?.epoch !== hit.epoch) return;
      // Beside its own lead a pointer still says when, but not how high.
      const mv = hit.lead === own.lead ? hit.mv : own.points[own.active].mv;
      put(withPoint(own, { sample: hit.sample, mv }), "no");
    },
    up: () => {
      if (isOn && own !== null) put(own, "now");
    },
    step: (samples, mv) => {
      if (own === null) return;
      const from = own.points[own.active];
      put(withPoint(own, { sample: Math.max(0, from.sample + samples), mv: from.mv + mv * MV_STEP }), "soon");
    },
    other: () => {
      if (own !== null) setOwn({ ...own, active: own.active === 0 ? 1 : 0 });
    },
  };
}

function withPoint(own: Own, point: CaliperPoint): Own {
  const [first, second] = own.points;
  return { ...own, points: own.active === 0 ? [point, second] : [first, point] };
}
