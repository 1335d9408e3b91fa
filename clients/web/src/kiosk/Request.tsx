// K2: the request in four touches; beside it what the county hospital will be told.

import { useState } from "react";
import type { PatientLine } from "../io/kiosk_ports";
import { ageAt, type Consultation, type DirectorySpecialty } from "../protocol/consultation";
import {
  COMPLAINTS,
  destinationOf,
  gapsOf,
  PACES,
  requestOf,
  SINCE,
  waitMinutes,
  type Intake,
  type Pace,
  type RequestWords,
} from "../protocol/intake";
import type { Speak } from "../messages/speak";
import { Icon } from "../ui/Icon";
import { useActing, useLoaded, useTitle } from "../ui/hooks";
import { useWorld } from "../ui/world";
import { KioskIcon } from "./KioskIcon";
import { Bar, Choice, NextAct, patientWords, Sheet, Trouble } from "./pieces";

/** The service takes longer summaries; a sentence beside a patient is shorter. */
const NOTE_LIMIT = 500;

/** The words of the request, in the language of the page: the law asks for reason, purpose and a summary. */
function requestWords(intake: Intake, patient: PatientLine, speak: Speak): RequestWords {
  const complaint = intake.complaint === null ? "" : speak(`kiosk.complaint.${intake.complaint}`);
  const since = intake.since === null ? "" : speak(`kiosk.since.${intake.since}`);
  const age = ageAt(patient.birth_year, new Date());
  return {
    reason: speak("kiosk.ask.reasonText", { complaint, since }),
    purpose: speak("kiosk.ask.purposeText"),
    summary: speak("kiosk.ask.summaryText", {
      sex: speak(`kiosk.sex.${patient.sex}`),
      age: age === null ? speak("kiosk.ask.noAge") : speak("kiosk.words.age", { age }),
      complaint,
      since,
      note: intake.note === "" ? speak("kiosk.ask.summaryNoNote") : intake.note,
    }),
  };
}

export function Request(props: {
  patient: PatientLine;
  intake: Intake;
  onIntake: (intake: Intake) => void;
  /** The draft that this request has become before; it is written anew. */
  draft: Consultation | null;
  onBack: () => void;
  onDrafted: (one: Consultation) => void;
}) {
  const { consultations, language, speak } = useWorld();
  const { patient, intake } = props;
  useTitle(speak("kiosk.ask.title"));
  const loaded = useLoaded("directory", () => consultations.directory());
  const directory = loaded.value ?? [];
  const [sheet, setSheet] = useState<"place" | "note" | null>(null);
  const act = useActing();
  const set = (change: Partial<Intake>): void => props.onIntake({ ...intake, ...change });
  const to = destinationOf(intake, directory);
  const gaps = gapsOf(intake, directory);
  const send = (): void => {
    const request = requestOf(intake, patient.id, directory, requestWords(intake, patient, speak));
    if (request === null) return;
    act.run(async () => {
      const { draft } = props;
      // Whom it is about stands: another patient is another request.
      const { institution, urgency, specialty, reason, purpose, summary } = request;
      const change = { institution, urgency, specialty, reason, purpose, summary };
      props.onDrafted(
        draft === null ? await consultations.create(request) : await consultations.amend(draft.id, change),
      );
    });
  };
  const gapWords = gaps.map((gap) => speak(`kiosk.gap.${gap}`)).join(speak("app.listComma"));
  return (
    <>
      <Bar title={speak("kiosk.ask.title")} more={patientWords(patient, speak)} onBack={props.onBack}>
        <span className="i2">{speak("kiosk.step", { step: 1 })}</span>
      </Bar>
      <main className="k-ask">
        <section>
          <Step number={1} isDone={intake.complaint !== null} words={speak("kiosk.ask.complaint")} />
          <div className="k-grid k-four">
            {COMPLAINTS.map((one) => (
              <Choice key={one} isOn={intake.complaint === one} onChoose={() => set({ complaint: one, chosen: null })}>
                {speak(`kiosk.complaint.${one}`)}
              </Choice>
            ))}
          </div>
          <Step number={2} isDone={intake.since !== null} words={speak("kiosk.ask.since")} />
          <div className="k-grid k-five">
            {SINCE.map((one) => (
              <Choice key={one} isOn={intake.since === one} onChoose={() => set({ since: one })}>
                {speak(`kiosk.since.${one}`)}
              </Choice>
            ))}
          </div>
          <Step number={3} isDone={intake.pace !== null} words={speak("kiosk.ask.pace")} />
          <div className="k-grid k-two">
            {PACES.map((one) => (
              <Choice key={one} isOn={intake.pace === one} className="high" onChoose={() => set({ pace: one })}>
                <span className="k-choice-two">
                  <span>{speak(`kiosk.pace.${one}`)}</span>
                  <small>{paceWords(one, to, speak)}</small>
                </span>
              </Choice>
            ))}
          </div>
        </section>
        <aside className="k-pane k-told">
          <p className="i3">{speak("kiosk.ask.told")}</p>
          <div className="k-told-reason">
            {intake.complaint === null ? (
              <b className="i3">{speak("kiosk.ask.reasonMissing")}</b>
            ) : (
              <b>{requestWords(intake, patient, speak).reason}</b>
            )}
            {intake.pace === "urgent" && <span className="k-tag warn">{speak("kiosk.ask.urgent")}</span>}
          </div>
          <div className="k-told-place">
            <div className="k-told-words">
              <Place intake={intake} to={to} isLoaded={loaded.value !== null} />
            </div>
            <button type="button" className="k-btn slim" onClick={() => setSheet("place")}>
              {speak("kiosk.ask.change")}
            </button>
          </div>
          <dl className="k-facts">
            <dt>{speak("kiosk.ask.patient")}</dt>
            <dd>{patientWords(patient, speak)}</dd>
            <dt>{speak("kiosk.ask.note")}</dt>
            <dd className={intake.note === "" ? "i2" : "k-note"}>
              {intake.note === "" ? speak("kiosk.ask.noNote") : intake.note}
            </dd>
          </dl>
          <span className="sp" />
          <p className="i2 k-told-foot">{speak("kiosk.ask.fromCard")}</p>
        </aside>
      </main>
      <div className="k-acts">
        {act.failure !== null ? (
          <Trouble failure={act.failure} />
        ) : loaded.failure !== null && loaded.value === null ? (
          <Trouble failure={loaded.failure} />
        ) : gaps.length === 0 ? (
          <span>
            <b>{speak("kiosk.ask.ready")}</b> <span className="i2">{speak("kiosk.ask.readyMore")}</span>
          </span>
        ) : (
          <span className="i2">{speak("kiosk.ask.missing", { gaps: gapWords })}</span>
        )}
        <span className="sp" />
        <button type="button" className="k-btn" onClick={() => setSheet("note")}>
          <KioskIcon name="pen" />
          {speak("kiosk.ask.addNote")}
        </button>
        {loaded.failure !== null && loaded.value === null ? (
          <NextAct lock={null} words={speak("app.retry")} onAct={loaded.reload} />
        ) : (
          <NextAct
            lock={gaps.length === 0 ? null : speak("kiosk.ask.locked")}
            isBusy={act.isBusy}
            words={speak(act.isBusy ? "kiosk.ask.sending" : act.failure !== null ? "kiosk.ask.failed" : "kiosk.ask.go")}
            onAct={send}
          />
        )}
      </div>
      {sheet === "place" && (
        <Sheet title={speak("kiosk.ask.chooseTitle")} onClose={() => setSheet(null)}>
          <div className="k-grid k-three k-places">
            {directory.map((one) => (
              <Choice
                key={`${one.institution} ${one.code}`}
                isOn={to === one}
                onChoose={() => {
                  set({ chosen: { specialty: one.code, institution: one.institution } });
                  setSheet(null);
                }}
              >
                <span className="k-choice-two">
                  <span>{one.name[language === "en" ? "en" : "zh"]}</span>
                  <small>{placeWords(one, speak)}</small>
                </span>
              </Choice>
            ))}
          </div>
        </Sheet>
      )}
      {sheet === "note" && (
        <Sheet title={speak("kiosk.ask.noteTitle")} onClose={() => setSheet(null)}>
          <label className="k-field">
            <span className="i2">{speak("kiosk.ask.noteHint")}</span>
            <textarea
              autoFocus
              rows={5}
              maxLength={NOTE_LIMIT}
              value={intake.note}
              onChange={(event) => set({ note: event.target.value })}
            />
          </label>
          <div className="k-row end">
            <button type="button" className="k-btn act" onClick={() => setSheet(null)}>
              {speak("kiosk.ask.noteDone")}
            </button>
          </div>
        </Sheet>
      )}
    </>
  );
}

function Step({ number, isDone, words }: { number: number; isDone: boolean; words: string }) {
  return (
    <h2 className={isDone ? "k-step is-done" : "k-step"}>
      <span className="k-number">{isDone ? <Icon name="check" size={20} weight={2.6} /> : number}</span>
      {words}
    </h2>
  );
}

function paceWords(pace: Pace, to: DirectorySpecialty | null, speak: Speak): string {
  if (pace === "urgent") return speak("kiosk.pace.urgentMore");
  if (to === null) return "";
  if (to.waiting === 0) return speak("kiosk.pace.routineFree");
  return to.expected_wait_s === null
    ? speak("kiosk.pace.routineCount", { count: to.waiting })
    : speak("kiosk.pace.routineQueue", { count: to.waiting, minutes: waitMinutes(to.expected_wait_s) });
}

function placeWords(one: DirectorySpecialty, speak: Speak): string {
  const waiting = one.waiting > 0 ? `\u3000${speak("kiosk.ask.waiting", { count: one.waiting })}` : "";
  return `${one.institution_name}${waiting}`;
}

function Place(props: { intake: Intake; to: DirectorySpecialty | null; isLoaded: boolean }) {
  const { language, speak } = useWorld();
  const { intake, to } = props;
  if (to === null) {
    const isNone = intake.complaint !== null && props.isLoaded;
    return <span className="i3">{speak(isNone ? "kiosk.ask.placeNone" : "kiosk.ask.placeMissing")}</span>;
  }
  const names = to.on_duty.map((person) => person.name).slice(0, 2);
  return (
    <>
      <b className="k-place">{to.name[language === "en" ? "en" : "zh"]}</b>
      <span className="i2">{to.institution_name}</span>
      <span className="i2">
        {names.length === 0
          ? speak("kiosk.ask.nobody")
          : speak("kiosk.ask.onDuty", { names: names.join(speak("app.listComma")) })}
      </span>
      <span className="i2">{speak(intake.chosen === null ? "kiosk.ask.byReason" : "kiosk.ask.byHand")}</span>
    </>
  );
}
