// The parts that the kiosk's screens are made of: bar, choices, who the patient is, and what did not work.

import { useEffect, useRef, type ReactNode } from "react";
import type { ApiFailure } from "../protocol/api";
import { ageAt, type CasePatient } from "../protocol/consultation";
import { timeOfDay } from "../protocol/times";
import type { Speak } from "../messages/speak";
import { Icon } from "../ui/Icon";
import { useNow } from "../ui/hooks";
import { failureWords } from "../ui/words";
import { useWorld } from "../ui/world";

/** 张德福　男　61 岁. */
export function patientWords(patient: Pick<CasePatient, "name" | "sex" | "birth_year">, speak: Speak): string {
  const age = ageAt(patient.birth_year, new Date());
  const sex = speak(`kiosk.sex.${patient.sex}`);
  return age === null
    ? speak("kiosk.words.patientNoAge", { name: patient.name, sex })
    : speak("kiosk.words.patient", { name: patient.name, sex, age });
}

export function Clock() {
  const now_ms = useNow(1000);
  return <b className="k-clock">{timeOfDay(new Date(now_ms), false)}</b>;
}

/** The bar at the top; with a way back it is as high as the button in it. */
export function Bar(props: { title: string; more?: string; onBack?: (() => void) | undefined; children?: ReactNode }) {
  const { speak } = useWorld();
  return (
    <header className={props.onBack === undefined ? "k-bar" : "k-bar tall"}>
      {props.onBack !== undefined && (
        <button type="button" className="k-btn slim" onClick={props.onBack}>
          <Icon name="back" size={22} />
          {speak("kiosk.back")}
        </button>
      )}
      <h1 className="k-title">{props.title}</h1>
      {props.more !== undefined && <span className="i2 clip">{props.more}</span>}
      <span className="sp" />
      {props.children}
    </header>
  );
}

/** One of several answers: a button that stays pressed. */
export function Choice(props: {
  isOn: boolean;
  onChoose: () => void;
  className?: string;
  isDisabled?: boolean;
  label?: string;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      className={`k-choice ${props.isOn ? "on" : ""} ${props.className ?? ""}`}
      aria-pressed={props.isOn}
      aria-label={props.label}
      disabled={props.isDisabled ?? false}
      onClick={props.onChoose}
    >
      {props.isOn && <Icon name="check" size={24} weight={2.4} />}
      {props.children}
    </button>
  );
}

/** The next act of a screen: the largest ink block, lower right; locked, it says what unlocks it. */
export function NextAct(props: { lock: string | null; isBusy?: boolean; words: string; onAct: () => void }) {
  const isLocked = props.lock !== null;
  return (
    <button
      type="button"
      className={isLocked ? "k-btn k-next locked" : "k-btn act k-next"}
      aria-disabled={isLocked || props.isBusy === true}
      onClick={() => {
        if (!isLocked && props.isBusy !== true) props.onAct();
      }}
    >
      {isLocked && <Icon name="lock" size={26} />}
      {props.lock ?? props.words}
    </button>
  );
}

/** What the service answered when something did not work. */
export function Trouble({ failure }: { failure: ApiFailure | null }) {
  const { speak } = useWorld();
  if (failure === null) return null;
  return (
    <p className="k-trouble" role="alert">
      <span className="tri" aria-hidden="true" />
      {failureWords(failure, speak)}
    </p>
  );
}

/** A sheet over the whole screen; Esc closes it. */
export function Sheet(props: { title: string; onClose: () => void; kind?: "plain" | "crit"; children: ReactNode }) {
  const { speak } = useWorld();
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open) return;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return (
    <dialog
      ref={element}
      className={`k-sheet ${props.kind ?? "plain"}`}
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <div className="k-sheet-head">
        <h2>{props.title}</h2>
        <span className="sp" />
        <button type="button" className="k-btn slim" onClick={props.onClose}>
          <Icon name="x" size={24} />
          {speak("kiosk.close")}
        </button>
      </div>
      {props.children}
    </dialog>
  );
}
