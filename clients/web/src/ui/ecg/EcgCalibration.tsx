// The bank card against the glass: a frame is made as wide as the card, and a millimetre is a millimetre from then on.

import { useState } from "react";
import { calibrated, CARD_MM } from "../../ecg/scale";
import { Dialog } from "../pieces";
import { useWorld } from "../world";
import { screenName, type HeldCalibration } from "./calibration";

/** ISO/IEC 7810, ID-1. */
const CARD_HEIGHT_MM = 53.98;

export function EcgCalibration({ held, onClose }: { held: HeldCalibration; onClose: () => void }) {
  const { speak } = useWorld();
  const [width, setWidth] = useState(() => Math.round(held.pxPerMm * CARD_MM));
  const [isOdd, setOdd] = useState(false);
  const put = (): void => {
    const made = calibrated(width, window.devicePixelRatio || 1, screenName());
    if (made === null) {
      setOdd(true);
      return;
    }
    held.put(made);
    onClose();
  };
  return (
    <Dialog title={speak("ecg.calibrate.title")} onClose={onClose}>
      <p>{speak("ecg.calibrate.how")}</p>
      <div className="ecg-card-room">
        <div className="ecg-card" style={{ width, height: (width * CARD_HEIGHT_MM) / CARD_MM }}>
          {speak("ecg.calibrate.card")}
        </div>
      </div>
      <label className="row ecg-card-width">
        {speak("ecg.calibrate.width")}
        <input
          type="range"
          min={120}
          max={900}
          value={width}
          onChange={(event) => {
            setWidth(Number(event.target.value));
            setOdd(false);
          }}
        />
        <b>{`${width} px`}</b>
      </label>
      {isOdd && (
        <p className="refusal" role="alert">
          <span className="tri" aria-hidden="true" />
          {speak("ecg.calibrate.odd")}
        </p>
      )}
      <div className="row">
        {held.calibration !== null && (
          <button
            type="button"
            className="btn"
            onClick={() => {
              held.put(null);
              onClose();
            }}
          >
            {speak("ecg.calibrate.forget")}
          </button>
        )}
        <span className="sp" />
        <button type="button" className="btn act" onClick={put}>
          {speak("ecg.calibrate.keep")}
        </button>
      </div>
    </Dialog>
  );
}
