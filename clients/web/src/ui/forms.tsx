// What forms are made of: fields, choices, refusals, one-time codes shown large.

import { useId, useState, type ReactNode } from "react";
import type { ApiFailure } from "../protocol/api";
import { Icon } from "./Icon";
import { failureWords } from "./words";
import { useWorld } from "./world";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  value: string;
  onChange: (value: string) => void;
}

export function TextField(
  props: FieldProps & {
    type?: "text" | "password" | "date" | "datetime-local" | "tel" | "url" | "search";
    autoComplete?: string;
    inputMode?: "numeric" | "text" | "url";
    isFirst?: boolean;
    isBig?: boolean;
    maxLength?: number;
    placeholder?: string;
    isReadOnly?: boolean;
  },
) {
  const id = useId();
  const { speak } = useWorld();
  const [isShown, setShown] = useState(false);
  const isSecret = props.type === "password";
  const input = (
    <input
      id={id}
      className={props.isBig === true ? "in code-in" : "in"}
      type={isSecret && isShown ? "text" : (props.type ?? "text")}
      value={props.value}
      autoComplete={props.autoComplete ?? "off"}
      inputMode={props.inputMode}
      autoCapitalize="none"
      spellCheck={false}
      autoFocus={props.isFirst}
      maxLength={props.maxLength}
      placeholder={props.placeholder}
      readOnly={props.isReadOnly}
      aria-describedby={props.hint === undefined ? undefined : `${id}-hint`}
      onChange={(event) => props.onChange(event.target.value)}
    />
  );
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      {isSecret ? (
        <div className="in-with">
          {input}
          <button type="button" className="btn ghost" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
            {speak(isShown ? "m1.hide" : "m1.show")}
          </button>
        </div>
      ) : (
        input
      )}
      {props.hint !== undefined && (
        <p id={`${id}-hint`} className="fine">
          {props.hint}
        </p>
      )}
    </div>
  );
}

export function LinesField(props: FieldProps & { rows: number; maxLength?: number; placeholder?: string }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      <textarea
        id={id}
        className="in lines"
        rows={props.rows}
        value={props.value}
        maxLength={props.maxLength}
        placeholder={props.placeholder}
        spellCheck={false}
        onChange={(event) => props.onChange(event.target.value)}
      />
      {props.hint !== undefined && <p className="fine">{props.hint}</p>}
    </div>
  );
}

/** One of a few, all of them to be seen. */
export function Pick<T extends string>(props: {
  label: string;
  value: T | null;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
  columns?: number;
}) {
  const name = useId();
  return (
    <fieldset className="field">
      <legend className="label">{props.label}</legend>
      <div className="picks" style={{ gridTemplateColumns: `repeat(${props.columns ?? 2}, minmax(0, 1fr))` }}>
        {props.options.map((option) => (
          <label key={option.value} className={option.value === props.value ? "pick on" : "pick"}>
            <input
              type="radio"
              name={name}
              className="unseen"
              checked={option.value === props.value}
              onChange={() => props.onChange(option.value)}
            />
            {option.value === props.value && <Icon name="check" size={16} weight={2.2} />}
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Several of a few. */
export function PickMany<T extends string>(props: {
  label: string;
  values: readonly T[];
  options: readonly { value: T; label: string }[];
  onChange: (values: T[]) => void;
}) {
  return (
    <fieldset className="field">
      <legend className="label">{props.label}</legend>
      <div className="picks" style={{ gridTemplateColumns: "repeat(2, minmax(0, 1fr))" }}>
        {props.options.map((option) => {
          const isOn = props.values.includes(option.value);
          return (
            <label key={option.value} className={isOn ? "pick on" : "pick"}>
              <input
                type="checkbox"
                className="unseen"
                checked={isOn}
                onChange={() =>
                  props.onChange(
                    isOn ? props.values.filter((one) => one !== option.value) : [...props.values, option.value],
                  )
                }
              />
              {isOn && <Icon name="check" size={16} weight={2.2} />}
              <span>{option.label}</span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

/** One of many, in a list that opens. */
export function Select<T extends string>(props: {
  label: string;
  isLabelUnseen?: boolean;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}) {
  const id = useId();
  return (
    <div className="field select-field">
      <label htmlFor={id} className={props.isLabelUnseen === true ? "unseen" : undefined}>
        {props.label}
      </label>
      <div className="in-with">
        <select
          id={id}
          className="in compact"
          value={props.value}
          onChange={(event) => props.onChange(event.target.value as T)}
        >
          {props.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <span className="in-mark">
          <Icon name="down" size={16} />
        </span>
      </div>
    </div>
  );
}

/** Why a form was not taken: what the page found, or what the service answered. */
export function Refused({ failure, fault }: { failure: ApiFailure | null; fault?: string | null }) {
  const { speak } = useWorld();
  const words = fault ?? (failure === null ? null : failureWords(failure, speak));
  if (words === null) return null;
  return (
    <p role="alert" className="refusal">
      <span className="tri" aria-hidden="true" />
      <b>{words}</b>
    </p>
  );
}

/** The end of a form or of a question: leave it, or do it. Without `onSave` it sends the form it stands in. */
export function SaveRow(props: {
  isBusy: boolean;
  isOff?: boolean;
  onCancel: () => void;
  save?: string;
  onSave?: () => void;
}) {
  const { speak } = useWorld();
  return (
    <div className="pair">
      <button type="button" className="btn" onClick={props.onCancel}>
        {speak("app.cancel")}
      </button>
      <button
        type={props.onSave === undefined ? "submit" : "button"}
        className="btn act"
        disabled={props.isBusy || props.isOff === true}
        onClick={props.onSave}
      >
        {props.isBusy ? speak("app.saving") : (props.save ?? speak("app.save"))}
      </button>
    </div>
  );
}

/** Copies a text to the clipboard, and says so. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { speak, announce } = useWorld();
  const [state, setState] = useState<"fresh" | "done" | "failed">("fresh");
  const copy = (): void => {
    // Pages that are not https have no clipboard, whatever the types say.
    const clipboard = (navigator as { clipboard?: Clipboard }).clipboard;
    const copied = clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
    copied.then(
      () => {
        setState("done");
        announce(speak("app.copied"));
      },
      () => setState("failed"),
    );
  };
  return (
    <>
      <button type="button" className="btn" onClick={copy}>
        <Icon name={state === "done" ? "check" : "copy"} size={18} />
        {state === "done" ? speak("app.copied") : (label ?? speak("app.copy"))}
      </button>
      {state === "failed" && <span className="i2 fine">{speak("app.copyFailed")}</span>}
    </>
  );
}

/** A code that is shown once: large, to be read aloud or copied. */
export function OnceCode(props: { code: string; more: string; until: string; link?: string }) {
  const { speak } = useWorld();
  return (
    <div className="once">
      <output className="once-code">{props.code}</output>
      <p className="i2">{props.more}</p>
      {props.link !== undefined && (
        <div className="once-link">
          <span className="lbl">{speak("admin.link")}</span>
          <code>{props.link}</code>
        </div>
      )}
      <div className="row wrap">
        {/* A link that holds the code says it all; another one does not. */}
        <CopyButton text={props.link?.includes(props.code) === true ? props.link : props.code} />
        <span className="i2 nb">{props.until}</span>
      </div>
      <p className="once-warn">
        <span className="tri" aria-hidden="true" />
        <span>{speak("admin.once")}</span>
      </p>
    </div>
  );
}
