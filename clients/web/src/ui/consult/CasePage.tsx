// S2: one consultation. Pictures and what each side really gets on the left, the record in the middle, talk and
// opinion on the right. Without a room (offline, or over) the same page without the pictures.

import { Suspense, useEffect, useEffectEvent, useRef, useState } from "react";
import { stayAwake } from "../../io/awake";
import type { Meeting } from "../../io/ports";
import { grantedCount, isEnded, phoneOfOther, unrecordedCause, type Consultation } from "../../protocol/consultation";
import type { Level } from "../../protocol/ladder";
import type { MeetingView } from "../../protocol/meeting";
import { hashOf } from "../../protocol/route";
import { clock } from "../../protocol/times";
import type { Speak } from "../../messages/speak";
import { useMarks } from "../ecg_report/marks";
import { useKeys, useNow, useTitle } from "../hooks";
import { Icon } from "../Icon";
import { IdleWatch } from "../IdleWatch";
import { Dialog, Failure, LadderBanner, OfflineBanner, RecordingDot, Skeleton } from "../pieces";
import { useActs, type RoomActs } from "../RoomActs";
import { DevicesDialog } from "../RoomDialogs";
import { Brand, Top } from "../Top";
import { TruthPanel } from "../TruthPanel";
import { useLadderReports } from "../ladder_reports";
import { byPhone, whatIsWrong } from "../words";
import { useWorld } from "../world";
import { CaseActs } from "./CaseActs";
import { CaseVideo } from "./CaseVideo";
import { useCase, type HeldCase } from "./cases";
import { Chat } from "./Chat";
import { ConsentWords } from "./ConsentWords";
import { CancelDialog, TransferDialog } from "./EndDialogs";
import { KeyMap } from "./KeyMap";
import { OpinionPane } from "./OpinionPane";
import { Parties } from "./Parties";
import { Reading, useReading } from "./Reading";
import { useMeetingView, useStay } from "./stay";
import { useStills } from "./stills";
import { later } from "../later";
import { sexAndAge } from "./words";
import "./consult.css";

// Fetched when a case has an ECG.
const ReportPane = later(() => import("../ecg_report/ReportPane").then((pane) => pane.ReportPane));

const toWork = (): void => {
  location.hash = hashOf({ screen: "work" });
};

export function CasePage({ id }: { id: string }) {
  const { speak } = useWorld();
  const held = useCase(id);
  if (held.value !== null) return <Case held={held} one={held.value} />;
  return (
    <div className="page">
      <IdleWatch isInRoom={false} />
      <Top>
        <Brand />
        <span className="sp" />
        <button type="button" className="btn" onClick={toWork}>
          {speak("s2.close")}
        </button>
      </Top>
      <OfflineBanner />
      <main className="case-wait">
        {held.failure !== null ? (
          <Failure title={speak("s2.failed")} failure={held.failure} onRetry={held.reload} />
        ) : (
          held.isSlow && <Skeleton rows={6} />
        )}
      </main>
    </div>
  );
}

type Side = "talk" | "opinion" | "report";
export type CaseDialog = "devices" | "keys" | "recording" | "transfer" | "cancel";

function Case({ held, one }: { held: HeldCase; one: Consultation }) {
  const { speak } = useWorld();
  const { stay, enter } = useStay(one);
  const meeting = stay.kind === "in" ? stay.meeting : null;
  const view = useMeetingView(meeting);
  const isIn = view !== null && view.link !== "ended";
  const [dialog, setDialog] = useState<CaseDialog | null>(null);
  const [side, setSide] = useState<Side>(() => (one.opinion === null ? "talk" : "opinion"));
  const reading = useReading(one, view);
  const stills = useStills(meeting, one, view);
  const chatField = useRef<HTMLTextAreaElement>(null);
  useTitle(one.serial);
  useEffect(() => (isIn ? stayAwake() : undefined), [isIn]);
  useLadderReports(one, meeting, view);
  usePanes();
  const room = [
    "case-room",
    stay.kind === "none" ? "no-video" : "",
    reading.open.kind === "ecg" ? "on-ecg" : "",
    side === "talk" ? "" : "on-writing",
  ];
  const { marked, mark } = useMarks();
  const sides: readonly Side[] = reading.ecg === null ? ["talk", "opinion"] : ["talk", "opinion", "report"];
  const openSide = (which: Side): void => {
    setSide(which);
    // The pane is drawn first; then its field can take the focus.
    window.setTimeout(() => {
      if (which === "talk") chatField.current?.focus();
      else document.getElementById(`${which}-findings`)?.focus();
    });
  };
  useKeys({
    o: () => openSide("opinion"),
    t: () => openSide("talk"),
    "?": () => setDialog("keys"),
    ...(stills.canAsk ? { p: stills.ask } : {}),
  });

  return (
    <div className="page case-page">
      <IdleWatch isInRoom={isIn} />
      <CaseTop one={one} view={view} onDialog={setDialog} />
      <OfflineBanner />
      {view !== null && <CaseLadder one={one} view={view} />}
      {view?.is_sound_blocked === true && meeting !== null && (
        <div className="strip-notice" role="alert">
          <Icon name="soundOff" />
          <b>{speak("m3.soundBlocked")}</b>
          <span className="sp" />
          <button type="button" className="btn act" onClick={() => void meeting.allowSound()}>
            {speak("m3.allowSound")}
          </button>
        </div>
      )}
      <div className={room.filter((name) => name !== "").join(" ")}>
        <div className="case-left" data-pane tabIndex={-1}>
          <CaseVideo one={one} stay={stay} view={view} onEnter={enter} onLeave={toWork} />
          {meeting !== null && view !== null && isIn && (
            <Inside
              meeting={meeting}
              view={view}
              stills={stills}
              onDialog={setDialog}
              onOpinion={() => openSide("opinion")}
            />
          )}
          {view !== null && isIn && <TruthPanel people={view.people} hasEcg={reading.ecg !== null} />}
          <Parties one={one} onChanged={held.put} onStale={held.reload} onDialog={setDialog} />
        </div>
        <main className="pane case-main" data-pane tabIndex={-1}>
          <Reading
            one={one}
            meeting={meeting}
            view={view}
            reading={reading}
            stills={stills}
            onMark={(strip) => {
              mark(strip);
              setSide("report");
            }}
          />
        </main>
        <aside className={`case-right on-${side}`} data-pane tabIndex={-1}>
          <div
            className={sides.length === 3 ? "seg case-tabs three" : "seg case-tabs"}
            role="group"
            aria-label={speak("s2.sides")}
          >
            {sides.map((which) => (
              <button
                key={which}
                type="button"
                className={side === which ? "on" : ""}
                aria-pressed={side === which}
                onClick={() => openSide(which)}
              >
                {which === "report" ? speak("report.title") : speak(`s2.side.${which}`)}
              </button>
            ))}
          </div>
          <Chat one={one} fieldRef={chatField} />
          <OpinionPane one={one} onChanged={held.put} onStale={held.reload} />
          {reading.ecg !== null && (
            <Suspense>
              <ReportPane key={reading.ecg.id} ecg={reading.ecg} marked={marked} />
            </Suspense>
          )}
        </aside>
      </div>
      {dialog === "keys" && <KeyMap onClose={() => setDialog(null)} />}
      {dialog === "recording" && (
        <Dialog title={speak("m3.rec.title")} onClose={() => setDialog(null)}>
          <RecordingWords one={one} isRecording={view?.is_recording ?? one.is_recording} />
          <ConsentWords consents={one.consents} />
          <p className="fine">{speak("s2.rec.withdraw")}</p>
        </Dialog>
      )}
      {dialog === "devices" && meeting !== null && view !== null && (
        <DevicesDialog meeting={meeting} view={view} onClose={() => setDialog(null)} />
      )}
      {dialog === "transfer" && (
        <TransferDialog
          one={one}
          onClose={() => setDialog(null)}
          onDone={(after) => {
            held.put(after);
            toWork();
          }}
        />
      )}
      {dialog === "cancel" && (
        <CancelDialog
          one={one}
          onClose={() => setDialog(null)}
          onDone={(after) => {
            held.put(after);
            setDialog(null);
          }}
        />
      )}
    </div>
  );
}

/** The buttons under the picture, and the one thing that went wrong with them. */
function Inside(props: {
  meeting: Meeting;
  view: MeetingView;
  stills: ReturnType<typeof useStills>;
  onDialog: (dialog: CaseDialog) => void;
  onOpinion: () => void;
}) {
  const { meeting, view } = props;
  const acts: RoomActs = useActs(meeting, view, null, () => props.onDialog("devices"), toWork);
  const { speak } = useWorld();
  useKeys({
    n: acts.toggleMicrophone,
    v: acts.toggleCamera,
    ...(acts.canShareScreen ? { h: acts.toggleScreen } : {}),
  });
  const trouble = acts.trouble ?? props.stills.trouble;
  return (
    <>
      <CaseActs acts={acts} view={view} stills={props.stills} onOpinion={props.onOpinion} onDialog={props.onDialog} />
      {trouble !== null && (
        <p className="pane case-trouble refusal" role="alert">
          <span className="tri" aria-hidden="true" />
          <b>{trouble}</b>
          <span className="sp" />
          <button
            type="button"
            className="btn ghost square"
            aria-label={speak("app.close")}
            onClick={() => {
              acts.forgetTrouble();
              props.stills.forget();
            }}
          >
            <Icon name="x" />
          </button>
        </p>
      )}
    </>
  );
}

function CaseTop(props: { one: Consultation; view: MeetingView | null; onDialog: (dialog: CaseDialog) => void }) {
  const { one, view } = props;
  const { speak } = useWorld();
  const now_ms = useNow(1000);
  const isIn = view !== null && view.link !== "ended";
  const inRoom = view?.entered_at_ms == null ? null : clock(now_ms - view.entered_at_ms);
  const isRecording = isIn ? view.is_recording : one.is_recording;
  return (
    <Top>
      <Brand isWideOnly />
      <h1 className="case-patient">{one.patient.name}</h1>
      <span className="nb">{sexAndAge(one, speak)}</span>
      <span className="clip case-why" title={one.reason}>
        {one.reason}
      </span>
      {one.urgency !== "routine" && (
        <span className={one.urgency === "emergency" ? "tag crit" : "tag warn"}>
          {speak(`case.word.urgency.${one.urgency}`)}
        </span>
      )}
      <span className="mono i3 wide case-serial">{one.serial}</span>
      <span className="sp" />
      {isIn && view.level === 0 && <span className="tag ok chip wide">{speak("ladder.0")}</span>}
      {one.kind === "live" && !isEnded(one.state) && (
        <button type="button" className="btn ghost rec-button" onClick={() => props.onDialog("recording")}>
          <RecordingWords one={one} isRecording={isRecording} />
        </button>
      )}
      {inRoom !== null && <b className="room-clock">{inRoom}</b>}
      <button
        type="button"
        className="btn ghost square wide"
        aria-label={speak("s2.keys.title")}
        title={speak("s2.keys.title")}
        onClick={() => props.onDialog("keys")}
      >
        <Icon name="question" />
      </button>
      <button type="button" className="btn" onClick={toWork}>
        <Icon name="end" size={18} />
        {speak(isIn ? "m3.leave" : "s2.close")}
      </button>
    </Top>
  );
}

/** Red dot, recording, how many agreed; or hollow ring, not recorded, why. */
function RecordingWords({ one, isRecording }: { one: Consultation; isRecording: boolean }) {
  const { speak } = useWorld();
  const cause = unrecordedCause({ ...one, is_recording: isRecording });
  return (
    <RecordingDot isOn={isRecording}>
      {speak(isRecording ? "m3.rec.on" : "m3.rec.off")}
      <span className="i2 case-rec-more">
        {cause === null
          ? speak("s2.rec.agreed", { count: grantedCount(one.consents) })
          : speak(`case.word.unrecorded.${cause}`)}
      </span>
    </RecordingDot>
  );
}

function CaseLadder({ one, view }: { one: Consultation; view: MeetingView }) {
  const { speak, announce, account } = useWorld();
  const say = useEffectEvent((level: Level) => announce(speak(`ladder.${level}`, { tries: 1 }), level === 5));
  useEffect(() => say(view.level), [view.level]);
  if (view.link === "ended") return null;
  const { sentence, why } = ladderWords(view, phoneOfOther(one, account?.institution ?? ""), speak);
  return <LadderBanner level={view.level} sentence={sentence} why={why} />;
}

function ladderWords(view: MeetingView, phone: string, speak: Speak): { sentence: string; why: string } {
  if (view.level === 5) {
    return { sentence: speak("ladder.5", { tries: view.tries }), why: byPhone(phone, speak) };
  }
  const sentence = speak(`ladder.${view.level}`);
  if (view.worst === null) return { sentence, why: speak("ladder.back") };
  const what = whatIsWrong(view.worst, speak);
  if (what === "") return { sentence, why: speak("ladder.back") };
  return {
    sentence,
    why: view.worst.is_self
      ? speak("ladder.why.own", { what })
      : speak("ladder.why.other", { name: view.worst.name, what }),
  };
}

/** F6 goes from pane to pane, as in every program with panes. */
function usePanes(): void {
  useEffect(() => {
    const next = (event: KeyboardEvent): void => {
      // A call that is shown takes F6 for itself.
      if (event.key !== "F6" || document.querySelector(".call") !== null) return;
      event.preventDefault();
      const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")];
      const at = panes.findIndex((pane) => pane.contains(document.activeElement));
      panes[(at + (event.shiftKey ? panes.length - 1 : 1)) % panes.length]?.focus();
    };
    window.addEventListener("keydown", next);
    return () => window.removeEventListener("keydown", next);
  }, []);
}
