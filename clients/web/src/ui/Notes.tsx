// What happened in the room, live, and the line one can add to it.

import { useEffect, useRef, useState, type Ref, type SubmitEvent } from "react";
import { ApiFailure, mergeEvents, type RoomEvent } from "../protocol/api";
import { timeOfDay } from "../protocol/times";
import type { Speak } from "../messages/speak";
import { Icon } from "./Icon";
import { useWorld } from "./world";

/** The service refuses longer marks. */
const MARK_LIMIT = 500;

export interface Notes {
  events: readonly RoomEvent[];
  hasFailed: boolean;
}

/** The events of a room: read once, then pushed, and read again after a lost link. */
export function useNotes(room: string, isConnected: boolean): Notes {
  const { backend, onPush } = useWorld();
  const [events, setEvents] = useState<readonly RoomEvent[]>([]);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    if (!isConnected) return;
    let isWanted = true;
    const read = (): void => {
      backend.roomEvents(room, 0).then(
        (more) => {
          if (!isWanted) return;
          setFailed(false);
          setEvents((known) => mergeEvents(known, more));
        },
        () => {
          if (isWanted) setFailed(true);
        },
      );
    };
    read();
    const stop = onPush((push) => {
      if (push.type === "room_event" && push.room === room) setEvents((known) => mergeEvents(known, [push.event]));
      else if (push.type === "reopened") read();
    });
    return () => {
      isWanted = false;
      stop();
    };
  }, [backend, onPush, room, isConnected]);
  return { events, hasFailed };
}

/** One event in words; the words of a mark are the person's own. */
export function eventWords(event: Pick<RoomEvent, "kind" | "actor_name" | "text">, speak: Speak): string {
  if (event.kind.startsWith("recording_")) {
    const what = speak(speak.keyOr(`event.${event.kind}`, "event.other"), { name: "", kind: event.kind });
    return event.actor_name === "" ? what : speak("event.by", { what, name: event.actor_name });
  }
  if (event.kind === "room_opened" && event.actor_name === "") return speak("event.room_opened.byNobody");
  return speak(speak.keyOr(`event.${event.kind}`, "event.other"), { name: event.actor_name, kind: event.kind });
}

export function NoteList({ notes }: { notes: Notes }) {
  const { speak } = useWorld();
  const box = useRef<HTMLDivElement>(null);
  const count = notes.events.length;
  useEffect(() => {
    // Only the list itself goes to its end: on a phone the page around it must stay where it is.
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [count]);
  return (
    <div ref={box} className="note-scroll" role="log" aria-live="polite" tabIndex={0} aria-label={speak("m3.notes")}>
      {count === 0 && !notes.hasFailed && <p className="i3">{speak("m3.notesEmpty")}</p>}
      <ol className="log">
        {notes.events.map((event) => (
          <li key={event.sequence}>
            <time dateTime={new Date(event.at_ms).toISOString()}>{timeOfDay(new Date(event.at_ms))}</time>
            {event.kind === "mark" ? (
              <span>
                <b className="note-kind">{eventWords(event, speak)}</b>
                <span>{event.text}</span>
              </span>
            ) : (
              <span>{eventWords(event, speak)}</span>
            )}
          </li>
        ))}
      </ol>
      {notes.hasFailed && (
        <p className="refusal">
          <span className="tri" aria-hidden="true" />
          {speak("m3.notesFailed")}
        </p>
      )}
    </div>
  );
}

/** The line to write; what is written stays until it is saved. */
export function NoteField({
  room,
  isRecording,
  fieldRef,
  autoFocus = false,
  onSaved,
}: {
  room: string;
  isRecording: boolean;
  fieldRef?: Ref<HTMLInputElement>;
  autoFocus?: boolean;
  onSaved?: () => void;
}) {
  const { backend, speak, announce } = useWorld();
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const line = text.trim();
    if (line === "" || isBusy) return;
    setBusy(true);
    setFailure(null);
    backend
      .mark(room, line)
      .then(
        () => {
          setText("");
          announce(speak("m3.noteSaved"));
          onSaved?.();
        },
        (error: unknown) => setFailure(error instanceof ApiFailure ? error : new ApiFailure(0, "page", null, {})),
      )
      .finally(() => setBusy(false));
  };
  const hint = speak(isRecording ? "m3.noteWrite" : "m3.noteWritePlain");
  return (
    <form className="note-form" onSubmit={submit}>
      <input
        ref={fieldRef}
        className="in"
        placeholder={hint}
        aria-label={hint}
        maxLength={MARK_LIMIT}
        autoFocus={autoFocus}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="btn" disabled={isBusy || text.trim() === ""}>
        <Icon name="flag" size={16} />
        {speak(isBusy ? "m3.noteBusy" : "m3.noteAdd")}
      </button>
      {failure !== null && (
        <p role="alert" className="refusal">
          <span className="tri" aria-hidden="true" />
          {speak(failure.status === 401 ? "m3.signedOut" : "m3.noteFailed")}
        </p>
      )}
    </form>
  );
}
