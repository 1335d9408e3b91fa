// S1: the incoming call, docked right over whatever page is open: seen, heard, told to the desktop.

import { useEffect, useEffectEvent, useRef, useState, type KeyboardEvent as ReactKeyboardEvent } from "react";
import { showNotice } from "../../io/desk_notice";
import { ring, tryRing } from "../../io/ring_sound";
import { DECLINE_REASONS, may, type Consultation, type DeclineReason } from "../../protocol/consultation";
import { ringAt } from "../../protocol/consultation_ring";
import { callToShow, KEYS_AFTER_MS } from "../../protocol/incoming";
import { hashOf } from "../../protocol/route";
import { Pick, LinesField } from "../forms";
import { useActing, useKeys, useLasting, useNow } from "../hooks";
import { Icon } from "../Icon";
import { failureWords } from "../words";
import { useWorld } from "../world";
import { handOn, useBox } from "./cases";
import { ConsentWords } from "./ConsentWords";
import { useAnswer } from "./stay";
import { sexAndAge, wantedWords } from "./words";
import "./consult.css";

/** The title changes this often: nothing flashes faster than once a second (interface.md §2). */
const FLASH_EVERY_MS = 1000;

export function IncomingCalls() {
  const { announce, speak } = useWorld();
  const incoming = useBox("incoming");
  const calls = incoming.value ?? [];
  const call = callToShow(calls);
  const gone = useEffectEvent(() => announce(speak("s1.gone")));
  const shown = useRef<string | null>(null);
  const id = call?.id ?? null;
  useEffect(() => {
    if (shown.current !== null && id === null) gone();
    shown.current = id;
  }, [id]);
  if (call === null) return null;
  return <CallCard key={call.id} call={call} others={calls.length - 1} onChanged={incoming.reload} />;
}

function useRinging(call: Consultation): boolean {
  const { speak } = useWorld();
  const [isSilent, setSilent] = useState(false);
  const rung_ms = useEffectEvent(() => (ringAt(call, Date.now())?.rung_s ?? 0) * 1000);
  const words = useEffectEvent(() => ({
    title: speak("s1.in", { urgency: speak(`case.word.urgency.${call.urgency}`) }),
    // A desktop shows its notices to whoever stands before it: no patient stands in them.
    body: speak("s1.noticeBody", { place: call.inviting.institution_name }),
  }));
  useEffect(() => ring(call.urgency, () => rung_ms(), setSilent), [call.urgency]);
  useEffect(() => {
    const { title, body } = words();
    const close = showNotice(title, body);
    const before = document.title;
    const flashed = speak("s1.flash", { title });
    const timer = window.setInterval(() => {
      document.title = document.title === flashed ? before : flashed;
    }, FLASH_EVERY_MS);
    return () => {
      window.clearInterval(timer);
      if (document.title === flashed) document.title = before;
      close();
    };
  }, [speak]);
  return isSilent;
}

const isWriting = (element: Element | null): boolean => element?.closest("input, textarea, select, dialog") != null;

function CallCard({ call, others, onChanged }: { call: Consultation; others: number; onChanged: () => void }) {
  const { speak, language, consultations, meetings, announce } = useWorld();
  const [isDeclining, setDeclining] = useState(false);
  const acceptButton = useRef<HTMLButtonElement>(null);
  // Whoever is typing keeps the field: the rest of their word must not answer the call.
  const [isTyping, setTyping] = useState(() => isWriting(document.activeElement));
  const act = useActing();
  const isSilent = useRinging(call);
  const ringing = ringAt(call, useNow(250));

  const doKeysAct = useLasting(true, KEYS_AFTER_MS);
  const begin = (work: () => Promise<unknown>): void =>
    act.run(async () => {
      try {
        await work();
      } finally {
        onChanged();
      }
    });
  const answer = useAnswer();
  const accept = (): void =>
    begin(async () => {
      await answer(call.id, async () => handOn(await consultations.accept(call.id)));
      location.hash = hashOf({ screen: "case", case: call.id });
    });
  const pass = (): void => begin(() => consultations.pass(call.id));
  const toCard = (): void => acceptButton.current?.focus({ preventScroll: true });
  const byKey = (what: () => void) => (): void => {
    if (doKeysAct && !act.isBusy && !isDeclining) what();
  };
  useKeys({
    ...(may(call, "pass") ? { b: byKey(pass) } : {}),
    ...(may(call, "decline") ? { d: byKey(() => setDeclining(true)) } : {}),
  });
  const say = useEffectEvent(() => {
    announce(
      speak("s1.say", {
        urgency: speak(`case.word.urgency.${call.urgency}`),
        reason: call.reason,
        place: call.inviting.institution_name,
      }),
      true,
    );
  });
  // The page of the case is fetched while it rings. If it does not come now, it is asked for again when it opens.
  useEffect(() => {
    import("./CasePage").catch(() => undefined);
    meetings.prepare();
  }, [meetings]);
  useEffect(() => {
    say();
    const before = document.activeElement;
    if (!isWriting(before)) toCard();
    const find = (event: KeyboardEvent): void => {
      if (event.key !== "F6") return;
      event.preventDefault();
      setTyping(false);
      toCard();
    };
    window.addEventListener("keydown", find);
    return () => {
      window.removeEventListener("keydown", find);
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  const onAcceptKey = (event: ReactKeyboardEvent): void => {
    // A key that is held since before the card came is no answer either.
    if ((event.key === "Enter" || event.key === " ") && (event.repeat || !doKeysAct)) event.preventDefault();
  };
  const urgency = speak(`case.word.urgency.${call.urgency}`);
  return (
    <aside className="call" role="alertdialog" aria-labelledby="call-reason" aria-label={speak("s1.title")}>
      <div className="call-bar" aria-hidden="true">
        <i style={{ width: `${((ringing?.left ?? 0) * 100).toFixed(1)}%` }} />
      </div>
      <div className="row wrap call-head">
        <span
          className={`tag call-urgency ${call.urgency === "emergency" ? "crit" : call.urgency === "urgent" ? "warn" : "line"}`}
        >
          {speak("s1.in", { urgency })}
        </span>
        <span className="sp" />
        {ringing !== null && (
          <span className="i2 nb">
            {speak("s1.rung", { seconds: ringing.rung_s })}
            {"\u3000"}
            <b>{speak(`s1.next.${ringing.next}`, { seconds: ringing.next_in_s })}</b>
          </span>
        )}
      </div>
      {isDeclining ? (
        <Declining
          isBusy={act.isBusy}
          failure={act.failure === null ? null : failureWords(act.failure, speak)}
          onBack={() => setDeclining(false)}
          onSend={(reason, note) => begin(() => consultations.decline(call.id, reason, note))}
        />
      ) : (
        <>
          <div className="call-body">
            <h2 id="call-reason" className="call-reason">
              {call.reason}
            </h2>
            <p className="call-person">
              <b>{call.patient.name}</b>
              <span>{sexAndAge(call, speak)}</span>
            </p>
            <dl className="call-facts">
              <dt>{speak("s1.from")}</dt>
              <dd>
                <b>{call.inviting.person_name}</b> {call.inviting.title}
                {"\u3000"}
                {call.inviting.institution_name}
              </dd>
              <dt>{speak("s1.purpose")}</dt>
              <dd>{call.purpose}</dd>
              <dt>{speak("s1.wanted")}</dt>
              <dd>{wantedWords(call, speak, language)}</dd>
              <dt>{speak("s1.summary")}</dt>
              <dd className="call-summary">{call.summary}</dd>
              <dt>{speak("s1.consents")}</dt>
              <dd>
                <ConsentWords consents={call.consents} />
              </dd>
              {call.ring !== null && call.ring.called.length > 0 && (
                <>
                  <dt>{speak("s1.line")}</dt>
                  <dd>
                    {call.ring.called
                      .map((one) =>
                        speak("s1.called", {
                          name: one.name,
                          answer: speak(
                            one.answer === "declined"
                              ? `case.word.decline.${DECLINE_REASONS.find((each) => each === one.reason) ?? "other"}`
                              : `s1.answer.${one.answer}`,
                          ),
                        }),
                      )
                      .join(speak("app.listComma"))}
                  </dd>
                </>
              )}
            </dl>
            {others > 0 && <p className="i2">{speak("s1.more", { count: others })}</p>}
          </div>
          <div className="call-acts">
            {act.failure !== null && (
              <p role="alert" className="refusal">
                <span className="tri" aria-hidden="true" />
                <b>{failureWords(act.failure, speak)}</b>
              </p>
            )}
            {isSilent && (
              <p className="refusal">
                <span className="tri" aria-hidden="true" />
                {speak("s1.silent")}
                <button type="button" className="btn small" onClick={() => void tryRing()}>
                  {speak("s0.ringTest")}
                </button>
              </p>
            )}
            {isTyping && <p className="fine">{speak("s1.typing")}</p>}
            <button
              ref={acceptButton}
              type="button"
              className="btn act call-go"
              disabled={act.isBusy || !may(call, "accept")}
              onKeyDown={onAcceptKey}
              onKeyUp={onAcceptKey}
              onClick={accept}
            >
              <Icon name="call" size={24} />
              {speak(act.isBusy ? "s1.accepting" : "s1.accept")} <kbd>{"Enter"}</kbd>
            </button>
            <div className="pair">
              <button
                type="button"
                className="btn call-other"
                disabled={act.isBusy || !may(call, "pass")}
                onClick={pass}
              >
                {speak("s1.backup")} <kbd>{"B"}</kbd>
              </button>
              <button
                type="button"
                className="btn call-other"
                disabled={act.isBusy || !may(call, "decline")}
                onClick={() => setDeclining(true)}
              >
                {speak("s1.decline")} <kbd>{"D"}</kbd>
              </button>
            </div>
          </div>
        </>
      )}
    </aside>
  );
}

/** The law asks for a reason; it stands in a list, so that one press tells it. */
function Declining(props: {
  isBusy: boolean;
  failure: string | null;
  onBack: () => void;
  onSend: (reason: DeclineReason, note: string) => void;
}) {
  const { speak } = useWorld();
  const [reason, setReason] = useState<DeclineReason | null>(null);
  const [note, setNote] = useState("");
  const isNoteMissing = reason === "other" && note.trim() === "";
  return (
    <form
      className="call-body stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (reason !== null && !isNoteMissing) props.onSend(reason, note.trim());
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") props.onBack();
      }}
    >
      <p className="i2">{speak("s1.declineMore")}</p>
      <Pick
        label={speak("s1.declineTitle")}
        options={DECLINE_REASONS.map((one) => ({ value: one, label: speak(`case.word.decline.${one}`) }))}
        value={reason}
        onChange={setReason}
      />
      <LinesField label={speak("s1.declineNote")} rows={2} maxLength={500} value={note} onChange={setNote} />
      {isNoteMissing && <p className="fine">{speak("s1.declineNoteNeeded")}</p>}
      {props.failure !== null && (
        <p role="alert" className="refusal">
          <span className="tri" aria-hidden="true" />
          {props.failure}
        </p>
      )}
      <div className="pair">
        <button type="button" className="btn call-other" onClick={props.onBack}>
          {speak("s1.back")}
        </button>
        <button
          type="submit"
          className="btn act call-other"
          disabled={reason === null || isNoteMissing || props.isBusy}
        >
          {speak("s1.declineSend")}
        </button>
      </div>
    </form>
  );
}
