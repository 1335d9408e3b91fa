// A stored ECG beside a recording's pictures: swept up to the sample of the picture on screen.

import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { ecgMomentAt, gatewayUsAt, momentShown, type EcgMoment } from "../../ecg/replay_axis";
import { wantedStretches, type Stretch } from "../../ecg/replay_stretches";
import { shownBand } from "../../ecg/filters";
import { ReplayFrames } from "../../io/replay_frames";
import type { Player } from "../../io/player";
import type { RecordingDetail } from "../../protocol/api";
import { isFinal } from "../../protocol/ecg";
import { useLasting } from "../hooks";
import { Failure } from "../pieces";
import { useWorld } from "../world";
import { useCaliper } from "../ecg/caliper_hand";
import { EcgBody } from "../ecg/EcgBody";
import { EcgCalibration } from "../ecg/EcgCalibration";
import { CaliperButton, EcgSettings, LayoutChoice } from "../ecg/EcgHeader";
import { EcgStated } from "../ecg/EcgStated";
import { EcgWarnings } from "../ecg/EcgWarnings";
import type { EcgCanvas, Subject } from "../ecg/ecg_canvas";
import { caliperActs, useEcgKeys, viewingActs } from "../ecg/ecg_keys";
import { useDrawn, useHands } from "../ecg/hands";
import { useViewing } from "../ecg/viewing";
import type { ReplayedEcg } from "./replay_ecgs";
import "../ecg/ecg.css";
import "./replay.css";

const USUAL_PAGE_S = 10;
const NO_STRETCHES: readonly Stretch[] = [];

/** Of what was recorded nobody else looks at the same moment: one measures for oneself. */
const TO_NOBODY = (): void => undefined;

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
  const { ecgs, speak } = useWorld();
  const rateHz = descriptor.rate_hz;
  const [canvas, setCanvas] = useState<EcgCanvas | null>(null);
  const [isCalibrating, setCalibrating] = useState(false);
  const viewing = useViewing("6x2");
  const { look, choice } = viewing;
  const caliper = useCaliper(TO_NOBODY, canvas, rateHz, "");
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
  useDrawn(canvas, subject, descriptor);
  useHands(null, canvas, caliper, "", 0);
  useEcgKeys((event, isInside) => {
    const acts = { ...viewingActs(viewing), ...caliperActs(caliper, event, isInside) };
    const act = acts[event.key.toLowerCase()];
    act?.();
    return act !== undefined;
  });
  const band = shownBand(choice, rateHz, { low_hz: descriptor.band_low_mhz / 1000, high_hz: descriptor.band_high_hz });
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
        <LayoutChoice viewing={viewing} />
        <CaliperButton caliper={caliper} />
      </div>
      <EcgSettings
        viewing={viewing}
        rateHz={rateHz}
        band={band}
        onCalibrate={() => setCalibrating(true)}
        caliper={caliper}
        stated={<EcgStated ecg={ecg} />}
      />
      <EcgWarnings ecg={ecg} descriptor={descriptor} differs={false} />
      <EcgBody
        look={look}
        label={speak("m4.ecgBody", { serial: ecg.serial })}
        isMeasuring={caliper.isOn}
        onCanvas={setCanvas}
        {...(caliper.isOn ? { onDown: caliper.down, onMove: caliper.move, onUp: caliper.up } : {})}
      >
        {moment.kind === "not_yet" && <p className="ecg-over">{speak("m4.ecgNotYet")}</p>}
        {failure !== null && (
          <div className="ecg-over">
            <Failure title={speak("ecg.pageFailed")} failure={failure} onRetry={() => frames.again()} />
          </div>
        )}
        {isLoading && <p className="ecg-over i2">{speak("m4.ecgLoading")}</p>}
        {isTooSmall && <p className="ecg-over">{speak("ecg.tooSmall")}</p>}
      </EcgBody>
      {isCalibrating && <EcgCalibration held={viewing.calibration} onClose={() => setCalibrating(false)} />}
    </>
  );
}

function stateKey(moment: EcgMoment, pace: "picture" | "clock") {
  if (moment.kind === "not_yet") return "m4.ecgNotYet" as const;
  if (moment.kind === "over") return "m4.ecgOver" as const;
  return pace === "picture" ? ("m4.ecgInStep" as const) : ("m4.ecgByClock" as const);
}
