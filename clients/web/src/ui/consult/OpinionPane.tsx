// The opinion: written, kept as a draft, checked gate by gate, signed with a second factor; then read-only.

import { useState, type KeyboardEvent } from "react";
import { may, type Consultation } from "../../protocol/consultation";
import {
  EMPTY_OPINION,
  gatesOf,
  saysTheSame,
  signLock,
  withTemplate,
  type GateView,
  type OpinionText,
  type OpinionView,
} from "../../protocol/opinion";
import { useLoaded } from "../hooks";
import { Icon } from "../Icon";
import { Failure } from "../pieces";
import { SignDialog } from "../SignDialog";
import { CriticalGate, DraftHead, GateRow, PatientGate, SignButton, TemplatesRow, useDraft } from "../signing";
import { failureWords, momentWords } from "../words";
import { useWorld } from "../world";
import { useCaseNews } from "./cases";
import { OpinionVerdict } from "./OpinionVerdict";
import { sexAndAge } from "./words";

/** As clinical/opinion.py has it. */
const FINDINGS_LIMIT = 8000;
const ADVICE_LIMIT = 1000;
const ADVICE_ITEMS = 20;
/** Inserted by Alt+1…9: headings, never a finding. */
const PHRASES = [1, 2, 3, 4, 5] as const;

export function OpinionPane(props: { one: Consultation; onChanged: (one: Consultation) => void; onStale: () => void }) {
  const { one } = props;
  const { consultations, speak, account } = useWorld();
  // Loaded anew when it is signed; not when the first draft is saved: somebody is typing then.
  const isSigned = one.opinion?.state === "signed";
  const kept = useLoaded(`opinion ${one.id} ${String(isSigned)}`, () => consultations.opinion(one.id));
  useCaseNews(one.id, kept.reload, { of: "opinion" });
  const maySign = may(one, "sign");
  const isLoaded = kept.loadedAt_ms !== null;
  // Taken by the person at the page, and not begun: nothing can be written yet.
  const isOwnToCome = one.state === "accepted" && one.invited.person === account?.person;
  return (
    <section className="pane opinion" aria-label={speak("s2.opinion")}>
      {kept.failure !== null && !isLoaded ? (
        <Failure title={speak("s2.opinion.failed")} failure={kept.failure} onRetry={kept.reload} />
      ) : kept.value?.state === "signed" ? (
        <Signed one={one} opinion={kept.value} />
      ) : !isLoaded ? null : maySign ? (
        <Editor {...props} kept={kept.value} />
      ) : (
        <>
          <h2>{speak("s2.opinion")}</h2>
          <p className="i2">
            {isOwnToCome
              ? speak("case.word.lock.not_begun")
              : speak(one.invited.person === "" ? "s2.opinion.untaken" : "s2.opinion.coming", {
                  name: one.invited.person_name,
                })}
          </p>
        </>
      )}
    </section>
  );
}

function Signed({ one, opinion }: { one: Consultation; opinion: OpinionView }) {
  const { speak, consultations } = useWorld();
  return (
    <>
      <div className="row">
        <h2>{speak("s2.opinion")}</h2>
        <span className="sp" />
        <span className="tag ok chip">
          <Icon name="check" size={16} weight={2.4} />
          {speak("s2.signed")}
        </span>
      </div>
      <div className="opinion-scroll" tabIndex={0} role="group" aria-label={speak("s2.opinion")}>
        <h3>{speak("s2.findings")}</h3>
        <p className="opinion-text">{opinion.findings}</p>
        <h3>{speak("s2.advice")}</h3>
        <ol className="opinion-advice">
          {opinion.advice.map((line, index) => (
            <li key={index}>
              {line}
              {opinion.items[index] !== undefined && (
                <span className="i2">
                  {"\u3000"}
                  {speak(opinion.items[index].adopted ? "s2.item.adopted" : "s2.item.refused", {
                    reason: opinion.items[index].reason,
                  })}
                </span>
              )}
            </li>
          ))}
        </ol>
        <p>
          {speak("s2.critical")} <b>{speak(opinion.critical_value === true ? "s2.yes" : "s2.no")}</b>
        </p>
      </div>
      <dl className="bind">
        <dt>{speak("s2.signedBy")}</dt>
        <dd>
          <b>{opinion.author_name}</b> {opinion.signed_at_ms !== null && momentWords(opinion.signed_at_ms, speak)}
        </dd>
        <dt>{speak("s2.fingerprint")}</dt>
        <dd className="mono break">{opinion.fingerprint}</dd>
        <dt>{speak("s2.check")}</dt>
        <dd>
          <OpinionVerdict id={one.id} />
        </dd>
        {one.adoption !== "" && (
          <>
            <dt>{speak("s2.adoption")}</dt>
            <dd>
              <b>{speak(`case.word.adoption.${one.adoption}`)}</b>
            </dd>
          </>
        )}
      </dl>
      <a className="btn full" href={consultations.pdfAddress(one.id)} download>
        <Icon name="file" size={18} />
        {speak("s2.pdf")}
      </a>
    </>
  );
}

/** The text of the field with a phrase put in at the caret. */
function phraseIn(text: string, at: number, phrase: string): string {
  const before = text.slice(0, at);
  const start = before === "" || before.endsWith("\n") ? "" : "\n";
  return `${before}${start}${phrase}${text.slice(at)}`;
}

function Editor(props: {
  one: Consultation;
  kept: OpinionView | null;
  onChanged: (one: Consultation) => void;
  onStale: () => void;
}) {
  const { one, kept } = props;
  const { speak, consultations, network, account, language, announce } = useWorld();
  const [text, setText] = useState<OpinionText>(() => kept ?? EMPTY_OPINION);
  const [saved, setSaved] = useState<OpinionView | null>(kept);
  const [isPatientChecked, setPatientChecked] = useState(false);
  const [isSigning, setSigning] = useState(false);
  const templates = useLoaded(`templates ${one.id}`, () => consultations.templates(one.id));
  const isUnsaved = !saysTheSame(text, saved ?? EMPTY_OPINION);
  const gates = gatesOf({
    opinion: text,
    isPatientChecked,
    isHost: one.invited.person === account?.person,
    isEcgComplete: one.is_ecg_complete,
  });
  const lock = signLock({
    gates,
    isAllowed: may(one, "sign"),
    isOnline: !network.is_known || network.round_trip_ms !== null,
  });
  const store = async (): Promise<OpinionView | null> => {
    const after = await consultations.saveOpinion(one.id, text, saved?.version ?? 0);
    setSaved(after);
    return after;
  };
  const draft = useDraft(isUnsaved, store);
  const { saving, save } = draft;
  const beginSigning = (): void => {
    if (lock !== null) return;
    saving.run(async () => {
      if (isUnsaved || saved === null) await store();
      setSigning(true);
    });
  };
  const onPhrase = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const number = PHRASES.find((each) => event.code === `Digit${each}`);
    if (!event.altKey || number === undefined) return;
    event.preventDefault();
    const phrase = speak(`s2.phrase.${number}`);
    setText({ ...text, findings: phraseIn(text.findings, event.currentTarget.selectionStart, phrase) });
  };
  const setAdvice = (index: number, line: string): void =>
    setText({ ...text, advice: text.advice.map((each, at) => (at === index ? line : each)) });
  const advice = text.advice.length === 0 ? [""] : text.advice;

  return (
    <div className="opinion-form">
      <DraftHead title={speak("s2.opinion")} draft={draft} version={saved?.version ?? 0} />
      <div className="opinion-scroll">
        {templates.value !== null && templates.value.length > 0 && (
          <TemplatesRow
            templates={templates.value.slice(0, 4)}
            chosen={text.template}
            onChoose={(template) => setText(withTemplate(text, template, language === "en" ? "en" : "zh"))}
          />
        )}
        <label className="field" htmlFor="opinion-findings">
          <span className="label">{speak("s2.findings")}</span>
        </label>
        <textarea
          id="opinion-findings"
          className="in lines"
          rows={5}
          maxLength={FINDINGS_LIMIT}
          value={text.findings}
          onChange={(event) => setText({ ...text, findings: event.target.value })}
          onKeyDown={onPhrase}
          onBlur={save}
        />
        <fieldset className="field">
          <legend className="label">{speak("s2.advice")}</legend>
          {advice.map((line, index) => (
            <div key={index} className="row advice-row">
              <span className="i3">{index + 1}</span>
              <input
                className="in compact"
                aria-label={speak("s2.adviceLine", { number: index + 1 })}
                maxLength={ADVICE_LIMIT}
                value={line}
                onChange={(event) =>
                  text.advice.length === 0
                    ? setText({ ...text, advice: [event.target.value] })
                    : setAdvice(index, event.target.value)
                }
                onBlur={save}
              />
              {advice.length > 1 && (
                <button
                  type="button"
                  className="btn ghost square"
                  aria-label={speak("s2.adviceRemove", { number: index + 1 })}
                  onClick={() => setText({ ...text, advice: advice.filter((_, at) => at !== index) })}
                >
                  <Icon name="x" size={16} />
                </button>
              )}
            </div>
          ))}
          {advice.length < ADVICE_ITEMS && (
            <button
              type="button"
              className="btn small advice-add"
              onClick={() => setText({ ...text, advice: [...advice, ""] })}
            >
              <Icon name="plus" size={16} />
              {speak("s2.adviceAdd")}
            </button>
          )}
        </fieldset>
      </div>
      {saving.failure !== null && (
        <p role="alert" className="refusal">
          <span className="tri" aria-hidden="true" />
          <b>{speak("s2.draft.failed")}</b>
          {failureWords(saving.failure, speak)}
        </p>
      )}
      <Gates
        one={one}
        gates={gates}
        critical={text.critical_value}
        onPatient={setPatientChecked}
        onCritical={(answer) => setText({ ...text, critical_value: answer })}
      />
      <p className="bind">
        <span className="i3">{speak("s2.bind")}</span>
        <br />
        {speak("s2.bindWhat")}
      </p>
      <SignButton
        lock={lock === null ? null : speak(`case.word.lock.${lock}`)}
        isBusy={saving.isBusy}
        onSign={beginSigning}
      >
        {speak("s2.sign")}
      </SignButton>
      {isSigning && (
        <SignDialog
          title={speak("s2.sign")}
          more={speak("s2.sign.more")}
          factors={saved?.asked_factors ?? []}
          sign={async (proof) => {
            const version = saved?.version ?? 0;
            const after =
              proof === null
                ? await consultations.signWithKey(one.id, version)
                : await consultations.sign(one.id, proof, version);
            setSigning(false);
            announce(speak("s2.signed"), true);
            props.onChanged(after);
          }}
          onClose={() => setSigning(false)}
          onStale={props.onStale}
        >
          <p>
            <b>{one.patient.name}</b> {sexAndAge(one, speak)}
            {"\u3000"}
            {one.reason}
          </p>
        </SignDialog>
      )}
    </div>
  );
}

function Gates(props: {
  one: Consultation;
  gates: readonly GateView[];
  critical: boolean | null;
  onPatient: (isChecked: boolean) => void;
  onCritical: (answer: boolean) => void;
}) {
  const { speak, account } = useWorld();
  const { one } = props;
  return (
    <ul className="gates" aria-label={speak("s2.gates")}>
      {props.gates.map(({ gate, isOpen }) => (
        <GateRow key={gate} isOpen={isOpen}>
          {gate === "patient" ? (
            <PatientGate
              words={speak("case.word.gate.patient", { name: one.patient.name, more: sexAndAge(one, speak) })}
              isChecked={isOpen}
              onCheck={props.onPatient}
            />
          ) : gate === "critical_value" ? (
            <CriticalGate name="critical" answer={props.critical} onAnswer={props.onCritical} />
          ) : (
            <span>
              {speak(isOpen ? `case.word.gate.${gate}` : `case.word.gateShut.${gate}`, { name: account?.name ?? "" })}
            </span>
          )}
        </GateRow>
      ))}
    </ul>
  );
}
