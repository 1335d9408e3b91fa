// The two lines above an ECG: what is seen and how old it is; how it is drawn and what it can be used for.

import type { ReactNode } from "react";
import { type FilterChoice, type ShownBand } from "../../ecg/filters";
import { LAYOUTS, type LayoutName } from "../../ecg/layout";
import { GAINS_MM_MV, SPEEDS_MM_S, type GainMmMv, type SpeedMmS } from "../../ecg/scale";
import { Icon } from "../Icon";
import { useWorld } from "../world";
import type { CaliperHand } from "./caliper_hand";
import type { HeldCalibration } from "./calibration";
import type { Chip } from "./chips";
import { bandWords, mvWords } from "./ecg_words";

export type Lane = "live" | "truth";
const NOTCHES = [0, 50, 60] as const;

export function EcgHeader(props: {
  lead: ReactNode;
  lane: Lane;
  hasLive: boolean;
  onLane: (lane: Lane) => void;
  chips: readonly Chip[];
  layout: LayoutName;
  onLayout: (layout: LayoutName) => void;
  isFrozen: boolean;
  onFreeze: () => void;
  /** Pages of the record. */
  onTurn: (direction: 1 | -1) => void;
  caliper: CaliperHand;
  onPrint: (() => void) | null;
}) {
  const { speak } = useWorld();
  const { lane, caliper } = props;
  return (
    <div className="row wrap ecg-head">
      {props.lead}
      <div className="seg" role="group" aria-label={speak("ecg.lane")}>
        {(["live", "truth"] as const).map((one) => (
          <button
            key={one}
            type="button"
            className={lane === one ? "on" : ""}
            aria-pressed={lane === one}
            disabled={one === "live" && !props.hasLive}
            onClick={() => props.onLane(one)}
          >
            {speak(`ecg.lane.${one}`)}
          </button>
        ))}
      </div>
      {props.chips.map((chip) => (
        <span key={chip.text} className={`tag chip ecg-chip ${chip.kind}`}>
          {chip.kind === "none" && <i className="chip-hatch" aria-hidden="true" />}
          {chip.text}
        </span>
      ))}
      <span className="sp" />
      <div className="seg" role="group" aria-label={speak("ecg.layout")}>
        {LAYOUTS.map((one, number) => (
          <button
            key={one}
            type="button"
            className={props.layout === one ? "on" : ""}
            aria-pressed={props.layout === one}
            aria-keyshortcuts={String(number + 1)}
            onClick={() => props.onLayout(one)}
          >
            {speak(`ecg.layout.${one}`)}
          </button>
        ))}
      </div>
      {lane === "truth" &&
        ([-1, 1] as const).map((direction) => (
          <button
            key={direction}
            type="button"
            className="btn small"
            aria-label={speak(direction === 1 ? "ecg.page.on" : "ecg.page.back")}
            title={speak(direction === 1 ? "ecg.page.on" : "ecg.page.back")}
            onClick={() => props.onTurn(direction)}
          >
            <Icon name={direction === 1 ? "right" : "back"} size={16} />
          </button>
        ))}
      {lane === "live" && (
        <button
          type="button"
          className={props.isFrozen ? "btn small on" : "btn small"}
          aria-pressed={props.isFrozen}
          aria-keyshortcuts="Space"
          onClick={props.onFreeze}
        >
          {speak(props.isFrozen ? "ecg.unfreeze" : "ecg.freeze")}
          <kbd>{speak("ecg.space")}</kbd>
        </button>
      )}
      <button
        type="button"
        className={caliper.isOn ? "btn small hand on" : "btn small hand"}
        aria-pressed={caliper.isOn}
        aria-keyshortcuts="C"
        onClick={caliper.toggle}
      >
        {speak("ecg.caliper")}
        <kbd>{"C"}</kbd>
      </button>
      {props.onPrint !== null && (
        <button type="button" className="btn small" onClick={props.onPrint}>
          <Icon name="file" size={16} />
          {speak("ecg.print")}
        </button>
      )}
    </div>
  );
}

export function EcgSettings(props: {
  speed: SpeedMmS;
  onSpeed: (speed: SpeedMmS) => void;
  gain: GainMmMv;
  onGain: (gain: GainMmMv) => void;
  rateHz: number;
  choice: FilterChoice;
  onChoice: (choice: FilterChoice) => void;
  band: ShownBand;
  calibration: HeldCalibration;
  onCalibrate: () => void;
  caliper: CaliperHand;
  /** What the device says itself; it makes room for the caliper. */
  stated: ReactNode;
}) {
  const { speak } = useWorld();
  const { band, choice, calibration, caliper } = props;
  return (
    <div className="row wrap ecg-settings">
      <select
        aria-label={speak("ecg.speed")}
        value={props.speed}
        onChange={(event) => props.onSpeed(Number(event.target.value) as SpeedMmS)}
      >
        {SPEEDS_MM_S.map((value) => (
          <option key={value} value={value}>
            {speak("ecg.speedOf", { value })}
          </option>
        ))}
      </select>
      <select
        aria-label={speak("ecg.gain")}
        value={props.gain}
        onChange={(event) => props.onGain(Number(event.target.value) as GainMmMv)}
      >
        {GAINS_MM_MV.map((value) => (
          <option key={value} value={value}>
            {speak("ecg.gainOf", { value })}
          </option>
        ))}
      </select>
      <span className="i2 nb">{speak("ecg.rate", { hz: props.rateHz })}</span>
      <select
        className={band.isForSt ? "" : "warn"}
        aria-label={speak("ecg.band")}
        value={choice.band}
        onChange={(event) => props.onChoice({ ...choice, band: event.target.value as FilterChoice["band"] })}
      >
        {(["diagnostic", "monitor"] as const).map((value) => (
          <option key={value} value={value}>
            {value === choice.band ? bandWords(band, speak) : speak(`ecg.band.${value}`)}
          </option>
        ))}
      </select>
      {!band.isForSt && (
        <b className="tag warn nb">
          <span className="tri" aria-hidden="true" />
          {speak("ecg.bandNotSt")}
        </b>
      )}
      <select
        aria-label={speak("ecg.notch")}
        value={choice.notch_hz}
        onChange={(event) =>
          props.onChoice({ ...choice, notch_hz: Number(event.target.value) as FilterChoice["notch_hz"] })
        }
      >
        {NOTCHES.map((value) => (
          <option key={value} value={value}>
            {speak(`ecg.notch.${value}`)}
          </option>
        ))}
      </select>
      <button
        type="button"
        className={calibration.calibration === null ? "ecg-plain warn" : "ecg-plain"}
        onClick={props.onCalibrate}
      >
        {calibration.calibration === null
          ? speak("ecg.uncalibrated")
          : speak("ecg.calibrated", { value: calibration.pxPerMm.toFixed(2) })}
      </button>
      <span className="sp" />
      {caliper.isOn ? <CaliperWords caliper={caliper} /> : props.stated}
    </div>
  );
}

/** What the caliper says, and what is made of it; QTc by both formulas, from what the reader took as QT and RR. */
function CaliperWords({ caliper }: { caliper: CaliperHand }) {
  const { speak } = useWorld();
  const { measured, rr_ms, qt_ms, qtc } = caliper;
  if (measured === null) return <span className="i2 nb">{speak("ecg.caliper.how")}</span>;
  const kept = (ms: number | null): string => (ms === null ? "–" : String(Math.round(ms)));
  return (
    <span className="row wrap ecg-measures" role="status">
      <b className="nb">{speak("ecg.caliper.ms", { ms: Math.round(measured.ms) })}</b>
      {measured.bpm !== null && (
        <span className="nb">{speak("ecg.caliper.bpm", { bpm: Math.round(measured.bpm) })}</span>
      )}
      <span className="nb">{mvWords(measured.mv, speak)}</span>
      <button type="button" className="btn tiny" onClick={caliper.takeRr}>
        {speak("ecg.caliper.rr")}
      </button>
      <button type="button" className="btn tiny" onClick={caliper.takeQt}>
        {speak("ecg.caliper.qt")}
      </button>
      <button
        type="button"
        className={caliper.isMarching ? "btn tiny on" : "btn tiny"}
        aria-pressed={caliper.isMarching}
        aria-keyshortcuts="M"
        onClick={caliper.march}
      >
        {speak("ecg.caliper.march")}
        <kbd>{"M"}</kbd>
      </button>
      <button
        type="button"
        className={caliper.showsMv ? "btn tiny on" : "btn tiny"}
        aria-pressed={caliper.showsMv}
        aria-keyshortcuts="V"
        onClick={caliper.mv}
      >
        {speak("ecg.caliper.showMv")}
        <kbd>{"V"}</kbd>
      </button>
      {(rr_ms !== null || qt_ms !== null) && (
        <span className="nb">{speak("ecg.caliper.kept", { rr: kept(rr_ms), qt: kept(qt_ms) })}</span>
      )}
      {qtc !== null && (
        <b className="nb">
          {speak("ecg.caliper.qtc", {
            bazett: Math.round(qtc.bazett_ms),
            fridericia: Math.round(qtc.fridericia_ms),
          })}
        </b>
      )}
    </span>
  );
}
