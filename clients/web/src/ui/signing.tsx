// What the panes that sign share: templates above the text, the gates below it, and the button that says what unlocks it.

import type { ReactNode } from "react";
import type { TwoLanguages } from "../protocol/api";
import { Icon } from "./Icon";
import { useWorld } from "./world";

export function TemplatesRow<T extends { readonly code: string; readonly title: TwoLanguages }>(props: {
  templates: readonly T[];
  chosen: string;
  onChoose: (template: T) => void;
}) {
  const { speak, language } = useWorld();
  return (
    <div className="row wrap tight" role="group" aria-label={speak("s2.templates")}>
      <span className="i3">{speak("s2.templates")}</span>
      {props.templates.map((template) => (
        <button
          key={template.code}
          type="button"
          className="btn small soft"
          aria-pressed={props.chosen === template.code}
          onClick={() => props.onChoose(template)}
        >
          {template.title[language === "en" ? "en" : "zh"]}
        </button>
      ))}
    </div>
  );
}

/** One thing that must be so before signing: a check, or a hatch while it is not. */
export function GateRow({ isOpen, children }: { isOpen: boolean; children: ReactNode }) {
  return (
    <li className={isOpen ? "gate-row" : "gate-row shut"}>
      {isOpen ? (
        <span className="ok">
          <Icon name="check" size={18} weight={2.4} />
        </span>
      ) : (
        <span className="gate-hatch" aria-hidden="true" />
      )}
      {children}
    </li>
  );
}

/** That the signer has looked whose it is. */
export function PatientGate(props: { words: string; isChecked: boolean; onCheck: (isChecked: boolean) => void }) {
  const { speak } = useWorld();
  return (
    <label className="row gate-label">
      <span>{props.words}</span>
      <span className="sp" />
      <input type="checkbox" checked={props.isChecked} onChange={(event) => props.onCheck(event.target.checked)} />
      <span>{speak("s2.patientChecked")}</span>
    </label>
  );
}

/** Whether it is a critical value; `name` parts the radio buttons of two panes on one page. */
export function CriticalGate(props: { name: string; answer: boolean | null; onAnswer: (answer: boolean) => void }) {
  const { speak } = useWorld();
  return (
    <fieldset className="row gate-label">
      <legend className="unseen">{speak("s2.critical")}</legend>
      <span>{speak("s2.critical")}</span>
      <span className="sp" />
      {([false, true] as const).map((answer) => (
        <label key={String(answer)} className="row">
          <input
            type="radio"
            name={props.name}
            checked={props.answer === answer}
            onChange={() => props.onAnswer(answer)}
          />
          <span>{speak(answer ? "s2.yes" : "s2.no")}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** `lock`: what unlocks it, null once it is open. */
export function SignButton(props: { lock: string | null; isBusy: boolean; onSign: () => void; children: ReactNode }) {
  const { lock } = props;
  if (lock === null)
    return (
      <button type="button" className="btn act big" disabled={props.isBusy} onClick={props.onSign}>
        <Icon name="pen" size={22} />
        {props.children}
      </button>
    );
  return (
    <button type="button" className="lockbtn" aria-disabled="true">
      <i aria-hidden="true" />
      <span>
        <Icon name="lock" />
        {lock}
      </span>
    </button>
  );
}
