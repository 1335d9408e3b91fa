// The call itself: the expert large, oneself beside, what each side really gets, and consent that can be taken back.

import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { stayAwake } from "../io/awake";
import type { Meeting } from "../io/ports";
import { answerStills } from "../io/still_service";
import type { Standing } from "../protocol/consent_sheet";
import { grantedCount, may, unrecordedCause, type Consultation } from "../protocol/consultation";
import type { MeetingView } from "../protocol/meeting";
import { clock } from "../protocol/times";
import type { EcgReport } from "../protocol/truth";
import { Icon } from "../ui/Icon";
import { useActing, useLasting, useLoaded, useNow, useTitle } from "../ui/hooks";
import { useLadderReports } from "../ui/ladder_reports";
import { LadderBanner, RecordingDot } from "../ui/pieces";
import { useStage } from "../ui/stage";
import { Stage, Strip } from "../ui/Tiles";
import { TruthPanel } from "../ui/TruthPanel";
import { byPhone } from "../ui/words";
import { useWorld } from "../ui/world";
import { useTaking } from "./ecg_taking";
import { EcgAct, EcgRoom, GatewayWords } from "./EcgTaking";
import { EcgFileAct } from "./EcgFileAct";
import { KioskIcon } from "./KioskIcon";
import { patientWords, Sheet, Trouble } from "./pieces";
import { useKiosk } from "./reach";
import type { CallStay } from "./stay";

/** "Connecting" alone is enough for this long; then the slow step is named (interface.md §5). */
const NAME_STEP_AFTER_MS = 2000;
/** As long as somebody needs to read that a photo was taken. */
const TELL_STILL_MS = 6000;

interface CallProps {
  one: Consultation;
  stay: CallStay;
  onCase: (one: Consultation) => void;
  onHome: () => void;
  onReply: () => void;
  onEmergency: () => void;
}

export function Call(props: CallProps) {
  const { speak } = useWorld();
  const { meeting, isLost, isHungUp, hangUp, again } = props.stay;
  useTitle(speak("kiosk.call.title"));
  useEffect(() => stayAwake(), []);
  if (isHungUp) return <HungUp {...props} onAgain={again} />;
  if (meeting === null) return <NotYet {...props} isLost={isLost} onAgain={again} />;
  return <InCall {...props} meeting={meeting} onHangUp={hangUp} onAgain={again} />;
}

/** The part of the page that speaks with the room is on its way, or did not come. */
function NotYet(props: CallProps & { isLost: boolean; onAgain: () => void }) {
  const { speak } = useWorld();
  return (
    <>
      <header className="k-bar">
        <h1 className="k-title">{speak("kiosk.call.title")}</h1>
        <span className="i2 clip">{patientWords(props.one.patient, speak)}</span>
      </header>
      <main className="k-middle" role="status">
        <h2 className="k-big">{speak(props.isLost ? "kiosk.call.lost" : "kiosk.call.entering")}</h2>
      </main>
      <div className="k-acts">
        <button type="button" className="k-btn" onClick={props.onHome}>
          {speak("kiosk.call.home")}
        </button>
        <span className="sp" />
        {props.isLost && (
          <button type="button" className="k-btn act k-next" onClick={props.onAgain}>
            {speak("kiosk.call.again")}
          </button>
        )}
      </div>
    </>
  );
}

function HungUp(props: CallProps & { onAgain: () => void }) {
  const { speak } = useWorld();
  const isSigned = props.one.state === "signed";
  return (
    <>
      <header className="k-bar">
        <h1 className="k-title">{speak("kiosk.call.title")}</h1>
        <span className="i2 clip">{patientWords(props.one.patient, speak)}</span>
      </header>
      <main className="k-middle" role="status">
        <h2 className="k-big">{speak(isSigned ? "kiosk.call.signed" : "kiosk.call.hungUp")}</h2>
        {!isSigned && <p className="k-body">{speak("kiosk.call.hungUpMore")}</p>}
      </main>
      <div className="k-acts">
        <button type="button" className="k-btn" onClick={props.onHome}>
          {speak("kiosk.call.home")}
        </button>
        <span className="sp" />
        {isSigned && (
          <button type="button" className="k-btn" onClick={props.onAgain}>
            {speak("kiosk.call.again")}
          </button>
        )}
        <button type="button" className="k-btn act k-next" autoFocus onClick={isSigned ? props.onReply : props.onAgain}>
          {speak(isSigned ? "kiosk.call.seeReply" : "kiosk.call.again")}
        </button>
      </div>
    </>
  );
}

/** Answers whoever asks for a photo; true for a moment after one was taken. */
function useStills(one: Consultation, meeting: Meeting): boolean {
  const { consultations } = useWorld();
  const [takenAt_ms, setTaken] = useState(0);
  useEffect(
    () => answerStills(meeting, consultations, one.id, () => setTaken(Date.now())),
    [meeting, consultations, one.id],
  );
  return useNow(1000) - takenAt_ms < TELL_STILL_MS;
}

function InCall(props: CallProps & { meeting: Meeting; onHangUp: () => void; onAgain: () => void }) {
  const { speak } = useWorld();
  const { meeting, one } = props;
  const view = useSyncExternalStore(
    (onChange) => meeting.subscribe(onChange),
    () => meeting.view(),
  );
  const { stage, picked, setPicked } = useStage(view.people, meeting);
  useLadderReports(one, meeting, view);
  const isStillTaken = useStills(one, meeting);
  const taking = useTaking(one.patient.id, one.id, one.urgency);
  const now_ms = useNow(1000);
  const [isConsenting, setConsenting] = useState(false);
  const onSight = useCallback((seen: EcgReport | null) => meeting.setEcg(seen), [meeting]);
  const others = view.people.filter((person) => !person.is_self);
  const inCall = view.entered_at_ms === null ? "" : clock(now_ms - view.entered_at_ms);
  const isIn = view.link === "connected" || view.link === "reconnecting";
  return (
    <>
      <header className="k-bar">
        <h1 className="k-title">{speak("kiosk.call.title")}</h1>
        <span className="i2 clip">
          {one.invited.person_name}　{one.invited.institution_name}
        </span>
        <span className="sp" />
        <button type="button" className="k-btn slim quiet k-rec" onClick={() => setConsenting(true)}>
          <Recording one={one} view={view} />
        </button>
        <b className="k-clock" role="timer">
          {inCall}
        </b>
      </header>
      <LadderBanner
        level={view.level}
        sentence={speak(`ladder.${view.level}`, { tries: view.tries })}
        {...(view.level === 5 ? { why: byPhone(one.invited.duty_phone, speak) } : {})}
      />
      <Strips {...props} view={view} isStillTaken={isStillTaken} />
      <main className={taking.isRunning ? "k-call with-ecg" : "k-call"}>
        <section className="k-stage">
          {view.link === "connecting" ? (
            <Connecting view={view} />
          ) : view.link === "ended" ? (
            <div className="k-middle">
              <h2 className="k-big">{speak("kiosk.call.lost")}</h2>
              <p className="k-body">{speak(`end.${view.ending ?? "link_lost"}`)}</p>
              <button type="button" className="k-btn act" onClick={props.onAgain}>
                <Icon name="retry" size={28} />
                {speak("kiosk.call.again")}
              </button>
            </div>
          ) : others.length === 0 ? (
            <div className="k-middle" role="status">
              <h2 className="k-big">{speak("kiosk.call.waitingExpert")}</h2>
              <p className="k-body">
                {one.invited.person_name}　{one.invited.institution_name}
              </p>
            </div>
          ) : (
            <Stage
              meeting={meeting}
              people={view.people}
              stage={stage}
              isLinkLost={view.link === "reconnecting"}
              isPicked={picked !== null}
              onFollow={() => setPicked(null)}
              onInvite={() => undefined}
            />
          )}
        </section>
        <aside className="k-call-side">
          {isIn && (
            <>
              <Strip
                meeting={meeting}
                people={view.people}
                stage={stage}
                onPick={setPicked}
                isAlone={others.length === 0}
              />
              <TruthPanel people={view.people} hasEcg={taking.ecg !== null} />
            </>
          )}
          <div className="k-ecg-start">
            {!taking.isRunning && <GatewayWords taking={taking} />}
            <EcgAct taking={taking} className="slim" />
            {!taking.isRunning && (
              <EcgFileAct patient={one.patient.id} case_={one.id} urgency={one.urgency} className="slim quiet" />
            )}
            <Trouble failure={taking.isRunning ? null : taking.failure} />
          </div>
        </aside>
        {taking.isRunning && <EcgRoom taking={taking} onSight={onSight} />}
      </main>
      <div className="k-acts">
        <button
          type="button"
          className="k-btn"
          aria-pressed={!view.microphone.is_on}
          disabled={!isIn}
          onClick={() => void meeting.setMicrophone(!view.microphone.is_on)}
        >
          <Icon name={view.microphone.is_on ? "mic" : "micOff"} size={28} />
          {speak(view.microphone.is_on ? "kiosk.call.mute" : "kiosk.call.unmute")}
        </button>
        <button
          type="button"
          className="k-btn"
          aria-pressed={!view.camera.is_on}
          disabled={!isIn}
          onClick={() => void meeting.setCamera(!view.camera.is_on)}
        >
          <Icon name={view.camera.is_on ? "cam" : "camOff"} size={28} />
          {speak(view.camera.is_on ? "kiosk.call.camOff" : "kiosk.call.camOn")}
        </button>
        <button type="button" className="k-btn" onClick={() => setConsenting(true)}>
          <KioskIcon name="pen" />
          {speak("kiosk.call.consents")}
        </button>
        <span className="sp" />
        <button type="button" className="k-btn strong" onClick={props.onHangUp}>
          <Icon name="end" size={28} />
          {speak("kiosk.call.hangUp")}
        </button>
        <button type="button" className="k-btn crit" onClick={props.onEmergency}>
          <KioskIcon name="amb" size={32} />
          {speak("kiosk.ring.worse")}
        </button>
      </div>
      {isConsenting && <ConsentSheet one={one} onCase={props.onCase} onClose={() => setConsenting(false)} />}
    </>
  );
}

/** The dot says what the room does; the case says why. */
function Recording({ one, view }: { one: Consultation; view: MeetingView }) {
  const { speak } = useWorld();
  const isOn = view.is_recording || one.is_recording;
  const cause = unrecordedCause({ ...one, is_recording: isOn });
  return (
    <RecordingDot isOn={isOn}>
      {cause === null
        ? speak("kiosk.call.recOn", { count: grantedCount(one.consents) })
        : speak("kiosk.call.recOff", { why: speak(`kiosk.call.why.${cause}`) })}
    </RecordingDot>
  );
}

function Connecting({ view }: { view: MeetingView }) {
  const { speak } = useWorld();
  const [began_ms] = useState(() => Date.now());
  const now_ms = useNow(500);
  const isSlow = useLasting(true, NAME_STEP_AFTER_MS);
  const seconds = Math.round((now_ms - began_ms) / 1000);
  return (
    <div className="k-middle" role="status">
      <h2 className="k-big">{speak("kiosk.call.entering")}</h2>
      {isSlow && <p className="k-body">{speak("kiosk.call.slow", { step: speak(`m3.step.${view.step}`), seconds })}</p>}
    </div>
  );
}

/** What asks for a touch or has just happened: one line each, above the pictures. */
function Strips(props: CallProps & { meeting: Meeting; view: MeetingView; isStillTaken: boolean }) {
  const { consultations, speak } = useWorld();
  const { one, view } = props;
  const act = useActing();
  const waiting = may(one, "admit") ? one.parties.filter((party) => party.state === "waiting") : [];
  return (
    <>
      {view.is_sound_blocked && (
        <div className="k-strip" role="alert">
          <b>{speak("kiosk.call.soundBlocked")}</b>
          <span className="sp" />
          <button type="button" className="k-btn act slim" onClick={() => void props.meeting.allowSound()}>
            {speak("kiosk.call.allowSound")}
          </button>
        </div>
      )}
      {one.state === "signed" && (
        <div className="k-strip" role="status">
          <b>{speak("kiosk.call.signed")}</b>
          <span className="sp" />
          <button type="button" className="k-btn act slim" onClick={props.onReply}>
            {speak("kiosk.call.seeReply")}
          </button>
        </div>
      )}
      {waiting.map((party) => (
        <div key={party.person} className="k-strip" role="status">
          <b className="clip">
            {speak("kiosk.call.waitsOutside", { name: `${party.name} ${party.institution_name}` })}
          </b>
          <span className="sp" />
          <button
            type="button"
            className="k-btn slim"
            aria-disabled={act.isBusy}
            onClick={() => act.run(async () => props.onCase(await consultations.admit(one.id, party.person)))}
          >
            {speak("kiosk.call.admit")}
          </button>
        </div>
      ))}
      {props.isStillTaken && (
        <div className="k-strip" role="status">
          <Icon name="cam" size={26} />
          <b>{speak("kiosk.call.still")}</b>
        </div>
      )}
      {act.failure !== null && (
        <div className="k-strip">
          <Trouble failure={act.failure} />
        </div>
      )}
    </>
  );
}

function ConsentSheet(props: { one: Consultation; onCase: (one: Consultation) => void; onClose: () => void }) {
  const { consultations, speak } = useWorld();
  const { desk } = useKiosk();
  const { one } = props;
  const standing = useLoaded(`standing ${one.id}`, () => desk.standing(one.patient.id, one.id));
  const act = useActing();
  const withdraw = ({ consent, giver }: Standing): void =>
    act.run(async () => {
      // Whoever answered for the patient takes it back too; the service has their name from then.
      await desk.withdraw(consent, giver, "");
      standing.reload();
      props.onCase(await consultations.get(one.id));
    });
  return (
    <Sheet title={speak("kiosk.call.consents")} onClose={props.onClose}>
      <p className="k-body">{speak("kiosk.call.consentsMore")}</p>
      <div className="k-consents">
        {one.consents.map(({ purpose, state }) => {
          const now = standing.value?.find((each) => each.purpose === purpose);
          return (
            <div key={purpose} className="k-item">
              <div>
                <h3>{speak(`kiosk.purpose.${purpose}`)}</h3>
                <p className="i2">{speak(`kiosk.purposeMore.${purpose}`)}</p>
              </div>
              <b>
                {speak(
                  state === "withdrawn"
                    ? "kiosk.call.withdrawn"
                    : now?.is_allowed === true
                      ? "kiosk.call.stands"
                      : "kiosk.call.notGranted",
                )}
              </b>
              {now?.is_allowed === true ? (
                <button type="button" className="k-btn" aria-disabled={act.isBusy} onClick={() => withdraw(now)}>
                  {speak("kiosk.call.withdraw")}
                </button>
              ) : (
                <span />
              )}
            </div>
          );
        })}
      </div>
      <Trouble failure={act.failure ?? standing.failure} />
    </Sheet>
  );
}
