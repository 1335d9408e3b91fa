// The two lines above an ECG: what is seen and how old it is; how it is drawn and what it can be used for.

import type { ReactNode } from "react";
import type { ShownBand } from "../../ecg/filters";
import { LAYOUTS } from "../../ecg/layout";
import { GAINS_MM_MV, SPEEDS_MM_S } from "../../ecg/scale";
import { Icon } from "../Icon";
import { useWorld } from "../world";
import type { CaliperHand } from "./caliper_hand";
import type { Chip } from "./chips";
import { EcgChips } from "./EcgChips";
import { EcgChoice } from "./EcgChoice";
import { bandWords, mvWords } from "./ecg_words";
import type { Viewing } from "./viewing";

const LANES = ["live", "truth"] as const;
export type Lane = (typeof LANES)[number];
const NOTCHES = [0, 50, 60] as const;
const BAND_CHOICES = ["diagnostic", "monitor"] as const;

export function EcgHeader(props: {
  lead: ReactNode;
  lane: Lane;
  hasLive: boolean;
  onLane: (lane: Lane) => void;
  chips: readonly Chip[];
  viewing: Viewing;
  isFrozen: boolean;
  onFreeze: () => void;
  /** Pages of the record. */
  onTurn: (direction: 1 | -1) => void;
  caliper: CaliperHand;
  /** Paper and files. */
  onOutput: () => void;
}) {
  const { speak } = useWorld();
  const { lane, caliper } = props;
  return (
    <div className="row wrap ecg-head">
      {props.lead}
      <EcgChoice
        kind="row"
        label={speak("ecg.lane")}
        value={lane}
        options={LANES}
        words={(one) => speak(`ecg.lane.${one}`)}
        isShut={(one) => one === "live" && !props.hasLive}
        onChange={props.onLane}
      />
      <EcgChips chips={props.chips} />
      <span className="sp" />
      <LayoutChoice viewing={props.viewing} />
      {lane === "truth" && (
        <span className="ecg-turn">
          {([-1, 1] as const).map((direction) => (
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
        </span>
      )}
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
      <CaliperButton caliper={caliper} />
      <button
        type="button"
        className="btn small"
        aria-label={speak("ecg.output")}
        title={speak("ecg.output")}
        onClick={props.onOutput}
      >
        <Icon name="file" size={16} />
        <span className="ecg-roomy">{speak("ecg.output")}</span>
      </button>
    </div>
  );
}

/** Side by side where there is room for it, else dropping down. */
export function LayoutChoice({ viewing }: { viewing: Viewing }) {
  const { speak } = useWorld();
  return (["row", "list"] as const).map((kind) => (
    <EcgChoice
      key={kind}
      kind={kind}
      className={kind === "row" ? "ecg-roomy" : "ecg-tight"}
      label={speak("ecg.layout")}
      value={viewing.layout}
      options={LAYOUTS}
      words={(one) => speak(`ecg.layout.${one}`)}
      keyOf={(one) => String(LAYOUTS.indexOf(one) + 1)}
      onChange={viewing.setLayout}
    />
  ));
}

export function CaliperButton({ caliper }: { caliper: CaliperHand }) {
  const { speak } = useWorld();
  return (
    <KeyedToggle className="small hand" keyName="C" isOn={caliper.isOn} onToggle={caliper.toggle}>
      {speak("ecg.caliper")}
    </KeyedToggle>
  );
}

/** What is on or off, by the button or by the key that it names. */
function KeyedToggle(props: {
  className: string;
  keyName: string;
  isOn: boolean;
  onToggle: () => void;
  children: string;
}) {
  return (
    <button
      type="button"
      className={`btn ${props.className}${props.isOn ? " on" : ""}`}
      aria-pressed={props.isOn}
      aria-keyshortcuts={props.keyName}
      onClick={props.onToggle}
    >
      {props.children}
      <kbd>{props.keyName}</kbd>
    </button>
  );
}

export function EcgSettings(props: {
  viewing: Viewing;
  rateHz: number;
  band: ShownBand;
  onCalibrate: () => void;
  caliper: CaliperHand;
  /** What the device says itself; it makes room for the caliper. */
  stated: ReactNode;
}) {
  const { speak } = useWorld();
  const { viewing, band, caliper } = props;
  const { choice, setChoice, calibration } = viewing;
  return (
    <div className="row wrap ecg-settings">
      <EcgChoice
        kind="list"
        className="strong"
        label={speak("ecg.speed")}
        value={viewing.speed}
        options={SPEEDS_MM_S}
        words={(value) => speak("ecg.speedOf", { value })}
        onChange={viewing.setSpeed}
      />
      <EcgChoice
        kind="list"
        className="strong"
        label={speak("ecg.gain")}
        value={viewing.gain}
        options={GAINS_MM_MV}
        words={(value) => speak("ecg.gainOf", { value })}
        onChange={viewing.setGain}
      />
      <span className="i2 nb">{speak("ecg.rate", { hz: props.rateHz })}</span>
      <EcgChoice
        kind="list"
        className={band.isForSt ? "" : "warn"}
        label={speak("ecg.band")}
        value={choice.band}
        options={BAND_CHOICES}
        words={(value) => (value === choice.band ? bandWords(band, speak) : speak(`ecg.band.${value}`))}
        onChange={(value) => setChoice({ ...choice, band: value })}
      />
      {!band.isForSt && (
        <b className="tag warn nb">
          <span className="tri" aria-hidden="true" />
          {speak("ecg.bandNotSt")}
        </b>
      )}
      <EcgChoice
        kind="list"
        label={speak("ecg.notch")}
        value={choice.notch_hz}
        options={NOTCHES}
        words={(value) => speak(`ecg.notch.${value}`)}
        onChange={(value) => setChoice({ ...choice, notch_hz: value })}
      />
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
      <KeyedToggle className="tiny" keyName="M" isOn={caliper.isMarching} onToggle={caliper.march}>
        {speak("ecg.caliper.march")}
      </KeyedToggle>
      <KeyedToggle className="tiny" keyName="V" isOn={caliper.showsMv} onToggle={caliper.mv}>
        {speak("ecg.caliper.showMv")}
      </KeyedToggle>
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
