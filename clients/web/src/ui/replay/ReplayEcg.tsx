// A stored ECG beside a recording's pictures: swept up to the sample of the picture on screen.

import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { ecgMomentAt, gatewayUsAt, momentShown, type EcgMoment } from "../../ecg/replay_axis";
import { wantedStretches, type Stretch } from "../../ecg/replay_stretches";
import { LAYOUTS, type LayoutName } from "../../ecg/layout";
import { GAINS_MM_MV, nextGain, SPEEDS_MM_S, type GainMmMv, type SpeedMmS } from "../../ecg/scale";
import { shownBand, type FilterChoice } from "../../ecg/filters";
import { keep, kept } from "../../io/preferences";
import { ReplayFrames } from "../../io/replay_frames";
import type { Player } from "../../io/player";
import type { RecordingDetail } from "../../protocol/api";
import { isFinal } from "../../protocol/ecg";
import { useKeys, useLasting } from "../hooks";
import { Failure } from "../pieces";
import { useWorld } from "../world";
import { useCalibration } from "../ecg/calibration";
import { EcgBody } from "../ecg/EcgBody";
import type { EcgCanvas, Look, Subject } from "../ecg/ecg_canvas";
import { bandWords, markWords } from "../ecg/ecg_words";
import type { ReplayedEcg } from "./replay_ecgs";
import "../ecg/ecg.css";
import "./replay.css";

const USUAL_PAGE_S = 10;
const CHOICE: FilterChoice = { band: "diagnostic", notch_hz: 0 };
const NO_STRETCHES: readonly Stretch[] = [];

function keptLayout(): LayoutName {
  return LAYOUTS.find((one) => one === kept("ecg_layout")) ?? "6x2";
}

export function ReplayEcg(props: {
  player: Player;
  detail: RecordingDetail;
  ecgs: readonly ReplayedEcg[];
  position_ms: number;
  speed: number;
}) {
  const { player, detail, ecgs, position_ms } = props;
  const { speak } = useWorld();
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = momentShown(detail.clocks, detail.lanes, position_ms, player.pictures());
  const momentOf = ({ ecg, axis, descriptor }: ReplayedEcg): EcgMoment =>
    ecgMomentAt(ecg.epochs, descriptor.rate_hz, gatewayUsAt(axis, shown.at_ms, shown.way_us));
  // Who chose none sees the one that ran then.
  const running = ecgs.findLast((one) => momentOf(one).kind === "at");
  const begun = ecgs.findLast((one) => momentOf(one).kind !== "not_yet");
  const one = ecgs.find(({ ecg }) => ecg.id === chosen) ?? running ?? begun ?? ecgs[0];
  if (one === undefined) return null;
  return (
    <section className="ecg-pane replay-ecg" aria-label={speak("m4.ecg")} data-pace={shown.pace}>
      <Replayed key={one.ecg.id} {...props} one={one} moment={momentOf(one)} pace={shown.pace}>
        {ecgs.length > 1 && (
          <select
            aria-label={speak("m4.ecgChoose")}
            value={one.ecg.id}
            onChange={(event) => setChosen(event.target.value)}
          >
            {ecgs.map(({ ecg }) => (
              <option key={ecg.id} value={ecg.id}>
                {ecg.serial}
              </option>
            ))}
          </select>
        )}
      </Replayed>
    </section>
  );
}

function Replayed(props: {
  player: Player;
  detail: RecordingDetail;
  one: ReplayedEcg;
  moment: EcgMoment;
  pace: "picture" | "clock";
  speed: number;
  children: React.ReactNode;
}) {
  const { player, detail, one, moment, speed } = props;
  const { ecg, descriptor, axis } = one;
  const { ecgs, speak, theme } = useWorld();
  const rateHz = descriptor.rate_hz;
  const [layout, setLayout] = useState(keptLayout);
  const [paper, setPaper] = useState<SpeedMmS>(25);
  const [gain, setGain] = useState<GainMmMv>(10);
  const [canvas, setCanvas] = useState<EcgCanvas | null>(null);
  const { pxPerMm, calibration } = useCalibration();
  const words = useMemo(() => markWords(speak), [speak]);
  const look = useMemo<Look>(
    () => ({
      layout,
      scale: { pxPerMm, speed_mm_s: paper, gain_mm_mv: gain },
      choice: CHOICE,
      words,
      theme: `${theme} ${String(window.matchMedia("(forced-colors: active)").matches)}`,
    }),
    [layout, pxPerMm, paper, gain, words, theme],
  );
  const frames = useMemo(() => new ReplayFrames(ecgs, ecg.id, descriptor), [ecgs, ecg.id, descriptor]);
  const { page, failure } = useSyncExternalStore(
    (onChange) => frames.subscribe(onChange),
    () => frames.now(),
  );
  const pageSeconds = canvas?.pageSeconds(descriptor) ?? USUAL_PAGE_S;
  const at = moment.kind === "at" ? moment.sample : moment.kind === "over" ? moment.epoch.end - 1 : null;
  const wanted =
    moment.kind === "not_yet" || at === null
      ? NO_STRETCHES
      : wantedStretches(moment.epoch, rateHz, at, pageSeconds, speed);
  const wantedKey = wanted.map((stretch) => `${stretch.epoch} ${stretch.number}`).join();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the same numbers are the same stretches
  useEffect(() => frames.want(wanted), [frames, wantedKey]);

  const epoch = moment.kind === "not_yet" ? null : moment.epoch;
  const isHere = page !== null && epoch !== null && page.shape.epoch === epoch.epoch;
  const subject = useMemo<Subject | null>(() => {
    if (!isHere) return null;
    return {
      kind: "replay",
      page,
      origin: epoch.first,
      until: () => {
        const now = momentShown(detail.clocks, detail.lanes, player.positionNow(), player.pictures());
        const sample = page.sampleAt(gatewayUsAt(axis, now.at_ms, now.way_us)) ?? page.start;
        return Math.max(page.start, Math.min(page.end, Math.round(sample)));
      },
      startUs: gatewayUsAt(axis, 0),
      isSimulated: ecg.is_simulated,
      isFinal: isFinal(ecg),
    };
  }, [isHere, page, epoch, axis, detail, player, ecg]);
  useEffect(() => canvas?.setSubject(subject, descriptor), [canvas, subject, descriptor]);

  const chooseLayout = (next: LayoutName): void => {
    keep("ecg_layout", next);
    setLayout(next);
  };
  useKeys({
    "1": () => chooseLayout("3x4+1"),
    "2": () => chooseLayout("6x2"),
    "3": () => chooseLayout("12x1"),
    "+": () => setGain(nextGain(gain, 1)),
    "=": () => setGain(nextGain(gain, 1)),
    "-": () => setGain(nextGain(gain, -1)),
  });
  const band = shownBand(CHOICE, rateHz, { low_hz: descriptor.band_low_mhz / 1000, high_hz: descriptor.band_high_hz });
  const isLoading = useLasting(moment.kind !== "not_yet" && !isHere && failure === null, 400);
  const state = stateKey(moment, props.pace);
  const isTooSmall = canvas !== null && canvas.pageSeconds(descriptor) === null;
  return (
    <>
      <div className="row wrap ecg-head">
        <h2>{speak("m4.ecg")}</h2>
        {props.children}
        <span className="i2 nb">{ecg.serial}</span>
        <span className={`tag chip ecg-chip ${state === "m4.ecgInStep" ? "ok" : "warn"}`}>{speak(state)}</span>
        {!axis.isKept && (
          <span className="tag chip ecg-chip warn">
            <span className="tri" aria-hidden="true" />
            {speak("m4.ecgEstimated")}
          </span>
        )}
        <span className="sp" />
        <div className="seg" role="group" aria-label={speak("ecg.layout")}>
          {LAYOUTS.map((name, number) => (
            <button
              key={name}
              type="button"
              className={layout === name ? "on" : ""}
              aria-pressed={layout === name}
              aria-keyshortcuts={String(number + 1)}
              onClick={() => chooseLayout(name)}
            >
              {speak(`ecg.layout.${name}`)}
            </button>
          ))}
        </div>
      </div>
      <div className="row wrap ecg-settings">
        <select
          aria-label={speak("ecg.speed")}
          value={paper}
          onChange={(event) => setPaper(Number(event.target.value) as SpeedMmS)}
        >
          {SPEEDS_MM_S.map((value) => (
            <option key={value} value={value}>
              {speak("ecg.speedOf", { value })}
            </option>
          ))}
        </select>
        <select
          aria-label={speak("ecg.gain")}
          value={gain}
          onChange={(event) => setGain(Number(event.target.value) as GainMmMv)}
        >
          {GAINS_MM_MV.map((value) => (
            <option key={value} value={value}>
              {speak("ecg.gainOf", { value })}
            </option>
          ))}
        </select>
        <span className="i2 nb">{speak("ecg.rate", { hz: rateHz })}</span>
        <span className={band.isForSt ? "i2 nb" : "warn nb"}>{bandWords(band, speak)}</span>
        {calibration === null && <span className="warn nb">{speak("ecg.uncalibrated")}</span>}
      </div>
      {!ecg.is_diagnostic && (
        <p className="ecg-strip">
          <span className="tri" aria-hidden="true" />
          <b>{speak("ecg.monitorOnly")}</b>
          <span>{speak("ecg.monitorWhy", { hz: rateHz, step: descriptor.resolution_nv / 1000 })}</span>
        </p>
      )}
      <EcgBody look={look} label={speak("m4.ecgBody", { serial: ecg.serial })} isMeasuring={false} onCanvas={setCanvas}>
        {moment.kind === "not_yet" && <p className="ecg-over">{speak("m4.ecgNotYet")}</p>}
        {failure !== null && (
          <div className="ecg-over">
            <Failure title={speak("ecg.pageFailed")} failure={failure} onRetry={() => frames.again()} />
          </div>
        )}
        {isLoading && <p className="ecg-over i2">{speak("m4.ecgLoading")}</p>}
        {isTooSmall && <p className="ecg-over">{speak("ecg.tooSmall")}</p>}
      </EcgBody>
    </>
  );
}

function stateKey(moment: EcgMoment, pace: "picture" | "clock") {
  if (moment.kind === "not_yet") return "m4.ecgNotYet" as const;
  if (moment.kind === "over") return "m4.ecgOver" as const;
  return pace === "picture" ? ("m4.ecgInStep" as const) : ("m4.ecgByClock" as const);
}
