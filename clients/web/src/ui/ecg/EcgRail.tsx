// The whole recording as a bar: ink is stored, hatch is missing, violet came late. A click goes there.

import type { ReactNode } from "react";
import { placeAt, railSum, shareOf, type RailPiece, type RailPlace } from "../../ecg/rail";
import type { Wholeness } from "../../ecg/standing";
import { clock } from "../../protocol/times";
import { useWorld } from "../world";
import { tenths } from "./ecg_words";

/** The bar is a picture of so many parts; what is thinner would vanish and is drawn as wide as that. */
const PARTS = 1000;
const LEAST_PARTS = 3;

export function EcgRail(props: {
  pieces: readonly RailPiece[];
  rateHz: number;
  whole: Wholeness;
  /** What is shown now; null where nothing is. */
  shown: { epoch: number; start: number; end: number } | null;
  onGo: (place: RailPlace) => void;
  onTurn: (direction: 1 | -1) => void;
  /** What can be done with the page that is shown. */
  children?: ReactNode;
}) {
  const { speak } = useWorld();
  const { pieces, rateHz, whole, shown } = props;
  const sum = railSum(pieces, rateHz);
  const last = pieces.at(-1);
  const first = pieces[0];
  const words =
    whole === "missing"
      ? speak("ecg.rail.missing", { count: sum.holes, seconds: tenths(sum.missing_ms) })
      : whole === "open"
        ? speak("ecg.rail.open")
        : sum.late_ms > 0
          ? speak("ecg.rail.wholeLate", { seconds: tenths(sum.late_ms) })
          : speak("ecg.rail.whole");
  const share = (epoch: number, sample: number): number => shareOf(pieces, { epoch, sample }) * PARTS;
  return (
    <div className="ecg-rail">
      <div className="row ecg-rail-words">
        <b>{speak("ecg.rail.title")}</b>
        {first !== undefined && last !== undefined && (
          <>
            <span>{speak("ecg.rail.span", { from: clock(0), to: clock((last.to_us - first.from_us) / 1000) })}</span>
            <span>{words}</span>
            {sum.missing_ms > 0 && <span>{speak("ecg.rail.percent", { percent: sum.percent.toFixed(1) })}</span>}
          </>
        )}
        <span className="sp" />
        <span className="i2">{speak("ecg.rail.signOnly")}</span>
        {props.children}
      </div>
      <button
        type="button"
        className="ecg-rail-bar"
        aria-label={
          whole === "open" ? speak("ecg.rail.goOpen") : speak("ecg.rail.go", { percent: sum.percent.toFixed(1) })
        }
        disabled={pieces.length === 0}
        onClick={(event) => {
          // A key has no place on the bar: it turns pages below.
          if (event.detail === 0) return;
          const box = event.currentTarget.getBoundingClientRect();
          const place = placeAt(pieces, (event.clientX - box.left) / box.width);
          if (place !== null) props.onGo(place);
        }}
        onKeyDown={(event) => {
          const direction = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : null;
          if (direction === null) return;
          event.preventDefault();
          event.stopPropagation();
          props.onTurn(direction);
        }}
      >
        <svg viewBox={`0 0 ${PARTS} 12`} preserveAspectRatio="none" aria-hidden="true">
          <defs>
            <pattern
              id="ecg-rail-hatch"
              width="6"
              height="6"
              patternUnits="userSpaceOnUse"
              patternTransform="rotate(45)"
            >
              <rect width="6" height="6" className="ground" />
              <path d="M0 0V6" className="stroke" />
            </pattern>
          </defs>
          {[...pieces]
            // What is missing lies over what is stored: however short, it must be seen.
            .sort((a, b) => Number(a.kind === "missing") - Number(b.kind === "missing"))
            .map((piece) => {
              const x = share(piece.epoch, piece.start);
              const width = Math.max(piece.kind === "stored" ? 0 : LEAST_PARTS, share(piece.epoch, piece.end) - x);
              return (
                <rect key={`${piece.epoch} ${piece.start}`} className={piece.kind} x={x} width={width} height={12} />
              );
            })}
          {shown !== null && (
            <rect
              className="shown"
              x={share(shown.epoch, shown.start)}
              width={Math.max(2, share(shown.epoch, shown.end) - share(shown.epoch, shown.start))}
              height={12}
            />
          )}
        </svg>
      </button>
    </div>
  );
}
