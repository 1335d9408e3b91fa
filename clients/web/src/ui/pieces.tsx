// The small parts that several screens are made of: dialog, level meter, ladder, empty and failed states.

import { useEffect, useRef, type ReactNode } from "react";
import { BARS } from "../protocol/devices";
import type { ApiFailure } from "../protocol/api";
import type { Level } from "../protocol/ladder";
import { Icon } from "./Icon";
import { useNow } from "./hooks";
import { failureWords } from "./words";
import { useWorld } from "./world";

/** A modal dialog; the browser keeps the focus in it and closes it with Esc. */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  kind?: "sheet" | "menu" | "drawer";
  children: ReactNode;
}) {
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
      className={`dialog ${props.kind ?? "sheet"}`}
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onClick={(event) => {
        if (event.target === element.current) props.onClose();
      }}
    >
      <div className="dialog-body">
        <div className="row dialog-head">
          <h2>{props.title}</h2>
          <span className="sp" />
          <button type="button" className="btn ghost square" aria-label={speak("app.close")} onClick={props.onClose}>
            <Icon name="x" />
          </button>
        </div>
        {props.children}
      </div>
    </dialog>
  );
}

/** Seven bars of loudness. */
export function LevelMeter({ bars }: { bars: number }) {
  const { speak } = useWorld();
  return (
    <span className="level" role="img" aria-label={speak("device.level", { bars })}>
      {Array.from({ length: BARS }, (_, i) => (
        <i key={i} className={i < bars ? "on" : ""} />
      ))}
    </span>
  );
}

/** Signal bars of the ladder: five rungs, as many lit as the level leaves. */
function Rungs({ level }: { level: Level }) {
  return (
    <span className="rungs" aria-hidden="true">
      {[1, 2, 3, 4, 5].map((rung) => (
        <i key={rung} className={`h${rung} ${rung <= 5 - level ? "on" : ""}`} />
      ))}
    </span>
  );
}

/** The strip across the page that says how the connection is; nothing at L0. It is announced apart (useAnnouncedLevel). */
export function LadderBanner(props: { level: Level; sentence: string; why?: ReactNode; children?: ReactNode }) {
  if (props.level === 0) return null;
  return (
    <div className={`ladder l${props.level}`}>
      <span className="lv">{`L${props.level}`}</span>
      <Rungs level={props.level} />
      <span className="say-what">{props.sentence}</span>
      {props.why !== undefined && <span className="why">{props.why}</span>}
      {props.children !== undefined && (
        <>
          <span className="sp" />
          {props.children}
        </>
      )}
    </div>
  );
}

/** The banner while the service does not answer: how often it was asked, and when again. */
export function OfflineBanner() {
  const { network, speak } = useWorld();
  const now_ms = useNow(1000);
  if (!network.is_known || network.round_trip_ms !== null) return null;
  const seconds = Math.max(0, Math.ceil((network.next_try_at_ms - now_ms) / 1000));
  return (
    <div className="ladder l5 tall">
      <span className="say-what" role="alert">
        {speak("net.off")}
      </span>
      <span className="why">{speak("net.offTries", { tries: network.tries, seconds })}</span>
      <span className="sp" />
      <button type="button" className="btn" onClick={network.tryNow}>
        {speak("net.retryNow")}
      </button>
    </div>
  );
}

/** A page or pane that has nothing to show, and what to do about it. */
export function Notice(props: {
  title: string;
  more?: ReactNode | undefined;
  kind?: "plain" | "hatched" | "warn";
  children?: ReactNode;
}) {
  return (
    <div className={`notice ${props.kind ?? "plain"}`}>
      <div>
        {props.kind === "warn" && <span className="tri" aria-hidden="true" />}
        {props.kind === "hatched" && <span className="chip-hatch" aria-hidden="true" />}
        <b className="notice-title">{props.title}</b>
      </div>
      {props.more !== undefined && <p className="i2">{props.more}</p>}
      {props.children !== undefined && <div className="notice-acts">{props.children}</div>}
    </div>
  );
}

/** A list or page that could not be loaded. */
export function Failure(props: {
  title: string;
  failure: ApiFailure;
  onRetry: () => void;
  refused?: string | undefined;
}) {
  const { speak } = useWorld();
  const { failure } = props;
  const more = props.refused ?? failureWords(failure, speak);
  return (
    <Notice title={props.title} more={more} kind={failure.isOffline ? "hatched" : "warn"}>
      <button type="button" className="btn" onClick={props.onRetry}>
        <Icon name="retry" size={18} />
        {speak("app.retry")}
      </button>
    </Notice>
  );
}

/** Grey rows where a list will be. */
export function Skeleton({ rows }: { rows: number }) {
  return (
    <div className="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className="skeleton-row">
          <i />
          <i />
        </div>
      ))}
    </div>
  );
}

/** The dot that says whether the room records. It never blinks. */
export function RecordingDot({ isOn, children }: { isOn: boolean; children: ReactNode }) {
  return <span className={isOn ? "rec" : "rec off"}>{children}</span>;
}
