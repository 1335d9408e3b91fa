// What the panes that sign share: the draft and its head, templates above the text, the gates below it, and the button
// that says what unlocks it.

import { useEffect, useEffectEvent, useRef, type ReactNode } from "react";
import type { TwoLanguages } from "../protocol/api";
import { timeOfDay } from "../protocol/times";
import { useActing, type Acting } from "./hooks";
import { Icon } from "./Icon";
import { useWorld } from "./world";

/** Ctrl (on a Mac, Command) with a key, also while somebody writes. `act` says whether it was meant here. */
function useShortcut(key: string, act: () => boolean): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key === key && act()) event.preventDefault();
  });
  useEffect(() => {
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [key]);
}

export interface Draft {
  readonly isUnsaved: boolean;
  readonly saving: Acting;
  /** Stores what is not stored; Ctrl+S does it too. */
  readonly save: () => void;
}

export function useDraft(isUnsaved: boolean, store: () => Promise<unknown>): Draft {
  const { speak, announce } = useWorld();
  const saving = useActing();
  const save = (): void => {
    if (!isUnsaved) return;
    saving.run(async () => {
      await store();
      announce(speak("s2.draft.saved", { time: timeOfDay(new Date(), false) }));
    });
  };
  useShortcut("s", () => {
    save();
    return true;
  });
  return { isUnsaved, saving, save };
}

/** `version`: of what is stored, 0 where nothing is. */
export function DraftHead(props: { title: string; draft: Draft; version: number; children?: ReactNode }) {
  const { speak } = useWorld();
  const { isUnsaved, saving, save } = props.draft;
  const { version } = props;
  const state = isUnsaved
    ? speak("s2.draft.unsaved")
    : version === 0
      ? speak("s2.draft.none")
      : speak("s2.draft.kept", { version });
  return (
    <div className="row wrap">
      <h2>{props.title}</h2>
      {props.children}
      <span className="row draft-state">
        <span className="i2" role="status">
          {saving.failure === null && state}
        </span>
        <button type="button" className="btn small" disabled={!isUnsaved || saving.isBusy} onClick={save}>
          {speak("s2.draft.save")} <kbd>{"Ctrl S"}</kbd>
        </button>
      </span>
    </div>
  );
}

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

/** `lock`: what unlocks it, null once it is open. Ctrl+Enter signs only with it, and the gates above it, in view. */
export function SignButton(props: { lock: string | null; isBusy: boolean; onSign: () => void; children: ReactNode }) {
  const { lock, isBusy, onSign } = props;
  const button = useRef<HTMLButtonElement>(null);
  useShortcut("Enter", () => {
    const isInView = button.current !== null && button.current.offsetParent !== null;
    // What is asked over the page is answered first.
    if (!isInView || document.querySelector("dialog[open]") !== null) return false;
    if (!isBusy) onSign();
    return true;
  });
  if (lock === null)
    return (
      <button ref={button} type="button" className="btn act big" disabled={isBusy} onClick={onSign}>
        <Icon name="pen" size={22} />
        {props.children} <kbd>{"Ctrl Enter"}</kbd>
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
