// One recording: every participant's picture in step on one time line, its events, and the two verdicts on it.

import { Suspense, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Player, type PlayerView } from "../io/player";
import type { Backend } from "../io/ports";
import { titleIn, type Lane, type RecordingDetail, type RecordingState } from "../protocol/api";
import { gapStops, nextStop, RATES, STEP_MS, stops, type LaneMoment } from "../protocol/playback";
import { caseOfRoom, currentEntry, replayEntries, type CaseTimeline, type ReplayEntry } from "../protocol/replay";
import { clock, day, timeOfDay } from "../protocol/times";
import { Icon } from "./Icon";
import { useKeys, useLoaded, usePhone } from "./hooks";
import { eventWords } from "./Notes";
import { Failure, Notice } from "./pieces";
import { piecesOn, useReplayedEcgs, type ReplayedEcg } from "./replay/replay_ecgs";
import { Timeline } from "./Timeline";
import { useWorld } from "./world";
import { Verdicts } from "./Verdicts";
import { later } from "./later";
import { causeWords, kindWords, lengthWords, receivedWords } from "./words";

const ReplayEcg = later(() => import("./replay/ReplayEcg").then((pane) => pane.ReplayEcg));

const NO_ECGS: readonly ReplayedEcg[] = [];
const PICTURE_STEPS = [
  { word: "m4.backPicture", key: ",", icon: "back", by: -1 },
  { word: "m4.forwardPicture", key: ".", icon: "right", by: 1 },
] as const;

/** `state` is what the list says: when a recording ends it is loaded anew. */
export function Playback({ id, state }: { id: string; state: RecordingState | null }) {
  const { backend, speak } = useWorld();
  const detail = useLoaded(`recording ${id} ${state ?? ""}`, () => backend.recording(id));
  const room = detail.value?.room ?? "";
  const timeline = useLoaded(`timeline ${room} ${state ?? ""}`, () => timelineOf(backend, room));
  if (detail.value !== null) {
    return (
      <Open
        key={detail.value.state}
        detail={detail.value}
        timeline={timeline.value}
        hasTimelineFailed={timeline.failure !== null}
      />
    );
  }
  if (detail.failure === null) return detail.isSlow ? <div className="vid-hatch pane player-wait" /> : null;
  const { status } = detail.failure;
  const refused = status === 403 ? speak("m4.refused") : status === 404 ? speak("m4.notFound") : undefined;
  return (
    <Failure title={speak("m4.detailFailed")} failure={detail.failure} refused={refused} onRetry={detail.reload} />
  );
}

/** Null for a recording of a room that is no case's. */
function timelineOf(backend: Backend, room: string): Promise<CaseTimeline | null> {
  const id = caseOfRoom(room);
  return id === "" ? Promise.resolve(null) : backend.caseTimeline(id);
}

function Open(props: { detail: RecordingDetail; timeline: CaseTimeline | null; hasTimelineFailed: boolean }) {
  const { detail, timeline } = props;
  const { speak, language } = useWorld();
  const isPhone = usePhone();
  const player = useMemo(() => new Player(detail.lanes, detail.duration_ms), [detail]);
  useEffect(() => player.start(), [player]);
  const view = useSyncExternalStore(
    (onChange) => player.subscribe(onChange),
    () => player.view(),
  );
  const entries = useMemo(() => replayEntries(detail, timeline), [detail, timeline]);
  const replayed = useReplayedEcgs(detail);
  const shown = replayed.value?.shown ?? NO_ECGS;
  const ecgLanes = useMemo(
    () => shown.map((one) => ({ id: one.ecg.id, pieces: piecesOn(one, detail.duration_ms) })),
    [shown, detail],
  );
  const holes = useMemo(
    () => ecgLanes.flatMap((lane) => lane.pieces.flatMap((one) => (one.kind === "stored" ? [] : [one.from_ms]))),
    [ecgLanes],
  );
  const places = useMemo(() => stops(detail.lanes, entries, holes), [detail, entries, holes]);
  const goTo = (direction: 1 | -1): void => {
    const place = nextStop(places, view.position_ms, direction);
    if (place !== null) player.seek(place);
    else if (direction === -1) player.seek(0);
  };
  const setSpeed = (direction: 1 | -1): void => {
    const next = RATES[RATES.indexOf(view.rate) + direction];
    if (next !== undefined) player.setRate(next);
  };
  useKeys({
    "[": () => goTo(-1),
    "]": () => goTo(1),
    g: () => {
      const place = nextStop(gapStops(detail.lanes, holes), view.position_ms, 1);
      if (place !== null) player.seek(place);
    },
    " ": () => player.toggle(),
    ",": () => player.stepPicture(-1),
    ".": () => player.stepPicture(1),
    "<": () => setSpeed(-1),
    ">": () => setSpeed(1),
    arrowleft: () => player.step(-STEP_MS),
    arrowright: () => player.step(STEP_MS),
  });
  const started = new Date(detail.started_at_ms);
  const ended = new Date(detail.started_at_ms + detail.duration_ms);
  const atPosition = new Date(detail.started_at_ms + view.position_ms);
  const hasNext = nextStop(places, view.position_ms, 1) !== null;

  return (
    <>
      <div className="play-head wide">
        <h1>{titleIn(detail.title, language === "en" ? "en" : "zh")}</h1>
        <span className="i2">
          <span className="nb">{day(started)}</span>
          <span className="nb">
            {speak("m4.span", { from: timeOfDay(started, false), to: timeOfDay(ended, false) })}
          </span>
          <span>{detail.participants.join(speak("app.listComma"))}</span>
        </span>
      </div>
      {detail.state === "interrupted" && (
        <p className="state-line" role="status">
          <span className="chip-hatch" aria-hidden="true" />
          <span>
            <b>{speak("m4.state.interrupted")}</b>
            <span className="i2">{speak("m4.interruptedMore")}</span>
          </span>
        </p>
      )}
      <section className={shown.length > 0 ? "pane player has-ecg" : "pane player"} aria-label={speak("m4.videos")}>
        <div className="player-top">
          <Pictures player={player} view={view} lanes={detail.lanes} isOpen={detail.state === "recording"} />
          {shown.length > 0 && (
            <Suspense fallback={<div className="ecg-pane" />}>
              <ReplayEcg
                player={player}
                detail={detail}
                ecgs={shown}
                position_ms={view.position_ms}
                speed={view.rate}
              />
            </Suspense>
          )}
        </div>
        {replayed.value !== null && replayed.value.refused > 0 && (
          <p className="refusal pad-line">{speak("m4.ecgRefused")}</p>
        )}
        {replayed.failure !== null && (
          <p className="refusal pad-line">
            {speak("m4.ecgFailed")}
            <button type="button" className="btn small" onClick={replayed.reload}>
              {speak("app.retry")}
            </button>
          </p>
        )}
        <div className="controls">
          {!isPhone && (
            <>
              <button type="button" className="btn act play-button" onClick={() => player.toggle()}>
                <Icon name={view.is_running ? "pause" : "play"} weight={2.4} />
                {speak(view.is_running ? "m4.pause" : "m4.play")}
              </button>
              <button type="button" className="btn" onClick={() => player.step(-STEP_MS)}>
                {speak("m4.back10")}
              </button>
              <button type="button" className="btn" onClick={() => player.step(STEP_MS)}>
                {speak("m4.forward10")}
              </button>
              {PICTURE_STEPS.map(({ word, key, icon, by }) => (
                <button
                  key={key}
                  type="button"
                  className="btn square"
                  aria-label={speak(word)}
                  title={speak(word)}
                  aria-keyshortcuts={key}
                  onClick={() => player.stepPicture(by)}
                >
                  <Icon name={icon} size={16} />
                </button>
              ))}
            </>
          )}
          <span className="nb">
            <b className="position">{clock(view.position_ms)}</b>
            <span className="i2">{` / ${clock(detail.duration_ms)}`}</span>
          </span>
          <span className="i3 nb server-clock">
            {timeOfDay(atPosition)}
            <span className="server-word">{speak("m4.server")}</span>
          </span>
          <span className="sp" />
          {isPhone ? (
            <button
              type="button"
              className="btn"
              aria-label={`${speak("m4.rate")} ${view.rate}×`}
              onClick={() => player.setRate(RATES[(RATES.indexOf(view.rate) + 1) % RATES.length] ?? 1)}
            >
              {`${view.rate}×`}
            </button>
          ) : (
            <>
              <span className="seg" role="group" aria-label={speak("m4.rate")}>
                {RATES.map((rate) => (
                  <button
                    key={rate}
                    type="button"
                    className={rate === view.rate ? "on" : ""}
                    aria-pressed={rate === view.rate}
                    onClick={() => player.setRate(rate)}
                  >
                    {`${rate}×`}
                  </button>
                ))}
              </span>
              <button type="button" className="btn" aria-keyshortcuts="[" onClick={() => goTo(-1)}>
                {speak("m4.prev")}
                <kbd>[</kbd>
              </button>
              <button type="button" className="btn" aria-keyshortcuts="]" disabled={!hasNext} onClick={() => goTo(1)}>
                {speak("m4.next")}
                <kbd>]</kbd>
              </button>
            </>
          )}
        </div>
        {view.is_sound_blocked && <p className="refusal pad-line">{speak("m4.soundBlocked")}</p>}
        <Timeline
          detail={detail}
          ecgs={ecgLanes}
          entries={entries}
          position_ms={view.position_ms}
          onSeek={(at) => player.seek(at)}
        />
        {props.hasTimelineFailed && <p className="refusal pad-line">{speak("m4.caseFailed")}</p>}
        <Events entries={entries} position_ms={view.position_ms} onSeek={(at) => player.seek(at)} />
      </section>
      <Verdicts id={detail.recording_id} state={detail.state} lanes={detail.lanes} />
      {isPhone && (
        <div className="dock three">
          <button type="button" className="btn" onClick={() => player.step(-STEP_MS)}>
            {speak("m4.back10")}
          </button>
          <button
            type="button"
            className="btn act"
            aria-label={speak(view.is_running ? "m4.pause" : "m4.play")}
            onClick={() => player.toggle()}
          >
            <Icon name={view.is_running ? "pause" : "play"} size={32} weight={2.4} />
          </button>
          <button type="button" className="btn" disabled={!hasNext} onClick={() => goTo(1)}>
            {speak("m4.next")}
          </button>
        </div>
      )}
    </>
  );
}

function Pictures(props: { player: Player; view: PlayerView; lanes: readonly Lane[]; isOpen: boolean }) {
  const { speak } = useWorld();
  const { player, view, lanes } = props;
  // The files of a recording are made when it has ended.
  if (props.isOpen) {
    return (
      <div className="pictures n1">
        <div className="vid">
          <div className="vid-word">
            <span className="rec">{speak("m4.state.recording")}</span>
            <span>{speak("m4.recordingMore")}</span>
          </div>
        </div>
      </div>
    );
  }
  const playable = lanes.filter((lane) => lane.media_url !== "");
  if (playable.length === 0) {
    return (
      <div className="pictures n1">
        <div className="vid vid-hatch">
          <div className="vid-card">
            <b>{speak("m4.noMedia")}</b>
            <span className="i2">{speak("m4.noLanes")}</span>
          </div>
        </div>
      </div>
    );
  }
  return (
    <div className={`pictures n${Math.min(playable.length, 9)}`}>
      {playable.map((lane) => (
        <LanePicture
          key={lane.identity}
          player={player}
          lane={lane}
          moment={view.moments.get(lane.identity) ?? { kind: "over" }}
          isBroken={view.broken.has(lane.identity)}
          isWaiting={view.is_waiting}
          isFrozen={view.frozen.has(lane.identity)}
        />
      ))}
    </div>
  );
}

function LanePicture(props: {
  player: Player;
  lane: Lane;
  moment: LaneMoment;
  isBroken: boolean;
  isWaiting: boolean;
  isFrozen: boolean;
}) {
  const { speak } = useWorld();
  const { player, lane, moment } = props;
  const element = useRef<HTMLVideoElement>(null);
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    if (element.current === null) return;
    return player.attach(lane.identity, element.current);
  }, [player, lane.identity]);
  const isAudio = lane.media_type.startsWith("audio/");
  const isHere = moment.kind === "recorded" || moment.kind === "partly";
  const isStale = isHere && !isAudio && props.isFrozen && !props.isBroken && !props.isWaiting;
  const isHatched = moment.kind === "gap" || props.isBroken || (isHere && (!isReady || props.isWaiting));
  return (
    <div className="vid">
      <video
        ref={element}
        className={isHere && !props.isBroken ? "whole" : "whole away"}
        src={lane.media_url}
        preload="auto"
        playsInline
        disablePictureInPicture
        aria-label={lane.name}
        onLoadedData={() => setReady(true)}
      />
      {isAudio && isHere && (
        <div className="vid-word">
          <Icon name="sound" size={28} />
          <span>{speak("m4.audioOnly")}</span>
        </div>
      )}
      {(moment.kind === "not_yet" || moment.kind === "over") && (
        <div className="vid-word">
          <span>{speak(moment.kind === "over" ? "m4.over" : "m4.notYet")}</span>
        </div>
      )}
      {isHatched && (
        <div className={isHere && !props.isBroken ? "vid-hatch faint" : "vid-hatch"}>
          <div className="vid-card" role="status">
            {props.isBroken ? (
              <>
                <b>{speak("m4.broken")}</b>
                <span className="i2">{speak("m4.brokenMore")}</span>
              </>
            ) : moment.kind === "gap" ? (
              <>
                <b>{speak("m4.noMedia")}</b>
                <span className="i2 card-facts">
                  <span className="nb">{speak("m4.gapLength", { length: lengthWords(moment.length_ms, speak) })}</span>
                  <span className="nb">{causeWords(moment.cause, speak)}</span>
                </span>
              </>
            ) : (
              <span>{speak("m4.buffering")}</span>
            )}
          </div>
        </div>
      )}
      {!isHatched && (isStale || moment.kind === "partly") && (
        <>
          <div className="vid-hatch frame" aria-hidden="true" />
          <div className="vid-low" role="status">
            <div className="vid-card">
              <b>{speak(isStale ? "m4.frozen" : "m4.partly")}</b>
              {moment.kind === "partly" && (
                <span className="i2 card-facts">
                  <span className="nb">{speak("m4.gapLength", { length: lengthWords(moment.length_ms, speak) })}</span>
                  <span className="nb">{causeWords(moment.cause, speak)}</span>
                </span>
              )}
            </div>
          </div>
        </>
      )}
      <span className="cap">{lane.name}</span>
    </div>
  );
}

function Events(props: { entries: readonly ReplayEntry[]; position_ms: number; onSeek: (at_ms: number) => void }) {
  const { speak } = useWorld();
  const { entries, onSeek } = props;
  const current = currentEntry(entries, props.position_ms);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const item = list.current?.querySelector(".on");
    // Only the list scrolls: scrollIntoView would move the whole page on a phone.
    if (item instanceof HTMLElement && list.current !== null) {
      const top = item.offsetTop - list.current.offsetTop;
      const { scrollTop, clientHeight } = list.current;
      if (top < scrollTop || top + item.offsetHeight > scrollTop + clientHeight)
        list.current.scrollTop = top - clientHeight / 3;
    }
  }, [current]);
  if (entries.length === 0) return <Notice title={speak("m4.eventsEmpty")} />;
  return (
    <ol className="mks" ref={list} aria-label={speak("m4.events")}>
      {entries.map((entry) => {
        const at_ms = entry.offset_ms;
        return (
          <li key={entry.key}>
            <button
              type="button"
              className={entry.key === current ? "mk on" : "mk"}
              aria-current={entry.key === current ? "true" : undefined}
              // Nothing was recorded then: it is told, with its time of day, and leads nowhere.
              disabled={at_ms === null}
              onClick={() => {
                if (at_ms !== null) onSeek(at_ms);
              }}
            >
              <span className="mk-at">{at_ms === null ? timeOfDay(new Date(entry.at_ms)) : clock(at_ms)}</span>
              <span className="mk-what">
                <EntryText entry={entry} />
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

function EntryText({ entry }: { entry: ReplayEntry }) {
  const { speak } = useWorld();
  if (entry.is_of_case) {
    return (
      <>
        {kindWords(entry.kind, speak)}
        {entry.actor_name !== "" && <span className="i3">　{entry.actor_name}</span>}
        {entry.kind === "qos.received" && <span className="i2 fine">　{receivedWords(entry.facts, speak)}</span>}
      </>
    );
  }
  if (entry.kind !== "mark") return <>{eventWords(entry, speak)}</>;
  return (
    <>
      <b className="note-kind">{eventWords(entry, speak)}</b>
      {entry.text}
    </>
  );
}
