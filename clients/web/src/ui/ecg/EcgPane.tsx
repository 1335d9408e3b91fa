// The ECG pane: what comes live beside the whole record, measured by hand, and never covered by anything.

import { useEffect, useEffectEvent, useMemo, useRef, useState, type ReactNode } from "react";
import type { ShownFrame } from "../../ecg/follow";
import { WARM_UP_S } from "../../ecg/filtered";
import { shownBand } from "../../ecg/filters";
import type { LayoutName } from "../../ecg/layout";
import { shownLeads } from "../../ecg/leads";
import { pageStart, pageWanted } from "../../ecg/page_wanted";
import { nextEvent, railSum, type RailKind, type RailPlace } from "../../ecg/rail";
import type { HearFrames, LiveEcg } from "../../io/ecg_ports";
import { isFinal, mayEcg, type Ecg, type EcgDescriptor } from "../../protocol/ecg";
import { LEAST_STRIP_S, type StripMark } from "../../protocol/ecg_report";
import type { EcgReport } from "../../protocol/truth";
import { Failure, Notice } from "../pieces";
import { useLasting } from "../hooks";
import { useWorld } from "../world";
import { useCaliper } from "./caliper_hand";
import { EcgBody } from "./EcgBody";
import { EcgCalibration } from "./EcgCalibration";
import { chipsOf, ecgSight, textWords, wholeness } from "./chips";
import { EcgHeader, EcgSettings, type Lane } from "./EcgHeader";
import { EcgGivingUp } from "./EcgGivingUp";
import { EcgOutput } from "./EcgOutput";
import { EcgPrint } from "./EcgPrint";
import { EcgRail } from "./EcgRail";
import { EcgStated } from "./EcgStated";
import { EcgVitals } from "./EcgVitals";
import { EcgWarnings } from "./EcgWarnings";
import type { EcgCanvas, Subject } from "./ecg_canvas";
import { caliperActs, useEcgKeys, viewingActs, type Acts } from "./ecg_keys";
import { useDrawn, useHands, useLateSamples, useSight } from "./hands";
import { useLiveEcg, useLook } from "./live";
import { usePage } from "./page";
import { useViewing } from "./viewing";
import "./ecg.css";

/** From this height on twelve rows are high enough to be read. */
const TWELVE_ROWS_PX = 760;
/** Before the pane has a size. */
const USUAL_PAGE_S = 10;

/** Of no pictures beside it. */
const NO_FRAMES = (): readonly ShownFrame[] => [];

/** The ECG with this id; `lead` stands first in its head. `frames`: what is on screen of the pictures beside it. */
export function EcgPane({
  id,
  lead,
  frames = NO_FRAMES,
  onMark = null,
  room,
  onSight,
}: {
  id: string;
  lead?: ReactNode;
  /** Takes the page's first ten seconds for a report; null where none is written. */
  onMark?: ((strip: StripMark) => void) | null;
  frames?: () => readonly ShownFrame[];
  /** The room in which it is watched, where it is watched in one. */
  room?: HearFrames | undefined;
  /** Takes what is seen of it, each second. */
  onSight?: ((seen: EcgReport | null) => void) | undefined;
}) {
  const { speak } = useWorld();
  const held = useLiveEcg(id);
  const { live } = held;
  useEffect(() => (room === undefined ? undefined : live?.hearRoom(room)), [live, room]);
  const look_ms = useLook();
  const ecg = live?.watch.ecg ?? null;
  const isSlow = useLasting(live === null || ecg === null, 400);
  if (live !== null && ecg?.descriptor != null)
    return (
      <Pane
        live={live}
        ecg={ecg}
        descriptor={ecg.descriptor}
        look_ms={look_ms}
        lead={lead}
        frames={frames}
        onMark={onMark}
        onSight={onSight}
      />
    );
  return (
    <div className="ecg-pane">
      <div className="row wrap ecg-head">{lead}</div>
      {held.failure !== null ? (
        <Failure title={speak("ecg.failed")} failure={held.failure} onRetry={held.again} />
      ) : ecg !== null ? (
        <>
          {live !== null && <EcgGivingUp live={live} ecg={ecg} />}
          <Notice title={speak("ecg.waiting")} more={speak("ecg.waitingMore")} kind="hatched" />
        </>
      ) : (
        isSlow && <p className="i2 ecg-wait">{speak("ecg.connecting")}</p>
      )}
    </div>
  );
}

const usualLayout = (): LayoutName => (window.innerHeight - 230 >= TWELVE_ROWS_PX ? "12x1" : "6x2");

function Pane(props: {
  live: LiveEcg;
  ecg: Ecg;
  descriptor: EcgDescriptor;
  look_ms: number;
  lead: ReactNode;
  frames: () => readonly ShownFrame[];
  onMark: ((strip: StripMark) => void) | null;
  onSight: ((seen: EcgReport | null) => void) | undefined;
}) {
  const { live, ecg, descriptor, look_ms, frames, onMark } = props;
  const { watch } = live;
  const { speak, account } = useWorld();
  const rateHz = descriptor.rate_hz;
  const [lane, setLane] = useState<Lane>(() => (ecg.state === "ended" ? "truth" : "live"));
  const [isFrozen, setFrozen] = useState(false);
  const [place, setPlace] = useState<RailPlace | null>(null);
  const [dialog, setDialog] = useState<"calibrate" | "output" | "print" | null>(null);
  const [canvas, setCanvas] = useState<EcgCanvas | null>(null);
  const viewing = useViewing(usualLayout());
  const { look, choice } = viewing;
  const caliper = useCaliper((pointer, isKept) => live.point(pointer, isKept), canvas, rateHz, account?.name ?? "");

  const rail = watch.rail();
  const sum = railSum(rail, rateHz);
  const pageLength = Math.round((canvas?.pageSeconds(descriptor) ?? USUAL_PAGE_S) * rateHz);
  const start = pageStart(rail, place, pageLength);
  const wanted =
    lane === "truth" && start !== null ? pageWanted(ecg.id, rail, start, pageLength, WARM_UP_S * rateHz) : null;
  const page = usePage(wanted, descriptor);
  const followed = canvas?.followed ?? null;
  const subject = useSubject(
    lane,
    live,
    isFrozen,
    page.page,
    start,
    rail[0]?.from_us ?? 0,
    ecg.is_simulated,
    isFinal(ecg),
  );
  useDrawn(canvas, subject, descriptor);
  useEffect(() => canvas?.setFrames(frames), [canvas, frames]);
  useLateSamples(live, canvas);
  useSight(props.onSight, ecgSight(live, lane, followed, sum, look_ms));
  useHands(live, canvas, caliper, account?.person ?? "", look_ms);

  const turn = (direction: 1 | -1): void => {
    if (start === null) return;
    const last = rail.findLast((piece) => piece.epoch === start.epoch);
    const first = rail.find((piece) => piece.epoch === start.epoch);
    const to = start.sample + direction * pageLength;
    setPlace({
      epoch: start.epoch,
      sample: Math.max(first?.start ?? 0, Math.min((last?.end ?? to) - 1, to)),
    });
  };
  const toTruth = (at: RailPlace | null): void => {
    const shown = canvas?.shown ?? null;
    setPlace(at ?? (shown === null ? null : { epoch: shown.epoch, sample: shown.start }));
    setLane("truth");
  };
  const hasLive = ecg.state !== "ended";
  // What has ended is not live: what was held still stays in sight, otherwise its last page.
  if (!hasLive && lane === "live") {
    if (isFrozen) toTruth(null);
    else setLane("truth");
  }
  const setLaneTo = (next: Lane): void => {
    if (next === "live" && !hasLive) return;
    if (next === "truth") toTruth(null);
    else setLane("live");
  };
  const toEvent = (direction: 1 | -1, kinds?: readonly RailKind[]): void => {
    const shown = canvas?.shown ?? null;
    const from = start !== null && lane === "truth" ? start : shown && { epoch: shown.epoch, sample: shown.start };
    const lead = Math.round(rateHz);
    // A page stands one second before its hole: from there on is the next one.
    const found = from && nextEvent(rail, { ...from, sample: from.sample + lead }, direction, kinds);
    if (found !== null) toTruth({ epoch: found.epoch, sample: Math.max(0, found.start - lead) });
  };
  useEcgKeys((event, isInside) => {
    const turning = (direction: 1 | -1) => (isInside && lane === "truth" ? () => turn(direction) : undefined);
    const acts: Acts = {
      " ": lane === "live" ? () => setFrozen(!isFrozen) : undefined,
      l: () => setLaneTo(lane === "live" ? "truth" : "live"),
      "[": () => toEvent(-1),
      "]": () => toEvent(1),
      g: () => toEvent(1, ["missing"]),
      arrowleft: turning(-1),
      arrowright: turning(1),
      pageup: turning(-1),
      pagedown: turning(1),
      ...viewingActs(viewing),
      ...caliperActs(caliper, event, isInside),
    };
    const act = acts[event.key.toLowerCase()];
    act?.();
    return act !== undefined;
  });

  const band = shownBand(choice, rateHz, { low_hz: descriptor.band_low_mhz / 1000, high_hz: descriptor.band_high_hz });
  // What is over is told as it stood at its end.
  const now_us = hasLive ? watch.gatewayNowUs(look_ms) : (rail.at(-1)?.to_us ?? 0);
  const hr = watch.vitals.tiles(now_us).find((tile) => tile.kind === "hr");
  const hrWords = hr === undefined || hr.isGone ? speak("ecg.vital.none") : Math.round(hr.newest.value);
  const whole = wholeness(live, sum, look_ms);
  const text = textWords(whole, sum, shownLeads(descriptor.leads).length, hrWords, speak);
  const isTooSmall = canvas !== null && canvas.pageSeconds(descriptor) === null;
  useSaid(live, ecg, hasLive && followed?.stale != null, sum.missing_ms, whole === "whole", look_ms);
  return (
    <div className="ecg-pane" data-lane={lane}>
      <EcgHeader
        lead={props.lead}
        lane={lane}
        hasLive={hasLive}
        onLane={setLaneTo}
        chips={chipsOf(live, lane, followed, sum, isFrozen, look_ms, speak)}
        viewing={viewing}
        isFrozen={isFrozen}
        onFreeze={() => setFrozen(!isFrozen)}
        onTurn={turn}
        caliper={caliper}
        onOutput={() => setDialog("output")}
      />
      <EcgSettings
        viewing={viewing}
        rateHz={rateHz}
        band={band}
        onCalibrate={() => setDialog("calibrate")}
        caliper={caliper}
        stated={<EcgStated ecg={ecg} />}
      />
      <EcgGivingUp live={live} ecg={ecg} />
      <EcgWarnings ecg={ecg} descriptor={descriptor} differs={watch.differs} />
      <EcgBody
        look={look}
        label={speak("ecg.keys", { text: followed?.stale == null ? text : `${text}, ${speak("ecg.text.stale")}` })}
        isMeasuring={caliper.isOn}
        onCanvas={setCanvas}
        onDown={caliper.down}
        onMove={caliper.move}
        onUp={caliper.up}
      >
        {lane === "truth" && page.failure !== null && (
          <div className="ecg-over">
            <Failure title={speak("ecg.pageFailed")} failure={page.failure} onRetry={page.again} />
          </div>
        )}
        {lane === "truth" && page.page === null && page.failure === null && page.isSlow && (
          <p className="ecg-over i2">{speak("ecg.pageLoading")}</p>
        )}
        {isTooSmall && <p className="ecg-over">{speak("ecg.tooSmall")}</p>}
      </EcgBody>
      <p className="unseen">{text}</p>
      <div className="ecg-foot">
        <EcgVitals vitals={watch.vitals} now_us={now_us} isOver={!hasLive} />
        <EcgRail
          pieces={rail}
          rateHz={rateHz}
          whole={whole}
          shown={
            lane === "truth" && start !== null
              ? { ...start, start: start.sample, end: start.sample + pageLength }
              : (canvas?.shown ?? null)
          }
          onGo={toTruth}
          onTurn={(direction) => (lane === "truth" ? turn(direction) : toTruth(null))}
        >
          {onMark !== null && mayEcg(ecg, "report") && lane === "truth" && start !== null && (
            <button
              type="button"
              className="btn small"
              onClick={() =>
                onMark({
                  epoch: start.epoch,
                  first_sample: start.sample,
                  end_sample: start.sample + LEAST_STRIP_S * rateHz,
                })
              }
            >
              {speak("report.strips.mark")}
            </button>
          )}
        </EcgRail>
      </div>
      {dialog === "calibrate" && <EcgCalibration held={viewing.calibration} onClose={() => setDialog(null)} />}
      {dialog === "output" && (
        <EcgOutput
          ecg={ecg}
          onPrint={lane === "truth" && page.page !== null ? () => setDialog("print") : null}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === "print" && page.page !== null && start !== null && (
        <EcgPrint
          ecg={ecg}
          descriptor={descriptor}
          page={page.page}
          start={start.sample}
          startUs={rail[0]?.from_us ?? 0}
          look={look}
          band={band}
          onDone={() => setDialog(null)}
        />
      )}
    </div>
  );
}

function useSubject(
  lane: Lane,
  live: LiveEcg,
  isFrozen: boolean,
  page: Extract<Subject, { kind: "page" }>["page"] | null,
  start: RailPlace | null,
  startUs: number,
  isSimulated: boolean,
  isFinalPage: boolean,
): Subject | null {
  const sample = start?.sample ?? 0;
  return useMemo<Subject | null>(() => {
    if (lane === "live") return { kind: "live", watch: live.watch, isFrozen };
    return page === null ? null : { kind: "page", page, start: sample, startUs, isSimulated, isFinal: isFinalPage };
  }, [lane, live, isFrozen, page, sample, startUs, isSimulated, isFinalPage]);
}

/** What a screen reader is told as it happens: standstill and return, all filled in, an electrode that came off. */
function useSaid(
  live: LiveEcg,
  ecg: Ecg,
  isStale: boolean,
  missing_ms: number,
  isWhole: boolean,
  look_ms: number,
): void {
  const { announce, speak } = useWorld();
  const samples = live.watch.running;
  const end = samples?.end ?? 0;
  const leads = ecg.descriptor?.leads ?? [];
  const off = leads.filter((_, lead) => (samples?.leadOffIn(lead, end - 1, end).length ?? 0) > 0).join(" ");
  const was = useRef({ isStale: false, wasMissing: false, off: "" });
  const tell = useEffectEvent(() => {
    const before = was.current;
    // Until all is there it stays unsaid, although the last known hole has been filled.
    was.current = { isStale, wasMissing: missing_ms > 0 || (before.wasMissing && !isWhole), off };
    if (isStale && !before.isStale && ecg.state === "recording") announce(speak("ecg.said.gap"));
    if (!isStale && before.isStale && ecg.state === "recording") announce(speak("ecg.said.back"));
    if (isWhole && before.wasMissing) announce(speak("ecg.said.filled"));
    if (off !== before.off && off !== "") announce(speak("ecg.said.off", { leads: off }));
  });
  useEffect(() => tell(), [look_ms]);
}
