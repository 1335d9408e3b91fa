// The report of an ECG: strips, statements and words chosen by a person, checked gate by gate, signed by one (报告)
// and by another (审核); the critical value beside it calls until it is heard.

import { useState } from "react";
import type { Ecg } from "../../protocol/ecg";
import {
  nextStep,
  reportGatesOf,
  reportLock,
  saysTheSameReport,
  withReportTemplate,
  withStrip,
  type ReportGateView,
  type ReportStep,
  type ReportText,
  type ReportView,
} from "../../protocol/ecg_report";
import { useCaseNews } from "../consult/cases";
import { TextField } from "../forms";
import { useActing, useEvery, useLoaded } from "../hooks";
import { Icon } from "../Icon";
import { Failure } from "../pieces";
import { SignDialog } from "../SignDialog";
import { CriticalGate, DraftHead, GateRow, PatientGate, SignButton, TemplatesRow, useDraft } from "../signing";
import { failureWords, momentWords } from "../words";
import { useWorld } from "../world";
import { CriticalCall } from "./CriticalCall";
import type { Marked } from "./marks";
import { Statements } from "./Statements";
import { StripList } from "./StripList";
import "./report.css";

/** As clinical/ecg_report.py has it. */
const TEXT_LIMIT = 8000;
const REASON_LIMIT = 500;
/** What is missing fills up, and others write and call: of an ECG without a case nothing is pushed. */
const ASK_EVERY_MS = 5000;

export function ReportPane({ ecg, marked }: { ecg: Ecg; marked: Marked | null }) {
  const { speak, ecgReports } = useWorld();
  const kept = useLoaded(`report ${ecg.id}`, () => ecgReports.report(ecg.id));
  const { reload } = kept;
  useCaseNews(ecg.case === "" ? null : ecg.case, reload, { of: "report" });
  useCaseNews(ecg.case === "" ? null : ecg.case, reload, { of: "criticalvalue" });
  useEvery(ASK_EVERY_MS, reload);
  const view = kept.value;
  const isLoaded = kept.loadedAt_ms !== null;
  const canWrite = view?.allowed.includes("report") === true;
  return (
    <section className="pane opinion report" aria-label={speak("report.title")}>
      {kept.failure !== null && !isLoaded ? (
        <Failure title={speak("report.failed")} failure={kept.failure} onRetry={reload} />
      ) : !isLoaded ? null : view === null ? (
        <>
          <h2>{speak("report.title")}</h2>
          <p className="i2">{speak("report.coming")}</p>
        </>
      ) : canWrite ? (
        // Somebody types: what is loaded anew tells what is missing, and never writes over their words.
        <Editor key={`${view.state} ${view.version}`} ecg={ecg} view={view} marked={marked} onChanged={reload} />
      ) : (
        <Signed ecg={ecg} view={view} onChanged={reload} />
      )}
    </section>
  );
}

function Editor(props: { ecg: Ecg; view: ReportView; marked: Marked | null; onChanged: () => void }) {
  const { ecg, view, marked } = props;
  const { speak, ecgReports, language } = useWorld();
  const [text, setText] = useState<ReportText>(view);
  const [stored, setStored] = useState<ReportView>(view);
  // What the service found out since of the marks that it has.
  const saved = view.revision === stored.revision ? view : stored;
  const [seen, setSeen] = useState(marked?.number ?? 0);
  const templates = useLoaded("report templates", () => ecgReports.templates());
  const statements = useLoaded("report statements", () => ecgReports.statements());
  const isUnsaved = !saysTheSameReport(text, saved);
  if (marked !== null && marked.number !== seen) {
    setSeen(marked.number);
    setText(withStrip(text, marked.strip, ecg.descriptor?.rate_hz ?? 0));
  }
  const store = async (): Promise<ReportView> => {
    const after = await ecgReports.save(ecg.id, text, saved.revision);
    setStored(after);
    return after;
  };
  const draft = useDraft(isUnsaved, store);
  const { saving } = draft;
  const inLanguage = language === "en" ? "en" : "zh";
  return (
    <div className="opinion-form">
      <DraftHead title={speak("report.title")} draft={draft} version={saved.revision}>
        <span className="tag line">{speak(`report.state.${view.state}`)}</span>
      </DraftHead>
      <CriticalCall ecg={ecg.id} critical={view.critical} allowed={view.allowed} onChanged={props.onChanged} />
      {view.reason !== "" && (
        <p className="refusal" role="status">
          <span className="tri" aria-hidden="true" />
          {speak("report.reasonOf", { reason: view.reason })}
        </p>
      )}
      <div className="opinion-scroll">
        <StripList ecg={ecg} report={text} saved={saved} onChange={setText} />
        {templates.value !== null && (
          <TemplatesRow
            templates={templates.value}
            chosen={text.template}
            onChoose={(form) => setText(withReportTemplate(text, form, inLanguage))}
          />
        )}
        <Statements report={text} groups={statements.value ?? []} onChange={setText} />
        <label className="field" htmlFor="report-findings">
          <span className="label">{speak("report.findings")}</span>
        </label>
        <textarea
          id="report-findings"
          className="in lines"
          rows={4}
          maxLength={TEXT_LIMIT}
          value={text.findings}
          onChange={(event) => setText({ ...text, findings: event.target.value })}
        />
        <label className="field" htmlFor="report-conclusion">
          <span className="label">{speak("report.conclusion")}</span>
        </label>
        <textarea
          id="report-conclusion"
          className="in lines"
          rows={3}
          maxLength={TEXT_LIMIT}
          value={text.conclusion}
          onChange={(event) => setText({ ...text, conclusion: event.target.value })}
        />
      </div>
      {saving.failure !== null && (
        <p role="alert" className="refusal">
          <span className="tri" aria-hidden="true" />
          <b>{speak("report.notSaved")}</b>
          {failureWords(saving.failure, speak)}
        </p>
      )}
      <Signing
        ecg={ecg}
        step="report"
        text={text}
        saved={saved}
        onCritical={(answer) => setText({ ...text, critical_value: answer })}
        store={isUnsaved || saved.revision === 0 ? store : null}
        onChanged={props.onChanged}
      />
    </div>
  );
}

function Signed(props: { ecg: Ecg; view: ReportView; onChanged: () => void }) {
  const { ecg, view } = props;
  const { speak, ecgReports } = useWorld();
  const statements = useLoaded("report statements", () => ecgReports.statements());
  const [reasonFor, setReasonFor] = useState<"return" | "amend" | null>(null);
  const isReader = view.allowed.some((one) => one === "review" || one === "amend" || one === "return");
  return (
    <div className="opinion-form">
      <div className="row wrap">
        <h2>{speak("report.title")}</h2>
        <span className="sp" />
        <span className={view.state === "reviewed" ? "tag ok chip" : "tag line"}>
          {speak(`report.state.${view.state}`)}
        </span>
      </div>
      <CriticalCall ecg={ecg.id} critical={view.critical} allowed={view.allowed} onChanged={props.onChanged} />
      <div className="opinion-scroll" tabIndex={0} role="group" aria-label={speak("report.title")}>
        <StripList ecg={ecg} report={view} saved={view} onChange={null} />
        <Statements report={view} groups={statements.value ?? []} onChange={null} />
        <h3>{speak("report.findings")}</h3>
        <p className="opinion-text">{view.findings}</p>
        <h3>{speak("report.conclusion")}</h3>
        <p className="opinion-text">{view.conclusion}</p>
        <p>
          {speak("s2.critical")} <b>{speak(view.critical_value === true ? "s2.yes" : "s2.no")}</b>
        </p>
      </div>
      <Signatures view={view} />
      {view.signatures.length > 0 && (
        <a className="btn full" href={ecgReports.pdfAddress(ecg.id)} download>
          <Icon name="file" size={18} />
          {speak("report.pdf")}
        </a>
      )}
      {isReader && (
        <div className="row wrap">
          {view.allowed.includes("return") && (
            <button type="button" className="btn small" onClick={() => setReasonFor("return")}>
              {speak("report.return")}
            </button>
          )}
          {view.allowed.includes("amend") && (
            <button type="button" className="btn small" onClick={() => setReasonFor("amend")}>
              {speak("report.amend")}
            </button>
          )}
        </div>
      )}
      {reasonFor !== null && (
        <Reason
          key={reasonFor}
          label={speak(`report.${reasonFor}`)}
          send={(reason) =>
            reasonFor === "return" ? ecgReports.sendBack(ecg.id, reason) : ecgReports.amend(ecg.id, reason)
          }
          onDone={() => {
            setReasonFor(null);
            props.onChanged();
          }}
        />
      )}
      {nextStep(view.state) === "review" && isReader && (
        <Signing
          ecg={ecg}
          step="review"
          text={view}
          saved={view}
          onCritical={null}
          store={null}
          onChanged={props.onChanged}
        />
      )}
    </div>
  );
}

function Signatures({ view }: { view: ReportView }) {
  const { speak } = useWorld();
  const newest = view.signatures.filter((one) => one.version === view.signatures.at(-1)?.version);
  return (
    <dl className="bind">
      {newest.map((one) => (
        <div key={one.fingerprint} className="report-signature">
          <dt>{speak(`report.step.${one.step}`)}</dt>
          <dd>
            <b>{one.person_name}</b> {momentWords(one.signed_at_ms, speak)}
            <span className="mono break">{one.fingerprint}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Reason(props: { label: string; send: (reason: string) => Promise<unknown>; onDone: () => void }) {
  const { speak } = useWorld();
  const [reason, setReason] = useState("");
  const act = useActing();
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim() === "") return;
        act.run(async () => {
          await props.send(reason);
          props.onDone();
        });
      }}
    >
      <TextField label={speak("report.reason")} value={reason} maxLength={REASON_LIMIT} isFirst onChange={setReason} />
      <button type="submit" className="btn act" disabled={reason.trim() === "" || act.isBusy}>
        {props.label}
      </button>
      {act.failure !== null && (
        <p role="alert" className="refusal">
          <span className="tri" aria-hidden="true" />
          {failureWords(act.failure, speak)}
        </p>
      )}
    </form>
  );
}

/** The gates, what the signature binds, and the button that says what unlocks it. */
function Signing(props: {
  ecg: Ecg;
  step: ReportStep;
  text: ReportText;
  saved: ReportView;
  /** Null: it was answered by who signed first. */
  onCritical: ((answer: boolean) => void) | null;
  /** Saves first what is not saved. */
  store: (() => Promise<ReportView>) | null;
  onChanged: () => void;
}) {
  const { ecg, step, text, saved } = props;
  const { speak, ecgReports, network, account, announce } = useWorld();
  const [isPatientChecked, setPatientChecked] = useState(false);
  const [signing, setSigning] = useState<ReportView | null>(null);
  const act = useActing();
  const gates = reportGatesOf({ report: text, saved, isPatientChecked });
  const lock = reportLock({
    gates,
    step,
    saved,
    person: account?.person ?? "",
    isOnline: !network.is_known || network.round_trip_ms !== null,
  });
  const begin = (): void => {
    if (lock !== null) return;
    act.run(async () => setSigning(props.store === null ? saved : await props.store()));
  };
  return (
    <>
      <ul className="gates" aria-label={speak("s2.gates")}>
        {gates.map((one) => (
          <Gate
            key={one.gate}
            ecg={ecg}
            view={one}
            critical={text.critical_value}
            onPatient={setPatientChecked}
            onCritical={props.onCritical}
          />
        ))}
      </ul>
      <p className="bind">
        <span className="i3">{speak("s2.bind")}</span>
        <br />
        {speak("report.bindWhat")}
      </p>
      {act.failure !== null && (
        <p role="alert" className="refusal">
          <span className="tri" aria-hidden="true" />
          {failureWords(act.failure, speak)}
        </p>
      )}
      <SignButton lock={lock === null ? null : speak(`report.lock.${lock}`)} isBusy={act.isBusy} onSign={begin}>
        {speak(`report.sign.${step}`)}
      </SignButton>
      {signing !== null && (
        <SignDialog
          title={speak(`report.sign.${step}`)}
          more={speak("report.signMore")}
          factors={signing.asked_factors}
          sign={async (proof) => {
            const { revision } = signing;
            if (proof === null) await ecgReports.signWithKey(ecg.id, step, revision);
            else await ecgReports.sign(ecg.id, step, proof, revision);
            setSigning(null);
            announce(speak("s2.signed"), true);
            props.onChanged();
          }}
          onClose={() => setSigning(null)}
          onStale={props.onChanged}
        >
          <p>
            <b>{ecg.patient.name}</b>
            {"\u3000"}
            {ecg.serial}
          </p>
        </SignDialog>
      )}
    </>
  );
}

function Gate(props: {
  ecg: Ecg;
  view: ReportGateView;
  critical: boolean | null;
  onPatient: (isChecked: boolean) => void;
  onCritical: ((answer: boolean) => void) | null;
}) {
  const { speak } = useWorld();
  const { gate, isOpen } = props.view;
  const { onCritical } = props;
  return (
    <GateRow isOpen={isOpen}>
      {gate === "patient" ? (
        <PatientGate
          words={speak("report.gate.patient", { name: props.ecg.patient.name })}
          isChecked={isOpen}
          onCheck={props.onPatient}
        />
      ) : gate === "critical_value" && onCritical !== null ? (
        <CriticalGate name="report-critical" answer={props.critical} onAnswer={onCritical} />
      ) : gate === "critical_value" ? (
        <span>
          {speak("s2.critical")} {speak(props.critical === true ? "s2.yes" : "s2.no")}
        </span>
      ) : (
        <span>{speak(isOpen ? `report.gate.${gate}` : `report.gateShut.${gate}`)}</span>
      )}
    </GateRow>
  );
}
