// What is written between the sides; every line goes into the record.

import { useEffect, useRef, useState, type Ref } from "react";
import { may, type Consultation } from "../../protocol/consultation";
import { timeOfDay } from "../../protocol/times";
import { useActing, useLoaded } from "../hooks";
import { failureWords } from "../words";
import { useWorld } from "../world";
import { useCaseNews } from "./cases";

/** The service takes no longer line. */
const LINE_LIMIT = 2000;

export function Chat({ one, fieldRef }: { one: Consultation; fieldRef: Ref<HTMLTextAreaElement> }) {
  const { consultations, speak, account } = useWorld();
  const messages = useLoaded(`messages ${one.id}`, () => consultations.messages(one.id));
  useCaseNews(one.id, messages.reload, { of: "message" });
  const [text, setText] = useState("");
  const act = useActing();
  const box = useRef<HTMLDivElement>(null);
  const count = messages.value?.length ?? 0;
  useEffect(() => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [count]);
  const send = (): void => {
    const line = text.trim();
    if (line === "") return;
    act.run(async () => {
      await consultations.say(one.id, line);
      setText("");
      messages.reload();
    });
  };
  return (
    <section className="pane chat" aria-label={speak("s2.side.talk")}>
      <div className="row">
        <h2>{speak("s2.side.talk")}</h2>
        <span className="sp" />
        <span className="fine">{speak("s2.chat.kept")}</span>
      </div>
      <div
        ref={box}
        className="note-scroll"
        role="log"
        aria-live="polite"
        tabIndex={0}
        aria-label={speak("s2.side.talk")}
      >
        {messages.value?.length === 0 && <p className="i3">{speak("s2.chat.none")}</p>}
        {messages.failure !== null && messages.value === null && (
          <p className="refusal">
            <span className="tri" aria-hidden="true" />
            {failureWords(messages.failure, speak)}
          </p>
        )}
        <ol className="chat-lines">
          {messages.value?.map((message) => (
            <li key={message.id} className={message.person === account?.person ? "own" : ""}>
              <span className="i3">
                {message.person_name} <time>{timeOfDay(new Date(message.at_ms), false)}</time>
              </span>
              <span className="chat-text">{message.text}</span>
            </li>
          ))}
        </ol>
      </div>
      {may(one, "write") && (
        <form
          className="chat-form"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <textarea
            ref={fieldRef}
            className="in lines"
            rows={2}
            maxLength={LINE_LIMIT}
            aria-label={speak("s2.chat.write")}
            placeholder={speak("s2.chat.write")}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              // While characters are being composed, Enter belongs to the input method.
              if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
              event.preventDefault();
              send();
            }}
          />
          <button type="submit" className="btn" disabled={act.isBusy || text.trim() === ""}>
            {speak("s2.chat.send")}
          </button>
        </form>
      )}
      {act.failure !== null && (
        <p role="alert" className="refusal">
          <span className="tri" aria-hidden="true" />
          {failureWords(act.failure, speak)}
        </p>
      )}
    </section>
  );
}
