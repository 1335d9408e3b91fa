// M3: the room. Who speaks is large; beside it what each side really gets, and what happened.

import { useEffect, useEffectEvent, useRef, useState, useSyncExternalStore } from "react";
import { stayAwake } from "../io/awake";
import type { Meeting } from "../io/ports";
import { recordingTrouble, type RoomSummary } from "../protocol/api";
import type { Level } from "../protocol/ladder";
import type { MeetingView } from "../protocol/meeting";
import { clock } from "../protocol/times";
import type { MessageKey, Speak } from "../messages/speak";
import { Dock, Tools, useActs } from "./RoomActs";
import { DevicesDialog, InviteDialog, MarkDialog, MoreDialog, RecordingDialog } from "./RoomDialogs";
import { Icon } from "./Icon";
import { useKeys, useLasting, useNow, usePhone, useTitle } from "./hooks";
import { NoteField, NoteList, useNotes } from "./Notes";
import { LadderBanner, Notice, RecordingDot } from "./pieces";
import { useStage } from "./stage";
import { Stage, Strip } from "./Tiles";
import { TruthPanel } from "./TruthPanel";
import { Brand, Top } from "./Top";
import { causeWords, whatIsWrong } from "./words";
import { useWorld } from "./world";

/** "Connecting" alone is enough for this long; then the slow step is named (interface.md §5). */
const NAME_STEP_AFTER_MS = 2000;

export type RoomDialog = "devices" | "invite" | "mark" | "more" | "recording";

export function Room(props: { meeting: Meeting; room: RoomSummary | null; title: string; onLeave: () => void }) {
  const { meeting } = props;
  const view = useSyncExternalStore(
    (onChange) => meeting.subscribe(onChange),
    () => meeting.view(),
  );
  useTitle(props.title);
  useEffect(() => stayAwake(), []);
  if (view.link === "connecting") return <Entering {...props} view={view} />;
  return <Inside {...props} view={view} />;
}

function Entering(props: { view: MeetingView; title: string; onLeave: () => void }) {
  const { speak } = useWorld();
  const [began_ms] = useState(() => Date.now());
  const now_ms = useNow(500);
  const seconds = Math.round((now_ms - began_ms) / 1000);
  const isSlow = useLasting(true, NAME_STEP_AFTER_MS);
  return (
    <div className="page">
      <Top>
        <Brand />
        <b className="room-title">{props.title}</b>
      </Top>
      <main className="middle" role="status">
        <h1>{speak("m3.entering")}</h1>
        <p className="i2 steady">
          {isSlow ? speak("m3.stepSlow", { step: speak(`m3.step.${props.view.step}`), seconds }) : ""}
        </p>
        <button type="button" className="btn" onClick={props.onLeave}>
          {speak("m3.cancel")}
        </button>
      </main>
    </div>
  );
}

function Inside(props: {
  meeting: Meeting;
  view: MeetingView;
  room: RoomSummary | null;
  title: string;
  onLeave: () => void;
}) {
  const { meeting, view } = props;
  const { speak, account } = useWorld();
  const isPhone = usePhone();
  const now_ms = useNow(1000);
  const [dialog, setDialog] = useState<RoomDialog | null>(null);
  const { stage, picked, setPicked } = useStage(view.people, meeting);
  const acts = useActs(meeting, view, props.room, setDialog, props.onLeave);
  const notes = useNotes(view.room, view.link === "connected");
  const notice = useRecordingNotice(view.is_recording);
  const noteField = useRef<HTMLInputElement>(null);
  useKeys({
    n: acts.toggleMicrophone,
    v: acts.toggleCamera,
    t: () => {
      if (noteField.current === null) setDialog("mark");
      else noteField.current.focus();
    },
  });
  const ladder = ladderWords(view, speak);
  const trouble = view.is_recording ? recordingTrouble(notes.events) : null;
  useAnnouncedLevel(view.level);

  const inRoom = view.entered_at_ms === null ? "" : clock(now_ms - view.entered_at_ms);
  const others = view.people.filter((person) => !person.is_self);

  return (
    <div className="page room-page">
      <Top>
        <Brand isWideOnly />
        <b className="room-title">{props.title}</b>
        <span className="i2 nb room-count">{speak("m3.people", { count: view.people.length })}</span>
        <span className="sp" />
        {view.level === 0 && <span className="tag ok chip wide">{speak("ladder.0")}</span>}
        <button type="button" className="btn ghost rec-button" onClick={() => setDialog("recording")}>
          <RecordingDot isOn={view.is_recording}>{speak(view.is_recording ? "m3.rec.on" : "m3.rec.off")}</RecordingDot>
        </button>
        <b className="room-clock" title={speak("m3.inRoom", { time: inRoom })}>
          <span className="unseen">{speak("m3.inRoom", { time: "" })}</span>
          {inRoom}
        </b>
        <button type="button" className="btn wide" onClick={props.onLeave}>
          <Icon name="end" size={18} />
          {speak("m3.leave")}
        </button>
        <button
          type="button"
          className="btn ghost square narrow"
          aria-label={speak("m3.more")}
          onClick={() => setDialog("more")}
        >
          <Icon name="dots" size={24} />
        </button>
      </Top>
      <LadderBanner level={view.level} sentence={ladder.sentence} why={ladder.why} />
      {view.is_sound_blocked && (
        <div className="strip-notice" role="alert">
          <Icon name="soundOff" />
          <b>{speak("m3.soundBlocked")}</b>
          <span className="wide">{speak("m3.soundBlockedMore")}</span>
          <span className="sp" />
          <button type="button" className="btn act" onClick={() => void meeting.allowSound()}>
            {speak("m3.allowSound")}
          </button>
        </div>
      )}
      {notice.kind !== null && (
        <div className="strip-notice" role="status">
          <RecordingDot isOn={notice.kind === "started"}>
            {speak(notice.kind === "started" ? "m3.rec.startedNotice" : "m3.rec.stoppedNotice")}
          </RecordingDot>
          <span className="sp" />
          <button type="button" className="btn" onClick={notice.dismiss}>
            {speak("m3.known")}
          </button>
        </div>
      )}
      {trouble !== null && (
        <div className="ladder l1" role="alert">
          <span className="tri" aria-hidden="true" />
          {speak("m3.rec.trouble", { cause: causeWords(trouble, speak) })}
        </div>
      )}
      {acts.trouble !== null && (
        <div className="strip-notice" role="alert">
          <span className="tri" aria-hidden="true" />
          <b>{acts.trouble}</b>
          <span className="sp" />
          <button
            type="button"
            className="btn ghost square"
            aria-label={speak("app.close")}
            onClick={acts.forgetTrouble}
          >
            <Icon name="x" />
          </button>
        </div>
      )}
      <div className="room">
        <main className="room-main">
          <Stage
            meeting={meeting}
            people={view.people}
            stage={stage}
            isLinkLost={view.link === "reconnecting"}
            isPicked={picked !== null}
            onFollow={() => setPicked(null)}
            onInvite={() => setDialog("invite")}
          />
          <div className="room-lower">
            <Strip
              meeting={meeting}
              people={view.people}
              stage={stage}
              onPick={setPicked}
              isAlone={others.length === 0}
            />
            {!isPhone && <Tools acts={acts} view={view} />}
          </div>
        </main>
        <aside className="room-side">
          <TruthPanel people={view.people} />
          <section className="pane notes">
            <h2>{speak("m3.notes")}</h2>
            <NoteList notes={notes} />
            {!isPhone && <NoteField fieldRef={noteField} room={view.room} isRecording={view.is_recording} />}
          </section>
        </aside>
      </div>
      {isPhone && <Dock acts={acts} view={view} />}
      {dialog === "devices" && <DevicesDialog meeting={meeting} view={view} onClose={() => setDialog(null)} />}
      {dialog === "invite" && <InviteDialog room={view.room} onClose={() => setDialog(null)} />}
      {dialog === "mark" && <MarkDialog view={view} onClose={() => setDialog(null)} />}
      {dialog === "more" && <MoreDialog acts={acts} view={view} onClose={() => setDialog(null)} onOpen={setDialog} />}
      {dialog === "recording" && (
        <RecordingDialog
          acts={acts}
          view={view}
          policy={props.room?.recording_policy ?? "on_request"}
          mayRecord={account?.may_record === true}
          onClose={() => setDialog(null)}
        />
      )}
    </div>
  );
}

/** Says a new rung of the ladder to a screen reader, once: the causes and tries beside it change each second. */
function useAnnouncedLevel(level: Level): void {
  const { announce, speak } = useWorld();
  const say = useEffectEvent((sentence: MessageKey) => {
    announce(speak(sentence, { tries: 1 }), level === 5);
  });
  useEffect(() => say(`ladder.${level}`), [level]);
}

/** Tells when recording starts or stops while one is in the room; what was so on entering is no news. */
function useRecordingNotice(isRecording: boolean) {
  const [seen, setSeen] = useState(isRecording);
  const [kind, setKind] = useState<"started" | "stopped" | null>(null);
  if (seen !== isRecording) {
    setSeen(isRecording);
    setKind(isRecording ? "started" : "stopped");
  }
  return { kind, dismiss: () => setKind(null) };
}

function ladderWords(view: MeetingView, speak: Speak): { sentence: string; why?: string } {
  const { level } = view;
  if (level === 5) return { sentence: speak("ladder.5", { tries: view.tries }), why: speak("ladder.5.more") };
  const sentence = speak(`ladder.${level}`);
  const { worst } = view;
  if (worst === null) return { sentence, why: speak("ladder.back") };
  const what = whatIsWrong(worst, speak);
  const cause = worst.is_self
    ? speak("ladder.why.own", { what })
    : speak("ladder.why.other", { name: worst.name, what });
  return { sentence, why: what === "" ? speak("ladder.back") : cause };
}

/** After the room: what happened, and what can be done. */
export function Ended(props: { view: MeetingView; title: string; onAgain: () => void; onRooms: () => void }) {
  const { speak } = useWorld();
  const ending = props.view.ending ?? "link_lost";
  if (ending === "left") return null;
  return (
    <div className="page">
      <Top>
        <Brand />
        <b className="room-title">{props.title}</b>
      </Top>
      <main className="middle">
        <Notice
          kind={ending === "link_lost" || ending === "server_stopped" ? "hatched" : "plain"}
          title={speak(`end.${ending}`)}
          more={speak(`end.${ending}.more`)}
        >
          <button type="button" className="btn act" onClick={props.onAgain} autoFocus>
            {speak("end.again")}
          </button>
          <button type="button" className="btn" onClick={props.onRooms}>
            {speak("end.rooms")}
          </button>
        </Notice>
      </main>
    </div>
  );
}
