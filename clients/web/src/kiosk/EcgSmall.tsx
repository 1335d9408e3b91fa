// The kiosk's own view of an ECG: what is being sent, and whether it arrives. Nothing to set, nothing to measure.

import { useMemo, useState } from "react";
import { railSum } from "../ecg/rail";
import { shownBand, type FilterChoice } from "../ecg/filters";
import { USUAL_SPEED_MM_S, type GainMmMv } from "../ecg/scale";
import type { LiveEcg } from "../io/ecg_ports";
import type { Ecg, EcgDescriptor } from "../protocol/ecg";
import type { EcgReport } from "../protocol/truth";
import { useCalibration } from "../ui/ecg/calibration";
import { chipsOf, ecgSight, textWords, wholeness } from "../ui/ecg/chips";
import { EcgBody } from "../ui/ecg/EcgBody";
import { EcgChips } from "../ui/ecg/EcgChips";
import { EcgVitals } from "../ui/ecg/EcgVitals";
import type { EcgCanvas, Hit, Look, Subject } from "../ui/ecg/ecg_canvas";
import { bandWords, markWords } from "../ui/ecg/ecg_words";
import { useDrawn, useHands, useLateSamples, useSight } from "../ui/ecg/hands";
import { useLiveEcg, useLook } from "../ui/ecg/live";
import { useLasting } from "../ui/hooks";
import { useWorld } from "../ui/world";
import { Trouble } from "./pieces";
import "../ui/ecg/ecg.css";

/** Lower than this six rows run into one another: then three columns more stand in a row. */
const SIX_ROWS_PX = 380;
/** Of the pane: what stands above the drawing and the seconds below it. */
const HEAD_PX = 76;
/** In a lower row 10 mm/mV runs over into the next, and out of the drawing. */
const HIGH_ROW_MM = 20;
const CHOICE: FilterChoice = { band: "diagnostic", notch_hz: 0 };

type OnSight = ((seen: EcgReport | null) => void) | undefined;

export function EcgSmall({ id, height, onSight }: { id: string; height: number; onSight: OnSight }) {
  const { speak } = useWorld();
  const { live, failure } = useLiveEcg(id);
  const look_ms = useLook();
  const ecg = live?.watch.ecg ?? null;
  const isSlow = useLasting(live === null, 400);
  if (live !== null && ecg?.descriptor != null)
    return (
      <Small live={live} ecg={ecg} descriptor={ecg.descriptor} look_ms={look_ms} height={height} onSight={onSight} />
    );
  return (
    <div className="k-ecg-wait" role="status">
      <Trouble failure={failure} />
      {ecg !== null ? (
        <>
          <b>{speak("ecg.waiting")}</b>
          <p>{speak("ecg.waitingMore")}</p>
        </>
      ) : (
        isSlow && failure === null && <p>{speak("ecg.connecting")}</p>
      )}
    </div>
  );
}

const NOBODY = { mark: null, pointed: null };

function Small(props: {
  live: LiveEcg;
  ecg: Ecg;
  descriptor: EcgDescriptor;
  look_ms: number;
  height: number;
  onSight: OnSight;
}) {
  const { live, ecg, descriptor, look_ms } = props;
  const { watch } = live;
  const { speak, theme, account } = useWorld();
  const { pxPerMm } = useCalibration();
  const [canvas, setCanvas] = useState<EcgCanvas | null>(null);
  const words = useMemo(() => markWords(speak), [speak]);
  const layout = props.height < SIX_ROWS_PX ? "3x4+1" : "6x2";
  const rowMm = (props.height - HEAD_PX) / (layout === "6x2" ? 6 : 4) / pxPerMm;
  const gain: GainMmMv = rowMm < HIGH_ROW_MM ? 5 : 10;
  const look = useMemo<Look>(
    () => ({
      layout,
      scale: { pxPerMm, speed_mm_s: USUAL_SPEED_MM_S, gain_mm_mv: gain },
      choice: CHOICE,
      words,
      theme,
    }),
    [layout, pxPerMm, gain, words, theme],
  );
  const band = shownBand(CHOICE, descriptor.rate_hz, {
    low_hz: descriptor.band_low_mhz / 1000,
    high_hz: descriptor.band_high_hz,
  });
  const subject = useMemo<Subject>(() => ({ kind: "live", watch, isFrozen: false }), [watch]);
  useDrawn(canvas, subject, descriptor);
  useLateSamples(live, canvas);
  useHands(live, canvas, NOBODY, account?.person ?? "", look_ms);
  const sum = railSum(watch.rail(), descriptor.rate_hz);
  const followed = canvas?.followed ?? null;
  const chips = chipsOf(live, "live", followed, sum, false, look_ms, speak);
  useSight(props.onSight, ecgSight(live, "live", followed, sum, look_ms));
  const point = ({ lead, epoch, sample }: Hit): void => live.point({ show: "pointer", lead, epoch, sample }, false);
  return (
    <div className="k-ecg-view">
      <div className="k-ecg-chips">
        <EcgChips chips={chips} />
        {!ecg.is_diagnostic && (
          <b className="tag chip ecg-chip warn">
            <span className="tri" aria-hidden="true" />
            {speak("ecg.monitorOnly")}
          </b>
        )}
        <span className="i2">
          {speak("ecg.speedOf", { value: USUAL_SPEED_MM_S })}
          {"\u3000"}
          <b>{speak("ecg.gainOf", { value: gain })}</b>
          {"\u3000"}
          {bandWords(band, speak)}
        </span>
        <span className="sp" />
        <EcgVitals vitals={watch.vitals} now_us={watch.gatewayNowUs(look_ms)} isOver={false} />
      </div>
      <EcgBody
        look={look}
        label={textWords(wholeness(live, sum, look_ms), sum, descriptor.leads.length, speak("ecg.vital.none"), speak)}
        isMeasuring={false}
        onCanvas={setCanvas}
        onDown={point}
        onMove={point}
        onUp={() => live.point({ show: "nothing" }, false)}
      />
    </div>
  );
}
